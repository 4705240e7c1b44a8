// A meeting as bots have it: the official client over each transport, and who hears what of whom. The payloads to the
// letter are in events.test.mjs.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { eventually, settled, startWorld } from "../lib/world.mjs";

const TRANSPORTS = {
  "polling only": ["polling"],
  "websocket only": ["websocket"],
  "polling, then upgraded": ["polling", "websocket"],
};

let world;
before(async () => (world = await startWorld({ name: "conversation" })));
after(() => world?.stop());
afterEach(() => world?.closeClients());

/** These people in a new meeting, the first one first. */
async function meet(...names) {
  const meeting = await world.guestMeeting();
  const people = [];
  for (const name of names) people.push(await world.join(meeting, { name }));
  return { meeting, people };
}

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  test(`joining, being told of others, and leaving: ${name}`, async () => {
    const meeting = await world.guestMeeting({ title: "Events" });
    const anna = await world.join(meeting, { name: "Anna", transports });
    assert.deepEqual(anna.joined.participants, []);
    assert.equal(anna.joined.title, "Events");
    assert.equal(anna.joined.isAdmin, false);
    for (const setting of ["muteOnJoin", "videoOffOnJoin", "maxParticipants", "locked", "waitingRoom"])
      assert.ok(setting in anna.joined.settings, setting);
    if (transports.length === 2)
      await eventually("the upgrade", () => assert.equal(anna.socket.io.engine.transport.name, "websocket"));
    else assert.equal(anna.socket.io.engine.transport.name, transports[0]);

    const bert = await world.join(meeting, { name: "Bert", transports });
    assert.deepEqual(
      bert.joined.participants.map((p) => [p.participantId, p.name]),
      [[anna.id, "Anna"]],
    );
    assert.equal((await anna.event("participant:joined")).participantId, bert.id);
    bert.close();
    assert.deepEqual(await anna.event("participant:left"), { participantId: bert.id, name: "Bert" });
  });
}

test("signals go to the one they are for, and to nobody else", async () => {
  const {
    people: [anna, bert, cleo],
  } = await meet("Anna", "Bert", "Cleo");
  bert.emit("signal:offer", { to: anna.id, offer: { type: "offer", sdp: "v=0" } });
  bert.emit("signal:ice-candidate", { to: anna.id, candidate: { candidate: "candidate:1", sdpMid: "0" } });
  assert.deepEqual(await anna.event("signal:offer"), { from: bert.id, offer: { type: "offer", sdp: "v=0" } });
  assert.deepEqual(await anna.event("signal:ice-candidate"), {
    from: bert.id,
    candidate: { candidate: "candidate:1", sdpMid: "0" },
  });
  anna.emit("signal:answer", { to: bert.id, answer: { type: "answer", sdp: "v=0" } });
  assert.equal((await bert.event("signal:answer")).from, anna.id);
  await settled(anna, bert, cleo);
  assert.deepEqual(
    cleo.got.filter((g) => g.event.startsWith("signal:")),
    [],
  );
});

test("what a participant changes is told to all others", async () => {
  const {
    meeting,
    people: [anna, bert],
  } = await meet("Anna", "Bert");
  const changes = {
    "media:toggle-audio": { isMuted: true },
    "media:toggle-video": { isVideoOff: true },
    "media:screen-share": { isScreenSharing: true },
    "raise-hand": { isHandRaised: true },
  };
  for (const [event, payload] of Object.entries(changes)) {
    anna.emit(event, payload);
    const [field] = Object.keys(payload);
    const told = await bert.event("participant:updated", (p) => field in p);
    assert.equal(told.participantId, anna.id);
    assert.equal(told[field], true);
  }
  const late = await world.join(meeting, { name: "Cleo" });
  const known = late.joined.participants.find((p) => p.participantId === anna.id);
  for (const payload of Object.values(changes))
    for (const field of Object.keys(payload)) assert.equal(known[field], true, field);
});

test("chat and reactions reach everybody; one who comes late gets what was said", async () => {
  const {
    meeting,
    people: [anna, bert],
  } = await meet("Anna", "Bert");
  assert.equal((await anna.ask("chat:message", { text: "hello 👋" })).ok, true);
  anna.emit("react", { emoji: "🎉" });
  for (const client of [anna, bert]) {
    const message = await client.event("chat:message");
    assert.equal(message.from, anna.id);
    assert.equal(message.name, "Anna");
    assert.equal(message.text, "hello 👋");
    assert.equal(typeof message.timestamp, "number");
    assert.deepEqual(await client.event("react"), { participantId: anna.id, emoji: "🎉" });
  }
  const late = await world.join(meeting, { name: "Cleo" });
  assert.match(JSON.stringify(await late.event("chat:history")), /hello 👋/);
});

test("only the host's token makes a host, and a host may mute, kick and end", async () => {
  const meeting = await world.guestMeeting();
  const host = await world.joinAsHost(meeting);
  assert.equal(host.joined.isAdmin, true);
  const guest = await world.join(meeting);
  const refused = await guest.ask("admin:mute", { participantId: host.id });
  assert.equal(refused.ok, false);
  host.emit("recording:broadcast-started", { hostName: "Host" });
  assert.equal((await guest.event("recording:started")).hostName, "Host");
  assert.equal((await host.ask("admin:mute", { participantId: guest.id })).ok, true);
  await guest.event("admin:mute");
  const third = await world.join(meeting, { name: "Third" });
  host.emit("admin:kick", { participantId: third.id, reason: "enough" });
  assert.equal((await third.event("admin:kick")).reason, "enough");
  await guest.event("participant:left", (p) => p.participantId === third.id);
  host.emit("admin:end", { reason: "done" });
  assert.equal((await guest.event("meeting:ended")).reason, "done");
});

test("a meeting that isn't there, and one that is locked, are refused with an error", async () => {
  assert.ok((await world.refused("zzz-zzzz-zzz")).message);
  const meeting = await world.guestMeeting();
  const host = await world.joinAsHost(meeting);
  assert.equal((await host.ask("admin:lock", {})).ok, true);
  assert.match((await world.refused(meeting)).message, /lock/i);
});
