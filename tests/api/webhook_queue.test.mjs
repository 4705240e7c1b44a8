// Which deliveries PostgreSQL says are due (sql/migrations/0004_deliveries.sql), and what it makes of outcomes. Each test is one
// transaction that is rolled back, so that control sees nothing of it.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { startWorld } from "../lib/world.mjs";

let world;
before(async () => (world = await startWorld({ name: "webhook-queue" })), { timeout: 120_000 });
after(() => world?.stop());

/** Runs statements in a transaction that leaves nothing behind; answers what the last of them gave, rows of columns. */
async function inTransaction(...statements) {
  const all = ["BEGIN", ...statements.slice(0, -1), "\\echo ----", statements.at(-1), "ROLLBACK"];
  const stdout = await world.server.runPsql(...all.flatMap((text) => ["-c", text]));
  const [, last] = stdout.split("----\n");
  return last.trim() === ""
    ? []
    : last
        .trim()
        .split("\n")
        .map((line) => line.split("|"));
}

/** Accounts 1001…, each with a webhook of the same number, quick ones unless told. */
const accounts = (n, { first = 1001, quick = true } = {}) => [
  `INSERT INTO users (id, email, password_hash, account_type) OVERRIDING SYSTEM VALUE
   SELECT i, i || '@example.com', '-', 'personal' FROM generate_series(${first}, ${first + n - 1}) i`,
  `INSERT INTO webhooks (id, user_id, url, events, secret, is_quick) OVERRIDING SYSTEM VALUE
   SELECT i, i, 'https://example.com/', '{meeting.ended}', 's', ${quick} FROM generate_series(${first}, ${first + n - 1}) i`,
];
/**
 * `n` deliveries of each of `meetings` meetings for a webhook; their ids are first, first + 1, …; made that long ago.
 */
const deliveries = (webhook, { first, n = 1, meetings = 1, ago = "1 minute" }) =>
  `INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, meeting_id, sequence, body, created_at, next_attempt_at) OVERRIDING SYSTEM VALUE
   SELECT ${first} + i, ${webhook}, gen_random_uuid(), 'meeting.ended', 'm' || i / ${n}, i % ${n} + 1, '{}', now() - interval '${ago}', now() - interval '${ago}'
   FROM generate_series(0, ${n * meetings - 1}) i`;
const due = (running = [], free = 32) => `SELECT id FROM webhook_due('{${running}}', ${free})`;
const outcome = (id, ok, more = {}) =>
  `SELECT webhook_outcomes('${JSON.stringify([{ id, webhook: 1001, attempt: 1, ok, status: ok ? 200 : 500, error: ok ? null : "x", took: 10, ...more }])}')`;
const ids = (rows) => rows.map(([id]) => Number(id)).sort((a, b) => a - b);

test("the first of each meeting is due, four at a time for one webhook", async () => {
  const setting = [...accounts(1), deliveries(1001, { first: 100000, n: 10, meetings: 6 })];
  assert.deepEqual(ids(await inTransaction(...setting, due())), [100000, 100010, 100020, 100030]);
  assert.deepEqual(ids(await inTransaction(...setting, due([100000, 100010, 100020]))), [100030]);
  assert.deepEqual(ids(await inTransaction(...setting, due([100000, 100010, 100020, 100030]))), []);
  assert.deepEqual(ids(await inTransaction(...setting, due([], 2))), [100000, 100010]);
});

test("an account gets eight places, however many webhooks it has", async () => {
  const setting = [
    ...accounts(20),
    "UPDATE webhooks SET user_id = 1001 WHERE id > 1001",
    ...Array.from({ length: 20 }, (_, i) => deliveries(1001 + i, { first: 100000 + 10 * i, meetings: 4 })),
  ];
  assert.equal((await inTransaction(...setting, due())).length, 8);
  assert.equal((await inTransaction(...setting, due([100000, 100010, 100020]))).length, 5);
});

test("receivers that aren't known to be quick get one place each, and half of all", async () => {
  const setting = [
    ...accounts(40, { quick: false }),
    ...Array.from({ length: 40 }, (_, i) => deliveries(1001 + i, { first: 100000 + 10 * i, meetings: 4 })),
  ];
  const rows = await inTransaction(...setting, "SELECT id, webhook_id FROM webhook_due('{}', 32)");
  assert.equal(rows.length, 16);
  assert.equal(new Set(rows.map(([, webhook]) => webhook)).size, 16);
  const quick = await inTransaction(
    ...setting,
    ...accounts(10, { first: 2001 }),
    ...Array.from({ length: 10 }, (_, i) => deliveries(2001 + i, { first: 200000 + 10 * i, meetings: 4, ago: "1 s" })),
    due(),
  );
  assert.equal(ids(quick).filter((id) => id >= 200000).length, 16);
});

