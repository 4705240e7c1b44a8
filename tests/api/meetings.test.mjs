// Meetings by REST (§3, 4, 7): every field, every refusal, who sees them, how they end, and storms. What hosts do to
// them meanwhile is in host_controls.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually } from "../lib/world.mjs";
import { anna, bert, DEFAULTS, end, get, refusedWith, settings, world, useMeetings } from "./lib/meetings.mjs";

useMeetings("meetings");

test("an instant meeting is answered with the documented members, in their order", async () => {
  const { status, json, text } = await world.api("POST", "/api/meetings", {
    key: anna.apiKey,
    body: { title: "Team Standup" },
  });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(json), ["meetingId", "adminToken", "joinUrl", "title", "status", "settings"], text);
  assert.match(json.meetingId, /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
  assert.equal(json.joinUrl, `/join/${json.meetingId}`);
  assert.equal(json.title, "Team Standup");
  assert.equal(json.status, "active");
  assert.deepEqual(json.settings, DEFAULTS);
  assert.deepEqual(Object.keys(json.settings), Object.keys(DEFAULTS));
  const [row] = await world.sql(
    `SELECT title, status, owner_id, admin_token_hash, peak_participants FROM meetings WHERE meeting_id = '${json.meetingId}'`,
  );
  assert.deepEqual(
    [row.title, row.status, row.owner_id, row.peak_participants],
    ["Team Standup", "active", anna.id, 0],
  );
  assert.ok(!JSON.stringify(row).includes(json.adminToken), "the token itself is not stored");
});

test("nothing is required; what is given is taken", async () => {
  for (const body of [undefined, {}, { title: "" }, { title: null }, { title: "   " }]) {
    const { title } = await world.must(201, "POST", "/api/meetings", { key: anna.apiKey, body });
    assert.equal(title, "Untitled Meeting");
  }
  const wished = { muteOnJoin: true, videoOffOnJoin: true, maxParticipants: 7, topology: "sfu" };
  const meeting = await world.meeting(anna, { title: "  Größe ✓ ", ...wished });
  assert.equal(meeting.title, "Größe ✓");
  assert.deepEqual(meeting.settings, { ...DEFAULTS, ...wished });
  assert.deepEqual((await get(meeting)).json.settings, meeting.settings);
});

const WRONG_TO_CREATE = [
  [{ title: 5 }, /title/],
  [{ title: "x".repeat(201) }, /title/],
  [{ muteOnJoin: "yes" }, /muteOnJoin/],
  [{ videoOffOnJoin: 1 }, /videoOffOnJoin/],
  [{ videoOffOnJoin: null }, /videoOffOnJoin/],
  [{ maxParticipants: 0 }, /maxParticipants/],
  [{ maxParticipants: 1001 }, /maxParticipants/],
  [{ maxParticipants: 2.5 }, /maxParticipants/],
  [{ maxParticipants: "10" }, /maxParticipants/],
  [{ topology: "star" }, /topology/],
  [[], /./],
  ["not json", /./],
];

test("wrong fields are named, and nothing is made", async () => {
  const before = (await world.must(200, "GET", "/api/meetings", { key: bert.apiKey })).meetings;
  for (const [body, words] of WRONG_TO_CREATE)
    refusedWith(await world.api("POST", "/api/meetings", { key: bert.apiKey, body }), 400, words);
  assert.deepEqual((await world.must(200, "GET", "/api/meetings", { key: bert.apiKey })).meetings, before);
  assert.equal(
    await world.sql(`SELECT meeting_id FROM meetings WHERE owner_id = ${bert.id}`).then((rows) => rows.length),
    before.length,
  );
});

