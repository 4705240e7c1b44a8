// Accounts and sessions (§1): every field, every refusal, what ends a session, and that no secret is kept or logged.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADMIN } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { PASSWORD } from "../lib/world.mjs";
import {
  assertRefused,
  everythingStored,
  isRecent,
  jarOf,
  mails,
  sha256,
  startAccountsWorld,
  tally,
} from "./lib/accounts.mjs";

let world;
const secrets = new Set([PASSWORD, ADMIN.password]); // that must be found nowhere
before(async () => (world = await startAccountsWorld("accounts")));
after(() => world?.stop());

const post = (path, body, options = {}) => world.api("POST", path, { body, ...options });
const register = (body) => post("/api/auth/register", body);
const login = (email, password, options) => post("/api/auth/login", { email, password }, options);
const me = (cookie) => world.api("GET", "/api/auth/me", { cookie });

async function isLoggedIn(cookie) {
  const { status } = await me(cookie.copy());
  assert.ok(status === 200 || status === 401, `status ${status}`);
  return status === 200;
}

async function account(fields) {
  const made = await world.account(fields);
  secrets.add(made.apiKey).add(made.password).add(made.cookie.get("sid"));
  return made;
}

// ---- register ----

test("registering answers the documented fields, and the key is the account's first", async () => {
  const email = world.newEmail();
  const { status, json } = await register({ email: email.toUpperCase(), password: PASSWORD });
  assert.equal(status, 201);
  const { apiKey, ...rest } = json;
  assert.deepEqual(rest, { message: "Account created", email, accountType: "personal" });
  assert.match(apiKey, /^mk_[0-9a-z]{40,}$/i);
  secrets.add(apiKey);
  const cookie = await world.login({ email, password: PASSWORD });
  const { keys } = await world.must(200, "GET", "/api/user/keys", { cookie });
  assert.equal(keys.length, 1);
  assert.equal(keys[0].label, "Default");
  assert.equal(keys[0].key, `${apiKey.slice(0, 7)}…${apiKey.slice(-4)}`);
});

test("a company's account gets an invite code", async () => {
  const email = world.newEmail("owner");
  const { status, json } = await register({
    email,
    password: PASSWORD,
    accountType: "company",
    companyName: "  Acme Corp ",
  });
  assert.equal(status, 201);
  const { apiKey, inviteCode, ...rest } = json;
  assert.deepEqual(rest, { message: "Account created", email, accountType: "company" });
  assert.match(inviteCode, /^[A-Za-z0-9]{12}$/);
  secrets.add(apiKey);
  assert.deepEqual(await world.sql(`SELECT name, balance::text FROM companies WHERE invite_code = '${inviteCode}'`), [
    { name: "Acme Corp", balance: "0.0000" },
  ]);
});

test("a welcome waits to be mailed", async () => {
  const { email } = await account();
  assert.deepEqual(
    (await mails(world, email, "welcome")).map((m) => m.data.accountType),
    ["personal"],
  );
});

test("what is missing or wrong is named, with 400, and makes no account", async () => {
  const email = "wrong@example.com";
  const wrong = [
    [{ password: PASSWORD }, /email/],
    [{ email }, /password/],
    [{ email: "", password: PASSWORD }, /email/],
    [{ email: "no-at-sign", password: PASSWORD }, /email/],
    [{ email: "a@b", password: PASSWORD }, /email/],
    [{ email: "a b@example.com", password: PASSWORD }, /email/],
    [{ email: `${"x".repeat(250)}@example.com`, password: PASSWORD }, /email/],
    [{ email: 5, password: PASSWORD }, /email/],
    [{ email, password: "1234567" }, /password/],
    [{ email, password: 12345678 }, /password/],
    [{ email, password: "x".repeat(1025) }, /password/],
    [{ email, password: "ä".repeat(513) }, /password/],
    [{ email, password: PASSWORD, accountType: "club" }, /accountType/],
    [{ email, password: PASSWORD, accountType: "company" }, /companyName/],
    [{ email, password: PASSWORD, accountType: "company", companyName: "" }, /companyName/],
    [{ email, password: PASSWORD, accountType: "company", companyName: " \t" }, /companyName/],
    [{ email, password: PASSWORD, accountType: "company", companyName: "x".repeat(201) }, /companyName/],
    [{ email, password: PASSWORD, accountType: "company", companyName: 7 }, /companyName/],
  ];
  for (const [body, words] of wrong) assertRefused(await register(body), 400, words);
  assertRefused(await post("/api/auth/register", "not json"), 400);
  assertRefused(await post("/api/auth/register", "{}", { headers: { "content-type": "text/plain" } }), 415);
  assert.deepEqual(await world.sql(`SELECT id FROM users WHERE email = '${email}'`), []);
});

