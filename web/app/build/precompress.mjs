// Writes .br and .gz beside every file worth compressing, so that the server only has to send them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(html|js|css|svg|json|yaml|txt|map|wasm|webmanifest)$/;
const root = process.argv[2];

for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const data = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
  await writeFile(`${path}.br`, brotliCompressSync(data, { params }));
  await writeFile(`${path}.gz`, gzipSync(data, { level: 9 }));
}
