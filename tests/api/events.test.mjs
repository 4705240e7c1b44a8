// The Socket.IO events of §10, by the official client: each payload to the letter, who gets it and who doesn't.
// The waiting room's (§11) are in waiting_room.test.mjs, what hosts do by REST in meetings.test.mjs.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { settled, startWorld } from "../lib/world.mjs";

const ID = /^[\w-]{6,}$/;
const PARTICIPANT = { isMuted: false, isVideoOff: false, isScreenSharing: false, isHandRaised: false, isAdmin: false };
const SETTINGS = {
  muteOnJoin: false,
  videoOffOnJoin: false,
  maxParticipants: 50,
  locked: false,
  waitingRoom: false,
  topology: "auto",
};

let world;
before(async () => (world = await startWorld({ name: "events" })));
after(() => world?.stop());
afterEach(() => world?.closeClients());

/** A meeting with a host and two more. */
async function three() {
  const meeting = await world.guestMeeting({ title: "Three" });
  const host = await world.joinAsHost(meeting);
  const anna = await world.join(meeting, { name: "Anna" });
  const bert = await world.join(meeting, { name: "Bert" });
  await settled(host, anna, bert);
  for (const client of [host, anna, bert]) client.got.length = 0;
  return { meeting, host, anna, bert };
}

/** None of them got this event. */
async function nothing(event, ...clients) {
  await settled(...clients);
  for (const client of clients) assert.deepEqual(client.all(event), [], `${client.name} must not get ${event}`);
}

function isRecent(milliseconds) {
  assert.ok(
    Number.isInteger(milliseconds) && Math.abs(Date.now() - milliseconds) < 60_000,
    `${milliseconds} isn't a time of now in milliseconds`,
  );
}

test("joined has the others, the settings and the title; the others get participant:joined, and who joins doesn't", async () => {
  const meeting = await world.guestMeeting({ title: "Daily" });
  const anna = await world.join(meeting, { name: "Anna" });
  const { participantId, iceServers, ...rest } = anna.joined;
  assert.match(participantId, ID);
  assert.ok(Array.isArray(iceServers));
  assert.deepEqual(rest, { participants: [], settings: SETTINGS, title: "Daily", isAdmin: false, topology: "mesh" });

  const host = await world.joinAsHost(meeting, { name: "Host" });
  assert.equal(host.joined.isAdmin, true);
  const [{ joinedAt, ...known }] = host.joined.participants;
  assert.equal(host.joined.participants.length, 1, "oneself isn't among the participants");
  assert.deepEqual(known, { participantId: anna.id, name: "Anna", ...PARTICIPANT });
  isRecent(joinedAt);

  const { joinedAt: at, ...told } = await anna.event("participant:joined");
  assert.deepEqual(told, { participantId: host.id, name: "Host", ...PARTICIPANT, isAdmin: true });
  isRecent(at);
  await nothing("participant:joined", host);
});

test("a participant that goes is reported once to the others", async () => {
  const { host, anna, bert } = await three();
  bert.close();
  for (const client of [host, anna])
    assert.deepEqual(await client.event("participant:left"), { participantId: bert.id, name: "Bert" });
  anna.emit("leave-meeting");
  assert.deepEqual(await host.event("participant:left"), { participantId: anna.id, name: "Anna" });
  await settled(anna);
  assert.equal(anna.all("participant:left").length, 1, "nobody hears of its own leaving");
  anna.close();
  await settled(host);
  assert.equal(host.all("participant:left").length, 2);
});

test("an id is never used twice, and one connection is one participant", async () => {
  const { anna, bert, host } = await three();
  assert.equal(new Set([anna.id, bert.id, host.id]).size, 3);
});

