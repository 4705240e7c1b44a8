// The documented Socket.IO events, by the official client: who gets what.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { io } from "socket.io-client";
import { Server } from "./lib/servers.mjs";
import { eventually } from "./lib/wait.mjs";

const TRANSPORTS = { "polling only": ["polling"], "websocket only": ["websocket"], "polling, then upgraded": ["polling", "websocket"] };

let server;
const sockets = new Set();

before(async () => {
  server = new Server({ name: "events" });
  await server.start();
});
after(() => server?.stop());
afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets.clear();
});

/** Joins as a documented client; everything that comes is kept in client.got. */
async function join(meeting, name, { transports = ["websocket"], ...fields } = {}) {
  const socket = io(server.url, { transports, forceNew: true, reconnection: false });
  sockets.add(socket);
  const client = { socket, name, got: [] };
  socket.onAny((event, payload) => client.got.push({ event, payload }));
  socket.emit("join-meeting", { meetingId: meeting.meetingId, name, ...fields });
  client.joined = await gets(client, "joined");
  client.id = client.joined.participantId;
  return client;
}

const all = (client, event) => client.got.filter((g) => g.event === event).map((g) => g.payload);

/** The first such event, waited for. */
async function gets(client, event, matches = () => true) {
  return eventually(`${client.name} gets ${event}`, () => {
    const found = all(client, event).find(matches);
    assert.ok(found, `got only ${client.got.map((g) => g.event)}`);
    return found;
  });
}

/** What was sent before has arrived: an event of one socket is answered in its order. */
const settled = (...clients) => Promise.all(clients.map(({ socket }) => socket.timeout(10_000).emitWithAck("raise-hand", { isHandRaised: false })));

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  test(`joining, being told of others, and leaving: ${name}`, { timeout: 60_000 }, async () => {
    const meeting = await server.newMeeting({ title: "Events" });
    const anna = await join(meeting, "Anna", { transports });
    assert.deepEqual(anna.joined.participants, []);
    assert.equal(anna.joined.title, "Events");
    assert.equal(anna.joined.isAdmin, false);
    for (const setting of ["muteOnJoin", "videoOffOnJoin", "maxParticipants", "locked", "waitingRoom"]) assert.ok(setting in anna.joined.settings, setting);
    if (transports.length === 2) await eventually("the upgrade", () => assert.equal(anna.socket.io.engine.transport.name, "websocket"));
    else assert.equal(anna.socket.io.engine.transport.name, transports[0]);

    const bert = await join(meeting, "Bert", { transports });
    assert.deepEqual(bert.joined.participants.map((p) => [p.participantId, p.name]), [[anna.id, "Anna"]]);
    assert.equal((await gets(anna, "participant:joined")).participantId, bert.id);
    bert.socket.close();
    assert.deepEqual(await gets(anna, "participant:left"), { participantId: bert.id, name: "Bert" });
  });
}

test("signals go to the one they are for, and to nobody else", { timeout: 60_000 }, async () => {
  const meeting = await server.newMeeting();
  const [anna, bert, cleo] = [await join(meeting, "Anna"), await join(meeting, "Bert"), await join(meeting, "Cleo")];
  bert.socket.emit("signal:offer", { to: anna.id, offer: { type: "offer", sdp: "v=0" } });
  bert.socket.emit("signal:ice-candidate", { to: anna.id, candidate: { candidate: "candidate:1", sdpMid: "0" } });
  assert.deepEqual(await gets(anna, "signal:offer"), { from: bert.id, offer: { type: "offer", sdp: "v=0" } });
  assert.deepEqual(await gets(anna, "signal:ice-candidate"), { from: bert.id, candidate: { candidate: "candidate:1", sdpMid: "0" } });
  anna.socket.emit("signal:answer", { to: bert.id, answer: { type: "answer", sdp: "v=0" } });
  assert.equal((await gets(bert, "signal:answer")).from, anna.id);
  await settled(anna, bert, cleo);
  assert.deepEqual(cleo.got.filter((g) => g.event.startsWith("signal:")), []);
});