test("without credit: 402, for both kinds; a body that is wrong besides: 400; no key: 401", async () => {
  const poor = await world.account();
  const scheduledAt = new Date(Date.now() + 3600_000).toISOString();
  for (const body of [{}, { scheduledAt }])
    refusedWith(await world.api("POST", "/api/meetings", { key: poor.apiKey, body }), 402, /credit/i);
  refusedWith(await world.api("POST", "/api/meetings", { key: poor.apiKey, body: { title: 5 } }), 400);
  for (const key of [undefined, "mk_wrong", "wrong"])
    refusedWith(await world.api("POST", "/api/meetings", { key, body: { title: 5 } }), 401);
  await world.credit(poor.email, "0.01");
  await world.meeting(poor);
});

test("the list has an account's own meetings and no others, the newest first", async () => {
  const carl = await world.account({ credit: "1" });
  assert.deepEqual(await world.must(200, "GET", "/api/meetings", { key: carl.apiKey }), { meetings: [] });
  const first = await world.meeting(carl, { title: "First" });
  const second = await world.meeting(carl, { title: "Second" });
  const later = await world.meeting(carl, {
    title: "Later",
    scheduledAt: new Date(Date.now() + 7200_000).toISOString(),
  });
  const sooner = await world.meeting(carl, {
    title: "Sooner",
    scheduledAt: new Date(Date.now() + 3600_000).toISOString(),
  });
  await world.guestMeeting();
  await world.join(first, { name: "Anna" });
  const { meetings } = await world.must(200, "GET", "/api/meetings", { key: carl.apiKey });
  assert.deepEqual(
    meetings.map((m) => [m.title, m.status, m.participantCount]),
    [
      ["Second", "active", 0],
      ["First", "active", 1],
      ["Sooner", "scheduled", 0],
      ["Later", "scheduled", 0],
    ],
  );
  assert.deepEqual(Object.keys(meetings[0]), ["meetingId", "title", "status", "participantCount", "createdAt"]);
  assert.deepEqual(Object.keys(meetings[2]), [
    "meetingId",
    "title",
    "status",
    "scheduledAt",
    "participantCount",
    "createdAt",
  ]);
  assert.ok(Math.abs(meetings[0].createdAt - Date.now()) < 60_000);
  assert.equal(meetings[2].scheduledAt, sooner.scheduledAt);
  const scheduled = await world.must(200, "GET", "/api/meetings/scheduled/list", { key: carl.apiKey });
  assert.deepEqual(
    scheduled.meetings.map((m) => m.meetingId),
    [sooner.meetingId, later.meetingId],
  );
  assert.deepEqual(Object.keys(scheduled.meetings[0]), ["meetingId", "title", "scheduledAt", "status", "createdAt"]);
  assert.equal((await end(second, { key: carl.apiKey })).status, 200);
  assert.equal((await world.must(200, "GET", "/api/meetings", { key: carl.apiKey })).meetings.length, 3);
});

test("a meeting shows who is in it", async () => {
  const meeting = await world.meeting(anna, { title: "Looked into" });
  const empty = (await get(meeting)).json;
  assert.deepEqual(Object.keys(empty), [
    "meetingId",
    "title",
    "status",
    "createdAt",
    "participantCount",
    "participants",
    "settings",
  ]);
  assert.deepEqual([empty.status, empty.participantCount, empty.participants], ["active", 0, []]);
  const client = await world.join(meeting, { name: "Alice" });
  client.emit("media:toggle-audio", { isMuted: true });
  client.emit("media:screen-share", { isScreenSharing: true });
  await client.settled();
  const { participants, participantCount } = (await get(meeting)).json;
  assert.equal(participantCount, 1);
  const [{ joinedAt, ...alice }] = participants;
  assert.deepEqual(alice, {
    participantId: client.id,
    name: "Alice",
    isMuted: true,
    isVideoOff: false,
    isScreenSharing: true,
    isHandRaised: false,
    isAdmin: false,
  });
  assert.ok(Math.abs(joinedAt - Date.now()) < 60_000);
});

