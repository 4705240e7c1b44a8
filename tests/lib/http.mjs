// One HTTP request, sent exactly as told: no path is normalised, no header is forbidden, no redirect followed.
import http from "node:http";
import https from "node:https";

const PATIENCE_MS = 20_000;

/** Cookies that a server has set: a browser's memory of one site. */
export class Jar {
  #cookies = new Map();

  /** What a browser does with Set-Cookie; an expired one is forgotten. */
  take(setCookies = []) {
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("=")),
        value = pair.slice(pair.indexOf("=") + 1);
      const isOver =
        attributes.some((a) => /^max-age=(0|-\d+)$/i.test(a)) ||
        attributes.some((a) => /^expires=/i.test(a) && Date.parse(a.slice(8)) <= Date.now());
      if (isOver) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  /** By https a cookie has the prefix that binds it to the host. */
  get(name) {
    return this.#cookies.get(name) ?? this.#cookies.get(`__Host-${name}`);
  }

  set(name, value) {
    this.#cookies.set(name, value);
  }

  /** Another browser with the same cookies: what happens to one isn't seen by the other. */
  copy() {
    const jar = new Jar();
    for (const [name, value] of this.#cookies) jar.set(name, value);
    return jar;
  }

  toString() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

function bodyOf(body) {
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

/** Answers {status, headers, text, json}; json is undefined when the answer isn't JSON. */
export function request(url, { method = "GET", path, headers = {}, body, agent, ca, timeoutMs = PATIENCE_MS } = {}) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const sent = bodyOf(body);
  const all = { ...(sent === undefined ? {} : { "content-length": Buffer.byteLength(sent) }), ...headers };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  const module = protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = module.request(
      { hostname, port, method, path: path ?? pathname + search, headers: all, agent, ca, timeout: timeoutMs },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          const isJson = /^application\/([\w.]+\+)?json/.test(answer.headers["content-type"] ?? "");
          let json;
          try {
            if (isJson && text) json = JSON.parse(text);
          } catch (error) {
            reject(
              new Error(`${method} ${path ?? url}: what says it is JSON isn't: ${text.slice(0, 200)}`, {
                cause: error,
              }),
            );
          }
          resolve({ status: answer.statusCode, headers: answer.headers, text, json });
        });
      },
    );
    outgoing.on("timeout", () =>
      outgoing.destroy(new Error(`${method} ${path ?? url}: no answer within ${timeoutMs / 1000} s`)),
    );
    outgoing.on("error", reject);
    outgoing.end(sent);
  });
}
