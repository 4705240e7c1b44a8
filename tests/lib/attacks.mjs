// What a stranger may do to a server, from an address of its own (127.x.y.z), for as long as it is let. One attack a
// process, so that none of them slows down whoever measures:
//
//   node tests/lib/attacks.mjs NAME URL ADDRESS SECONDS [MEETING]
//
// prints what it achieved as one line of JSON.
import net from "node:net";
import { fileURLToPath } from "node:url";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A raw connection that never throws, and forgets what it hears but for its length and its first bytes. */
function dial({ port, from }) {
  const socket = net.connect({ host: "127.0.0.1", port, localAddress: from });
  socket.heard = 0;
  socket.head = "";
  socket.setMaxListeners(0);
  socket.on("data", (data) => {
    socket.heard += data.length;
    if (socket.head.length < 4096) socket.head += data.toString("latin1", 0, 4096);
  });
  socket.on("error", () => {});
  return socket;
}

/** Until one of these events; an error is one of them, and not thrown. */
const heard = (socket, ...events) =>
  new Promise((resolve) => {
    for (const event of events) socket.once(event, resolve);
  });

/** Writes, and waits for room if there is none. */
const poured = async (socket, data) => {
  if (!socket.write(data)) await Promise.race([heard(socket, "drain", "close"), pause(1000)]);
  else await pause(0);
};

