// load.mjs: people, programs, Stripe and an administrator, all at once, each doing one thing after the other. Whatever
// is acknowledged goes into the journal. A request that dies with the server is left as sent: what became of it is
// found out later (books.mjs).
import { createHmac, randomUUID } from "node:crypto";
import http from "node:http";
import { ADMIN, Server } from "../../lib/servers.mjs";
import { Jar, request } from "../../lib/http.mjs";
import { pause } from "../../lib/wait.mjs";
import { Person } from "./person.mjs";
import { DONE, NEVER, SENT } from "./journal.mjs";

export const STRIPE_SECRET = "whsec_only_this_test_knows";
const PASSWORD = "a password of this test";
const PEOPLE_MAX = 24;
const EVENTS = ["meeting.ended", "participant.joined", "participant.left"];

/** A server that can do all that a Load asks of it; not started yet. */
export const serverOfLoad = (name) =>
  new Server({
    name,
    env: {
      STRIPE_SECRET_KEY: "sk_test_unused",
      STRIPE_WEBHOOK_SECRET: STRIPE_SECRET,
      WEBHOOK_ALLOW_INSECURE: "1",
      EMPTY_GRACE_MS: "1000",
    },
  });

export class Load {
  constructor({ url, journal, chance, receiver }) {
    Object.assign(this, {
      url,
      journal,
      chance,
      receiver,
      wrong: [],
      refused: 0,
      requests: 0,
      is503Fine: false,
      slowestMs: 0,
    });
    this.admin = new Jar();
  }

  // ---- requests ----

