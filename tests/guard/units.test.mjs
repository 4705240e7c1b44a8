// deploy/'s systemd units, as systemd itself judges them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { TOP } from "../lib/servers.mjs";

const run = promisify(execFile);
const MOST_EXPOSURE = 2.0;
const UNITS = ["onepizza-sfu.service", "onepizza-control.service"];

const hasSystemd = await run("systemd-analyze", ["--version"]).then(
  () => true,
  () => false,
);

for (const unit of UNITS) {
  const file = path.join(TOP, "deploy", unit);

  test(`${unit} is exposed by no more than ${MOST_EXPOSURE}`, {
    skip: !hasSystemd && "there is no systemd-analyze here",
  }, async (context) => {
    const { stdout, stderr } = await run("systemd-analyze", ["security", "--offline=true", "--no-pager", file]);
    const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)[1]);
    context.diagnostic(`exposure ${exposure}`);
    assert.ok(exposure <= MOST_EXPOSURE, `exposure ${exposure}`);
    assert.equal(stderr, "", "systemd knows every word of it");
  });

  test(`${unit} is started again whatever happens to it, and bounded`, async () => {
    const text = await readFile(file, "utf8");
    const words = ["Type=notify", "Restart=always", "WatchdogSec=10", "StartLimitIntervalSec=0", "User=onepizza"];
    for (const word of [...words, "NoNewPrivileges=yes"])
      assert.ok(text.split("\n").includes(word), `${unit} says ${word}`);
    for (const word of ["LimitNOFILE=", "MemoryMax=", "CapabilityBoundingSet=\n"])
      assert.ok(text.includes(`\n${word}`), `${unit} says ${word}`);
  });
}
