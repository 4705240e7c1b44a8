// Who may: every row of the routing table (onepizza-control --routes) is tried with no credentials, with garbage, and
// with somebody else's valid ones. Each is refused with its status and changes nothing; then the right ones are let in,
// so that it was the credentials. A new route without a row here fails the first test.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { program } from "../lib/servers.mjs";
import { eventually, settled, startWorld } from "../lib/world.mjs";

const MNEMONIC = "test test test test test test test test test test test junk";
const PASSWORD = "secret123";

// "METHOD /path": [who, the status with the right credentials, the body]. Those that end something come last of their
// kind.
const ROUTES = {
  "GET /": ["anyone"],
  "GET /join/:meetingId": ["anyone"],
  "GET /docs": ["anyone"],
  "GET /forgot-password": ["anyone"],
  "GET /reset-password": ["anyone"],
  "GET /dashboard": ["anyone"],
  "GET /healthz": ["anyone"],
  "GET /metrics": ["anyone"], // from this machine, as here; monitoring.test.mjs comes from elsewhere
  "GET /api/config/ice-servers": ["anyone"],
  "POST /api/meetings/guest": ["anyone"],
  "POST /api/auth/register": ["anyone"],
  "POST /api/auth/login": ["anyone"],
  "POST /api/auth/logout": ["anyone"], // clears the cookie, whatever it was
  "POST /api/auth/forgot-password": ["anyone"],
  "GET /api/auth/reset-password": ["anyone"], // the token in the query is the credential
  "POST /api/auth/reset-password": ["anyone"],
  "POST /api/billing/stripe/webhook": ["anyone"], // the signature is the credential

  "GET /api/auth/me": ["session", 200],
  "GET /api/user/keys": ["session", 200],
  "POST /api/user/keys": ["session", 201, { label: "x" }],
  "POST /api/user/support-key": ["session", 201],
  "GET /api/meetings/history": ["session", 200],
  "GET /api/webhooks": ["session", 200],
  "POST /api/webhooks": ["session", 201, { url: "https://93.184.216.34/hook", events: ["meeting.ended"] }],
  "GET /api/webhooks/:id/deliveries": ["session", 200],
  "POST /api/webhooks/:id/deliveries/:deliveryId/redeliver": ["session", 200],
  "DELETE /api/webhooks/:id": ["session", 200],
  "DELETE /api/user/keys/:id": ["session", 200],
  "GET /api/billing/history": ["session", 200],
  "GET /api/billing/usdc/address": ["session", 200],
  "POST /api/billing/stripe/checkout": ["session", 200, { amountUsd: 20 }],
  "GET /api/company/members": ["session", 200],
  "GET /api/company/invite-code": ["session", 200],
  "POST /api/company/invite-code": ["session", 201],
  "DELETE /api/company/members/:id": ["session", 200],
  "POST /api/company/join": ["session", 200, () => ({ inviteCode: f.boss.inviteCode })],
  "POST /api/auth/change-password": ["session", 200, { currentPassword: PASSWORD, newPassword: "another secret" }],

  "GET /admin/api/users": ["admin", 200],
  "GET /admin/api/payments/problems": ["admin", 200],
  "POST /admin/api/users/credit": ["admin", 201, () => ({ email: f.stranger.email, amountUsd: 1, description: "x" })],
  "GET /admin/api/settings": ["admin", 200],
  "PUT /admin/api/settings": ["admin", 200, { ratePerMinute: 0.005 }],
  "POST /admin/api/support-key/redeem": ["admin", 200, () => ({ key: f.supportKey })],
  "GET /admin/api/analytics/features": ["admin", 200],
  "GET /admin/api/analytics/errors": ["admin", 200],
  "GET /admin/api/analytics/realtime": ["admin", 200],
  "GET /admin/api/analytics/retention": ["admin", 200],
  "GET /admin/api/analytics/health": ["admin", 200],
  "GET /admin/api/analytics/peak-hours": ["admin", 200],

  "POST /api/meetings": ["key", 201, { title: "x" }],
  "GET /api/meetings": ["key", 200],
  "GET /api/meetings/scheduled/list": ["key", 200],
  "GET /api/meetings/:meetingId": ["key", 200],

  "PATCH /api/meetings/:meetingId/settings": ["token", 200, { title: "Renamed" }],
  "POST /api/meetings/:meetingId/lock": ["token", 200],
  "POST /api/meetings/:meetingId/unlock": ["token", 200],
  "POST /api/meetings/:meetingId/invite": ["token", 201, { name: "Bob" }],

  "POST /api/meetings/:meetingId/participants/:participantId/mute": ["key+token", 200],
  "POST /api/meetings/:meetingId/participants/:participantId/unmute": ["key+token", 200],
  "POST /api/meetings/:meetingId/mute-all": ["key+token", 200],
  "POST /api/meetings/:meetingId/participants/:participantId/kick": ["key+token", 200, { reason: "x" }],
  "DELETE /api/meetings/:meetingId": ["key+token", 200],

  "POST /api/auth/logout-all": ["session", 200],
};

