// Socket.IO 5 as it is on the wire: https://socket.io/docs/v4/socket-io-protocol/
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Polling, Ws, assertAlive, join, joinPolling, useServer } from "./server.mjs";

const server = useServer(10_000);

async function connect() {
  const ws = await Ws.open(server, "/socket.io/");
  await ws.handshake();
  return ws;
}

describe("connect", () => {
  it("to the main namespace, with and without a payload", async () => {
    await (await join(server)).close();
    await (await join(server, '{"token":"123"}')).close();
  });
  it("to another namespace, with and without a payload", async () => {
    const ws = await connect();
    ws.send("40/custom,");
    assert.match(await ws.next(), /^40\/custom,\{"sid":"[\w-]{20}"\}$/);
    assert.equal(await ws.next(), '42/custom,["auth",{}]');
    await ws.close();
    const other = await connect();
    other.send('40/custom,{"token":"abc"}');
    assert.match(await other.next(), /^40\/custom,\{"sid":"[\w-]{20}"\}$/);
    assert.equal(await other.next(), '42/custom,["auth",{"token":"abc"}]');
    await other.close();
  });
  it("gives sockets ids that differ from each other and from the session's", async () => {
    const ws = await Ws.open(server, "/socket.io/");
    const { sid } = await ws.handshake();
    const sids = new Set([sid]);
    for (const nsp of ["", "/custom,"]) {
      ws.send(`40${nsp}`);
      sids.add(JSON.parse((await ws.next()).slice(2 + nsp.length)).sid);
      await ws.next();
    }
    assert.equal(sids.size, 3);
    await ws.close();
  });
  it("to an unknown namespace is refused", async () => {
    const ws = await connect();
    ws.send("40/random,");
    assert.equal(await ws.next(), '44/random,{"message":"Invalid namespace"}');
    ws.send("40");
    assert.match(await ws.next(), /^40\{/);
    await ws.close();
  });
  it("must come in time", async () => {
    const ws = await connect();
    const start = Date.now();
    await ws.closed;
    assert.ok(Date.now() - start > 2500);
  });
  for (const bad of ["4abc", "4", "40[]", '40"x"', "400", '42["message"]', "41", '40{"a":'])
    it(`wrongly ends the connection: ${bad}`, async () => {
      const ws = await connect();
      ws.send(bad);
      await ws.closed;
    });
  it("twice to one namespace is answered once", async () => {
    const ws = await join(server);
    ws.send("40");
    ws.send('42["message"]');
    assert.equal(await ws.next(), '42["message-back"]');
    await ws.close();
  });
});

describe("disconnect", () => {
  it("from the main namespace leaves the connection open", async () => {
    const ws = await join(server);
    ws.answerPings = false;
    ws.send("41");
    assert.equal(await ws.next(), "2");
    await ws.close();
  });
  it("from one namespace leaves the other", async () => {
    const ws = await join(server);
    ws.send("40/custom,");
    await ws.next();
    await ws.next();
    ws.send("41/custom,");
    ws.send('42["message","message to main namespace"]');
    assert.equal(await ws.next(), '42["message-back","message to main namespace"]');
    await ws.close();
  });
  it("by the server is told to the client", async () => {
    const ws = await join(server);
    ws.send('42["leave"]');
    assert.equal(await ws.next(), "41");
    ws.send("40");
    assert.match(await ws.next(), /^40\{/);
    await ws.next();
    ws.send('42["kick"]');
    assert.equal(await ws.next(), "41");
    await ws.closed;
  });
  it("by the server reaches a polling client", async () => {
    const session = await joinPolling(server);
    await session.send('42["kick"]');
    const last = [...(await session.receive())];
    if (!last.includes("1")) last.push(...(await session.receive()));
    assert.deepEqual(last, ["41", "1"]);
    await session.assertClosed();
  });
});

describe("events", () => {
  it("carry any JSON", async () => {
    const ws = await join(server);
    for (const args of [
      '1,"2",{"3":[true]}',
      '""',
      "null,false",
      '"\\u0000 \\u001e é 😀"',
      "[[[{}]]]",
      "1.5,-0.25,12345678901234",
    ]) {
      ws.send(`42["message",${args}]`);
      const text = await ws.next();
      assert.deepEqual(JSON.parse(text.slice(2)), JSON.parse(`["message-back",${args}]`));
    }
    await ws.close();
  });
  it("carry what only JavaScript calls text and numbers", async () => {
    const ws = await join(server);
    for (const [sent, got] of [
      ["half an emoji \ud83d", "half an emoji \ufffd"],
      [2 ** 63, 2 ** 63],
      [-1e20, -1e20],
      [
        [1e300, 0.1],
        [1e300, 0.1],
      ],
    ]) {
      ws.send(`42${JSON.stringify(["message", sent])}`);
      assert.deepEqual(JSON.parse((await ws.next()).slice(2)), ["message-back", got]);
    }
    await ws.close();
  });
  it("may have numbers for names", async () => {
    const ws = await join(server);
    ws.send("42[1]");
    ws.send('42[-2.5,"x"]');
    ws.send('42["message"]');
    assert.equal(await ws.next(), '42["message-back"]');
    await ws.close();
  });
  it("carry binary", async () => {
    const ws = await join(server);
    ws.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    ws.send(Buffer.from([1, 2, 3]));
    ws.send(Buffer.from([4, 5, 6]));
    assert.equal(await ws.next(), '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3]));
    assert.deepEqual(await ws.next(), Buffer.from([4, 5, 6]));
    await ws.close();
  });
  it("carry binary by polling", async () => {
    const session = await joinPolling(server);
    await session.send('451-["message",{"_placeholder":true,"num":0}]', "bAQID");
    assert.deepEqual(await session.receive(), ['451-["message-back",{"_placeholder":true,"num":0}]', "bAQID"]);
  });
  it("are acknowledged", async () => {
    const ws = await join(server);
    ws.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await ws.next(), '43456[1,"2",{"3":[false]}]');
    ws.send('420["message-with-ack"]');
    assert.equal(await ws.next(), "430[]");
    ws.send('452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    ws.send(Buffer.from([1, 2, 3]));
    ws.send(Buffer.from([4, 5, 6]));
    assert.equal(await ws.next(), '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3]));
    assert.deepEqual(await ws.next(), Buffer.from([4, 5, 6]));
    await ws.close();
  });
  it("of the server are acknowledged, once, or time out", async () => {
    const ws = await join(server);
    ws.send('42["ask",1]');
    assert.equal(await ws.next(), '420["question",1]');
    ws.send("430[2]");
    assert.equal(await ws.next(), '42["answered",2]');
    ws.send("430[3]");
    ws.send("43999[3]");
    ws.send('42["ask"]');
    assert.equal(await ws.next(), '421["question"]');
    assert.equal(await ws.next(), '42["unanswered"]');
    await ws.close();
  });
  for (const bad of [
    "4abc",
    "42{}",
    "42",
    "42[]",
    "42[null]",
    '42["connect"]',
    '42abc["message"]',
    '42["message"',
    '42/random,["message"]',
    '45-["message"]',
    '451["message"]',
    '499["message"]',
    "43[1]",
    '44{"message":"x"}',
    `42["message",${"[".repeat(40)}${"]".repeat(40)}]`,
  ])
    it(`end the connection when they are garbage: ${bad.slice(0, 40)}`, async () => {
      const ws = await join(server);
      ws.send(bad);
      await ws.closed;
    });
});

describe("a broadcast", () => {
  it("reaches every socket of its namespace, whatever its transport", async () => {
    const here = await join(server);
    const there = await Ws.open(server, "/socket.io/");
    await there.handshake();
    there.send("40/custom,");
    await there.next();
    await there.next();
    const polling = await joinPolling(server);
    here.send('451-["broadcast",{"_placeholder":true,"num":0}]');
    here.send(Buffer.from("bin"));
    const text = '451-["shout",{"_placeholder":true,"num":0}]';
    assert.equal(await here.next(), text);
    assert.deepEqual(await here.next(), Buffer.from("bin"));
    assert.deepEqual(await polling.receive(), [text, "bYmlu"]);
    there.send('42/custom,["message"]');
    assert.equal(await there.next(), '42/custom,["message-back"]');
    await here.close();
    await there.close();
  });
});

describe("hostile clients", () => {
  it("that announce attachments and send none are closed", async () => {
    const ws = await join(server);
    ws.send('451-["message",{"_placeholder":true,"num":0}]');
    await ws.closed;
  });
  it("that send attachments nobody announced are closed", async () => {
    const ws = await join(server);
    ws.send(Buffer.from("x"));
    await ws.closed;
  });
  it("that send text between attachments are closed", async () => {
    const ws = await join(server);
    ws.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    ws.send(Buffer.from("x"));
    ws.send('42["message"]');
    await ws.closed;
  });
  it("that leave in the middle of a binary packet harm nobody", async () => {
    for (let i = 0; i < 20; i++) {
      const ws = await join(server);
      ws.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
      ws.send(Buffer.alloc(100_000));
      if (i % 2) ws.socket.terminate();
      await ws.close();
    }
    await assertAlive(server);
  });
  it("that announce attachments without end are closed", async () => {
    for (const n of ["11", "4294967297", "9".repeat(1000)]) {
      const ws = await join(server);
      ws.send(`45${n}-["message"]`);
      await ws.closed;
    }
  });
  it("whose attachments are too large together are closed", async () => {
    const ws = await join(server);
    ws.send('452-["message"]');
    ws.send(Buffer.alloc(600_000));
    ws.send(Buffer.alloc(600_000));
    await ws.closed;
  });
  it("that send JSON which costs much memory are closed", async () => {
    const ws = await join(server);
    ws.send(`42["message",[${"{},".repeat(300_000)}{}]]`);
    await ws.closed;
  });
  it("that send random bytes are closed, and the server lives", async () => {
    let seed = 1;
    const random = (n) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
    for (let i = 0; i < 100; i++) {
      const ws = i % 2 ? await join(server) : await connect();
      for (let j = 0; j < 10; j++) {
        const bytes = Buffer.from(Array.from({ length: random(60) }, () => 32 + random(95)));
        ws.socket.send(i % 3 ? `4${random(8)}${bytes}` : bytes);
      }
      const timer = setTimeout(() => ws.socket.terminate(), 300);
      await ws.closed;
      clearTimeout(timer);
    }
    await assertAlive(server);
  });
  it("that send random bytes by polling are refused, and the server lives", async () => {
    for (let i = 0; i < 50; i++) {
      const session = await Polling.open(server, "/socket.io/");
      const response = await session.post(Buffer.from(Array.from({ length: 50 }, (_, j) => (i * 37 + j * 101) & 255)));
      assert.equal(response.status, 400);
      await session.assertClosed();
    }
    await assertAlive(server);
  });
  it("that don't read are cut off, and others go on", async () => {
    const deaf = await join(server);
    const talker = await join(server);
    deaf.socket._socket.pause();
    const text = "x".repeat(500_000);
    for (let i = 0; i < 60; i++) {
      talker.send(`42["broadcast","${text}"]`);
      assert.equal((await talker.next()).length, text.length + 14);
    }
    deaf.socket._socket.resume();
    await deaf.closed;
    assert.ok(deaf.messages.length < 60);
    await talker.close();
  });
});
