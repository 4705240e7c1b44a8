// Every variable of §17: what is missing or wrong is said in one line before anything starts, what is set takes effect,
// and no secret is ever logged.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { ADMIN, program } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { Jar, httpPeer, startWorld } from "../lib/world.mjs";

const COMPLETE = {
  DATABASE_PUBLIC_URL: "postgres://somebody:database-password@127.0.0.1:1/nothing",
  SESSION_SECRET: "0123456789abcdef0123456789abcdef",
  ADMIN_EMAIL: "admin@example.org",
  ADMIN_PASSWORD: "correct horse",
  PORT: "0",
};
const MNEMONIC = "test test test test test test test test test test test junk";

/** Runs control until it ends; answers its status and what it said. It must not take long to refuse. */
async function refusal(env) {
  const all = { PATH: process.env.PATH, ...COMPLETE, ...env };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  const child = spawn(program("control", "onepizza-control"), [], { env: all, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const [status] = await once(child, "close");
  clearTimeout(timer);
  return { status, said };
}

/** Status 2, and one line that names the variable and not its value. */
async function isRefused(name, value, ...hidden) {
  const { status, said } = await refusal({ [name]: value });
  const what = `${name}=${value}`;
  assert.equal(status, 2, `${what}: status ${status}: ${said}`);
  assert.match(said, new RegExp(`\\b${name}\\b`), what);
  assert.equal(said.trimEnd().split("\n").length, 1, `${what}: one line, but it said ${said}`);
  for (const secret of [...hidden, "database-password", COMPLETE.SESSION_SECRET, COMPLETE.ADMIN_PASSWORD])
    assert.ok(!said.includes(secret), `${what}: ${said}`);
}

for (const name of ["DATABASE_PUBLIC_URL", "SESSION_SECRET", "ADMIN_EMAIL", "ADMIN_PASSWORD"]) {
  test(`without ${name} it doesn't start, and says so`, async () => {
    await isRefused(name, undefined);
    await isRefused(name, "");
  });
}

const WRONG = {
  SESSION_SECRET: ["x".repeat(31)],
  ADMIN_EMAIL: ["nobody"],
  ADMIN_PASSWORD: ["short"],
  PORT: ["abc", "-1", "65536", "80.5", "0x50", "3000 "],
  APP_URL: ["nonsense", "ftp://example.com"],
  NODE_ENV: ["staging"],
  RATE_LIMITS: ["maybe"],
  CRYPTO_MNEMONIC: [
    "test test test",
    "test test test test test test test test test test test test",
    "not words at all but twelve of them in a row here yes",
  ],
};
for (const [name, values] of Object.entries(WRONG)) {
  test(`a wrong ${name} is refused`, async () => {
    for (const value of values)
      await isRefused(name, value, ...(name.match(/SECRET|PASSWORD|MNEMONIC/) ? [value] : []));
  });
}

test("a TURN server without credentials is refused", async () => {
  await isRefused("TURN_URLS", "turn:turn.example.com:3478");
});

/** What is set in the world of all variables, and must never be seen in its log. */
const SECRETS = {
  SESSION_SECRET: "the session secret of this one test, long enough",
  ADMIN_PASSWORD: "the password of the administrator",
  RESEND_API_KEY: "re_a_key_of_resend_1234",
  STRIPE_SECRET_KEY: "sk_test_a_secret_of_stripe",
  STRIPE_WEBHOOK_SECRET: "whsec_a_webhook_secret",
  TURN_CREDENTIAL: "the-turn-servers-password",
  METRICS_TOKEN: "the-token-of-the-metrics",
  CRYPTO_MNEMONIC: MNEMONIC,
};

let bare, full, resend, stripe;
before(async () => {
  resend = await httpPeer({ answer: { status: 200, body: { id: "mail-1" } } });
  stripe = await httpPeer({
    answer: { status: 200, body: { id: "cs_1", url: "https://checkout.stripe.com/c/pay/cs_1" } },
  });
  bare = await startWorld({
    name: "env-bare",
    env: { APP_URL: undefined, ALLOWED_ORIGINS: undefined, NODE_ENV: "test", RESEND_API_BASE: resend.url },
  });
  full = await startWorld({
    name: "env-full",
    env: {
      ...SECRETS,
      APP_URL: "https://meet.example.com",
      ALLOWED_ORIGINS: "https://meet.example.com",
      NODE_ENV: "production",
      LOG_LEVEL: "debug",
      RESEND_API_BASE: resend.url,
      STRIPE_API_BASE: stripe.url,
      STRIPE_PRICE_ID: "price_123",
      ETH_RPC_URL: "http://127.0.0.1:9",
      TURN_URLS: "turn:your-turn-server.com:3478",
      TURN_USERNAME: "turner",
    },
  });
});
after(async () => {
  for (const one of [bare, full]) await one?.stop();
  for (const peer of [resend, stripe]) await peer?.close();
});

const origin = async (world, from) =>
  (await world.api("GET", "/healthz", { headers: { origin: from } })).headers["access-control-allow-origin"];

test("ALLOWED_ORIGINS is http://localhost:3000 unless told", async () => {
  assert.equal(await origin(bare, "http://localhost:3000"), "http://localhost:3000");
  assert.equal(await origin(bare, "https://meet.example.com"), undefined);
  assert.equal(await origin(full, "https://meet.example.com"), "https://meet.example.com");
  assert.equal(await origin(full, "http://localhost:3000"), undefined);
});

test("APP_URL is where mails lead, http://localhost:3000 unless told; RESEND_API_KEY sends them, without it none is sent", async () => {
  const email = full.newEmail();
  await full.register({ email });
  await full.must(200, "POST", "/api/auth/forgot-password", { body: { email } });
  const mail = await resend.request(({ json }) => JSON.stringify(json).includes("reset"), 20_000);
  assert.equal(mail.headers.authorization, `Bearer ${SECRETS.RESEND_API_KEY}`);
  assert.match(mail.body, /https:\/\/meet\.example\.com\/[^"' ]*token=/);
  const before = resend.requests.length;
  await bare.register({ email });
  await bare.must(200, "POST", "/api/auth/forgot-password", { body: { email } });
  await pause(500);
  assert.equal(
    resend.requests.slice(before).filter(({ headers }) => headers.authorization !== `Bearer ${SECRETS.RESEND_API_KEY}`)
      .length,
    0,
  );
});

test("the session cookie is HttpOnly and SameSite=Lax, and Secure when APP_URL is https", async () => {
  const sid = async (world, account) =>
    (await world.api("POST", "/api/auth/login", { body: account })).headers["set-cookie"].find((line) =>
      /^(__Host-)?sid=/.test(line),
    );
  const lines = {
    bare: await sid(bare, ADMIN),
    full: await sid(full, { email: ADMIN.email, password: SECRETS.ADMIN_PASSWORD }),
  };
  for (const [which, line] of Object.entries(lines)) {
    assert.match(line, /; *HttpOnly/i, which);
    assert.match(line, /; *SameSite=Lax/i, which);
    assert.match(line, /; *Path=\//i, which);
    assert.match(line, new RegExp(`Max-Age=${30 * 86400}`, "i"), which);
    assert.doesNotMatch(line, /; *Domain=/i, which);
  }
  assert.doesNotMatch(lines.bare, /; *Secure/i);
  assert.match(lines.full, /; *Secure/i);
});

test("ADMIN_EMAIL and ADMIN_PASSWORD are an administrator from the first start on, once", async () => {
  const cookie = await bare.admin();
  const me = await bare.must(200, "GET", "/api/auth/me", { cookie });
  assert.deepEqual([me.email, me.is_admin], [ADMIN.email, true]);
  await bare.restartControl();
  await bare.login(ADMIN);
  assert.deepEqual(await bare.sql("SELECT email FROM users WHERE is_admin"), [{ email: ADMIN.email }]);
  const anybody = await bare.account();
  assert.equal((await bare.must(200, "GET", "/api/auth/me", { cookie: anybody.cookie })).is_admin, false);
});

test("TURN_URLS, TURN_USERNAME and TURN_CREDENTIAL make the documented list of ICE servers", async () => {
  const stun = { urls: "stun:stun.l.google.com:19302" },
    stun1 = { urls: "stun:stun1.l.google.com:19302" };
  assert.deepEqual(await bare.must(200, "GET", "/api/config/ice-servers"), { iceServers: [stun, stun1] });
  const { iceServers } = await full.must(200, "GET", "/api/config/ice-servers");
  assert.deepEqual(iceServers[0], stun);
  assert.deepEqual(iceServers.at(-1), {
    urls: "turn:your-turn-server.com:3478",
    username: "turner",
    credential: SECRETS.TURN_CREDENTIAL,
  });
});

test("without STRIPE_SECRET_KEY there are no card payments: 503; with it Stripe is asked, with STRIPE_PRICE_ID", async () => {
  const poor = await bare.account(),
    rich = await full.account();
  const answer = await bare.api("POST", "/api/billing/stripe/checkout", {
    cookie: poor.cookie,
    body: { amountUsd: 20 },
  });
  assert.equal(answer.status, 503);
  assert.equal(typeof answer.json.error, "string");
  assert.deepEqual(
    await full.must(200, "POST", "/api/billing/stripe/checkout", { cookie: rich.cookie, body: { amountUsd: 20 } }),
    { url: "https://checkout.stripe.com/c/pay/cs_1" },
  );
  const asked = await stripe.request();
  assert.equal(asked.headers.authorization, `Bearer ${SECRETS.STRIPE_SECRET_KEY}`);
  assert.match(decodeURIComponent(asked.body), /price_123/);
});

test("without CRYPTO_MNEMONIC there is no USDC: 503; with it each account has the wallet's address", async () => {
  const poor = await bare.account(),
    rich = await full.account();
  assert.equal((await bare.api("GET", "/api/billing/usdc/address", { cookie: poor.cookie })).status, 503);
  const { address } = await full.must(200, "GET", "/api/billing/usdc/address", { cookie: rich.cookie });
  assert.match(address, /^0x[0-9a-fA-F]{40}$/);
  const second = await full.account();
  assert.notEqual(
    (await full.must(200, "GET", "/api/billing/usdc/address", { cookie: second.cookie })).address,
    address,
  );
});

test("no secret is in the log, at the level debug", async () => {
  const owner = await full.account({ password: "a password nobody may see" }).catch(() => null);
  assert.ok(owner, "the full world has accounts");
  const cookie = new Jar();
  await full.must(200, "POST", "/api/auth/login", {
    cookie,
    body: { email: ADMIN.email, password: SECRETS.ADMIN_PASSWORD },
  });
  await full.must(201, "POST", "/admin/api/users/credit", {
    cookie,
    body: { email: owner.email, amountUsd: 5, description: "x" },
  });
  const meeting = await full.meeting(owner, { title: "Logged" });
  const host = await full.joinAsHost(meeting);
  const { inviteToken } = await full.must(201, "POST", `/api/meetings/${meeting.meetingId}/invite`, {
    token: meeting.adminToken,
    body: {},
  });
  await full.join(meeting, { name: "Invited", inviteToken, topology: "auto" });
  await full.api("GET", "/api/meetings", { key: "mk_a_wrong_key_that_was_sent" });
  await full.api("POST", `/api/meetings/${meeting.meetingId}/lock`, { token: "a-wrong-token-that-was-sent" });
  await full.api("GET", "/api/auth/reset-password?token=a-reset-token-that-was-sent");
  await full.must(201, "POST", "/api/user/support-key", { cookie: owner.cookie });
  host.close();
  const log = full.controlLog();
  assert.ok(log.length > 0, "it logs");
  const unseen = {
    ...SECRETS,
    password: owner.password,
    key: owner.apiKey,
    sid: owner.cookie.get("sid"),
    adminToken: meeting.adminToken,
    inviteToken,
    wrongKey: "mk_a_wrong_key",
    wrongToken: "a-wrong-token",
    resetToken: "a-reset-token",
  };
  for (const [what, secret] of Object.entries(unseen)) assert.ok(!log.includes(secret), `${what} is in the log`);
});
