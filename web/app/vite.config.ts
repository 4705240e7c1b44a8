import { defineConfig } from "vite";
import { openapi } from "./build/openapi.mjs";

// The app compiles the SDK from its sources ("source" condition), so one build makes both.
export default defineConfig({
  resolve: { conditions: ["source", "module", "browser", "development|production"] },
  plugins: [openapi()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    rolldownOptions: { input: { app: "index.html", docs: "docs/index.html" } },
    assetsDir: "assets",
    // No data: URIs and no inline script: the pages run under a strict Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1700, // swagger-ui, on /docs alone; build/budget.mjs watches what people wait for
  },
  server: {
    proxy: {
      "/api": "http://localhost:3000",
      "/socket.io": { target: "http://localhost:3000", ws: true },
    },
  },
});
