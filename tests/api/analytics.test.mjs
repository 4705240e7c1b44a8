// Analytics (§18): every documented event is stored with its meta, and the endpoints say what a plain query of the
// events says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { eventually, settled, startWorld } from "../lib/world.mjs";

const BASE = "/admin/api/analytics";
const ALL = ["features", "errors", "realtime", "retention", "health", "peak-hours"];

let world, admin;
before(async () => {
  world = await startWorld({ name: "analytics" });
  admin = await world.admin();
});
after(() => world?.stop());
afterEach(() => world?.closeClients());

const ask = (query) => world.must(200, "GET", `${BASE}/${query}`, { cookie: admin });

/** What was stored since then: [{type, meta, actor, user}] in its order; waited for until there are n. */
async function stored(n, since, where = "true") {
  return eventually(`${n} events`, async () => {
    const rows = await world.sql(
      `SELECT event_type AS type, meta, actor, user_id AS user FROM analytics_events WHERE id > ${since} AND ${where} ORDER BY id`,
    );
    assert.ok(rows.length >= n, `${rows.length} events: ${rows.map((row) => row.type)}`);
    return rows;
  });
}

const newest = async () => (await world.sql("SELECT coalesce(max(id), 0) AS id FROM analytics_events"))[0].id;

// ---- who may, and what may be asked ----

test("nobody is asked to log in, others are refused, and admins are answered", async () => {
  const anna = await world.account();
  for (const name of ALL) {
    await world.must(401, "GET", `${BASE}/${name}`);
    await world.must(401, "GET", `${BASE}/${name}`, { key: anna.apiKey });
    await world.must(403, "GET", `${BASE}/${name}`, { cookie: anna.cookie });
    await world.must(200, "GET", `${BASE}/${name}`, { cookie: admin });
  }
});

test("days is a whole number from 1 to 3650, and has its documented default", async () => {
  const usual = { features: 30, errors: 30, "peak-hours": 90 };
  for (const [name, days] of Object.entries(usual)) {
    assert.equal((await ask(name)).days, days);
    for (const good of [1, 7, 3650]) assert.equal((await ask(`${name}?days=${good}`)).days, good);
    for (const bad of ["0", "-1", "3651", "1.5", "x", "", "30d", "1e3", "%2030", "99999999999999999999"]) {
      const { error } = await world.must(400, "GET", `${BASE}/${name}?days=${bad}`, { cookie: admin });
      assert.match(error, /days/);
    }
  }
});

// ---- every tracked event ----

