// What the hostile tests share: raw TCP, raw WebSocket frames, a look at a process's memory, a server that must
// survive.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before } from "node:test";
import assert from "node:assert/strict";
import { ASAN, ended, Server } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";

/** A server for one file's tests. after() fails if it ended, leaked (ASan says so by its exit code) or hangs. */
export function useServer(options) {
  options = { ...options, env: { ...ASAN, ...options.env }, sfuEnv: { ...ASAN, ...options.sfuEnv } };
  const server = new Server(options);
  before(() => server.start(), { timeout: 60_000 });
  after(() => server.stop(), { timeout: 60_000 });
  return server;
}

/** Answers within a second, or the test fails: what the other clients of an attacked server feel. */
export async function isResponsive(server) {
  assert.ok(!ended(server.control), "control has ended");
  const began = performance.now();
  const response = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(3000) });
  const ms = performance.now() - began;
  assert.ok([200, 503].includes(response.status));
  assert.ok(ms < 1000, `/healthz took ${ms.toFixed(0)} ms`);
  return response.json();
}

/** A TCP connection that collects what comes. */
export class Tcp {
  bytes = Buffer.alloc(0);
  closed = false;

  static async open(port) {
    const tcp = new Tcp();
    tcp.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    tcp.socket.on("error", () => (tcp.closed = true));
    tcp.socket.on("data", (data) => (tcp.bytes = Buffer.concat([tcp.bytes, data])));
    tcp.socket.on("end", () => (tcp.closed = true));
    tcp.socket.on("close", () => (tcp.closed = true));
    await once(tcp.socket, "connect");
    tcp.socket.setNoDelay(true);
    return tcp;
  }

  write(data) {
    if (!this.closed) this.socket.write(data);
  }

  /** Until check() is true, the server closes, or the time is over. Answers whether it is true. */
  async until(check, ms = 5000) {
    const end = Date.now() + ms;
    while (!check(this) && !this.closed && Date.now() < end) await pause(5);
    return check(this);
  }

  async untilClosed(ms = 5000) {
    await this.until(() => this.closed, ms);
    return this.closed;
  }

  destroy() {
    this.socket.destroy();
  }
}

/** The HTTP answers in what a server sent: {status, headers, body}. Interim (1xx) ones are left out. */
export function answersIn(bytes) {
  const answers = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return answers;
    const [line, ...fields] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      fields.map((f) => [f.slice(0, f.indexOf(":")).toLowerCase(), f.slice(f.indexOf(":") + 1).trim()]),
    );
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    assert.ok(status, `not an answer: ${line}`);
    const length = status < 200 || status === 204 || status === 304 ? 0 : Number(headers["content-length"] ?? 0);
    if (rest.length < end + 4 + length) return answers;
    if (status >= 200 || status === 101)
      answers.push({ status, headers, body: rest.subarray(end + 4, end + 4 + length) });
    rest = rest.subarray(end + 4 + length);
  }
}

/** Sends bytes and gives the answers; the connection is dropped when n came or the server closed. */
export async function ask(port, data, n = 1) {
  const tcp = await Tcp.open(port);
  tcp.write(data);
  await tcp.until((t) => answersIn(t.bytes).length >= n);
  const answers = answersIn(tcp.bytes);
  tcp.destroy();
  return answers;
}

/** A refusal says so in JSON. */
export function assertRefusal(answer, status, what) {
  assert.ok(answer, `${what}: no answer`);
  const wanted = [].concat(status);
  assert.ok(wanted.includes(answer.status), `${what}: ${answer.status} instead of ${wanted.join(" or ")}`);
  assert.match(answer.headers["content-type"] ?? "", /^application\/json/, what);
  const body = JSON.parse(answer.body.toString());
  assert.equal(typeof (body.error ?? body.message), "string", what);
}

/** One WebSocket frame of a client. Everything can be told to be wrong. */
export function frame(payload, { opcode = 1, fin = true, rsv = 0, masked = true, length } = {}) {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  let extra = Buffer.alloc(0);
  if (typeof size === "number" && size < 126) head.push(bit | size);
  else if (typeof size === "number" && size < 65536) {
    head.push(bit | 126);
    extra = Buffer.alloc(2);
    extra.writeUInt16BE(size);
  } else {
    head.push(bit | 127);
    extra = Buffer.alloc(8);
    extra.writeBigUInt64BE(BigInt(size));
  }
  if (!masked) return Buffer.concat([Buffer.from(head), extra, body]);
  const mask = randomBytes(4);
  const out = Buffer.from(body);
  for (let i = 0; i < out.length; i++) out[i] ^= mask[i & 3];
  return Buffer.concat([Buffer.from(head), extra, mask, out]);
}

/** The frames in what a server sent: {opcode, payload, code} (code: of a close). */
export function framesIn(bytes) {
  const frames = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at + 2 <= bytes.length) {
    let size = bytes[at + 1] & 0x7f,
      head = 2;
    if (size === 126) {
      if (at + 4 > bytes.length) break;
      size = bytes.readUInt16BE(at + 2);
      head = 4;
    } else if (size === 127) {
      if (at + 10 > bytes.length) break;
      size = Number(bytes.readBigUInt64BE(at + 2));
      head = 10;
    }
    if (at + head + size > bytes.length) break;
    const opcode = bytes[at] & 15,
      payload = bytes.subarray(at + head, at + head + size);
    frames.push({ opcode, payload, code: opcode === 8 && size >= 2 ? payload.readUInt16BE(0) : undefined });
    at += head + size;
  }
  return frames;
}

/** The upgrade request; `key` and others can be told to be wrong. */
export function upgrade(path = "/socket.io/?EIO=4&transport=websocket", headers = {}) {
  const fields = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A raw WebSocket to Socket.IO; connected to the namespace unless told not to. */
export async function rawSocket(port, { connected = true } = {}) {
  const tcp = await Tcp.open(port);
  tcp.write(upgrade());
  assert.ok(await tcp.until((t) => framesIn(t.bytes).length >= 1), "no Engine.IO handshake");
  if (connected) {
    tcp.write(frame("40"));
    assert.ok(await tcp.until((t) => framesIn(t.bytes).length >= 2), "no CONNECT");
  }
  return tcp;
}

export const close = (tcp) => framesIn(tcp.bytes).find((f) => f.opcode === 8);