test("the longest and the strangest passwords work", async () => {
  for (const password of ["x".repeat(1024), "ä".repeat(512), "pass word 🍕 \\ \" '", "12345678"]) {
    const made = await account({ email: world.newEmail(), password });
    assert.equal((await login(made.email, `${password.slice(0, -1)}!`)).status, 401);
  }
});

test("an address is taken whatever its case: 409", async () => {
  const { email } = await account();
  assertRefused(await register({ email, password: "another-password" }), 409);
  assertRefused(await register({ email: email.toUpperCase(), password: "another-password" }), 409);
});

test("of fifty at once one gets the address, one account and one key", async () => {
  const email = world.newEmail("race");
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => register({ email, password: `${PASSWORD}${i}` })),
  );
  assert.deepEqual(tally(answers), { 201: 1, 409: 49 });
  const winner = answers.findIndex(({ status }) => status === 201);
  await world.login({ email, password: `${PASSWORD}${winner}` });
  assert.deepEqual(
    await world.sql(
      `SELECT count(*) AS users, sum((SELECT count(*) FROM api_keys k WHERE k.user_id = u.id)) AS keys FROM users u WHERE email = '${email}'`,
    ),
    [{ users: 1, keys: 1 }],
  );
});

// ---- logging in and out ----

test("logging in sets a cookie that scripts and other sites don't get", async () => {
  const { email } = await account({ accountType: "company", companyName: "Cookies Inc" });
  const { status, json, headers } = await login(email.toUpperCase(), PASSWORD);
  assert.equal(status, 200);
  const { message, ...rest } = json;
  assert.deepEqual(rest, { email, accountType: "company" });
  assert.ok(message);
  assert.equal(headers["set-cookie"].length, 1);
  const [pair, ...attributes] = headers["set-cookie"][0].split("; ");
  assert.match(pair, /^sid=.{60,}$/);
  assert.deepEqual(attributes.sort(), ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"]);
  assert.equal(headers["cache-control"], "no-store");
  secrets.add(pair.slice(4));
});

test("a wrong password and an unknown address get the same answer", async () => {
  const { email } = await account();
  const wrong = await login(email, "wrong-password"),
    unknown = await login("nobody@example.com", "wrong-password");
  assertRefused(wrong, 401);
  assert.equal(wrong.text, unknown.text);
  assert.equal(wrong.headers["set-cookie"], undefined);
  assertRefused(await login(email, ""), 400, /password/);
  assertRefused(await post("/api/auth/login", { password: PASSWORD }), 400, /email/);
  assertRefused(await login(`ä${email}`, PASSWORD), 401);
  assertRefused(await login("' OR 1=1 --", PASSWORD), 401);
});

test("the time an answer takes doesn't tell whether an address is known", async () => {
  const { email } = await account();
  const times = { known: [], unknown: [] };
  for (let i = 0; i < 24; i++) {
    for (const [kind, address] of [
      ["known", email],
      ["unknown", `nobody${i}@example.com`],
    ]) {
      const began = performance.now();
      await login(address, "wrong-password");
      times[kind].push(performance.now() - began);
    }
  }
  const quartile = (list) => list.sort((a, b) => a - b)[6];
  const known = quartile(times.known),
    unknown = quartile(times.unknown);
  assert.ok(
    Math.max(known, unknown) < 1.6 * Math.min(known, unknown),
    `known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms`,
  );
});

test("me has the documented fields and no others", async () => {
  const { email, id, cookie } = await account();
  const { status, json } = await me(cookie);
  assert.equal(status, 200);
  const { created_at, ...rest } = json;
  isRecent(created_at);
  assert.deepEqual(rest, { id, email, accountType: "personal", balance: "0.0000", company_id: null, is_admin: false });
  assert.equal((await me(await world.admin())).json.is_admin, true);
});

test("without a session, or with what isn't one, it is 401", async () => {
  const { cookie } = await account();
  const sid = cookie.get("sid");
  for (const value of [
    undefined,
    "",
    "garbage",
    sid.slice(0, -1),
    `${sid}0`,
    sid.replace(/.$/, (c) => (c === "0" ? "1" : "0")),
    sid.split(".")[0],
    `${"A".repeat(43)}.${"0".repeat(64)}`,
  ])
    for (const [method, path] of [
      ["GET", "/api/auth/me"],
      ["GET", "/api/user/keys"],
      ["POST", "/api/auth/logout-all"],
      ["GET", "/api/company/members"],
      ["GET", "/admin/api/users"],
    ])
      assertRefused(await world.api(method, path, { cookie: value === undefined ? undefined : jarOf(value) }), 401);
});

test("logging out ends this session at once, and no other", async () => {
  const { email, password, cookie } = await account();
  const other = await world.login({ email, password }),
    before = cookie.copy();
  const { status, json } = await post("/api/auth/logout", undefined, { cookie });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["message"]);
  assert.equal(cookie.get("sid"), undefined, "the cookie is taken back");
  assert.equal(await isLoggedIn(before), false);
  assert.equal(await isLoggedIn(other), true);
});