test("each tracked event is stored with the documented meta, once, and counted", async () => {
  const before = Object.fromEntries((await ask("features")).features.map((f) => [f.feature, f]));
  const since = await newest();
  const meeting = await world.guestMeeting({ title: "All features" });
  const host = await world.joinAsHost(meeting);
  const anna = await world.join(meeting, { name: "Anna" });

  const text = "five 👍"; // 7 UTF-16 units, as JavaScript counts
  assert.equal((await anna.ask("chat:message", { text })).ok, true);
  const { id } = await host.event("chat:message");
  await host.ask("chat:react", { messageId: id, emoji: "❤️" });
  await anna.ask("react", { emoji: "🎉" });
  await anna.ask("raise-hand", { isHandRaised: true });
  await anna.ask("raise-hand", { isHandRaised: true }); // it is raised already
  await anna.ask("raise-hand", { isHandRaised: false });
  await anna.ask("caption", { text: "hello", final: true });
  await anna.ask("caption", { text: "hello again", final: true }); // captions are counted once for each participant
  await anna.ask("media:screen-share", { isScreenSharing: true });
  await anna.ask("media:screen-share", { isScreenSharing: false });
  await host.ask("recording:broadcast-started", { hostName: "Host" });
  await host.ask("recording:broadcast-stopped");
  await host.ask("admin:settings", { waitingRoom: true });
  for (const action of ["admit", "deny"]) {
    const waiting = await world.connect({ name: action });
    waiting.emit("waiting-room:join", { meetingId: meeting.meetingId, name: action });
    const { socketId } = await host.event("waiting-room:participant-waiting", (p) => p.name === action && !p.removed);
    assert.equal((await host.ask(`waiting-room:${action}`, { meetingId: meeting.meetingId, socketId })).ok, true);
  }
  await host.ask("admin:end");

  const joined = (participantCount) => ({ meetingId: meeting.meetingId, participantCount });
  const rows = await stored(16, since, "event_type NOT LIKE 'error.%'");
  const { meta: ended } = rows.pop();
  assert.deepEqual(
    rows.map(({ type, meta, actor }) => [type, meta, actor]),
    [
      ["meeting.created", { scheduled: false, muteOnJoin: false, waitingRoom: false }, null],
      ["meeting.participant_joined", joined(1), host.id],
      ["meeting.participant_joined", joined(2), anna.id],
      ["feature.chat", { length: 7 }, anna.id],
      ["feature.chat_reaction", { emoji: "❤️" }, host.id],
      ["feature.reaction", { emoji: "🎉" }, anna.id],
      ["feature.hand_raise", { raised: true }, anna.id],
      ["feature.hand_raise", { raised: false }, anna.id],
      ["feature.captions", {}, anna.id],
      ["feature.screen_share", { action: "start" }, anna.id],
      ["feature.screen_share", { action: "stop" }, anna.id],
      ["feature.recording", { action: "start" }, host.id],
      ["feature.recording", { action: "stop" }, host.id],
      ["feature.waiting_room", { action: "admit" }, host.id],
      ["feature.waiting_room", { action: "deny" }, host.id],
    ],
  );
  assert.deepEqual(Object.keys(ended).sort(), ["costUsd", "durationMinutes", "peakParticipants"]);
  assert.equal(ended.peakParticipants, 2);
  assert.equal(Number(ended.costUsd), 0);

  const { features } = await ask("features");
  const uses = {
    chat: 1,
    chat_reaction: 1,
    reaction: 1,
    hand_raise: 2,
    captions: 1,
    screen_share: 2,
    recording: 2,
    waiting_room: 2,
  };
  assert.deepEqual(features.map((f) => f.feature).sort(), Object.keys(uses).sort());
  for (const f of features) {
    assert.equal(f.total_uses, uses[f.feature] + (before[f.feature]?.total_uses ?? 0), f.feature);
    assert.equal(f.unique_users, 1 + (before[f.feature]?.unique_users ?? 0), f.feature);
  }
});

test("a meeting made by API says how, and its events belong to its owner's account", async () => {
  const anna = await world.account({ credit: "10" });
  const since = await newest();
  const meeting = await world.meeting(anna, { title: "Standup", muteOnJoin: true });
  const scheduledAt = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const later = await world.meeting(anna, { title: "Later", scheduledAt });
  const host = await world.joinAsHost(meeting);
  await host.ask("chat:message", { text: "hi" });
  await host.ask("admin:end");
  const rows = await stored(5, since, `user_id = ${anna.id}`);
  const of = (type) => rows.filter((row) => row.type === type).map((row) => row.meta);
  const [now, scheduled] = of("meeting.created");
  assert.deepEqual(now, { scheduled: false, muteOnJoin: true, waitingRoom: false });
  assert.deepEqual(scheduled, {
    scheduled: true,
    muteOnJoin: false,
    waitingRoom: false,
    scheduledAt: Date.parse(scheduledAt),
  });
  assert.equal(of("meeting.participant_joined").length, 1);
  assert.deepEqual(of("feature.chat"), [{ length: 2 }]);
  assert.deepEqual(
    of("meeting.ended").map((m) => m.peakParticipants),
    [1],
  );
  const hour = new Date(scheduledAt);
  const sums = await world.sql(
    `SELECT n FROM analytics_meeting_hours WHERE day = '${scheduledAt.slice(0, 10)}' AND hour = ${hour.getUTCHours()}`,
  );
  assert.deepEqual(sums, [{ n: 1 }], "a scheduled meeting counts in the hour that it starts in");
  await world.must(200, "DELETE", `/api/meetings/${later.meetingId}`, { key: anna.apiKey, token: later.adminToken });
});

// ---- the endpoints against the events ----

/**
 * Random events of 100 days, out of order, some of them again, in statements of different sizes, each its own
 * transaction.
 */
