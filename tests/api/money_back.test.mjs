// What Stripe tells and nothing is credited for, and money that goes back: refunds and disputes, in any order.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventOf, paid, startStripeWorld } from "./lib/stripe.mjs";

let world, peer, history, told, problems;
before(async () => ({ world, peer, history, told, problems } = await startStripeWorld("money-back")));
after(async () => {
  await world?.stop();
  await peer?.close();
});

test("a payment that doesn't agree with what was ordered isn't credited, and the administrator sees why", async () => {
  const anna = await world.account();
  const metadata = (amountUsd) => ({ userId: String(anna.id), amountUsd });
  const wrongs = [
    [{ amount_total: 100 }, /not the amount ordered/], // paid $1 for $20
    [{ amount_total: 2001 }, /not the amount ordered/],
    [{ currency: "jpy", amount_total: 20 }, /not in US dollars/],
    [{ currency: "eur" }, /not in US dollars/],
    [{ currency: undefined }, /not in US dollars/],
    [{ amount_total: undefined }, /does not say an amount/],
    [{ amount_total: 2000.5 }, /does not say an amount/],
    [{ amount_total: "2000" }, /does not say an amount/],
    [{ metadata: metadata("20.005") }, /not the amount ordered/],
    [{ metadata: metadata("1e3") }, /not the amount ordered/],
    [{ metadata: metadata({}) }, /not the amount ordered/],
    [{ mode: "subscription" }, /not a single payment/],
    [{ payment_status: undefined }, /not paid/],
  ];
  for (const [fields, why] of wrongs) {
    const session = paid(anna, 20, fields);
    for (let twice = 0; twice < 2; twice++) await told(eventOf(session));
    const found = (await problems()).filter((p) => p.reference === `stripe:${session.id}`);
    assert.equal(found.length, 1, JSON.stringify(fields));
    assert.equal(found[0].kind, "not_credited");
    assert.equal(found[0].email, anna.email);
    assert.match(found[0].detail, why);
  }
  await told(JSON.stringify({ ...JSON.parse(eventOf(paid(anna, 20))), livemode: true }));
  assert.match((await problems())[0].detail, /other mode/);
  assert.deepEqual(await history(anna), { balance: "0.0000", transactions: [] });
  assert.match(world.controlLog(), /ERROR?.*stripe_unclear.*reason="the amount paid is not the amount ordered"/i);
});

