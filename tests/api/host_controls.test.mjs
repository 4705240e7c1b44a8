// What hosts do to a meeting by REST (§6, 7, 8): who may, every field, every refusal, and who hears of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "../lib/world.mjs";
import {
  anna,
  bert,
  DEFAULTS,
  end,
  get,
  host,
  NOBODY,
  refusedWith,
  settings,
  world,
  useMeetings,
} from "./lib/meetings.mjs";

useMeetings("host-controls");

test("host actions ask for the right credentials, in the order 401, 404, 403, 400", async () => {
  const meeting = await world.meeting(anna);
  const wrong = { token: "wrong" },
    none = { token: undefined };
  for (const [method, path] of [
    ["PATCH", "/settings"],
    ["POST", "/lock"],
    ["POST", "/unlock"],
    ["POST", "/invite"],
  ]) {
    const body = method === "PATCH" ? { title: 5 } : undefined;
    for (const credentials of [wrong, none])
      refusedWith(await host(meeting, path, { method, body, key: undefined, ...credentials }), 403, /x-admin-token/);
    refusedWith(
      await host({ meetingId: "aaa-aaaa-aaa" }, path, { method, body, key: undefined, token: meeting.adminToken }),
      404,
    );
    assert.notEqual((await host(meeting, path, { method, body, key: undefined })).status, 403);
  }
  for (const [method, path] of [
    ["POST", "/mute-all"],
    ["POST", `/participants/${NOBODY}/mute`],
    ["POST", `/participants/${NOBODY}/kick`],
    ["DELETE", ""],
  ]) {
    for (const key of [undefined, "mk_wrong"]) refusedWith(await host(meeting, path, { method, key }), 401);
    refusedWith(await host(meeting, path, { method, key: bert.apiKey }), 404); // another's, though the token is right
    for (const credentials of [wrong, none]) refusedWith(await host(meeting, path, { method, ...credentials }), 403);
  }
  const guest = await world.guestMeeting();
  for (const path of ["/mute-all", "/lock", "/unlock"])
    assert.equal((await host(guest, path, { key: undefined })).status, 200);
  refusedWith(await host(guest, "/mute-all", { key: anna.apiKey, token: "wrong" }), 403);
  assert.equal((await end(guest, { key: undefined })).status, 200);
  for (const [method, path] of [
    ["DELETE", ""],
    ["POST", "/mute-all"],
  ])
    refusedWith(await host(guest, path, { method, key: undefined }), 404);
});

test("settings change live, each field, and everybody hears of it", async () => {
  const meeting = await world.meeting(anna, { title: "Before" });
  const [one, two] = [await world.join(meeting, { name: "One" }), await world.joinAsHost(meeting)];
  const wished = {
    title: "After",
    muteOnJoin: true,
    videoOffOnJoin: true,
    maxParticipants: 3,
    locked: true,
    waitingRoom: true,
    topology: "mesh",
  };
  let now = { title: "Before", ...DEFAULTS };
  for (const [name, value] of Object.entries(wished)) {
    now = { ...now, [name]: value };
    const { title, ...others } = now;
    const { status, json } = await settings(meeting, { [name]: value });
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ["message", "title", "settings"]);
    assert.deepEqual([json.title, json.settings], [title, others]);
    for (const client of [one, two]) assert.deepEqual(await client.event("meeting:settings-updated"), now);
    assert.deepEqual((await get(meeting)).json.settings, others);
    const [row] = await world.sql(`SELECT title, settings FROM meetings WHERE meeting_id = '${meeting.meetingId}'`);
    assert.deepEqual([row.title, row.settings], [title, others], "it is stored when it is answered");
  }
  assert.deepEqual((await settings(meeting, {})).json.settings, (({ title, ...others }) => others)(now));
  assert.deepEqual((await settings(meeting, { maxParticipants: 4.0, unknown: 1 })).json.settings.maxParticipants, 4);
});

test("a wrong setting is named, and none of the call's settings changes", async () => {
  const meeting = await world.meeting(anna, { title: "Same" });
  const client = await world.join(meeting);
  for (const [field, value] of [
    ["title", ""],
    ["title", " "],
    ["title", null],
    ["title", "x".repeat(201)],
    ["title", 1],
    ["muteOnJoin", "true"],
    ["videoOffOnJoin", 0],
    ["maxParticipants", 0],
    ["maxParticipants", 1001],
    ["maxParticipants", 1.5],
    ["maxParticipants", "5"],
    ["locked", "no"],
    ["waitingRoom", null],
    ["topology", "ring"],
  ])
    refusedWith(await settings(meeting, { muteOnJoin: true, locked: true, [field]: value }), 400, new RegExp(field));
  await settled(client);
  assert.deepEqual(client.all("meeting:settings-updated"), []);
  assert.deepEqual((await get(meeting)).json.settings, DEFAULTS);
});

test("new joiners are muted and without video as the settings say; hosts are not", async () => {
  const meeting = await world.meeting(anna, { muteOnJoin: true, videoOffOnJoin: true });
  await world.joinAsHost(meeting);
  const watcher = await world.join(meeting, { name: "Watcher" });
  await world.join(meeting, { name: "New" });
  const told = await watcher.event("participant:joined", (p) => p.name === "New");
  assert.deepEqual([told.isMuted, told.isVideoOff, told.isAdmin], [true, true, false]);
  const [h] = watcher.joined.participants;
  assert.deepEqual([h.isMuted, h.isVideoOff, h.isAdmin], [false, false, true]);
});

