// Mutations of good traffic, from a seed (ONEPIZZA_SEED repeats a run): whatever comes of them, the server answers
// others.
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { residentMiB } from "../lib/servers.mjs";
import { SfuSocket } from "../lib/sfu_socket.mjs";
import { Tcp, frame, isResponsive, rawSocket, upgrade, useServer } from "./lib.mjs";
import { Udp, credentialsOf, offer, stun } from "./media.mjs";

const server = useServer({ name: "hostile-noise" });
const SECONDS = Number(process.env.ONEPIZZA_NOISE_SECONDS ?? 5);
const seed = Number(process.env.ONEPIZZA_SEED ?? Date.now() % 1_000_000);

let x = seed || 1;
function random(n) {
  /* xorshift: the same everywhere */
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return (x >>> 0) % n;
}

const SPLICES = [
  "\0",
  "\r\n",
  "\n",
  "%00",
  "%",
  "\u{1F600}",
  "\ud800",
  "{",
  "[",
  '"',
  "-1",
  "99999999999999999999",
  "1e999",
  "null",
  ":",
  ",",
  "\x1e",
  "../",
  "\xff",
  " ",
  "0\r\n\r\n",
];

/** Flips, cuts, repeats or inserts, one to four times. */
function mutate(good) {
  let bytes = Buffer.from(good);
  for (let n = 1 + random(4); n > 0 && bytes.length > 1; n--) {
    const at = random(bytes.length),
      len = 1 + random(Math.min(64, bytes.length - at));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + len)];
    switch (random(5)) {
      case 0:
        bytes = Buffer.from(bytes);
        bytes[at] ^= 1 << random(8);
        break;
      case 1:
        bytes = Buffer.concat([before, after]);
        break;
      case 2:
        bytes = Buffer.concat([
          before,
          ...Array.from({ length: 1 + random(50) }, () => bytes.subarray(at, at + len)),
          after,
        ]);
        break;
      case 3:
        bytes = Buffer.concat([before, Buffer.from(SPLICES[random(SPLICES.length)]), bytes.subarray(at)]);
        break;
      default:
        bytes = before;
        break;
    }
  }
  return bytes;
}

async function during(seconds, attack) {
  const end = Date.now() + seconds * 1000,
    before = residentMiB(server.control);
  let n = 0,
    look = Date.now() + 500;
  while (Date.now() < end) {
    await attack(n++);
    if (Date.now() > look) {
      await isResponsive(server);
      look = Date.now() + 500;
    }
  }
  await isResponsive(server);
  const grown = residentMiB(server.control) - before;
  assert.ok(grown < 60, `${grown.toFixed(1)} MiB after ${n} (seed ${seed})`);
}

describe(`mutations, ONEPIZZA_SEED=${seed}`, () => {
  it("HTTP requests", () => {
    const body = JSON.stringify({ title: "a title", topology: "auto" });
    const good = [
      `POST /api/meetings/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `POST /api/meetings/guest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)};x=y\r\n${body}\r\n0\r\nT: x\r\n\r\n`,
      'GET /join/abc-defg-hij?x=%20y&z=1 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br;q=1.0, gzip;q=0.5, *;q=0\r\nIf-None-Match: "abc"\r\nCookie: a=b; c=d\r\n\r\n',
      "OPTIONS /api/meetings/guest HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n",
      "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
      upgrade(),
    ];
    return during(SECONDS, async () => {
      const tcp = await Tcp.open(server.port);
      for (let i = 0; i < 5; i++) tcp.write(mutate(good[random(good.length)]));
      if (random(2)) await tcp.until((t) => t.bytes.length > 0, 10);
      tcp.destroy();
    });
  });
  it("offers, one after the other, from people who see each other; checks and noise on their ports", async (t) => {
    const api = await SfuSocket.open(server.sfu.socket),
      udp = await Udp.open();
    t.after(() => {
      api.close();
      udp.close();
    });
    const room = "noise",
      people = ["a", "b", "c", "d"],
      known = {};
    const answers = { good: 0, refused: 0 };
    for (const participant of people) await api.ask("participant.join", { room, participant });
    const mine = Object.fromEntries(people.map((p, i) => [p, offer({ ssrc: 1000 * (i + 1) })]));
    await during(SECONDS, async (n) => {
      const participant = people[random(people.length)];
      if (n % 100 === 99) mine[participant] = offer({ ssrc: 1 + random(1 << 30) });
      const good = mine[participant],
        sdp = random(4) ? mutate(good.sdp).toString("latin1") : good.sdp;
      await api.ask("session.offer", { room, participant, sdp }).then(
        (answer) => {
          answers.good++;
          if (answer.sdp.includes("a=candidate"))
            known[participant] = credentialsOf(answer.sdp); /* else all m-lines were refused */
        },
        (error) => {
          answers.refused++;
          assert.match(error.message, /^bad_request: ./);
        },
      );
      if (random(4) === 0)
        await api.ask("session.view", {
          room,
          participant,
          views: people.map((p) => ({ participantId: p, source: "camera", width: random(2000), height: random(2000) })),
        });
      if (random(20) === 0) {
        await api.ask("participant.leave", { room, participant });
        await api.ask("participant.join", { room, participant });
        delete known[participant];
      }
      const k = known[participant];
      if (!k || random(2)) return;
      const check = stun({ username: `${k.ufrag}:${good.ufrag}`, password: k.pwd });
      await udp.send(
        k.port,
        check,
        mutate(check),
        Buffer.from([128 | random(64), random(256), 0, n & 255]),
        mutate(Buffer.from("16fefd0000000000000000003a010000", "hex")),
      );
    });
    assert.ok(answers.good > 5 && answers.refused > 5, JSON.stringify(answers));
    await api.ask("room.close", { room });
  });
  it("WebSocket frames and Socket.IO packets", async () => {
    const { meetingId } = await server.newMeeting({ topology: "sfu" });
    const good = [
      `420["join-meeting",${JSON.stringify({ meetingId, name: "noise", topology: "auto" })}]`,
      '421["chat:message",{"text":"hello 😀"}]',
      `422["signal:offer",${JSON.stringify({ to: "sfu", offer: { type: "offer", sdp: offer().sdp } })}]`,
      '42["media:toggle-audio",{"isMuted":true}]',
      '423["sfu:view",{"views":[{"participantId":"x","source":"camera","width":640,"height":360,"pinned":true}],"maxVideo":9}]',
      '424["sfu:tracks",{"tracks":[{"mid":"0","source":"microphone"},{"mid":"1","source":"camera"}]}]',
      '451-5["chat:message",{"text":{"_placeholder":true,"num":0}}]',
      "40",
      "41",
      "3",
      "43[1]",
      '42["leave-meeting"]',
    ];
    await during(SECONDS, async () => {
      const tcp = await rawSocket(server.port);
      if (random(4)) tcp.write(frame(good[0]));
      for (let i = 0; i < 12 && !tcp.closed; i++) {
        const text = good[random(good.length)];
        if (random(3)) tcp.write(frame(mutate(text), { opcode: random(12) ? 1 : 2 }));
        else tcp.write(random(2) ? mutate(frame(text)) : frame(text));
      }
      await tcp.until(() => false, 5);
      tcp.destroy();
    });
    assert.equal((await isResponsive(server)).sfu, "up");
  });
});