test("another's meeting is not found; a company's is its members'; a guest's is anybody's", async () => {
  const meeting = await world.meeting(anna);
  refusedWith(await get(meeting, bert), 404);
  refusedWith(await get({ meetingId: "aaa-aaaa-aaa" }), 404);
  refusedWith(await get(meeting, { apiKey: undefined }), 401);
  assert.equal((await get(await world.guestMeeting(), bert)).status, 200);

  const owner = await world.company({ credit: "5" }),
    member = await world.account();
  await world.must(200, "POST", "/api/company/join", { cookie: member.cookie, body: { inviteCode: owner.inviteCode } });
  const shared = await world.meeting(member, { title: "Ours" }); // the company's credit pays
  assert.equal((await get(shared, owner)).json.title, "Ours");
  assert.deepEqual(
    (await world.must(200, "GET", "/api/meetings", { key: owner.apiKey })).meetings.map((m) => m.meetingId),
    [shared.meetingId],
  );
  refusedWith(await get(shared, anna), 404);
  assert.equal((await end(shared, { key: owner.apiKey })).status, 200);
});

test("ending a meeting: everybody is told and disconnected, it is charged, it is history, and then it is gone", async () => {
  const dora = await world.account({ credit: "10" });
  const meeting = await world.meeting(dora, { title: "Charged" });
  const clients = [await world.join(meeting, { name: "A" }), await world.join(meeting, { name: "B" })];
  await world.sql(`UPDATE settings SET value = '1.0000' WHERE name = 'rate_per_minute'`);
  await pause(1500);
  try {
    assert.deepEqual((await end(meeting, { key: dora.apiKey })).json, { message: "Meeting ended" });
  } finally {
    await world.sql(`UPDATE settings SET value = '0.0040' WHERE name = 'rate_per_minute'`);
  }
  for (const client of clients) {
    assert.equal(typeof (await client.event("meeting:ended")).reason, "string");
    await client.event("(disconnect)");
  }
  refusedWith(await get(meeting, dora), 404);
  refusedWith(await end(meeting, { key: dora.apiKey }), 404);
  assert.equal((await world.refused(meeting)).code, "ended");
  const { meetings } = await world.must(200, "GET", "/api/meetings/history", { cookie: dora.cookie });
  assert.equal(meetings.length, 1);
  const [{ id, started_at, ended_at, duration_minutes, cost_usd, ...rest }] = meetings;
  assert.deepEqual(rest, { meeting_id: meeting.meetingId, title: "Charged", peak_participants: 2 });
  assert.deepEqual(Object.keys(meetings[0]), [
    "id",
    "meeting_id",
    "title",
    "started_at",
    "ended_at",
    "duration_minutes",
    "peak_participants",
    "cost_usd",
  ]);
  assert.equal(typeof id, "number");
  for (const at of [started_at, ended_at]) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(duration_minutes, /^0\.0[2-9]$/);
  assert.equal(cost_usd, (Number(duration_minutes) * 2).toFixed(4));
  const billing = await world.must(200, "GET", "/api/billing/history", { cookie: dora.cookie });
  assert.equal(billing.balance, (10 - Number(cost_usd)).toFixed(4));
  assert.equal(billing.transactions[0].amount_usd, `-${cost_usd}`);
  assert.equal(billing.transactions[0].type, "meeting_charge");
  assert.equal(
    await world.sql(`SELECT meeting_id FROM meetings WHERE meeting_id = '${meeting.meetingId}'`).then((r) => r.length),
    0,
  );
});

test("a meeting nobody joined costs nothing, makes no transaction, and is history", async () => {
  const emil = await world.account({ credit: "3" });
  const meeting = await world.meeting(emil, { title: "Alone" });
  await end(meeting, { key: emil.apiKey });
  const { meetings } = await world.must(200, "GET", "/api/meetings/history", { cookie: emil.cookie });
  assert.deepEqual(
    meetings.map((m) => [m.title, m.duration_minutes, m.peak_participants, m.cost_usd]),
    [["Alone", "0.00", 0, "0.0000"]],
  );
  const billing = await world.must(200, "GET", "/api/billing/history", { cookie: emil.cookie });
  assert.deepEqual(
    billing.transactions.map((t) => t.type).filter((t) => t === "meeting_charge"),
    [],
  );
});

