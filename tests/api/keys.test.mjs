// API keys (§2) and the support key: shown once, masked afterwards, at most five, dead as soon as they are deleted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { assertRefused, everythingStored, isRecent, sha256, startAccountsWorld, tally } from "./lib/accounts.mjs";
import { eventually } from "../lib/world.mjs";

let world;
const drawn = new Set();
before(async () => (world = await startAccountsWorld("keys")));
after(() => world?.stop());

const listKeys = async ({ cookie }) => (await world.must(200, "GET", "/api/user/keys", { cookie })).keys;
const newKey = ({ cookie }, body = {}) => world.api("POST", "/api/user/keys", { cookie, body });
const deleteKey = ({ cookie }, id) => world.api("DELETE", `/api/user/keys/${id}`, { cookie });
const masked = (key) => `${key.slice(0, 7)}…${key.slice(-4)}`;
/** Something that a key opens. */
const use = (key) => world.api("GET", "/api/meetings", { key });

test("a new key is answered whole, once, with its documented fields", async () => {
  const anna = await world.account();
  const { status, json } = await newKey(anna, { label: "Production" });
  assert.equal(status, 201);
  const { id, key, created_at, ...rest } = json;
  drawn.add(key).add(anna.apiKey);
  assert.deepEqual(rest, { label: "Production", is_active: true });
  assert.ok(Number.isInteger(id));
  assert.match(key, /^mk_[0-9a-f]{48}$/);
  isRecent(created_at);
  const keys = await listKeys(anna);
  assert.deepEqual(keys[0], {
    id,
    key: masked(key),
    label: "Production",
    is_active: true,
    last_used_at: null,
    created_at,
  });
  assert.deepEqual(
    keys.map((k) => k.label),
    ["Production", "Default"],
  );
  assert.equal((await use(key)).status, 200);
  assert.equal((await use(anna.apiKey)).status, 200, "several keys are good at once");
});

test("a label is optional text of up to 100 characters", async () => {
  const anna = await world.account();
  for (const body of [undefined, {}, { label: null }, { label: "" }]) {
    const { status, json } = await world.api("POST", "/api/user/keys", { cookie: anna.cookie, body });
    assert.equal(status, 201);
    assert.equal(json.label, null);
    assert.equal((await deleteKey(anna, json.id)).status, 200);
  }
  assert.equal((await newKey(anna, { label: "ä".repeat(100) })).json.label, "ä".repeat(100));
  assertRefused(await newKey(anna, { label: "x".repeat(101) }), 400, /label/);
  assertRefused(await newKey(anna, { label: 5 }), 400, /label/);
});

test("the sixth active key is refused, and a deleted one makes room", async () => {
  const anna = await world.account();
  for (let i = 2; i <= 5; i++) assert.equal((await newKey(anna, { label: `Key ${i}` })).status, 201);
  assertRefused(await newKey(anna, { label: "Key 6" }), 400, /5/);
  const keys = await listKeys(anna);
  assert.equal(keys.length, 5);
  assert.equal((await deleteKey(anna, keys[0].id)).status, 200);
  assert.equal((await newKey(anna)).status, 201);
});

test("of thirty made at once there are never more than five", async () => {
  const anna = await world.account();
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => newKey(anna, { label: `Key ${i}` })));
  assert.deepEqual(tally(answers), { 201: 4, 400: 26 });
  assert.equal((await listKeys(anna)).length, 5);
  assert.equal(new Set(answers.filter((a) => a.status === 201).map((a) => a.json.key)).size, 4);
});

test("a deleted key is refused from the next call on", async () => {
  const anna = await world.account();
  for (let i = 0; i < 5; i++) {
    const { json } = await newKey(anna);
    for (let n = 0; n < 3; n++) assert.equal((await use(json.key)).status, 200); // it is remembered now
    assert.equal((await deleteKey(anna, json.id)).status, 200);
    assertRefused(await use(json.key), 401, /x-api-key/);
  }
  assert.equal((await use(anna.apiKey)).status, 200, "the others stay");
});

test("a key is dead even if it is used all the while", async () => {
  const anna = await world.account();
  const { json } = await newKey(anna);
  let over = false;
  const users = Array.from({ length: 4 }, async () => {
    while (!over) await use(json.key);
  });
  await pause(100);
  assert.equal((await deleteKey(anna, json.id)).status, 200);
  for (let i = 0; i < 50; i++) assert.equal((await use(json.key)).status, 401);
  over = true;
  await Promise.all(users);
});

test("a key is dead even if whoever deleted it didn't wait for the answer", async () => {
  const anna = await world.account();
  const { json } = await newKey(anna);
  const held = world.sql("BEGIN; LOCK TABLE api_keys IN SHARE MODE; SELECT pg_sleep(1.5); COMMIT");
  await eventually("the table is locked", async () =>
    assert.ok(
      (await world.sql("SELECT 1 FROM pg_locks WHERE relation = 'api_keys'::regclass AND mode = 'ShareLock'")).length,
    ),
  );
  assert.equal((await use(json.key)).status, 200); // it is remembered now
  await assert.rejects(world.api("DELETE", `/api/user/keys/${json.id}`, { cookie: anna.cookie, timeoutMs: 300 }));
  await held;
  await eventually("the key is deleted", async () =>
    assert.equal((await world.sql(`SELECT 1 FROM api_keys WHERE id = ${json.id}`)).length, 0),
  );
  await pause(200); // the server has heard of it
  assertRefused(await use(json.key), 401, /x-api-key/);
  assert.equal((await use(anna.apiKey)).status, 200, "the others stay");
});

