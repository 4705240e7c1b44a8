// What every call has in common (§16): unknown routes and methods, bodies that are too large, of another kind, or no
// JSON; HEAD and OPTIONS; CORS; the headers of every answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { operations } from "../lib/openapi.mjs";
import { startWorld } from "../lib/world.mjs";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

let world;
before(
  async () =>
    (world = await startWorld({
      name: "errors",
      env: { ALLOWED_ORIGINS: "https://app.example.com,https://other.example.com" },
    })),
);
after(() => world?.stop());

const paths = new Map();
for (const { method, template } of operations) paths.set(template, [...(paths.get(template) ?? []), method]);

/** A path of this shape that leads to nothing. */
const filled = (template) => template.replace(/\{meetingId\}/, "zzz-zzzz-zzz").replace(/\{[^}]+\}/g, "999999999");

/** An error as documented: this status, JSON, {error}, and nothing else but what says more. */
function assertError(answer, status, what) {
  assert.equal(answer.status, status, `${what}: ${answer.status} ${answer.text}`);
  assert.match(answer.headers["content-type"] ?? "", /^application\/json/, what);
  assert.equal(typeof answer.json.error, "string", what);
  assert.ok(answer.json.error.length > 0, what);
}

for (const [template, known] of paths) {
  test(`${template} answers other methods with 405 and Allow`, async () => {
    for (const method of METHODS.filter((m) => !known.includes(m))) {
      const answer = await world.api(method, filled(template), { checked: false });
      assertError(answer, 405, method);
      const allow = answer.headers.allow.split(/,\s*/);
      for (const each of known) assert.ok(allow.includes(each), `${each} in Allow: ${answer.headers.allow}`);
      assert.ok(!allow.includes(method), answer.headers.allow);
    }
  });

  test(`${template} answers OPTIONS with its methods`, async () => {
    const answer = await world.api("OPTIONS", filled(template), { checked: false });
    assert.equal(answer.status, 204);
    for (const each of known) assert.ok(answer.headers.allow.split(/,\s*/).includes(each), answer.headers.allow);
  });
}

for (const path of [
  "/api",
  "/api/",
  "/api/nothing",
  "/api/meetings/a/b/c/d/e",
  "/api/v9/meetings",
  "/admin/api/nothing",
  "/api/auth",
  "/api/meetings//",
  "/API/MEETINGS",
  "/nothing.php",
  "/.env",
  "/api/user/keys/1/2",
]) {
  test(`${path} is unknown: 404 in JSON for every method`, async () => {
    for (const method of METHODS)
      assertError(
        await world.api(method, path, { checked: false, body: method === "GET" ? undefined : {} }),
        404,
        method,
      );
  });
}

test("HEAD answers as GET does, without the body", async () => {
  for (const path of ["/api/config/ice-servers", "/healthz", "/api/meetings", "/api/auth/me", "/api/nothing"]) {
    const get = await world.api("GET", path, { checked: false }),
      head = await world.api("HEAD", path, { checked: false });
    assert.equal(head.status, get.status, path);
    assert.equal(head.headers["content-type"], get.headers["content-type"], path);
    assert.equal(head.text, "");
  }
});

const OPEN = {
  "/api/auth/register": { email: "a@example.com", password: "secret123" },
  "/api/auth/login": { email: "a@example.com", password: "x" },
  "/api/auth/forgot-password": { email: "a@example.com" },
  "/api/auth/reset-password": { token: "x", password: "secret123" },
  "/api/meetings/guest": { title: "x" },
};
for (const [path, body] of Object.entries(OPEN)) {
  test(`POST ${path} refuses bodies that aren't JSON objects`, async () => {
    const post = (sent, type = "application/json") =>
      world.api("POST", path, { body: sent, headers: { "content-type": type } });
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/xml",
      "application/jsonp",
      "nonsense",
      "",
    ])
      assertError(await post(JSON.stringify(body), type), 415, type);
    assertError(await post(JSON.stringify({ ...body, filler: "x".repeat(100_000) })), 413, "100 kB");
    for (const sent of [
      "{",
      "",
      "nonsense",
      "[1]",
      "[]",
      "7",
      '"text"',
      "null",
      "true",
      `${JSON.stringify(body)}x`,
      '{"a":1,}',
      '{"a":"\x01"}',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      '{"email":"\\ud800","title":"\\ud800","token":"\\ud800"}',
      "[".repeat(30_000),
    ]) {
      if (sent === "" && path.endsWith("guest")) continue; // nothing is required there
      assertError(await post(sent), 400, String(sent).slice(0, 40));
    }
  });
}

