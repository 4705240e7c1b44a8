// Sessions (§1): how long they last, how many there are, and that no other site acts in their name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD } from "../lib/world.mjs";
import { assertRefused, sha256, startAccountsWorld } from "./lib/accounts.mjs";

let world;
before(async () => (world = await startAccountsWorld("sessions")));
after(() => world?.stop());

const post = (path, body, options = {}) => world.api("POST", path, { body, ...options });
const login = (email, password, options) => post("/api/auth/login", { email, password }, options);
const me = (cookie) => world.api("GET", "/api/auth/me", { cookie });

async function isLoggedIn(cookie) {
  const { status } = await me(cookie.copy());
  assert.ok(status === 200 || status === 401, `status ${status}`);
  return status === 200;
}

const ageSession = (cookie, age) =>
  world.sql(
    `UPDATE sessions SET seen_at = now() - interval '${age}' WHERE id_hash = '${sha256(cookie.get("sid").split(".")[0])}'`,
  );

test("a session slides: its use gives it another 30 days, at most once an hour", async () => {
  const { cookie } = await world.account();
  const fresh = await me(cookie);
  assert.equal(fresh.headers["set-cookie"], undefined);
  const { email } = await world.account();
  const old = await world.login({ email, password: PASSWORD });
  await ageSession(old, "29 days");
  const renewed = await me(old);
  assert.equal(renewed.status, 200);
  assert.match(renewed.headers["set-cookie"][0], /^sid=[^;]+; .*Max-Age=2592000/);
  assert.equal((await me(old)).headers["set-cookie"], undefined);
  const [{ recent }] = await world.sql(
    `SELECT seen_at > now() - interval '1 minute' AS recent FROM sessions WHERE id_hash = '${sha256(old.get("sid").split(".")[0])}'`,
  );
  assert.equal(recent, true);
});

test("a session that wasn't used for 30 days is over", async () => {
  const { email } = await world.account();
  const cookie = await world.login({ email, password: PASSWORD });
  await ageSession(cookie, "30 days 1 minute");
  assert.equal(await isLoggedIn(cookie), false);
});

test("an account keeps its hundred latest sessions", async () => {
  const { email, id, cookie } = await world.account();
  await world.sql(
    `INSERT INTO sessions (id_hash, user_id, seen_at) SELECT 'filler' || n, ${id}, now() - n * interval '1 hour' FROM generate_series(1, 150) n`,
  );
  await world.login({ email, password: PASSWORD });
  assert.deepEqual(await world.sql(`SELECT count(*) FROM sessions WHERE user_id = ${id}`), [{ count: 100 }]);
  assert.equal(await isLoggedIn(cookie), true);
});

// ---- other sites ----

test("other sites can't act with a cookie, nor log anybody in", async () => {
  const { cookie, email } = await world.account();
  const elsewhere = [
    { origin: "https://evil.example.com" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: world.url },
  ];
  for (const headers of elsewhere) {
    assertRefused(await post("/api/user/keys", {}, { cookie, headers }), 403);
    assertRefused(await post("/api/auth/logout", undefined, { cookie: cookie.copy(), headers }), 403);
    assertRefused(
      await post(
        "/api/auth/change-password",
        { currentPassword: PASSWORD, newPassword: "evil-password" },
        { cookie, headers },
      ),
      403,
    );
    const attempt = await login(email, PASSWORD, { headers });
    assertRefused(attempt, 403);
    assert.equal(attempt.headers["set-cookie"], undefined);
  }
  assert.equal((await world.must(200, "GET", "/api/user/keys", { cookie })).keys.length, 1);
  for (const headers of [
    {},
    { origin: world.url },
    { "sec-fetch-site": "same-origin", origin: world.url },
    { "sec-fetch-site": "none" },
  ])
    assert.equal((await login(email, PASSWORD, { headers })).status, 200);
  assert.equal(
    (await world.api("GET", "/api/auth/me", { cookie, headers: { "sec-fetch-site": "cross-site" } })).status,
    200,
    "reading is for CORS to refuse",
  );
});
