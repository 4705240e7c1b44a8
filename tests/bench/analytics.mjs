// analytics.mjs [EVENTS] [REQUESTS]: how long the analytics endpoints take at ten million events, over HTTP, with a
// real control and a throw-away PostgreSQL; whether they are right; and what keeping their sums costs an event. A
// benchmark that prints; it fails when an endpoint's 95th percentile isn't below 100 ms, or its answer isn't what the
// events say. Wants 6 GB of disk in TMPDIR.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { startWorld } from "../lib/world.mjs";

const EVENTS = Number(process.argv[2] ?? 10_000_000);
const REQUESTS = Number(process.argv[3] ?? 50);
const CHUNK = 500_000;
const SINGLE = 10_000; // events that are stored one by one, for their cost
const LIMIT_MS = 100;

// A year of an installation that is used: by day from 8 to 20 h, people come for a meeting and use a few features in it
// (an actor is a participation, as in control), every fiftieth event is an error of one of 400 kinds, half of the
// events belong to an account.
const fill = (first, n) => `
  INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
  SELECT gen_random_uuid(), type,
         CASE WHEN type LIKE 'error.%' THEN jsonb_build_object('route', '/route/' || (kind % 20), 'message', 'what went wrong ' || kind)
              WHEN type = 'meeting.created' THEN '{"scheduled":false,"muteOnJoin":false,"waitingRoom":false}'
              WHEN type = 'meeting.ended' THEN '{"durationMinutes":31.5,"peakParticipants":4,"costUsd":"0.5040"}'
              WHEN type = 'meeting.participant_joined' THEN '{"meetingId":"abc-defg-hij","participantCount":3}'
              WHEN type = 'feature.chat' THEN jsonb_build_object('length', kind)
              ELSE '{"emoji":"👍"}' END,
         CASE WHEN random() < .5 THEN 1 + floor(20000 * random() * random()) END,
         CASE WHEN type LIKE 'feature.%' OR type = 'meeting.participant_joined' THEN md5('p' || (i + floor(60 * random())::int) / 8) END,
         least(now(), midnight - (364 - i * 365 / ${EVENTS}) * interval '1 day' + (8 + 6 * (random() + random())) * interval '1 hour')
  FROM (SELECT i, floor(400 * random() * random())::int AS kind, date_trunc('day', now()) AS midnight,
               (ARRAY['feature.chat', 'feature.chat', 'feature.chat', 'feature.chat', 'feature.chat', 'feature.chat', 'feature.chat',
                      'feature.reaction', 'feature.reaction', 'feature.chat_reaction', 'feature.hand_raise', 'feature.screen_share',
                      'feature.recording', 'feature.captions', 'feature.waiting_room', 'meeting.participant_joined',
                      'meeting.participant_joined', 'meeting.created', 'meeting.ended'])[1 + floor(19 * random())] AS usual,
               (ARRAY['error.webrtc', 'error.media', 'error.api', 'error.signaling'])[1 + floor(4 * random())] AS wrong
        FROM generate_series(${first}::bigint, ${first + n - 1}) AS i) AS drawn,
       LATERAL (SELECT CASE WHEN i % 50 = 0 THEN wrong ELSE usual END AS type) AS chosen`;

const seconds = (ms) => (ms / 1000).toFixed(1);
const say = (...words) => console.log(...words);

async function timed(work) {
  const began = performance.now();
  const result = await work();
  return { ms: performance.now() - began, result };
}

async function fillAll(server) {
  await server.psql("ALTER SYSTEM SET max_wal_size = '4GB'");
  await server.psql("SELECT pg_reload_conf()");
  for (let first = 0; first < EVENTS; first += CHUNK) {
    const n = Math.min(CHUNK, EVENTS - first);
    const { ms } = await timed(() => server.psql(fill(first, n)));
    say(`  ${first + n} events, ${Math.round(n / ms)}k a second`);
  }
  await server.psql("VACUUM ANALYZE");
}

