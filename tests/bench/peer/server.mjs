// server.mjs: what a careful developer would write in Node.js with Express and socket.io for the three things that the
// benchmark compares: reading a meeting with an API key, making a guest meeting, chatting in a room. Everything is in
// memory. PORT: where it listens; PEER_KEY: the one API key there is. Prints "listening" when it does.
import { createHash, randomInt, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";

const meetings = new Map();
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const keys = new Map([[sha256(process.env.PEER_KEY), { userId: 1 }]]);
const letters = (n) => Array.from({ length: n }, () => String.fromCharCode(97 + randomInt(26))).join("");

function createMeeting(title) {
  let meetingId;
  do meetingId = `${letters(6)}-${letters(3)}`;
  while (meetings.has(meetingId));
  const adminToken = randomUUID();
  meetings.set(meetingId, {
    meetingId,
    title,
    status: "active",
    createdAt: Date.now(),
    adminTokenHash: sha256(adminToken),
    participants: new Map(),
    settings: {
      muteOnJoin: false,
      videoOffOnJoin: false,
      maxParticipants: 1000,
      locked: false,
      waitingRoom: false,
      topology: "auto",
    },
  });
  return { meetingId, adminToken, joinUrl: `/join/${meetingId}`, title };
}

function requireKey(req, res, next) {
  const key = req.get("x-api-key");
  req.who = key && keys.get(sha256(key));
  if (!req.who) return res.status(401).json({ error: "Missing or invalid x-api-key" });
  next();
}

const app = express();
app.use(express.json());
app.post("/api/meetings/guest", (req, res) => {
  const title = req.body?.title ?? "Quick Meeting";
  if (typeof title !== "string" || title.length > 200)
    return res.status(400).json({ error: "title must be a string of at most 200 characters" });
  res.status(201).json(createMeeting(title));
});
app.get("/api/meetings/:meetingId", requireKey, (req, res) => {
  const meeting = meetings.get(req.params.meetingId);
  if (!meeting) return res.status(404).json({ error: "Meeting not found" });
  const { adminTokenHash, participants, ...shown } = meeting;
  res.json({ ...shown, participantCount: participants.size, participants: [...participants.values()] });
});

const server = createServer(app);
const io = new Server(server);
io.on("connection", (socket) => {
  let meeting, me;
  socket.on("join-meeting", ({ meetingId, name }, ack) => {
    meeting = meetings.get(meetingId);
    if (!meeting) return socket.emit("error", { message: "Meeting not found", code: "not_found" });
    me = {
      participantId: randomUUID(),
      name,
      isMuted: false,
      isVideoOff: false,
      isScreenSharing: false,
      isHandRaised: false,
      isAdmin: false,
      joinedAt: Date.now(),
    };
    socket.emit("joined", {
      participantId: me.participantId,
      participants: [...meeting.participants.values()],
      settings: meeting.settings,
      title: meeting.title,
      isAdmin: false,
    });
    socket.to(meetingId).emit("participant:joined", {
      participantId: me.participantId,
      name,
      isMuted: false,
      isVideoOff: false,
      isAdmin: false,
    });
    meeting.participants.set(me.participantId, me);
    socket.join(meetingId);
    ack?.({ ok: true });
  });
  socket.on("chat:message", ({ text }, ack) => {
    if (!me || typeof text !== "string" || !text || text.length > 2000)
      return socket.emit("error", { message: "Bad chat message", code: "bad_request" });
    const id = randomUUID();
    io.to(meeting.meetingId).emit("chat:message", {
      id,
      from: me.participantId,
      name: me.name,
      text,
      timestamp: Date.now(),
    });
    ack?.({ ok: true, id });
  });
  socket.on("disconnect", () => {
    if (!me) return;
    meeting.participants.delete(me.participantId);
    io.to(meeting.meetingId).emit("participant:left", { participantId: me.participantId, name: me.name });
  });
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => process.exit(0));
