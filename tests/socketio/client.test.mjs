// The unmodified official client, with each transport and across the upgrade.
import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";
import { pause } from "../lib/wait.mjs";
import { useServer } from "./server.mjs";

const server = useServer(10_000);
const sockets = new Set();

function open(options = {}, nsp = "/") {
  const socket = io(server.url + nsp, { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50, ...options });
  sockets.add(socket);
  return socket;
}

async function connected(options, nsp) {
  const socket = open(options, nsp);
  await once(socket, "connect");
  return socket;
}

function closeAll() {
  for (const socket of sockets) socket.close();
  sockets.clear();
}

const transports = {
  "polling only": { transports: ["polling"] },
  "WebSocket only": { transports: ["websocket"] },
  "polling, then upgraded": { transports: ["polling", "websocket"] },
};

for (const [name, options] of Object.entries(transports))
  describe(name, () => {
    after(closeAll);

    it("connects with its auth payload", async () => {
      const socket = open({ ...options, auth: { token: "secret", n: [1, 2] } });
      const [auth] = await once(socket, "auth");
      assert.deepEqual(auth, { token: "secret", n: [1, 2] });
      assert.match(socket.id, /^[\w-]{20}$/);
    });
    it("sends and receives events with any arguments", async () => {
      const socket = await connected(options);
      const args = [1, "two", { three: [true, null, 4.5] }, "é😀\u2028", [], {}];
      socket.emit("message", ...args);
      assert.deepEqual(await once(socket, "message-back"), args);
    });
    it("sends and receives binary", async () => {
      const socket = await connected(options);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      socket.emit("message", bytes, { nested: [new Uint8Array([1, 2, 3])] }, Buffer.alloc(0));
      const [first, second, third] = await once(socket, "message-back");
      assert.deepEqual(Buffer.from(first), bytes);
      assert.deepEqual(Buffer.from(second.nested[0]), Buffer.from([1, 2, 3]));
      assert.equal(third.byteLength, 0);
    });
    it("is acknowledged, with binary too", async () => {
      const socket = await connected(options);
      assert.deepEqual(await socket.timeout(2000).emitWithAck("message-with-ack", "x"), "x");
      const back = await socket.timeout(2000).emitWithAck("message-with-ack", Buffer.from("bin"));
      assert.deepEqual(Buffer.from(back), Buffer.from("bin"));
    });
    it("acknowledges the server's events, with binary too", async () => {
      const socket = await connected(options);
      socket.on("question", (value, answer) => answer("answer to", value));
      socket.emit("ask", 7);
      assert.deepEqual(await once(socket, "answered"), ["answer to", 7]);
      socket.emit("ask", Buffer.from("q"));
      const [text, bytes] = await once(socket, "answered");
      assert.equal(text, "answer to");
      assert.deepEqual(Buffer.from(bytes), Buffer.from("q"));
    });
    it("has several namespaces on one connection", async () => {
      const socket = await connected(options);
      const custom = socket.io.socket("/custom", { auth: { token: "c" } });
      sockets.add(custom);
      custom.connect();
      assert.deepEqual(await once(custom, "auth"), [{ token: "c" }]);
      assert.notEqual(custom.id, socket.id);
      custom.disconnect();
      socket.emit("message", "main");
      assert.deepEqual(await once(socket, "message-back"), ["main"]);
    });
    it("is refused by an unknown namespace", async () => {
      const socket = open(options, "/unknown");
      const [error] = await once(socket, "connect_error");
      assert.equal(error.message, "Invalid namespace");
    });
    it("stays away when the server disconnects it", async () => {
      const socket = await connected(options);
      socket.emit("kick");
      assert.equal((await once(socket, "disconnect"))[0], "io server disconnect");
      await pause(200);
      assert.equal(socket.connected, false);
    });
    it("leaves, and the server sees it go", async () => {
      const socket = await connected(options);
      const other = await connected(options);
      socket.disconnect();
      await pause(50);
      const heard = once(other, "shout");
      other.emit("broadcast", "still here");
      assert.deepEqual(await heard, ["still here"]);
    });
    it("comes back by itself when the connection breaks", async () => {
      const socket = await connected(options);
      const before = socket.id;
      await pause(100);
      const back = once(socket, "connect");
      socket.io.engine.close(); // as if the network went
      await back;
      assert.notEqual(socket.id, before);
      assert.equal(await socket.timeout(2000).emitWithAck("message-with-ack", 1), 1);
    });
    it("carries a message of nearly maxPayload", async () => {
      const socket = await connected(options);
      const text = "x".repeat(999_900);
      socket.emit("message", text);
      const [back] = await once(socket, "message-back");
      assert.equal(back, text);
    });
    it("carries a large binary message", async () => {
      const socket = await connected(options);
      const bytes = Buffer.alloc(700_000, "onepizza");
      const back = await socket.timeout(5000).emitWithAck("message-with-ack", bytes);
      assert.ok(bytes.equals(Buffer.from(back)));
    });
    it("keeps 5,000 messages in order", async () => {
      const socket = open(options); // begins before it is connected: in the upgraded case, the upgrade is in the middle
      const received = [];
      const done = new Promise((resolve) =>
        socket.on("message-back", (n) => {
          received.push(n);
          if (received.length === 5000) resolve();
        }),
      );
      for (let i = 0; i < 5000; i++) {
        socket.emit("message", i);
        if (i % 100 === 99) await pause(1);
      }
      await done;
      assert.deepEqual(
        received,
        Array.from({ length: 5000 }, (_, i) => i),
      );
    });
    it("stays while it is idle", async () => {
      const socket = await connected(options);
      const id = socket.id;
      await pause(1500); // five pings
      assert.equal(socket.id, id);
      assert.equal(socket.connected, true);
    });
  });

describe("the upgrade", () => {
  after(closeAll);

  it("happens", async () => {
    const socket = open();
    await once(socket, "connect");
    if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
    assert.equal(socket.io.engine.transport.name, "websocket");
  });
  it("races with writes on both sides, many times, and loses none", async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, round) => {
        const socket = open();
        const received = [];
        const done = new Promise((resolve) =>
          socket.on("message-back", (n, bytes) => {
            received.push(n);
            assert.equal(Buffer.from(bytes).toString(), `${n}`);
            if (received.length === 100) resolve();
          }),
        );
        for (let i = 0; i < 100; i++) {
          socket.emit("message", i, Buffer.from(`${i}`));
          if (i % 10 === round % 10) await pause(1);
        }
        await done;
        assert.deepEqual(
          received,
          Array.from({ length: 100 }, (_, i) => i),
        );
        assert.equal(socket.io.engine.transport.name, "websocket");
      }),
    );
  });
});

describe("many clients", () => {
  after(closeAll);

  it("hear a broadcast with binary", async () => {
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => connected(Object.values(transports)[i % 3])));
    const heard = all.map((socket) => once(socket, "shout"));
    all[0].emit("broadcast", "hello", Buffer.from("all"));
    for (const [text, bytes] of await Promise.all(heard)) {
      assert.equal(text, "hello");
      assert.equal(Buffer.from(bytes).toString(), "all");
    }
  });
});
