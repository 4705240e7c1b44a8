// Every client event with every kind of wrong payload: an error in the acknowledgement, and nothing happens.
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { io } from "socket.io-client";
import { TOP } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { frame, isResponsive, rawSocket, useServer } from "./lib.mjs";

const server = useServer({ name: "hostile-events" });

const sockets = new Set();
function open(options = {}) {
  const socket = io(server.url, { transports: ["websocket"], forceNew: true, reconnection: false, ...options });
  sockets.add(socket);
  return new Promise((resolve, reject) => socket.once("connect", () => resolve(socket)).once("connect_error", reject));
}
const ask = (socket, event, ...args) => socket.timeout(5000).emitWithAck(event, ...args);
async function join(meeting, name, fields = {}) {
  const socket = await open();
  const joined = new Promise((resolve) => socket.once("joined", resolve));
  const answer = await ask(socket, "join-meeting", { meetingId: meeting.meetingId, name, ...fields });
  assert.equal(answer.ok, true, JSON.stringify(answer));
  socket.me = await joined;
  return socket;
}
after(() => {
  for (const socket of sockets) socket.close();
});

const LONG = "x".repeat(70_000);
const wrong = {
  text: [null, 1, -1.5, true, [], {}, ["x"], { text: "x" }],
  flag: [null, 0, 1, "true", "", [], {}],
  list: [null, 0, "x", {}, true],
};
const str = (max) => ({ kind: "text", extra: ["", "a\0b", "x".repeat(max + 1)] });
const flag = { kind: "flag", extra: [] };
const list = (...extra) => ({ kind: "list", extra });
const sdp = { kind: "none", extra: [] }; /* anything goes to another participant; only its size is checked */

// Required fields, and a payload that would be right, of every event a participant or host may send.
const EVENTS = {
  "signal:offer": [
    { to: str(64), offer: sdp },
    { to: "nobody", offer: { type: "offer", sdp: "v=0" } },
  ],
  "signal:answer": [
    { to: str(64), answer: sdp },
    { to: "nobody", answer: { type: "answer", sdp: "v=0" } },
  ],
  "signal:ice-candidate": [
    { to: str(64), candidate: sdp },
    { to: "nobody", candidate: {} },
  ],
  "sfu:tracks": [
    {
      tracks: list(
        [1],
        [{}],
        [{ mid: 1, source: "camera" }],
        [{ mid: "0" }],
        [{ mid: "0", source: "sofa" }],
        [{ mid: "", source: "camera" }],
        [{ mid: "m".repeat(100), source: "camera" }],
        new Array(100).fill({ mid: "0", source: "camera" }),
      ),
    },
    { tracks: [] },
  ],
  "sfu:view": [
    {
      views: list(
        [1],
        [{}],
        [[]],
        [{ participantId: 1, source: "camera", width: 1, height: 1 }],
        [{ participantId: "x", source: "camera", width: "1", height: 1 }],
        [{ participantId: "x", source: "camera", width: -1, height: 1 }],
        [{ participantId: "x", source: "camera", width: 1e300, height: 1 }],
        [{ participantId: "x", source: "sofa", width: 1, height: 1 }],
        new Array(2000).fill({ participantId: "x", source: "camera", width: 1, height: 1 }),
      ),
    },
    { views: [] },
  ],
  "media:toggle-audio": [{ isMuted: flag }, { isMuted: true }],
  "media:toggle-video": [{ isVideoOff: flag }, { isVideoOff: true }],
  "media:screen-share": [{ isScreenSharing: flag }, { isScreenSharing: true }],
  "raise-hand": [{ isHandRaised: flag }, { isHandRaised: true }],
  react: [{ emoji: { ...str(32), extra: ["", " \u2003\ufeff", "a\0b", "👍".repeat(17)] } }, { emoji: "👍" }],
  "chat:message": [
    { text: { ...str(2000), extra: ["", "  \n\t\u00a0", "a\0b", "x".repeat(2001), "😀".repeat(1001), LONG] } },
    { text: "hello" },
  ],
  "chat:react": [
    { messageId: str(32), emoji: str(32) },
    { messageId: "x", emoji: "👍" },
  ],
  caption: [{ text: str(2000) }, { text: "hello" }],
  "waiting-room:admit": [{ socketId: str(128) }, { socketId: "x" }],
  "waiting-room:deny": [{ socketId: str(128) }, { socketId: "x" }],
  "admin:mute": [{ participantId: str(128) }, { participantId: "x" }],
  "admin:unmute": [{ participantId: str(128) }, { participantId: "x" }],
  "admin:kick": [{ participantId: str(128) }, { participantId: "x" }],
};
const OPTIONAL = {
  caption: { text: "x", final: ["yes", 1, {}] },
  "sfu:view": { views: [], maxVideo: ["x", -1, 1.5, 1e9, {}, true] },
  "recording:broadcast-started": { hostName: [1, {}, [], true] },
  "recording:broadcast-stopped": { hostName: [1, {}, [], true] },
  "admin:kick": { participantId: "x", reason: [1, {}, "x".repeat(1001)] },
  "admin:end": { reason: [1, {}, [], "x".repeat(1001)] },
  "admin:settings": {
    title: [1, "", "x".repeat(201)],
    locked: ["no", 0, {}],
    maxParticipants: ["9", 0, -1, 1.5, 1e9],
    topology: [1, "ring"],
    waitingRoom: [1],
    muteOnJoin: ["x"],
  },
};

