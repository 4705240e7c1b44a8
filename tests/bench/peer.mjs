// peer.mjs [ROUNDS]: our control process beside a plain Express + socket.io server that does the same
// (peer/server.mjs), in one run and in turns: requests per second and p99, CPU for each request and for each delivered
// chat message, memory of an idle connection. Each server has core 0 for itself, the load (wrk; raw WebSockets),
// PostgreSQL and the SFU have core 1. A benchmark that prints, not a test. Needs Debian's package wrk.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freeTcpPort, Server, stopProcess } from "../lib/servers.mjs";
import { Client } from "../lib/light_client.mjs";
import { pause } from "../lib/wait.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = 3; // of reading meetings
const GUEST_SECONDS = 1; // of making them: a server of ours holds 100,000
const ROOM = 200;
const CALM = { messages: 300, perSecond: 60 }; // one message after the other
const BUSY = { messages: 2000, perSecond: 2000 }; // more than one thread of Node.js delivers
const IDLE = 2000;
const HERE = fileURLToPath(new URL("./peer/", import.meta.url));
const run = promisify(execFile);

execFileSync("taskset", ["-acp", "1", String(process.pid)]); // and what we start
try {
  os.setPriority(-15); // both servers and the load come before whatever else this machine does
} catch {
  /* as root only */
}

// ---- the two servers ----

