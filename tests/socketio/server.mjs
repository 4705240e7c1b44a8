// Starts the echo server for a test file, and speaks the raw protocols for it.
// ONEPIZZA_BUILD: the build directory, "build/dev" unless told, seen from the top of the repository.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import path from "node:path";
import assert from "node:assert/strict";
import { after, before } from "node:test";
import WebSocket from "ws";

const top = fileURLToPath(new URL("../../", import.meta.url));

export const PING_INTERVAL = 300;
export const PING_TIMEOUT = 200;
export const MAX_PAYLOAD = 1_000_000;
export const SEPARATOR = "\x1e";

// The server of a test file: up before its tests, and after them it must end in good health (sanitizers included).
// pingTimeout: longer than the suites' where a busy machine must not end a session that is about something else.
export function useServer(pingTimeout = PING_TIMEOUT) {
  const server = { port: 0, url: "", process: undefined };
  before(async () => {
    const program = path.resolve(top, process.env.ONEPIZZA_BUILD ?? "build/dev", "tests/socketio_echo");
    server.process = spawn(program, ["0", `${pingTimeout}`], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: server.process.stdout }), "line");
    server.port = Number(line);
    server.url = `http://127.0.0.1:${server.port}`;
  });
  after(async () => {
    const exited = server.process.exitCode ?? once(server.process, "exit");
    server.process.kill("SIGTERM");
    const [code] = await exited;
    assert.equal(code, 0, "the server's exit code");
  });
  return server;
}

// --- long-polling ---

export function target(server, path, query) {
  return `${server.url}${path}?${new URLSearchParams({ EIO: "4", transport: "polling", ...query })}`;
}

export class Polling {
  constructor(server, path, sid) {
    Object.assign(this, { server, path, sid });
  }
  static async open(server, path = "/engine.io/") {
    const response = await fetch(target(server, path));
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.equal(text[0], "0");
    const session = new Polling(server, path, JSON.parse(text.slice(1)).sid);
    session.handshake = JSON.parse(text.slice(1));
    return session;
  }
  get(init) {
    return fetch(target(this.server, this.path, { sid: this.sid }), init);
  }
  post(body, init) {
    return fetch(target(this.server, this.path, { sid: this.sid }), { method: "POST", body, ...init });
  }
  async send(...packets) {
    const response = await this.post(packets.join(SEPARATOR));
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "ok");
  }
  // The packets of the next poll that has some beside pings, which are answered.
  async receive() {
    for (;;) {
      const response = await this.get();
      assert.equal(response.status, 200);
      const packets = (await response.text()).split(SEPARATOR);
      if (packets.includes("2")) await this.send("3");
      const rest = packets.filter((packet) => packet !== "2");
      if (rest.length > 0) return rest;
    }
  }
  async assertClosed() {
    const response = await this.get();
    assert.equal(response.status, 400);
    assert.deepEqual(await response.json(), { code: 1, message: "Session ID unknown" });
  }
}

// --- WebSocket ---

export class Ws {
  constructor(server, path, query) {
    const url = target(server, path, { transport: "websocket", ...query }).replace("http", "ws");
    this.socket = new WebSocket(url, { maxPayload: 100 * MAX_PAYLOAD });
    this.messages = [];
    this.waiting = [];
    this.answerPings = true;
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.opened = once(this.socket, "open");
    this.opened.catch(() => {});
    this.socket.on("error", (error) => (this.error = error));
    this.socket.on("message", (data, binary) => this.#received(binary ? data : data.toString()));
  }
  static async open(server, path = "/engine.io/", query = {}) {
    const ws = new Ws(server, path, query);
    await ws.opened;
    return ws;
  }
  #received(message) {
    if (message === "2" && this.answerPings) this.send("3");
    else if (this.waiting.length > 0) this.waiting.shift()(message);
    else this.messages.push(message);
  }
  send(message) {
    this.socket.send(message);
  }
  // The next message that is no ping.
  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }
  async handshake() {
    const text = await this.next();
    assert.equal(text[0], "0");
    return JSON.parse(text.slice(1));
  }
  close() {
    this.socket.close();
    return this.closed;
  }
}

// A WebSocket in the main namespace.
export async function join(server, payload = "") {
  const ws = await Ws.open(server, "/socket.io/");
  await ws.handshake();
  ws.send(`40${payload}`);
  assert.match(await ws.next(), /^40\{"sid":"[\w-]{20}"\}$/);
  assert.equal(await ws.next(), `42["auth",${payload || "{}"}]`);
  return ws;
}

// A polling session in the main namespace.
export async function joinPolling(server) {
  const session = await Polling.open(server, "/socket.io/");
  await session.send("40");
  const packets = [];
  while (packets.length < 2) packets.push(...(await session.receive()));
  assert.match(packets[0], /^40\{"sid":"[\w-]{20}"\}$/);
  assert.equal(packets[1], '42["auth",{}]');
  return session;
}

export async function assertAlive(server) {
  const ws = await Ws.open(server);
  await ws.handshake();
  ws.send("4alive");
  assert.equal(await ws.next(), "4alive");
  await ws.close();
}
