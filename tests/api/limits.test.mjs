// The four rate limits of §16, exactly: what each counts, by which address, what it says, and what isn't limited.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Jar, startWorld } from "../lib/world.mjs";

const QUARTER = 15 * 60,
  HOUR = 60 * 60;

let world;
before(
  async () =>
    (world = await startWorld({
      name: "limits",
      env: { RATE_LIMITS: "on", TRUSTED_PROXIES: "127.0.0.1,198.51.100.0/24" },
    })),
);
after(() => world?.stop());

let addresses = 0;
/** A client of an address of its own, as a trusted proxy would tell of it. */
function newAddress() {
  addresses += 1;
  return `203.0.113.${addresses}`;
}

const from = (address) => ({ "x-forwarded-for": address });

/** What an answer says of its limit. */
function limitOf({ headers }) {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => Number(headers[`ratelimit-${name}`]));
  return { limit, remaining, reset };
}

const isRefused = (answer, what) => {
  assert.equal(answer.status, 429, `${what}: ${answer.status} ${answer.text}`);
  assert.equal(typeof answer.json.error, "string", what);
};

/** The calls are allowed `limit` times together from one address, whatever their answers are, then refused. */
async function holds({ calls, limit, window }) {
  const headers = from(newAddress());
  for (let i = 0; i < limit; i++) {
    const answer = await calls[i % calls.length](headers);
    assert.notEqual(answer.status, 429, `call ${i + 1} of ${limit}`);
    const told = limitOf(answer);
    assert.deepEqual([told.limit, told.remaining], [limit, limit - 1 - i], `call ${i + 1}, ${answer.status}`);
    assert.ok(told.reset > window - 60 && told.reset <= window, `the window ends in ${told.reset} s`);
    assert.equal(answer.headers["retry-after"], undefined);
  }
  for (const call of calls) {
    const answer = await call(headers);
    isRefused(answer, "one more");
    const told = limitOf(answer),
      wait = Number(answer.headers["retry-after"]);
    assert.deepEqual([told.limit, told.remaining], [limit, 0]);
    assert.ok(wait > window - 60 && wait <= window, `Retry-After: ${wait}`);
  }
  assert.notEqual((await calls[0](from(newAddress()))).status, 429, "another address");
  return headers;
}

const login = (headers) =>
  world.api("POST", "/api/auth/login", { headers, body: { email: "nobody@example.com", password: "wrong password" } });
const badLogin = (headers) => world.api("POST", "/api/auth/login", { headers, body: {} });
const register = (headers) =>
  world.api("POST", "/api/auth/register", { headers, body: { email: "not an address", password: "x" } });
const forgot = (headers) =>
  world.api("POST", "/api/auth/forgot-password", { headers, body: { email: "nobody@example.com" } });
const checkReset = (headers) => world.api("GET", "/api/auth/reset-password?token=unknown", { headers });
const reset = (headers) =>
  world.api("POST", "/api/auth/reset-password", { headers, body: { token: "unknown", password: "a new password" } });
const guest = (headers) => world.api("POST", "/api/meetings/guest", { headers, body: {} });

test("login and register: 10 in 15 minutes together, refused ones too", { timeout: 60_000 }, async () => {
  const headers = await holds({ calls: [login, register, badLogin], limit: 10, window: QUARTER });
  for (const other of [forgot, guest])
    assert.notEqual((await other(headers)).status, 429, "another group has a count of its own");
});

test("forgot and reset: 3 in 15 minutes together", { timeout: 60_000 }, async () => {
  const headers = await holds({ calls: [forgot, reset], limit: 3, window: QUARTER });
  for (const other of [login, checkReset])
    assert.notEqual((await other(headers)).status, 429, "looking whether a link is still good sets nothing");
});

test("guest meetings: 5 in an hour, bad requests too", { timeout: 60_000 }, async () => {
  await holds({ calls: [guest], limit: 5, window: HOUR });
  await holds({
    calls: [guest, (headers) => world.api("POST", "/api/meetings/guest", { headers, body: { title: 7 } })],
    limit: 5,
    window: HOUR,
  });
});

test("the API: 100 in 15 minutes over all its parts, with credentials or without", { timeout: 60_000 }, async () => {
  const get = (path) => (headers) => world.api("GET", path, { headers });
  await holds({
    calls: [
      get("/api/meetings"),
      get("/api/meetings/scheduled/list"),
      get("/api/meetings/history"),
      get("/api/meetings/zzz-zzzz-zzz"),
      get("/api/user/keys"),
      get("/api/webhooks"),
      get("/api/company/members"),
      get("/api/billing/history"),
      get("/api/billing/usdc/address"),
      (headers) => world.api("POST", "/api/meetings", { headers, key: "mk_wrong", body: {} }),
      (headers) => world.api("POST", "/api/meetings/zzz-zzzz-zzz/lock", { headers, token: "wrong" }),
      (headers) => world.api("DELETE", "/api/webhooks/1", { headers }),
      checkReset,
    ],
    limit: 100,
    window: QUARTER,
  });
});