  /**
   * Answers {status, json}, or nothing when the server died meanwhile. Whatever else than `expected` is noted as wrong.
   * key: an entry of the journal.
   */
  async call(expected, method, path, { key, token, cookie, body, headers } = {}) {
    const all = {
      "content-type": body === undefined ? undefined : "application/json",
      "x-api-key": key?.key,
      "x-admin-token": token,
      cookie: cookie && String(cookie),
      ...headers,
    };
    const begun = performance.now();
    this.requests += 1;
    let answer;
    try {
      answer = await request(this.url, { method, path, headers: all, body, agent: this.agent });
    } catch (error) {
      if (!this.isOver) this.wrong.push(`${method} ${path}: ${error.message}`);
      return undefined;
    } finally {
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
    }
    cookie?.take(answer.headers["set-cookie"]);
    if (answer.status === 503 && this.is503Fine) {
      this.refused += 1;
      return undefined;
    }
    const isDeletedKey = answer.status === 401 && key?.deleted; // by somebody else, meanwhile
    if (!isDeletedKey && ![].concat(expected).includes(answer.status))
      this.wrong.push(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** The entry's state after its answer. */
  settle(entry, answer, member = "state") {
    if (answer) entry[member] = answer.status < 300 ? DONE : NEVER;
    return answer?.status < 300;
  }

  // ---- accounts and keys ----

  async register(fields = {}) {
    const account = { email: `user-${randomUUID()}@example.com`, password: PASSWORD, ...fields, state: SENT };
    this.journal.accounts.push(account);
    const { email, password, companyName } = account;
    const company = companyName ? { accountType: "company", companyName } : {};
    const answer = await this.call(201, "POST", "/api/auth/register", { body: { email, password, ...company } });
    if (!this.settle(account, answer)) return;
    account.inviteCode = answer.json.inviteCode;
    this.journal.keys.push({ account, state: DONE, key: answer.json.apiKey });
    const cookie = new Jar();
    if ((await this.call(200, "POST", "/api/auth/login", { cookie, body: { email, password } }))?.status !== 200)
      return;
    account.cookie = cookie;
    account.id = (await this.call(200, "GET", "/api/auth/me", { cookie }))?.json.id;
    await this.credit(account, "50");
    if (this.chance.happens(0.5)) await this.webhookCreate(account);
  }

  registerCompany() {
    return this.register({ companyName: "Acme Corp" });
  }

  async joinCompany() {
    const company = this.chance.of(this.journal.accounts.filter((account) => account.inviteCode));
    const account = this.chance.of(
      this.journal
        .accountsReady()
        .filter((a) => !a.companyName && !this.journal.joins.some((join) => join.account === a)),
    );
    if (!company || !account) return;
    const join = { account, company, state: SENT };
    this.journal.joins.push(join);
    this.settle(
      join,
      await this.call(200, "POST", "/api/company/join", {
        cookie: account.cookie,
        body: { inviteCode: company.inviteCode },
      }),
    );
  }

  async passwordChange() {
    const account = this.chance.of(this.journal.accountsReady().filter((a) => !a.changing));
    if (!account) return;
    account.changing = randomUUID();
    const body = { currentPassword: account.password, newPassword: account.changing };
    const answer = await this.call(200, "POST", "/api/auth/change-password", { cookie: account.cookie, body });
    if (answer) Object.assign(account, { password: account.changing, changing: undefined });
  }

  /** The password is the acknowledged one; of an unanswered change, either. */
  async logIn(account) {
    const tries = [account.password, account.changing].filter(Boolean);
    for (const password of tries) {
      const answer = await this.call([200, 401], "POST", "/api/auth/login", {
        cookie: new Jar(),
        body: { email: account.email, password },
      });
      if (answer?.status === 200) {
        Object.assign(account, { password, changing: undefined });
        return true;
      }
    }
    return false;
  }

  async keyCreate() {
    const account = this.chance.of(this.journal.accountsReady());
    if (
      !account ||
      this.journal.keys.filter((key) => key.account === account && key.deleted !== DONE && key.state !== NEVER)
        .length >= 5
    )
      return;
    const key = { account, label: randomUUID(), state: SENT };
    this.journal.keys.push(key);
    const answer = await this.call(201, "POST", "/api/user/keys", {
      cookie: account.cookie,
      body: { label: key.label },
    });
    if (this.settle(key, answer)) Object.assign(key, { id: answer.json.id, key: answer.json.key });
  }

  async keyDelete() {
    const key = this.chance.of(this.journal.keysLive().filter((k) => k.id));
    if (!key) return;
    key.deleted = SENT;
    const answer = await this.call(200, "DELETE", `/api/user/keys/${key.id}`, { cookie: key.account.cookie });
    if (!this.settle(key, answer, "deleted")) return;
    await this.call(401, "GET", "/api/meetings", { key });
  }

  // ---- money ----

  async credit(
    account = this.chance.of(this.journal.accountsReady()),
    amount = `${1 + this.chance.below(9)}.${1000 + this.chance.below(9000)}`,
  ) {
    if (!account) return;
    const credit = { account, amount, description: randomUUID(), state: SENT };
    this.journal.credits.push(credit);
    const body = { email: account.email, amountUsd: Number(amount), description: credit.description };
    this.settle(credit, await this.call(201, "POST", "/admin/api/users/credit", { cookie: this.admin, body }));
  }

  /** As Stripe does it: again until it was answered 200, and sometimes once more for no reason. */
  async payment() {
    const account = this.chance.of(this.journal.accountsReady().filter((a) => a.id));
    const again =
      this.chance.of(this.journal.payments.filter((p) => p.state === SENT)) ??
      (this.chance.happens(0.2) && this.chance.of(this.journal.payments));
    if (!account && !again) return;
    const payment = again || {
      account,
      amount: 5 + this.chance.below(20),
      session: `cs_test_${randomUUID()}`,
      state: SENT,
    };
    if (!again) this.journal.payments.push(payment);
    const answer = await this.call(200, "POST", "/api/billing/stripe/webhook", stripeEvent(payment));
    if (answer?.status === 200) payment.state = DONE;
  }

  // ---- meetings ----

  async meetingCreate() {
    const key = this.chance.of(this.journal.keysLive());
    if (!key) return;
    const isScheduled = this.chance.happens(0.3);
    const meeting = {
      account: key.account,
      state: SENT,
      title: randomUUID(),
      settings: {
        muteOnJoin: this.chance.happens(0.5),
        videoOffOnJoin: false,
        maxParticipants: 10 + this.chance.below(40),
        locked: false,
        waitingRoom: false,
      },
      scheduledAt: isScheduled
        ? new Date(Date.now() + (this.chance.happens(0.3) ? 3000 : 3_600_000)).toISOString()
        : undefined,
    };
    this.journal.meetings.push(meeting);
    const {
      title,
      scheduledAt,
      settings: { muteOnJoin, maxParticipants },
    } = meeting;
    meeting.webhooks = this.journal.webhooks.filter((w) => w.account === key.account && w.state === DONE && !w.deleted);
    const answer = await this.call([201, 402], "POST", "/api/meetings", {
      key,
      body: { title, scheduledAt, muteOnJoin, maxParticipants },
    });
    if (this.settle(meeting, answer))
      Object.assign(meeting, { meetingId: answer.json.meetingId, adminToken: answer.json.adminToken });
  }

  async meetingChange() {
    const meeting = this.chance.of(this.journal.meetings.filter((m) => m.state === DONE && !m.ended && !m.changing));
    if (!meeting) return;
    const settings = {
      title: randomUUID(),
      locked: this.chance.happens(0.3),
      waitingRoom: this.chance.happens(0.1),
      maxParticipants: 10 + this.chance.below(40),
    };
    meeting.changing = settings;
    const answer = await this.call([200, 404], "PATCH", `/api/meetings/${meeting.meetingId}/settings`, {
      token: meeting.adminToken,
      body: settings,
    });
    if (!answer) return; // changing stays: it was made, or not
    meeting.changing = undefined;
    if (answer.status === 404) meeting.ended ??= SENT; // everybody had left it
    if (answer.status === 200) applySettings(meeting, settings);
  }

  async meetingEnd(meeting = this.chance.of(this.journal.meetings.filter((m) => m.state === DONE && !m.ended))) {
    if (!meeting) return;
    meeting.ended = SENT;
    const key = this.journal.keysLive().find((k) => k.account === meeting.account);
    if (!key) return;
    const answer = await this.call([200, 404], "DELETE", `/api/meetings/${meeting.meetingId}`, {
      key,
      token: meeting.adminToken,
    });
    if (answer?.status === 200) meeting.ended = DONE;
    for (const person of this.journal.peopleIn(meeting)) if (answer) person.close();
  }

  async inviteCreate() {
    const meeting = this.chance.of(this.journal.meetingsLive());
    if (!meeting) return;
    const invite = { meeting, state: SENT };
    this.journal.invites.push(invite);
    const answer = await this.call([200, 201, 404], "POST", `/api/meetings/${meeting.meetingId}/invite`, {
      token: meeting.adminToken,
      body: {},
    });
    if (this.settle(invite, answer)) invite.token = answer.json.inviteToken;
  }

  // ---- people ----

  async join() {
    const meeting = this.chance.of(this.journal.meetingsLive());
    if (!meeting || this.journal.people.filter((p) => !p.left).length >= PEOPLE_MAX) return;
    const invite = this.journal.invites.find((i) => i.meeting === meeting && i.token && !i.used);
    if (invite && this.chance.happens(0.5)) invite.used = Date.now();
    const inviteToken = invite?.used ? invite.token : undefined;
    const person = new Person({
      url: this.url,
      meeting,
      inviteToken,
      isHost: !inviteToken && this.chance.happens(0.3),
      isDocumented: this.chance.happens(0.2),
    });
    meeting.wasJoined = true;
    if (await person.join()) this.journal.people.push(person);
  }

  somebody() {
    return this.chance.of(this.journal.people.filter((person) => !person.left && person.isConnected()));
  }

  async leave() {
    await this.somebody()?.leave();
  }

  async chat() {
    await this.somebody()?.say("something");
  }

  // ---- webhooks ----

  async webhookCreate(account = this.chance.of(this.journal.accountsReady())) {
    if (!account || this.journal.webhooks.filter((w) => w.account === account && w.deleted !== DONE).length >= 2)
      return;
    const webhook = { account, path: `/${randomUUID()}`, state: SENT };
    this.journal.webhooks.push(webhook);
    const answer = await this.call(201, "POST", "/api/webhooks", {
      cookie: account.cookie,
      body: { url: this.receiver.url + webhook.path, events: EVENTS },
    });
    if (this.settle(webhook, answer)) Object.assign(webhook, { id: answer.json.id, secret: answer.json.secret });
  }

  async webhookDelete() {
    const live = this.journal.webhooks.filter((w) => w.state === DONE && !w.deleted),
      webhook = this.chance.of(live);
    if (live.length < 5) return;
    webhook.deleted = SENT;
    this.settle(
      webhook,
      await this.call(200, "DELETE", `/api/webhooks/${webhook.id}`, { cookie: webhook.account.cookie }),
      "deleted",
    );
  }

  // ---- all at once ----

  #whatPeopleDo = [
    [1, () => this.register()],
    [0.2, () => this.registerCompany()],
    [0.3, () => this.joinCompany()],
    [3, () => this.keyCreate()],
    [2, () => this.keyDelete()],
    [0.5, () => this.passwordChange()],
    [3, () => this.credit()],
    [4, () => this.payment()],
    [6, () => this.meetingCreate()],
    [6, () => this.meetingChange()],
    [3, () => this.meetingEnd()],
    [2, () => this.inviteCreate()],
    [12, () => this.join()],
    [4, () => this.leave()],
    [8, () => this.chat()],
    [1, () => this.webhookCreate()],
    [0.2, () => this.webhookDelete()],
  ];

  async #one(chance) {
    while (!this.isOver) {
      await chance.weighted(this.#whatPeopleDo)();
      await pause(chance.below(10));
    }
  }

  /** Begins with `workers` of them; end() says that the server is about to go. */
  async begin(workers) {
    this.isOver = false;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    if (!this.admin.get("sid")) await this.call(200, "POST", "/api/auth/login", { cookie: this.admin, body: ADMIN });
    while (this.journal.accountsReady().length < 3) await this.register();
    this.running = Promise.all(Array.from({ length: workers }, () => this.#one(this.chance.fork())));
  }

  /** What is under way may fail from now on. */
  end() {
    this.isOver = true;
  }

  async ended() {
    await this.running;
    this.agent.destroy();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }
}

/** What a meeting is after a change of its settings. */
export function applySettings(meeting, { title, ...settings }) {
  meeting.title = title ?? meeting.title;
  Object.assign(meeting.settings, settings);
}

function stripeEvent({ account, amount, session }) {
  const object = {
    id: session,
    object: "checkout.session",
    payment_status: "paid",
    amount_total: amount * 100,
    currency: "usd",
    client_reference_id: String(account.id),
    metadata: { userId: String(account.id), amountUsd: String(amount) },
  };
  const body = JSON.stringify({
    id: `evt_${session}`,
    object: "event",
    type: "checkout.session.completed",
    data: { object },
  });
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac("sha256", STRIPE_SECRET).update(`${t}.${body}`).digest("hex");
  return { body, headers: { "stripe-signature": `t=${t},v1=${v1}` } };
}
