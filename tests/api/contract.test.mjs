// The document's own examples, each as it stands there: the call is made, and the answer must have the example's
// members in the example's order, of the same kinds, and no others but those listed here as ours.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";
import { isLike } from "./lib/example.mjs";

const MNEMONIC = "test test test test test test test test test test test junk";

let world, admin, stripe;
before(async () => {
  world = await startWorld({
    name: "contract",
    env: {
      WEBHOOK_ALLOW_INSECURE: "1",
      CRYPTO_MNEMONIC: MNEMONIC,
      ETH_RPC_URL: "http://127.0.0.1:9",
      STRIPE_SECRET_KEY: "sk_test_x",
    },
  });
  stripe = await world.httpPeer({
    answer: { body: { id: "cs_1", url: "https://checkout.stripe.com/c/pay/cs_test_a1b2" } },
  });
  await world.restartControl({ STRIPE_API_BASE: stripe.url });
  admin = await world.admin();
});
after(() => world?.stop());

const SETTINGS = { muteOnJoin: false, videoOffOnJoin: false, maxParticipants: 50, locked: false, waitingRoom: false };

// ---- §1, §2, §14: accounts, keys, companies ----

test("§1 register and me", async () => {
  const email = world.newEmail();
  const answer = await world.must(201, "POST", "/api/auth/register", { body: { email, password: "secret123" } });
  isLike(
    answer,
    { message: "Account created", email: "you@example.com", apiKey: "mk_abc123...", accountType: "personal" },
    [],
  );
  assert.deepEqual([answer.message, answer.email, answer.accountType], ["Account created", email, "personal"]);
  const cookie = await world.login({ email, password: "secret123" });
  const me = await world.must(200, "GET", "/api/auth/me", { cookie });
  isLike(
    me,
    {
      id: 42,
      email: "you@example.com",
      accountType: "personal",
      balance: "25.0000",
      company_id: null,
      is_admin: false,
      created_at: "2026-03-01T12:00:00Z",
    },
    [],
  );
  assert.deepEqual(
    [me.email, me.accountType, me.balance, me.company_id, me.is_admin],
    [email, "personal", "0.0000", null, false],
  );
});

test("§2 the list of keys", async () => {
  const { cookie } = await world.account();
  await world.must(201, "POST", "/api/user/keys", { cookie, body: { label: "Production" } });
  const list = await world.must(200, "GET", "/api/user/keys", { cookie });
  isLike(
    list,
    {
      keys: [{ id: 1, key: "mk_abc123...", label: "Production", is_active: true, created_at: "2026-03-01T12:00:00Z" }],
    },
    ["last_used_at"],
  );
  assert.equal(list.keys[0].label, "Production");
  for (const { key } of list.keys) assert.match(key, /^mk_[^…]{4}…[^…]{4}$/u, "prefix and last 4");
});

test("§14 a company: register, join, members", async () => {
  const founded = await world.must(201, "POST", "/api/auth/register", {
    body: { email: "owner@acme.com", password: "secret123", accountType: "company", companyName: "Acme Corp" },
  });
  isLike(
    founded,
    {
      message: "Account created",
      email: "owner@acme.com",
      apiKey: "mk_abc123...",
      inviteCode: "aBcDeFgHiJkL",
      accountType: "company",
    },
    [],
  );
  const owner = await world.login({ email: "owner@acme.com", password: "secret123" });
  const dev = await world.account({ email: "dev@acme.com" });
  const joined = await world.must(200, "POST", "/api/company/join", {
    cookie: dev.cookie,
    body: { inviteCode: founded.inviteCode },
  });
  isLike(joined, { message: "Joined Acme Corp", companyId: 1, companyName: "Acme Corp" }, []);
  assert.deepEqual([joined.message, joined.companyName], ["Joined Acme Corp", "Acme Corp"]);
  const { members } = await world.must(200, "GET", "/api/company/members", { cookie: owner });
  const example = { id: 1, email: "owner@acme.com", role: "owner", joined_at: "2026-03-01T12:00:00Z" };
  isLike({ members }, { members: [example] }, []);
  assert.deepEqual(
    members.map(({ email, role }) => [email, role]),
    [
      ["owner@acme.com", "owner"],
      ["dev@acme.com", "member"],
    ],
  );
  assert.equal((await world.must(200, "GET", "/api/auth/me", { cookie: dev.cookie })).company_id, joined.companyId);
});

// ---- §3 to §8: meetings ----