describe("money that goes back", () => {
  let payments = 0;
  const bought = async (account, amountUsd, fields = {}) => {
    const payment_intent = `pi_${process.pid}_${++payments}`;
    await told(eventOf(paid(account, amountUsd, { mode: "payment", payment_intent, ...fields })));
    return payment_intent;
  };
  const charge = (payment_intent, dollars, fields = {}) => ({
    id: payment_intent.replace("pi", "ch"),
    object: "charge",
    currency: "usd",
    amount: 2000,
    amount_refunded: Math.round(dollars * 100),
    payment_intent,
    ...fields,
  });
  const dispute = (payment_intent, status, fields = {}) => ({
    id: payment_intent.replace("pi", "du"),
    object: "dispute",
    amount: 2000,
    currency: "usd",
    charge: payment_intent.replace("pi", "ch"),
    payment_intent,
    status,
    ...fields,
  });
  const event = (type, object) =>
    told(JSON.stringify({ id: `evt_back_${++payments}`, object: "event", type, data: { object } }));
  const moved = async (account) => (await history(account)).transactions.map((t) => [t.type, t.amount_usd]).reverse();

  test("a refund takes the credit back, once, and says so to the account and the administrator", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    const refund = JSON.stringify({
      id: `evt_refund_${payment}`,
      object: "event",
      type: "charge.refunded",
      data: { object: charge(payment, 20) },
    });
    await Promise.all(Array.from({ length: 10 }, () => told(refund)));
    const { balance, transactions } = await history(anna);
    assert.equal(balance, "0.0000");
    assert.deepEqual(
      transactions.map(({ type, amount_usd, description }) => ({ type, amount_usd, description })),
      [
        { type: "stripe_refund", amount_usd: "-20.0000", description: "Stripe refund $20" },
        { type: "stripe_topup", amount_usd: "20.0000", description: "Stripe top-up $20" },
      ],
    );
    const found = (await problems()).filter((p) => p.email === anna.email);
    assert.equal(found.length, 1);
    assert.equal(found[0].kind, "refund");
    assert.equal(found[0].amount_usd, "20.0000");
    assert.match(found[0].detail, /was taken from the account/);
    assert.match(world.controlLog(), new RegExp(`stripe_taken_back payment=${payment} usd=20.0000`));
  });

  test("parts of it go back part by part, and never more than was credited", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    await event("charge.refunded", charge(payment, 5));
    await event("charge.refunded", charge(payment, 12.5));
    await event("charge.refunded", charge(payment, 5)); // the first comes again, late
    assert.equal((await history(anna)).balance, "7.5000");
    await event("charge.refunded", charge(payment, 20));
    await event("charge.refunded", charge(payment, 2000));
    assert.deepEqual(await moved(anna), [
      ["stripe_topup", "20.0000"],
      ["stripe_refund", "-5.0000"],
      ["stripe_refund", "-7.5000"],
      ["stripe_refund", "-7.5000"],
    ]);
  });

  test("spent credit is a debt then", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    await world.sql(`SELECT account_change(${anna.id}, NULL, -15, 'meeting_charge', 'spent', 'test:spent:${anna.id}')`);
    await event("charge.refunded", charge(payment, 20));
    assert.equal((await history(anna)).balance, "-15.0000");
  });

  test("a refund that fails gives the credit back", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    const refund = { id: `re_${payment}`, object: "refund", amount: 2000, currency: "usd", payment_intent: payment };
    await event("charge.refunded", charge(payment, 20));
    await event("refund.updated", { ...refund, status: "succeeded" });
    assert.equal((await history(anna)).balance, "0.0000");
    for (const type of ["charge.refund.updated", "refund.updated", "refund.failed"])
      await event(type, { ...refund, status: "failed" });
    assert.equal((await history(anna)).balance, "20.0000");
    await event("charge.refunded", charge(payment, 20)); // and it is refunded in another way
    assert.equal((await history(anna)).balance, "0.0000");
  });

  test("refunds that are told one by one, with the charge's sum or without, are counted once", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    const refund = (n, dollars, status) => ({
      id: `re_${n}_${payment}`,
      object: "refund",
      amount: dollars * 100,
      currency: "usd",
      payment_intent: payment,
      status,
    });
    await event("refund.created", refund(1, 5, "pending"));
    await event("refund.updated", refund(1, 5, "succeeded"));
    assert.equal((await history(anna)).balance, "15.0000");
    await event("charge.refunded", charge(payment, 5));
    assert.equal((await history(anna)).balance, "15.0000");
    await event("charge.refunded", charge(payment, 12));
    await event("refund.created", refund(2, 7, "succeeded"));
    assert.equal((await history(anna)).balance, "8.0000");
    await event("refund.failed", refund(2, 7, "failed"));
    await event("refund.updated", refund(2, 7, "pending")); // late
    assert.deepEqual(await moved(anna), [
      ["stripe_topup", "20.0000"],
      ["stripe_refund", "-5.0000"],
      ["stripe_refund", "-7.0000"],
      ["stripe_refund", "7.0000"],
    ]);
  });

  test("a dispute takes the credit back when it is opened; won, it is given again", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    await event("charge.dispute.created", dispute(payment, "needs_response"));
    await event("charge.dispute.funds_withdrawn", dispute(payment, "needs_response"));
    assert.equal((await history(anna)).balance, "0.0000");
    await event("charge.dispute.closed", dispute(payment, "won"));
    await event("charge.dispute.funds_reinstated", dispute(payment, "won"));
    await event("charge.dispute.updated", dispute(payment, "under_review")); // late: it is over
    assert.deepEqual(await moved(anna), [
      ["stripe_topup", "20.0000"],
      ["stripe_dispute", "-20.0000"],
      ["stripe_dispute", "20.0000"],
    ]);
    const kinds = (await problems()).filter((p) => p.email === anna.email).map((p) => [p.kind, p.amount_usd]);
    assert.deepEqual(kinds.reverse(), [
      ["dispute", "20.0000"],
      ["dispute", "-20.0000"],
    ]);
  });

  test("a dispute that is lost stays taken, an inquiry takes nothing, and a refund besides takes nothing more", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    await event("charge.dispute.created", dispute(payment, "warning_needs_response"));
    assert.equal((await history(anna)).balance, "20.0000");
    await event("charge.dispute.closed", dispute(payment, "lost"));
    await event("charge.dispute.created", dispute(payment, "needs_response"));
    await event("charge.refunded", charge(payment, 20));
    assert.deepEqual(await moved(anna), [
      ["stripe_topup", "20.0000"],
      ["stripe_dispute", "-20.0000"],
    ]);
  });

  test("what goes back before the payment is told of is taken when it is", async () => {
    const anna = await world.account();
    const payment_intent = `pi_${process.pid}_early`;
    await event("charge.refunded", charge(payment_intent, 20));
    assert.ok((await problems()).some((p) => p.kind === "unknown_payment" && p.detail.includes(payment_intent)));
    await bought(anna, 20, { payment_intent });
    assert.equal((await history(anna)).balance, "0.0000");
  });

  test("a company's credit goes back from the company, also when its member has gone", async () => {
    const owner = await world.company(),
      member = await world.account();
    const own = await bought(member, 10);
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: owner.inviteCode },
    });
    const companys = await bought(member, 20);
    assert.equal((await history(owner)).balance, "30.0000");
    await event("charge.refunded", charge(own, 10)); // which moved to the company
    assert.equal((await history(owner)).balance, "20.0000");
    await world.must(200, "DELETE", `/api/company/members/${member.id}`, { cookie: owner.cookie });
    await event("charge.refunded", charge(companys, 20));
    assert.equal((await history(owner)).balance, "0.0000");
    assert.equal((await history(member)).balance, "0.0000");
  });

  test("what isn't in dollars, or names no payment, moves nothing and is shown", async () => {
    const anna = await world.account();
    const payment = await bought(anna, 20);
    await event("charge.refunded", charge(payment, 20, { currency: "eur" }));
    await event("charge.refunded", charge(payment, 20, { payment_intent: null }));
    await event("charge.dispute.created", dispute(payment, "needs_response", { currency: "jpy" }));
    assert.equal((await history(anna)).balance, "20.0000");
    assert.deepEqual(
      (await problems()).slice(0, 3).map((p) => p.kind),
      ["not_taken_back", "not_taken_back", "not_taken_back"],
    );
  });
});
