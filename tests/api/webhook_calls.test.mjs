// Webhooks (API documentation §9): the calls that make, list, change and delete them, and what is refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { certificate, eventually, startWorld } from "../lib/world.mjs";
import {
  anna,
  create,
  EVENTS,
  list,
  logged,
  newMeetingId,
  queue,
  receiver,
  remove,
  useWebhooks,
  world,
} from "./lib/webhooks.mjs";

useWebhooks("webhook-calls");

describe("the calls", () => {
  test("a webhook is created with a secret that is shown once, listed, and deleted", async () => {
    const eve = await world.account();
    assert.deepEqual(await list(eve), []);
    const made = await create(eve, "https://your-app.com/webhook", [
      "participant.left",
      "meeting.ended",
      "participant.left",
    ]);
    assert.match(made.secret, /^whsec_[0-9a-f]{32}$/);
    assert.deepEqual(made.events, ["participant.left", "meeting.ended"]);
    assert.equal(made.url, "https://your-app.com/webhook");
    assert.equal(made.status, "active");
    assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { secret, ...shown } = made;
    assert.deepEqual(await list(eve), [shown]);
    assert.notEqual((await create(eve, "https://your-app.com/webhook")).secret, secret);
    assert.deepEqual(await remove(eve, made), { message: "Webhook deleted" });
    assert.equal((await list(eve)).length, 1);
    assert.equal((await world.api("DELETE", `/api/webhooks/${made.id}`, { cookie: eve.cookie })).status, 404);
    assert.equal((await world.api("GET", `/api/webhooks/${made.id}/deliveries`, { cookie: eve.cookie })).status, 404);
  });

  const good = { url: "https://your-app.com/webhook", events: ["meeting.ended"] };
  const wrong = [
    ["url", { events: good.events }],
    ["url", { ...good, url: 7 }],
    ["url", { ...good, url: null }],
    ["url", { ...good, url: "" }],
    ["url", { ...good, url: "your-app.com" }],
    ["url", { ...good, url: "ftp://your-app.com/" }],
    ["url", { ...good, url: "https://" }],
    ["url", { ...good, url: "https://user:secret@your-app.com/" }],
    ["url", { ...good, url: "https://your-app.com/a b" }],
    ["url", { ...good, url: "https://your-app.com/\r\nX-Evil: 1" }],
    ["url", { ...good, url: `https://your-app.com/${"x".repeat(2000)}` }],
    ["events", { url: good.url }],
    ["events", { ...good, events: [] }],
    ["events", { ...good, events: "meeting.ended" }],
    ["events", { ...good, events: ["meeting.started"] }],
    ["events", { ...good, events: ["meeting.ended", 7] }],
    ["events", { ...good, events: null }],
  ];
  for (const [field, body] of wrong)
    test(`400 that names ${field}: ${JSON.stringify(body).slice(0, 70)}`, async () => {
      const before = (await list(anna)).length;
      const { status, json } = await world.api("POST", "/api/webhooks", { cookie: anna.cookie, body });
      assert.equal(status, 400);
      assert.match(json.error, new RegExp(`\\b${field}\\b`));
      assert.equal((await list(anna)).length, before);
    });

  test("nothing without a session, and nothing from another site", async () => {
    const calls = [
      ["GET", "/api/webhooks"],
      ["POST", "/api/webhooks", good],
      ["DELETE", "/api/webhooks/1"],
      ["GET", "/api/webhooks/1/deliveries"],
      ["POST", "/api/webhooks/1/deliveries/1/redeliver"],
    ];
    for (const [method, path, body] of calls) {
      assert.equal((await world.api(method, path, { body })).status, 401, `${method} ${path}`);
      assert.equal(
        (await world.api(method, path, { body, key: anna.apiKey })).status,
        401,
        `${method} ${path} with a key`,
      );
      if (method === "GET") continue;
      const { status } = await world.api(method, path, {
        body,
        cookie: anna.cookie,
        headers: { origin: "https://evil.example" },
      });
      assert.equal(status, 403, `${method} ${path} from another site`);
    }
    assert.equal((await list(anna)).length, 0);
  });

  test("another account's webhook isn't there", async () => {
    const { account, peer, webhook } = await receiver();
    const [id] = await queue(webhook, newMeetingId(), 1);
    await peer.request();
    await logged(account, webhook, "delivered", ([d]) => d?.status === "delivered");
    for (const [method, path] of [
      ["DELETE", ""],
      ["GET", "/deliveries"],
      ["POST", `/deliveries/${id}/redeliver`],
    ]) {
      const { status } = await world.api(method, `/api/webhooks/${webhook.id}${path}`, { cookie: anna.cookie });
      assert.equal(status, 404, `${method} ${path}`);
    }
    assert.equal((await list(account)).length, 1);
    const other = await create(account, `${peer.url}/other`);
    for (const path of [`${other.id}/deliveries/${id}/redeliver`, `${webhook.id}/deliveries/999999999/redeliver`])
      assert.equal((await world.api("POST", `/api/webhooks/${path}`, { cookie: account.cookie })).status, 404, path);
    for (const strange of ["0", "-1", "x", "1x", "9223372036854775808"])
      assert.equal(
        (await world.api("DELETE", `/api/webhooks/${strange}`, { cookie: account.cookie, checked: false })).status,
        404,
        strange,
      );
    assert.equal(peer.requests.length, 1);
  });

  test("an account has twenty webhooks at most, however many are asked for at once", async () => {
    const eve = await world.account();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => world.api("POST", "/api/webhooks", { cookie: eve.cookie.copy(), body: good })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 20);
    for (const { status, json } of answers.filter((a) => a.status !== 201)) {
      assert.equal(status, 400);
      assert.match(json.error, /at most 20 webhooks/);
    }
    assert.equal((await list(eve)).length, 20);
  });
});