for (const [sent, kept] of [
  ["  Anna  ", "Anna"],
  ["", "Guest"],
  ["   ", "Guest"],
  [undefined, "Guest"],
  ["x".repeat(101), "x".repeat(100)],
  ["é".repeat(150), "é".repeat(100)],
  ["👋".repeat(101), "👋".repeat(100)],
  [`${"y".repeat(99)}  z`, "y".repeat(99)],
  ["<b>Bert</b>", "<b>Bert</b>"],
]) {
  test(`the name ${JSON.stringify(sent)?.slice(0, 20)} is ${JSON.stringify(kept).slice(0, 20)}`, async () => {
    const meeting = await world.guestMeeting();
    const anna = await world.join(meeting, { name: "Anna" });
    await world.join(meeting, { name: sent });
    assert.equal((await anna.event("participant:joined")).name, kept);
  });
}

test("a name of 100 characters of several code units each comes back in participant:left and chat as well", async () => {
  const meeting = await world.guestMeeting();
  const anna = await world.join(meeting, { name: "Anna" });
  const bert = await world.join(meeting, { name: `  ${"🎉".repeat(100)} cut` });
  bert.emit("chat:message", { text: "hello" });
  assert.equal((await anna.event("chat:message")).name, "🎉".repeat(100));
  bert.close();
  assert.equal((await anna.event("participant:left")).name, "🎉".repeat(100));
});

test("a wrong admin token is an error, and nobody has joined", async () => {
  const { meeting, anna } = await three();
  for (const adminToken of ["wrong", "", null, undefined, `${meeting.adminToken}x`, meeting.adminToken.slice(1)]) {
    const error = await world.refused(meeting, { isAdmin: true, adminToken });
    assert.equal(error.code, "bad_token");
    assert.equal(typeof error.message, "string");
  }
  await nothing("participant:joined", anna);
});

test("the admin token without isAdmin doesn't make a host", async () => {
  const { meeting } = await three();
  for (const isAdmin of [false, undefined, null])
    assert.equal((await world.join(meeting, { isAdmin, adminToken: meeting.adminToken })).joined.isAdmin, false);
});

test("a second join-meeting is an error and changes nothing", async () => {
  const { meeting, host, anna } = await three();
  const other = await world.guestMeeting();
  for (const meetingId of [meeting.meetingId, other.meetingId]) {
    anna.emit("join-meeting", { meetingId, name: "Other" });
    assert.equal((await anna.event("error")).code, "already_joined");
  }
  await nothing("participant:joined", host);
  anna.emit("chat:message", { text: "still here" });
  assert.equal((await host.event("chat:message")).name, "Anna");
});

const EVENTS = {
  "signal:offer": { to: "x", offer: {} },
  "signal:answer": { to: "x", answer: {} },
  "signal:ice-candidate": { to: "x", candidate: {} },
  "media:toggle-audio": { isMuted: true },
  "media:toggle-video": { isVideoOff: true },
  "media:screen-share": { isScreenSharing: true },
  "raise-hand": { isHandRaised: true },
  react: { emoji: "👍" },
  "recording:broadcast-started": { hostName: "x" },
  "chat:message": { text: "hello" },
  "waiting-room:admit": { meetingId: "x", socketId: "x" },
  "waiting-room:deny": { meetingId: "x", socketId: "x" },
};
for (const [event, payload] of Object.entries(EVENTS)) {
  test(`${event} before joining is an error`, async () => {
    const client = await world.connect({ name: "Stranger" });
    client.emit(event, payload);
    const error = await client.event("error");
    assert.equal(error.code, "not_joined");
    assert.equal(typeof error.message, "string");
    const answer = await client.ask(event, payload);
    assert.deepEqual([answer.ok, answer.error.code, typeof answer.error.message], [false, "not_joined", "string"]);
    assert.equal(client.all("error").length, 1, "what is acknowledged makes no error event besides");
  });
}

test("signals go to the one they are for, with who sent them, and are passed on as they are", async () => {
  const { host, anna, bert } = await three();
  const offer = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n", extra: [1, null, "ü"] };
  const answer = { type: "answer", sdp: "v=0\r\n" };
  const candidate = {
    candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
    sdpMid: "0",
    sdpMLineIndex: 0,
    usernameFragment: null,
  };
  anna.emit("signal:offer", { to: bert.id, offer });
  assert.deepEqual(await bert.event("signal:offer"), { from: anna.id, offer });
  bert.emit("signal:answer", { to: anna.id, answer });
  assert.deepEqual(await anna.event("signal:answer"), { from: bert.id, answer });
  for (const value of [candidate, null, ""]) {
    anna.emit("signal:ice-candidate", { to: bert.id, candidate: value });
    assert.deepEqual(await bert.event("signal:ice-candidate"), { from: anna.id, candidate: value });
  }
  for (const event of ["signal:offer", "signal:answer", "signal:ice-candidate"]) await nothing(event, host);
  assert.equal(anna.all("signal:offer").length + bert.all("signal:answer").length, 0, "nobody gets its own signals");
});

