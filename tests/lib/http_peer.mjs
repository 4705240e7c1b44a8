// A programmable HTTP or HTTPS server on loopback: what stands for Stripe, Resend, a webhook's receiver. It keeps what
// it was asked, and answers as told: late, wrongly, or not at all.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { pause } from "./wait.mjs";

const PATIENCE_MS = 10_000;

let made;
/**
 * A certificate for 127.0.0.1 and localhost that is its own authority: {cert, key, caFile} (CLIENT_CA_FILE). Made once.
 */
export function certificate() {
  if (made) return made;
  const dir = mkdtempSync(path.join(os.tmpdir(), "onepizza-cert-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  const certFile = path.join(dir, "cert.pem"),
    keyFile = path.join(dir, "key.pem");
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
      "-keyout",
      keyFile,
      "-out",
      certFile,
    ],
    { stdio: "pipe" },
  );
  made = { cert: readFileSync(certFile), key: readFileSync(keyFile), caFile: certFile };
  return made;
}

class Peer {
  /** {method, path, headers, body (text), json, at} in the order they came. */
  requests = [];
  #waiting = new Set();

  constructor(server, answer) {
    Object.assign(this, { server, answer });
    server.on(server instanceof https.Server ? "secureConnection" : "connection", (socket) =>
      socket.on("error", () => {}),
    );
    server.on("request", (request, response) => this.#take(request, response));
    server.on("tlsClientError", () => {});
  }

  async #take(request, response) {
    const parts = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return; // who asked has gone
    }
    const body = Buffer.concat(parts).toString();
    const taken = {
      method: request.method,
      path: request.url,
      headers: request.headers,
      body,
      at: Date.now(),
      given: false,
    };
    try {
      taken.json = JSON.parse(body);
    } catch {
      /* it isn't */
    }
    this.requests.push(taken);
    for (const check of [...this.#waiting]) check();
    const told = typeof this.answer === "function" ? await this.answer(taken, this.requests.length) : this.answer;
    await this.#reply(request, response, told ?? {});
  }

  async #reply(request, response, { status = 200, headers = {}, body = "", delayMs = 0, hang = false, reset = false }) {
    if (hang) return;
    if (reset) {
      request.socket.destroy();
      return;
    }
    if (delayMs) await pause(delayMs);
    const isText = typeof body === "string" || Buffer.isBuffer(body);
    response.writeHead(status, { ...(isText ? {} : { "content-type": "application/json" }), ...headers });
    response.end(isText ? body : JSON.stringify(body));
  }

  /** The next request (that matches) which hasn't been given yet, waited for. */
  request(matches = () => true, patienceMs = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      let timer;
      const check = () => {
        const found = this.requests.find((r) => !r.given && matches(r));
        if (!found) return false;
        found.given = true;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
        return true;
      };
      if (check()) return;
      this.#waiting.add(check);
      timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(
          new assert.AssertionError({
            message: `no such request within ${patienceMs / 1000} s; it got ${this.requests.length}`,
          }),
        );
      }, patienceMs);
    });
  }

  async close() {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, "close");
  }
}

/**
 * Starts one. `answer`: {status, headers, body, delayMs, hang, reset}, or a function (request, n) that gives that; it
 * can be set later. `tls`: as certificate() gives it.
 */
export async function httpPeer({ answer = {}, tls, port = 0 } = {}) {
  const peer = new Peer(tls ? https.createServer({ cert: tls.cert, key: tls.key }) : http.createServer(), answer);
  peer.server.listen(port, "127.0.0.1");
  await once(peer.server, "listening");
  peer.port = peer.server.address().port;
  peer.url = `${tls ? "https" : "http"}://127.0.0.1:${peer.port}`;
  return peer;
}
