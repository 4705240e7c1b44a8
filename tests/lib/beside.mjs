// An attack and a bystander, each in a process of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { request } from "./http.mjs";
import { residentMiB, TOP } from "./servers.mjs";

/** A guest's meeting, made from an address that hasn't made its five already. */
export async function meetingFrom(url, from) {
  const { json } = await request(url, {
    method: "POST",
    path: "/api/meetings/guest",
    headers: { "content-type": "application/json" },
    body: {},
    agent: new http.Agent({ localAddress: from }),
  });
  return json.meetingId;
}

async function child(file, ...args) {
  const stdio = ["ignore", "pipe", "inherit", "ipc"];
  const started = fork(path.join(TOP, "tests/lib", file), args.map(String), { stdio });
  const said = text(started.stdout);
  await once(started, "exit");
  return JSON.parse((await said) || "{}");
}

/** What the bystander feels (bystander.mjs) while `name` of attacks.mjs comes from an address; n keeps runs apart. */
export async function attacked(server, name, seconds, n) {
  const meeting = await meetingFrom(server.url, `127.78.${n}.2`);
  const target = await meetingFrom(server.url, `127.77.${n}.2`);
  let controlMiB = 0;
  const watch = setInterval(() => (controlMiB = Math.max(controlMiB, Math.round(residentMiB(server.control)))), 100);
  const attack = child("attacks.mjs", name, server.url, `127.66.${n}.2`, seconds + 1, target);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const felt = await child("bystander.mjs", server.url, "127.0.0.1", seconds, meeting);
  await attack;
  clearInterval(watch);
  return { attack: name, ...felt, controlMiB };
}