test("JSON is known by its type, whatever its parameters and its case", async () => {
  for (const type of ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]) {
    const answer = await world.api("POST", "/api/meetings/guest", {
      body: { title: "é" },
      headers: { "content-type": type },
    });
    assert.deepEqual([answer.status, answer.json.title], [201, "é"], type);
  }
});

test("fields that nobody knows are passed over", async () => {
  const answer = await world.api("POST", "/api/meetings/guest", { body: { title: "x", future: { field: 1 } } });
  assert.equal(answer.status, 201);
});

test("a validation message names the field", async () => {
  for (const [path, field, body] of [
    ["/api/meetings/guest", "title", { title: 7 }],
    ["/api/meetings/guest", "title", { title: "x".repeat(201) }],
    ["/api/auth/register", "email", { password: "secret123" }],
    ["/api/auth/register", "password", { email: "a@example.com", password: "short" }],
    ["/api/auth/login", "password", { email: "a@example.com" }],
    ["/api/auth/forgot-password", "email", {}],
    ["/api/auth/reset-password", "token", { password: "secret123" }],
  ]) {
    const answer = await world.api("POST", path, { body });
    assertError(answer, 400, path);
    assert.match(answer.json.error, new RegExp(field), `${path}: ${answer.json.error}`);
  }
});

