// The waiting room (§11), invites, the lock and scheduled starts: who gets in, who has to wait, and who hears of it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { settled, startWorld } from "../lib/world.mjs";

let world;
before(async () => (world = await startWorld({ name: "waiting" })));
after(() => world?.stop());
afterEach(() => world?.closeClients());

/** A meeting with its waiting room on and a host in it. */
async function guarded(settings = { waitingRoom: true }) {
  const meeting = await world.guestMeeting({ title: "Guarded" });
  const host = await world.joinAsHost(meeting);
  assert.equal((await host.ask("admin:settings", settings)).ok, true);
  await host.event("meeting:settings-updated");
  return { meeting, host };
}

const QUEUE = "waiting-room:participant-waiting";

/** Somebody who waits, by the event of that name; the host has heard of it. */
async function waits({ meeting, host }, name, by = "waiting-room:join") {
  const client = await world.connect({ name });
  client.emit(by, { meetingId: meeting.meetingId, name });
  const { message, ...rest } = await client.event("waiting-room:waiting");
  assert.equal(typeof message, "string");
  assert.deepEqual(rest, {});
  const told = await host.event(QUEUE, (p) => p.name === name && !p.removed);
  client.socketId = told.socketId;
  return Object.assign(client, { told });
}

async function nothing(event, ...clients) {
  await settled(...clients);
  for (const client of clients) assert.deepEqual(client.all(event), [], `${client.name} must not get ${event}`);
}

const invite = async (meeting, body = {}) =>
  (await world.must(201, "POST", `/api/meetings/${meeting.meetingId}/invite`, { token: meeting.adminToken, body }))
    .inviteToken;

for (const by of ["waiting-room:join", "join-meeting"]) {
  test(`${by} with the waiting room on: waiting, the hosts hear of it, admitted, and joined`, async () => {
    const room = await guarded();
    const inside = await world.join(room.meeting, { name: "Inside", inviteToken: await invite(room.meeting) });
    const anna = await waits(room, "Anna", by);
    assert.deepEqual(anna.told, { socketId: anna.socketId, name: "Anna", count: 1 });
    assert.equal(typeof anna.socketId, "string");
    await nothing("joined", anna);
    room.host.emit("waiting-room:admit", { meetingId: room.meeting.meetingId, socketId: anna.socketId });
    assert.deepEqual(await anna.event("waiting-room:admitted"), {});
    assert.deepEqual(await room.host.event(QUEUE), { socketId: anna.socketId, name: "Anna", count: 0, removed: true });
    await anna.join(room.meeting.meetingId);
    assert.equal((await inside.event("participant:joined")).name, "Anna");
    await nothing(QUEUE, inside, anna);
  });
}

test("one who waits counts for nothing in the meeting: not a participant, no chat, no events", async () => {
  const room = await guarded();
  const anna = await waits(room, "Anna");
  room.host.emit("chat:message", { text: "secret" });
  await room.host.event("chat:message");
  await nothing("chat:message", anna);
  anna.emit("chat:message", { text: "let me in" });
  assert.equal((await anna.event("error")).code, "not_joined");
  await settled(room.host);
  assert.equal(room.host.all("chat:message").length, 1);
  assert.deepEqual(room.host.all("participant:joined"), []);
});

test("denied: told so, out of the queue, not let in", async () => {
  const room = await guarded();
  const anna = await waits(room, "Anna"),
    bert = await waits(room, "Bert");
  assert.equal(bert.told.count, 2);
  room.host.emit("waiting-room:deny", { meetingId: room.meeting.meetingId, socketId: anna.socketId });
  const { message, ...rest } = await anna.event("waiting-room:denied");
  assert.equal(typeof message, "string");
  assert.deepEqual(rest, {});
  assert.deepEqual(await room.host.event(QUEUE), { socketId: anna.socketId, name: "Anna", count: 1, removed: true });
  await nothing("waiting-room:denied", bert);
  await nothing("joined", anna, bert);
});

