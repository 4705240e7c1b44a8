// Mails: what a real HTTP peer in Resend's place gets, when it answers late, wrongly or not at all.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { eventually, httpPeer, startWorld } from "../lib/world.mjs";

const KEY = "re_123_a_key_of_this_test";
const FROM = "onepizza <no-reply@meet.example.com>";

let world, resend;
before(
  async () => {
    resend = await httpPeer({ answer: { body: { id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" } } });
    world = await startWorld({
      name: "mail",
      env: { RESEND_API_KEY: KEY, RESEND_API_BASE: `${resend.url}/`, MAIL_FROM: FROM },
    });
  },
  { timeout: 120_000 },
);
after(async () => {
  await world?.stop();
  await resend?.close();
});

const isTo =
  (email) =>
  ({ json }) =>
    json?.to?.includes(email);
const queued = (email) => world.sql(`SELECT template, attempts FROM mail_queue WHERE recipient = '${email}'`);
const isSent = (email) =>
  eventually(`the mail to ${email} is off the queue`, async () => assert.deepEqual(await queued(email), []), 10_000);

/** Queues a mail as the server's own functions do. */
const queue = (email, template, data = {}, more = {}) =>
  world.sql(`INSERT INTO mail_queue (recipient, template, data, reference, created_at)
             VALUES ('${email}', '${template}', '${JSON.stringify(data)}', gen_random_uuid()::text, now() - interval '${more.age ?? "0 s"}')`);
/** Its pauses are for the patient. */
const hurry = (email) => world.sql(`UPDATE mail_queue SET next_at = now() WHERE recipient = '${email}'`);

test("a new account is welcomed by one request as Resend documents it", async () => {
  const { email } = await world.register();
  const request = await resend.request(isTo(email));
  assert.equal(request.method, "POST");
  assert.equal(request.path, "/emails");
  assert.equal(request.headers.authorization, `Bearer ${KEY}`);
  assert.equal(request.headers["content-type"], "application/json");
  assert.match(request.headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.deepEqual(Object.keys(request.json).sort(), ["from", "html", "subject", "text", "to"]);
  assert.deepEqual([request.json.from, request.json.to], [FROM, [email]]);
  assert.match(request.json.subject, /Welcome/);
  assert.match(request.json.text, /account is ready/);
  assert.match(request.json.html, /^<!doctype html>/);
  await isSent(email);
  assert.equal(resend.requests.filter(isTo(email)).length, 1);
});

test("a company's owner is told its invite code; names are escaped in HTML", async () => {
  const { email, inviteCode } = await world.register({ accountType: "company", companyName: "A & <b>B<b>" });
  const { json } = await resend.request(isTo(email));
  assert.ok(json.text.includes("A & <b>B<b>"));
  assert.ok(json.text.includes(inviteCode));
  assert.ok(json.html.includes("A &amp; &lt;b&gt;B&lt;b&gt;"));
});

test("a forgotten password leads to a link that works once, a new one to a notice", async () => {
  const { email } = await world.register();
  await resend.request(isTo(email));
  await world.must(200, "POST", "/api/auth/forgot-password", { body: { email } });
  const { json } = await resend.request(isTo(email));
  const [, token] = json.text.match(new RegExp(`${world.url}/reset-password\\?token=([\\w-]+)\\n`));
  assert.ok(json.html.includes(`href="${world.url}/reset-password?token=${token}"`));
  await world.must(200, "POST", "/api/auth/reset-password", { body: { token, password: "another secret" } });
  const notice = await resend.request(isTo(email));
  assert.match(notice.json.subject, /password was changed/);
  assert.equal(
    (await world.api("POST", "/api/auth/reset-password", { body: { token, password: "a third secret" } })).status,
    400,
  );
  const { text, status } = await world.api("POST", "/api/auth/forgot-password", {
    body: { email: "nobody@example.com" },
  });
  assert.equal(status, 200);
  assert.ok(!text.includes("nobody"));
  await isSent(email);
  assert.ok(!world.controlLog().includes(token));
});

test("a balance that falls below two dollars is told once", async () => {
  const account = await world.account({ credit: "2.5" });
  await resend.request(isTo(account.email));
  for (let i = 1; i <= 3; i++)
    await world.sql(
      `SELECT account_change(${account.id}, NULL, -0.7, 'meeting_charge', 'A meeting', 'mail-test-${i}')`,
    );
  const { json } = await resend.request(isTo(account.email));
  assert.match(json.subject, /balance is low/);
  assert.match(json.text, /\$1\.8000/);
  await isSent(account.email);
  assert.equal(resend.requests.filter(isTo(account.email)).length, 2);
});

describe("a service that", () => {
  const retried = [
    ["answers 500", { status: 500 }],
    ["answers 503", { status: 503, body: "<html>down</html>" }],
    ["asks for patience (429)", { status: 429, headers: { "retry-after": "1" } }],
    ["has the same request in hand (409)", { status: 409 }],
    ["hangs up", { reset: true }],
    ["redirects", { status: 302, headers: { location: "http://127.0.0.1:1/" } }, "is given up"],
    ["refuses the mail (422)", { status: 422, body: { message: "Invalid `to` field" } }, "is given up"],
    ["refuses the key (401)", { status: 401 }, "is given up"],
  ];
  for (const [what, answer, isGivenUp] of retried)
    test(`${what}: the mail ${isGivenUp ?? "is tried again with the same key"}`, async () => {
      const email = world.newEmail("mail");
      let n = 0;
      resend.answer = (request) => (isTo(email)(request) && (n += 1) === 1 ? answer : { body: { id: "1" } });
      await queue(email, "password_changed");
      const first = await resend.request(isTo(email));
      if (isGivenUp) {
        await isSent(email);
        assert.equal(n, 1);
        assert.match(world.controlLog(), new RegExp(`mail_given_up .*status=${answer.status}`));
        return;
      }
      const second = await resend.request(isTo(email));
      assert.equal(second.headers["idempotency-key"], first.headers["idempotency-key"]);
      assert.equal(second.body, first.body);
      // a kept connection may have gone: at once
      if (!answer.reset) assert.ok(second.at - first.at >= 1_000, "after a pause");
      await isSent(email);
      assert.equal(n, 2);
    });

  test("never answers: the mail is tried again, and others go out meanwhile", async () => {
    const [email, other] = [world.newEmail("mail"), world.newEmail("mail")];
    let n = 0;
    resend.answer = (request) => (isTo(email)(request) && (n += 1) === 1 ? { hang: true } : { body: { id: "1" } });
    await queue(email, "password_changed");
    await resend.request(isTo(email));
    await queue(other, "password_changed");
    await resend.request(isTo(other));
    await resend.request(isTo(email), 30_000);
    await isSent(email);
  });
});

test("a mail is given up after a day, a link to set a password after its hour", async () => {
  const [old, link, young] = [world.newEmail("mail"), world.newEmail("mail"), world.newEmail("mail")];
  resend.answer = { status: 500 };
  await queue(old, "password_changed", {}, { age: "24 hours" });
  await queue(link, "password_reset", { token: "abc" }, { age: "1 hour" });
  await queue(young, "password_changed", {}, { age: "1 hour" });
  for (const email of [old, link, young]) await resend.request(isTo(email));
  await isSent(old);
  await isSent(link);
  await eventually("its attempt is noted", async () => assert.equal((await queued(young))[0].attempts, 1), 5_000);
  resend.answer = { body: { id: "1" } };
  await hurry(young);
  await isSent(young);
});

test("what can't be written doesn't block the queue", async () => {
  const [bad, good] = [world.newEmail("mail"), world.newEmail("mail")];
  for (let i = 0; i < 10; i++) await queue(bad, i % 2 ? "birthday" : "password_reset");
  await queue(good, "password_changed");
  await resend.request(isTo(good));
  await isSent(bad);
  assert.equal(resend.requests.filter(isTo(bad)).length, 0);
});

test("kill -9 while a mail is under way: it is sent again with the same key", async () => {
  const email = world.newEmail("mail");
  let n = 0;
  resend.answer = (request) => (isTo(email)(request) && (n += 1) === 1 ? { hang: true } : { body: { id: "1" } });
  await queue(email, "password_changed");
  const first = await resend.request(isTo(email));
  await world.restartControl();
  const second = await resend.request(isTo(email));
  assert.equal(second.headers["idempotency-key"], first.headers["idempotency-key"]);
  await isSent(email);
});

test("a service that is gone for a while gets everything when it is back", async () => {
  const emails = Array.from({ length: 5 }, () => world.newEmail("mail"));
  await new Promise((resolve) => resend.server.close(resolve).closeAllConnections());
  for (const email of emails) await queue(email, "password_changed");
  await eventually(
    "they were tried",
    async () => {
      for (const email of emails) assert.ok((await queued(email))[0].attempts > 0);
    },
    15_000,
  );
  await new Promise((resolve) => resend.server.listen(resend.port, "127.0.0.1", resolve));
  for (const email of emails) await hurry(email);
  for (const email of emails) await resend.request(isTo(email));
});

test("the key of the service is never logged", () => {
  assert.ok(!world.controlLog().includes(KEY));
});

test(
  "without a key nothing is sent, and what was queued is forgotten",
  async () => {
    const peer = await httpPeer();
    const bare = await startWorld({ name: "mail-bare", env: { RESEND_API_BASE: peer.url } });
    try {
      await bare.sql(
        "INSERT INTO mail_queue (recipient, template, reference) VALUES ('a@example.com', 'password_changed', 'x')",
      );
      await eventually(
        "it is skipped",
        async () => assert.deepEqual(await bare.sql("SELECT id FROM mail_queue"), []),
        15_000,
      );
      assert.equal(peer.requests.length, 0);
    } finally {
      await bare.stop();
      await peer.close();
    }
  },
  { timeout: 120_000 },
);
