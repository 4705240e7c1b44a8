// Topping up by card, and what was paid (API documentation §15): Stripe is a local server that checks what it is asked
// and answers late, wrongly or not at all; its events are signed by Stripe's own library.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually } from "../lib/world.mjs";
import { HISTORY, PAY, SECRET_KEY, WEBHOOK_SECRET, eventOf, paid, signed, startStripeWorld } from "./lib/stripe.mjs";

const CHECKOUT = "/api/billing/stripe/checkout";

let world, peer, history, tell, told;
before(async () => ({ world, peer, history, tell, told } = await startStripeWorld("billing")));
after(async () => {
  await world?.stop();
  await peer?.close();
});

const checkout = (account, amountUsd, options = {}) =>
  world.api("POST", CHECKOUT, { cookie: account.cookie.copy(), body: { amountUsd }, ...options });

describe("POST /api/billing/stripe/checkout", () => {
  let anna;
  before(async () => {
    anna = await world.account();
  });

  test("makes a Checkout session of the amount for this account and answers where to pay", async () => {
    const { status, json } = await checkout(anna, 20);
    assert.equal(status, 200);
    assert.deepEqual(json, { url: PAY });
    const asked = await peer.request();
    assert.equal(asked.method, "POST");
    assert.equal(asked.path, "/v1/checkout/sessions");
    assert.equal(asked.headers.authorization, `Bearer ${SECRET_KEY}`);
    assert.equal(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert.match(asked.headers["idempotency-key"], /^[0-9a-f-]{36}$/);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(asked.body)), {
      mode: "payment",
      client_reference_id: String(anna.id),
      "metadata[userId]": String(anna.id),
      "metadata[amountUsd]": "20",
      customer_email: anna.email,
      "line_items[0][quantity]": "1",
      "line_items[0][price_data][currency]": "usd",
      "line_items[0][price_data][unit_amount]": "2000",
      "line_items[0][price_data][product_data][name]": "onepizza credit",
      success_url: "https://meet.example.org/dashboard?topup=success",
      cancel_url: "https://meet.example.org/dashboard?topup=cancelled",
    });
  });

  test("takes amounts from 5 to 1000 dollars to the cent, exactly", async () => {
    const amounts = [
      [5, "500"],
      [1000, "100000"],
      [5.01, "501"],
      [19.99, "1999"],
      [20.5, "2050"],
      [8.7, "870"],
      [1.1e1, "1100"],
      [999.99, "99999"],
      [64.1, "6410"],
    ];
    for (const [amount, cents] of amounts) {
      assert.equal((await checkout(anna, amount)).status, 200, String(amount));
      const form = new URLSearchParams((await peer.request()).body);
      assert.equal(form.get("line_items[0][price_data][unit_amount]"), cents);
      assert.equal(Number(form.get("metadata[amountUsd]")), amount);
    }
  });

  test("refuses other amounts by a message that names the field", async () => {
    const asked = peer.requests.length;
    for (const amount of [4.99, 1000.01, 0, -20, 5.001, 20.555, 1e308, "20", null, true, [20], {}, undefined]) {
      const { status, json } = await checkout(anna, amount);
      assert.equal(status, 400, JSON.stringify(amount));
      assert.match(json.error, /amountUsd/);
    }
    assert.equal(peer.requests.length, asked, "Stripe isn't asked");
  });

  test("needs a session of this site", async () => {
    assert.equal((await world.api("POST", CHECKOUT, { body: { amountUsd: 20 } })).status, 401);
    assert.equal((await world.api("POST", CHECKOUT, { key: anna.apiKey, body: { amountUsd: 20 } })).status, 401);
    const { status } = await checkout(anna, 20, {
      headers: { origin: "https://evil.example.org", "sec-fetch-site": "cross-site" },
    });
    assert.equal(status, 403);
  });

  test("answers 503, and soon, whatever Stripe does", async () => {
    const wrongs = [
      { status: 500, body: { error: { message: "oops" } } },
      { status: 401, body: { error: { message: "Invalid API Key provided" } } },
      { status: 200, body: "<html>" },
      { status: 200, body: {} },
      { status: 200, body: { url: "javascript:alert(1)" } },
      { reset: true },
      { status: 302, headers: { location: "https://example.org/" } },
      { body: { url: PAY, amount_total: 10000, currency: "usd" } },
      { body: { url: PAY, amount_total: 2000, currency: "eur" } },
      { status: 200, body: `{"url": "${"x".repeat(2 ** 19)}"}` },
    ];
    try {
      for (const answer of wrongs) {
        peer.answer = answer;
        const { status, json } = await checkout(anna, 20);
        assert.equal(status, 503, JSON.stringify(answer).slice(0, 200));
        assert.match(json.error, /payment service/);
      }
    } finally {
      peer.answer = { body: { url: PAY } };
    }
    assert.equal((await checkout(anna, 20)).status, 200, "and works again");
    assert.ok(!world.controlLog().includes(SECRET_KEY), "the key isn't logged");
  });

  test("waits for a slow Stripe while others are served, and gives up on a silent one", async () => {
    peer.answer = { delayMs: 6000, body: { url: PAY } };
    const slow = checkout(anna, 20);
    const began = Date.now();
    await history(anna);
    assert.ok(Date.now() - began < 5000, "others don't wait");
    assert.equal((await slow).status, 200);
    peer.answer = { hang: true };
    const { status } = await checkout(anna, 20, { timeoutMs: 19_000 });
    assert.equal(status, 503);
    peer.answer = { body: { url: PAY } };
  });

  test("a client that goes away harms nobody", async () => {
    peer.answer = { delayMs: 500, body: { url: PAY } };
    await assert.rejects(checkout(anna, 20, { timeoutMs: 100 }));
    await pause(600);
    peer.answer = { body: { url: PAY } };
    assert.equal((await checkout(anna, 20)).status, 200);
  });
});