describe("without WEBHOOK_ALLOW_INSECURE", () => {
  let strict, bert;
  before(
    async () => {
      strict = await startWorld({ name: "webhooks-strict", env: { CLIENT_CA_FILE: certificate().caFile } });
      bert = await strict.account();
    },
    { timeout: 120_000 },
  );
  after(() => strict?.stop());

  const urls = [
    "http://your-app.com/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f000001/",
    "https://10.1.2.3/",
    "https://169.254.169.254/latest/meta-data",
    "https://192.168.0.1:8443/",
    "https://100.64.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://app.localhost/",
    "https://metadata.google.internal/",
    "https://router/",
  ];
  for (const url of urls)
    test(`${url} is refused`, async () => {
      const { status, json } = await strict.api("POST", "/api/webhooks", {
        cookie: bert.cookie,
        body: { url, events: EVENTS },
      });
      assert.equal(status, 400);
      assert.match(json.error, /^url must/);
    });

  test("a public https address is taken", async () => {
    const made = await strict.must(201, "POST", "/api/webhooks", {
      cookie: bert.cookie,
      body: { url: "https://your-app.com:8443/webhook?a=b", events: EVENTS },
    });
    await strict.must(200, "DELETE", `/api/webhooks/${made.id}`, { cookie: bert.cookie });
  });

  test("a private address that got into the database all the same isn't called", async () => {
    const peer = await strict.httpPeer({ tls: certificate() });
    const made = await strict.must(201, "POST", "/api/webhooks", {
      cookie: bert.cookie,
      body: { url: "https://your-app.com/", events: EVENTS },
    });
    await strict.sql(`UPDATE webhooks SET url = '${peer.url}/' WHERE id = ${made.id}`);
    await strict.sql(`INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body)
                      VALUES (${made.id}, gen_random_uuid(), 'meeting.ended', 'abc-defg-hij', 1, '{}')`);
    await eventually(
      "the refusal",
      async () => {
        const {
          deliveries: [delivery],
        } = await strict.must(200, "GET", `/api/webhooks/${made.id}/deliveries`, { cookie: bert.cookie });
        assert.ok(delivery.attempts > 0);
        assert.equal(delivery.status, "pending");
        assert.equal(delivery.responseStatus, null);
        assert.match(delivery.error, /may not be called/);
      },
      10_000,
    );
    assert.equal(peer.requests.length, 0);
  });
});
