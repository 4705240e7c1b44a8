// WebSocket frames, Engine.IO and Socket.IO packets as no client sends them: the one that does is closed, with the
// right code; the server and everybody else go on.
import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { residentMiB } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import {
  Tcp,
  answersIn,
  ask,
  assertRefusal,
  close,
  frame,
  framesIn,
  isResponsive,
  rawSocket,
  upgrade,
  useServer,
} from "./lib.mjs";

const server = useServer({ name: "hostile-ws" });

describe("handshakes", () => {
  const cases = {
    "another version": [426, { "Sec-WebSocket-Version": "8" }],
    "no version": [426, { "Sec-WebSocket-Version": null }],
    "no key": [400, { "Sec-WebSocket-Key": null }],
    "a short key": [400, { "Sec-WebSocket-Key": "abcd" }],
    "no Upgrade": [400, { Upgrade: null }],
    "no Connection": [400, { Connection: "keep-alive" }],
    "another protocol": [400, { Upgrade: "h2c" }],
    "with a body": [[400, 413], { "Content-Length": "5" }],
  };
  for (const [name, [status, headers]] of Object.entries(cases))
    it(name, async () => {
      const [answer] = await ask(server.port, upgrade(undefined, headers) + (headers["Content-Length"] ? "hello" : ""));
      assertRefusal(answer, status, name);
    });

  const queries = {
    "no transport": "?EIO=4",
    "an unknown transport": "?EIO=4&transport=carrier-pigeon",
    "EIO 3": "?EIO=3&transport=websocket",
    "no EIO": "?transport=websocket",
    "a sid that never was": "?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA",
    "a sid of 4,000 characters": `?EIO=4&transport=websocket&sid=${"A".repeat(3900)}`,
    "a sid with strange characters": "?EIO=4&transport=websocket&sid=%F0%9F%98%80%0d%0a",
    "the transport twice": "?EIO=4&transport=polling&transport=websocket",
  };
  for (const [name, query] of Object.entries(queries))
    it(name, async () => {
      const [answer] = await ask(server.port, upgrade(`/socket.io/${query}`));
      assertRefusal(answer, 400, name);
    });
  it("on a path that has no WebSocket", async () => {
    const [answer] = await ask(server.port, upgrade("/healthz"));
    assert.equal(answer.status, 200);
  });
});

