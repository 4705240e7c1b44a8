// How meetings end, and that each ends once: by the last one leaving, by DELETE, by a host, by all of these at the same
// time; what it costs, what is told, and what is left of it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";

const GRACE_MS = 1500,
  RATE = 100;

let world, receiver;
before(async () => {
  world = await startWorld({ name: "ending", env: { EMPTY_GRACE_MS: String(GRACE_MS), WEBHOOK_ALLOW_INSECURE: "1" } });
  receiver = await world.httpPeer();
  await world.must(200, "PUT", "/admin/api/settings", { cookie: await world.admin(), body: { ratePerMinute: RATE } });
});
after(() => world?.stop());
afterEach(() => world?.closeClients());

const isGone = async (owner, meeting) =>
  (await world.api("GET", `/api/meetings/${meeting.meetingId}`, { key: owner.apiKey })).status === 404;

/** An account with credit and a webhook for all events. */
async function owner() {
  const account = await world.account({ credit: "1000" });
  await world.must(201, "POST", "/api/webhooks", {
    cookie: account.cookie,
    body: { url: `${receiver.url}/${account.id}`, events: ["meeting.ended", "participant.joined", "participant.left"] },
  });
  return account;
}

/** The books about one meeting: {rows, charges, told}. */
async function books({ id, cookie }, { meetingId }) {
  const { meetings } = await world.must(200, "GET", "/api/meetings/history", { cookie });
  const { transactions } = await world.must(200, "GET", "/api/billing/history", { cookie });
  return {
    rows: meetings.filter((m) => m.meeting_id === meetingId),
    charges: transactions.filter((t) => t.type === "meeting_charge" && t.description.includes(meetingId)),
    told: receiver.requests.filter((r) => r.path === `/${id}` && r.json.meetingId === meetingId).map((r) => r.json),
  };
}

async function endedOnce(account, meeting) {
  await eventually(
    "the meeting's end is told",
    async () => {
      const { told } = await books(account, meeting);
      assert.equal(told.at(-1)?.event, "meeting.ended");
    },
    10_000,
  );
  await pause(300);
  const { rows, charges, told } = await books(account, meeting);
  assert.equal(rows.length, 1, "one row in the history");
  assert.equal(told.filter(({ event }) => event === "meeting.ended").length, 1, "one meeting.ended");
  const [row] = rows,
    { data } = told.at(-1);
  const cost = (Number(row.duration_minutes) * row.peak_participants * RATE).toFixed(4);
  assert.equal(row.cost_usd, cost, "minutes × peak participants × rate");
  assert.deepEqual(
    charges.map((c) => c.amount_usd),
    cost === "0.0000" ? [] : [`-${cost}`],
    "charged once",
  );
  assert.deepEqual(
    [data.title, data.durationMinutes, data.peakParticipants, data.costUsd],
    [row.title, Number(row.duration_minutes), row.peak_participants, row.cost_usd],
  );
  return row;
}

test("it ends when all have left and nobody comes back within the grace, which isn't charged", async () => {
  const account = await owner(),
    meeting = await world.meeting(account, { title: "Emptied" });
  const anna = await world.join(meeting, { name: "Anna" }),
    bert = await world.join(meeting, { name: "Bert" });
  await pause(700);
  anna.close();
  bert.close();
  await pause(GRACE_MS / 2);
  const cleo = await world.join(meeting, { name: "Cleo" });
  assert.deepEqual(cleo.joined.participants, []);
  await pause(GRACE_MS + 300);
  assert.equal(await isGone(account, meeting), false, "somebody is in it again");
  const again = Date.now();
  cleo.close();
  await eventually("it ends", async () => assert.ok(await isGone(account, meeting)), GRACE_MS + 3000);
  assert.ok(Date.now() - again >= GRACE_MS - 200, "not before the grace is over");
  const row = await endedOnce(account, meeting);
  assert.equal(row.peak_participants, 2, "the most at one time");
  const minutes = (again - Date.parse(row.started_at)) / 60_000;
  assert.ok(
    Math.abs(Number(row.duration_minutes) - minutes) < 0.03,
    `${row.duration_minutes} minutes, and it was ${minutes.toFixed(3)}`,
  );
});