test("the limit is the address's, whoever calls: credentials give no counter of their own", {
  timeout: 60_000,
}, async () => {
  const headers = from(newAddress());
  const register = await world.api("POST", "/api/auth/register", {
    headers: from(newAddress()),
    body: { email: world.newEmail(), password: "secret123" },
  });
  assert.equal(register.status, 201, register.text);
  for (let i = 0; i < 100; i++) await world.api("GET", "/api/meetings", { headers });
  isRefused(await world.api("GET", "/api/meetings", { headers, key: register.json.apiKey }), "with a key");
  assert.equal(
    (await world.api("GET", "/api/meetings", { headers: from(newAddress()), key: register.json.apiKey })).status,
    200,
  );
});

test("a refused login is refused before its password is looked at", { timeout: 60_000 }, async () => {
  const email = world.newEmail(),
    headers = from(newAddress());
  assert.equal(
    (
      await world.api("POST", "/api/auth/register", {
        headers: from(newAddress()),
        body: { email, password: "secret123" },
      })
    ).status,
    201,
  );
  for (let i = 0; i < 10; i++) await badLogin(headers);
  const cookie = new Jar();
  isRefused(
    await world.api("POST", "/api/auth/login", { headers, cookie, body: { email, password: "secret123" } }),
    "the right password",
  );
  assert.equal(cookie.get("sid"), undefined);
});

test("not limited: ICE servers, /api/auth/me, Stripe's webhook, health, pages", { timeout: 60_000 }, async () => {
  const headers = from(newAddress());
  for (const path of ["/api/config/ice-servers", "/api/auth/me", "/healthz"]) {
    const answers = await Promise.all(Array.from({ length: 130 }, () => world.api("GET", path, { headers })));
    for (const answer of answers) {
      assert.notEqual(answer.status, 429, path);
      assert.equal(answer.headers["ratelimit-limit"], undefined, path);
    }
  }
  for (let i = 0; i < 130; i++)
    assert.notEqual((await world.api("POST", "/api/billing/stripe/webhook", { headers, body: "{}" })).status, 429);
  for (let i = 0; i < 130; i++) assert.equal((await world.api("GET", "/", { headers, checked: false })).status, 200);
});

const reports = [
  ["the last that no trusted proxy has added counts", (a) => `6.6.6.6, ${a}`, (a) => `7.7.7.7, ${a}`],
  [
    "trusted proxies behind each other are passed over",
    (a) => `${a}, 198.51.100.7`,
    (a) => `${a}, 198.51.100.8, 198.51.100.9`,
  ],
  ["IPv4 in IPv6 is that address", (a) => a, (a) => `::ffff:${a}`],
  ["spaces mean nothing", (a) => `  ${a}  `, (a) => `1.1.1.1 ,${a}`],
];
for (const [name, one, other] of reports) {
  test(`X-Forwarded-For: ${name}`, { timeout: 60_000 }, async () => {
    const address = newAddress();
    for (let i = 0; i < 5; i++) assert.notEqual((await guest(from((i % 2 ? one : other)(address)))).status, 429);
    for (const written of [one, other]) isRefused(await guest(from(written(address))), written(address));
  });
}

test("X-Forwarded-For in several lines is one list", { timeout: 60_000 }, async () => {
  const one = newAddress(),
    other = newAddress();
  const lines = (address) => ({ "x-forwarded-for": ["6.6.6.6", address, "198.51.100.7"] });
  for (let i = 0; i < 5; i++) assert.notEqual((await guest(lines(one))).status, 429);
  isRefused(await guest(lines(one)), "the same");
  assert.notEqual((await guest(lines(other))).status, 429, "another behind the same proxies");
});