test("lock and unlock", async () => {
  const meeting = await world.meeting(anna);
  const client = await world.join(meeting);
  assert.deepEqual((await host(meeting, "/lock", { key: undefined })).json, { message: "Meeting locked" });
  assert.equal((await client.event("meeting:settings-updated")).locked, true);
  assert.equal((await world.refused(meeting)).code, "locked");
  await world.joinAsHost(meeting);
  assert.deepEqual((await host(meeting, "/unlock", { key: undefined })).json, { message: "Meeting unlocked" });
  await world.join(meeting);
});

test("an invitation lets one person in, once, and pre-fills the name", async () => {
  const meeting = await world.meeting(anna);
  await settings(meeting, { locked: true, waitingRoom: true });
  const { status, json } = await host(meeting, "/invite", { key: undefined, body: { name: "Bob & Söhne" } });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(json), ["joinUrl", "inviteToken"]);
  assert.equal(json.joinUrl, `/join/${meeting.meetingId}?invite=${json.inviteToken}&name=Bob%20%26%20S%C3%B6hne`);
  assert.equal(new URL(json.joinUrl, world.url).searchParams.get("name"), "Bob & Söhne");
  const { inviteToken } = json;
  await world.join(meeting, { name: "Bob", inviteToken });
  assert.equal((await world.refused(meeting, { inviteToken })).code, "bad_token");
  const plain = (await host(meeting, "/invite", { key: undefined })).json;
  assert.equal(plain.joinUrl, `/join/${meeting.meetingId}?invite=${plain.inviteToken}`);
  refusedWith(await host(meeting, "/invite", { key: undefined, body: { name: 5 } }), 400, /name/);
});

test("twenty at once with one invitation: one comes in", async () => {
  const meeting = await world.meeting(anna);
  await host(meeting, "/lock", { key: undefined });
  const { inviteToken } = (await host(meeting, "/invite", { key: undefined })).json;
  const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => world.connect({ name: `c${i}` })));
  const answers = await Promise.all(
    clients.map((c) => c.ask("join-meeting", { meetingId: meeting.meetingId, name: c.name, inviteToken })),
  );
  assert.equal(answers.filter((a) => a.ok).length, 1);
  assert.ok(answers.filter((a) => !a.ok).every((a) => a.error.code === "bad_token"));
  assert.equal((await get(meeting)).json.participantCount, 1);
});

test("mute, unmute and kick reach the one they are for; others see what changed", async () => {
  const meeting = await world.meeting(anna);
  const [alice, bob] = [await world.join(meeting, { name: "Alice" }), await world.join(meeting, { name: "Bob" })];
  const on = (client, what, body) => host(meeting, `/participants/${client.id}/${what}`, { body });
  assert.deepEqual((await on(alice, "mute")).json, { message: "Participant muted" });
  assert.deepEqual(await alice.event("admin:mute"), {});
  assert.deepEqual(await bob.event("participant:updated"), { participantId: alice.id, isMuted: true });
  assert.equal((await get(meeting)).json.participants.find((p) => p.name === "Alice").isMuted, true);
  assert.deepEqual((await on(alice, "unmute")).json, { message: "Participant asked to unmute" });
  assert.deepEqual(await alice.event("admin:unmute"), {});
  assert.equal((await get(meeting)).json.participants.find((p) => p.name === "Alice").isMuted, true, "only asked");
  refusedWith(await on(alice, "kick", { reason: 5 }), 400, /reason/);
  assert.deepEqual((await on(alice, "kick", { reason: "Noise" })).json, { message: "Participant removed" });
  assert.deepEqual(await alice.event("admin:kick"), { reason: "Noise" });
  assert.deepEqual(await bob.event("participant:left"), { participantId: alice.id, name: "Alice" });
  await alice.event("(disconnect)");
  await on(bob, "kick");
  assert.equal(typeof (await bob.event("admin:kick")).reason, "string");
  for (const what of ["mute", "unmute", "kick"]) refusedWith(await on({ id: NOBODY }, what), 404, /[Pp]articipant/);
  await settled();
  assert.deepEqual([bob.all("admin:mute"), bob.all("admin:unmute")], [[], []]);
});

test("mute-all mutes everybody, hosts too, and tells them", async () => {
  const meeting = await world.meeting(anna);
  const all = [
    await world.joinAsHost(meeting),
    await world.join(meeting, { name: "A" }),
    await world.join(meeting, { name: "B" }),
  ];
  assert.deepEqual((await host(meeting, "/mute-all")).json, { message: "All participants muted" });
  for (const client of all) assert.deepEqual(await client.event("meeting:all-muted"), {});
  assert.ok((await get(meeting)).json.participants.every((p) => p.isMuted));
  await all[1].event("participant:updated");
  assert.deepEqual(
    new Set(all[1].all("participant:updated").map((p) => p.participantId)),
    new Set([all[0].id, all[2].id]),
  );
});

test("a waiting room switched on and off by REST", async () => {
  const meeting = await world.meeting(anna);
  const h = await world.joinAsHost(meeting);
  await settings(meeting, { waitingRoom: true });
  const client = await world.connect({ name: "Waits" });
  client.emit("join-meeting", { meetingId: meeting.meetingId, name: "Waits" });
  await client.event("waiting-room:waiting");
  assert.deepEqual((({ name, count }) => ({ name, count }))(await h.event("waiting-room:participant-waiting")), {
    name: "Waits",
    count: 1,
  });
  assert.equal((await get(meeting)).json.participantCount, 1);
  await settings(meeting, { waitingRoom: false });
  assert.deepEqual(await client.event("waiting-room:admitted"), {});
  await client.join(meeting.meetingId);
});
