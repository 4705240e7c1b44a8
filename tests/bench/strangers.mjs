// What a bystander feels while a stranger attacks, one attack after the other, each from an address of its own:
//
//   node tests/bench/strangers.mjs [SECONDS [ATTACK…]]
//
// prints a row for each: the bystander's requests and joins, and how much memory the programs took.
import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { names } from "../lib/attacks.mjs";
import { residentMiB, Server, TOP } from "../lib/servers.mjs";

const seconds = Number(process.argv[2] ?? 60);
const chosen = process.argv.slice(3);

async function child(file, ...args) {
  const process_ = fork(path.join(TOP, "tests/lib", file), args.map(String), {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const said = text(process_.stdout);
  await once(process_, "exit");
  return JSON.parse((await said) || "{}");
}

const server = await new Server({ name: "strangers", env: { RATE_LIMITS: "on" } }).start();
try {
  const { meetingId } = await server.newMeeting({});
  const rows = [];
  for (const [i, name] of (chosen.length ? chosen : names).entries()) {
    const { meetingId: theirs } = await server.newMeeting({}).catch(() => ({ meetingId }));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, residentMiB(server.control))), 100);
    const attack = child("attacks.mjs", name, server.url, `127.66.${i}.2`, seconds + 2, theirs);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const felt = await child("bystander.mjs", server.url, "127.0.0.1", seconds, meetingId);
    await attack;
    clearInterval(watch);
    rows.push({ attack: name, ...felt, controlMiB: Math.round(most) });
    console.error(JSON.stringify(rows.at(-1)));
  }
  console.table(rows);
} finally {
  await server.stop();
}