class Ours {
  name = "onepizza";
  async start() {
    this.server = new Server({ name: "bench-ours", env: { LOG_LEVEL: "warn" } }); // the peer logs nothing either
    await this.server.start();
    Object.assign(this, { url: this.server.url, pid: this.server.control.pid });
    await run("taskset", ["-acp", "0", String(this.pid)]);
    this.#databaseLast();
    const body = JSON.stringify({ email: "bench@example.org", password: "a long password" });
    const answer = await fetch(`${this.url}/api/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    this.key = (await answer.json()).apiKey;
  }
  /** It writes what control counts, on the core of the load: when it gets to it. */
  #databaseLast() {
    const [postmaster] = readFileSync(path.join(this.server.dir, "pg/data/postmaster.pid"), "utf8").split("\n");
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", postmaster], { encoding: "utf8" }).trim().split(/\s+/);
    for (const pid of [postmaster, ...children]) os.setPriority(Number(pid), 10);
  }
  stop() {
    return this.server.stop();
  }
}

class Peer {
  name = "Express + socket.io";
  key = "mk_benchmark-of-two-servers-0123456789";
  async start() {
    const port = await freeTcpPort();
    this.url = `http://127.0.0.1:${port}`;
    this.child = spawn("taskset", ["-c", "0", process.execPath, path.join(HERE, "server.mjs")], {
      env: { ...process.env, NODE_ENV: "production", PORT: String(port), PEER_KEY: this.key },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.pid = this.child.pid;
    await once(this.child.stdout, "data");
  }
  stop() {
    return stopProcess(this.child, "peer");
  }
}

async function newMeeting(server, fields) {
  const response = await fetch(`${server.url}/api/meetings/guest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  if (response.status !== 201) throw new Error(`${server.name}: ${response.status} ${await response.text()}`);
  return response.json();
}

// ---- what is measured ----

const rssKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
const cpuUs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};
const milliseconds = (text) => {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
};

async function wrk(server, seconds, target, ...more) {
  const load = (n) => run("wrk", ["-t1", "-c64", `-d${n}s`, "--latency", ...more, server.url + target]);
  if (server instanceof Peer) await load(2); // until its code is compiled
  const before = cpuUs(server.pid);
  const { stdout } = await load(seconds);
  const cpu = cpuUs(server.pid) - before;
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${server.name}: ${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
  return {
    "requests/s": Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    "p99 ms": milliseconds(/99%\s+(\S+)/.exec(stdout)[1]),
    "CPU µs/request": cpu / requests,
    "requests/s of a whole core": (requests / cpu) * 1e6, // where the load, or the machine, kept it from using one
  };
}

async function readMeeting(server) {
  const { meetingId } = await newMeeting(server, { title: "Team Standup" });
  const people = [await Client.open(server.url), await Client.open(server.url)];
  for (const person of people) await person.join(meetingId, "Alice");
  const target = `/api/meetings/${meetingId}`;
  const response = await fetch(server.url + target, { headers: { "x-api-key": server.key } });
  const shown = await response.json();
  if (response.status !== 200 || shown.participantCount !== 2 || shown.participants.length !== 2)
    throw new Error(`${server.name}: ${JSON.stringify(shown)}`);
  const figures = await wrk(server, SECONDS, target, "-H", `x-api-key: ${server.key}`);
  for (const person of people) person.close();
  return figures;
}

const makeGuestMeeting = (server) =>
  wrk(server, GUEST_SECONDS, "/api/meetings/guest", "-s", path.join(HERE, "guest.lua"));

async function clients(server, count) {
  const all = [];
  while (all.length < count)
    all.push(
      ...(await Promise.all(Array.from({ length: Math.min(50, count - all.length) }, () => Client.open(server.url)))),
    );
  return all;
}

async function chat(server, { messages, perSecond }) {
  const { meetingId, adminToken } = await newMeeting(server, { title: "All hands", topology: "mesh" });
  const people = await clients(server, ROOM);
  await people[0].join(meetingId, "Host", { isAdmin: true, adminToken });
  people[0].emit("admin:settings", { maxParticipants: 1000 }); // ours begins with 50; the peer has no such limit
  await pause(200);
  for (const person of people.slice(1)) await person.join(meetingId, "Alice");
  await pause(500);
  const delivered = () => people.reduce((sum, person) => sum + person.count("chat:message"), 0);
  const before = cpuUs(server.pid),
    begun = performance.now();
  for (let sent = 0; sent < messages; sent++) {
    people[sent % ROOM].emit("chat:message", {
      text: `message ${sent} of a meeting where people write a line or so at a time`,
    });
    const ahead = begun + ((sent + 1) * 1000) / perSecond - performance.now();
    if (ahead > 0) await pause(ahead);
  }
  while (delivered() < messages * ROOM && performance.now() - begun < 60_000) await pause(10);
  const cpu = cpuUs(server.pid) - before;
  if (delivered() !== messages * ROOM)
    throw new Error(`${server.name}: delivered ${delivered()} of ${messages * ROOM}`);
  for (const person of people) person.close();
  await pause(200);
  return { "CPU µs/delivery": cpu / (messages * ROOM) };
}

async function idle(server) {
  const first = await Client.open(server.url); // what the first connection alone brings up isn't counted
  await pause(500);
  const before = rssKb(server.pid);
  const all = await clients(server, IDLE);
  await pause(2000);
  const figures = { "kB/connection": (rssKb(server.pid) - before) / IDLE };
  for (const client of [first, ...all]) client.close();
  await pause(500);
  return figures;
}

// ---- in turns ----

const LOADS = [
  ["an idle connection", idle],
  ["GET /api/meetings/:id", readMeeting],
  ["POST /api/meetings/guest", makeGuestMeeting],
  [`chat in a room of ${ROOM}, ${CALM.perSecond} messages a second`, (server) => chat(server, CALM)],
  [`chat in a room of ${ROOM}, ${BUSY.perSecond} messages a second`, (server) => chat(server, BUSY)],
];
const AIMS = {
  "requests/s": "≥ 5 ×",
  "requests/s of a whole core": "≥ 5 ×",
  "CPU µs/delivery": "≤ 1/5",
  "kB/connection": "≤ 1/4",
};
const figures = new Map(); // "load | figure" -> [ours[], peers[]]

for (let round = 0; round < ROUNDS; round++) {
  const servers = [new Ours(), new Peer()];
  try {
    for (const server of servers) await server.start();
    for (const [load, measure] of LOADS)
      for (const [i, server] of servers.entries())
        for (const [figure, value] of Object.entries(await measure(server))) {
          const key = `${load} | ${figure}`;
          if (!figures.has(key)) figures.set(key, [[], []]);
          figures.get(key)[i].push(value);
        }
  } finally {
    for (const server of servers) await server.stop();
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const shown = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
console.log(`median of ${ROUNDS} rounds | onepizza | Express + socket.io | ratio | aim`);
for (const [key, values] of figures) {
  const [ours, peers] = values.map(median);
  const figure = key.split(" | ")[1];
  console.log(`${key} | ${shown(ours)} | ${shown(peers)} | ${(ours / peers).toPrecision(3)} | ${AIMS[figure] ?? ""}`);
}
