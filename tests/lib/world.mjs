// A whole server and everybody around it: accounts, keys, the administrator, Socket.IO clients, the database, HTTP
// peers.
//
//   const world = await startWorld({ name: "billing", env: { STRIPE_API_BASE: peer.url } });
//   const anna = await world.account({ credit: "10" });
//   const { status, json } = await world.api("POST", "/api/meetings", { key: anna.apiKey, body: { title: "Standup" } });
//   const bert = await world.join(json.meetingId, { name: "Bert" });
//   const said = await bert.event("chat:message");
//
// Every answer is held against docs/openapi.yaml.
import assert from "node:assert/strict";
import http from "node:http";
import { ADMIN, ASAN, Server } from "./servers.mjs";
import { eventually } from "./wait.mjs";
import { Client } from "./client.mjs";
import { Jar, request } from "./http.mjs";
import { validated } from "./openapi.mjs";
import { httpPeer } from "./http_peer.mjs";

export { certificate, httpPeer } from "./http_peer.mjs";
export { Client, settled } from "./client.mjs";
export { Jar, request } from "./http.mjs";
export { eventually } from "./wait.mjs";

export const PASSWORD = "secret123";

/** As fetch() would give it, for the judge of answers. */
const asResponse = ({ status, headers, text }) => {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) for (const one of [].concat(value)) all.append(name, one);
  return { status, headers: all, ok: status >= 200 && status < 300, text: async () => text };
};

class World {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  #clients = new Set();
  #peers = new Set();
  #admin;
  static #accounts = 0;

  constructor(server) {
    this.server = server;
  }

  get url() {
    return this.server.url;
  }

  // ---- REST ----