test("only hosts admit and deny, and only whom is there", async () => {
  const room = await guarded();
  const inside = await world.join(room.meeting, { name: "Inside", inviteToken: await invite(room.meeting) });
  const anna = await waits(room, "Anna");
  for (const event of ["waiting-room:admit", "waiting-room:deny"]) {
    inside.emit(event, { meetingId: room.meeting.meetingId, socketId: anna.socketId });
    assert.equal((await inside.event("error")).code, "forbidden");
    anna.emit(event, { meetingId: room.meeting.meetingId, socketId: anna.socketId });
    assert.equal((await anna.event("error")).code, "not_joined");
    room.host.emit(event, { meetingId: room.meeting.meetingId, socketId: "nobody" });
    assert.equal((await room.host.event("error")).code, "not_found");
    const other = await guarded();
    other.host.emit(event, { meetingId: room.meeting.meetingId, socketId: anna.socketId });
    assert.equal((await other.host.event("error")).code, "not_found", "a host of another meeting");
    room.host.emit(event, { meetingId: room.meeting.meetingId });
    assert.equal((await room.host.event("error")).code, "bad_request");
  }
  await nothing("waiting-room:admitted", anna);
  await nothing("waiting-room:denied", anna);
});

test("leaving the queue is reported to every host with removed", async () => {
  const room = await guarded();
  const second = await world.joinAsHost(room.meeting, { name: "Second" });
  const anna = await waits(room, "Anna"),
    bert = await waits(room, "Bert");
  anna.close();
  for (const host of [room.host, second])
    assert.deepEqual(await host.event(QUEUE, (p) => p.removed), {
      socketId: anna.socketId,
      name: "Anna",
      count: 1,
      removed: true,
    });
  bert.close();
  for (const host of [room.host, second])
    assert.deepEqual(await host.event(QUEUE, (p) => p.removed), {
      socketId: bert.socketId,
      name: "Bert",
      count: 0,
      removed: true,
    });
});

test("a host who comes later hears of each who waits", async () => {
  const room = await guarded();
  const anna = await waits(room, "Anna"),
    bert = await waits(room, "Bert");
  const late = await world.joinAsHost(room.meeting, { name: "Late" });
  assert.deepEqual(
    [await late.event(QUEUE), await late.event(QUEUE)],
    [
      { socketId: anna.socketId, name: "Anna", count: 2 },
      { socketId: bert.socketId, name: "Bert", count: 2 },
    ],
  );
});

test("switching it off admits everybody who waits", async () => {
  const room = await guarded();
  const people = [await waits(room, "Anna"), await waits(room, "Bert"), await waits(room, "Cleo", "join-meeting")];
  assert.equal((await room.host.ask("admin:settings", { waitingRoom: false })).ok, true);
  for (const client of people) assert.deepEqual(await client.event("waiting-room:admitted"), {});
  for (const count of [2, 1, 0]) assert.equal((await room.host.event(QUEUE, (p) => p.removed)).count, count);
  for (const client of people) await client.join(room.meeting.meetingId);
  await settled(room.host);
  assert.equal(room.host.all("participant:joined").length, 3);
});

test("an admission is for that connection and for one entry", async () => {
  const room = await guarded();
  const anna = await waits(room, "Anna");
  room.host.emit("waiting-room:admit", { meetingId: room.meeting.meetingId, socketId: anna.socketId });
  await anna.event("waiting-room:admitted");
  const other = await world.connect({ name: "Anna" });
  other.emit("join-meeting", { meetingId: room.meeting.meetingId, name: "Anna" });
  await other.event("waiting-room:waiting");
  await anna.join(room.meeting.meetingId);
  anna.emit("leave-meeting");
  await room.host.event("participant:left");
  anna.emit("join-meeting", { meetingId: room.meeting.meetingId, name: "Anna" });
  await anna.event("waiting-room:waiting");
});

test("an admission doesn't pass the cap", async () => {
  const room = await guarded({ waitingRoom: true, maxParticipants: 1 });
  const anna = await waits(room, "Anna");
  room.host.emit("waiting-room:admit", { meetingId: room.meeting.meetingId, socketId: anna.socketId });
  await anna.event("waiting-room:admitted");
  anna.emit("join-meeting", { meetingId: room.meeting.meetingId, name: "Anna" });
  assert.equal((await anna.event("error")).code, "full");
});

