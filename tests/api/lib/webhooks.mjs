// Webhooks and their receivers, for the tests of both.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before } from "node:test";
import { certificate, eventually, startWorld } from "../../lib/world.mjs";

export const EVENTS = ["meeting.ended", "participant.joined", "participant.left"];

/** The world of these tests, and an account in it: there once useWebhooks()'s before() has run. */
export let world, anna;
export function useWebhooks(name) {
  before(
    async () => {
      world = await startWorld({ name, env: { WEBHOOK_ALLOW_INSECURE: "1", CLIENT_CA_FILE: certificate().caFile } });
      anna = await world.account({ credit: "10" });
    },
    { timeout: 120_000 },
  );
  after(() => world?.stop());
}

export const create = (account, url, events = EVENTS) =>
  world.must(201, "POST", "/api/webhooks", { cookie: account.cookie, body: { url, events } });
export const list = async (account) =>
  (await world.must(200, "GET", "/api/webhooks", { cookie: account.cookie })).webhooks;
export const log = async (account, webhook) =>
  (await world.must(200, "GET", `/api/webhooks/${webhook.id}/deliveries`, { cookie: account.cookie })).deliveries;
export const remove = (account, webhook) =>
  world.must(200, "DELETE", `/api/webhooks/${webhook.id}`, { cookie: account.cookie });
export const redeliver = (account, webhook, id) =>
  world.must(200, "POST", `/api/webhooks/${webhook.id}/deliveries/${id}/redeliver`, { cookie: account.cookie });

/** A new account, a receiver and a webhook that leads to it. */
export async function receiver({ answer = {}, tls, account } = {}) {
  account ??= await world.account();
  const peer = await world.httpPeer({ answer, tls });
  const webhook = await create(account, `${peer.url}/hook`);
  return { account, peer, webhook };
}

let meetings = 0;
const letters = (n) => String.fromCharCode(...[676, 26, 1].map((place) => 97 + (Math.floor(n / place) % 26)));
/** An id that no meeting has. */
export const newMeetingId = () => `zzz-zzzz-${letters((meetings += 1))}`;

/** Queues events for a webhook as a meeting does: in one transaction. Answers their delivery ids. */
export async function queue(webhook, meetingId, n, first = 1) {
  const lines = await world.sql(`
    INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body)
    SELECT ${webhook.id}, gen_random_uuid(), 'participant.joined', '${meetingId}', i,
           json_build_object('event', 'participant.joined', 'meetingId', '${meetingId}', 'timestamp', 1710000000000,
                             'data', json_build_object('participantId', 'p' || i, 'name', 'Zoë "<&>"', 'participantCount', i),
                             'sequence', i)
    FROM generate_series(${first}, ${first + n - 1}) i RETURNING id`);
  return lines.split("\n").map(Number);
}

export function assertSigned(request, webhook) {
  const expected = "sha256=" + createHmac("sha256", webhook.secret).update(request.body).digest("hex");
  assert.equal(request.headers["x-signature"], expected);
}

export const logged = (account, webhook, what, matches) =>
  eventually(
    what,
    async () => {
      const deliveries = await log(account, webhook);
      assert.ok(matches(deliveries), JSON.stringify(deliveries));
      return deliveries;
    },
    15_000,
  );