  /**
   * One call. key, token: x-api-key and x-admin-token; cookie: a Jar (which also takes what is set) or text; body: an
   * object sent as JSON, or text and bytes sent as they are; checked: false for what the document can't know. Answers
   * {status, headers, json, text}.
   */
  async api(method, path, { key, token, cookie, body, headers = {}, checked = true, timeoutMs } = {}) {
    const all = {
      "content-type": body === undefined ? undefined : "application/json",
      "x-api-key": key,
      "x-admin-token": token,
      cookie: cookie === undefined || String(cookie) === "" ? undefined : String(cookie),
      ...headers,
    };
    const answer = await request(this.url, { method, path, headers: all, body, agent: this.#agent, timeoutMs });
    if (cookie instanceof Jar) cookie.take(answer.headers["set-cookie"]);
    // JSON: must be allowed if it is taken
    const sent = body instanceof Object && !ArrayBuffer.isView(body) ? body : undefined;
    if (checked) await validated(asResponse(answer), method, path, sent);
    return answer;
  }

  /** A call that must be answered with this status; answers its JSON. */
  async must(status, method, path, options) {
    const answer = await this.api(method, path, options);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  // ---- accounts ----

  newEmail(name = "user") {
    World.#accounts += 1;
    return `${name}${World.#accounts}-${process.pid}@example.com`;
  }

  /** Registers; answers what was sent and what was answered: {email, password, apiKey, inviteCode, accountType}. */
  async register({ email = this.newEmail(), password = PASSWORD, ...fields } = {}) {
    const answer = await this.must(201, "POST", "/api/auth/register", { body: { email, password, ...fields } });
    return { ...answer, email, password };
  }

  /** Answers a Jar with the session cookie. */
  async login({ email, password }) {
    const cookie = new Jar();
    await this.must(200, "POST", "/api/auth/login", { cookie, body: { email, password } });
    assert.ok(cookie.get("sid"), "logging in sets the cookie sid");
    return cookie;
  }

  /** A registered account that is logged in: {email, password, apiKey, cookie, id, inviteCode}. credit: USD as text. */
  async account({ credit, ...fields } = {}) {
    const account = await this.register(fields);
    account.cookie = await this.login(account);
    account.id = (await this.must(200, "GET", "/api/auth/me", { cookie: account.cookie })).id;
    if (credit) await this.credit(account.email, credit);
    return account;
  }

  company({ companyName = "Acme Corp", ...fields } = {}) {
    return this.account({ email: this.newEmail("owner"), accountType: "company", companyName, ...fields });
  }

  /** The administrator's Jar. */
  async admin() {
    this.#admin ??= await this.login(ADMIN);
    return this.#admin;
  }

  async credit(email, amountUsd, description = "A test's credit") {
    await this.must(201, "POST", "/admin/api/users/credit", {
      cookie: await this.admin(),
      body: { email, amountUsd: Number(amountUsd), description },
    });
  }

  /** Creates a meeting of an account: {meetingId, adminToken, …}. */
  meeting(account, fields = {}) {
    return this.must(201, "POST", "/api/meetings", { key: account.apiKey, body: fields });
  }

  guestMeeting(fields = {}) {
    return this.must(201, "POST", "/api/meetings/guest", { body: fields });
  }

  // ---- Socket.IO ----

  /** A connected client that hasn't joined anything. */
  connect(options = {}) {
    const client = new Client(this.url, options);
    this.#clients.add(client);
    return client.connected();
  }

  /**
   * Joins (a meeting, or its id) and answers the Client; throws if it isn't let in. transports: as socket.io-client.
   */
  async join(meeting, { name = "Guest", transports, ...fields } = {}) {
    const client = await this.connect({ name, transports });
    return client.join(meeting.meetingId ?? meeting, fields);
  }

  joinAsHost(meeting, { name = "Host", ...fields } = {}) {
    return this.join(meeting, { name, isAdmin: true, adminToken: meeting.adminToken, ...fields });
  }

  /** Tries to join; answers the error event's payload. */
  async refused(meeting, { name = "Stranger", ...fields } = {}) {
    const client = await this.connect({ name });
    client.emit("join-meeting", { meetingId: meeting.meetingId ?? meeting, name, ...fields });
    const { event, payload } = await client.first(["joined", "error", "waiting-room:waiting"]);
    assert.equal(event, "error", `${name} should have been refused: ${JSON.stringify(payload)}`);
    return payload;
  }

  closeClients() {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  // ---- what is around ----

  /**
   * A question to the throw-away database: the rows as objects (numeric columns come as numbers: cast money to text).
   */
  async sql(text) {
    const query = text.trim().replace(/;$/, "");
    if (!/^(select|with|values|table)\b/i.test(query)) return this.server.psql(query);
    return JSON.parse(await this.server.psql(`SELECT coalesce(json_agg(row_to_json(t)), '[]') FROM (${query}) t`));
  }

  async httpPeer(options) {
    const peer = await httpPeer(options);
    this.#peers.add(peer);
    return peer;
  }

  /** Everything that control has written since this world was started. */
  controlLog() {
    return this.server.controlOutput;
  }

  /** Until its database is there with all tables, and its media server. */
  async ready() {
    await eventually(
      "control has all it needs",
      async () => {
        const { json } = await this.api("GET", "/healthz");
        assert.deepEqual([json.database, json.sfu], ["up", "up"]);
      },
      20_000,
    );
    return this;
  }

  /** kill -9, and a new one on the same port. Open clients lose their sockets. */
  async restartControl(env) {
    await this.server.killControl();
    if (env) Object.assign(this.server.env, env);
    this.#agent.destroy();
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    await this.server.startControl();
    return this.ready();
  }

  async stop() {
    this.closeClients();
    this.#agent.destroy();
    for (const peer of this.#peers) await peer.close();
    await this.server.stop();
  }
}

/**
 * For before() and after(): `world = await startWorld({name})`, `await world.stop()`, which fails if control ended
 * badly.
 */
export async function startWorld({ name = "api", env = {}, sfuEnv = {} } = {}) {
  const server = new Server({ name: `api-${name}`, env: { ...ASAN, ...env }, sfuEnv: { ...ASAN, ...sfuEnv } });
  try {
    await server.start();
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
  return new World(server).ready();
}