describe("POST /api/billing/stripe/webhook", () => {
  test("a paid session becomes credit and a movement", async () => {
    const anna = await world.account();
    const before = Date.now();
    await told(eventOf(paid(anna, 20)));
    const { balance, transactions } = await history(anna);
    assert.equal(balance, "20.0000");
    assert.equal(transactions.length, 1);
    const { id, created_at, ...rest } = transactions[0];
    assert.deepEqual(rest, { amount_usd: "20.0000", type: "stripe_topup", description: "Stripe top-up $20" });
    assert.ok(Number.isInteger(id));
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Math.abs(Date.parse(created_at) - before) < 10_000);
    assert.equal((await world.must(200, "GET", "/api/auth/me", { cookie: anna.cookie })).balance, "20.0000");
  });

  test("cents are exact", async () => {
    const anna = await world.account();
    for (const amount of ["5.01", "19.99", "8.70", "0.10", "0.20"]) await told(eventOf(paid(anna, amount)));
    const { balance, transactions } = await history(anna);
    assert.equal(balance, "34.0000");
    assert.equal(transactions[0].description, "Stripe top-up $0.20");
    assert.deepEqual(
      transactions.map((t) => t.amount_usd),
      ["0.2000", "0.1000", "8.7000", "19.9900", "5.0100"],
      "the newest first",
    );
  });

  test("is credited once for each session, however often and at once it is told", async () => {
    const anna = await world.account();
    const session = paid(anna, 20);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        told(eventOf(session, i % 2 ? "checkout.session.completed" : "checkout.session.async_payment_succeeded")),
      ),
    );
    await told(eventOf(session));
    const { balance, transactions } = await history(anna);
    assert.equal(balance, "20.0000");
    assert.equal(transactions.length, 1);
  });

  test("a delayed payment counts when it succeeds", async () => {
    const anna = await world.account();
    const session = paid(anna, 20, { payment_status: "unpaid" });
    await told(eventOf(session));
    assert.equal((await history(anna)).balance, "0.0000");
    await told(eventOf(session, "checkout.session.async_payment_failed"));
    assert.equal((await history(anna)).balance, "0.0000");
    await told(eventOf({ ...session, payment_status: "paid" }, "checkout.session.async_payment_succeeded"));
    assert.equal((await history(anna)).balance, "20.0000");
  });

  test("the account and the amount are found without metadata too", async () => {
    const anna = await world.account(),
      bert = await world.account();
    await told(eventOf(paid(anna, 20, { metadata: {} })));
    await told(eventOf(paid(anna, 7.5, { metadata: null })));
    await told(eventOf(paid(anna, 5, { client_reference_id: String(bert.id) })));
    assert.equal((await history(anna)).balance, "32.5000");
    assert.equal((await history(bert)).balance, "0.0000", "metadata comes first");
  });

  test("goes to the company of a member", async () => {
    const owner = await world.company(),
      member = await world.account();
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: owner.inviteCode },
    });
    await told(eventOf(paid(member, 20)));
    for (const account of [owner, member]) {
      const { balance, transactions } = await history(account);
      assert.equal(balance, "20.0000");
      assert.equal(transactions[0].type, "stripe_topup");
    }
  });

  test("what nobody can be credited for is received and logged", async () => {
    const anna = await world.account();
    const events = [
      eventOf(paid({ id: 999999 }, 20)),
      eventOf(paid(anna, 20, { metadata: {}, client_reference_id: null })),
      eventOf(paid(anna, -20)),
      eventOf(paid(anna, 20, { metadata: { userId: String(anna.id) }, amount_total: null })),
      eventOf(paid(anna, 20, { metadata: { userId: String(anna.id) }, currency: "eur" })),
      eventOf({ id: "pi_1" }, "payment_intent.succeeded"),
      eventOf({ id: "cs_x" }, "checkout.session.expired"),
    ];
    for (const event of events) await told(event);
    assert.deepEqual(await history(anna), { balance: "0.0000", transactions: [] });
    assert.match(world.controlLog(), /stripe_unknown_account reference=stripe:cs_test_/);
    assert.match(world.controlLog(), /stripe_unclear/);
  });

  test("a wrong signature is refused and changes nothing", async () => {
    const anna = await world.account();
    const event = eventOf(paid(anna, 20));
    const now = Math.floor(Date.now() / 1000),
      right = signed(event);
    const wrongs = [
      null,
      "",
      "t=,v1=",
      `t=${now}`,
      right.replace(/v1=./, (m) => `v1=${m.at(-1) === "0" ? "1" : "0"}`),
      signed(event, { secret: "whsec_other" }),
      signed(event, { timestamp: now - 302 }),
      signed(event, { timestamp: now + 302 }),
      signed(`${event} `),
      right.replace(/t=\d+/, `t=${now + 1}`),
      right.replace("v1=", "v0="),
      signed(event, { secret: SECRET_KEY }),
    ];
    for (const wrong of wrongs) {
      const { status, json } = await tell(event, wrong);
      assert.equal(status, 400, wrong);
      assert.match(json.error, /Stripe-Signature/);
    }
    const changed = event.replace(`"amountUsd": "20"`, `"amountUsd": "99"`);
    assert.notEqual(changed, event);
    assert.equal((await tell(changed, right)).status, 400);
    assert.equal((await history(anna)).balance, "0.0000");
    await told(event, signed(event, { timestamp: now - 290 }));
    assert.equal((await history(anna)).balance, "20.0000", "a retry within five minutes is good");
  });

  test("one right signature of several is enough, as when the secret is rolled", async () => {
    const anna = await world.account();
    const event = eventOf(paid(anna, 20));
    const timestamp = Math.floor(Date.now() / 1000);
    const other = signed(event, { secret: "whsec_old", timestamp }).match(/v1=\w+/)[0],
      [, right] = signed(event, { timestamp }).split(",");
    await told(event, `t=${timestamp},${other},${right}`);
    assert.equal((await history(anna)).balance, "20.0000");
  });

  test("a body that is no event is refused, signed or not", async () => {
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      "{}",
      `{"type":7}`,
      `{"type":"checkout.session.completed"}`,
      `{"type":"checkout.session.completed","data":{"object":"cs"}}`,
    ]) {
      assert.equal((await tell(body, signed(body), { checked: false })).status, 400, body);
    }
    const large = `"${"x".repeat(300 * 1024)}"`;
    assert.equal((await tell(large, signed(large), { checked: false })).status, 413);
  });

  test("while the database is away Stripe is told to come again", async () => {
    const anna = await world.account();
    const event = eventOf(paid(anna, 20));
    await world.server.database("stop");
    try {
      assert.equal((await tell(event)).status, 503);
      assert.equal((await world.api("GET", HISTORY, { cookie: anna.cookie })).status, 503);
    } finally {
      await world.server.database("start");
    }
    await eventually("the event is taken", async () => assert.equal((await tell(event)).status, 200));
    assert.equal((await history(anna)).balance, "20.0000");
  });

  test("a credit that was acknowledged outlives kill -9", async () => {
    const anna = await world.account();
    await told(eventOf(paid(anna, 20)));
    await world.restartControl();
    assert.equal((await history(anna)).balance, "20.0000");
  });
});