test("history is one's own, a company's is its members', and it can be leafed through", async () => {
  const owner = await world.company({ credit: "5" }),
    member = await world.account({ credit: "5" });
  for (const title of ["Mine 1", "Mine 2"]) await end(await world.meeting(member, { title }), { key: member.apiKey });
  await world.must(200, "POST", "/api/company/join", { cookie: member.cookie, body: { inviteCode: owner.inviteCode } });
  for (const title of ["Ours 1", "Ours 2"]) await end(await world.meeting(member, { title }), { key: member.apiKey });
  const history = async (who, query = "") =>
    (await world.must(200, "GET", `/api/meetings/history${query}`, { cookie: who.cookie })).meetings;
  const titles = async (...args) => (await history(...args)).map((m) => m.title);
  assert.deepEqual(await titles(owner), ["Ours 2", "Ours 1"]);
  assert.deepEqual(await titles(member), ["Ours 2", "Ours 1", "Mine 2", "Mine 1"]);
  const [, second] = await history(member, "?limit=2");
  assert.deepEqual(await titles(member, "?limit=2"), ["Ours 2", "Ours 1"]);
  assert.deepEqual(await titles(member, `?limit=1&before=${second.id}`), ["Mine 2"]);
  for (const query of [
    "?limit=0",
    "?limit=501",
    "?limit=x",
    "?before=-1",
    "?limit=1e2",
    "?before=99999999999999999999",
  ]) {
    refusedWith(
      await world.api("GET", `/api/meetings/history${query}`, { cookie: member.cookie }),
      400,
      /limit|before/,
    );
  }
  refusedWith(await world.api("GET", "/api/meetings/history", { key: member.apiKey }), 401);
});

test("maxParticipants is exact when 200 come at once, and after people left", async () => {
  const meeting = await world.meeting(anna, { maxParticipants: 37 });
  const clients = await Promise.all(Array.from({ length: 200 }, (_, i) => world.connect({ name: `s${i}` })));
  const answers = await Promise.all(
    clients.map((c) => c.ask("join-meeting", { meetingId: meeting.meetingId, name: c.name })),
  );
  const inside = clients.filter((_, i) => answers[i].ok);
  assert.equal(inside.length, 37);
  assert.ok(answers.filter((a) => !a.ok).every((a) => a.error.code === "full"));
  assert.equal((await get(meeting)).json.participantCount, 37);
  for (const client of inside.slice(0, 10)) client.close();
  await eventually("ten have left", async () => assert.equal((await get(meeting)).json.participantCount, 27));
  const again = await Promise.all(
    clients
      .filter((_, i) => !answers[i].ok)
      .map((c) => c.ask("join-meeting", { meetingId: meeting.meetingId, name: c.name })),
  );
  assert.equal(again.filter((a) => a.ok).length, 10);
  await settings(meeting, { maxParticipants: 5 }); // nobody is thrown out
  assert.equal((await get(meeting)).json.participantCount, 37);
  assert.equal((await world.refused(meeting)).code, "full");
  await end(meeting);
  await eventually("the row of the history", async () => {
    const [row] = await world.sql(
      `SELECT peak_participants FROM meeting_history WHERE meeting_id = '${meeting.meetingId}'`,
    );
    assert.equal(row?.peak_participants, 37);
  });
});

test("a client that doesn't wait for its answer leaves no meeting behind that nobody knows", async () => {
  const hasty = await world.account({ credit: "1" });
  const requests = Array.from({ length: 30 }, async (_, i) => {
    const abort = AbortSignal.timeout(1 + i);
    const sent = fetch(`${world.url}/api/meetings`, {
      method: "POST",
      headers: { "x-api-key": hasty.apiKey },
      signal: abort,
    });
    return sent
      .then((r) => r.json())
      .then(
        (m) => m.meetingId,
        () => undefined,
      );
  });
  const answered = (await Promise.all(requests)).filter(Boolean);
  await eventually("memory and database agree", async () => {
    const { meetings } = await world.must(200, "GET", "/api/meetings", { key: hasty.apiKey });
    const rows = await world.sql(`SELECT meeting_id FROM meetings WHERE owner_id = ${hasty.id}`);
    assert.deepEqual(rows.map((r) => r.meeting_id).sort(), meetings.map((m) => m.meetingId).sort());
    for (const id of answered) assert.ok(meetings.some((m) => m.meetingId === id));
  });
});