test("§3, §5 meetings: instant, scheduled, lists, details", async () => {
  const owner = await world.account({ credit: "10" }),
    key = owner.apiKey;
  const instant = await world.must(201, "POST", "/api/meetings", { key, body: { title: "Team Standup" } });
  isLike(
    instant,
    {
      meetingId: "abc-defg-hij",
      adminToken: "d4e5f6...",
      joinUrl: "/join/abc-defg-hij",
      title: "Team Standup",
      status: "active",
      settings: SETTINGS,
    },
    ["topology"],
  );
  assert.deepEqual(
    { ...instant, adminToken: 0 },
    {
      meetingId: instant.meetingId,
      adminToken: 0,
      joinUrl: `/join/${instant.meetingId}`,
      title: "Team Standup",
      status: "active",
      settings: { ...SETTINGS, topology: "auto" },
    },
  );

  const scheduledAt = new Date(Date.now() + 86400_000).toISOString().slice(0, 10) + "T14:00:00Z";
  const later = await world.must(201, "POST", "/api/meetings", { key, body: { title: "Weekly Sync", scheduledAt } });
  isLike(
    later,
    {
      meetingId: "xyz-abcd-efg",
      adminToken: "a1b2c3...",
      joinUrl: "/join/xyz-abcd-efg",
      title: "Weekly Sync",
      scheduledAt: "2026-04-01T14:00:00.000Z",
      status: "scheduled",
      settings: SETTINGS,
    },
    ["topology"],
  );
  assert.equal(later.scheduledAt, scheduledAt.replace("Z", ".000Z"));

  const anna = await world.join(instant, { name: "Alice" });
  const list = await world.must(200, "GET", "/api/meetings", { key });
  isLike(
    list,
    {
      meetings: [
        {
          meetingId: "abc-defg-hij",
          title: "Team Standup",
          status: "active",
          participantCount: 3,
          createdAt: 1710000000000,
        },
        {
          meetingId: "xyz-abcd-efg",
          title: "Weekly Sync",
          status: "scheduled",
          scheduledAt: "2026-04-01T14:00:00.000Z",
          participantCount: 0,
        },
      ],
    },
    ["createdAt"],
  );
  assert.equal(list.meetings.length, 2);

  const details = await world.must(200, "GET", `/api/meetings/${instant.meetingId}`, { key });
  isLike(
    details,
    {
      meetingId: "abc-defg-hij",
      title: "Team Standup",
      status: "active",
      createdAt: 1710000000000,
      participantCount: 2,
      participants: [
        {
          participantId: "a1b2c3",
          name: "Alice",
          isMuted: false,
          isVideoOff: false,
          isScreenSharing: false,
          joinedAt: 1710000001000,
        },
      ],
      settings: SETTINGS,
    },
    ["topology", "isHandRaised", "isAdmin"],
  );
  assert.deepEqual(
    [details.participantCount, details.participants[0].participantId, details.participants[0].name],
    [1, anna.id, "Alice"],
  );

  const scheduled = await world.must(200, "GET", "/api/meetings/scheduled/list", { key });
  isLike(
    scheduled,
    {
      meetings: [
        {
          meetingId: "xyz-abcd-efg",
          title: "Weekly Sync",
          scheduledAt: "2026-04-01T14:00:00.000Z",
          status: "scheduled",
          createdAt: 1710000000000,
        },
      ],
    },
    [],
  );
  assert.deepEqual(
    scheduled.meetings.map((m) => m.meetingId),
    [later.meetingId],
  );

  const ended = await world.must(200, "DELETE", `/api/meetings/${instant.meetingId}`, {
    key,
    token: instant.adminToken,
  });
  isLike(ended, { message: "anything" }, []);
  assert.equal(typeof (await anna.event("meeting:ended")).reason, "string");
  const { meetings } = await world.must(200, "GET", "/api/meetings/history", { cookie: owner.cookie });
  isLike(
    { meetings },
    {
      meetings: [
        {
          id: 1,
          meeting_id: "abc-defg-hij",
          title: "Team Standup",
          started_at: "2026-03-19T10:00:00Z",
          ended_at: "2026-03-19T10:30:00Z",
          duration_minutes: "30.00",
          peak_participants: 4,
          cost_usd: "0.0120",
        },
      ],
    },
    [],
  );
});