describe("frames", () => {
  const text = (payload, options) => frame(payload, { opcode: 1, ...options });
  const cases = {
    "not masked": [1002, frame('42["x"]', { masked: false })],
    RSV1: [1002, text("2", { rsv: 4 })],
    RSV3: [1002, text("2", { rsv: 1 })],
    "opcode 3": [1002, frame("x", { opcode: 3 })],
    "opcode 15": [1002, frame("x", { opcode: 15 })],
    "a ping of 126": [1002, frame("x".repeat(126), { opcode: 9 })],
    "a close of 200": [1002, frame("x".repeat(200), { opcode: 8 })],
    "a fragmented ping": [1002, frame("x", { opcode: 9, fin: false })],
    "a continuation of nothing": [1002, frame("x", { opcode: 0 })],
    "a text inside a text": [1002, Buffer.concat([text("a", { fin: false }), text("b")])],
    "a length of 2^63": [[1002, 1009], text("x", { length: 2n ** 63n })],
    "a length of 2^64-1": [[1002, 1009], text("x", { length: 2n ** 64n - 1n })],
    "a length of 4 GiB": [1009, text("x", { length: 2n ** 32n })],
    "a length of 2 MiB": [1009, text("x", { length: 2n ** 21n })],
    "a short length written long": [1002, text("x", { length: 5n })],
    "fragments that grow past the limit": [
      1009,
      Buffer.concat([text("4".repeat(700_000), { fin: false }), frame("x".repeat(700_000), { opcode: 0 })]),
    ],
    "bad UTF-8": [1007, text(Buffer.from([0x34, 0x32, 0xff, 0xfe]))],
    "a surrogate in UTF-8": [1007, text(Buffer.from([0x34, 0xed, 0xa0, 0x80]))],
    "UTF-8 cut off": [1007, text(Buffer.from([0x34, 0xf0, 0x9f, 0x98]))],
    "a close of one byte": [1002, frame("x", { opcode: 8 })],
    "close code 1005": [1002, frame(Buffer.from([0x03, 0xed]), { opcode: 8 })],
    "close code 0": [1002, frame(Buffer.from([0, 0]), { opcode: 8 })],
    "close code 65535": [1002, frame(Buffer.from([0xff, 0xff]), { opcode: 8 })],
    "close code 4000 comes back": [4000, frame(Buffer.from([0x0f, 0xa0]), { opcode: 8 })],
    "a close without a code": [1000, frame("", { opcode: 8 })],
  };
  for (const [name, [code, bytes]] of Object.entries(cases))
    it(name, async () => {
      const tcp = await rawSocket(server.port);
      tcp.write(bytes);
      assert.ok(await tcp.until(close), `${name}: no close frame`);
      assert.ok([].concat(code).includes(close(tcp).code), `${name}: ${close(tcp).code} instead of ${code}`);
      tcp.socket.end();
      assert.ok(await tcp.untilClosed(), `${name}: the connection stays open`);
      tcp.destroy();
    });

  it("what comes behind a close isn't heard", async () => {
    const tcp = await rawSocket(server.port);
    tcp.write(Buffer.concat([frame(Buffer.from([3, 232]), { opcode: 8 }), frame('420["chat:message",{}]')]));
    assert.ok(await tcp.untilClosed());
    assert.ok(!framesIn(tcp.bytes).some((f) => f.payload.toString().startsWith("430")));
    tcp.destroy();
  });
  it("100 kB of random bytes instead of frames", async () => {
    for (let i = 0; i < 20; i++) {
      const tcp = await rawSocket(server.port, { connected: i % 2 === 0 });
      const noise = Buffer.alloc(5000);
      for (let k = 0, x = 1 + i * 7919; k < noise.length; k++)
        noise[k] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16;
      tcp.write(noise);
      await tcp.until(close, 300); /* it may be the beginning of a long frame */
      tcp.destroy();
    }
    await isResponsive(server);
  });
  it("10,000 pings in one write are not answered with 10,000 pongs at once", async () => {
    const tcp = await rawSocket(server.port);
    tcp.socket.pause();
    tcp.write(Buffer.concat(Array.from({ length: 10_000 }, () => frame("x".repeat(100), { opcode: 9 }))));
    await isResponsive(server);
    tcp.destroy();
  });
});

