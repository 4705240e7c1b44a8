// Webhooks (API documentation §9): what real receivers get, over HTTP and HTTPS, when they answer late, wrongly or not
// at all, and when control is killed. The calls are in webhook_calls.test.mjs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { misfit } from "../lib/openapi.mjs";
import { pause } from "../lib/wait.mjs";
import { certificate, eventually } from "../lib/world.mjs";
import {
  assertSigned,
  create,
  list,
  log,
  logged,
  newMeetingId,
  queue,
  receiver,
  redeliver,
  remove,
  useWebhooks,
  world,
} from "./lib/webhooks.mjs";

useWebhooks("webhooks");

describe("deliveries", () => {
  for (const tls of [undefined, certificate()])
    test(`a delivery is a signed POST of the exact body, over ${tls ? "HTTPS" : "HTTP"}`, async () => {
      const { account, peer, webhook } = await receiver({ tls, answer: { status: 204 } });
      const meetingId = newMeetingId();
      const [id] = await queue(webhook, meetingId, 1);
      const request = await peer.request();
      assert.equal(request.method, "POST");
      assert.equal(request.path, "/hook");
      assertSigned(request, webhook);
      assert.equal(request.headers["content-type"], "application/json");
      assert.equal(request.headers["x-event"], "participant.joined");
      assert.equal(request.headers["x-delivery"], String(id));
      assert.equal(request.headers["x-sequence"], "1");
      assert.match(request.headers["user-agent"], /^onepizza\/\d/);
      assert.ok(Math.abs(Number(request.headers["x-timestamp"]) - Date.now()) < 10_000);
      assert.equal(request.json.data.name, 'Zoë "<&>"');
      assert.equal(misfit("/components/schemas/ParticipantEvent", request.json), "");
      const [delivery] = await logged(account, webhook, "the log", ([d]) => d.status === "delivered");
      assert.deepEqual(
        { ...delivery, created_at: 0, delivered_at: 0 },
        {
          id,
          event: "participant.joined",
          meetingId,
          sequence: 1,
          status: "delivered",
          attempts: 1,
          responseStatus: 204,
          error: null,
          body: request.body,
          created_at: 0,
          delivered_at: 0,
          next_attempt_at: null,
        },
      );
      assert.match(delivery.delivered_at, /Z$/);
      assert.equal(peer.requests.length, 1);
    });

  test("what fails is tried again with the same id and body, and the list says that the webhook is failing", async () => {
    const { account, peer, webhook } = await receiver({ answer: (_, n) => ({ status: n <= 2 ? 500 : 200 }) });
    const [id] = await queue(webhook, newMeetingId(), 1);
    const first = await peer.request();
    const [failed] = await logged(account, webhook, "the failure", ([d]) => d.attempts === 1);
    assert.deepEqual(
      [failed.status, failed.responseStatus, failed.error, failed.delivered_at],
      ["pending", 500, "answered 500", null],
    );
    assert.ok(Date.parse(failed.next_attempt_at) >= Date.parse(failed.created_at));
    assert.equal((await list(account))[0].status, "failing");
    const second = await peer.request(),
      third = await peer.request();
    assert.deepEqual([second.body, third.body], [first.body, first.body]);
    for (const request of [first, second, third]) assert.equal(request.headers["x-delivery"], String(id));
    assert.ok(third.at - second.at > second.at - first.at, "the pauses grow");
    const [delivered] = await logged(account, webhook, "success", ([d]) => d.status === "delivered");
    assert.deepEqual([delivered.attempts, delivered.responseStatus, delivered.error], [3, 200, null]);
    assert.equal((await list(account))[0].status, "active");
  });

  test("one meeting's events come in order, however often the first fails; other meetings don't wait for it", async () => {
    const stuck = newMeetingId(),
      free = newMeetingId();
    let refuse = true;
    const { peer, webhook } = await receiver({
      answer: ({ json }) => ({ status: refuse && json.meetingId === stuck && json.sequence === 1 ? 503 : 200 }),
    });
    await queue(webhook, stuck, 3);
    await queue(webhook, free, 3);
    for (let sequence = 1; sequence <= 3; sequence++) {
      const { json } = await peer.request((r) => r.json.meetingId === free);
      assert.equal(json.sequence, sequence);
    }
    const tries = () => peer.requests.filter((r) => r.json.meetingId === stuck);
    await eventually("two tries", () => assert.ok(tries().length >= 2), 10_000);
    assert.deepEqual([...new Set(tries().map((r) => r.json.sequence))], [1]);
    refuse = false;
    await eventually(
      "all of them",
      () => assert.deepEqual([...new Set(tries().map((r) => r.json.sequence))], [1, 2, 3]),
      15_000,
    );
    const order = tries().map((r) => r.json.sequence);
    assert.deepEqual(order, [...order].sort());
  });

  test("a redirect is a failure and isn't followed", async () => {
    const target = await world.httpPeer();
    const { account, webhook } = await receiver({
      answer: { status: 307, headers: { location: `${target.url}/there` } },
    });
    await queue(webhook, newMeetingId(), 1);
    const [delivery] = await logged(account, webhook, "the failure", ([d]) => d.attempts > 0);
    assert.equal(delivery.responseStatus, 307);
    assert.match(delivery.error, /redirects are not followed/);
    assert.equal(target.requests.length, 0);
    await remove(account, webhook);
  });

  test("an answer after five seconds is none", async () => {
    const { account, peer, webhook } = await receiver({ answer: (_, n) => (n === 1 ? { hang: true } : {}) });
    await queue(webhook, newMeetingId(), 1);
    const first = await peer.request(),
      second = await peer.request();
    assert.ok(second.at - first.at >= 5_000, `${second.at - first.at} ms`);
    assert.ok(second.at - first.at < 9_000, `${second.at - first.at} ms`);
    const [delivery] = await logged(account, webhook, "success", ([d]) => d.status === "delivered");
    assert.equal(delivery.attempts, 2);
  });

  test("who answers late but in time, hangs up, or answers at great length, is told apart", async () => {
    const late = await receiver({ answer: { delayMs: 1_500 } });
    const rude = await receiver({ answer: { reset: true } });
    const wordy = await receiver({ answer: { status: 200, body: "x".repeat(10_000_000) } });
    for (const { webhook } of [late, rude, wordy]) await queue(webhook, newMeetingId(), 1);
    await logged(late.account, late.webhook, "the late one", ([d]) => d.status === "delivered" && d.attempts === 1);
    await logged(wordy.account, wordy.webhook, "the wordy one", ([d]) => d.status === "delivered" && d.attempts === 1);
    const [d] = await logged(rude.account, rude.webhook, "the rude one", ([one]) => one.attempts > 0);
    assert.equal(d.responseStatus, null);
    assert.match(d.error, /connection/);
    await remove(rude.account, rude.webhook);
  });

  test("a certificate that nobody vouches for is refused", async () => {
    const account = await world.account();
    const peer = await world.httpPeer({ tls: certificate() });
    const webhook = await create(account, peer.url.replace("127.0.0.1", "127.0.0.2")); // not in the certificate
    peer.server.close();
    await new Promise((resolve) => peer.server.once("close", resolve));
    peer.server.listen(peer.port, "127.0.0.2");
    await queue(webhook, newMeetingId(), 1);
    const [delivery] = await logged(account, webhook, "the refusal", ([d]) => d.attempts > 0);
    assert.match(delivery.error, /certificate/);
    assert.equal(peer.requests.length, 0);
    await remove(account, webhook);
  });

  test("after 24 hours a delivery is given up, and the next one's turn comes", async () => {
    const { account, peer, webhook } = await receiver({
      answer: ({ json }) => ({ status: json.sequence === 1 ? 500 : 200 }),
    });
    await queue(webhook, newMeetingId(), 2);
    await peer.request();
    const [, pending] = await logged(account, webhook, "the failure", ([, d]) => d.attempts > 0);
    assert.equal(pending.status, "pending");
    await world.sql(
      `UPDATE webhook_deliveries SET give_up_at = now(), next_attempt_at = now() WHERE id = ${pending.id}`,
    );
    const [second, first] = await logged(
      account,
      webhook,
      "the end",
      ([b, a]) => a.status === "failed" && b.status === "delivered",
    );
    assert.deepEqual([first.responseStatus, first.next_attempt_at, second.attempts], [500, null, 1]);
    assert.equal((await list(account))[0].status, "active");
  });

  test("anything can be delivered again: the same body, at once", async () => {
    const { account, peer, webhook } = await receiver();
    const [id] = await queue(webhook, newMeetingId(), 1);
    const first = await peer.request();
    await logged(account, webhook, "success", ([d]) => d.status === "delivered");
    peer.answer = { status: 500 };
    const asked = Date.now();
    assert.deepEqual(await redeliver(account, webhook, id), { message: "Delivery queued" });
    const second = await peer.request();
    assert.ok(second.at - asked < 900, `${second.at - asked} ms`);
    assert.equal(second.body, first.body);
    assert.equal(second.headers["x-delivery"], String(id));
    assertSigned(second, webhook);
    const [failed] = await logged(account, webhook, "the failure", ([d]) => d.attempts === 2);
    assert.deepEqual([failed.status, failed.delivered_at], ["pending", null]);
    await world.sql(`UPDATE webhook_deliveries SET status = 'failed' WHERE id = ${id}`);
    peer.answer = {};
    await redeliver(account, webhook, id);
    await logged(account, webhook, "success again", ([d]) => d.status === "delivered");
  });

  test("the log holds the latest hundred, newest first", async () => {
    const { account, peer, webhook } = await receiver();
    const ids = await queue(webhook, newMeetingId(), 103);
    await eventually("all of them", () => assert.equal(peer.requests.length, 103), 20_000);
    assert.deepEqual(
      peer.requests.map((r) => r.json.sequence),
      Array.from({ length: 103 }, (_, i) => i + 1),
    );
    const deliveries = await log(account, webhook);
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      ids.reverse().slice(0, 100),
    );
  });

  test("a deleted webhook gets nothing any more, not even what waited", async () => {
    const { account, peer, webhook } = await receiver({ answer: { status: 500 } });
    await queue(webhook, newMeetingId(), 3);
    await peer.request();
    await remove(account, webhook);
    const before = peer.requests.length;
    await pause(3_000);
    assert.ok(peer.requests.length <= before + 1, "one may have been on its way");
    assert.deepEqual(await world.sql(`SELECT id FROM webhook_deliveries WHERE webhook_id = ${webhook.id}`), []);
  });

  test("receivers that don't answer hold up neither other accounts nor the account's others for long", async () => {
    const eve = await world.account();
    const silent = await world.httpPeer({ answer: { hang: true } });
    const hooks = [];
    for (let i = 0; i < 20; i++) hooks.push(await create(eve, `${silent.url}/${i}`));
    await world.sql(`INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body)
                     SELECT w.id, gen_random_uuid(), 'meeting.ended', 'silent-' || i, 1, '{}'
                     FROM webhooks w CROSS JOIN generate_series(1, 5) i WHERE w.user_id = ${eve.id}`);
    await eventually("they are at it", () => assert.ok(silent.requests.length >= 8), 4_000);
    await pause(1_500);
    assert.equal(silent.requests.length, 8, "eight places for one account");
    const { peer, webhook } = await receiver();
    const began = Date.now();
    await queue(webhook, newMeetingId(), 20);
    await eventually("the others'", () => assert.equal(peer.requests.length, 20), 10_000);
    assert.ok(Date.now() - began < 4_000, `${Date.now() - began} ms`);
    for (const hook of hooks) await remove(eve, hook);
  });

  test("what became of deliveries is in the metrics", async () => {
    const { text } = await world.api("GET", "/metrics", { checked: false });
    for (const name of ["client_requests_total", "webhooks_delivered_total", "webhooks_failed_total"])
      assert.match(text, new RegExp(`^onepizza_${name} [1-9]`, "m"));
  });
});