describe("wrong payloads", () => {
  let host, bystander, heard;
  before(async () => {
    const meeting = await server.newMeeting({ topology: "sfu" });
    host = await join(meeting, "host", { isAdmin: true, adminToken: meeting.adminToken, topology: "auto" });
    bystander = await join(meeting, "bystander", { topology: "auto" });
    assert.equal(host.me.isAdmin, true);
    heard = [];
    bystander.onAny((event) => heard.push(event));
    host.onAny((event) => event === "error" && heard.push(event));
  });

  const refused = async (event, payload, codes = ["bad-request", "bad_request"]) => {
    const answer = payload === undefined ? await ask(host, event) : await ask(host, event, payload);
    const shown = `${event} ${JSON.stringify(payload)?.slice(0, 100)}`;
    assert.equal(answer?.ok, false, shown);
    assert.ok(codes.includes(answer.error.code), `${shown}: ${answer.error.code}`);
    assert.equal(typeof answer.error.message, "string", shown);
  };

  for (const [event, [fields, good]] of Object.entries(EVENTS))
    it(event, async () => {
      for (const payload of [[], [good], "x", "", 1, true, undefined, null, {}, LONG]) await refused(event, payload);
      for (const [field, { kind, extra }] of Object.entries(fields)) {
        const { [field]: _, ...without } = good;
        if (kind !== "none") await refused(event, without);
        for (const value of [...(wrong[kind] ?? []), ...extra]) await refused(event, { ...good, [field]: value });
      }
      assert.deepEqual(heard, []);
    });
  for (const [event, { ...fields }] of Object.entries(OPTIONAL))
    it(`${event}, what may be left out`, async () => {
      const good = Object.fromEntries(Object.entries(fields).filter(([, v]) => !Array.isArray(v) || v.length === 0));
      for (const [field, values] of Object.entries(fields))
        if (!(field in good)) for (const value of values) await refused(event, { ...good, [field]: value });
      assert.deepEqual(heard, []);
    });
  it("events that don't exist, or have names that are something in C or JavaScript", async () => {
    for (const event of [
      "x",
      "join-meetingx",
      "__proto__",
      "constructor",
      "toString",
      "chat:message\n",
      "%s%n%s",
      "x".repeat(10_000),
      "chat:Message",
      "sfu:slots",
      "joined",
    ])
      await refused(event, {});
    assert.deepEqual(heard, []);
  });
  it("an event of the server's is not the client's to send", async () => {
    for (const event of ["participant:left", "topology:changed", "kicked", "error", "meeting:ended"])
      await refused(event, { participantId: host.me.participantId });
    assert.deepEqual(heard, []);
  });
  it("signals to people who aren't there, to oneself, and to the SFU in the wrong direction", async () => {
    const gone = ["not-found", "not_found"];
    const offer = { type: "offer", sdp: "v=0\r\n" };
    for (const to of ["nobody", host.me.participantId, "../../x", "%00", "SFU"])
      await refused("signal:offer", { to, offer }, gone);
    await refused("signal:answer", { to: "sfu", answer: { type: "answer", sdp: "v=0\r\n" } });
    assert.deepEqual(heard, []);
  });
  it("without an acknowledgement the error is an event", async () => {
    const error = new Promise((resolve) => bystander.once("error", resolve));
    bystander.emit("chat:message", { text: 1 });
    const { code, message } = await error;
    assert.ok(code && message);
    heard.length = 0;
  });
  it("SDP that is none is refused with a reason", async () => {
    const line = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
    const bodies = [
      "",
      "v=0",
      "hello",
      "\0",
      "\n".repeat(10_000),
      line,
      line.repeat(50),
      line + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
      line + "a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 999999999999\r\na=mid:0\r\n",
      line + "m=video ".repeat(5000),
      line + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n".repeat(2000),
      line + `a=fingerprint:sha-256 ${"AA:".repeat(20_000)}\r\n`,
      line + "a=ice-ufrag:" + "x".repeat(60_000),
      "\u0001".repeat(100_000),
      "😀".repeat(50_000),
      "x".repeat(250_000),
    ];
    for (const text of bodies) {
      const answer = await ask(host, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: text } });
      assert.equal(answer.ok, false, `${text.length} characters`);
      assert.ok(answer.error.message.length > 3 && answer.error.message.length < 1000);
    }
    for (const offer of [
      null,
      1,
      [],
      {},
      { type: "offer" },
      { sdp: "v=0" },
      { type: "answer", sdp: "v=0" },
      { type: "offer", sdp: {} },
      { type: "offer", sdp: "x".repeat(900_000) },
    ])
      await refused("signal:offer", { to: "sfu", offer });
    assert.equal((await isResponsive(server)).sfu, "up");
  });
  it("a NUL in what is passed on doesn't cut the line to the media server", async () => {
    for (const candidate of ["\0", { candidate: "a\0b" }, [["\0"]], { candidate: "\ud83d\ude00", sdpMid: "\u0000" }])
      await ask(host, "signal:ice-candidate", { to: "sfu", candidate });
    await ask(host, "signal:offer", { to: "sfu", offer: { type: "offer", sdp: "v=0\0\r\n" } });
    await pause(200);
    const log = await readFile(path.join(TOP, "build/test-logs/hostile-events-sfu.log"), "utf8");
    assert.ok(!log.slice(log.lastIndexOf(" started ")).includes("not_the_protocol"));
    assert.equal((await isResponsive(server)).sfu, "up");
  });
  it("tracks and views with luggage of a megabyte don't trouble the media server", async () => {
    const luggage = "9e99,".repeat(30_000) + "1";
    for (let i = 0; i < 6; i++) {
      host.emit("sfu:tracks", { tracks: [{ mid: "0", source: "camera", luggage: "x".repeat(900_000) }] });
      host.emit("sfu:view", {
        views: [{ participantId: "x", source: "camera", width: 1, height: 1, luggage: JSON.parse(`[${luggage}]`) }],
      });
    }
    const many = Array.from({ length: 1000 }, (_, i) => ({
      participantId: `p${i}`,
      source: "camera",
      width: 320,
      height: 180,
    }));
    assert.deepEqual(await ask(host, "sfu:view", { views: many }), { ok: true });
    assert.equal((await isResponsive(server)).sfu, "up");
    heard.length = 0;
  });
});