test("who isn't logged in may log out", async () => {
  for (const cookie of [undefined, jarOf("garbage")])
    assert.equal((await post("/api/auth/logout", undefined, { cookie })).status, 200);
});

test("signing out everywhere ends all sessions", async () => {
  const { email, password, cookie } = await account();
  const others = [await world.login({ email, password }), await world.login({ email, password })],
    stranger = (await account()).cookie;
  for (const each of others) assert.equal(await isLoggedIn(each), true); // they are known by now
  assert.equal((await post("/api/auth/logout-all", undefined, { cookie: cookie.copy() })).status, 200);
  for (const each of [cookie, ...others]) assert.equal(await isLoggedIn(each), false);
  assert.equal(await isLoggedIn(stranger), true);
});

// ---- passwords ----

test("changing the password ends the other sessions, and is mailed", async () => {
  const { email, password, cookie } = await account();
  const other = await world.login({ email, password }),
    next = "a-better-secret";
  secrets.add(next);
  assert.equal(await isLoggedIn(other), true);
  assertRefused(
    await post("/api/auth/change-password", { currentPassword: "wrong-password", newPassword: next }, { cookie }),
    401,
  );
  assert.equal(await isLoggedIn(other), true);
  const { status, json } = await post(
    "/api/auth/change-password",
    { currentPassword: password, newPassword: next },
    { cookie },
  );
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["message"]);
  assert.equal(await isLoggedIn(cookie), true);
  assert.equal(await isLoggedIn(other), false);
  assert.equal((await login(email, password)).status, 401);
  assert.equal((await login(email, next)).status, 200);
  assert.equal((await mails(world, email, "password_changed")).length, 1);
});

test("changing the password needs both, and a good new one", async () => {
  const { cookie } = await account();
  const change = (body) => post("/api/auth/change-password", body, { cookie });
  assertRefused(await change({ newPassword: "a-better-secret" }), 400, /currentPassword/);
  assertRefused(await change({ currentPassword: PASSWORD }), 400, /newPassword/);
  assertRefused(await change({ currentPassword: PASSWORD, newPassword: "1234567" }), 400, /newPassword/);
  assertRefused(await change({ currentPassword: PASSWORD, newPassword: "x".repeat(1025) }), 400, /newPassword/);
  assertRefused(
    await post("/api/auth/change-password", { currentPassword: PASSWORD, newPassword: "a-better-secret" }),
    401,
  );
});

test("of two changes from the same password one is made", async () => {
  const { email, password, cookie } = await account();
  const tries = ["first-password", "second-password"];
  const answers = await Promise.all(
    tries.map((newPassword) =>
      post("/api/auth/change-password", { currentPassword: password, newPassword }, { cookie }),
    ),
  );
  assert.deepEqual(tally(answers), { 200: 1, 401: 1 });
  const made = answers.findIndex(({ status }) => status === 200);
  assert.equal((await login(email, tries[made])).status, 200);
});

