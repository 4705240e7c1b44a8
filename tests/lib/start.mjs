// ./start as a child process: started, looked at, stopped.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ended, startProcess, TOP } from "./servers.mjs";
import { eventually, Hopeless } from "./wait.mjs";

/** Runs ./start until it prints its address; answers the process, what it said, and how long that took. */
export async function start({ data, port, top = TOP, env = {}, patienceMs = 60_000 }) {
  const begun = performance.now();
  const args = ["--port", String(port), "--data", data, "--no-install"];
  const child = await startProcess("start", path.join(top, "start"), args, env);
  const running = { child, said: "" };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (running.said += text));
  await eventually(
    "./start says where it runs",
    () => {
      if (ended(child)) throw new Hopeless(`./start has ended: ${running.said}`);
      assert.match(running.said, /onepizza is running: https?:\/\/localhost:\d+/);
    },
    patienceMs,
  );
  running.took = performance.now() - begun;
  return running;
}

/** Stops it; answers its exit code, the processes that it had, and those that are left. */
export async function stop({ child }) {
  const family = await descendants(child.pid);
  const exited = child.exitCode !== null ? [child.exitCode] : once(child, "exit");
  child.kill("SIGTERM");
  const [code] = await exited;
  const left = [];
  for (const [pid, name] of family) if (await isAlive(pid)) left.push(name);
  return { code, left, had: [...family.values()] };
}

/** Every process below this one, however deep: pid → name. The kernel keeps 15 letters of a name. */
export async function descendants(pid) {
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

/** The one process of this name that it runs; undefined if there is none. */
export async function processOf({ child }, name) {
  const [found] = [...(await descendants(child.pid))].find(([, its]) => its === name.slice(0, 15)) ?? [];
  return found;
}

const isAlive = (pid) =>
  readFile(`/proc/${pid}/stat`, "utf8").then(
    (stat) => !/\) Z /.test(stat),
    () => false,
  );

/** /proc/PID/status as an object: { Uid: "999\t999…", CapEff: "0000…", … } */
export async function statusOf(pid) {
  const lines = (await readFile(`/proc/${pid}/status`, "utf8")).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2)));
}
