// Control is killed (kill -9) and started again: what was answered is still so, people come back as themselves, the SFU
// keeps them, and the books are right.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";

const AUTO = { topology: "auto" };

let world, anna;
before(async () => {
  world = await startWorld({ name: "restart", env: { EMPTY_GRACE_MS: "1000" } });
  anna = await world.account({ credit: "10" });
});
after(() => world?.stop());
afterEach(() => world?.closeClients());

const path = (meeting) => `/api/meetings/${meeting.meetingId}`;
const get = (meeting) => world.must(200, "GET", path(meeting), { key: anna.apiKey });
const end = (meeting) => world.must(200, "DELETE", path(meeting), { key: anna.apiKey, token: meeting.adminToken });
const patch = (meeting, body) =>
  world.must(200, "PATCH", `${path(meeting)}/settings`, { token: meeting.adminToken, body });
const stored = async (meeting) =>
  (await world.sql(`SELECT participant_id FROM meeting_participants WHERE meeting_id = '${meeting.meetingId}'`))
    .map((r) => r.participant_id)
    .sort();
const isStored = (meeting, ...clients) =>
  eventually("they are stored", async () => assert.deepEqual(await stored(meeting), clients.map((c) => c.id).sort()));
const resume = (meeting, client) =>
  world.join(meeting, { name: client.name, ...AUTO, resumeToken: client.joined.resumeToken });

/** Who the SFU has in the meeting's room: asked at its socket. */
async function inSfu(meeting) {
  const socket = connect(world.server.sfu.socket);
  let text = "";
  socket.setEncoding("utf8");
  socket.write(`{"id":1,"op":"hello","version":1}\n{"id":2,"op":"state.dump"}\n`);
  try {
    for await (const part of socket) {
      text += part;
      const answer = text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
        .find((m) => m.id === 2);
      if (answer)
        return (
          (answer.rooms ?? answer.result.rooms)
            .find((r) => r.room === meeting.meetingId)
            ?.participants.map((p) => p.participant)
            .sort() ?? []
        );
    }
  } finally {
    socket.destroy();
  }
}

test("a meeting comes back with its title, settings, invitations and admin token", { timeout: 60_000 }, async () => {
  const meeting = await world.meeting(anna, { title: "Kept", maxParticipants: 9, topology: "mesh" });
  const { createdAt } = await get(meeting);
  const { settings } = await patch(meeting, {
    title: "Kept well",
    muteOnJoin: true,
    videoOffOnJoin: true,
    waitingRoom: true,
    locked: true,
  });
  const invite = async () =>
    (await world.must(201, "POST", `${path(meeting)}/invite`, { token: meeting.adminToken, body: {} })).inviteToken;
  const [spent, unspent] = [await invite(), await invite()];
  await world.join(meeting, { inviteToken: spent });
  await eventually("the spending is stored", async () =>
    assert.equal(
      (await world.sql(`SELECT cardinality(invites) AS n FROM meetings WHERE meeting_id = '${meeting.meetingId}'`))[0]
        .n,
      1,
    ),
  );
  const gone = await world.meeting(anna, { title: "Ended" });
  await end(gone);
  await world.restartControl();
  const { participants, participantCount, ...shown } = await get(meeting);
  assert.deepEqual(shown, { meetingId: meeting.meetingId, title: "Kept well", status: "active", createdAt, settings });
  assert.equal((await world.api("GET", path(gone), { key: anna.apiKey })).status, 404);
  assert.equal((await world.refused(meeting)).code, "locked");
  assert.equal((await world.refused(meeting, { inviteToken: spent })).code, "bad_token");
  await world.join(meeting, { inviteToken: unspent });
  assert.equal((await world.refused(meeting, { inviteToken: unspent })).code, "bad_token");
  assert.equal((await world.joinAsHost(meeting)).joined.isAdmin, true);
  await end(meeting);
});

test("participants resume as themselves: nobody leaves, nobody joins", { timeout: 60_000 }, async () => {
  const meeting = await world.meeting(anna, { title: "Resumed" });
  const host = await world.joinAsHost(meeting, AUTO),
    bert = await world.join(meeting, { name: "Bert", ...AUTO });
  await isStored(meeting, host, bert);
  await world.restartControl();
  assert.equal((await get(meeting)).participantCount, 2);
  const back = [await resume(meeting, host), await resume(meeting, bert)];
  assert.deepEqual(
    back.map((c) => c.id),
    [host.id, bert.id],
  );
  assert.deepEqual(
    back.map((c) => c.joined.isAdmin),
    [true, false],
  );
  assert.deepEqual(
    back[1].joined.participants.map((p) => [p.participantId, p.name, p.isAdmin]),
    [[host.id, "Host", true]],
  );
  back[0].emit("chat:message", { text: "again" });
  assert.equal((await back[1].event("chat:message")).from, host.id);
  await pause(500);
  for (const client of back)
    assert.deepEqual([client.all("participant:left"), client.all("participant:joined")], [[], []]);
  await world.must(200, "POST", `${path(meeting)}/participants/${bert.id}/kick`, {
    key: anna.apiKey,
    token: meeting.adminToken,
  });
  await back[1].event("admin:kick");
  await world.restartControl();
  const again = await world.connect({ name: "Bert" }); // who was removed doesn't come back as itself
  const { participantId } = await again.ask("join-meeting", {
    meetingId: meeting.meetingId,
    name: "Bert",
    ...AUTO,
    resumeToken: bert.joined.resumeToken,
  });
  assert.notEqual(participantId, bert.id);
  await end(meeting);
});

