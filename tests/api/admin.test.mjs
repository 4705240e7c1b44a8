// Administration: accounts, credit, the rate (resolutions on §15 and §18), and how the first administrator comes to be.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADMIN } from "../lib/servers.mjs";
import { eventually } from "../lib/world.mjs";
import { assertRefused, isRecent, startAccountsWorld } from "./lib/accounts.mjs";

let world, admin;
before(async () => {
  world = await startAccountsWorld("admin");
  admin = await world.admin();
});
after(() => world?.stop());

const users = (query = "") => world.api("GET", `/admin/api/users${query}`, { cookie: admin });
const credit = (body) => world.api("POST", "/admin/api/users/credit", { cookie: admin, body });
const setRate = (ratePerMinute) => world.api("PUT", "/admin/api/settings", { cookie: admin, body: { ratePerMinute } });
const balanceOf = async ({ cookie }) => (await world.must(200, "GET", "/api/auth/me", { cookie })).balance;

test("all of it is 401 for strangers and 403 for everybody else", async () => {
  const anna = await world.account();
  const calls = [
    ["GET", "/admin/api/users"],
    ["POST", "/admin/api/users/credit", { email: anna.email, amountUsd: 1 }],
    ["GET", "/admin/api/settings"],
    ["PUT", "/admin/api/settings", { ratePerMinute: "0.0040" }],
    ["POST", "/admin/api/support-key/redeem", { key: "sup_x" }],
  ];
  for (const [method, path, body] of calls) {
    assertRefused(await world.api(method, path, { body }), 401);
    assertRefused(await world.api(method, path, { body, key: anna.apiKey }), 401);
    assertRefused(await world.api(method, path, { body, cookie: anna.cookie }), 403);
    if (method !== "GET")
      assertRefused(
        await world.api(method, path, { body, cookie: admin, headers: { origin: "https://evil.example.com" } }),
        403,
      );
  }
  assert.equal(await balanceOf(anna), "0.0000");
});

test("accounts are listed by pages, the newest first, and found by a part of their address", async () => {
  const anna = await world.account({ email: "anna-x@example.com", credit: "2" }),
    owner = await world.company({ email: "owner-x@example.com", companyName: "Listed" });
  const { json } = await users("?query=-X@example");
  assert.equal(json.total, 2);
  const [first, second] = json.users;
  isRecent(first.created_at);
  assert.deepEqual(
    { ...first, created_at: "" },
    {
      id: owner.id,
      email: owner.email,
      accountType: "company",
      company_id: first.company_id,
      companyName: "Listed",
      balance: "0.0000",
      is_admin: false,
      created_at: "",
    },
  );
  assert.deepEqual(
    { ...second, created_at: "" },
    {
      id: anna.id,
      email: anna.email,
      accountType: "personal",
      company_id: null,
      companyName: null,
      balance: "2.0000",
      is_admin: false,
      created_at: "",
    },
  );
  const all = (await users()).json;
  assert.ok(all.total >= 4 && all.users.length === all.total && all.limit === 50 && all.offset === 0);
  const page = (await users("?limit=1&offset=1")).json;
  assert.deepEqual(page.users, [all.users[1]]);
  assert.equal(page.total, all.total);
  assert.deepEqual((await users("?query=nobody-at-all")).json, { users: [], total: 0, limit: 50, offset: 0 });
  assert.equal((await users("?query=%25")).json.total, 0, "no wildcard");
  assert.deepEqual((await users("?offset=1000000")).json.users, []);
});

test("pages are bounded", async () => {
  for (const query of [
    "?limit=0",
    "?limit=201",
    "?limit=x",
    "?limit=-1",
    "?offset=-1",
    "?offset=x",
    "?limit=1.5",
    `?query=${"x".repeat(300)}`,
  ])
    assertRefused(await world.api("GET", `/admin/api/users${query}`, { cookie: admin, checked: false }), 400);
});

test("credit is exact, and written down", async () => {
  const anna = await world.account();
  for (const [amountUsd, after] of [
    [0.1, "0.1000"],
    [0.2, "0.3000"],
    ["0.0001", "0.3001"],
    [19.99, "20.2901"],
    ["1000000", "1000020.2901"],
  ]) {
    const { status, json } = await credit({ email: anna.email.toUpperCase(), amountUsd, description: "Bank transfer" });
    assert.equal(status, 201);
    assert.equal(json.balance, after);
    assert.equal(await balanceOf(anna), after);
  }
  const rows = await world.sql(
    `SELECT type, amount_usd::text AS amount, description FROM transactions WHERE user_id = ${anna.id} ORDER BY id`,
  );
  assert.deepEqual(
    rows.map((r) => r.amount),
    ["0.1000", "0.2000", "0.0001", "19.9900", "1000000.0000"],
  );
  for (const { type, description } of rows) assert.deepEqual([type, description], ["admin_credit", "Bank transfer"]);
});

test("a hundred credits at once add up", async () => {
  const anna = await world.account();
  await Promise.all(Array.from({ length: 100 }, () => world.credit(anna.email, "0.0101")));
  assert.equal(await balanceOf(anna), "1.0100");
});

test("credit with an Idempotency-Key is given once, and answered as it was", async () => {
  const anna = await world.account(),
    bert = await world.account();
  const keyed = (key, body, cookie = admin) =>
    world.api("POST", "/admin/api/users/credit", { cookie, body, headers: { "idempotency-key": key } });
  const body = { email: anna.email, amountUsd: 5, description: "Bank transfer" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => keyed("transfer 1", body)));
  await credit({ email: anna.email, amountUsd: 1 });
  answers.push(await keyed("transfer 1", { ...body, email: anna.email.toUpperCase(), amountUsd: "5.00" }));
  for (const { status, json } of answers) {
    assert.equal(status, 201);
    assert.deepEqual(json, answers[0].json);
  }
  assert.equal(answers[0].json.balance, "5.0000", "as it was then");
  assert.equal(await balanceOf(anna), "6.0000");
  for (const other of [{ amountUsd: 6 }, { email: bert.email }, { description: "Another" }, { description: undefined }])
    assertRefused(await keyed("transfer 1", { ...body, ...other }), 409, /Idempotency-Key/);
  assert.equal((await keyed("transfer 2", body)).json.balance, "11.0000");
  assert.equal(await balanceOf(bert), "0.0000");
});