describe("meetings", () => {
  test("who joins and leaves, and the end, are told to the owner's and its company's webhooks, in order", async () => {
    const owner = await world.company({ credit: "10" });
    const member = await world.account();
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: owner.inviteCode },
    });
    const all = await receiver({ account: owner });
    const ends = await world.httpPeer();
    await create(member, ends.url, ["meeting.ended"]);
    const stranger = await receiver();
    const meeting = await world.meeting(owner, { title: "Team Standup" });
    const bert = await world.join(meeting, { name: "Bert" });
    const carl = await world.join(meeting, { name: "Carl" });
    bert.close();
    await all.peer.request((r) => r.json.event === "participant.left");
    await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
      key: owner.apiKey,
      token: meeting.adminToken,
    });
    const ended = await all.peer.request((r) => r.json.event === "meeting.ended");
    for (const request of all.peer.requests) assertSigned(request, all.webhook);
    assert.deepEqual(
      all.peer.requests.map((r) => r.json.sequence),
      all.peer.requests.map((_, i) => i + 1),
    );
    const told = all.peer.requests.map(({ json }) => [json.event, json.data.name, json.data.participantCount]);
    assert.deepEqual(told.slice(0, 3), [
      ["participant.joined", "Bert", 1],
      ["participant.joined", "Carl", 2],
      ["participant.left", "Bert", 1],
    ]);
    assert.equal(all.peer.requests[0].json.data.participantId, bert.id);
    for (const { json } of all.peer.requests.slice(0, 3))
      assert.equal(misfit("/components/schemas/ParticipantEvent", json), "");
    assert.equal(ended.json.meetingId, meeting.meetingId);
    assert.deepEqual(Object.keys(ended.json.data).sort(), ["costUsd", "durationMinutes", "peakParticipants", "title"]);
    assert.deepEqual([ended.json.data.title, ended.json.data.peakParticipants], ["Team Standup", 2]);
    assert.match(ended.json.data.costUsd, /^\d+\.\d{4}$/);
    assert.equal((await ends.request()).json.event, "meeting.ended");
    assert.equal(ends.requests.length, 1);
    assert.equal(stranger.peer.requests.length, 0);
    carl.close();
  });

  test("an event is delivered within half a second", async () => {
    const { account, peer } = await receiver({ account: await world.account({ credit: "1" }) });
    const meeting = await world.meeting(account);
    const began = Date.now();
    const dora = await world.join(meeting, { name: "Dora" });
    const request = await peer.request();
    assert.ok(request.at - began < 500, `${request.at - began} ms`);
    dora.close();
  });
});