const forgot = (email) => post("/api/auth/forgot-password", { email });
const reset = (token, password) => post("/api/auth/reset-password", { token, password });

/** The token that was mailed last. */
async function mailedToken(email) {
  for (let i = 0; i < 100; i++) {
    const all = await mails(world, email, "password_reset");
    if (all.length) return all.at(-1).data.token;
    await pause(50);
  }
  throw new Error(`no reset mail for ${email}`);
}

const forgetMails = (email) => world.sql(`DELETE FROM mail_queue WHERE recipient = '${email}'`);

async function tokenFor(email) {
  await forgetMails(email);
  assert.equal((await forgot(email)).status, 200);
  const token = await mailedToken(email);
  secrets.add(token);
  return token;
}

test("a forgotten password: the same answer for all, and a token for whom there is an account", async () => {
  const { email } = await account();
  const known = await forgot(email.toUpperCase()),
    unknown = await forgot("nobody@example.com");
  assert.equal(known.status, 200);
  assert.equal(known.text, unknown.text);
  assert.deepEqual(Object.keys(known.json), ["message"]);
  const token = await mailedToken(email);
  secrets.add(token);
  assert.ok(token.length >= 43, "256 bits");
  const [stored] = await world.sql(
    `SELECT expires_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour' AS an_hour FROM password_resets WHERE token_hash = '${sha256(token)}'`,
  );
  assert.deepEqual(stored, { an_hour: true });
  assert.deepEqual(await mails(world, "nobody@example.com", "password_reset"), []);
  assertRefused(await post("/api/auth/forgot-password", {}), 400, /email/);
  assert.equal((await forgot("not an address")).status, 200);
});

test("a reset token sets a password once, and ends all sessions", async () => {
  const { email, cookie } = await account();
  const token = await tokenFor(email),
    next = "reset-password-1";
  secrets.add(next);
  const valid = await world.api("GET", `/api/auth/reset-password?token=${token}`);
  assert.equal(valid.status, 200);
  assert.equal(valid.json.valid, true);
  assert.equal(await isLoggedIn(cookie), true);
  assertRefused(await reset(token, "1234567"), 400, /password/);
  const { status, json } = await reset(token, next);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["message"]);
  assert.equal(await isLoggedIn(cookie), false);
  assert.equal((await login(email, PASSWORD)).status, 401);
  assert.equal((await login(email, next)).status, 200);
  assertRefused(await reset(token, "reset-password-2"), 400, /token/);
  assertRefused(await world.api("GET", `/api/auth/reset-password?token=${token}`), 400, /token/);
  assert.equal((await mails(world, email, "password_changed")).length, 1);
});

test("a newer token voids the older ones, a changed password voids all", async () => {
  const { email, cookie } = await account();
  const first = await tokenFor(email),
    second = await tokenFor(email);
  assertRefused(await world.api("GET", `/api/auth/reset-password?token=${first}`), 400);
  assert.equal((await world.api("GET", `/api/auth/reset-password?token=${second}`)).status, 200);
  await world.must(200, "POST", "/api/auth/change-password", {
    cookie,
    body: { currentPassword: PASSWORD, newPassword: "another-secret" },
  });
  assertRefused(await reset(second, "reset-password-3"), 400, /token/);
});

test("a token is good for an hour", async () => {
  const { email } = await account();
  const token = await tokenFor(email);
  await world.sql(
    `UPDATE password_resets SET expires_at = now() - interval '1 second' WHERE token_hash = '${sha256(token)}'`,
  );
  assertRefused(await world.api("GET", `/api/auth/reset-password?token=${token}`), 400, /token/);
  assertRefused(await reset(token, "reset-password-4"), 400, /token/);
  assert.equal((await login(email, PASSWORD)).status, 200);
});

test("of ten uses of a token one counts", async () => {
  const { email } = await account();
  const token = await tokenFor(email);
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => reset(token, `reset-password-${i}-of-10`)));
  assert.deepEqual(tally(answers), { 200: 1, 400: 9 });
  const made = answers.findIndex(({ status }) => status === 200);
  assert.equal((await login(email, `reset-password-${made}-of-10`)).status, 200);
});

