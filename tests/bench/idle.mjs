// idle.mjs [CONNECTIONS]: what an idle Socket.IO connection costs the control process: resident memory, and CPU over
// ten seconds. A benchmark that prints, not a test.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { WebSocket } from "ws";
import { Server } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";

const CONNECTIONS = Number(process.argv[2] ?? 2000);
const SECONDS = 10;

const rssKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

async function connect(url) {
  const ws = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  const connected = new Promise((resolve) => {
    ws.on("message", (data) => {
      const text = data.toString();
      if (text === "2") ws.send("3");
      else if (text.startsWith("0")) ws.send("40");
      else if (text.startsWith("40")) resolve();
    });
  });
  await once(ws, "open");
  await connected;
  return ws;
}

const server = new Server({ name: "bench-idle" });
const sockets = [];
try {
  await server.start();
  const { pid } = server.control;
  sockets.push(await connect(server.url)); // what the first connection alone brings up isn't counted
  const before = rssKb(pid);
  while (sockets.length < CONNECTIONS)
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => connect(server.url)))));
  await pause(1000);
  const [after, busy] = [rssKb(pid), cpuMs(pid)];
  await pause(SECONDS * 1000);
  console.log(
    `${sockets.length} idle connections: ${((after - before) / sockets.length).toFixed(1)} kB each, ` +
      `${cpuMs(pid) - busy} ms of CPU in ${SECONDS} s`,
  );
} finally {
  for (const ws of sockets) ws.terminate();
  await server.stop();
}
