// What machines ask of the server itself, and the few documented answers that no section's test has a reason to see.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorld } from "../lib/world.mjs";

let world;
before(
  async () => {
    world = await startWorld({ name: "monitoring" });
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