let world;
/** Whoever is in the tests: victim, stranger, boss (with mate in its company), guest (a meeting). */
const f = {};

/** Somebody with everything: credit, a second key, a webhook with a delivery, a meeting with two people in it. */
async function somebody(account) {
  const { cookie } = account;
  account.keyId = (await world.must(201, "POST", "/api/user/keys", { cookie, body: { label: "second" } })).id;
  account.webhookId = (
    await world.must(201, "POST", "/api/webhooks", {
      cookie,
      body: { url: `${f.receiver.url}/hook`, events: ["participant.joined", "participant.left", "meeting.ended"] },
    })
  ).id;
  account.meeting = await world.meeting(account, { title: "Private" });
  account.host = await world.joinAsHost(account.meeting);
  account.anna = await world.join(account.meeting, { name: "Anna" });
  account.deliveryId = await eventually(
    "its webhook has deliveries",
    async () => {
      const rows = await world.sql(
        `SELECT id FROM webhook_deliveries WHERE webhook_id = ${account.webhookId} AND status = 'delivered' ORDER BY id`,
      );
      assert.equal(rows.length, 2);
      return rows[0].id;
    },
    10_000,
  );
  return account;
}

before(async () => {
  world = await startWorld({
    name: "security",
    env: {
      WEBHOOK_ALLOW_INSECURE: "1",
      CRYPTO_MNEMONIC: MNEMONIC,
      STRIPE_SECRET_KEY: "sk_test_x",
      ETH_RPC_URL: "http://127.0.0.1:9",
    },
  });
  f.receiver = await world.httpPeer();
  const stripe = await world.httpPeer({
    answer: { body: { id: "cs_1", url: "https://checkout.stripe.com/c/pay/cs_1" } },
  });
  await world.restartControl({ STRIPE_API_BASE: stripe.url });
  f.victim = await somebody(await world.account({ credit: "10" }));
  f.stranger = await somebody(await world.account({ credit: "10" }));
  f.boss = await world.company();
  f.otherBoss = await world.company();
  f.mate = await world.account();
  await world.must(200, "POST", "/api/company/join", {
    cookie: f.mate.cookie,
    body: { inviteCode: f.boss.inviteCode },
  });
  f.guest = await world.guestMeeting({ title: "Guests" });
  f.guestAnna = await world.join(f.guest, { name: "Anna" });
  f.supportKey = (await world.must(201, "POST", "/api/user/support-key", { cookie: f.stranger.cookie })).supportKey;

  const spent = await world.account();
  const { id, key } = await world.must(201, "POST", "/api/user/keys", { cookie: spent.cookie, body: {} });
  await world.must(200, "GET", "/api/meetings", { key }); // it is remembered
  await world.must(200, "DELETE", `/api/user/keys/${id}`, { cookie: spent.cookie });
  f.deletedKey = key;

  const late = await world.register();
  f.expired = await world.login(late);
  await world.sql(
    `UPDATE sessions SET seen_at = now() - interval '31 days' WHERE user_id = (SELECT id FROM users WHERE email = '${late.email}')`,
  );
  const gone = await world.account();
  f.loggedOut = gone.cookie.copy();
  await world.must(200, "POST", "/api/auth/logout", { cookie: gone.cookie });
  f.admin = await world.admin();
});
after(() => world?.stop());

// ---- nothing changes ----

const VOLATILE = {
  users: [],
  companies: [],
  sessions: ["seen_at"],
  api_keys: ["last_used_at"],
  password_resets: [],
  support_keys: [],
  settings: [],
  transactions: [],
  mail_queue: ["attempts", "next_at"],
  meetings: ["seen_at"],
  meeting_participants: [],
  webhooks: [],
  webhook_deliveries: ["attempts", "status", "next_attempt_at", "response_status", "error", "delivered_at"],
};

