// What it costs when everybody comes at once:
//
//   node tests/bench/crowd.mjs [PEOPLE…]
//
// prints a row for each: until all of them are in, the CPU time that control spent on it, and how long somebody else
// waited for /healthz at most. RATE_LIMITS=on unless told; ONEPIZZA_BUILD chooses the build.
import { readFileSync } from "node:fs";
import { Client } from "../lib/light_client.mjs";
import { Server } from "../lib/servers.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** User and system time of a process, in ms: clock ticks are 10 ms. */
function cpuMs({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Asks /healthz again and again, in this process: its own work is in it. */
async function watch(url, until) {
  let most = 0;
  while (!until.done) {
    const began = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    most = Math.max(most, performance.now() - began);
    await pause(20);
  }
  return Math.round(most);
}

async function crowd(server, people) {
  const { meetingId, adminToken } = await server.newMeeting();
  const host = await Client.open(server.url);
  await host.join(meetingId, "Host", { isAdmin: true, adminToken });
  host.emit("admin:settings", { maxParticipants: 1000 });
  const clients = [];
  while (clients.length < people) {
    const more = Array.from({ length: Math.min(50, people - clients.length) }, () => Client.open(server.url));
    clients.push(...(await Promise.all(more)));
  }
  const until = { done: false };
  const watched = watch(server.url, until);
  const before = cpuMs(server.control);
  const began = performance.now();
  await Promise.all(clients.map((client, n) => client.join(meetingId, `Person ${n}`)));
  const allInMs = Math.round(performance.now() - began);
  await pause(500);
  const cpu = cpuMs(server.control) - before;
  until.done = true;
  const healthzMaxMs = await watched;
  for (const client of [host, ...clients]) client.close();
  await pause(1000);
  return { people, allInMs, cpuMs: cpu, healthzMaxMs };
}

const sizes = process.argv.slice(2).map(Number);
const env = { RATE_LIMITS: process.env.RATE_LIMITS ?? "on" };
const server = await new Server({ name: "bench-crowd", env }).start();
try {
  const rows = [];
  for (const people of sizes.length ? sizes : [250, 500, 999]) {
    rows.push(await crowd(server, people));
    console.log(JSON.stringify(rows.at(-1)));
  }
  console.table(rows);
} finally {
  await server.stop();
}