test("§4 a guest meeting", async () => {
  const guest = await world.must(201, "POST", "/api/meetings/guest", { body: { title: "Quick Sync" } });
  isLike(
    guest,
    { meetingId: "qwerty-abc", adminToken: "uuid...", joinUrl: "/join/qwerty-abc", title: "Quick Sync" },
    [],
  );
  assert.equal(guest.joinUrl, `/join/${guest.meetingId}`);
  assert.match(guest.adminToken, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.equal((await world.must(201, "POST", "/api/meetings/guest", { body: {} })).title, "Quick Meeting");
  assert.equal((await world.must(201, "POST", "/api/meetings/guest")).title, "Quick Meeting");
  await world.restartControl();
  const { apiKey } = await world.account();
  assert.equal(
    (await world.api("GET", `/api/meetings/${guest.meetingId}`, { key: apiKey })).status,
    404,
    "lost when the server restarts",
  );
});

test("§6 an invitation", async () => {
  const meeting = await world.guestMeeting();
  const invite = await world.must(201, "POST", `/api/meetings/${meeting.meetingId}/invite`, {
    token: meeting.adminToken,
    body: { name: "Bob" },
  });
  isLike(invite, { joinUrl: "/join/abc-defg-hij?invite=x1y2z3&name=Bob", inviteToken: "x1y2z3" }, []);
  assert.equal(invite.joinUrl, `/join/${meeting.meetingId}?invite=${invite.inviteToken}&name=Bob`);
});

test("§7 a kick has its reason, and an invented one when none is given", async () => {
  const meeting = await world.guestMeeting();
  const [anna, bert] = [await world.join(meeting, { name: "Anna" }), await world.join(meeting, { name: "Bert" })];
  const kick = (id, body) =>
    world.must(200, "POST", `/api/meetings/${meeting.meetingId}/participants/${id}/kick`, {
      token: meeting.adminToken,
      body,
    });
  await kick(anna.id, { reason: "Bye, Anna" });
  assert.deepEqual(await anna.event("admin:kick"), { reason: "Bye, Anna" });
  assert.equal(await anna.event("(disconnect)"), "io server disconnect");
  await kick(bert.id);
  assert.equal(typeof (await bert.event("admin:kick")).reason, "string");
});

// ---- §9 webhooks ----

test("§9 a webhook: the list, and a delivery of each event", async () => {
  const receiver = await world.httpPeer(),
    owner = await world.account({ credit: "10" }),
    { cookie } = owner;
  const events = ["meeting.ended", "participant.joined", "participant.left"];
  await world.must(201, "POST", "/api/webhooks", { cookie, body: { url: `${receiver.url}/webhook`, events } });
  const list = await world.must(200, "GET", "/api/webhooks", { cookie });
  isLike(
    list,
    {
      webhooks: [
        {
          id: 1,
          url: "https://your-app.com/webhook",
          events: ["meeting.ended", "participant.left"],
          created_at: "2026-03-01T12:00:00Z",
        },
      ],
    },
    ["status"],
  );
  assert.deepEqual(list.webhooks[0].events.toSorted(), events);

  const meeting = await world.meeting(owner, { title: "Team Standup" });
  const anna = await world.join(meeting, { name: "Anna" });
  const bert = await world.join(meeting, { name: "Bert" });
  anna.close();
  await bert.event("participant:left");
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: owner.apiKey,
    token: meeting.adminToken,
  });
  const told = [];
  for (let i = 0; i < 5; i++) told.push((await receiver.request()).json);
  const example = { event: "meeting.ended", meetingId: "abc-defg-hij", timestamp: 1710000000000, data: {} };
  for (const each of told) isLike({ ...each, data: {} }, example, ["sequence"]);
  assert.deepEqual(
    told.slice(0, 3).map(({ event, data }) => [event, data]),
    [
      ["participant.joined", { participantId: anna.id, name: "Anna", participantCount: 1 }],
      ["participant.joined", { participantId: bert.id, name: "Bert", participantCount: 2 }],
      ["participant.left", { participantId: anna.id, name: "Anna", participantCount: 1 }],
    ],
  );
  const { event, data } = told.at(-1);
  assert.equal(event, "meeting.ended");
  isLike(data, { title: "Team Standup", durationMinutes: 30, peakParticipants: 4, costUsd: "0.0120" }, []);
  assert.deepEqual([data.title, data.peakParticipants], ["Team Standup", 2]);
});

// ---- §13, §15 ----