describe("packets", () => {
  const nested = (n) => `42["x",${"[".repeat(n)}${"]".repeat(n)}]`;
  const cases = {
    "an empty message": "",
    "an unknown Engine.IO type": "9",
    "a second open": '0{"sid":"x"}',
    "a ping from the client": "2",
    "an unknown Socket.IO type": "47",
    "an event without a name": "42[]",
    "an event that is no array": '42{"a":1}',
    "an event with an object for a name": "42[{}]",
    "a reserved name": '42["disconnect"]',
    "a name with a NUL": '42["a\\u0000b"]',
    "half of its JSON": '42["chat:message",{"text":',
    "an id of 40 digits": `42${"9".repeat(40)}["x"]`,
    "a number over the largest double": `42["x",${"9".repeat(400)}]`,
    "1e999": '42["x",1e999]',
    "depth 33": nested(40),
    "depth 100,000": nested(100_000),
    "400,000 values": `42["x"${",1".repeat(200_000)}]`,
    "11 attachments": '4511-["x"]',
    "attachments that don't fit in a number": '4599999999999999999999-["x"]',
    "a placeholder for an attachment that isn't": '451-["x",{"_placeholder":true,"num":1}]',
    "a placeholder of -1": '451-["x",{"_placeholder":true,"num":-1}]',
    "a text while attachments are awaited": Buffer.concat([
      frame('451-["x",{"_placeholder":true,"num":0}]'),
      frame('42["x"]'),
    ]),
    "binary out of nothing": frame(Buffer.from([1, 2, 3]), { opcode: 2 }),
    "a CONNECT_ERROR": '44{"message":"x"}',
    "an event to a namespace that isn't": '42/admin,["x"]',
    "an event to a namespace of 100 kB": `42/${"a".repeat(100_000)},["x"]`,
    "a CONNECT to a namespace of 300": `40/${"a".repeat(300)},`,
    "an ack without an id": "43[]",
  };
  for (const [name, what] of Object.entries(cases))
    it(name, async () => {
      const tcp = await rawSocket(server.port);
      tcp.write(Buffer.isBuffer(what) ? what : frame(what));
      assert.ok(await tcp.until(close), `${name}: not closed`);
      tcp.destroy();
    });
  it("numbers as names, huge numbers and half an emoji, which JavaScript can send, are refused as events", async () => {
    const tcp = await rawSocket(server.port);
    const sent = [
      "420[1,{}]",
      "421[-1.5e300]",
      '422["chat:message",{"text":"\\ud800"}]',
      `423["x",${"9".repeat(300)}]`,
      '424["x",1e308,-1e308,1e-999]',
      '425["\\udc00"]',
      "426[9223372036854775808]",
    ];
    for (const text of sent) tcp.write(frame(text));
    for (let i = 0; i < sent.length; i++)
      assert.ok(
        await tcp.until((t) => framesIn(t.bytes).some((f) => f.payload.toString().startsWith(`43${i}[{"ok":false`))),
        sent[i],
      );
    assert.equal(close(tcp), undefined);
    tcp.destroy();
  });
  it("an event before CONNECT", async () => {
    const tcp = await rawSocket(server.port, { connected: false });
    tcp.write(frame('42["join-meeting",{}]'));
    assert.ok(await tcp.until(close));
    tcp.destroy();
  });
  it("a CONNECT to an unknown namespace is answered, and the socket goes on", async () => {
    const tcp = await rawSocket(server.port);
    tcp.write(frame("40/nowhere,"));
    assert.ok(await tcp.until((t) => framesIn(t.bytes).some((f) => f.payload.toString().startsWith("44/nowhere,"))));
    assert.equal(close(tcp), undefined);
    tcp.destroy();
  });
  it("an ack nobody waits for is nothing", async () => {
    const tcp = await rawSocket(server.port);
    tcp.write(frame("4312345[1]"));
    tcp.write(frame('421["chat:message",{"text":"x"}]'));
    assert.ok(await tcp.until((t) => framesIn(t.bytes).some((f) => f.payload.toString().startsWith("431["))));
    tcp.destroy();
  });
});

