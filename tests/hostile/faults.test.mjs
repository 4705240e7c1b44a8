// Parts of the server die while people are in meetings: the others say so, go on, and everything comes back by itself.
import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { promisify } from "node:util";
import { io } from "socket.io-client";
import { TOP } from "../lib/servers.mjs";
import { SfuSocket } from "../lib/sfu_socket.mjs";
import { eventually, pause } from "../lib/wait.mjs";
import { useServer } from "./lib.mjs";
import { Udp, credentialsOf, offer, stun } from "./media.mjs";

const server = useServer({ name: "hostile-faults", env: { EMPTY_GRACE_MS: "300" } });
const run = promisify(execFile);
const pg = (what) => run(path.join(TOP, "tests/pg_cluster"), [what, path.join(server.dir, "pg")]);

const sockets = new Set();
after(() => {
  for (const socket of sockets) socket.close();
});
const ask = (socket, event, ...args) => socket.timeout(5000).emitWithAck(event, ...args);
async function join(meeting, name) {
  const socket = io(server.url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
  });
  sockets.add(socket);
  await once(socket, "connect");
  const joined = once(socket, "joined");
  assert.equal((await ask(socket, "join-meeting", { meetingId: meeting.meetingId, name, topology: "auto" })).ok, true);
  [socket.me] = await joined;
  return socket;
}
const health = async () => (await fetch(`${server.url}/healthz`)).json();
const becomes = (what, state) =>
  eventually(`${what} is ${state}`, async () => assert.equal((await health())[what], state));
async function chatWorks(from, to) {
  const heard = once(to, "chat:message", { signal: AbortSignal.timeout(3000) });
  assert.equal((await ask(from, "chat:message", { text: "still here" })).ok, true);
  assert.equal((await heard)[0].text, "still here");
}

describe("the media server is killed", () => {
  it("the meeting goes on, says so, and gets its media server back", async () => {
    const meeting = await server.newMeeting({ topology: "sfu" });
    const [one, two] = [await join(meeting, "one"), await join(meeting, "two")];
    const mine = offer();
    assert.equal((await ask(one, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: mine.sdp } })).ok, true);
    await server.sfu.kill();
    await becomes("sfu", "down");
    await chatWorks(one, two);
    const refused = await ask(one, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: mine.sdp } });
    assert.equal(refused.error.code, "unavailable");
    const restart = once(one, "sfu:restart", { signal: AbortSignal.timeout(10_000) });
    await server.sfu.start();
    await restart;
    await becomes("sfu", "up");
    const answer = once(one, "signal:answer", { signal: AbortSignal.timeout(5000) });
    assert.equal((await ask(one, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: offer().sdp } })).ok, true);
    const [
      {
        answer: { sdp },
      },
    ] = await answer;
    assert.ok(credentialsOf(sdp).port);
    await chatWorks(two, one);
    one.close();
    two.close();
  });
});

describe("control is killed", () => {
  it("the media server goes on; rooms that nobody knows any more are closed when control is back", async () => {
    const meeting = await server.newMeeting({ topology: "sfu" });
    const one = await join(meeting, "one");
    const mine = offer(),
      answered = once(one, "signal:answer");
    await ask(one, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: mine.sdp } });
    const theirs = credentialsOf((await answered)[0].answer.sdp);
    const gone = once(server.control, "exit");
    server.control.kill("SIGKILL");
    await gone;
    const udp = await Udp.open(),
      api = await SfuSocket.open(server.sfu.socket);
    await udp.send(theirs.port, stun({ username: `${theirs.ufrag}:${mine.ufrag}`, password: theirs.pwd }));
    assert.ok(await udp.until((u) => u.messages.length === 1), "the media server is silent");
    const has = async () => (await api.ask("state.dump")).rooms.some((r) => r.room === meeting.meetingId);
    assert.equal(await has(), true);
    one.close();
    await server.startControl();
    await becomes("sfu", "up");
    await eventually("the forgotten room is closed", async () => assert.equal(await has(), false));
    udp.close();
    api.close();
  });
});

describe("the database goes away", () => {
  const query = async (sql) =>
    (
      await run("psql", ["-XAtq", "-h", path.join(server.dir, "pg"), "-U", "postgres", "-c", sql, "postgres"])
    ).stdout.trim();
  for (const how of ["stop", "kill"])
    it(`${how}: meetings go on, begin and end; what they were is written later`, async () => {
      const old = await server.newMeeting();
      const [one, two] = [await join(old, "one"), await join(old, "two")];
      await pg(how);
      await becomes("database", "down");
      await chatWorks(one, two);
      const young = await server.newMeeting();
      const three = await join(young, "three");
      three.close();
      one.close();
      two.close();
      await pause(800);
      await pg("start");
      await becomes("database", "up");
      for (const { meetingId } of [old, young])
        await eventually(`the history has ${meetingId}`, async () =>
          assert.equal(await query(`SELECT count(*) FROM meeting_history WHERE meeting_id = '${meetingId}'`), "1"),
        );
    });
});