/** One event a transaction, as control stores them: µs each. */
async function costOfAnEvent(server) {
  const file = path.join(server.dir, "single.sql");
  const types = ["feature.chat", "feature.reaction", "meeting.participant_joined", "error.api", "meeting.created"];
  const rows = Array.from({ length: SINGLE }, (_, i) => {
    const actor = createHash("md5")
      .update(`single${Math.floor(i / 8)}`)
      .digest("hex")
      .slice(0, 16);
    return `EXECUTE put(gen_random_uuid(), '${types[i % types.length]}', '{"route":"/r","message":"m${i % 50}"}', ${i % 2000}, '${actor}');`;
  });
  await writeFile(
    file,
    [
      "SET client_min_messages = warning;",
      `PREPARE put(uuid, text, jsonb, bigint, text) AS INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at)
       VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (event_id) DO NOTHING;`,
      ...rows,
    ].join("\n"),
  );
  const { ms } = await timed(() => server.runPsql("-f", file));
  return (ms * 1000) / SINGLE;
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

async function measure(server, cookie, query) {
  const took = [];
  let answer;
  for (let i = 0; i < REQUESTS + 5; i++) {
    const { ms, result } = await timed(async () => {
      const response = await fetch(`${server.url}/admin/api/analytics/${query}`, { headers: { cookie } });
      if (response.status !== 200) throw new Error(`${query}: ${response.status} ${await response.text()}`);
      return response.json();
    });
    if (i >= 5) took.push(ms);
    answer = result;
  }
  took.sort((a, b) => a - b);
  const [p50, p95, max] = [percentile(took, 0.5), percentile(took, 0.95), took.at(-1)];
  say(
    `  ${query.padEnd(22)} p50 ${p50.toFixed(1).padStart(6)} ms   p95 ${p95.toFixed(1).padStart(6)} ms   max ${max.toFixed(1).padStart(6)} ms`,
  );
  if (p95 >= LIMIT_MS) process.exitCode = 1;
  return answer;
}

/** The same questions to the events themselves. */
const plain = {
  "features?days=30": `
    SELECT substr(event_type, 9) AS feature, count(*) AS total_uses, count(DISTINCT actor) AS unique_users,
           count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) AS active_days
    FROM analytics_events WHERE event_type LIKE 'feature.%' AND created_at >= date_trunc('day', now(), 'UTC') - interval '29 days'
    GROUP BY 1 ORDER BY 2 DESC, 1`,
  retention: `
    WITH active AS (SELECT DISTINCT date_trunc('week', created_at AT TIME ZONE 'UTC')::date AS week, user_id
                    FROM analytics_events WHERE user_id IS NOT NULL AND created_at > now() - interval '14 weeks')
    SELECT a.week, count(*) AS users, count(b.user_id) AS retained
    FROM active a LEFT JOIN active b ON b.user_id = a.user_id AND b.week = a.week - 7 GROUP BY 1 ORDER BY 1 DESC LIMIT 12`,
};

async function compare(server, query, answer) {
  const { ms, result } = await timed(() => server.psql(`SELECT json_agg(t) FROM (${plain[query]}) t`));
  const right = JSON.stringify(JSON.parse(result)) === JSON.stringify(Object.values(answer)[0]);
  say(`  ${query}: ${right ? "the same" : "NOT THE SAME"}, in ${seconds(ms)} s from the events`);
  if (!right) process.exitCode = 1;
}

const world = await startWorld({ name: "bench-analytics" });
const { server } = world;
try {
  const cookie = String(await world.admin());
  say(`filling ${EVENTS} events`);
  const { ms } = await timed(() => fillAll(server));
  say(`filled in ${seconds(ms)} s`);
  say(
    await server.psql(`
    SELECT format('  %s: %s rows, %s', relname, n_live_tup, pg_size_pretty(pg_total_relation_size(relid)))
    FROM pg_stat_user_tables WHERE relname LIKE 'analytics%' ORDER BY relname`),
  );
  for (let i = 0; i < 200; i++) await server.newMeeting({ title: `Meeting ${i}` });

  say(`answers, ${REQUESTS} requests each`);
  const answers = {};
  for (const query of [
    "features?days=30",
    "features?days=365",
    "errors?days=30",
    "errors?days=365",
    "realtime",
    "retention",
    "health",
    "peak-hours?days=90",
    "peak-hours?days=365",
  ]) {
    answers[query] = await measure(server, cookie, query);
  }
  say("against the events themselves");
  for (const query of Object.keys(plain)) await compare(server, query, answers[query]);

  say(`cost of an event, ${SINGLE} one by one`);
  await costOfAnEvent(server); // warms up
  const kept = await costOfAnEvent(server);
  await server.psql("ALTER TABLE analytics_events DISABLE TRIGGER analytics_events_sum");
  const bare = await costOfAnEvent(server);
  say(`  with its sums ${kept.toFixed(0)} µs, without ${bare.toFixed(0)} µs`);
} finally {
  await world.stop();
}
