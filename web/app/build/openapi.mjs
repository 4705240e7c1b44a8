// Puts docs/openapi.yaml, the one source of the API's description, beside the page that shows it: as it is, and as
// JSON.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const SOURCE = fileURLToPath(new URL("../../../docs/openapi.yaml", import.meta.url));

async function files() {
  const yaml = await readFile(SOURCE, "utf8");
  return { "docs/openapi.yaml": yaml, "docs/openapi.json": JSON.stringify(parse(yaml)) };
}

export function openapi() {
  return {
    name: "openapi",
    async generateBundle() {
      this.addWatchFile(SOURCE);
      for (const [fileName, source] of Object.entries(await files()))
        this.emitFile({ type: "asset", fileName, source });
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const text = (await files())[request.url.slice(1)];
        if (text === undefined) return next();
        response.setHeader("content-type", request.url.endsWith("json") ? "application/json" : "application/yaml");
        response.end(text);
      });
    },
  };
}