describe("texts", () => {
  it("chat takes 2,000 UTF-16 units and not one more, and brings back what was sent", async () => {
    const meeting = await server.newMeeting();
    const [one, two] = [await join(meeting, "one"), await join(meeting, "two")];
    for (const text of [
      "x".repeat(2000),
      "😀".repeat(1000),
      "é".repeat(2000),
      "a" + "😀".repeat(999) + "b",
      "👩‍👩‍👧‍👦 \u202e \u0007 <script>",
      "\u2028" + "x",
    ]) {
      const got = new Promise((resolve) => two.once("chat:message", resolve));
      assert.equal((await ask(one, "chat:message", { text })).ok, true);
      assert.equal((await got).text, text);
    }
    for (const text of ["x".repeat(2001), "😀".repeat(1000) + "x", "é".repeat(2001)])
      assert.equal((await ask(one, "chat:message", { text })).ok, false);
  });
  it("names: cut, cleaned, never empty, any script", async () => {
    const meeting = await server.newMeeting();
    const names = ["", "   ", "\u0000", "a\nb\tc", "名前 🦊", "𝕏".repeat(300), "x".repeat(60_000), "\u200b\ufeff"];
    for (const name of names) {
      const socket = await open();
      const joined = new Promise((resolve) => socket.once("joined", resolve));
      const answer = await ask(socket, "join-meeting", { meetingId: meeting.meetingId, name });
      if (!answer.ok) {
        assert.ok(name.includes("\0"), JSON.stringify(name.slice(0, 10)));
        continue;
      }
      const watcher = await join(meeting, "watcher");
      const { participantId } = await joined;
      const seen = watcher.me.participants.find((p) => p.participantId === participantId);
      assert.ok(seen.name.length > 0 && [...seen.name].length <= 100, `${seen.name.length}`);
      assert.ok(!/[\u0000-\u001f\ufffd]/.test(seen.name), JSON.stringify(seen.name));
      assert.equal(seen.name, seen.name.trim());
      socket.close();
      watcher.close();
    }
  });
  it("who is in no meeting and sends more than 64 KiB, or 1000 values, is closed; the server lives", async () => {
    const { meetingId } = await server.newMeeting();
    for (const name of ["x".repeat(70_000), "x".repeat(1_100_000), Array.from({ length: 2000 }, () => 1)]) {
      const socket = await open();
      const gone = new Promise((resolve) => socket.once("disconnect", resolve));
      socket.emit("join-meeting", { meetingId, name });
      await gone;
    }
    await isResponsive(server);
  });
  it("who is in one and sends more than a megabyte is closed, too", async () => {
    const socket = await join(await server.newMeeting(), "host");
    const answer = await ask(socket, "chat:message", { text: "x".repeat(900_000) });
    assert.equal(answer.ok, false);
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("chat:message", { text: "x".repeat(1_100_000) });
    await gone;
  });
  it("meeting ids that are something else", async () => {
    const socket = await open();
    for (const meetingId of [
      null,
      1,
      {},
      [],
      "",
      "x".repeat(64),
      "x".repeat(65),
      "../x",
      "a\0b",
      "'; DROP TABLE meetings; --",
      "😀",
    ]) {
      const answer = await ask(socket, "join-meeting", { meetingId, name: "x" });
      assert.equal(answer.ok, false, JSON.stringify(meetingId));
    }
  });
  it("wrong admin, invite and resume tokens give nothing", async () => {
    const meeting = await server.newMeeting();
    await join(meeting, "first");
    for (const token of [
      "",
      "x",
      meeting.adminToken + "x",
      meeting.adminToken.slice(1),
      meeting.adminToken.toUpperCase(),
      "\0",
      "x".repeat(300),
      null,
      1,
      {},
    ]) {
      const socket = await open();
      const joined = new Promise((resolve) => socket.once("joined", resolve));
      const answer = await ask(socket, "join-meeting", {
        meetingId: meeting.meetingId,
        name: "x",
        isAdmin: true,
        adminToken: token,
        resumeToken: typeof token === "string" ? token : undefined,
      });
      if (answer.ok) assert.equal((await joined).isAdmin, false, JSON.stringify(token));
      assert.equal((await ask(socket, "admin:mute-all", {})).ok, false);
      socket.close();
    }
  });
});

