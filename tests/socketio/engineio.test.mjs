// Engine.IO 4 as it is on the wire: https://socket.io/docs/v4/engine-io-protocol/
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { pause } from "../lib/wait.mjs";
import { MAX_PAYLOAD, PING_INTERVAL, PING_TIMEOUT, Polling, Ws, assertAlive, target, useServer } from "./server.mjs";

const server = useServer();
const path = "/engine.io/";

async function assertRefused(response, code, message, status = 400) {
  assert.equal(response.status, status);
  assert.deepEqual(await response.json(), { code, message });
}

function assertHandshake(handshake, upgrades) {
  const { sid, ...rest } = handshake;
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(rest, { upgrades, pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT, maxPayload: MAX_PAYLOAD });
}

describe("handshake", () => {
  it("opens a session by polling", async () => {
    const response = await fetch(target(server, path), { headers: { Origin: "https://elsewhere.example" } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type").toLowerCase(), "text/plain; charset=utf-8");
    assert.ok(response.headers.get("access-control-allow-origin"));
    assertHandshake(JSON.parse((await response.text()).slice(1)), ["websocket"]);
  });
  it("may be made from other origins, whatever the answer", async () => {
    const headers = { Origin: "https://elsewhere.example" };
    const preflight = await fetch(target(server, path), {
      method: "OPTIONS",
      headers: {
        ...headers,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-methods"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assert.equal(preflight.headers.get("access-control-allow-headers"), "content-type");
    for (const response of [
      preflight,
      await fetch(target(server, path), { headers }),
      await fetch(target(server, path, { sid: "x" }), { headers }),
    ])
      assert.equal(response.headers.get("access-control-allow-origin"), headers.Origin);
  });
  it("is answered with few headers, and none that keep it", async () => {
    const { headers } = await fetch(target(server, path));
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.ok([...headers].flat().join("").length < 400);
  });
  it("opens a session by WebSocket", async () => {
    const ws = await Ws.open(server);
    assertHandshake(await ws.handshake(), []);
    await ws.close();
  });
  it("gives each session an id of its own", async () => {
    const sids = new Set();
    for (let i = 0; i < 50; i++) sids.add((await Polling.open(server)).sid);
    assert.equal(sids.size, 50);
  });
  it("refuses other protocol versions", async () => {
    await assertRefused(await fetch(`${server.url}${path}?transport=polling`), 5, "Unsupported protocol version");
    for (const EIO of ["3", "abc", "44", ""])
      await assertRefused(await fetch(target(server, path, { EIO })), 5, "Unsupported protocol version");
  });
  it("refuses unknown transports", async () => {
    await assertRefused(await fetch(`${server.url}${path}?EIO=4`), 0, "Transport unknown");
    await assertRefused(await fetch(target(server, path, { transport: "abc" })), 0, "Transport unknown");
  });
  it("refuses a WebSocket that is none", async () => {
    await assertRefused(await fetch(target(server, path, { transport: "websocket" })), 3, "Bad request");
  });
  it("refuses other methods", async () => {
    for (const method of ["POST", "PUT", "DELETE"])
      await assertRefused(await fetch(target(server, path), { method }), 2, "Bad handshake method");
  });
  it("refuses unknown sessions", async () => {
    for (const sid of ["abc", "AAAAAAAAAAAAAAAAAAAA", "x".repeat(500)])
      await assertRefused(await fetch(target(server, path, { sid })), 1, "Session ID unknown");
  });
  it("refuses WebSockets for the same reasons", async () => {
    for (const query of [{ EIO: "abc" }, { transport: "abc" }, { transport: "polling" }, { sid: "abc" }]) {
      const ws = new Ws(server, path, query);
      await ws.closed;
      assert.match(ws.error.message, /400/);
    }
  });
});

describe("messages by polling", () => {
  it("come back one by one", async () => {
    const session = await Polling.open(server);
    const response = await session.post("4hello");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/html/);
    assert.equal(await response.text(), "ok");
    const poll = await session.get();
    assert.equal(poll.status, 200);
    assert.equal(poll.headers.get("content-type").toLowerCase(), "text/plain; charset=utf-8");
    assert.equal(await poll.text(), "4hello");
  });
  it("come back together and in order, text and binary", async () => {
    const session = await Polling.open(server);
    await session.send("4test1", "4t\u00e9st2 \u{1f600}", "bAQIDBA==", "4");
    assert.deepEqual(await session.receive(), ["4test1", "4t\u00e9st2 \u{1f600}", "bAQIDBA==", "4"]);
  });
  it("reach a poll that already waits", async () => {
    const session = await Polling.open(server);
    const poll = session.get();
    await pause(20);
    await session.send("4late");
    assert.equal(await (await poll).text(), "4late");
  });
  it("may be as long as maxPayload", async () => {
    const session = await Polling.open(server);
    const text = `4${"x".repeat(MAX_PAYLOAD - 1)}`;
    await session.send(text);
    assert.deepEqual(await session.receive(), [text]);
  });
  for (const body of ["abc", "", "4a\x1e", "\x1e", "8", "bA", "b!!!!", "0{}", "2"])
    it(`end the session when they are garbage: ${JSON.stringify(body)}`, async () => {
      const session = await Polling.open(server);
      await assertRefused(await session.post(body), 3, "Bad request");
      await session.assertClosed();
    });
  it("end the session when they are not UTF-8, or called binary", async () => {
    let session = await Polling.open(server);
    await assertRefused(await session.post(Buffer.from([0x34, 0xff])), 3, "Bad request");
    await session.assertClosed();
    session = await Polling.open(server);
    await assertRefused(
      await session.post("4a", { headers: { "content-type": "application/octet-stream" } }),
      3,
      "Bad request",
    );
    await session.assertClosed();
  });
  it("end the session with 413 when they are too long", async () => {
    const session = await Polling.open(server);
    const response = await session.post(`4${"x".repeat(MAX_PAYLOAD)}`);
    assert.equal(response.status, 413);
    await session.assertClosed();
  });
  it("are refused far over the limit, and the server lives", async () => {
    const session = await Polling.open(server);
    await session.post("x".repeat(8 * MAX_PAYLOAD)).then(
      (response) => assert.equal(response.status, 413),
      () => {},
    );
    await assertAlive(server);
  });
  it("are not taken by other methods", async () => {
    const session = await Polling.open(server);
    assert.equal((await fetch(target(server, path, { sid: session.sid }), { method: "PUT", body: "4a" })).status, 400);
    await session.send("4still here");
  });
  it("end the session when two polls are made at once", async () => {
    const session = await Polling.open(server);
    const [first, second] = await Promise.all([session.get(), pause(20).then(() => session.get())]);
    assert.equal(first.status, 200);
    assert.equal(await first.text(), "1");
    await assertRefused(second, 3, "Bad request");
    await session.assertClosed();
  });
  it("end the session when a poll is given up", async () => {
    const session = await Polling.open(server);
    const abort = new AbortController();
    const poll = session.get({ signal: abort.signal }).catch(() => {});
    await pause(20);
    abort.abort();
    await poll;
    await pause(20);
    await session.assertClosed();
  });
});

describe("messages by WebSocket", () => {
  it("come back, text and binary", async () => {
    const ws = await Ws.open(server);
    await ws.handshake();
    ws.send("4hello");
    assert.equal(await ws.next(), "4hello");
    ws.send(Buffer.from([1, 2, 3, 4]));
    assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3, 4]));
    ws.send("4sep\x1earator");
    assert.equal(await ws.next(), "4sep\x1earator");
    await ws.close();
  });
  for (const text of ["abc", "", "8", "0", "2", "bAQID"])
    it(`end the session when they are garbage: ${JSON.stringify(text)}`, async () => {
      const ws = await Ws.open(server);
      await ws.handshake();
      ws.send(text);
      await ws.closed;
    });
  it("end the session when they are too long", async () => {
    const ws = await Ws.open(server);
    await ws.handshake();
    ws.send(`4${"x".repeat(MAX_PAYLOAD)}`);
    await ws.closed;
  });
});

describe("heartbeat", () => {
  it("keeps a polling session that answers", async () => {
    const session = await Polling.open(server);
    for (let i = 0; i < 3; i++) {
      assert.equal(await (await session.get()).text(), "2");
      await session.send("3");
    }
    await session.send("4x");
  });
  it("ends a polling session that doesn't", async () => {
    const session = await Polling.open(server);
    await pause(PING_INTERVAL + PING_TIMEOUT + 50);
    await session.assertClosed();
  });
  it("tells a waiting poll that the session has ended", async () => {
    const session = await Polling.open(server);
    assert.equal(await (await session.get()).text(), "2");
    const response = await session.get();
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "1");
    await session.assertClosed();
  });
  it("keeps a WebSocket that answers", async () => {
    const ws = await Ws.open(server);
    await ws.handshake();
    ws.answerPings = false;
    for (let i = 0; i < 3; i++) {
      assert.equal(await ws.next(), "2");
      ws.send("3");
    }
    await ws.close();
  });
  it("ends a WebSocket that doesn't", async () => {
    const ws = await Ws.open(server);
    ws.answerPings = false;
    await ws.handshake();
    const start = Date.now();
    await ws.closed;
    assert.ok(Date.now() - start >= PING_INTERVAL + PING_TIMEOUT - 50);
    assert.ok(Date.now() - start < 3000);
  });
});