test("signals to unknown ids and other meetings are dropped, and the acknowledgement says so", async () => {
  const { anna } = await three();
  const elsewhere = await world.join(await world.guestMeeting(), { name: "Elsewhere" });
  for (const [event, payload] of Object.entries(EVENTS).filter(([name]) => name.startsWith("signal:"))) {
    for (const to of ["nobody", elsewhere.id, anna.id]) {
      const answer = await anna.ask(event, { ...payload, to });
      assert.deepEqual([answer.ok, answer.error.code], [false, "not_found"], `${event} to ${to}`);
      anna.emit(event, { ...payload, to });
    }
    await nothing(event, elsewhere, anna);
  }
  await nothing("error", anna);
});

const CHANGES = {
  "media:toggle-audio": "isMuted",
  "media:toggle-video": "isVideoOff",
  "media:screen-share": "isScreenSharing",
  "raise-hand": "isHandRaised",
};
for (const [event, field] of Object.entries(CHANGES)) {
  test(`${event} is told to the others and not to who sent it, and to who comes later`, async () => {
    const { meeting, host, anna, bert } = await three();
    for (const value of [true, false, true]) {
      anna.emit(event, { [field]: value });
      for (const client of [host, bert])
        assert.deepEqual(await client.event("participant:updated"), { participantId: anna.id, [field]: value });
    }
    await nothing("participant:updated", anna);
    const late = await world.join(meeting, { name: "Late" });
    assert.equal(late.joined.participants.find((p) => p.participantId === anna.id)[field], true);
  });

  test(`${event} with anything but a boolean is an error and changes nothing`, async () => {
    const { anna, bert } = await three();
    for (const payload of [
      {},
      { [field]: "true" },
      { [field]: 1 },
      { [field]: null },
      { [field]: [] },
      null,
      "x",
      7,
      [],
    ]) {
      anna.emit(event, payload);
      assert.equal((await anna.event("error")).code, "bad_request", JSON.stringify(payload));
    }
    await nothing("participant:updated", bert);
  });
}

test("chat reaches everybody in the room, who sent it too, and nobody elsewhere", async () => {
  const { host, anna, bert } = await three();
  const elsewhere = await world.join(await world.guestMeeting(), { name: "Elsewhere" });
  anna.emit("chat:message", { text: "hello 👋 <b>&amp;" });
  for (const client of [host, anna, bert]) {
    const { timestamp, id, ...message } = await client.event("chat:message");
    assert.deepEqual(message, { from: anna.id, name: "Anna", text: "hello 👋 <b>&amp;" });
    isRecent(timestamp);
    assert.equal(typeof id, "string");
  }
  await nothing("chat:message", elsewhere);
});

test("a chat message may have 2,000 UTF-16 units, and not one more", async () => {
  const { anna, bert } = await three();
  for (const text of ["x".repeat(2000), "👋".repeat(1000), "é".repeat(2000), " padded "]) {
    anna.emit("chat:message", { text });
    assert.equal((await bert.event("chat:message")).text, text);
  }
  for (const text of ["x".repeat(2001), "👋".repeat(1000) + "x", "", undefined, null, 7, {}, ["x"]]) {
    anna.emit("chat:message", { text });
    assert.equal((await anna.event("error")).code, "bad_request", `${JSON.stringify(text)?.slice(0, 20)}`);
  }
  await settled(anna, bert);
  assert.equal(bert.all("chat:message").length, 4);
  assert.equal(anna.all("chat:message").length, 4);
});