/** All that anybody could have changed: what is stored, and what the people in the meetings have heard. */
async function snapshot() {
  await settled(...[f.victim.anna, f.stranger.anna, f.guestAnna].filter(({ socket }) => socket.connected));
  const parts = Object.entries(VOLATILE).map(
    ([table, columns]) => `SELECT '${table}' AS name, md5(coalesce(string_agg(row, '|' ORDER BY row), '')) AS md5
    FROM (SELECT (to_jsonb(t)${columns.map((c) => ` - '${c}'`).join("")})::text AS row FROM ${table} t) rows`,
  );
  const tables = await world.sql(`SELECT * FROM (${parts.join(" UNION ALL ")}) all_tables ORDER BY name`);
  const live = (await world.api("GET", `/api/meetings/${f.victim.meeting.meetingId}`, { key: f.victim.apiKey })).json;
  return { tables, live, heard: [f.victim.anna, f.stranger.anna, f.guestAnna].map((client) => client.got.length) };
}

// ---- the cases of each kind of route: [what, credentials, status] ----

const filled = (path, who = f.victim) =>
  path
    .replace(":meetingId", who.meeting?.meetingId)
    .replace(":participantId", who.anna?.id)
    .replace(":deliveryId", who.deliveryId)
    .replace("/company/members/:id", `/company/members/${f.mate.id}`)
    .replace("/keys/:id", `/keys/${who.keyId}`)
    .replace("/webhooks/:id", `/webhooks/${who.webhookId}`);

const flipped = (text) => text.slice(0, -1) + (text.endsWith("a") ? "b" : "a");
const sidOf = (jar) => jar.get("sid");

const NO_SESSION = () => [
  ["no credentials", {}, 401],
  ["a session that was never given", { cookie: "sid=garbage" }, 401],
  ["an empty session", { cookie: "sid=" }, 401],
  ["a session with another last letter", { cookie: `sid=${flipped(sidOf(f.victim.cookie))}` }, 401],
  ["a session cut short", { cookie: `sid=${sidOf(f.victim.cookie).slice(0, 10)}` }, 401],
  ["a session of endless length", { cookie: `sid=${"a".repeat(3000)}` }, 401],
  ["an API key for a session", { key: f.victim.apiKey }, 401],
  ["an API key in the cookie", { cookie: `sid=${f.victim.apiKey}` }, 401],
  ["an expired session", { cookie: String(f.expired) }, 401],
  ["a session that was logged out", { cookie: String(f.loggedOut) }, 401],
];

const CROSS_SITE = (cookie) =>
  [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ].map((headers) => [`another site's ${JSON.stringify(headers)}`, { cookie: String(cookie), headers }, 403]);

const NO_KEY = (more = {}) => [
  ["no credentials", { ...more }, 401],
  ["a key that was never given", { key: `mk_${"0".repeat(48)}`, ...more }, 401],
  ["nonsense for a key", { key: "nonsense", ...more }, 401],
  ["half a key", { key: f.victim.apiKey.slice(0, 20), ...more }, 401],
  ["a key with another last letter", { key: flipped(f.victim.apiKey), ...more }, 401],
  ["a deleted key", { key: f.deletedKey, ...more }, 401],
  ["a session for a key", { cookie: String(f.victim.cookie), ...more }, 401],
];

const NO_TOKEN = (more = {}) => [
  ["no token", { ...more }, 403],
  ["nonsense for a token", { token: "nonsense", ...more }, 403],
  ["half a token", { token: f.victim.meeting.adminToken.slice(0, 16), ...more }, 403],
  ["a token with another last letter", { token: flipped(f.victim.meeting.adminToken), ...more }, 403],
  ["another meeting's token", { token: f.stranger.meeting.adminToken, ...more }, 403],
  ["a guest meeting's token", { token: f.guest.adminToken, ...more }, 403],
];

/** The status for whom a path with ids doesn't belong to. */
function somebodyElse(path) {
  if (path.includes("/company/members/:id"))
    return [
      ["one who is in no company", { cookie: String(f.stranger.cookie) }, 404],
      ["another company's owner", { cookie: String(f.otherBoss.cookie) }, 404],
      ["a member", { cookie: String(f.mate.cookie) }, 403],
    ];
  if (path === "/api/company/members" || path === "/api/company/invite-code")
    return [
      ["one who is in no company", { cookie: String(f.stranger.cookie) }, 404],
      ["a member", { cookie: String(f.mate.cookie) }, 403],
    ];
  return path.includes(":") ? [["somebody else's session", { cookie: String(f.stranger.cookie) }, 404]] : [];
}