test("events of meetings are counted, with what the document says of each", async () => {
  const meeting = await world.meeting(anna, { muteOnJoin: true });
  const h = await world.joinAsHost(meeting);
  const client = await world.join(meeting, { name: "Busy" });
  const { id } = await client.ask("chat:message", { text: "Größe" });
  await client.ask("chat:react", { messageId: id, emoji: "👍" });
  await client.ask("react", { emoji: "🎉" });
  for (const isHandRaised of [true, false]) await client.ask("raise-hand", { isHandRaised });
  for (const isScreenSharing of [true, false]) await client.ask("media:screen-share", { isScreenSharing });
  await client.ask("caption", { text: "hello", final: true });
  await h.ask("recording:broadcast-started", { hostName: "Host" });
  await h.ask("recording:broadcast-stopped", {});
  await settings(meeting, { waitingRoom: true });
  for (const action of ["admit", "deny"]) {
    const waiting = await world.connect({ name: action });
    waiting.emit("waiting-room:join", { meetingId: meeting.meetingId, name: action });
    const { socketId } = await h.event("waiting-room:participant-waiting", (p) => p.name === action && !p.removed);
    await h.ask(`waiting-room:${action}`, { meetingId: meeting.meetingId, socketId });
  }
  await end(meeting);
  const since = `SELECT id FROM analytics_events WHERE event_type = 'meeting.participant_joined' AND meta ->> 'meetingId' = '${meeting.meetingId}' ORDER BY id LIMIT 1`;
  const rows = await eventually("all events", async () => {
    const found = await world.sql(
      `SELECT event_type, meta, user_id, actor FROM analytics_events WHERE id >= (${since}) - 1 ORDER BY id`,
    );
    assert.ok(found.some((r) => r.event_type === "meeting.ended"));
    return found;
  });
  const of = (type) => rows.filter((r) => r.event_type === type);
  assert.deepEqual(
    of("meeting.created").map((r) => [r.meta, r.user_id]),
    [[{ scheduled: false, muteOnJoin: true, waitingRoom: false }, anna.id]],
  );
  assert.deepEqual(
    of("meeting.participant_joined").map((r) => [r.meta, r.actor]),
    [
      [{ meetingId: meeting.meetingId, participantCount: 1 }, h.id],
      [{ meetingId: meeting.meetingId, participantCount: 2 }, client.id],
    ],
  );
  const wanted = {
    "feature.chat": [{ length: 5 }],
    "feature.chat_reaction": [{ emoji: "👍" }],
    "feature.reaction": [{ emoji: "🎉" }],
    "feature.hand_raise": [{ raised: true }, { raised: false }],
    "feature.screen_share": [{ action: "start" }, { action: "stop" }],
    "feature.captions": [{}],
    "feature.recording": [{ action: "start" }, { action: "stop" }],
    "feature.waiting_room": [{ action: "admit" }, { action: "deny" }],
  };
  for (const [type, metas] of Object.entries(wanted)) {
    assert.deepEqual(
      of(type).map((r) => r.meta),
      metas,
      type,
    );
    assert.ok(
      of(type).every((r) => r.actor === (/recording|waiting/.test(type) ? h.id : client.id)),
      type,
    );
  }
  const [{ meta, user_id }] = of("meeting.ended");
  assert.equal(user_id, anna.id);
  assert.deepEqual(Object.keys(meta).sort(), ["costUsd", "durationMinutes", "peakParticipants"]);
  assert.equal(meta.peakParticipants, 2);
});