test("the five reactions reach everybody, who sent them too", async () => {
  const { host, anna, bert } = await three();
  for (const emoji of ["👍", "❤️", "😂", "🎉", "👏"]) {
    anna.emit("react", { emoji });
    for (const client of [host, anna, bert])
      assert.deepEqual(await client.event("react"), { participantId: anna.id, emoji });
  }
  for (const emoji of ["", undefined, 7, "x".repeat(500)]) {
    anna.emit("react", { emoji });
    assert.equal((await anna.event("error")).code, "bad_request");
  }
});

test("recording is announced by hosts only, to all but who records, and to who comes later", async () => {
  const { meeting, host, anna, bert } = await three();
  anna.emit("recording:broadcast-started", { hostName: "Anna" });
  assert.equal((await anna.event("error")).code, "forbidden");
  await nothing("recording:started", host, anna, bert);
  host.emit("recording:broadcast-started", { hostName: "The host" });
  for (const client of [anna, bert])
    assert.deepEqual(await client.event("recording:started"), { hostName: "The host" });
  await nothing("recording:started", host);
  const late = await world.join(meeting, { name: "Late" });
  assert.deepEqual(await late.event("recording:started"), { hostName: "The host" });
  host.emit("recording:broadcast-stopped");
  for (const client of [anna, bert, late]) await client.event("recording:stopped");
  await nothing("recording:stopped", host);
});

test("what isn't there, or not any more, can't be joined", async () => {
  for (const meetingId of ["zzz-zzzz-zzz", "qwerty-zzz", "", undefined, "x".repeat(64)])
    assert.equal((await world.refused({ meetingId })).code, "not_found", meetingId);
  for (const meetingId of [7, null, {}, "x".repeat(5000), "a\0b"]) {
    const { code } = await world.refused({ meetingId: meetingId ?? "" });
    assert.ok(["not_found", "bad_request"].includes(code), `${JSON.stringify(meetingId)}: ${code}`);
  }
  const { meeting, host, anna, bert } = await three();
  host.emit("admin:end", {});
  for (const client of [host, anna, bert]) assert.equal(typeof (await client.event("meeting:ended")).reason, "string");
  for (const client of [host, anna, bert]) assert.equal(await client.event("(disconnect)"), "io server disconnect");
  assert.ok(["ended", "not_found"].includes((await world.refused(meeting)).code));
});

test("fields of the wrong type in join-meeting are an error", async () => {
  const { meeting, anna } = await three();
  for (const fields of [
    { name: 7 },
    { name: {} },
    { isAdmin: "true" },
    { isAdmin: 1 },
    { adminToken: 5, isAdmin: true },
    { topology: "ring" },
    { name: "a\0b" },
  ]) {
    assert.equal((await world.refused(meeting, fields)).code, "bad_request", JSON.stringify(fields));
  }
  await nothing("participant:joined", anna);
});

test("an event that nobody knows is an error, and the connection goes on", async () => {
  const { anna, bert } = await three();
  anna.emit("no-such-event", { a: 1 });
  assert.equal((await anna.event("error")).code, "bad_request");
  anna.emit("chat:message", { text: "still here" });
  await bert.event("chat:message");
});

test("the cap is exact when many join at once, for hosts too", async () => {
  const meeting = await world.guestMeeting();
  const host = await world.joinAsHost(meeting);
  assert.equal((await host.ask("admin:settings", { maxParticipants: 5 })).ok, true);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const client = await world.connect({ name: `P${i}` });
      client.emit("join-meeting", {
        meetingId: meeting.meetingId,
        name: client.name,
        ...(i % 5 ? {} : { isAdmin: true, adminToken: meeting.adminToken }),
      });
      return client.first(["joined", "error"]);
    }),
  );
  assert.equal(answers.filter(({ event }) => event === "joined").length, 4);
  for (const { event, payload } of answers) if (event === "error") assert.equal(payload.code, "full");
});