test("others' keys, and what is no key, are 404", async () => {
  const anna = await world.account(),
    bert = await world.account();
  const [{ id }] = await listKeys(bert);
  for (const each of [id, 999999999, 0, "-1", "abc", "1e3", "99999999999999999999"])
    assertRefused(await world.api("DELETE", `/api/user/keys/${each}`, { cookie: anna.cookie, checked: false }), 404);
  assert.equal((await use(bert.apiKey)).status, 200);
  assert.equal((await deleteKey(bert, id)).status, 200);
  assertRefused(await deleteKey(bert, id), 404);
});

test("the list knows when a key was used: at once the first time, then by the minute", async () => {
  const anna = await world.account();
  const lastUsed = async () => (await listKeys(anna))[0].last_used_at;
  assert.equal(await lastUsed(), null);
  await use(anna.apiKey);
  for (let i = 0; i < 100 && (await lastUsed()) === null; i++) await pause(20);
  isRecent(await lastUsed(), 10);
  await world.sql(`UPDATE api_keys SET last_used_at = now() - interval '1 hour' WHERE user_id = ${anna.id}`);
  for (let i = 0; i < 5; i++) await use(anna.apiKey);
  await pause(200);
  assert.ok(Date.now() - Date.parse(await lastUsed()) > 3_000_000, "not written again within the minute");
});

test("what is no key of ours is 401", async () => {
  const anna = await world.account();
  for (const key of [
    undefined,
    "",
    "mk_",
    "mk_unknown",
    anna.apiKey.slice(0, -1),
    `${anna.apiKey}0`,
    anna.apiKey.toUpperCase(),
    masked(anna.apiKey).replace("…", "..."),
    `mk_${"0".repeat(48)}`,
    "x".repeat(5000),
  ])
    assertRefused(await use(key), 401);
  assertRefused(await world.api("GET", "/api/meetings", { cookie: anna.cookie }), 401); // a session is no key
  assertRefused(await world.api("GET", "/api/user/keys", { key: anna.apiKey }), 401); // and the other way round
});

// ---- support keys ----

const supportKey = ({ cookie }) => world.must(201, "POST", "/api/user/support-key", { cookie });
const redeem = async (key) =>
  world.api("POST", "/admin/api/support-key/redeem", { cookie: await world.admin(), body: { key } });

test("a support key shows the account's activity to an administrator, once", async () => {
  const anna = await world.account({ credit: "12.5" });
  await newKey(anna, { label: "Shown" });
  const { supportKey: key, expiresAt, ...none } = await supportKey(anna);
  drawn.add(key);
  assert.deepEqual(none, {});
  assert.ok(key.length >= 40);
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 86_400_000) < 60_000, expiresAt);
  const { status, json, text } = await redeem(key);
  assert.equal(status, 200);
  assert.equal(json.user.email, anna.email);
  assert.equal(json.user.balance, "12.5000");
  assert.equal(json.sessions, 1);
  assert.deepEqual(
    json.keys.map((k) => k.label),
    ["Shown", "Default"],
  );
  assert.deepEqual(
    json.transactions.map((t) => [t.type, t.amount_usd]),
    [["admin_credit", "12.5000"]],
  );
  for (const secret of [anna.apiKey, sha256(anna.apiKey), "argon2", "password"])
    assert.ok(!text.includes(secret), secret);
  assertRefused(await redeem(key), 404);
});

test("a newer support key voids the older one; a day later it is over; others are unknown", async () => {
  const anna = await world.account();
  const first = (await supportKey(anna)).supportKey,
    second = (await supportKey(anna)).supportKey,
    third = (await supportKey(await world.account())).supportKey;
  assertRefused(await redeem(first), 404);
  assert.equal((await redeem(second)).status, 200);
  await world.sql(
    `UPDATE support_keys SET expires_at = now() - interval '1 second' WHERE key_hash = '${sha256(third)}'`,
  );
  assertRefused(await redeem(third), 404);
  assertRefused(await redeem("sup_unknown"), 404);
  assertRefused(await redeem(""), 400, /key/);
});

test("of ten administrators at once one sees it", async () => {
  const { supportKey: key } = await supportKey(await world.account());
  assert.deepEqual(tally(await Promise.all(Array.from({ length: 10 }, () => redeem(key)))), { 200: 1, 404: 9 });
});

test("only an administrator redeems, and only an account asks", async () => {
  const anna = await world.account();
  const { supportKey: key } = await supportKey(anna);
  assertRefused(await world.api("POST", "/admin/api/support-key/redeem", { cookie: anna.cookie, body: { key } }), 403);
  assertRefused(await world.api("POST", "/admin/api/support-key/redeem", { body: { key } }), 401);
  assertRefused(await world.api("POST", "/api/user/support-key"), 401);
  assert.equal((await redeem(key)).status, 200);
});

test("no key is in the log or in a table", async () => {
  const log = world.controlLog(),
    stored = await everythingStored(world);
  assert.ok(drawn.size >= 3);
  for (const key of drawn) {
    assert.ok(!log.includes(key));
    assert.ok(!stored.includes(key));
    assert.ok(stored.includes(sha256(key)));
  }
});