test("§15 billing: Stripe, USDC, history, and a charge by the formula", async () => {
  const owner = await world.account({ credit: "25" }),
    { cookie } = owner;
  assert.deepEqual(await world.must(200, "POST", "/api/billing/stripe/checkout", { cookie, body: { amountUsd: 20 } }), {
    url: "https://checkout.stripe.com/c/pay/cs_test_a1b2",
  });
  isLike(await world.must(200, "GET", "/api/billing/usdc/address", { cookie }), { address: "0xABC123..." }, []);

  await world.must(200, "PUT", "/admin/api/settings", { cookie: admin, body: { ratePerMinute: 50 } });
  const meeting = await world.meeting(owner);
  const people = [await world.join(meeting, { name: "Anna" }), await world.join(meeting, { name: "Bert" })];
  await pause(1300);
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: owner.apiKey,
    token: meeting.adminToken,
  });
  for (const client of people) await client.event("meeting:ended");
  await world.must(200, "PUT", "/admin/api/settings", { cookie: admin, body: { ratePerMinute: 0.004 } });

  const {
    meetings: [row],
  } = await world.must(200, "GET", "/api/meetings/history", { cookie });
  assert.equal(row.peak_participants, 2);
  assert.ok(Number(row.duration_minutes) >= 0.02, row.duration_minutes);
  assert.equal(
    Number(row.cost_usd).toFixed(4),
    (Number(row.duration_minutes) * 2 * 50).toFixed(4),
    "minutes × peak participants × rate",
  );
  const bill = await world.must(200, "GET", "/api/billing/history", { cookie });
  isLike(
    bill,
    {
      balance: "25.0000",
      transactions: [
        {
          id: 1,
          amount_usd: "20.0000",
          type: "stripe_topup",
          description: "Stripe top-up $20",
          created_at: "2026-03-10T12:00:00Z",
        },
      ],
    },
    [],
  );
  const charge = bill.transactions.find(({ type }) => type === "meeting_charge");
  assert.equal(charge.amount_usd, `-${row.cost_usd}`);
  assert.match(charge.description, new RegExp(`^Meeting ${meeting.meetingId} \\(0\\.\\d+m, 2 participants\\)$`));
  assert.equal(bill.balance, (25 - Number(row.cost_usd)).toFixed(4));
  assert.equal((await world.must(200, "GET", "/api/auth/me", { cookie })).balance, bill.balance);
});

// ---- §18 ----

test("§18 the analytics of administrators", async () => {
  const meeting = await world.guestMeeting();
  const host = await world.joinAsHost(meeting);
  host.emit("media:screen-share", { isScreenSharing: true });
  host.emit("recording:broadcast-started", { hostName: "Host" });
  await host.settled();
  const get = (name, query = "") => world.must(200, "GET", `/admin/api/analytics/${name}${query}`, { cookie: admin });
  const features = await eventually(
    "events are stored",
    async () => {
      const answer = await get("features");
      assert.ok(answer.features.some(({ feature }) => feature === "recording"));
      return answer;
    },
    10_000,
  );
  isLike(
    features,
    { features: [{ feature: "screen_share", total_uses: 142, unique_users: 38, active_days: 22 }], days: 30 },
    [],
  );
  assert.equal(features.days, 30);
  assert.equal((await get("features", "?days=7")).days, 7);
  const errors = await get("errors", "?days=90");
  assert.deepEqual(Object.keys(errors), ["errors", "days"]);
  isLike(
    await get("realtime"),
    {
      activeMeetings: 3,
      totalParticipants: 14,
      activeRecordings: 1,
      activeScreenShares: 2,
      meetingList: [
        { id: meeting.meetingId, title: "Team Standup", participantCount: 5, duration: 1200, isRecording: true },
      ],
    },
    [],
  );
  isLike(
    await get("health"),
    {
      uptimeSeconds: 86400,
      memoryMB: 128.5,
      heapUsedMB: 95.2,
      heapTotalMB: 140.0,
      dbPoolTotal: 20,
      dbPoolIdle: 15,
      dbPoolWaiting: 0,
      activeMeetings: 3,
      scheduledMeetings: 1,
    },
    [],
  );
  const { retention } = await get("retention");
  isLike({ retention }, { retention: [{ week: "2026-03-10", users: 120, retained: 84 }] }, []);
  assert.equal(retention.length, 12);
  const peaks = await get("peak-hours");
  isLike(peaks, { peakHours: [{ dow: 1, hour: 10, count: 45 }], days: 90 }, []);
  assert.equal(peaks.days, 90);
});
