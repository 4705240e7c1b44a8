// junit.mjs FILE: "passed N" and one "failed NAME" for each failed test case of a JUnit file. Skipped cases are
// neither.
import { readFileSync } from "node:fs";

const entities = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'" };
const plain = (text) =>
  text
    .replace(/&(lt|gt|amp|quot|apos);/g, (entity) => entities[entity])
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code));

let text;
try {
  text = readFileSync(process.argv[2], "utf8");
} catch {
  console.log("failed no results were written");
  process.exit(0);
}

let passed = 0;
let cases = 0;
for (const [, attributes, body = ""] of text.matchAll(
  /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
)) {
  cases++;
  const name = plain(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? "?");
  if (/<(failure|error)\b/.test(body) || /\bstatus="fail"/.test(attributes)) console.log(`failed ${name}`);
  else if (!/<skipped\b/.test(body)) passed++;
}
if (cases === 0) console.log("failed no test was run");
console.log(`passed ${passed}`);