const randomEvents = (seed, statements) => `
  DO $$ BEGIN PERFORM setseed(${seed}); FOR k IN 1..${statements} LOOP
    INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
    SELECT md5('e' || floor(random() * 4000))::uuid AS event_id,
           (ARRAY['feature.chat', 'feature.reaction', 'feature.hand_raise', 'feature.chat', 'error.api', 'error.webrtc', 'meeting.created', 'meeting.ended'])[1 + floor(random() * 8)],
           CASE floor(random() * 8)
             WHEN 0 THEN jsonb_build_object('scheduledAt', to_us(now() + (random() * 40 - 20) * interval '1 day') / 1000)
             WHEN 1 THEN (ARRAY['{"scheduledAt":"whenever"}', '{"scheduledAt":{}}', '{"scheduledAt":null}', '[]'])[1 + floor(random() * 4)]::jsonb
             WHEN 2 THEN '{"scheduledAt":"9223372036854775807"}'
             WHEN 3 THEN jsonb_build_object('route', '/' || repeat('é', 200), 'message', repeat('€', 400))
             ELSE jsonb_build_object('route', '/r' || floor(random() * 3), 'message', 'm' || floor(random() * 9)) END,
           CASE WHEN random() < .5 THEN 100000 + floor(random() * 60) END, CASE WHEN random() < .9 THEN 'actor' || floor(random() * 90) END,
           now() - random() * random() * 100 * interval '1 day'
    FROM generate_series(1, 1 + floor(random() * random() * 300)::int)
    ORDER BY event_id ON CONFLICT (event_id) DO NOTHING;
    COMMIT;
  END LOOP; END $$`;

const since = (days) => `(date_trunc('day', now(), 'UTC') - interval '${days - 1} days')`;
const plain = {
  features: (days) => `
    SELECT substr(event_type, 9) AS feature, count(*) AS total_uses, count(DISTINCT actor) AS unique_users,
           count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) AS active_days
    FROM analytics_events WHERE event_type LIKE 'feature.%' AND created_at >= ${since(days)} GROUP BY 1 ORDER BY 2 DESC, 1`,
  errors: (days) => `
    SELECT event_type, left(coalesce(meta ->> 'route', ''), 128) AS route, left(coalesce(meta ->> 'message', ''), 300) AS message, count(*) AS count,
           to_char(max(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_seen
    FROM analytics_events WHERE event_type LIKE 'error.%' AND created_at >= ${since(days)} GROUP BY 1, 2, 3 ORDER BY 4 DESC, max(created_at) DESC`,
  "peak-hours": (days) => `
    SELECT extract(dow FROM at)::int AS dow, extract(hour FROM at)::int AS hour, count(*) AS count
    FROM (SELECT CASE WHEN jsonb_typeof(meta -> 'scheduledAt') = 'number' THEN to_timestamp((meta ->> 'scheduledAt')::numeric / 1000) ELSE created_at END AT TIME ZONE 'UTC' AS at
          FROM analytics_events WHERE event_type = 'meeting.created') AS starts
    WHERE at >= ${since(days)} AT TIME ZONE 'UTC' AND date_trunc('hour', at) <= now() AT TIME ZONE 'UTC' GROUP BY 1, 2 ORDER BY 1, 2`,
};
const plainRetention = `
  WITH active AS (SELECT DISTINCT date_trunc('week', created_at AT TIME ZONE 'UTC')::date AS week, user_id FROM analytics_events WHERE user_id IS NOT NULL)
  SELECT w::date AS week, (SELECT count(*) FROM active a WHERE a.week = w::date) AS users,
         (SELECT count(*) FROM active a JOIN active b ON b.user_id = a.user_id AND b.week = a.week - 7 WHERE a.week = w::date) AS retained
  FROM generate_series(date_trunc('week', now() AT TIME ZONE 'UTC') - interval '77 days', now() AT TIME ZONE 'UTC', '7 days') AS w ORDER BY 1 DESC`;

async function sameAsTheEvents() {
  for (const name of Object.keys(plain)) {
    for (const days of [1, 2, 7, 30, 90, 3650]) {
      const answer = await ask(`${name}?days=${days}`);
      const { [name === "peak-hours" ? "peakHours" : name]: list, ...rest } = answer;
      assert.deepEqual(rest, { days });
      assert.deepEqual(list, await world.sql(plain[name](days)), `${name} of ${days} days`);
    }
  }
  const { retention } = await ask("retention");
  assert.equal(retention.length, 12);
  for (const { week } of retention) assert.equal(new Date(`${week}T00:00:00Z`).getUTCDay(), 1, `${week} is a Monday`);
  assert.deepEqual(retention, await world.sql(plainRetention));
}