const CASES = {
  anyone: () => [],
  session: (method, path) => [
    ...NO_SESSION(),
    ...(method === "GET" ? [] : CROSS_SITE(f.victim.cookie)),
    ...somebodyElse(path),
  ],
  admin: (method) => [
    ...NO_SESSION(),
    ["a session of no administrator", { cookie: String(f.victim.cookie) }, 403],
    ["the owner of a company", { cookie: String(f.boss.cookie) }, 403],
    ...(method === "GET" ? [] : CROSS_SITE(f.admin)),
  ],
  key: (_, path) => [
    ...NO_KEY(),
    ...(path.includes(":meetingId") ? [["somebody else's key", { key: f.stranger.apiKey }, 404]] : []),
  ],
  token: () => [
    ...NO_TOKEN(),
    ["the owner's key, and no token", { key: f.victim.apiKey }, 403],
    ["the owner's session, and no token", { cookie: String(f.victim.cookie) }, 403],
  ],
  "key+token": () => [
    ...NO_KEY({ token: f.victim.meeting.adminToken }),
    ...NO_TOKEN({ key: f.victim.apiKey }),
    ["neither", {}, 401],
    ["somebody else's key with the right token", { key: f.stranger.apiKey, token: f.victim.meeting.adminToken }, 404],
    ["somebody else's key with its own token", { key: f.stranger.apiKey, token: f.stranger.meeting.adminToken }, 404],
  ],
};

const bodyOf = (body) => (typeof body === "function" ? body() : body);

for (const [route, [who, status, body]] of Object.entries(ROUTES)) {
  const [method, path] = route.split(" ");
  if (who === "anyone") continue;
  test(`${route}: refused without ${who}, and nothing changes; let in with it`, { timeout: 60_000 }, async () => {
    const before = await snapshot();
    await Promise.all(
      CASES[who](method, path).map(async ([what, credentials, refusal]) => {
        const answer = await world.api(method, filled(path), { body: bodyOf(body), ...credentials });
        assert.equal(answer.status, refusal, `${what}: ${answer.status} ${answer.text}`);
        assert.equal(typeof answer.json.error, "string", what);
      }),
    );
    assert.deepEqual(await snapshot(), before);

    const session = path === "/api/company/join" ? f.mate : path.startsWith("/api/company/") ? f.boss : f.victim;
    const right = {
      session: { cookie: session.cookie },
      admin: { cookie: f.admin },
      key: { key: f.victim.apiKey },
      token: { token: f.victim.meeting.adminToken },
      "key+token": { key: f.victim.apiKey, token: f.victim.meeting.adminToken },
    };
    const answer = await world.api(method, filled(path), { body: bodyOf(body), ...right[who] });
    assert.equal(answer.status, status, `with the right credentials: ${answer.text}`);
    if (route === "DELETE /api/meetings/:meetingId") await f.victim.anna.event("(disconnect)");
    if (route === "DELETE /api/company/members/:id")
      Object.assign(f.boss, await world.must(200, "GET", "/api/company/invite-code", { cookie: f.boss.cookie }));
    if (path.endsWith("/kick")) f.victim.anna = await world.join(f.victim.meeting, { name: "Anna" });
  });
}

test("every route of the server is in this table, and in no other class", async () => {
  const { stdout } = await promisify(execFile)(program("control", "onepizza-control"), ["--routes"]);
  const CLASSES = {
    page: "anyone",
    anyone: "anyone",
    "guest-limit": "anyone",
    login: "anyone",
    reset: "anyone",
    api: "anyone",
    "session-free": "session",
    session: "session",
    admin: "admin",
    key: "key",
    token: "token",
    "key-token": "key+token",
    operator: "anyone",
  };
  const unknown = [],
    seen = [];
  for (const line of stdout.trim().split("\n")) {
    const [method, path, access] = line.split(" ");
    const row = ROUTES[`${method} ${path}`];
    seen.push(`${method} ${path}`);
    if (row?.[0] !== (CLASSES[access] ?? access))
      unknown.push(`${line}: ${row ? `the test says ${row[0]}` : "no row in security.test.mjs"}`);
  }
  assert.deepEqual(unknown, []);
  assert.deepEqual(
    Object.keys(ROUTES).filter((route) => !seen.includes(route)),
    [],
    "routes that the server doesn't have",
  );
});

// ---- guest meetings: the token alone is enough, and nothing else is ----

for (const [route, [who, status, body]] of Object.entries(ROUTES).filter(([, [who]]) => who.includes("token"))) {
  const [method, path] = route.split(" ");
  test(`${route} of a guest meeting: its token, and no other`, { timeout: 60_000 }, async () => {
    const meeting = await world.guestMeeting(),
      anna = await world.join(meeting, { name: "Anna" });
    const address = filled(path, { meeting, anna });
    for (const credentials of [
      {},
      { token: "nonsense" },
      { token: f.guest.adminToken },
      { key: f.stranger.apiKey },
      { key: f.stranger.apiKey, token: f.stranger.meeting.adminToken },
    ])
      assert.equal(
        (await world.api(method, address, { body, ...credentials })).status,
        403,
        JSON.stringify(credentials),
      );
    assert.equal((await world.api(method, address, { body, token: meeting.adminToken })).status, status, who);
  });
}