test("what a participant changes is told to all others", { timeout: 60_000 }, async () => {
  const meeting = await server.newMeeting();
  const [anna, bert] = [await join(meeting, "Anna"), await join(meeting, "Bert")];
  const changes = { "media:toggle-audio": { isMuted: true }, "media:toggle-video": { isVideoOff: true }, "media:screen-share": { isScreenSharing: true }, "raise-hand": { isHandRaised: true } };
  for (const [event, payload] of Object.entries(changes)) {
    anna.socket.emit(event, payload);
    const [field] = Object.keys(payload);
    const told = await gets(bert, "participant:updated", (p) => field in p);
    assert.equal(told.participantId, anna.id);
    assert.equal(told[field], true);
  }
  const late = await join(meeting, "Cleo");
  const known = late.joined.participants.find((p) => p.participantId === anna.id);
  for (const payload of Object.values(changes)) for (const field of Object.keys(payload)) assert.equal(known[field], true, field);
});

test("chat and reactions reach everybody; one who comes late gets what was said", { timeout: 60_000 }, async () => {
  const meeting = await server.newMeeting();
  const [anna, bert] = [await join(meeting, "Anna"), await join(meeting, "Bert")];
  const answer = await anna.socket.timeout(10_000).emitWithAck("chat:message", { text: "hello 👋" });
  assert.equal(answer.ok, true);
  anna.socket.emit("react", { emoji: "🎉" });
  for (const client of [anna, bert]) {
    const message = await gets(client, "chat:message");
    assert.equal(message.from, anna.id);
    assert.equal(message.name, "Anna");
    assert.equal(message.text, "hello 👋");
    assert.equal(typeof message.timestamp, "number");
    assert.deepEqual(await gets(client, "react"), { participantId: anna.id, emoji: "🎉" });
  }
  const late = await join(meeting, "Cleo");
  assert.match(JSON.stringify(await gets(late, "chat:history")), /hello 👋/);
});

test("only the host's token makes a host, and a host may mute, kick and end", { timeout: 60_000 }, async () => {
  const meeting = await server.newMeeting();
  const host = await join(meeting, "Host", { isAdmin: true, adminToken: meeting.adminToken });
  assert.equal(host.joined.isAdmin, true);
  const guest = await join(meeting, "Guest");
  const refused = await guest.socket.timeout(10_000).emitWithAck("admin:mute", { participantId: host.id });
  assert.equal(refused.ok, false);
  host.socket.emit("recording:broadcast-started", { hostName: "Host" });
  assert.equal((await gets(guest, "recording:started")).hostName, "Host");
  assert.equal((await host.socket.timeout(10_000).emitWithAck("admin:mute", { participantId: guest.id })).ok, true);
  await gets(guest, "admin:mute");
  const third = await join(meeting, "Third");
  host.socket.emit("admin:kick", { participantId: third.id, reason: "enough" });
  assert.equal((await gets(third, "admin:kick")).reason, "enough");
  await gets(guest, "participant:left", (p) => p.participantId === third.id);
  host.socket.emit("admin:end", { reason: "done" });
  assert.equal((await gets(guest, "meeting:ended")).reason, "done");
});

test("a meeting that isn't there, and one that is locked, are refused with an error", { timeout: 60_000 }, async () => {
  const refusal = async (meetingId) => {
    const socket = io(server.url, { transports: ["websocket"], forceNew: true, reconnection: false });
    sockets.add(socket);
    const client = { socket, name: "Stranger", got: [] };
    socket.onAny((event, payload) => client.got.push({ event, payload }));
    socket.emit("join-meeting", { meetingId, name: "Stranger" });
    return gets(client, "error");
  };
  assert.ok((await refusal("zzz-zzzz-zzz")).message);
  const meeting = await server.newMeeting();
  const host = await join(meeting, "Host", { isAdmin: true, adminToken: meeting.adminToken });
  assert.equal((await host.socket.timeout(10_000).emitWithAck("admin:lock", {})).ok, true);
  assert.match((await refusal(meeting.meetingId)).message, /lock/i);
});