test("waiting-room:join with it off: admitted at once; locked, unknown or ended: an error", async () => {
  const open = await world.guestMeeting();
  const anna = await world.connect({ name: "Anna" });
  anna.emit("waiting-room:join", { meetingId: open.meetingId, name: "Anna" });
  assert.deepEqual(await anna.event("waiting-room:admitted"), {});
  await anna.join(open.meetingId);

  const locked = await guarded({ locked: true });
  const bert = await world.connect({ name: "Bert" });
  bert.emit("waiting-room:join", { meetingId: locked.meeting.meetingId, name: "Bert" });
  assert.equal((await bert.event("error")).code, "locked");
  bert.emit("waiting-room:join", { meetingId: "zzz-zzzz-zzz", name: "Bert" });
  assert.equal((await bert.event("error")).code, "not_found");
  locked.host.emit("admin:end", {});
  await locked.host.event("meeting:ended");
  bert.emit("waiting-room:join", { meetingId: locked.meeting.meetingId, name: "Bert" });
  assert.ok(["ended", "not_found"].includes((await bert.event("error")).code));
});

test("those who wait are told when the meeting ends", async () => {
  const room = await guarded();
  const anna = await waits(room, "Anna");
  room.host.emit("admin:end", {});
  const { event } = await anna.first(["meeting:ended", "waiting-room:denied", "error"]);
  assert.equal(event, "meeting:ended");
});

test("a locked meeting lets nobody in but hosts and the invited", async () => {
  const { meeting, host } = await guarded({ locked: true });
  assert.equal((await world.refused(meeting)).code, "locked");
  await world.joinAsHost(meeting, { name: "Second" });
  const token = await invite(meeting, { name: "Bob" });
  const bob = await world.join(meeting, { name: "Bob", inviteToken: token });
  assert.equal(bob.joined.isAdmin, false);
  assert.equal((await world.refused(meeting, { inviteToken: token })).code, "bad_token", "it is spent");
  assert.equal((await world.refused(meeting, { inviteToken: "unknown" })).code, "bad_token");
  const eve = await world.join(meeting, { name: "Eve", invite: await invite(meeting) });
  assert.equal(eve.joined.title, "Guarded");
  assert.equal((await host.ask("admin:unlock")).ok, true);
  await world.join(meeting, { name: "Anybody" });
});

test("an invite passes the waiting room, but not the cap, and is spent on success alone", async () => {
  const { meeting, host } = await guarded({ waitingRoom: true, maxParticipants: 2 });
  const token = await invite(meeting);
  const first = await world.join(meeting, { name: "First", inviteToken: await invite(meeting) });
  assert.equal((await world.refused(meeting, { inviteToken: token })).code, "full");
  first.close();
  await host.event("participant:left");
  await world.join(meeting, { name: "Second", inviteToken: token });
});

test("an invite of another meeting is worth nothing", async () => {
  const { meeting } = await guarded({ locked: true });
  const other = await guarded({ locked: true });
  assert.equal((await world.refused(meeting, { inviteToken: await invite(other.meeting) })).code, "bad_token");
});

test("hosts pass the waiting room, but not the cap", async () => {
  const { meeting } = await guarded({ waitingRoom: true, maxParticipants: 2 });
  await world.joinAsHost(meeting, { name: "Second" });
  assert.equal((await world.refused(meeting, { isAdmin: true, adminToken: meeting.adminToken })).code, "full");
});

test("too early: an error with the time, for hosts too; at its time the meeting can be joined", {
  timeout: 30_000,
}, async () => {
  const owner = await world.account({ credit: "10" });
  const scheduledAt = new Date(Date.now() + 3000).toISOString();
  const meeting = await world.meeting(owner, { title: "Soon", scheduledAt });
  assert.deepEqual([meeting.status, meeting.scheduledAt], ["scheduled", scheduledAt]);
  for (const fields of [
    {},
    { isAdmin: true, adminToken: meeting.adminToken },
    { inviteToken: await invite(meeting) },
  ]) {
    const error = await world.refused(meeting, fields);
    assert.deepEqual([error.code, error.scheduledAt], ["scheduled", scheduledAt]);
    assert.ok(error.message.includes(scheduledAt), error.message);
  }
  const early = await world.connect({ name: "Early" });
  early.emit("waiting-room:join", { meetingId: meeting.meetingId, name: "Early" });
  assert.equal((await early.event("error")).code, "scheduled");
  await pause(Date.parse(scheduledAt) - Date.now() + 500);
  const anna = await world.join(meeting, { name: "Anna" });
  assert.equal(anna.joined.title, "Soon");
  const { status } = await world.must(200, "GET", `/api/meetings/${meeting.meetingId}`, { key: owner.apiKey });
  assert.equal(status, "active");
});