test("a key says nothing of a request that failed, and has to be one", async () => {
  const email = world.newEmail("later");
  const keyed = (key, body, options) =>
    world.api("POST", "/admin/api/users/credit", {
      cookie: admin,
      body,
      headers: { "idempotency-key": key },
      ...options,
    });
  assertRefused(await keyed("early", { email, amountUsd: 5 }), 404);
  const later = await world.account({ email });
  assertRefused(await keyed("early", { email, amountUsd: 0 }), 400);
  assert.equal((await keyed("early", { email, amountUsd: 5 })).status, 201);
  assert.equal(await balanceOf(later), "5.0000");
  for (const key of ["", "x".repeat(256)])
    assertRefused(await keyed(key, { email, amountUsd: 5 }, { checked: false }), 400, /Idempotency-Key/);
  assert.equal((await keyed("x".repeat(255), { email, amountUsd: 5 })).status, 201);
});

test("credit has to be an amount above zero, for an account that is there", async () => {
  const { email } = await world.account();
  for (const amountUsd of [
    undefined,
    null,
    0,
    -5,
    "0",
    "-1",
    1000000.01,
    1e300,
    0.00001,
    "1.23456",
    "abc",
    "",
    "1e3",
    true,
    [],
    {},
  ])
    assertRefused(await credit({ email, amountUsd }), 400, /amountUsd/);
  assertRefused(await credit({ amountUsd: 5 }), 400, /email/);
  assertRefused(await credit({ email, amountUsd: 5, description: "x".repeat(201) }), 400, /description/);
  assertRefused(await credit({ email: "nobody@example.com", amountUsd: 5 }), 404);
  assert.deepEqual(
    await world.sql(`SELECT t.id FROM transactions t JOIN users u ON u.id = t.user_id WHERE u.email = '${email}'`),
    [],
  );
  assert.equal((await credit({ email, amountUsd: 5 })).status, 201);
  const [{ description }] = await world.sql(
    `SELECT description FROM transactions t JOIN users u ON u.id = t.user_id WHERE u.email = '${email}'`,
  );
  assert.ok(description, "a description is made up where there is none");
});

test("the rate is 0.0040 until it is set, and kept over a restart", async () => {
  const rate = async () => (await world.must(200, "GET", "/admin/api/settings", { cookie: admin })).ratePerMinute;
  assert.equal(await rate(), "0.0040");
  for (const [given, kept] of [
    ["0.0125", "0.0125"],
    [0.005, "0.0050"],
    [0, "0.0000"],
    ["1000", "1000.0000"],
    ["0.01", "0.0100"],
  ]) {
    const { status, json } = await setRate(given);
    assert.equal(status, 200);
    assert.deepEqual(json, { ratePerMinute: kept });
    assert.equal(await rate(), kept);
  }
  for (const wrong of [undefined, null, -1, "-0.0001", 1000.0001, "0.00001", "a", "", true])
    assertRefused(await setRate(wrong), 400, /ratePerMinute/);
  assert.equal(await rate(), "0.0100");
  await world.restartControl();
  await eventually("the database", async () =>
    assert.equal((await world.api("GET", "/admin/api/settings", { cookie: admin })).status, 200),
  );
  assert.equal(await rate(), "0.0100");
});

test("an account that is there becomes the administrator with the environment's password: addresses aren't verified", async () => {
  const anna = await world.account({ email: "boss@example.com", password: "her-own-password" });
  const login = (password) => world.api("POST", "/api/auth/login", { body: { email: anna.email, password } });
  await world.restartControl({ ADMIN_EMAIL: "Boss@Example.com", ADMIN_PASSWORD: "from-the-environment" });
  await eventually("the database", async () => assert.equal((await login("from-the-environment")).status, 200));
  assert.equal(
    (await world.api("GET", "/admin/api/users", { cookie: anna.cookie })).status,
    401,
    "her session is over",
  );
  assert.equal((await login("her-own-password")).status, 401);
  const boss = await world.login({ email: anna.email, password: "from-the-environment" });
  assert.equal((await world.api("GET", "/admin/api/users", { cookie: boss })).status, 200);
  await world.must(200, "POST", "/api/auth/change-password", {
    cookie: boss,
    body: { currentPassword: "from-the-environment", newPassword: "changed-since" },
  });
  await world.restartControl();
  await eventually("the database", async () =>
    assert.equal((await login("changed-since")).status, 200, "an administrator keeps its password"),
  );
  assert.equal((await world.api("POST", "/api/auth/login", { body: ADMIN })).status, 200, "the one before stays");
});

test("the administrator is made even if PostgreSQL comes later", async () => {
  await world.server.database("stop");
  await world.server.killControl();
  Object.assign(world.server.env, { ADMIN_EMAIL: "late@example.com", ADMIN_PASSWORD: "late-password" });
  await world.server.startControl();
  const late = { email: "late@example.com", password: "late-password" };
  assertRefused(await world.api("POST", "/api/auth/login", { body: late }), 503);
  await world.server.database("start");
  await eventually("the late administrator", async () => {
    const cookie = await world.login(late);
    assert.equal((await world.api("GET", "/admin/api/users", { cookie })).status, 200);
  });
});
