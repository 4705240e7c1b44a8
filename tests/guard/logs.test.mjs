// What keeps the logs of ./start small while the programs write into them.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { makeDir, TOP } from "../lib/servers.mjs";

const run = promisify(execFile);
const LIMIT = 2000;

let dir, file;

before(async () => {
  dir = path.join(await makeDir(), "a folder");
  await mkdir(dir);
  file = path.join(dir, "sfu.log");
});
after(() => rm(path.dirname(dir), { recursive: true, force: true }));

const rotate = () =>
  run("bash", [
    "-euo",
    "pipefail",
    "-c",
    `. "$0"; log_bytes=${LIMIT}; rotate_logs "$1"`,
    `${TOP}/scripts/logs.sh`,
    dir,
  ]);

test("a program goes on writing into its log while it is rotated, and no more than three old ones are kept", async () => {
  const program = spawn("bash", ["-c", `exec >>"$0"; while read -r line; do echo "$line" || exit 1; done`, file], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const says = async (word) => {
    program.stdin.write(`${word}\n`);
    for (let i = 0; i < 200; i++) {
      if ((await readFile(file, "utf8").catch(() => "")).endsWith(`${word}\n`)) return;
      await new Promise((done) => setTimeout(done, 10));
    }
    assert.fail(`${word} isn't in the log`);
  };
  for (let round = 1; round <= 6; round++) {
    await says(`round-${round} ${"x".repeat(LIMIT)}`);
    await rotate();
    assert.equal((await stat(file)).size, 0);
    await says(`after-${round}`);
    assert.equal(await readFile(file, "utf8"), `after-${round}\n`);
    await rotate(); // it is small: stays
    assert.equal(await readFile(file, "utf8"), `after-${round}\n`);
  }
  program.stdin.end();
  await once(program, "exit");
  assert.deepEqual((await readdir(dir)).sort(), ["sfu.log", "sfu.log.1", "sfu.log.2", "sfu.log.3"]);
  assert.match(await readFile(`${file}.1`, "utf8"), /round-6/);
  assert.match(await readFile(`${file}.3`, "utf8"), /round-4/);
});

test("no folder of logs, and no logs, are no failure", async () => {
  await rm(dir, { recursive: true });
  await rotate();
  await mkdir(dir);
  await writeFile(path.join(dir, "empty.log"), "");
  await rotate();
});