describe("when things break", () => {
  test("kill -9 in the middle of deliveries loses none and keeps the order", async () => {
    const { account, peer, webhook } = await receiver({ answer: () => ({ delayMs: 20 }) });
    const ids = [newMeetingId(), newMeetingId(), newMeetingId()];
    for (const id of ids) await queue(webhook, id, 30);
    for (let kills = 0; kills < 3; kills++) {
      const seen = peer.requests.length;
      await eventually("some more", () => assert.ok(peer.requests.length > seen + 5), 10_000);
      await world.restartControl();
    }
    const firsts = (id) => [
      ...new Set(peer.requests.filter((r) => r.json.meetingId === id).map((r) => r.json.sequence)),
    ];
    await eventually(
      "all of them",
      () => {
        for (const id of ids) assert.equal(firsts(id).length, 30);
      },
      30_000,
    );
    for (const id of ids)
      assert.deepEqual(
        firsts(id),
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
    await logged(account, webhook, "the log", (all) => all.length === 90 && all.every((d) => d.status === "delivered"));
    const twice = peer.requests.length - 90;
    assert.ok(twice <= 3 * 4, `${twice} came twice`);
  });

  test("a delivery whose answer was on its way when control died comes again, with the same id", async () => {
    const { peer, webhook } = await receiver({ answer: (_, n) => (n === 1 ? { hang: true } : {}) });
    await queue(webhook, newMeetingId(), 1);
    const first = await peer.request();
    await world.restartControl();
    const second = await peer.request();
    assert.equal(second.headers["x-delivery"], first.headers["x-delivery"]);
    assert.equal(second.body, first.body);
  });

  test("an answer that came while the database was away is not forgotten", async () => {
    const { account, peer, webhook } = await receiver({ answer: { delayMs: 1_000 } });
    await queue(webhook, newMeetingId(), 1);
    await peer.request();
    await world.server.database("stop");
    await pause(2_500);
    await world.server.database("start");
    await eventually(
      "the log",
      async () => {
        const [delivery] = await world.sql(
          `SELECT status, attempts FROM webhook_deliveries WHERE webhook_id = ${webhook.id}`,
        );
        assert.deepEqual(delivery, { status: "delivered", attempts: 1 });
      },
      20_000,
    );
    assert.equal(peer.requests.length, 1);
    await eventually("control", async () => assert.equal((await log(account, webhook)).length, 1), 20_000);
  });

  test("neither secrets nor addresses of receivers are in the log", async () => {
    const { account, peer, webhook } = await receiver({ answer: { status: 500 } });
    await queue(webhook, newMeetingId(), 1);
    await logged(account, webhook, "the failure", ([d]) => d.attempts > 0);
    assert.match(world.controlLog(), /webhook_failed/);
    assert.ok(!world.controlLog().includes(webhook.secret));
    assert.ok(!world.controlLog().includes(`${peer.port}/hook`));
    await remove(account, webhook);
  });
});