describe("storms", () => {
  it("60 join a meeting of 10 at once: 10 are in, the rest are told it is full", async () => {
    const meeting = await server.newMeeting();
    const host = await join(meeting, "host", { isAdmin: true, adminToken: meeting.adminToken });
    assert.equal((await ask(host, "admin:settings", { maxParticipants: 10 })).ok, true);
    const all = await Promise.all(Array.from({ length: 60 }, () => open()));
    const answers = await Promise.all(
      all.map((socket, i) => ask(socket, "join-meeting", { meetingId: meeting.meetingId, name: `n${i}` })),
    );
    assert.equal(answers.filter((a) => a.ok).length, 9);
    assert.ok(answers.filter((a) => !a.ok).every((a) => /full/.test(a.error.code)));
    for (const socket of all) socket.close();
  });
  it("the same socket joins and leaves 100 times", async () => {
    const meeting = await server.newMeeting();
    const watcher = await join(meeting, "watcher");
    let left = 0;
    watcher.on("participant:left", () => left++);
    const socket = await open();
    for (let i = 0; i < 100; i++) {
      assert.equal((await ask(socket, "join-meeting", { meetingId: meeting.meetingId, name: "again" })).ok, true);
      assert.equal((await ask(socket, "join-meeting", { meetingId: meeting.meetingId, name: "twice" })).ok, false);
      assert.equal((await ask(socket, "leave-meeting")).ok, true);
    }
    await pause(200);
    assert.equal(left, 100);
  });
  it("binary where text belongs is refused like any other wrong type", async () => {
    const meeting = await server.newMeeting();
    const socket = await join(meeting, "binary");
    assert.equal((await ask(socket, "chat:message", { text: Buffer.from("hello") })).ok, false);
    assert.equal((await ask(socket, "react", { emoji: [Buffer.alloc(1000), Buffer.alloc(1000)] })).ok, false);
  });
  it("attachments that never come hold nobody up", async () => {
    const before = await rawSocket(server.port);
    before.write(frame('451-["chat:message",{"_placeholder":true,"num":0}]'));
    await isResponsive(server);
    before.destroy();
  });
});