test("muteOnJoin and videoOffOnJoin are for all but hosts", async () => {
  const { meeting, host } = await three();
  assert.equal((await host.ask("admin:settings", { muteOnJoin: true, videoOffOnJoin: true })).ok, true);
  await world.join(meeting, { name: "Cleo" });
  const { isMuted, isVideoOff } = await host.event("participant:joined");
  assert.deepEqual([isMuted, isVideoOff], [true, true]);
  await world.joinAsHost(meeting, { name: "Second host" });
  const second = await host.event("participant:joined");
  assert.deepEqual([second.isMuted, second.isVideoOff], [false, false]);
});

test("a host mutes one: admin:mute to that one alone, participant:updated to the others; unmuting is a request", async () => {
  const { meeting, host, anna, bert } = await three();
  assert.equal((await host.ask("admin:mute", { participantId: anna.id })).ok, true);
  assert.deepEqual(await anna.event("admin:mute"), {});
  for (const client of [host, bert])
    assert.deepEqual(await client.event("participant:updated"), { participantId: anna.id, isMuted: true });
  assert.equal((await host.ask("admin:unmute", { participantId: anna.id })).ok, true);
  assert.deepEqual(await anna.event("admin:unmute"), {});
  await nothing("participant:updated", anna);
  for (const event of ["admin:mute", "admin:unmute"]) await nothing(event, host, bert);
  const late = await world.join(meeting, { name: "Late" });
  assert.equal(
    late.joined.participants.find((p) => p.participantId === anna.id).isMuted,
    true,
    "asking to unmute opens no microphone",
  );
});

test("mute-all reaches everybody but the host who asked, other hosts' state too", async () => {
  const { meeting, host, anna, bert } = await three();
  const second = await world.joinAsHost(meeting, { name: "Second" });
  assert.equal((await host.ask("admin:mute-all")).ok, true);
  for (const client of [anna, bert, second]) assert.deepEqual(await client.event("meeting:all-muted"), {});
  await nothing("meeting:all-muted", host);
  const late = await world.join(meeting, { name: "Late" });
  const muted = Object.fromEntries(late.joined.participants.map((p) => [p.name, p.isMuted]));
  assert.deepEqual(muted, { Host: false, Anna: true, Bert: true, Second: true });
  const told = host.all("participant:updated");
  assert.deepEqual(told.map((p) => p.participantId).sort(), [anna.id, bert.id, second.id].sort());
  assert.ok(told.every((p) => p.isMuted === true));
});

test("a kick closes the socket shortly after telling why; the others see somebody leave", async () => {
  const { host, anna, bert } = await three();
  assert.equal((await host.ask("admin:kick", { participantId: anna.id, reason: "Enough" })).ok, true);
  assert.deepEqual(await anna.event("admin:kick"), { reason: "Enough" });
  assert.equal(await anna.event("(disconnect)"), "io server disconnect");
  for (const client of [host, bert])
    assert.deepEqual(await client.event("participant:left"), { participantId: anna.id, name: "Anna" });
  await nothing("admin:kick", host, bert);
});

test("settings reach everybody, who changed them too, with all their fields", async () => {
  const { host, anna, bert } = await three();
  assert.equal((await host.ask("admin:settings", { maxParticipants: 7, muteOnJoin: true, title: "Renamed" })).ok, true);
  for (const client of [host, anna, bert])
    assert.deepEqual(await client.event("meeting:settings-updated"), {
      ...SETTINGS,
      maxParticipants: 7,
      muteOnJoin: true,
      title: "Renamed",
    });
  assert.equal((await anna.ask("admin:settings", { maxParticipants: 9 })).error.code, "forbidden");
  await settled(bert);
  assert.equal(bert.all("meeting:settings-updated").length, 1);
});

test("the documented events work by long-polling alone, too", async () => {
  const meeting = await world.guestMeeting();
  const anna = await world.join(meeting, { name: "Anna", transports: ["polling"] });
  const bert = await world.join(meeting, { name: "Bert", transports: ["polling"] });
  assert.equal((await anna.event("participant:joined")).participantId, bert.id);
  bert.emit("chat:message", { text: "by polling" });
  assert.equal((await anna.event("chat:message")).text, "by polling");
  bert.emit("react", { emoji: "👏" });
  assert.deepEqual(await anna.event("react"), { participantId: bert.id, emoji: "👏" });
});
