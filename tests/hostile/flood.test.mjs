// With rate limits: who floods is told, then closed; a bystander in the same meeting hears everything in time.
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";
import { Client } from "../lib/light_client.mjs";
import { pause } from "../lib/wait.mjs";
import { isResponsive, useServer } from "./lib.mjs";

const server = useServer({ name: "hostile-flood", env: { RATE_LIMITS: "on" } });

const sockets = new Set();
async function join(meeting, name, fields = {}) {
  const socket = io(server.url, { transports: ["websocket"], forceNew: true, reconnection: false });
  sockets.add(socket);
  await once(socket, "connect");
  const joined = once(socket, "joined");
  const answer = await socket
    .timeout(5000)
    .emitWithAck("join-meeting", { meetingId: meeting.meetingId, name, ...fields });
  assert.equal(answer.ok, true, JSON.stringify(answer));
  [socket.me] = await joined;
  return socket;
}
after(() => {
  for (const socket of sockets) socket.close();
});

/** Chat between two bystanders, one message every 300 ms; the slowest one in ms. */
async function slowestChat(from, to, n) {
  let slowest = 0;
  for (let i = 0; i < n; i++) {
    const text = `message ${i}`,
      heard = new Promise((resolve) =>
        to.on("chat:message", function listen(m) {
          if (m.text !== text) return;
          to.off("chat:message", listen);
          resolve();
        }),
      );
    const began = performance.now();
    from.emit("chat:message", { text });
    await heard;
    slowest = Math.max(slowest, performance.now() - began);
    await pause(300);
  }
  return slowest;
}

describe("floods", () => {
  let meeting, alice, bob;
  before(async () => {
    meeting = await server.newMeeting();
    [alice, bob] = [await join(meeting, "alice"), await join(meeting, "bob")];
  });

  const attacks = {
    chat: (s) => s.emit("chat:message", { text: "x".repeat(2000) }),
    "reactions with answers": (s) => s.emit("react", { emoji: "👍" }, () => {}),
    "mute and unmute": (s, i) => s.emit("media:toggle-audio", { isMuted: i % 2 === 0 }),
    "events that don't exist": (s) => s.emit("nonsense", { a: [1, 2, 3] }),
    "joining again": (s) => s.emit("join-meeting", { meetingId: meeting.meetingId, name: "x" }),
    "guessing tokens": (s, i) =>
      s.emit("join-meeting", { meetingId: meeting.meetingId, isAdmin: true, adminToken: `guess${i}` }),
    "host actions": (s) => s.emit("admin:mute-all", {}),
    candidates: (s) => s.emit("signal:ice-candidate", { to: "nobody", candidate: { candidate: "x".repeat(1000) } }),
  };
  for (const [name, attack] of Object.entries(attacks))
    it(`${name}: limited, then closed; the others don't notice`, async () => {
      const socket = await join(meeting, "mallory");
      const codes = new Set();
      let gone = false;
      socket.on("error", ({ code }) => codes.add(code));
      socket.on("disconnect", () => (gone = true));
      const chat = slowestChat(alice, bob, 3);
      for (let i = 0; i < 6000 && !gone; i++) {
        attack(socket, i);
        if (i % 100 === 99) await pause(1);
      }
      const slowest = await chat;
      await pause(50);
      assert.ok(gone, `${name}: not closed`);
      if (name !== "reactions with answers") assert.ok(codes.has("rate_limited"), `${name}: ${[...codes]}`);
      assert.ok(slowest < 500, `a bystander's chat took ${slowest.toFixed(0)} ms`);
    });

  it("signals of 250 kB to one person are slowed down before that person is thrown out", async () => {
    const [victim, mallory] = [await join(meeting, "victim"), await join(meeting, "mallory")];
    let gone = false,
      bytes = 0;
    const codes = new Set();
    mallory.on("error", ({ code }) => codes.add(code));
    victim.on("disconnect", () => (gone = true));
    victim.on("signal:offer", ({ offer }) => (bytes += offer.sdp.length));
    const offer = { type: "offer", sdp: "x".repeat(250_000) },
      to = victim.me.participantId,
      began = performance.now();
    for (let i = 0; i < 60; i++) {
      mallory.emit("signal:offer", { to, offer });
      await pause(5);
    }
    // all of it has been read, then heard
    await mallory.timeout(5000).emitWithAck("raise-hand", { isHandRaised: true });
    await victim.timeout(5000).emitWithAck("raise-hand", { isHandRaised: true });
    assert.equal(gone, false, "the victim was thrown out");
    assert.ok(codes.has("rate_limited"));
    const allowed = 2 * 1024 * 1024 + 256 * 1024 * ((performance.now() - began) / 1000 + 1);
    assert.ok(bytes > 1_000_000 && bytes < allowed, `${bytes} bytes`);
    await isResponsive(server);
  });
  it("50 sockets at once", async () => {
    const other = await server.newMeeting();
    // not to drown in what we hear
    const all = await Promise.all(Array.from({ length: 50 }, () => Client.open(server.url)));
    await Promise.all(all.map((client, i) => client.join(other.meetingId, `m${i}`)));
    const chat = slowestChat(alice, bob, 4);
    for (let round = 0; round < 30; round++) {
      for (const client of all) client.emit("chat:message", { text: "flood" });
      await pause(10);
    }
    const slowest = await chat;
    assert.ok(slowest < 1000, `${slowest.toFixed(0)} ms`);
    assert.ok(all[0].count("chat:message") > 50);
    for (const client of all) client.close();
    await isResponsive(server);
  });
  it("guest meetings are limited for an address, whatever it says it is, with the time to wait", async () => {
    let answer;
    for (let i = 0; i < 200 && answer?.status !== 429; i++)
      answer = await fetch(`${server.url}/api/meetings/guest`, {
        method: "POST",
        headers: { "x-forwarded-for": `10.0.0.${i}`, forwarded: `for=10.1.0.${i}` },
      });
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    assert.ok((await answer.json()).error);
  });
});