describe("close", () => {
  it("by polling lets the waiting poll go", async () => {
    const session = await Polling.open(server);
    const poll = session.get();
    await pause(20);
    await session.send("1");
    const response = await poll;
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "6");
    await session.assertClosed();
  });
  it("by WebSocket", async () => {
    const ws = await Ws.open(server);
    await ws.handshake();
    ws.send("1");
    await ws.closed;
  });
});

describe("upgrade", () => {
  const probe = async (session) => Ws.open(server, path, { sid: session.sid });

  it("moves a session to a WebSocket", async () => {
    const session = await Polling.open(server);
    const poll = session.get();
    const ws = await probe(session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    assert.equal(await (await poll).text(), "6");
    ws.send("5");
    ws.send("4hello");
    assert.equal(await ws.next(), "4hello");
    await assertRefused(await session.get(), 3, "Bad request");
    await assertRefused(await session.post("4a"), 3, "Bad request");
    const second = await probe(session);
    await second.closed;
    ws.send("4still");
    assert.equal(await ws.next(), "4still");
    await ws.close();
    await session.assertClosed();
  });
  it("needs no answer to the probe to be asked for first", async () => {
    const session = await Polling.open(server);
    const ws = await probe(session);
    ws.send("2probe");
    ws.send("5");
    ws.send("4hello");
    assert.equal(await ws.next(), "3probe");
    assert.equal(await ws.next(), "4hello");
    await ws.close();
  });
  it("loses and reorders nothing that is written meanwhile", async () => {
    for (let round = 0; round < 10; round++) {
      const session = await Polling.open(server);
      const sent = Array.from({ length: 40 }, (_, i) => `4${i}`);
      const received = [];
      await session.send(...sent.slice(0, 10));
      const ws = await probe(session);
      ws.send("2probe");
      await session.send(...sent.slice(10, 20));
      received.push(...(await session.receive()));
      await session.send(...sent.slice(20, 30));
      assert.equal(await ws.next(), "3probe");
      ws.send("5");
      for (const packet of sent.slice(30)) ws.send(packet);
      while (received.length < sent.length) received.push(await ws.next());
      assert.deepEqual(
        received.filter((packet) => packet !== "6"),
        sent,
      );
      await ws.close();
    }
  });
  for (const garbage of ["2", "2probing", "5", "4hello", "x", ""])
    it(`leaves polling as it was after a bad probe: ${JSON.stringify(garbage)}`, async () => {
      const session = await Polling.open(server);
      const ws = await probe(session);
      ws.send(garbage);
      await ws.closed;
      await session.send("4hello");
      assert.deepEqual(await session.receive(), ["4hello"]);
    });
  it("leaves polling as it was when the probe goes away, and can be tried again", async () => {
    const session = await Polling.open(server);
    const first = await probe(session);
    first.send("2probe");
    assert.equal(await first.next(), "3probe");
    await first.close();
    await session.send("4hello");
    assert.deepEqual(await session.receive(), ["4hello"]);
    const second = await probe(session);
    second.send("2probe");
    assert.equal(await second.next(), "3probe");
    second.send("5");
    second.send("4again");
    assert.equal(await second.next(), "4again");
    await second.close();
  });
  it("has one probe at a time", async () => {
    const session = await Polling.open(server);
    const first = await probe(session);
    const second = await probe(session);
    await second.closed;
    first.send("2probe");
    assert.equal(await first.next(), "3probe");
    await first.close();
  });
  it("does not keep a poll waiting", async () => {
    const session = await Polling.open(server);
    const ws = await probe(session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    const response = await session.get();
    assert.equal(await response.text(), "6");
    ws.send("5");
    await ws.close();
  });
});
