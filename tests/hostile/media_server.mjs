// A media server for a file's tests, a client of its Unix socket, sessions on it, and what it counts.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before } from "node:test";
import { ASAN, makeDir, Sfu } from "../lib/servers.mjs";
import { SfuSocket } from "../lib/sfu_socket.mjs";
import { pause } from "../lib/wait.mjs";
import { credentialsOf, offer, stun } from "./media.mjs";

/** A media server and a client of its Unix socket: there once useMediaServer()'s before() has run. */
export let dir, sfu, api;
export function useMediaServer(name) {
  before(
    async () => {
      dir = await makeDir();
      sfu = new Sfu({ dir, name, env: ASAN });
      await sfu.start();
      api = await SfuSocket.open(sfu.socket);
    },
    { timeout: 30_000 },
  );
  after(
    async () => {
      api.close();
      assert.equal(await sfu.stop(), 0);
      await rm(dir, { recursive: true, force: true });
    },
    { timeout: 30_000 },
  );
}

export async function counters() {
  const { workers } = await api.ask("stats");
  const sum = {};
  for (const worker of workers)
    for (const [name, value] of [...Object.entries(worker), ...Object.entries(worker.drops)])
      if (typeof value === "number") sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

/** Runs it and answers how the counters moved. */
export async function moved(what) {
  const before = await counters();
  await what();
  await pause(50);
  const now = await counters();
  return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]]));
}

let people = 0;
export async function session(room = "udp", fields = {}) {
  const participant = `p${++people}`;
  await api.ask("participant.join", { room, participant });
  const mine = offer({ ssrc: 10_000 * people, ...fields });
  const { sdp } = await api.ask("session.offer", { room, participant, sdp: mine.sdp });
  const server = credentialsOf(sdp);
  const check = (fields = {}) => stun({ username: `${server.ufrag}:${mine.ufrag}`, password: server.pwd, ...fields });
  /* password: what the client's answers to the server's checks are signed with */
  return { room, participant, ...server, check, username: `${server.ufrag}:${mine.ufrag}`, password: mine.pwd };
}

export const stateOf = (s) =>
  api.notifications.filter((n) => n.event === "session.state" && n.participant === s.participant).at(-1)?.state;
