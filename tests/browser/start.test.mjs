// ./start itself: from its one command to a call, in a data folder of its own.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { everybodySeesAndHearsEverybody, Person } from "../lib/call.mjs";
import { launchChromium } from "../lib/chromium.mjs";
import { ended, freeTcpPort, makeDir, startProcess, TOP } from "../lib/servers.mjs";
import { eventually, Hopeless } from "../lib/wait.mjs";

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

/** Runs ./start until it prints its address; answers the process and how long that took. */
async function start(patienceMs) {
  const begun = performance.now();
  const child = await startProcess("start", path.join(TOP, "start"), [
    "--port",
    String(port),
    "--data",
    path.join(dir, "data"),
    "--no-install",
  ]);
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  await eventually(
    "./start says where it runs",
    () => {
      if (ended(child)) throw new Hopeless("./start has ended: see build/test-logs/start.log");
      assert.match(said, /onepizza is running: http:\/\/localhost:\d+/);
    },
    patienceMs,
  );
  return { child, said, took: performance.now() - begun };
}

/** Every process below this one, however deep; the kernel keeps 15 letters of a name. */
async function descendants(pid) {
  const parents = new Map();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    if (stat)
      parents.set(Number(entry), {
        parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]),
        name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
      });
  }
  const found = new Map();
  let before = -1;
  while (found.size !== before) {
    before = found.size;
    for (const [id, { parent, name }] of parents) if (parent === pid || found.has(parent)) found.set(id, name);
  }
  return found;
}

const isAlive = (pid) =>
  readFile(`/proc/${pid}/stat`, "utf8").then(
    (stat) => !/\) Z /.test(stat),
    () => false,
  );

async function stop({ child }) {
  const family = await descendants(child.pid);
  const exited = child.exitCode !== null ? [child.exitCode] : once(child, "exit");
  child.kill("SIGTERM");
  const [code] = await exited;
  const left = [];
  for (const [pid, name] of family) if (await isAlive(pid)) left.push(name);
  return { code, left, had: [...family.values()] };
}

test("the first start ends with an address, and a call between two pages works there", TIMEOUT, async () => {
  running = await start(FIRST_START_MS);
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

  const family = await descendants(running.child.pid);
  const [sfu] = [...family].find(([, name]) => name === "onepizza-sfu");
  process.kill(sfu, "SIGKILL");
  await eventually("the media server is started again", async () => {
    const now = [...(await descendants(running.child.pid))].find(
      ([pid, name]) => name === "onepizza-sfu" && pid !== sfu,
    );
    assert.ok(now);
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
  running = await start(60_000);
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