test("while the database is away meetings go on, what needs it is answered 503, and nothing is lost", {
  timeout: 120_000,
}, async () => {
  const meeting = await world.meeting(anna, { title: "Goes on" });
  const [one, two] = [await world.join(meeting, { name: "One" }), await world.join(meeting, { name: "Two" })];
  await world.server.database("stop");
  try {
    one.emit("chat:message", { text: "still here" });
    assert.equal((await two.event("chat:message")).text, "still here");
    const three = await world.join(meeting, { name: "Three" });
    assert.equal((await settings(meeting, { title: "Renamed" })).status, 200); // queued
    three.close();
    await one.event("participant:left");
    const created = await world.api("POST", "/api/meetings", { key: anna.apiKey, body: {} });
    refusedWith(created, 503);
    assert.equal((await world.guestMeeting()).title, "Quick Meeting");
  } finally {
    await world.server.database("start");
  }
  await eventually(
    "what was queued is stored",
    async () => {
      const [row] = await world.sql(
        `SELECT title, peak_participants FROM meetings WHERE meeting_id = '${meeting.meetingId}'`,
      );
      assert.deepEqual(row, { title: "Renamed", peak_participants: 3 });
      const kept = await world.sql(
        `SELECT participant_id FROM meeting_participants WHERE meeting_id = '${meeting.meetingId}'`,
      );
      assert.deepEqual(kept.map((k) => k.participant_id).sort(), [one.id, two.id].sort());
    },
    30_000,
  );
  await world.ready();
  await eventually("a meeting can be made again", () => world.meeting(anna));
});

test("what the write queue may repeat after a lost connection changes nothing the second time", async () => {
  const payer = await world.account({ credit: "10" });
  await world.sql(
    `INSERT INTO webhooks (user_id, url, events, secret) VALUES (${payer.id}, 'https://192.0.2.1/', '{meeting.ended,participant.joined,participant.left}', 'x')`,
  );
  const { meetingId } = await world.meeting(payer);
  const key = (n) => `00000000-0000-4000-8000-${String(payer.id).padStart(8, "0")}000${n}`;
  const statements = [
    `SELECT meeting_joined('${key(1)}', '${meetingId}', 'p1', '{}', '{"participantCount":1}', 1, now())`,
    `SELECT meeting_joined('${key(2)}', '${meetingId}', 'p2', '{}', '{"participantCount":2}', 2, now())`,
    `SELECT meeting_left('${key(3)}', '${meetingId}', 'p1', '{"participantCount":1}', now())`,
    `SELECT meeting_left('${key(4)}', '${meetingId}', 'nobody', '{}', now())`,
    `SELECT meeting_end('${key(5)}', '${meetingId}', false, ${payer.id}, NULL, 'T', now() - interval '10 min', now(), 10.00, 2)`,
    `SELECT meeting_joined('${key(6)}', '${meetingId}', 'late', '{}', '{}', 1, now())`,
    `SELECT meeting_left('${key(7)}', '${meetingId}', 'p2', '{}', now())`,
  ];
  for (const statement of statements) for (let twice = 0; twice < 2; twice++) await world.server.psql(statement);
  for (const statement of statements) await world.server.psql(statement); // and all of them once more
  const events = await world.sql(
    `SELECT event, sequence FROM webhook_deliveries WHERE meeting_id = '${meetingId}' ORDER BY id`,
  );
  assert.deepEqual(
    events.map((e) => [e.event, e.sequence]),
    [
      ["participant.joined", 1],
      ["participant.joined", 2],
      ["participant.left", 3],
      ["meeting.ended", 4],
    ],
  );
  assert.deepEqual(await world.sql(`SELECT balance::text FROM users WHERE id = ${payer.id}`), [{ balance: "9.9200" }]);
  assert.equal((await world.sql(`SELECT id FROM meeting_history WHERE meeting_id = '${meetingId}'`)).length, 1);
  assert.equal((await world.sql(`SELECT event_id FROM analytics_events WHERE event_id = '${key(5)}'`)).length, 1);
});
