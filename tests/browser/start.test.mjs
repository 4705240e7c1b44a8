// ./start itself: from its one command to a call, in a data folder of its own.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { everybodySeesAndHearsEverybody, Person } from "../lib/call.mjs";
import { launchChromium } from "../lib/chromium.mjs";
import { freeTcpPort, makeDir, TOP } from "../lib/servers.mjs";
import { processOf, start, stop } from "../lib/start.mjs";
import { eventually } from "../lib/wait.mjs";

const TIMEOUT = { timeout: 600_000 };
const FIRST_START_MS = 400_000; // it may have to build
const SECOND_START_MS = 3000;

let dir, port, browser, running;

before(async () => {
  dir = await makeDir();
  await promisify(execFile)("chmod", ["0755", dir]);
  port = await freeTcpPort();
});

after(async () => {
  await browser?.close();
  if (running) await stop(running);
  await rm(dir, { recursive: true, force: true });
});

test("the first start ends with an address, and a call between two pages works there", TIMEOUT, async () => {
  running = await start({ data: path.join(dir, "data"), port, patienceMs: FIRST_START_MS });
  assert.match(running.said, /administrator/i, "the generated administrator is told once");
  browser = await launchChromium();
  const server = { url: `http://localhost:${port}` };
  const home = await fetch(`${server.url}/`);
  assert.equal(home.status, 200);
  const created = await fetch(`${server.url}/api/meetings/guest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { meetingId } = await created.json();
  const people = [await Person.open(browser, "Anna", 1), await Person.open(browser, "Bert", 2)];
  for (const person of people) await person.join(server, meetingId, { topology: "sfu" });
  await everybodySeesAndHearsEverybody(people, "before");

  const sfu = await processOf(running, "onepizza-sfu");
  process.kill(sfu, "SIGKILL");
  await eventually("the media server is started again", async () => {
    const now = await processOf(running, "onepizza-sfu");
    assert.ok(now && now !== sfu);
  });
  await everybodySeesAndHearsEverybody(people, "after the media server was killed");
  for (const person of people) await person.close();
});

test("SIGTERM stops it, and leaves no process", TIMEOUT, async () => {
  const { code, left, had } = await stop(running);
  running = undefined;
  assert.equal(code, 0);
  for (const name of ["onepizza-control", "onepizza-sfu", "postgres"])
    assert.ok(had.includes(name.slice(0, 15)), `${name} was running`);
  assert.deepEqual(left, []);
});

test("a second start takes less than 3 s and generates nothing anew", TIMEOUT, async (context) => {
  const env = await readFile(path.join(dir, "data/env"), "utf8");
  running = await start({ data: path.join(dir, "data"), port });
  context.diagnostic(`it took ${Math.round(running.took)} ms`);
  assert.ok(running.took < SECOND_START_MS, `it took ${Math.round(running.took)} ms`);
  assert.doesNotMatch(running.said, /administrator/i);
  assert.equal(await readFile(path.join(dir, "data/env"), "utf8"), env);
});

test("a second instance with the same data folder is refused", TIMEOUT, async () => {
  const child = spawn(
    path.join(TOP, "start"),
    ["--port", String(await freeTcpPort()), "--data", path.join(dir, "data"), "--no-install"],
    { stdio: "ignore" },
  );
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
});