test("the answers are exactly what the events say, out of order and repeated as they come", async () => {
  await world.server.psql(randomEvents(0.1, 80));
  await sameAsTheEvents();
  assert.ok(
    (await ask("retention")).retention.some((w) => w.retained > 0 && w.retained < w.users),
    "some came back, some did not",
  );
});

test("writers at the same time neither wait in a circle nor lose a count", async () => {
  await Promise.all(
    [0.2, 0.3, 0.4, 0.5, 0.6].flatMap((seed) => [1, 2, 3].map(() => world.server.psql(randomEvents(seed, 10)))),
  );
  await sameAsTheEvents();
});

test("events that are copied in bulk are counted like any other", async () => {
  await world.server.psql(`
    COPY analytics_events (event_id, event_type, user_id, actor, created_at) FROM PROGRAM
    'for i in $(seq 1 500); do printf "%08d-0000-4000-8000-000000000000\\tfeature.chat\\t%d\\tcopied%d\\t2026-01-05T00:00:00Z\\n" $i $((200000 + i % 20)) $((i % 50)); done'`);
  await sameAsTheEvents();
});

test("deleting old events leaves the sums", async () => {
  const answer = await ask("features?days=3650");
  const gone = await world.server.psql(
    "WITH gone AS (DELETE FROM analytics_events WHERE created_at < now() - interval '10 days' RETURNING 1) SELECT count(*) FROM gone",
  );
  assert.ok(Number(gone) > 0);
  assert.deepEqual(await ask("features?days=3650"), answer);
});

// ---- from memory ----

test("realtime lists the active meetings as they are", async () => {
  const meeting = await world.guestMeeting({ title: 'Live "now" ☃' });
  const empty = await world.guestMeeting({ title: "Empty" });
  const host = await world.joinAsHost(meeting);
  const anna = await world.join(meeting, { name: "Anna" });
  await host.ask("recording:broadcast-started", {});
  await anna.ask("media:screen-share", { isScreenSharing: true });
  const live = await ask("realtime");
  const found = (id) => live.meetingList.find((m) => m.id === id);
  const { duration, ...rest } = found(meeting.meetingId);
  assert.deepEqual(rest, { id: meeting.meetingId, title: 'Live "now" ☃', participantCount: 2, isRecording: true });
  assert.ok(duration >= 0 && duration < 60, `${duration} s`);
  assert.deepEqual([found(empty.meetingId).participantCount, found(empty.meetingId).isRecording], [0, false]);
  assert.equal(live.activeMeetings, live.meetingList.length);
  assert.equal(
    live.totalParticipants,
    live.meetingList.reduce((n, m) => n + m.participantCount, 0),
  );
  assert.deepEqual([live.activeRecordings, live.activeScreenShares], [1, 1]);
  await host.ask("admin:end");
  const after = await ask("realtime");
  assert.ok(!after.meetingList.some((m) => m.id === meeting.meetingId));
  assert.deepEqual([after.activeRecordings, after.activeScreenShares], [0, 0]);
});

test("health has the process's and the pool's real numbers", async () => {
  const health = await ask("health");
  const status = await readFile(`/proc/${world.server.control.pid}/status`, "utf8");
  const rss = Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
  assert.ok(Math.abs(health.memoryMB - rss) < 5 + rss / 5, `${health.memoryMB} MB, the kernel says ${rss}`);
  assert.ok(health.heapUsedMB <= health.heapTotalMB);
  assert.ok(health.uptimeSeconds >= 1);
  const [{ n }] = await world.sql(
    "SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
  );
  assert.equal(health.dbPoolTotal, n - 1, "all but the one that asks each second whether PostgreSQL answers");
  assert.ok(health.dbPoolIdle <= health.dbPoolTotal && health.dbPoolIdle > 0);
  assert.equal(health.dbPoolWaiting, 0);
  assert.equal(health.activeMeetings, (await ask("realtime")).activeMeetings);
});

