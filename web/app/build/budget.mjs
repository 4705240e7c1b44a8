// Fails the build when the JavaScript needed before the preview shows, compressed, is over its budget;
// and when the HTML has anything inline that the Content-Security-Policy would refuse.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const BUDGET = 100_000;
const root = process.argv[2];
const html = await readFile(join(root, "index.html"), "utf8");

if (/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i.test(html))
  throw new Error("index.html has inline script or style");

let total = 0;
for (const [, path] of html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)) {
  const { size } = await stat(join(root, `${path}.gz`));
  console.log(`${path}  ${(size / 1000).toFixed(1)} kB gzip`);
  total += size;
}
console.log(`first load: ${(total / 1000).toFixed(1)} kB of ${BUDGET / 1000} kB`);
if (total === 0 || total > BUDGET) throw new Error("first load is over budget");