test("the SFU keeps its participants; if it was restarted too, they are told to connect anew", {
  timeout: 90_000,
}, async () => {
  const meeting = await world.meeting(anna, { title: "Media", topology: "sfu" });
  const [one, two] = [
    await world.join(meeting, { name: "One", ...AUTO }),
    await world.join(meeting, { name: "Two", ...AUTO }),
  ];
  assert.deepEqual([one.joined.topology, two.joined.topology], ["sfu", "sfu"]);
  await isStored(meeting, one, two);
  await eventually("both are in the SFU", async () => assert.deepEqual(await inSfu(meeting), [one.id, two.id].sort()));
  await world.restartControl();
  const back = await resume(meeting, one);
  assert.deepEqual([back.id, back.joined.topology], [one.id, "sfu"]);
  await pause(500);
  assert.deepEqual(await inSfu(meeting), [one.id, two.id].sort());
  assert.deepEqual(back.all("sfu:restart"), []);

  await world.server.killControl();
  await world.server.sfu.kill();
  await world.server.sfu.start();
  await world.restartControl();
  const third = await resume(meeting, one);
  assert.equal(third.joined.topology, "sfu");
  assert.equal(typeof (await third.event("sfu:restart")).reason, "string");
  assert.deepEqual(await inSfu(meeting), [one.id, two.id].sort());
  const fourth = await resume(meeting, two);
  await fourth.event("sfu:restart");
  await end(meeting);
  await eventually("the room is closed", async () => assert.deepEqual(await inSfu(meeting), []));
});

test("documented clients have left: webhooks hear of it, with a sequence that goes on", {
  timeout: 60_000,
}, async () => {
  const hooked = await world.account({ credit: "5" });
  await world.sql(
    `INSERT INTO webhooks (user_id, url, events, secret) VALUES (${hooked.id}, 'https://192.0.2.1/', '{meeting.ended,participant.joined,participant.left}', 'x')`,
  );
  const meeting = await world.meeting(hooked);
  const [one, two] = [await world.join(meeting, { name: "One" }), await world.join(meeting, { name: "Two" })];
  await isStored(meeting, one, two);
  await world.restartControl();
  const events = () =>
    world.sql(
      `SELECT event, sequence, body::json -> 'data' AS data FROM webhook_deliveries WHERE meeting_id = '${meeting.meetingId}' ORDER BY sequence`,
    );
  await eventually("the meeting has ended", async () => assert.equal((await events()).at(-1).event, "meeting.ended"));
  const all = await events();
  assert.deepEqual(
    all.map((e) => [e.event, e.sequence]),
    [
      ["participant.joined", 1],
      ["participant.joined", 2],
      ["participant.left", 3],
      ["participant.left", 4],
      ["meeting.ended", 5],
    ],
  );
  assert.deepEqual(
    all.slice(0, 4).map((e) => e.data.participantCount),
    [1, 2, 1, 0],
  );
  assert.deepEqual(new Set(all.slice(2, 4).map((e) => e.data.participantId)), new Set([one.id, two.id]));
  assert.equal(all[4].data.peakParticipants, 2);
});

test("downtime is not charged when nobody comes back, and the meeting is charged once", {
  timeout: 90_000,
}, async () => {
  const payer = await world.account({ credit: "10" });
  const meeting = await world.meeting(payer, { title: "Cut off" });
  const began = Date.now();
  const client = await world.join(meeting, { name: "Documented" });
  await isStored(meeting, client);
  await eventually(
    "it is noted that somebody is there",
    async () => {
      const [{ seen }] = await world.sql(
        `SELECT extract(epoch FROM seen_at - created_at)::float AS seen FROM meetings WHERE meeting_id = '${meeting.meetingId}'`,
      );
      assert.ok(seen > 3, `only ${seen} s`);
    },
    25_000,
  );
  await world.server.killControl();
  const lived = (Date.now() - began + 1000) / 60_000;
  await pause(3000);
  await world.restartControl();
  const history = () => world.must(200, "GET", "/api/meetings/history", { cookie: payer.cookie });
  const [row] = await eventually("it has ended", async () => {
    const { meetings } = await history();
    assert.equal(meetings.length, 1);
    return meetings;
  });
  assert.equal(row.peak_participants, 1);
  assert.ok(
    Number(row.duration_minutes) > 0.05 && Number(row.duration_minutes) <= lived,
    `${row.duration_minutes} minutes were charged`,
  );
  await world.restartControl();
  await pause(500);
  assert.equal((await history()).meetings.length, 1);
  const charges = await world.sql(
    `SELECT count(*)::int AS n FROM transactions WHERE user_id = ${payer.id} AND type = 'meeting_charge'`,
  );
  assert.equal(charges[0].n, row.cost_usd === "0.0000" ? 0 : 1);
});