test("what is no token is refused", async () => {
  for (const path of ["/api/auth/reset-password", "/api/auth/reset-password?token="])
    assertRefused(await world.api("GET", path, { checked: false }), 400, /token/);
  assertRefused(await world.api("GET", "/api/auth/reset-password?token=unknown"), 400, /token/);
  assertRefused(await reset("unknown", "a-better-secret"), 400, /token/);
  assertRefused(await post("/api/auth/reset-password", { password: "a-better-secret" }), 400, /token/);
  assertRefused(await post("/api/auth/reset-password", { token: "unknown" }), 400, /password/);
});

// ---- what is kept ----

test("passwords are stored as Argon2id, each with a salt of its own", async () => {
  const { email } = await account(),
    { email: other } = await account();
  const rows = await world.sql(`SELECT password_hash FROM users WHERE email IN ('${email}', '${other}')`);
  for (const { password_hash } of rows)
    assert.match(password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.notEqual(rows[0].password_hash, rows[1].password_hash);
});

test("a hash of older parameters is made anew when its password comes", async () => {
  const { email } = await account({ email: world.newEmail(), password: "password" });
  // of "password"
  const weak = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  await world.sql(`UPDATE users SET password_hash = '${weak}' WHERE email = '${email}'`);
  const stored = async () =>
    (await world.sql(`SELECT password_hash FROM users WHERE email = '${email}'`))[0].password_hash;
  assert.equal((await login(email, "not-the-password")).status, 401);
  assert.equal(await stored(), weak);
  assert.equal((await login(email, "password")).status, 200);
  for (let i = 0; i < 50 && (await stored()) === weak; i++) await pause(50);
  assert.match(await stored(), /m=19456/);
  assert.equal((await login(email, "password")).status, 200);
});

test("without PostgreSQL it is 503, and afterwards all is well again", async () => {
  const { email, cookie } = await account();
  await world.server.database("stop");
  try {
    assertRefused(await login(email, PASSWORD), 503);
    assertRefused(await register({ email: world.newEmail(), password: PASSWORD }), 503);
    assertRefused(await forgot(email), 503);
    assertRefused(await me(cookie), 503);
  } finally {
    await world.server.database("start");
  }
  for (let i = 0; i < 200 && (await me(cookie)).status === 503; i++) await pause(50);
  assert.equal((await me(cookie)).status, 200);
  assert.equal((await login(email, PASSWORD)).status, 200);
});

test("no password, key, cookie or token is in the log or in a table", async () => {
  const log = world.controlLog(),
    stored = await everythingStored(world);
  assert.ok(log.includes("account_created") && stored.includes("$argon2id$"), "there is something to look at");
  assert.ok(secrets.size > 20);
  for (const secret of secrets) {
    for (const part of secret.length > 100 ? [secret, secret.split(".")[0]] : [secret]) {
      // words, and what no line would hold
      if (part === "12345678" || part === "password" || part.length > 300) continue;
      assert.ok(!log.includes(part), `${part.slice(0, 8)}… is in the log`);
      assert.ok(!stored.includes(part), `${part.slice(0, 8)}… is in a table`);
    }
  }
});

test("spaces that were pasted with an address, an id or a code mean nothing", async () => {
  const account = await world.account({ credit: "1" });
  const company = await world.company();
  const meeting = await world.meeting(account);
  for (const [before, behind] of [
    ["", " "],
    ["\t", ""],
    ["\u00a0", "\u00a0"],
    ["\u202f", "\u3000"],
    ["\ufeff", "\r\n"],
  ]) {
    const pasted = (text) => `${before}${text}${behind}`;
    await world.must(200, "POST", "/api/auth/login", {
      body: { email: pasted(account.email), password: account.password },
    });
    const path = `/api/meetings/${encodeURIComponent(pasted(meeting.meetingId).replaceAll(/[\t\r\n]/g, " "))}`;
    await world.must(200, "GET", path, { key: account.apiKey });
    const guest = await world.join({ ...meeting, meetingId: pasted(meeting.meetingId) }, { name: "Anna" });
    guest.close?.();
    const member = await world.account();
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: pasted(company.inviteCode) },
    });
    await world.register({ email: pasted(world.newEmail()) });
  }
});
