// What a client of the documented HTTP interface sees. Hostile requests are in tests/hostile.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startWorld } from "../lib/world.mjs";

let world;
before(async () => (world = await startWorld({ name: "http" })));
after(() => world?.stop());

const get = (path, init) => fetch(`${world.url}${path}`, init);

// fetch() decodes and normalises; this doesn't.
async function raw(path, headers = {}) {
  const asked = request(`${world.url}${path}`, { headers }).end();
  const [response] = await once(asked, "response");
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

test("a guest meeting has the documented fields", async () => {
  const response = await get("/api/meetings/guest", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"title":"Quick Sync"}',
  });
  assert.ok([200, 201].includes(response.status));
  const meeting = await response.json();
  assert.match(meeting.meetingId, /^[a-z]+(-[a-z]+)+$/);
  assert.ok(meeting.adminToken.length >= 32);
  assert.equal(meeting.joinUrl.endsWith(`/join/${meeting.meetingId}`), true);
  assert.equal(meeting.title, "Quick Sync");
});

test("a guest meeting without a title is a Quick Meeting", async () => {
  assert.equal((await world.guestMeeting()).title, "Quick Meeting");
});

test("ICE servers are a list that RTCPeerConnection takes", async () => {
  const { iceServers } = await (await get("/api/config/ice-servers")).json();
  assert.ok(Array.isArray(iceServers));
  for (const { urls } of iceServers) for (const url of [urls].flat()) assert.match(url, /^(stun|turns?):/);
});

test("health says that the database and the media server are up", async () => {
  const health = await (await get("/healthz")).json();
  assert.equal(health.database, "up");
  assert.equal(health.sfu, "up");
});

test("metrics are Prometheus text", async () => {
  const response = await get("/metrics");
  assert.match(response.headers.get("content-type"), /^text\/plain/);
  for (const line of (await response.text()).split("\n").filter(Boolean))
    assert.match(line, /^(# (HELP|TYPE) \S+ .+|[a-zA-Z_:][\w:]*(\{.*\})? \S+)$/);
});

/** The status of a request whose head has these lines as they are. */
async function statusOf(target, lines) {
  const socket = net.connect(Number(new URL(world.url).port), "127.0.0.1");
  socket.write([`GET ${target} HTTP/1.1`, "Host: x", ...lines, "", ""].join("\r\n"));
  const [head] = await once(socket, "data");
  socket.destroy();
  return Number(String(head).split(" ")[1]);
}

test("a list header may come in several lines, as HTTP/2 proxies and chains of proxies send it", async () => {
  const { cookie } = await world.account();
  const pair = cookie.toString();
  for (const lines of [
    ["Cookie: a=1", `Cookie: ${pair}`],
    [`Cookie: ${pair}`, "cookie: b=2"],
    ["Cookie: a=1", "X-Between: 1", `COOKIE: b=2; ${pair}; c=3`, "Cookie: d=4"],
  ])
    assert.equal(await statusOf("/api/auth/me", [...lines, "Connection: close"]), 200, lines.join(" | "));
  const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  for (const lines of [
    ["Connection: keep-alive", "Connection: Upgrade"],
    ["Connection: Upgrade", "Connection: keep-alive"],
  ])
    assert.equal(await statusOf("/socket.io/?EIO=4&transport=websocket", [...upgrade, ...lines]), 101);
});

test("pages and answers carry the security headers", async () => {
  for (const path of ["/", "/healthz", "/no-such-thing"]) {
    const { headers } = await get(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.ok(headers.get("content-security-policy"), path);
    assert.ok(headers.get("referrer-policy"), path);
  }
  assert.doesNotMatch((await get("/")).headers.get("content-security-policy"), /script-src[^;]*'unsafe-(inline|eval)'/);
});

test("another origin is not allowed, our own is", async () => {
  const strange = await get("/api/config/ice-servers", { headers: { origin: "https://evil.example" } });
  assert.notEqual(strange.headers.get("access-control-allow-origin"), "https://evil.example");
  assert.notEqual(strange.headers.get("access-control-allow-origin"), "*");
  const own = await get("/api/config/ice-servers", { headers: { origin: world.url } });
  assert.equal(own.headers.get("access-control-allow-origin"), world.url);
});

test("the page is the same plain, gzipped and by brotli", async () => {
  const plain = await raw("/");
  const gzip = await raw("/", { "accept-encoding": "gzip" });
  const brotli = await raw("/", { "accept-encoding": "gzip, br" });
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.equal(gzip.headers["content-encoding"], "gzip");
  assert.equal(brotli.headers["content-encoding"], "br");
  assert.deepEqual(gunzipSync(gzip.body), plain.body);
  assert.deepEqual(brotliDecompressSync(brotli.body), plain.body);
  assert.match(brotli.headers.vary, /accept-encoding/i);
});

test("hashed files are kept for a year, the page is never kept", async () => {
  const page = await get("/join/abc-defg-hij");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("cache-control"), /no-(cache|store)/);
  const [asset] = /\/assets\/[^"]+\.js/.exec(await page.text());
  assert.match((await get(asset)).headers.get("cache-control"), /max-age=31536000.*immutable/);
});

test("what isn't there and what isn't allowed is said in JSON", async () => {
  const missing = await get("/api/no-such-thing");
  assert.equal(missing.status, 404);
  assert.equal(typeof (await missing.json()).error, "string");
  const wrong = await get("/api/meetings/guest", { method: "DELETE" });
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow"), /POST/);
  assert.equal(typeof (await wrong.json()).error, "string");
});

test("no path leads out of the folder of static files", async () => {
  for (const path of [
    "/../package.json",
    "/assets/../../package.json",
    "/%2e%2e/package.json",
    "/assets/..%2f..%2fpackage.json",
  ]) {
    const asked = request({ host: "127.0.0.1", port: world.server.port, path }).end();
    const [response] = await once(asked, "response");
    let body = "";
    for await (const chunk of response) body += chunk;
    assert.ok([400, 403, 404].includes(response.statusCode), `${path}: ${response.statusCode}`);
    assert.doesNotMatch(body, /"private"/, path);
  }
});
