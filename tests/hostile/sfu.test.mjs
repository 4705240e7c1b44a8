// The media server's two doors: UDP, open to everybody, and the Unix socket, open to its own user. What is no protocol
// is counted or refused by name; nobody unverified is ever sent more than it sent; sessions go on.
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { ASAN, ended, makeDir, residentMiB, Sfu } from "../lib/servers.mjs";
import { SfuSocket } from "../lib/sfu_socket.mjs";
import { pause } from "../lib/wait.mjs";
import { Udp, credentialsOf, offer, stun } from "./media.mjs";

let dir, sfu, api;
before(async () => {
  dir = await makeDir();
  sfu = new Sfu({ dir, name: "hostile-sfu", env: ASAN });
  await sfu.start();
  api = await SfuSocket.open(sfu.socket);
}, { timeout: 30_000 });
after(async () => {
  api.close();
  assert.equal(await sfu.stop(), 0);
  await rm(dir, { recursive: true, force: true });
}, { timeout: 30_000 });

async function counters() {
  const { workers } = await api.ask("stats");
  const sum = {};
  for (const worker of workers)
    for (const [name, value] of [...Object.entries(worker), ...Object.entries(worker.drops)])
      if (typeof value === "number") sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

/** Runs it and answers how the counters moved. */
async function moved(what) {
  const before = await counters();
  await what();
  await pause(50);
  const now = await counters();
  return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]]));
}

let people = 0;
async function session(room = "udp") {
  const participant = `p${++people}`;
  await api.ask("participant.join", { room, participant });
  const mine = offer({ ssrc: 10_000 * people });
  const { sdp } = await api.ask("session.offer", { room, participant, sdp: mine.sdp });
  const server = credentialsOf(sdp);
  const check = (fields = {}) => stun({ username: `${server.ufrag}:${mine.ufrag}`, password: server.pwd, ...fields });
  return { room, participant, ...server, check, username: `${server.ufrag}:${mine.ufrag}` };
}

const stateOf = (s) => api.notifications.filter((n) => n.event === "session.state" && n.participant === s.participant).at(-1)?.state;

describe("UDP from an address that nobody verified", () => {
  let udp;
  before(async () => (udp = await Udp.open()));
  after(() => udp.close());

  it("every first byte, with every kind of length: no answer at all, and counted", async () => {
    const change = await moved(async () => {
      for (let first = 0; first < 256; first++)
        await udp.send(sfu.port, ...[1, 2, 12, 13, 20, 100, 1200, 1472].map((n) => Buffer.concat([Buffer.from([first]), randomBytes(n - 1)])));
    });
    assert.equal(udp.got, 0);
    assert.equal(change.not_ours + change.unknown_path, 2048);
  });
  it("empty datagrams and ones of 65,000 bytes", async () => {
    await udp.send(sfu.port, Buffer.alloc(0), randomBytes(65_000), Buffer.alloc(0), randomBytes(9000));
    assert.equal(udp.got, 0);
  });
  it("STUN for nobody", async () => {
    const s = await session();
    const names = ["", ":", "x", "x:y", `${s.ufrag}`, `${s.ufrag}x:y`, "ffffAAAAAAAA:y", "0000AAAAAAAA:y", "zzzzAAAAAAAA:y", ":".repeat(500), "\0".repeat(12) + ":x", "😀:😀"];
    const change = await moved(() => udp.send(s.port, ...names.map((username) => stun({ username, password: s.pwd }))));
    assert.equal(udp.got, 0);
    assert.ok(change.not_ours >= names.length - 1, JSON.stringify(change));
  });
  it("the right name and a wrong password, or none: never more bytes back than came", async () => {
    const s = await session();
    const cases = {
      "wrong password": s.check({ password: "x".repeat(24) }),
      "empty password": s.check({ password: "" }),
      "no integrity": s.check({ integrity: false }),
      "no integrity, nothing else either": stun({ username: `${s.ufrag}:`, integrity: false, nominate: false }),
      "no fingerprint": s.check({ fingerprint: false }),
      "neither": s.check({ fingerprint: false, integrity: false }),
      "the other's name wrong": stun({ username: `${s.ufrag}:x`, password: s.pwd }),
      "an indication": s.check({ type: 0x0011 }),
      "a success": s.check({ type: 0x0101 }),
      "an error": s.check({ type: 0x0111 }),
      "another method": s.check({ type: 0x0003, password: "x" }),
      "unknown attributes": s.check({ password: "x", more: Array.from({ length: 20 }, (_, i) => [0x7000 + i, Buffer.alloc(0)]) }),
      "the name twice": s.check({ password: "x", more: [[6, Buffer.from(s.username)]] }),
      "an attribute of 60 kB": s.check({ password: "x", more: [[0xc000, Buffer.alloc(60_000)]] }),
    };
    for (const [name, message] of Object.entries(cases)) {
      const [sent, got] = [udp.sent, udp.got];
      await udp.send(s.port, message);
      await pause(15);
      assert.ok(udp.got - got <= udp.sent - sent, `${name}: ${udp.got - got} bytes for ${udp.sent - sent}`);
    }
    assert.equal(stateOf(s), "checking");
  });
  it("a good check cut at every byte, and with every byte flipped, opens nothing", async () => {
    const s = await session();
    const good = s.check(), bad = [];
    for (let n = 0; n < good.length; n++) bad.push(good.subarray(0, n));
    for (let n = 0; n < good.length; n++) {
      const copy = Buffer.from(good);
      copy[n] ^= 1 << n % 8;
      bad.push(copy);
    }
    for (const length of [0, 1, 4, 65532, 65535]) {
      const copy = Buffer.from(good);
      copy.writeUInt16BE(length, 2);
      bad.push(copy);
    }
    const [sent, got] = [udp.sent, udp.got];
    await udp.send(s.port, ...bad);
    await pause(30);
    assert.ok(udp.got - got <= udp.sent - sent);
    assert.equal(stateOf(s), "checking");
  });
  it("DTLS without a check is never answered", async () => {
    const s = await session();
    const got = udp.got;
    await udp.send(s.port, ...Array.from({ length: 200 }, () => Buffer.concat([Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 1]), randomBytes(49)])));
    assert.equal(udp.got, got);
  });
});