// ---- errors ----

test("what a client reports is stored by its type, its words bounded", async () => {
  const since = await newest();
  const anna = await world.connect();
  assert.deepEqual(
    await anna.ask("client:error", { type: "webrtc", route: "/join", message: "ICE connection failed" }),
    { ok: true },
  );
  assert.deepEqual(await anna.ask("client:error", { type: "media", message: `  ${"€".repeat(1000)}` }), { ok: true });
  for (const type of ["signaling", "app"])
    assert.deepEqual(await anna.ask("client:error", { type, route: "/", message: type }), { ok: true });
  for (const bad of [
    {},
    { type: "api", message: "x" },
    { type: "webrtc" },
    { type: "webrtc", message: 5 },
    { type: "app", route: {}, message: "x" },
    "text",
    null,
    [],
  ]) {
    const answer = await anna.ask("client:error", bad);
    assert.equal(answer.error?.code, "bad_request", JSON.stringify(bad));
  }
  const rows = await stored(4, since, "event_type LIKE 'error.%'");
  assert.deepEqual(
    rows.map(({ type, meta }) => [type, meta]),
    [
      ["error.webrtc", { route: "/join", message: "ICE connection failed" }],
      ["error.media", { route: "", message: "€".repeat(300) }],
      ["error.signaling", { route: "/", message: "signaling" }],
      ["error.app", { route: "/", message: "app" }],
    ],
  );
  const { errors } = await ask("errors?days=1");
  const ice = errors.find((e) => e.message === "ICE connection failed");
  assert.deepEqual([ice.event_type, ice.route, ice.count], ["error.webrtc", "/join", 1]);
  assert.ok(Math.abs(Date.parse(ice.last_seen) - Date.now()) < 60_000);
});

test("a client that reports without end is told so, and never hears `error`", async () => {
  const anna = await world.connect();
  const report = { type: "app", route: "/", message: "again and again" };
  const since = await newest();
  const codes = [];
  for (let i = 0; i < 30; i++) codes.push((await anna.ask("client:error", report)).error?.code);
  assert.ok(codes.filter((code) => !code).length <= 10);
  assert.equal(codes.at(-1), "rate_limited");
  for (let i = 0; i < 30; i++) anna.emit("client:error", report);
  await settled(anna);
  assert.deepEqual(
    anna.all("error").filter((e) => e.code === "rate_limited"),
    [],
  );
  assert.ok((await stored(1, since)).length <= 10);
});

test("our own 5xx answers are errors of the API by their route, at most ten of a second", async () => {
  const since = await newest();
  const meeting = await world.guestMeeting();
  await world.server.database("kill");
  const error = await eventually("a failing call", async () => {
    const { status, json } = await world.api("GET", `${BASE}/features`, { cookie: admin });
    assert.equal(status, 503);
    return json.error;
  });
  await world.api("GET", `/api/meetings/${meeting.meetingId}`, {
    key: "mk_0123456789abcdef0123456789abcdef0123456789abcdef",
    checked: false,
  });
  for (let i = 0; i < 100; i++) await world.api("GET", `${BASE}/errors`, { cookie: admin });
  await world.server.database("start");
  await eventually("the database is back", () => world.must(200, "GET", `${BASE}/features`, { cookie: admin }));
  const rows = await stored(2, since, "event_type = 'error.api'");
  assert.deepEqual(rows[0].meta, { route: `${BASE}/features`, method: "GET", status: 503, message: error });
  const seconds = await world.sql(
    `SELECT count(*) AS n FROM analytics_events WHERE id > ${since} AND event_type = 'error.api' GROUP BY date_trunc('second', created_at)`,
  );
  assert.ok(
    seconds.every(({ n }) => n <= 20),
    `our seconds aren't the clock's, but no more than two of them are in one: ${JSON.stringify(seconds)}`,
  );
  assert.ok(rows.length < 100);
  const { errors } = await ask("errors?days=1");
  assert.ok(
    errors.some(
      (e) => e.event_type === "error.api" && e.route === `${BASE}/features` && e.message === error && e.count >= 1,
    ),
  );
  assert.ok(!errors.some((e) => e.route.includes(meeting.meetingId)), "routes are patterns");
});