describe("long-polling", () => {
  async function session() {
    const [answer] = await ask(server.port, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n");
    return JSON.parse(answer.body.toString().slice(1)).sid;
  }
  const post = (sid, body, type = "text/plain;charset=UTF-8") =>
    ask(
      server.port,
      Buffer.concat([
        Buffer.from(
          `POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
        ),
        Buffer.from(body),
      ]),
    );
  const bodies = {
    nothing: "",
    garbage: "\x01\x02\x03",
    "only separators": "\x1e\x1e\x1e",
    "bad base64": "b!!!!",
    "bad UTF-8": Buffer.from([0x34, 0xff]),
    "a payload over the limit": "4" + "x".repeat(1024 * 1024 + 10),
    "an upgrade nobody probed": "0",
  };
  for (const [name, body] of Object.entries(bodies))
    it(`a POST of ${name}`, async () => {
      const [answer] = await post(await session(), body);
      assert.ok([400, 413].includes(answer.status), `${answer.status}`);
    });
  it("a body far over the limit", async () => {
    const [answer] = await ask(
      server.port,
      `POST /socket.io/?EIO=4&transport=polling&sid=${await session()} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`,
    );
    assertRefusal(answer, 413, "100 MB");
  });
  it("two polls at a time end the session", async () => {
    const sid = await session();
    const get = `GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const first = await Tcp.open(server.port);
    first.write(get);
    await pause(50);
    const [second] = await ask(server.port, get);
    assertRefusal(second, 400, "second poll");
    assert.ok(await first.until((t) => answersIn(t.bytes).length === 1));
    first.destroy();
  });
  it("other methods", async () => {
    for (const method of ["PUT", "DELETE", "PATCH", "BREW"]) {
      const [answer] = await ask(
        server.port,
        `${method} /socket.io/?EIO=4&transport=polling&sid=${await session()} HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      assertRefusal(answer, [400, 405], method);
    }
  });
});

describe("many", () => {
  const sockets = new Set();
  after(() => {
    for (const socket of sockets) socket.close();
  });

  it("2,000 sessions opened and left alone cost little, and nobody waits", async () => {
    const before = residentMiB(server.control);
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 100 }, () =>
          ask(server.port, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"),
        ),
      );
      if (round % 5 === 0) await isResponsive(server);
    }
    const perSession = ((residentMiB(server.control) - before) * 1024) / 2000;
    assert.ok(perSession < 20, `${perSession.toFixed(1)} kB for each`);
  });
  it("300 WebSockets that never say CONNECT, dropped without a word", async () => {
    const all = await Promise.all(Array.from({ length: 300 }, () => rawSocket(server.port, { connected: false })));
    await isResponsive(server);
    for (const tcp of all) tcp.socket.resetAndDestroy();
    await isResponsive(server);
  });
  it("one who is told much and never reads is closed; memory stays bounded, the others hear all", async () => {
    const { meetingId } = await server.newMeeting();
    const join = (name) =>
      new Promise((resolve, reject) => {
        const socket = io(server.url, { transports: ["websocket"], forceNew: true });
        sockets.add(socket);
        socket.on("connect", () =>
          socket.emit("join-meeting", { meetingId, name }, (a) =>
            a.ok ? resolve(socket) : reject(new Error(a.error.code)),
          ),
        );
      });
    const [talker, reader] = [await join("talker"), await join("reader")];
    let heard = 0,
      deaf = 0;
    reader.on("caption", () => heard++);
    const slow = await rawSocket(server.port);
    slow.write(frame(`420["join-meeting",${JSON.stringify({ meetingId, name: "slow" })}]`));
    assert.ok(await slow.until((t) => framesIn(t.bytes).some((f) => f.payload.toString().startsWith("430"))));
    slow.socket.pause();
    reader.on("participant:left", () => deaf++);
    const before = residentMiB(server.control),
      text = "x".repeat(2000),
      total = 12_000;
    let peak = 0;
    for (let i = 0; i < total; i++) {
      talker.emit("caption", { text, final: true });
      if (i % 500 === 499) {
        await new Promise((resolve) => talker.emit("caption", { text: "." }, resolve));
        const patience = Date.now() + 10_000; /* on a busy machine the reader may be as slow as the slow one */
        while (heard < i - 500 && reader.connected && Date.now() < patience) await pause(5);
        peak = Math.max(peak, residentMiB(server.control) - before);
      }
    }
    const end = Date.now() + 5000;
    while ((heard < total || !deaf) && Date.now() < end) await pause(20);
    assert.ok(heard >= total, `the reader heard ${heard} of ${total}`);
    assert.equal(deaf, 1, "the slow one is still in the meeting");
    assert.ok(peak < 40, `${peak.toFixed(1)} MiB`);
    slow.destroy();
    await isResponsive(server);
  });
});