test("everybody ends it at the same time: it ends once", async () => {
  const account = await owner(),
    meeting = await world.meeting(account);
  const hosts = await Promise.all(
    Array.from({ length: 5 }, (_, i) => world.joinAsHost(meeting, { name: `Host ${i}` })),
  );
  await pause(700);
  const answers = await Promise.all([
    ...Array.from({ length: 10 }, () =>
      world.api("DELETE", `/api/meetings/${meeting.meetingId}`, { key: account.apiKey, token: meeting.adminToken }),
    ),
    ...hosts.map((host, i) => (i % 2 ? host.socket.emit("admin:end", {}) : host.close())),
  ]);
  const statuses = answers.slice(0, 10).map(({ status }) => status);
  assert.ok(
    statuses.every((status) => [200, 404].includes(status)),
    statuses.join(),
  );
  assert.ok(statuses.filter((status) => status === 200).length <= 1, `one of ten has ended it: ${statuses.join()}`);
  const row = await endedOnce(account, meeting);
  assert.equal(row.peak_participants, 5);
});

test("a meeting nobody joined: cost 0, no transaction, in the history", async () => {
  const account = await owner(),
    meeting = await world.meeting(account, { title: "Alone" });
  await pause(700);
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: account.apiKey,
    token: meeting.adminToken,
  });
  const row = await endedOnce(account, meeting);
  assert.deepEqual([row.cost_usd, row.peak_participants], ["0.0000", 0]);
});

test("a cancelled scheduled meeting: no history, no transaction, no meeting.ended", async () => {
  const account = await owner(),
    meeting = await world.meeting(account, { scheduledAt: new Date(Date.now() + 3600_000).toISOString() });
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: account.apiKey,
    token: meeting.adminToken,
  });
  assert.equal(await isGone(account, meeting), true);
  assert.deepEqual(
    (await world.must(200, "GET", "/api/meetings/scheduled/list", { key: account.apiKey })).meetings,
    [],
  );
  await pause(500);
  assert.deepEqual(await books(account, meeting), { rows: [], charges: [], told: [] });
  assert.ok(["not_found", "ended"].includes((await world.refused(meeting)).code));
});

test("a scheduled meeting is charged from its start, not from its creation", async () => {
  const account = await owner(),
    startsAt = Date.now() + 2000;
  const meeting = await world.meeting(account, { scheduledAt: new Date(startsAt).toISOString() });
  await pause(startsAt - Date.now() + 200);
  const anna = await eventually("it can be joined", () => world.join(meeting, { name: "Anna" }), 5000);
  await pause(600);
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: account.apiKey,
    token: meeting.adminToken,
  });
  await anna.event("meeting:ended");
  const ended = Date.now(),
    row = await endedOnce(account, meeting);
  assert.equal(Date.parse(row.started_at), Math.floor(startsAt / 1000) * 1000);
  assert.ok(Math.abs(Number(row.duration_minutes) - (ended - startsAt) / 60_000) < 0.03, row.duration_minutes);
});

test("a guest meeting leaves nothing: no charge, no history of anybody, no webhook", async () => {
  const account = await owner(),
    meeting = await world.guestMeeting();
  const anna = await world.join(meeting, { name: "Anna" });
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, { token: meeting.adminToken });
  await anna.event("meeting:ended");
  assert.equal(await isGone(account, meeting), true);
  await pause(300);
  assert.deepEqual(await books(account, meeting), { rows: [], charges: [], told: [] });
  assert.equal(
    (await world.sql(`SELECT count(*) AS n FROM meetings WHERE meeting_id = '${meeting.meetingId}'`))[0].n,
    0,
  );
});

test("a participant that reconnects isn't two: the peak counts who was there at one time", async () => {
  const account = await owner(),
    meeting = await world.meeting(account);
  for (let i = 0; i < 5; i++) {
    const anna = await world.join(meeting, { name: "Anna" });
    anna.emit("leave-meeting");
    await anna.settled();
    anna.close();
  }
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: account.apiKey,
    token: meeting.adminToken,
  });
  const row = await endedOnce(account, meeting);
  assert.equal(row.peak_participants, 1);
});

test("the rate of the end counts, and a balance may go below zero once; then there is no new meeting", async () => {
  const account = await world.account({ credit: "0.5" }),
    meeting = await world.meeting(account);
  const anna = await world.join(meeting, { name: "Anna" });
  await pause(700);
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: account.apiKey,
    token: meeting.adminToken,
  });
  await anna.event("meeting:ended");
  const { balance } = await world.must(200, "GET", "/api/auth/me", { cookie: account.cookie });
  assert.ok(Number(balance) < 0, balance);
  assert.equal((await world.api("POST", "/api/meetings", { key: account.apiKey, body: {} })).status, 402);
  await world.credit(account.email, (-Number(balance)).toFixed(4));
  assert.equal((await world.must(200, "GET", "/api/auth/me", { cookie: account.cookie })).balance, "0.0000");
  assert.equal(
    (await world.api("POST", "/api/meetings", { key: account.apiKey, body: {} })).status,
    402,
    "nothing isn't enough",
  );
  await world.credit(account.email, "0.0001");
  await world.meeting(account);
});