describe("UDP from an address that passed a check, without DTLS", () => {
  let udp, s;
  before(async () => {
    udp = await Udp.open();
    s = await session();
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length > 0), "no answer to a good check");
    assert.equal(udp.messages[0].readUInt16BE(0), 0x0101);
  });
  after(() => udp.close());

  it("the answer isn't longer than the check", () => {
    assert.ok(udp.messages[0].length <= s.check().length);
  });
  it("a role conflict is said", async () => {
    const n = udp.messages.length;
    await udp.send(s.port, s.check({ controlled: true }));
    assert.ok(await udp.until((u) => u.messages.length > n));
    assert.equal(udp.messages.at(-1).readUInt16BE(0), 0x0111);
  });
  it("RTP and RTCP with anything in them are dropped by name", async () => {
    const n = udp.messages.length;
    const change = await moved(async () => {
      for (let i = 0; i < 512; i++) {
        const packet = randomBytes(1 + ((i * 37) % 1400));
        packet[0] = 0x80 | (i & 0x3f);
        if (packet.length > 1) packet[1] = i >> 1;
        await udp.send(s.port, packet);
      }
    });
    assert.equal(udp.messages.length, n);
    const dropped = ["not_open", "rtp_syntax", "rtcp_syntax", "srtp_auth", "rtcp_auth"].reduce((sum, name) => sum + (change[name] ?? 0), 0);
    assert.ok(dropped >= 500, JSON.stringify(change));
  });
  it("DTLS records of noise, fragments without end, and hellos cut short", async () => {
    const record = (type, body, version = 0xfefd) => {
      const head = Buffer.alloc(13);
      head[0] = type;
      head.writeUInt16BE(version, 1);
      head.writeUInt16BE(body.length, 11);
      return Buffer.concat([head, body]);
    };
    const fragment = (total, at, length, body = randomBytes(length), type = 1) => {
      const head = Buffer.alloc(12);
      head[0] = type;
      head.writeUIntBE(total, 1, 3);
      head.writeUIntBE(at, 6, 3);
      head.writeUIntBE(length, 9, 3);
      return record(22, Buffer.concat([head, body]));
    };
    const before = residentMiB(sfu.child);
    for (let i = 0; i < 300; i++)
      await udp.send(s.port, record(20 + (i % 44), randomBytes(i % 200)), fragment(0xffffff, i * 100, 100), fragment(100, 90, 50), fragment(50, 0xfffff0, 40),
        fragment(0, 0, 0), record(22, randomBytes(1000), i * 211), fragment(1200, 0, 1000), fragment(300, 0, 10).subarray(0, 5 + (i % 20)));
    assert.ok(residentMiB(sfu.child) - before < 20, "memory grows");
    assert.ok(!ended(sfu.child));
  });
  it("200 addresses that pass a check for one session are bounded; the latest nomination counts", async () => {
    const other = await session();
    const all = await Promise.all(Array.from({ length: 200 }, () => Udp.open()));
    for (const one of all) await one.send(other.port, other.check());
    assert.ok(await all.at(-1).until((u) => u.messages.length > 0));
    for (const one of all) one.close();
    assert.ok(!ended(sfu.child));
  });
  it("another session is none the worse: it is verified in the middle of a flood", async () => {
    const other = await session(), mine = await Udp.open(), flood = Udp.open();
    const noise = Array.from({ length: 3000 }, (_, i) => (i % 3 ? randomBytes(100 + (i % 1000)) : s.check({ password: "wrong" })));
    const flooding = (await flood).send(other.port, ...noise);
    const began = performance.now();
    for (let i = 0; i < 5 && !mine.messages.length; i++) { /* as ICE does: a check that was lost is sent again */
      await mine.send(other.port, other.check());
      await mine.until((u) => u.messages.length > 0, 300);
    }
    assert.ok(mine.messages.length > 0, "never answered");
    assert.ok(performance.now() - began < 1000);
    await flooding;
    mine.close();
    (await flood).close();
  });
});