test("who has nothing under way comes first, however long others have been waiting", async () => {
  const busy = [
    ...accounts(4, { quick: false }),
    "UPDATE webhooks SET user_id = 1001 WHERE id = 1002",
    "UPDATE webhooks SET user_id = 1003 WHERE id = 1004",
    ...[0, 1, 2, 3].map((i) => deliveries(1001 + i, { first: 100000 + 100 * i, meetings: 20, ago: "1 hour" })),
  ];
  const newcomer = [...accounts(1, { first: 3001, quick: false }), deliveries(3001, { first: 300000, ago: "1 ms" })];
  const [[first], ...others] = await inTransaction(...busy, ...newcomer, due([100000, 100200], 30));
  assert.equal(first, "300000");
  assert.deepEqual(ids(others), [100100, 100300]);
});

test("success makes the next of the meeting due", async () => {
  const rows = await inTransaction(
    ...accounts(1),
    deliveries(1001, { first: 100000, n: 3 }),
    outcome(100000, true),
    due(),
  );
  assert.deepEqual(ids(rows), [100001]);
});

test("failure keeps those behind it waiting for its next attempt, and no other meeting", async () => {
  const setting = [...accounts(1), deliveries(1001, { first: 100000, n: 3, meetings: 2 }), outcome(100000, false)];
  assert.deepEqual(ids(await inTransaction(...setting, due())), [100003]);
  const waits = await inTransaction(
    ...setting,
    "SELECT id, round(extract(epoch FROM next_attempt_at - now())::numeric, 1) FROM webhook_deliveries WHERE id BETWEEN 100000 AND 100002 ORDER BY id",
  );
  const [first, ...behind] = waits.map(([, wait]) => Number(wait));
  assert.ok(first >= 0.7 && first <= 1, `${first} s`);
  assert.deepEqual(behind, [first, first]);
});

test("a repeated outcome changes nothing, nor does one of a deleted delivery", async () => {
  const states = "SELECT id, status, attempts, tries FROM webhook_deliveries WHERE id >= 100000 ORDER BY id";
  const setting = [...accounts(1), deliveries(1001, { first: 100000, n: 2 }), outcome(100000, false)];
  assert.deepEqual(
    await inTransaction(...setting, outcome(100000, false), outcome(999, true), states),
    await inTransaction(...setting, states),
  );
  const delivered = [...setting, outcome(100000, true, { attempt: 2 })];
  assert.deepEqual(
    await inTransaction(...delivered, outcome(100000, false, { attempt: 3 }), states),
    await inTransaction(...delivered, states),
  );
});

test("the pauses double from one second to four hours, each up to a quarter shorter", async () => {
  const pauses = await inTransaction(
    "SELECT t, max(extract(epoch FROM retry_pause(t, '1 second', '4 hours'))), min(extract(epoch FROM retry_pause(t, '1 second', '4 hours'))) FROM generate_series(1, 40) t, generate_series(1, 200) GROUP BY t ORDER BY t",
  );
  for (const [t, most, least] of pauses) {
    const whole = Math.min(2 ** (t - 1), 14400);
    assert.ok(Number(most) <= whole && Number(least) >= 0.75 * whole, `${t}: ${least} to ${most}`);
    assert.ok(Number(most) - Number(least) > 0.1 * whole, "they are not in step");
  }
});

test("after 24 hours of attempts a delivery has failed; its last attempt is at their end", async () => {
  const setting = [...accounts(1), deliveries(1001, { first: 100000, n: 2 })];
  const last = await inTransaction(
    ...setting,
    "UPDATE webhook_deliveries SET give_up_at = now() + interval '1 minute', tries = 12 WHERE id = 100000",
    outcome(100000, false),
    "SELECT status, next_attempt_at = give_up_at FROM webhook_deliveries WHERE id = 100000",
  );
  assert.deepEqual(last, [["pending", "t"]]);
  const over = [
    ...setting,
    "UPDATE webhook_deliveries SET give_up_at = now() WHERE id = 100000",
    outcome(100000, false),
  ];
  assert.deepEqual(await inTransaction(...over, "SELECT status FROM webhook_deliveries WHERE id = 100000"), [
    ["failed"],
  ]);
  assert.deepEqual(ids(await inTransaction(...over, "UPDATE webhooks SET is_quick = true", due())), [100001]);
});

test("thirty thousand waiting deliveries don't slow the question down", async () => {
  const [[ms]] = await inTransaction(
    ...accounts(1000),
    `INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body)
      SELECT 1001 + i % 1000, gen_random_uuid(), 'meeting.ended', 'm' || i % 7000, i, '{}' FROM generate_series(1, 30000) i`,
    "ANALYZE webhook_deliveries",
    "CREATE TEMP TABLE began AS SELECT clock_timestamp() AS at",
    "CREATE TEMP TABLE got AS SELECT * FROM webhook_due('{}', 32)",
    "SELECT round(extract(epoch FROM clock_timestamp() - at) * 1000) FROM began WHERE (SELECT count(*) FROM got) = 32",
  );
  assert.ok(Number(ms) < 2_000, `${ms} ms`);
});