test("stopped as an operator would: who can resume does, who can't has left", { timeout: 60_000 }, async () => {
  const meeting = await world.meeting(anna, { title: "Upgraded" });
  const [one, two] = [await world.join(meeting, { name: "One", ...AUTO }), await world.join(meeting, { name: "Two" })];
  await isStored(meeting, one, two);
  assert.equal(await world.server.stopControl(), 0);
  assert.deepEqual(await stored(meeting), [one.id]);
  await world.restartControl();
  assert.equal((await resume(meeting, one)).id, one.id);
  assert.equal((await get(meeting)).participantCount, 1);
  await end(meeting);
});

test("stopped while meetings are being made whose makers have hung up: nothing of them is left", {
  timeout: 60_000,
}, async () => {
  const before = await world.sql("SELECT meeting_id FROM meetings ORDER BY 1");
  const held = world.sql("BEGIN; LOCK TABLE meetings IN EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT");
  await eventually("the table is locked", async () =>
    assert.ok(
      (await world.sql("SELECT 1 FROM pg_locks WHERE relation = 'meetings'::regclass AND mode = 'ExclusiveLock'"))
        .length,
    ),
  );
  const asked = Array.from({ length: 3 }, () =>
    world.api("POST", "/api/meetings", { key: anna.apiKey, body: {}, timeoutMs: 500 }),
  );
  for (const call of await Promise.allSettled(asked)) assert.equal(call.status, "rejected");
  assert.equal(await world.server.stopControl(), 0);
  await held;
  await world.restartControl();
  assert.deepEqual(await world.sql("SELECT meeting_id FROM meetings ORDER BY 1"), before);
});

test("thousands of meetings come back, and an account may have 1000 live ones", { timeout: 120_000 }, async () => {
  const busy = await world.account({ credit: "5" });
  await world.sql(`INSERT INTO meetings (meeting_id, owner_id, title, admin_token_hash, settings, status, created_at, started_at)
    SELECT translate(to_char(n, 'FM000'), '0123456789', 'abcdefghij') || '-load-' || translate(to_char(k, 'FM000'), '0123456789', 'abcdefghij'), ${busy.id},
           'Loaded ' || n, repeat('0', 64), '{"maxParticipants":50}', 'active', now(), now() FROM generate_series(1, 100) n, generate_series(1, 30) k`);
  await world.restartControl();
  const { meetings } = await world.must(200, "GET", "/api/meetings", { key: busy.apiKey });
  assert.equal(meetings.length, 3000);
  const { status, json } = await world.api("POST", "/api/meetings", { key: busy.apiKey, body: {} });
  assert.equal(status, 429, JSON.stringify(json));
  assert.match(json.error, /1000/);
  await world.sql(`DELETE FROM meetings WHERE owner_id = ${busy.id}`);
  await world.restartControl();
  await world.meeting(busy);
});

test("meetings made just before each of several kills are all there", { timeout: 180_000 }, async () => {
  const made = [];
  for (let round = 0; round < 5; round++) {
    const answered = [];
    const storm = Promise.allSettled(
      Array.from({ length: 40 }, async (_, i) => {
        await pause(i * 5);
        answered.push(await world.meeting(anna, { title: `${round}.${i}` }));
      }),
    );
    await pause(40 + 30 * round);
    await world.server.killControl();
    await storm;
    made.push(...answered);
    await world.restartControl();
  }
  assert.ok(made.length > 5, `only ${made.length} were made`);
  const { meetings } = await world.must(200, "GET", "/api/meetings", { key: anna.apiKey });
  const listed = new Set(meetings.map((m) => m.meetingId));
  assert.deepEqual(
    made.filter((m) => !listed.has(m.meetingId)).map((m) => m.title),
    [],
  );
  for (const meeting of made) assert.equal((await get(meeting)).title, meeting.title);
  const rows = await world.sql(`SELECT meeting_id FROM meetings WHERE owner_id = ${anna.id}`);
  assert.deepEqual(new Set(rows.map((r) => r.meeting_id)), listed, "memory and database agree");
  for (const meeting of made) await end(meeting);
});

test("started while the database is away: it says so, loses nothing, and has all when the database is back", {
  timeout: 90_000,
}, async () => {
  const meeting = await world.meeting(anna, { title: "Patient" });
  const [one] = [await world.join(meeting, { name: "One", ...AUTO })];
  await isStored(meeting, one);
  await world.server.killControl();
  await world.server.database("stop");
  try {
    await world.server.startControl();
    assert.equal((await world.refused(meeting)).code, "unavailable");
    assert.equal((await world.api("GET", path(meeting), { key: anna.apiKey })).status, 503);
    assert.equal((await world.api("POST", `${path(meeting)}/lock`, { token: meeting.adminToken })).status, 503);
    assert.equal((await world.guestMeeting()).title, "Quick Meeting");
  } finally {
    await world.server.database("start");
  }
  await world.ready();
  const back = await eventually("it is there", () => resume(meeting, one), 20_000);
  assert.equal(back.id, one.id);
  await end(meeting);
});
