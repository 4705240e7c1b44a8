// The media server's Unix socket, open to its own user: what is no request is refused by name, and sessions go on.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { residentMiB } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { offer, Udp } from "./media.mjs";
import { api, counters, session, sfu, useMediaServer } from "./media_server.mjs";

useMediaServer("hostile-sfu-socket");

describe("the Unix socket", () => {
  /** Writes bytes, answers the lines and whether it was hung up on. */
  async function raw(bytes, { hello = true, ms = 400, wait = 1 } = {}) {
    const socket = connect(sfu.socket);
    let text = "",
      closed = false;
    socket.on("data", (data) => (text += data));
    socket.on("close", () => (closed = true));
    socket.on("error", () => (closed = true));
    await once(socket, "connect");
    if (hello) socket.write('{"id":0,"op":"hello","version":1}\n');
    socket.write(bytes);
    const end = Date.now() + ms,
      lines = () =>
        text
          .split("\n")
          .slice(0, -1)
          .map((l) => JSON.parse(l))
          .filter((m) => "id" in m && !(hello && m.id === 0));
    while (!closed && lines().length < wait && Date.now() < end) await pause(5);
    socket.destroy();
    return { lines: lines(), closed };
  }
  const line = (fields) => `${JSON.stringify({ id: 1, ...fields })}\n`;

  const garbage = {
    noise: "\x00\x01\xff\xfe\n",
    "no JSON": "hello\n",
    "an array": "[]\n",
    "a number": "7\n",
    null: "null\n",
    "an empty line": "\n",
    "no id": '{"op":"stats"}\n',
    "an id that is a string": '{"id":"1","op":"stats"}\n',
    "an id of 1.5": '{"id":1.5,"op":"stats"}\n',
    "an id too long": '{"id":99999999999999999999,"op":"stats"}\n',
    "a key twice": '{"id":1,"id":2,"op":"stats"}\n',
    "bad UTF-8": Buffer.from('{"id":1,"op":"\xff"}\n', "latin1"),
    "depth 100,000": `{"id":1,"op":${"[".repeat(100_000)}\n`,
    "2 MB without an end": "x".repeat(2_000_000),
    "2 MB in one line": `{"id":1,"op":"${"x".repeat(2_000_000)}"}\n`,
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
    "room.create": { room: "text" },
    "room.close": { room: "text" },
    "participant.join": { room: "text", participant: "text" },
    "participant.leave": { room: "text", participant: "text" },
    "session.tracks": { room: "text", participant: "text", tracks: "tracks" },
    "session.offer": { room: "text", participant: "text", sdp: "sdp" },
    "session.view": { room: "text", participant: "text", views: "views" },
    "participant.audio": { room: "text", participant: "text", blocked: "flag" },
    "session.stats": { room: "text", participant: "text" },
  };
  const none = [null, 0, -1, 1.5, true, [], {}];
  const wrong = {
    text: [...none, "", "a\0b", "x".repeat(65), "x".repeat(100_000)],
    flag: [null, 0, 1, "true", [], {}],
    sdp: [...none, "", "v=0", "v=0\0", "x".repeat(300_000), "\n".repeat(100_000)],
    tracks: [
      null,
      0,
      "x",
      true,
      {},
      [1],
      [{}],
      [{ mid: 1, source: "camera" }],
      [{ mid: "0", source: "x" }],
      [{ mid: "0\0", source: "camera" }],
      [{ mid: "m".repeat(17), source: "camera" }],
      new Array(9).fill({ mid: "0", source: "camera" }),
    ],
    views: [
      null,
      0,
      "x",
      true,
      {},
      [1],
      [{}],
      [{ participantId: 1, source: "camera" }],
      [{ participantId: "x".repeat(65), source: "camera" }],
      [{ participantId: "x", source: "x" }],
      new Array(65).fill({ participantId: "x", source: "camera" }),
    ],
  };
  const right = { ...here, tracks: [], sdp: "v=0\r\n", views: [], blocked: false };
  for (const [op, fields] of Object.entries(ops))
    it(`${op}: every field missing and of every wrong type is a bad_request`, async () => {
      await api.ask("participant.join", here);
      const good = Object.fromEntries(Object.keys(fields).map((name) => [name, right[name]])),
        requests = [];
      for (const [name, kind] of Object.entries(fields)) {
        const { [name]: _, ...without } = good;
        requests.push(without, ...wrong[kind].map((value) => ({ ...good, [name]: value })));
      }
      const { lines } = await raw(
        requests.map((fields, i) => `${JSON.stringify({ id: i + 1, op, ...fields })}\n`).join(""),
        { wait: requests.length, ms: 3000 },
      );
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
      for (const names of [
        { room: "nowhere", participant: "one" },
        { room: "unix", participant: "nobody" },
      ])
        await assert.rejects(api.ask(op, { ...right, ...names }), /^Error: not_found/, op);
    const name = "é".repeat(32);
    assert.equal((await api.ask("participant.join", { room: name, participant: name })).created, true);
    assert.equal((await api.ask("participant.join", { room: name, participant: name })).created, false);
    assert.equal((await api.ask("room.close", { room: name })).closed, true);
    assert.equal((await api.ask("room.close", { room: name })).closed, false);
    await api.ask("participant.leave", { room: "nowhere", participant: "nobody" });
  });
  it("offers that are refused change nothing: the session before goes on", async () => {
    const s = await session("offers"),
      udp = await Udp.open();
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length === 1));
    for (const sdp of [
      "",
      "v=0\r\n",
      offer().sdp.replace("sha-256", "md5"),
      offer().sdp.replaceAll("a=rtcp-mux\r\n", ""),
      offer().sdp.replaceAll("a=setup:actpass\r\n", "a=setup:x\r\n"),
      offer().sdp.repeat(20),
    ])
      await assert.rejects(api.ask("session.offer", { room: s.room, participant: s.participant, sdp }), /bad_request/);
    await udp.send(s.port, s.check());
    assert.ok(await udp.until((u) => u.messages.length === 2), "its credentials don't work any more");
    udp.close();
  });
  it("an offer cut at many places, and with lines gone or twice, never breaks the server", async () => {
    const whole = offer().sdp,
      lines = whole.split("\r\n");
    await api.ask("participant.join", { room: "cut", participant: "one" });
    const tries = [];
    for (let n = 0; n < whole.length; n += 17) tries.push(whole.slice(0, n));
    for (let i = 0; i < lines.length; i++)
      tries.push(
        [...lines.slice(0, i), ...lines.slice(i + 1)].join("\r\n"),
        [...lines.slice(0, i), lines[i], lines[i], ...lines.slice(i + 1)].join("\r\n"),
        [...lines.slice(0, i), lines[i].replace(/\d+/g, "99999999999"), ...lines.slice(i + 1)].join("\r\n"),
        [...lines.slice(0, i), lines[i].slice(0, 4), ...lines.slice(i + 1)].join("\r\n"),
      );
    await Promise.all(
      tries.map((sdp) =>
        api
          .ask("session.offer", { room: "cut", participant: "one", sdp })
          .catch((e) => assert.match(e.message, /^bad_request: /)),
      ),
    );
    await api.ask("room.close", { room: "cut" });
  });
  it("1,000 requests without reading an answer, and then reading them", async () => {
    const requests = Array.from(
      { length: 1000 },
      (_, i) => `{"id":${i + 1},"op":"${i % 2 ? "stats" : "state.dump"}"}\n`,
    ).join("");
    const { lines } = await raw(requests, { wait: 1000, ms: 5000 });
    assert.deepEqual(
      lines.map((l) => l.id).sort((a, b) => a - b),
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
  });
  it("who never reads is hung up on, and memory is bounded", async () => {
    const before = residentMiB(sfu.child),
      socket = connect(sfu.socket);
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
    const open = () =>
      new Promise((resolve) => {
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
      await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          api.ask("participant.join", { room: `r${i % 100}`, participant: `p${i}` }),
        ),
      );
      await Promise.all(Array.from({ length: 100 }, (_, i) => api.ask("room.close", { room: `r${i}` })));
    }
    assert.ok(residentMiB(sfu.child) - before < 30);
    const { rooms } = await api.ask("state.dump");
    assert.ok(!rooms.some((r) => /^r\d/.test(r.room)));
    assert.ok((await counters()).participants < 100);
  });
});