describe("GET /api/billing/history", () => {
  test("shows the account's own movements, the newest first, five hundred at most", async () => {
    const anna = await world.account(),
      bert = await world.account();
    await world.sql(
      `DO $$ BEGIN FOR i IN 1..510 LOOP PERFORM account_change(${anna.id}, NULL, 0.0100, 'admin_credit', 'number ' || i, 'test:${anna.id}:' || i); END LOOP; END $$`,
    );
    const { balance, transactions } = await history(anna);
    assert.equal(balance, "5.1000");
    assert.equal(transactions.length, 500);
    assert.equal(transactions[0].description, "number 510");
    for (let i = 1; i < transactions.length; i++) assert.ok(transactions[i - 1].id > transactions[i].id);
    assert.deepEqual(await history(bert), { balance: "0.0000", transactions: [] });
  });

  test("needs a session", async () => {
    assert.equal((await world.api("GET", HISTORY)).status, 401);
    assert.equal((await world.api("GET", HISTORY, { headers: { cookie: "sid=forged.cookie" } })).status, 401);
  });
});

describe("another configuration", () => {
  after(() =>
    world.restartControl({ STRIPE_SECRET_KEY: SECRET_KEY, STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET, STRIPE_PRICE_ID: "" }),
  );

  test("STRIPE_PRICE_ID is a price of one dollar, taken once for each", async () => {
    await world.restartControl({ STRIPE_PRICE_ID: "price_one_dollar" });
    const anna = await world.account();
    peer.requests.length = 0;
    assert.equal((await checkout(anna, 20)).status, 200);
    const form = new URLSearchParams((await peer.request()).body);
    assert.equal(form.get("line_items[0][price]"), "price_one_dollar");
    assert.equal(form.get("line_items[0][quantity]"), "20");
    assert.equal(form.get("line_items[0][price_data][currency]"), null);
    assert.equal((await checkout(anna, 20.5)).status, 200);
    assert.equal(
      new URLSearchParams((await peer.request()).body).get("line_items[0][price_data][unit_amount]"),
      "2050",
    );
  });

  test("without Stripe's secrets both calls answer 503", async () => {
    await world.restartControl({ STRIPE_SECRET_KEY: "", STRIPE_WEBHOOK_SECRET: "" });
    const anna = await world.account();
    const { status, json } = await checkout(anna, 20);
    assert.equal(status, 503);
    assert.match(json.error, /not configured/);
    assert.equal((await checkout(anna, 1)).status, 400, "the body is looked at first");
    assert.equal((await tell("{}", signed("{}"), { checked: false })).status, 503);
  });
});
