// What machines ask of the server itself, and the few documented answers that no section's test has a reason to see.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { startWorld } from "../lib/world.mjs";

const METRICS_TOKEN = "for-the-one-who-watches";
let world;
before(
  async () => {
    world = await startWorld({ name: "monitoring", env: { METRICS_TOKEN } });
  },
  { timeout: 60_000 },
);
after(() => world?.stop());

test("metrics count what happens", async () => {
  const active = async () => {
    const { status, text } = await world.api("GET", "/metrics");
    assert.equal(status, 200);
    return Number(/^onepizza_meetings_active (\d+)$/m.exec(text)[1]);
  };
  const before = await active();
  await world.guestMeeting();
  assert.equal(await active(), before + 1);
});

/* Headers by which proxies say whom they speak for: then what comes from loopback isn't of this machine. */
const PASSED_ON = [
  ["x-forwarded-for", "192.0.2.7"],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Host", "meet.example.com"],
  ["forwarded", "for=192.0.2.7"],
  ["via", "1.1 proxy"],
  ["x-real-ip", "192.0.2.7"],
  ["cf-connecting-ip", "192.0.2.7"],
];
for (const [name, value] of PASSED_ON) {
  test(`metrics that a proxy asks for (${name}) need the token`, async () => {
    const ask = (authorization) =>
      world.api("GET", "/metrics", { headers: { [name]: value, ...(authorization && { authorization }) } });
    for (const wrong of [undefined, "Bearer", "Bearer ", `Bearer ${METRICS_TOKEN}x`, `Basic ${METRICS_TOKEN}`]) {
      const { status, headers } = await ask(wrong);
      assert.equal(status, 401, wrong);
      assert.equal(headers["www-authenticate"], "Bearer");
    }
    assert.equal((await ask(`Bearer ${METRICS_TOKEN}`)).status, 200);
  });
}

test("the media server is asked at most once a second, however many want the metrics", async () => {
  const asked = async () =>
    Number(/^onepizza_sfu_requests_total (\d+)$/m.exec((await world.api("GET", "/metrics")).text)[1]);
  const began = Date.now();
  const before = await asked();
  for (let i = 0; i < 10; i++) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => world.api("GET", "/metrics")));
    for (const { status } of answers) assert.equal(status, 200);
  }
  const seconds = (Date.now() - began) / 1000;
  const most = 2 * (Math.ceil(seconds) + 1); // the metrics, and the pulse
  assert.ok((await asked()) - before <= most, `${(await asked()) - before} requests in ${seconds} s`);
});

/** What the media server itself says that it counted (docs/sfu-socket.md). */
async function sfuStats(socketPath) {
  const socket = net.createConnection(socketPath);
  const lines = createInterface({ input: socket });
  const ask = async (request) => {
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse((await once(lines, "line"))[0]);
  };
  await ask({ id: 1, op: "hello", version: 1 });
  const stats = await ask({ id: 2, op: "stats" });
  socket.destroy();
  return stats;
}

test("whatever the media server counts, and each reason for which it drops something, is in the metrics", async () => {
  const { workers } = await sfuStats(world.server.sfu.socket);
  const { text } = await world.api("GET", "/metrics");
  assert.equal(workers.length, 2);
  workers.forEach(({ drops, ...counters }, i) => {
    assert.ok(Object.keys(counters).length > 20 && Object.keys(drops).length > 20);
    for (const name of Object.keys(counters))
      assert.match(text, new RegExp(`^onepizza_sfu_worker_${name}\\{worker="${i}"\\} \\d`, "m"));
    for (const name of Object.keys(drops)) {
      assert.match(text, new RegExp(`^onepizza_sfu_worker_drops_total\\{worker="${i}",reason="${name}"\\} \\d`, "m"));
    }
  });
});

test("health says what is up, and names the version", async () => {
  const { json } = await world.api("GET", "/healthz");
  assert.deepEqual({ ...json, version: "" }, { ok: true, database: "up", sfu: "up", version: "" });
  assert.match(json.version, /^\d+\.\d+\.\d+/);
});

for (const [path, body] of [
  ["/api/auth/register", { email: "lured@example.com", password: "secret123" }],
  ["/api/auth/login", { email: "lured@example.com", password: "secret123" }],
  ["/api/auth/forgot-password", { email: "lured@example.com" }],
  ["/api/auth/reset-password", { token: "x".repeat(32), password: "secret123" }],
]) {
  test(`another site's page can't use a visitor's browser for ${path}`, async () => {
    const { status } = await world.api("POST", path, {
      body,
      headers: { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" },
    });
    assert.equal(status, 403);
  });
}

test("what can't be a page of the history is refused by name", async () => {
  const anna = await world.account();
  for (const name of ["limit", "before"]) {
    const { status, json } = await world.api("GET", `/api/meetings/history?${name}=none`, { cookie: anna.cookie });
    assert.equal(status, 400);
    assert.match(json.error, new RegExp(`^${name} `));
  }
});