// ---- ids of others, and ids of nothing ----

test("a participant of another meeting, and one that isn't there: 404", async () => {
  const { meeting, apiKey: key } = f.stranger,
    token = meeting.adminToken;
  const other = await world.join(f.guest, { name: "Elsewhere" });
  for (const action of ["mute", "unmute", "kick"])
    for (const id of [other.id, "nobody", "0", "%27", "x".repeat(100)]) {
      const answer = await world.api("POST", `/api/meetings/${meeting.meetingId}/participants/${id}/${action}`, {
        key,
        token,
      });
      assert.equal(answer.status, 404, `${action} ${id}: ${answer.status} ${answer.text}`);
    }
  await settled(other);
  assert.deepEqual(other.all("admin:mute").concat(other.all("admin:kick"), other.all("admin:unmute")), []);
});

test("a meeting that isn't there: 404, after the credentials have been looked at", async () => {
  for (const id of ["zzz-zzzz-zzz", "zzzzzz-zzz", "nonsense"]) {
    assert.equal((await world.api("GET", `/api/meetings/${id}`)).status, 401);
    assert.equal((await world.api("GET", `/api/meetings/${id}`, { key: f.stranger.apiKey })).status, 404);
    const isGuests = id.indexOf("-") === 6; // whose host has no key: that the meeting is over is all there is to say
    assert.equal((await world.api("DELETE", `/api/meetings/${id}`, { token: "x" })).status, isGuests ? 404 : 401);
    assert.equal(
      (await world.api("DELETE", `/api/meetings/${id}`, { key: f.stranger.apiKey, token: "x" })).status,
      404,
    );
    assert.equal((await world.api("POST", `/api/meetings/${id}/lock`, { token: "x" })).status, 404);
  }
});

test("lists show one's own and nothing else", async () => {
  const { cookie, apiKey: key, meeting, webhookId } = f.stranger;
  const { meetings } = await world.must(200, "GET", "/api/meetings", { key });
  assert.deepEqual(
    meetings.map((m) => m.meetingId),
    [meeting.meetingId],
  );
  const { webhooks } = await world.must(200, "GET", "/api/webhooks", { cookie });
  assert.deepEqual(
    webhooks.map((w) => w.id),
    [webhookId],
  );
  const newcomer = await world.account();
  for (const [path, list] of [
    ["/api/meetings/history", "meetings"],
    ["/api/webhooks", "webhooks"],
    ["/api/billing/history", "transactions"],
  ])
    assert.deepEqual((await world.must(200, "GET", path, { cookie: newcomer.cookie }))[list], [], path);
  assert.deepEqual((await world.must(200, "GET", "/api/meetings", { key: newcomer.apiKey })).meetings, []);
  assert.equal((await world.must(200, "GET", "/api/user/keys", { cookie: newcomer.cookie })).keys.length, 1);
});

test("a company's meetings are its members', from the moment they join until they are removed", async () => {
  const boss = await world.company({ credit: "5" }),
    mate = await world.account(),
    meeting = await world.meeting(boss);
  const asked = async () => (await world.api("GET", `/api/meetings/${meeting.meetingId}`, { key: mate.apiKey })).status;
  const muted = async () =>
    (
      await world.api("POST", `/api/meetings/${meeting.meetingId}/mute-all`, {
        key: mate.apiKey,
        token: meeting.adminToken,
      })
    ).status;
  assert.deepEqual([await asked(), await muted()], [404, 404]);
  await world.must(200, "POST", "/api/company/join", { cookie: mate.cookie, body: { inviteCode: boss.inviteCode } });
  assert.deepEqual([await asked(), await muted()], [200, 200]);
  assert.equal((await world.must(200, "GET", "/api/meetings", { key: mate.apiKey })).meetings.length, 1);
  await world.must(200, "DELETE", `/api/company/members/${mate.id}`, { cookie: boss.cookie });
  assert.deepEqual([await asked(), await muted()], [404, 404]);
  assert.deepEqual((await world.must(200, "GET", "/api/meetings", { key: mate.apiKey })).meetings, []);
  assert.deepEqual((await world.must(200, "GET", "/api/meetings/history", { cookie: mate.cookie })).meetings, []);
});