const request = (method, path, headers = {}, body = "") =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n` +
  Object.entries({ ...headers, ...(body && { "Content-Length": Buffer.byteLength(body) }) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("") +
  `\r\n${body}`;

const HANDSHAKE = request("GET", "/socket.io/?EIO=4&transport=polling");
const UPGRADE = request("GET", "/socket.io/?EIO=4&transport=websocket", {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": 13,
});

/** A client's frame; the mask is zero, so the payload stays as it is. */
function frame(payload, { fin = true, opcode = 1, length = payload.length } = {}) {
  const head = [(fin ? 0x80 : 0) | opcode];
  if (length < 126) head.push(0x80 | length);
  else if (length < 65536) head.push(0x80 | 126, length >> 8, length & 255);
  else
    head.push(0x80 | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4), Buffer.from(payload)]);
}

/** `many` connections at a time, each new one when another has gone, until the time is over. */
async function crowd(target, many, use) {
  let made = 0;
  const one = async () => {
    while (Date.now() < target.until) {
      const socket = dial(target);
      made++;
      const gone = heard(socket, "close");
      socket.once("connect", () => use(socket));
      await Promise.race([gone, pause(target.until - Date.now())]);
      socket.destroy();
      await pause(5);
    }
  };
  await Promise.all(Array.from({ length: many }, one));
  return { made };
}

/** On a WebSocket that has joined the namespace. */
const onSocket = (use) => (socket) => {
  socket.write(UPGRADE);
  socket.write(frame("40"));
  use(socket);
};

const event = (name, payload) => frame(`42${JSON.stringify([name, payload])}`);

const attacks = {
  /** Sessions without end: handshakes, as many as fit in each packet. */
  handshakes: (target) =>
    crowd(target, 8, async (socket) => {
      const batch = HANDSHAKE.repeat(50);
      while (!socket.destroyed && Date.now() < target.until) await poured(socket, batch);
    }),

  /** Connections that say nothing. */
  connections: (target) => crowd(target, 2000, () => {}),

  /** Requests whose last byte doesn't come. */
  bodies: (target) =>
    crowd(target, 200, (socket) => {
      const length = 1024 * 1024;
      socket.write(`POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length - 1, "4"));
    }),

  /** The same for a call of the API that takes a body. */
  apiBodies: (target) =>
    crowd(target, 400, (socket) => {
      socket.write(
        "POST /api/meetings/guest HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n",
      );
      socket.write(Buffer.alloc(65535, "{"));
    }),

  /** Messages that never end. */
  fragments: (target) =>
    crowd(target, 200, (socket) => {
      socket.write(UPGRADE);
      socket.write(frame("40"));
      socket.write(frame(Buffer.alloc(1000 * 1000, "x"), { length: 1000 * 1000 + 8 }).subarray(0, 1000 * 1000));
    }),

  /** Frames that promise a lot. */
  promises: (target) =>
    crowd(target, 400, (socket) => {
      socket.write(UPGRADE);
      socket.write(frame("4", { length: 1000 * 1000 }));
    }),

  /** Large JSON from sockets that are in no meeting. */
  json: (target) =>
    crowd(
      target,
      20,
      onSocket(async (socket) => {
        const values = JSON.stringify(Array.from({ length: 40000 }, () => ({})));
        while (!socket.destroyed && Date.now() < target.until) {
          await poured(socket, frame(`42["chat:message",${values}]`));
        }
      }),
    ),

  /** Many small events from sockets that are in no meeting. */
  events: (target) =>
    crowd(
      target,
      20,
      onSocket(async (socket) => {
        const batch = Buffer.concat(Array.from({ length: 500 }, () => event("chat:message", { message: "x" })));
        while (!socket.destroyed && Date.now() < target.until) {
          await poured(socket, batch);
        }
      }),
    ),

  /** WebSockets that join a meeting and don't read. */
  deaf: (target) =>
    crowd(
      target,
      300,
      onSocket((socket) => {
        socket.pause();
        for (let i = 0; i < 10; i++) {
          socket.write(event("join-meeting", { meetingId: target.meeting, name: "x".repeat(50) }));
          socket.write(event("leave-meeting", {}));
        }
      }),
    ),

  /** A meeting's history, again and again, from sockets that come and go. */
  histories: (target) =>
    crowd(
      target,
      10,
      onSocket(async (socket) => {
        for (let i = 0; i < 5; i++) {
          socket.write(event("join-meeting", { meetingId: target.meeting, name: `h${i}` }));
          socket.write(event("leave-meeting", {}));
        }
        await pause(100);
        socket.end();
      }),
    ),

  /** Everybody at once into one meeting, then out, then in. */
  joins: (target) =>
    crowd(
      target,
      500,
      onSocket(async (socket) => {
        socket.write(event("join-meeting", { meetingId: target.meeting, name: "somebody" }));
        await pause(2000);
        socket.end();
      }),
    ),

  /** Polling sessions that are sent a lot and never fetch it. */
  polls: (target) =>
    crowd(target, 150, async (socket) => {
      socket.write(HANDSHAKE);
      await pause(300);
      const sid = /"sid":"([^"]+)"/.exec(socket.head)?.[1];
      if (!sid) return;
      const join = `42${JSON.stringify(["join-meeting", { meetingId: target.meeting, name: "p" }])}`;
      const packets = ["40", ...Array.from({ length: 6 }, () => [join, '42["leave-meeting",{}]']).flat()];
      socket.write(
        request(
          "POST",
          `/socket.io/?EIO=4&transport=polling&sid=${sid}`,
          { "Content-Type": "text/plain" },
          packets.join("\x1e"),
        ),
      );
    }),

  /** Passwords that are wrong. */
  logins: (target) =>
    crowd(target, 50, async (socket) => {
      let n = 0;
      while (!socket.destroyed && Date.now() < target.until) {
        const body = JSON.stringify({ email: `nobody${n++ % 50}@example.org`, password: "wrong password" });
        socket.write(request("POST", "/api/auth/login", { "Content-Type": "application/json" }, body));
        await pause(20);
      }
    }),

  /** Heads that drip. */
  drips: (target) =>
    crowd(target, 500, async (socket) => {
      socket.write("GET / HTTP/1.1\r\n");
      while (!socket.destroyed && Date.now() < target.until) {
        socket.write("X: y\r\n");
        await pause(1000);
      }
    }),
};

export const names = Object.keys(attacks);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, url, from, seconds, meeting] = process.argv.slice(2);
  const target = { port: Number(new URL(url).port), from, until: Date.now() + Number(seconds) * 1000, meeting };
  const done = await attacks[name](target);
  console.log(JSON.stringify(done));
  process.exit(0);
}
