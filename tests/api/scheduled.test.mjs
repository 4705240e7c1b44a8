// Scheduled meetings (§5): planned, listed, opened by themselves at their time (also after a crash), cancelled.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";

let world, anna;
before(async () => {
  world = await startWorld({ name: "scheduled" });
  anna = await world.account({ credit: "10" });
});
after(() => world?.stop());
afterEach(() => world?.closeClients());

const inMs = (ms) => new Date(Date.now() + ms).toISOString();
const get = async (meeting) =>
  (await world.api("GET", `/api/meetings/${meeting.meetingId}`, { key: anna.apiKey })).json;
const scheduled = async () =>
  (await world.must(200, "GET", "/api/meetings/scheduled/list", { key: anna.apiKey })).meetings;
const history = async () => (await world.must(200, "GET", "/api/meetings/history", { cookie: anna.cookie })).meetings;

test("a scheduled meeting is answered with the documented members, in their order", async () => {
  const { json, text } = await world.api("POST", "/api/meetings", {
    key: anna.apiKey,
    body: { title: "Weekly Sync", scheduledAt: "2027-04-01T14:00:00Z" },
  });
  assert.deepEqual(
    Object.keys(json),
    ["meetingId", "adminToken", "joinUrl", "title", "scheduledAt", "status", "settings"],
    text,
  );
  assert.equal(json.scheduledAt, "2027-04-01T14:00:00.000Z");
  assert.equal(json.status, "scheduled");
  const shown = await get(json);
  assert.deepEqual([shown.status, shown.scheduledAt, shown.participantCount], ["scheduled", json.scheduledAt, 0]);
});

test("any time of ISO 8601 with a zone is taken, and shown as UTC with milliseconds", async () => {
  for (const [scheduledAt, shown] of [
    ["2027-04-01T16:00:00.25+02:00", "2027-04-01T14:00:00.250Z"],
    ["2027-04-01T14:00Z", "2027-04-01T14:00:00.000Z"],
    ["20270401T140000.1239Z", "2027-04-01T14:00:00.123Z"],
    ["2027-W13-4T09:30-05:30", "2027-04-01T15:00:00.000Z"],
  ])
    assert.equal((await world.meeting(anna, { scheduledAt })).scheduledAt, shown, scheduledAt);
});

test("no time, the past, no zone, or more than a year ahead: 400 that names the field", async () => {
  const before = await scheduled();
  for (const scheduledAt of [
    "",
    "tomorrow",
    "2027-04-01",
    "2027-04-01T14:00:00",
    "2020-01-01T00:00:00Z",
    inMs(-1000),
    inMs(367 * 86400_000),
    1900000000000,
    true,
    {},
  ]) {
    const { status, json } = await world.api("POST", "/api/meetings", { key: anna.apiKey, body: { scheduledAt } });
    assert.equal(status, 400, JSON.stringify(scheduledAt));
    assert.match(json.error, /scheduledAt/);
  }
  assert.match(
    (await world.api("POST", "/api/meetings", { key: anna.apiKey, body: { scheduledAt: inMs(-1000) } })).json.error,
    /^scheduledAt must be in the future$/,
  );
  assert.deepEqual(await scheduled(), before);
  assert.equal((await world.meeting(anna, { scheduledAt: inMs(364 * 86400_000) })).status, "scheduled");
  assert.equal((await world.meeting(anna, { scheduledAt: null })).status, "active");
});

