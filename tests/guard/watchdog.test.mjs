// Who hangs, and doesn't die, is noticed: by /healthz within 5 s, and by who started it, who starts it again.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { freeTcpPort, makeDir, Server } from "../lib/servers.mjs";
import { processOf, start, stop } from "../lib/start.mjs";
import { eventually, pause } from "../lib/wait.mjs";

const run = promisify(execFile);
const TIMEOUT = { timeout: 600_000 };
const NOTICED_MS = 5000;

const health = async (url) => (await fetch(`${url}/healthz`)).json();

/** A signal to a process and its children. */
async function signalAll(pid, signal) {
  const { stdout } = await run("pgrep", ["-P", String(pid)]).catch(() => ({ stdout: "" }));
  for (const one of [pid, ...stdout.trim().split("\n").filter(Boolean).map(Number)]) process.kill(one, signal);
}

/** Waits until /healthz says so; answers how long that took. */
async function saidAfter(url, part, word, patienceMs) {
  const begun = performance.now();
  await eventually(
    `/healthz says that the ${part} is ${word}`,
    async () => assert.equal((await health(url))[part], word),
    patienceMs,
  );
  return Math.round(performance.now() - begun);
}

describe("/healthz", () => {
  let server;
  before(async () => {
    server = await new Server({ name: "watchdog" }).start();
  });
  after(() => server?.stop());

  const hung = {
    sfu: async () => server.sfu.child.pid,
    database: async () =>
      Number((await readFile(path.join(server.dir, "pg/data/postmaster.pid"), "utf8")).split("\n")[0]),
  };
  for (const [part, find] of Object.entries(hung))
    test(`says within 5 s that the ${part} hangs, and that it is back`, TIMEOUT, async (context) => {
      await saidAfter(server.url, part, "up", 10_000);
      const pid = await find();
      await signalAll(pid, "SIGSTOP");
      try {
        const took = await saidAfter(server.url, part, "down", 20_000);
        context.diagnostic(`noticed after ${took} ms`);
        assert.ok(took < NOTICED_MS, `it took ${took} ms`);
        const others = await health(server.url);
        for (const other of Object.keys(hung)) if (other !== part) assert.equal(others[other], "up");
      } finally {
        await signalAll(pid, "SIGCONT");
      }
      await saidAfter(server.url, part, "up", 10_000);
    });

  test("doesn't call slow what is only busy", TIMEOUT, async () => {
    const said = server.controlOutput.length;
    process.kill(server.control.pid, "SIGSTOP"); // its own clock goes on, and the answers wait in its sockets
    await pause(4000);
    process.kill(server.control.pid, "SIGCONT");
    for (let i = 0; i < 20; i++) {
      const { sfu, database } = await health(server.url);
      assert.deepEqual({ sfu, database }, { sfu: "up", database: "up" });
      await pause(100);
    }
    assert.doesNotMatch(server.controlOutput.slice(said), /it does not answer/);
  });
});

describe("./start", () => {
  let dir, running, url;
  before(async () => {
    dir = await makeDir();
    await run("chmod", ["0755", dir]);
    const port = await freeTcpPort();
    url = `http://localhost:${port}`;
    running = await start({ data: path.join(dir, "data"), port, patienceMs: 400_000 });
  });
  after(async () => {
    if (running) await stop(running);
    await rm(dir, { recursive: true, force: true });
  });

  for (const name of ["onepizza-sfu", "onepizza-control", "postgres"])
    test(`starts ${name} again when it hangs`, TIMEOUT, async (context) => {
      const begun = performance.now();
      const before = await processOf(running, name);
      await signalAll(before, "SIGSTOP");
      await eventually(
        "all is well again, with another process",
        async () => {
          assert.notEqual((await processOf(running, name)) ?? before, before);
          const { database, sfu } = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) }).then((r) =>
            r.json(),
          );
          assert.deepEqual({ database, sfu }, { database: "up", sfu: "up" });
        },
        40_000,
      );
      context.diagnostic(`after ${Math.round(performance.now() - begun)} ms`);
      assert.match(running.said, new RegExp(`start: ${name.replace("onepizza-", "")} hangs; killing it`));
    });

  test("kills nobody who is only quiet", TIMEOUT, async () => {
    const names = ["onepizza-sfu", "onepizza-control", "postgres"];
    const before = await Promise.all(names.map((name) => processOf(running, name)));
    await pause(15_000);
    assert.deepEqual(await Promise.all(names.map((name) => processOf(running, name))), before);
  });
});