describe("the Unix socket", () => {
  /** Writes bytes, answers the lines and whether it was hung up on. */
  async function raw(bytes, { hello = true, ms = 400, wait = 1 } = {}) {
    const socket = connect(sfu.socket);
    let text = "", closed = false;
    socket.on("data", (data) => (text += data));
    socket.on("close", () => (closed = true));
    socket.on("error", () => (closed = true));
    await once(socket, "connect");
    if (hello) socket.write('{"id":0,"op":"hello","version":1}\n');
    socket.write(bytes);
    const end = Date.now() + ms, lines = () => text.split("\n").slice(0, -1).map((l) => JSON.parse(l)).filter((m) => "id" in m && !(hello && m.id === 0));
    while (!closed && lines().length < wait && Date.now() < end) await pause(5);
    socket.destroy();
    return { lines: lines(), closed };
  }
  const line = (fields) => `${JSON.stringify({ id: 1, ...fields })}\n`;

  const garbage = {
    "noise": "\x00\x01\xff\xfe\n", "no JSON": "hello\n", "an array": "[]\n", "a number": "7\n", "null": "null\n", "an empty line": "\n",
    "no id": '{"op":"stats"}\n', "an id that is a string": '{"id":"1","op":"stats"}\n', "an id of 1.5": '{"id":1.5,"op":"stats"}\n',
    "an id too long": '{"id":99999999999999999999,"op":"stats"}\n', "a key twice": '{"id":1,"id":2,"op":"stats"}\n', "bad UTF-8": Buffer.from('{"id":1,"op":"\xff"}\n', "latin1"),
    "depth 100,000": `{"id":1,"op":${"[".repeat(100_000)}\n`, "2 MB without an end": "x".repeat(2_000_000), "2 MB in one line": `{"id":1,"op":"${"x".repeat(2_000_000)}"}\n`,
  };
  for (const [name, bytes] of Object.entries(garbage))
    it(`${name}: hung up on`, async () => {
      const { closed, lines } = await raw(bytes, { ms: 3000 });
      assert.ok(closed, `still open: ${JSON.stringify(lines)}`);
      await api.ask("stats");
    });
  it("what isn't hello first is refused with state", async () => {
    const { lines } = await raw(line({ op: "stats" }), { hello: false });
    assert.equal(lines[0].error.code, "state");
  });
  it("another version is unsupported", async () => {
    for (const version of [0, 2, -1, 1.5, "1", null, true, [], 4294967297, 1e300]) {
      const { lines } = await raw(line({ op: "hello", version }), { hello: false });
      assert.equal(lines[0].error?.code, "unsupported", JSON.stringify(version));
    }
  });
  it("half a line is waited for", async () => {
    const { lines, closed } = await raw('{"id":1,"op":"sta', { ms: 200 });
    assert.deepEqual([lines.length, closed], [0, false]);
  });
  it("unknown ops, and those with names that are something else", async () => {
    for (const op of ["x", "", "Stats", "stats\0", "hello ", null, 1, [], {}, "__proto__", "x".repeat(100_000)]) {
      const { lines } = await raw(line({ op }));
      assert.equal(lines[0].ok, false);
      assert.equal(lines[0].error.code, "unsupported", JSON.stringify(op));
    }
  });

  const here = { room: "unix", participant: "one" };
  const ops = {
    "room.create": { room: "text" }, "room.close": { room: "text" },
    "participant.join": { room: "text", participant: "text" }, "participant.leave": { room: "text", participant: "text" },
    "session.tracks": { room: "text", participant: "text", tracks: "tracks" }, "session.offer": { room: "text", participant: "text", sdp: "sdp" },
    "session.view": { room: "text", participant: "text", views: "views" }, "participant.audio": { room: "text", participant: "text", blocked: "flag" },
    "session.stats": { room: "text", participant: "text" },
  };
  const none = [null, 0, -1, 1.5, true, [], {}];
  const wrong = {
    text: [...none, "", "a\0b", "x".repeat(65), "x".repeat(100_000)],
    flag: [null, 0, 1, "true", [], {}],
    sdp: [...none, "", "v=0", "v=0\0", "x".repeat(300_000), "\n".repeat(100_000)],
    tracks: [null, 0, "x", true, {}, [1], [{}], [{ mid: 1, source: "camera" }], [{ mid: "0", source: "x" }], [{ mid: "0\0", source: "camera" }], [{ mid: "m".repeat(17), source: "camera" }], new Array(9).fill({ mid: "0", source: "camera" })],
    views: [null, 0, "x", true, {}, [1], [{}], [{ participantId: 1, source: "camera" }], [{ participantId: "x".repeat(65), source: "camera" }],
      [{ participantId: "x", source: "x" }], new Array(65).fill({ participantId: "x", source: "camera" })],
  };
  const right = { ...here, tracks: [], sdp: "v=0\r\n", views: [], blocked: false };
  for (const [op, fields] of Object.entries(ops))
    it(`${op}: every field missing and of every wrong type is a bad_request`, async () => {
      await api.ask("participant.join", here);
      const good = Object.fromEntries(Object.keys(fields).map((name) => [name, right[name]])), requests = [];
      for (const [name, kind] of Object.entries(fields)) {
        const { [name]: _, ...without } = good;
        requests.push(without, ...wrong[kind].map((value) => ({ ...good, [name]: value })));
      }
      const { lines } = await raw(requests.map((fields, i) => `${JSON.stringify({ id: i + 1, op, ...fields })}\n`).join(""), { wait: requests.length, ms: 3000 });
      assert.equal(lines.length, requests.length);
      for (const { id, ok, error } of lines) {
        const shown = JSON.stringify(requests[id - 1]).slice(0, 120);
        assert.equal(ok, false, shown);
        assert.equal(error.code, "bad_request", `${shown}: ${error.code}`);
        assert.ok(error.message.length > 3, shown);
      }
    });
  it("unknown rooms and people are not found, names of 64 bytes are taken", async () => {
    for (const op of ["session.tracks", "session.offer", "session.view", "participant.audio", "session.stats"])
      for (const names of [{ room: "nowhere", participant: "one" }, { room: "unix", participant: "nobody" }])
        await assert.rejects(api.ask(op, { ...right, ...names }), /^Error: not_found/, op);
    const name = "é".repeat(32);
    assert.equal((await api.ask("participant.join", { room: name, participant: name })).created, true);
    assert.equal((await api.ask("participant.join", { room: name, participant: name })).created, false);
    assert.equal((await api.ask("room.close", { room: name })).closed, true);
    assert.equal((await api.ask("room.close", { room: name })).closed, false);
    await api.ask("participant.leave", { room: "nowhere", participant: "nobody" });
  });
  it("offers that are refused change nothing: the session before goes on", async () => {
    const s = await session("offers"), udp = await Udp.open();
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length === 1));
    for (const sdp of ["", "v=0\r\n", offer().sdp.replace("sha-256", "md5"), offer().sdp.replaceAll("a=rtcp-mux\r\n", ""), offer().sdp.replaceAll("a=setup:actpass\r\n", "a=setup:x\r\n"), offer().sdp.repeat(20)])
      await assert.rejects(api.ask("session.offer", { room: s.room, participant: s.participant, sdp }), /bad_request/);
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length === 2), "its credentials don't work any more");
    udp.close();
  });
  it("an offer cut at many places, and with lines gone or twice, never breaks the server", async () => {
    const whole = offer().sdp, lines = whole.split("\r\n");
    await api.ask("participant.join", { room: "cut", participant: "one" });
    const tries = [];
    for (let n = 0; n < whole.length; n += 17) tries.push(whole.slice(0, n));
    for (let i = 0; i < lines.length; i++)
      tries.push([...lines.slice(0, i), ...lines.slice(i + 1)].join("\r\n"), [...lines.slice(0, i), lines[i], lines[i], ...lines.slice(i + 1)].join("\r\n"),
        [...lines.slice(0, i), lines[i].replace(/\d+/g, "99999999999"), ...lines.slice(i + 1)].join("\r\n"), [...lines.slice(0, i), lines[i].slice(0, 4), ...lines.slice(i + 1)].join("\r\n"));
    await Promise.all(tries.map((sdp) => api.ask("session.offer", { room: "cut", participant: "one", sdp }).catch((e) => assert.match(e.message, /^bad_request: /))));
    await api.ask("room.close", { room: "cut" });
  });
  it("1,000 requests without reading an answer, and then reading them", async () => {
    const requests = Array.from({ length: 1000 }, (_, i) => `{"id":${i + 1},"op":"${i % 2 ? "stats" : "state.dump"}"}\n`).join("");
    const { lines } = await raw(requests, { wait: 1000, ms: 5000 });
    assert.deepEqual(lines.map((l) => l.id).sort((a, b) => a - b), Array.from({ length: 1000 }, (_, i) => i + 1));
  });
  it("who never reads is hung up on, and memory is bounded", async () => {
    const before = residentMiB(sfu.child), socket = connect(sfu.socket);
    let closed = false;
    socket.on("close", () => (closed = true)).on("error", () => (closed = true));
    await once(socket, "connect");
    socket.pause();
    socket.write('{"id":0,"op":"hello","version":1}\n');
    const many = '{"id":1,"op":"stats"}\n'.repeat(500);
    for (let i = 0; i < 200 && !closed; i++) {
      socket.write(many);
      await pause(5);
      if (socket.destroyed) closed = true;
    }
    await api.ask("stats");
    assert.ok(residentMiB(sfu.child) - before < 100, `${(residentMiB(sfu.child) - before).toFixed(1)} MiB`);
    socket.destroy();
  });
  it("20 connections: the 17th is refused, the first 16 work, and places are given back", async () => {
    const open = () => new Promise((resolve) => {
      const socket = connect(sfu.socket);
      socket.on("error", () => {});
      socket.on("data", () => resolve(socket)).on("close", () => resolve(null));
      socket.on("connect", () => socket.write('{"id":0,"op":"hello","version":1}\n'));
    });
    for (let round = 0; round < 3; round++) {
      const all = [];
      for (let i = 0; i < 20; i++) all.push(await open());
      assert.equal(all.filter(Boolean).length, 15); /* and api's own */
      await api.ask("stats");
      for (const socket of all) socket?.destroy();
      await pause(50);
    }
  });
  it("rooms and people by the thousand, then gone", async () => {
    const before = residentMiB(sfu.child);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 1000 }, (_, i) => api.ask("participant.join", { room: `r${i % 100}`, participant: `p${i}` })));
      await Promise.all(Array.from({ length: 100 }, (_, i) => api.ask("room.close", { room: `r${i}` })));
    }
    assert.ok(residentMiB(sfu.child) - before < 30);
    const { rooms } = await api.ask("state.dump");
    assert.ok(!rooms.some((r) => /^r\d/.test(r.room)));
    assert.ok((await counters()).participants < 100);
  });
});