test("CORS: allowed origins are answered, others are not", async () => {
  const ask = (method, origin, headers = {}) =>
    world.api(method, "/api/meetings", { checked: false, headers: { origin, ...headers } });
  for (const origin of ["https://app.example.com", "https://other.example.com"]) {
    assert.equal((await ask("GET", origin)).headers["access-control-allow-origin"], origin);
    const preflight = await ask("OPTIONS", origin, {
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type, x-api-key",
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers["access-control-allow-methods"], /POST/);
    assert.match(preflight.headers["access-control-allow-headers"], /x-api-key/);
    assert.match(preflight.headers.vary, /origin/i);
  }
  for (const origin of [
    "https://evil.example",
    "null",
    "https://app.example.com.evil.example",
    "http://app.example.com",
  ]) {
    const answer = await ask("GET", origin);
    assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
    assert.equal(answer.headers["access-control-allow-credentials"], undefined, origin);
  }
});

test("every answer has the security headers, errors too", async () => {
  for (const [method, path] of [
    ["GET", "/"],
    ["GET", "/join/abc-defg-hij"],
    ["GET", "/api/config/ice-servers"],
    ["GET", "/api/meetings"],
    ["GET", "/api/nothing"],
    ["PUT", "/api/meetings"],
    ["POST", "/api/auth/login"],
  ]) {
    const { headers } = await world.api(method, path, { checked: false });
    const what = `${method} ${path}`;
    assert.match(headers["content-security-policy"], /default-src 'self'/, what);
    assert.equal(headers["x-content-type-options"], "nosniff", what);
    assert.equal(headers["x-frame-options"], "SAMEORIGIN", what);
    assert.equal(headers["referrer-policy"], "no-referrer", what);
    assert.match(headers["strict-transport-security"] ?? "", /max-age=\d{7,}/, what);
    assert.equal(headers["x-powered-by"], undefined, what);
    assert.equal(headers.server, undefined, what);
  }
});

test("what is asked for an account is never kept by a cache", async () => {
  for (const path of ["/api/auth/me", "/api/meetings", "/api/billing/history", "/api/user/keys"]) {
    const { headers } = await world.api("GET", path);
    assert.match(headers["cache-control"] ?? "", /no-store|no-cache|private/, path);
  }
});

// ---- §16: the table of statuses ----

const STATUSES = [
  [400, "a missing field", () => world.api("POST", "/api/auth/register", { body: { password: "secret123" } })],
  [
    400,
    "scheduledAt must be in the future",
    async (a) => world.api("POST", "/api/meetings", { key: a.apiKey, body: { scheduledAt: "2020-01-01T00:00:00Z" } }),
  ],
  [
    400,
    "a bad format",
    async (a) => world.api("POST", "/api/meetings", { key: a.apiKey, body: { scheduledAt: "tomorrow" } }),
  ],
  [401, "no x-api-key", () => world.api("GET", "/api/meetings")],
  [401, "an invalid x-api-key", () => world.api("GET", "/api/meetings", { key: "mk_invalid" })],
  [401, "not logged in", () => world.api("GET", "/api/user/keys")],
  [
    401,
    "a wrong password",
    async (a) => world.api("POST", "/api/auth/login", { body: { email: a.email, password: "wrong" } }),
  ],
  [
    401,
    "a wrong current password",
    async (a) =>
      world.api("POST", "/api/auth/change-password", {
        cookie: a.cookie,
        body: { currentPassword: "wrong", newPassword: "another secret" },
      }),
  ],
  [
    402,
    "no credit for an instant meeting",
    async () => world.api("POST", "/api/meetings", { key: (await world.account()).apiKey, body: {} }),
  ],
  [
    402,
    "no credit for a scheduled meeting",
    async () =>
      world.api("POST", "/api/meetings", {
        key: (await world.account()).apiKey,
        body: { scheduledAt: new Date(Date.now() + 9e6).toISOString() },
      }),
  ],
  [403, "no x-admin-token", async (a, m) => world.api("DELETE", `/api/meetings/${m.meetingId}`, { key: a.apiKey })],
  [
    403,
    "an invalid x-admin-token",
    async (_, m) => world.api("POST", `/api/meetings/${m.meetingId}/lock`, { token: "invalid" }),
  ],
  [404, "no such meeting", async (a) => world.api("GET", "/api/meetings/zzz-zzzz-zzz", { key: a.apiKey })],
  [
    404,
    "no such participant",
    async (a, m) =>
      world.api("POST", `/api/meetings/${m.meetingId}/participants/nobody/mute`, {
        key: a.apiKey,
        token: m.adminToken,
      }),
  ],
  [404, "no such resource", async (a) => world.api("DELETE", "/api/webhooks/999999", { cookie: a.cookie })],
  [
    404,
    "no such invite code",
    async (a) => world.api("POST", "/api/company/join", { cookie: a.cookie, body: { inviteCode: "unknown" } }),
  ],
  [
    409,
    "e-mail already in use, whatever its case",
    async (a) =>
      world.api("POST", "/api/auth/register", { body: { email: a.email.toUpperCase(), password: "secret123" } }),
  ],
  [
    409,
    "already in a company",
    async () => {
      const [one, two] = [await world.company(), await world.company()];
      return world.api("POST", "/api/company/join", { cookie: one.cookie, body: { inviteCode: two.inviteCode } });
    },
  ],
];
for (const [status, cause, call] of STATUSES) {
  test(`§16 ${status}: ${cause}`, async () => {
    const account = await world.account({ credit: "10" });
    const answer = await call(account, await world.meeting(account));
    assert.equal(answer.status, status, answer.text);
    assert.deepEqual(Object.keys(answer.json), ["error"]);
    assert.equal(typeof answer.json.error, "string");
  });
}

test("a refused event with a callback is told both ways: by the callback, and by `error` as documented", async () => {
  const meeting = await world.guestMeeting();
  for (const payload of [
    { meetingId: "zzz-zzzz-zzz", name: "Anna" },
    { ...{ meetingId: meeting.meetingId }, isAdmin: true, adminToken: "wrong" },
  ]) {
    const client = await world.connect({ name: "Anna" });
    const answers = [];
    client.socket.on("error", (error) => answers.push(error));
    const acked = await client.socket.timeout(5000).emitWithAck("join-meeting", payload);
    assert.equal(acked.ok, false);
    for (let i = 0; i < 100 && !answers.length; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(answers, [acked.error]);
  }
});

test("no placeholder leaves without what it stands for", async () => {
  const meeting = await world.guestMeeting();
  const anna = await world.join(meeting, { name: "Anna" }),
    berta = await world.join(meeting, { name: "Berta" });
  for (const [event, field] of [
    ["signal:offer", "offer"],
    ["signal:answer", "answer"],
    ["signal:ice-candidate", "candidate"],
  ])
    for (const value of [
      { sdp: Buffer.from("v=0") },
      Buffer.from("v=0"),
      [{ deep: [Buffer.from("x")] }],
      { sdp: { _placeholder: true, num: 0 } },
    ]) {
      anna.emit(event, { to: berta.id, [field]: value });
      const error = await anna.event("error");
      assert.equal(error.code, "bad_request", `${event} ${JSON.stringify(value)}`);
    }
  anna.emit("signal:offer", { to: berta.id, offer: { type: "offer", sdp: "v=0" } });
  assert.deepEqual((await berta.event("signal:offer")).offer, { type: "offer", sdp: "v=0" });
  for (const name of ["signal:answer", "signal:ice-candidate"]) assert.deepEqual(berta.all(name), []);
});