test("a proxy that nobody trusts is told of: once in the log, and to administrators", { timeout: 60_000 }, async () => {
  const told = async () => {
    const log = await readFile("build/test-logs/api-limits-proxy-control.log", "utf8").catch(() => "");
    return log.split("\n").filter((line) => line.includes("proxy_untrusted"));
  };
  const before = (await told()).length;
  const stranger = await startWorld({ name: "limits-proxy", env: { RATE_LIMITS: "on" } });
  try {
    const warnings = async () =>
      (await stranger.must(200, "GET", "/admin/api/analytics/health", { cookie: admin })).warnings;
    const admin = await stranger.admin();
    assert.equal(await warnings(), undefined);
    for (let i = 0; i < 3; i++) await stranger.api("GET", "/healthz", { headers: from(newAddress()) });
    const [warning, ...others] = await warnings();
    assert.match(warning, /^3 requests .*X-Forwarded-For from 127\.0\.0\.1.*TRUSTED_PROXIES/);
    assert.deepEqual(others, []);
    const lines = (await told()).slice(before);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /header=X-Forwarded-For from=127\.0\.0\.1 .*TRUSTED_PROXIES/);
  } finally {
    await stranger.stop();
  }
});

test("X-Forwarded-For of whom nobody trusts means nothing", { timeout: 60_000 }, async () => {
  const stranger = await startWorld({ name: "limits-untrusted", env: { RATE_LIMITS: "on" } });
  try {
    for (let i = 0; i < 5; i++)
      assert.equal(
        (await stranger.api("POST", "/api/meetings/guest", { headers: from(newAddress()), body: {} })).status,
        201,
      );
    for (const headers of [
      from(newAddress()),
      { forwarded: `for=${newAddress()}` },
      { "x-real-ip": newAddress() },
      { "x-client-ip": newAddress() },
      {},
    ])
      isRefused(await stranger.api("POST", "/api/meetings/guest", { headers, body: {} }), JSON.stringify(headers));
  } finally {
    await stranger.stop();
  }
});

test("an account has ten guesses, then one a minute, whatever addresses they come from; its owner's browser goes on", {
  timeout: 60_000,
}, async () => {
  const email = world.newEmail(),
    password = "secret123";
  const cookie = new Jar();
  const headers = () => from(newAddress());
  await world.must(201, "POST", "/api/auth/register", { headers: headers(), body: { email, password } });
  await world.must(200, "POST", "/api/auth/login", { headers: headers(), cookie, body: { email, password } });
  const guesses = [];
  for (let i = 0; i < 20; i++)
    guesses.push(
      await world.api("POST", "/api/auth/login", { headers: headers(), body: { email, password: `wrong ${i}` } }),
    );
  const statuses = guesses.map(({ status }) => status);
  assert.deepEqual(statuses.slice(0, 9), Array(9).fill(401));
  assert.deepEqual(statuses.slice(10), Array(10).fill(429));
  isRefused(
    await world.api("POST", "/api/auth/login", { headers: headers(), body: { email, password } }),
    "a stranger",
  );
  await world.must(200, "POST", "/api/auth/login", { headers: headers(), cookie, body: { email, password } });
  const other = new Jar();
  const own = { email: world.newEmail(), password };
  await world.must(201, "POST", "/api/auth/register", { headers: headers(), body: own });
  await world.must(200, "POST", "/api/auth/login", { headers: headers(), cookie: other, body: own });
  isRefused(
    await world.api("POST", "/api/auth/login", { headers: headers(), cookie: other, body: { email, password } }),
    "a stranger who is logged in to an account of their own",
  );
});

test("a mailbox gets five letters to reset its password, and nobody is told that it gets no more", {
  timeout: 60_000,
}, async () => {
  const email = world.newEmail();
  const body = { email, password: "secret123" };
  await world.must(201, "POST", "/api/auth/register", { headers: from(newAddress()), body });
  const answers = [];
  for (let i = 0; i < 12; i++)
    answers.push(
      await world.must(200, "POST", "/api/auth/forgot-password", { headers: from(newAddress()), body: { email } }),
    );
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [{ n }] = await world.sql(
    `SELECT count(*)::int AS n FROM password_resets JOIN users ON users.id = user_id WHERE email = '${email}'`,
  );
  assert.ok(n >= 1 && n <= 5, `${n} links`);
});

test("of several session cookies one of ours is found, wherever it stands", { timeout: 60_000 }, async () => {
  const body = { email: world.newEmail(), password: "secret123" };
  const cookie = new Jar();
  await world.must(201, "POST", "/api/auth/register", { headers: from(newAddress()), body });
  await world.must(200, "POST", "/api/auth/login", { headers: from(newAddress()), cookie, body });
  const ours = `sid=${cookie.get("sid")}`;
  for (const sent of [`sid=evil; ${ours}`, `${ours}; sid=evil`, `sid=; sid=a.b; ${ours}; sid=`])
    assert.equal((await world.api("GET", "/api/auth/me", { headers: { cookie: sent } })).status, 200, sent);
});
