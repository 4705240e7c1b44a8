// The media server's UDP port, open to everybody: what is no protocol is counted, nobody unverified is ever sent more
// than it sent, and sessions go on. Its other door is in sfu_socket.test.mjs.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ended, residentMiB } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { stun, Udp } from "./media.mjs";
import { moved, session, sfu, stateOf, useMediaServer } from "./media_server.mjs";

useMediaServer("hostile-sfu");

describe("UDP from an address that nobody verified", () => {
  let udp;
  before(async () => (udp = await Udp.open()));
  after(() => udp.close());

  it("every first byte, with every kind of length: no answer at all, and counted", async () => {
    const change = await moved(async () => {
      for (let first = 0; first < 256; first++)
        await udp.send(
          sfu.port,
          ...[1, 2, 12, 13, 20, 100, 1200, 1472].map((n) => Buffer.concat([Buffer.from([first]), randomBytes(n - 1)])),
        );
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
    const names = [
      "",
      ":",
      "x",
      "x:y",
      `${s.ufrag}`,
      `${s.ufrag}x:y`,
      "ffffAAAAAAAA:y",
      "0000AAAAAAAA:y",
      "zzzzAAAAAAAA:y",
      ":".repeat(500),
      "\0".repeat(12) + ":x",
      "😀:😀",
    ];
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
      neither: s.check({ fingerprint: false, integrity: false }),
      "the other's name wrong": stun({ username: `${s.ufrag}:x`, password: s.pwd }),
      "an indication": s.check({ type: 0x0011 }),
      "a success": s.check({ type: 0x0101 }),
      "an error": s.check({ type: 0x0111 }),
      "another method": s.check({ type: 0x0003, password: "x" }),
      "unknown attributes": s.check({
        password: "x",
        more: Array.from({ length: 20 }, (_, i) => [0x7000 + i, Buffer.alloc(0)]),
      }),
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
    const good = s.check(),
      bad = [];
    for (let n = 0; n < good.length; n++) bad.push(good.subarray(0, n));
    for (let n = 0; n < good.length; n++) {
      const copy = Buffer.from(good);
      copy[n] ^= 1 << (n % 8);
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
    await udp.send(
      s.port,
      ...Array.from({ length: 200 }, () =>
        Buffer.concat([Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 1]), randomBytes(49)]),
      ),
    );
    assert.equal(udp.got, got);
  });
});

describe("UDP from an address that sends good checks and answers none", () => {
  it("isn't believed, and is sent at most three times what came from it", async () => {
    const [victim, s] = [await Udp.open(), await session()];
    await victim.send(s.port, s.check());
    await pause(1500);
    assert.ok(victim.asked > 0, "it wasn't asked");
    assert.ok(victim.got <= 3 * victim.sent, `${victim.got} bytes for ${victim.sent}`);
    for (let i = 0; i < 20; i++) await victim.send(s.port, s.check({ nominate: i % 2 === 0 }));
    await pause(500);
    assert.ok(victim.got <= 3 * victim.sent, `${victim.got} bytes for ${victim.sent}`);
    assert.equal(stateOf(s), "checking");
    victim.close();
  });
  it("nor when the client wants the server to begin the handshake", async () => {
    const [victim, s] = [await Udp.open(), await session("passive", { setup: "passive" })];
    for (let i = 0; i < 3; i++) await victim.send(s.port, s.check());
    await pause(1500);
    assert.ok(victim.got <= 3 * victim.sent, `${victim.got} bytes for ${victim.sent}`);
    assert.ok(!victim.messages.some((m) => m[0] === 22), "a ClientHello");
    victim.close();
  });
  it("and a session that never gets its keys ends after 15 s, whatever checks come", async () => {
    const [udp, s] = [await Udp.open(), await session()];
    udp.password = s.password;
    const until = Date.now() + 17_000;
    while (Date.now() < until && stateOf(s) !== "closed") {
      await udp.send(s.port, s.check());
      await pause(1000);
    }
    assert.equal(stateOf(s), "closed");
    udp.close();
  });
});

describe("UDP from an address that passed a check, without DTLS", () => {
  let udp, s;
  before(async () => {
    udp = await Udp.open();
    s = await session();
    udp.password = s.password;
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length > 0), "no answer to a good check");
    assert.ok(await udp.until(() => stateOf(s) === "handshake"), "its own check was answered in vain");
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
    const dropped = ["not_open", "rtp_syntax", "rtcp_syntax", "srtp_auth", "rtcp_auth"].reduce(
      (sum, name) => sum + (change[name] ?? 0),
      0,
    );
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
      await udp.send(
        s.port,
        record(20 + (i % 44), randomBytes(i % 200)),
        fragment(0xffffff, i * 100, 100),
        fragment(100, 90, 50),
        fragment(50, 0xfffff0, 40),
        fragment(0, 0, 0),
        record(22, randomBytes(1000), i * 211),
        fragment(1200, 0, 1000),
        fragment(300, 0, 10).subarray(0, 5 + (i % 20)),
      );
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
    const other = await session(),
      mine = await Udp.open(),
      flood = Udp.open();
    const noise = Array.from({ length: 3000 }, (_, i) =>
      i % 3 ? randomBytes(100 + (i % 1000)) : s.check({ password: "wrong" }),
    );
    const flooding = (await flood).send(other.port, ...noise);
    const began = performance.now();
    for (let i = 0; i < 5 && !mine.messages.length; i++) {
      /* as ICE does: a check that was lost is sent again */
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
