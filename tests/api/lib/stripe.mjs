// A world with a local server in Stripe's place, and events as Stripe signs them.
import assert from "node:assert/strict";
import Stripe from "stripe";
import { httpPeer, startWorld } from "../../lib/world.mjs";

export const SECRET_KEY = "sk_test_51onepizza",
  WEBHOOK_SECRET = "whsec_of_this_test";
export const WEBHOOK = "/api/billing/stripe/webhook",
  HISTORY = "/api/billing/history";
export const PAY = "https://checkout.stripe.com/c/pay/cs_test_1";
const stripe = new Stripe(SECRET_KEY);

export async function startStripeWorld(name) {
  const peer = await httpPeer({ answer: { body: { id: "cs_test_1", url: PAY } } });
  const world = await startWorld({
    name,
    env: {
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_BASE: `${peer.url}/`,
      APP_URL: "https://meet.example.org/",
    },
  });
  return { world, peer, ...callsOf(world) };
}

let sessions = 0;

/** A Checkout session as Stripe's events have it. */
export const paid = (account, amountUsd, fields = {}) => ({
  id: `cs_test_${process.pid}_${++sessions}`,
  object: "checkout.session",
  payment_status: "paid",
  currency: "usd",
  amount_total: Math.round(Number(amountUsd) * 100),
  client_reference_id: String(account.id),
  metadata: { userId: String(account.id), amountUsd: String(amountUsd) },
  ...fields,
});

export const eventOf = (object, type = "checkout.session.completed") =>
  JSON.stringify({ id: `evt_${sessions}`, object: "event", type, data: { object } }, null, 2);

export const signed = (payload, { secret = WEBHOOK_SECRET, timestamp } = {}) =>
  stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

function callsOf(world) {
  const tell = (payload, signature = signed(payload), options = {}) =>
    world.api("POST", WEBHOOK, { body: payload, headers: { "stripe-signature": signature ?? undefined }, ...options });
  return {
    tell,
    told: async (payload, signature) => {
      const { status, json, text } = await tell(payload, signature);
      assert.equal(status, 200, text);
      assert.deepEqual(json, { received: true });
    },
    history: (account) => world.must(200, "GET", HISTORY, { cookie: account.cookie }),
    problems: async () =>
      (await world.must(200, "GET", "/admin/api/payments/problems", { cookie: await world.admin() })).problems,
  };
}