test("joining early is refused with the time, for hosts too; at its time it opens by itself", async () => {
  const meeting = await world.meeting(anna, { title: "Soon", scheduledAt: inMs(2500) });
  for (const fields of [{}, { isAdmin: true, adminToken: meeting.adminToken }]) {
    const error = await world.refused(meeting, fields);
    assert.equal(error.code, "scheduled");
    assert.equal(error.scheduledAt, meeting.scheduledAt);
    assert.ok(error.message.includes(meeting.scheduledAt), error.message);
  }
  const early = await world.connect({ name: "Early" });
  early.emit("waiting-room:join", { meetingId: meeting.meetingId, name: "Early" });
  assert.equal((await early.event("error")).code, "scheduled");
  await pause(Date.parse(meeting.scheduledAt) - Date.now());
  await eventually("it opens", async () => assert.equal((await get(meeting)).status, "active"), 2000);
  assert.equal((await get(meeting)).scheduledAt, undefined);
  assert.ok(!(await scheduled()).some((m) => m.meetingId === meeting.meetingId));
  const client = await world.joinAsHost(meeting);
  assert.equal(client.joined.title, "Soon");
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: anna.apiKey,
    token: meeting.adminToken,
  });
  const [ended] = await history();
  assert.equal(ended.meeting_id, meeting.meetingId);
  assert.ok(
    Date.parse(ended.started_at) >= Date.parse(meeting.scheduledAt) - 1000,
    "it is charged from its activation on",
  );
});

test("settings of a scheduled meeting may be changed, and invitations made, before it starts", async () => {
  const meeting = await world.meeting(anna, { scheduledAt: inMs(2000) });
  const changed = await world.must(200, "PATCH", `/api/meetings/${meeting.meetingId}/settings`, {
    token: meeting.adminToken,
    body: { title: "Other", locked: true },
  });
  assert.equal(changed.title, "Other");
  const { inviteToken } = await world.must(201, "POST", `/api/meetings/${meeting.meetingId}/invite`, {
    token: meeting.adminToken,
    body: {},
  });
  assert.equal((await world.refused(meeting, { inviteToken })).code, "scheduled");
  await eventually("it opens", async () => assert.equal((await get(meeting)).status, "active"));
  assert.equal((await world.refused(meeting)).code, "locked");
  await world.join(meeting, { inviteToken });
});

test("a cancelled meeting is gone: no history, no charge, no webhook event", async () => {
  const receiver = await world.account({ credit: "5" });
  const meeting = await world.meeting(receiver, { scheduledAt: inMs(3600_000) });
  const path = `/api/meetings/${meeting.meetingId}`;
  assert.deepEqual(await world.must(200, "DELETE", path, { key: receiver.apiKey, token: meeting.adminToken }), {
    message: "Meeting cancelled",
  });
  assert.equal((await world.api("GET", path, { key: receiver.apiKey })).status, 404);
  assert.deepEqual(await world.must(200, "GET", "/api/meetings", { key: receiver.apiKey }), { meetings: [] });
  assert.deepEqual(await world.must(200, "GET", "/api/meetings/history", { cookie: receiver.cookie }), {
    meetings: [],
  });
  assert.deepEqual(await world.sql(`SELECT meeting_id FROM meetings WHERE meeting_id = '${meeting.meetingId}'`), []);
  assert.deepEqual(
    await world.sql(`SELECT meeting_id FROM meeting_history WHERE meeting_id = '${meeting.meetingId}'`),
    [],
  );
});

test("scheduled meetings survive a crash: those that are due open at once, the others at their time", {
  timeout: 120_000,
}, async () => {
  const overdue = await world.meeting(anna, { title: "Overdue", scheduledAt: inMs(1500) });
  const next = await world.meeting(anna, { title: "Next", scheduledAt: inMs(12_000), muteOnJoin: true });
  const started = next.scheduledAt;
  await world.server.killControl();
  await pause(2000);
  await world.restartControl();
  assert.ok(Date.now() < Date.parse(started), "the machine is too slow for this test");
  assert.deepEqual([(await get(overdue)).status, (await get(next)).status], ["active", "scheduled"]);
  assert.equal((await world.refused(next)).code, "scheduled");
  await world.joinAsHost(overdue);
  const [row] = await world.sql(
    `SELECT status, started_at > scheduled_at AS later FROM meetings WHERE meeting_id = '${overdue.meetingId}'`,
  );
  assert.deepEqual(row, { status: "active", later: true });
  await pause(Math.max(0, Date.parse(started) - Date.now()));
  await eventually("it opens", async () => assert.equal((await get(next)).status, "active"), 3000);
  const client = await world.join(next);
  assert.equal(client.joined.settings.muteOnJoin, true);
});
