// Somebody who only wants to use the server while others do what they do: requests all the time, and a join every
// second, each on a connection of its own. In a process of its own:
//
//   node tests/lib/bystander.mjs URL ADDRESS SECONDS MEETING
//
// prints {requests, failed, p50Ms, p99Ms, maxMs, joins, joinsFailed, joinMaxMs} as one line of JSON.
import http from "node:http";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const PATIENCE_MS = 5000;

function get(url, agent) {
  return new Promise((resolve) => {
    const call = http.get(url, { agent, timeout: PATIENCE_MS }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode === 200));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
  });
}

/** Connects, joins, leaves; false: it wasn't let in, or not in time. */
function join(url, from, meeting) {
  return new Promise((resolve) => {
    const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      createConnection: (options) => net.connect({ ...options, host: "127.0.0.1", localAddress: from }),
    });
    const end = (ok) => {
      clearTimeout(timer);
      ws.terminate();
      resolve(ok);
    };
    const timer = setTimeout(end, PATIENCE_MS, false);
    ws.on("error", () => end(false));
    ws.on("close", () => end(false));
    ws.on("message", (data) => {
      const text = data.toString("latin1", 0, 32);
      if (text[0] === "0") ws.send("40");
      else if (text.startsWith("40"))
        ws.send(`42${JSON.stringify(["join-meeting", { meetingId: meeting, name: "Bystander" }])}`);
      else if (text.startsWith('42["joined"')) end(true);
    });
  });
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Infinity;

async function measure({ url, from, until, meeting }) {
  const agent = new http.Agent({ keepAlive: true, localAddress: from });
  const times = [];
  const joinTimes = [];
  let failed = 0;
  const requests = async () => {
    while (Date.now() < until) {
      const began = performance.now();
      if (await get(`${url}/healthz`, agent)) times.push(performance.now() - began);
      else failed++;
      await pause(10);
    }
  };
  let joinsFailed = 0;
  const joins = async () => {
    while (Date.now() < until) {
      const began = performance.now();
      if (await join(url, from, meeting)) joinTimes.push(performance.now() - began);
      else joinsFailed++;
      await pause(1000);
    }
  };
  await Promise.all([requests(), joins()]);
  times.sort((a, b) => a - b);
  const round = (ms) => Math.round(ms * 10) / 10;
  return {
    requests: times.length,
    failed,
    p50Ms: round(quantile(times, 0.5)),
    p99Ms: round(quantile(times, 0.99)),
    maxMs: round(times.at(-1) ?? Infinity),
    joins: joinTimes.length,
    joinsFailed,
    joinMaxMs: round(Math.max(0, ...joinTimes)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, from, seconds, meeting] = process.argv.slice(2);
  console.log(JSON.stringify(await measure({ url, from, until: Date.now() + Number(seconds) * 1000, meeting })));
  process.exit(0);
}
