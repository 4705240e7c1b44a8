import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Meeting, type JoinOptions, type MeetingOptions } from "./meeting.js";
import { answerTo, FakeConnection, track, useFakeConnections } from "./testing/connection.js";
import { FakeSocket } from "./testing/signalling.js";
import type { Joined, MeetingError, ParticipantInfo } from "./types.js";

vi.mock("socket.io-client", () => ({ io: () => new FakeSocket() }));

const SETTINGS = { muteOnJoin: false, videoOffOnJoin: false, maxParticipants: 50, locked: false, waitingRoom: false };
const ADA: ParticipantInfo = { participantId: "ada", name: "Ada" };
const GRACE: ParticipantInfo = { participantId: "grace", name: "Grace" };

let meeting: Meeting, socket: FakeSocket;
/** Every event that was emitted, in its order; state changes as "state NAME". */
let heard: string[];

beforeEach(() => {
  vi.useFakeTimers();
  useFakeConnections();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  meeting.leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const settled = () => vi.advanceTimersByTimeAsync(0);

function make(options?: MeetingOptions): void {
  meeting = new Meeting(options);
  socket = FakeSocket.last;
  heard = [];
  meeting.on("state", (state) => heard.push(`state ${state}`));
  for (const event of [
    "joined",
    "closed",
    "error",
    "participant-joined",
    "participant-left",
    "participant-updated",
    "muted",
    "waiting",
    "topology",
  ] as const) {
    meeting.on(event, () => heard.push(event));
  }
}

/** Makes a meeting and asks to be let in; answers what join() came to: "in", or the error's code. */
function enter(options: JoinOptions = {}): Promise<string> {
  make();
  const outcome = meeting.join("abc-defg-hij", "Me", options).then(
    () => "in",
    (e: MeetingError) => e.code,
  );
  socket.opens();
  return outcome;
}

function letIn(more: Partial<Joined> = {}): void {
  socket.says("joined", {
    participantId: "me",
    participants: [],
    settings: SETTINGS,
    title: "Standup",
    isAdmin: false,
    topology: "mesh",
    resumeToken: "token 1",
    iceServers: [],
    ...more,
  } satisfies Joined);
  socket.the("join-meeting").ack({ ok: true });
}

async function joined(more: Partial<Joined> = {}, options: JoinOptions = {}): Promise<void> {
  const outcome = enter(options);
  letIn(more);
  expect(await outcome).toBe("in");
  await settled();
  heard.length = 0;
}

const refuse = (code: string, message = code) =>
  socket.the("join-meeting").ack({ ok: false, error: { code, message } });

describe("Meeting, joining", () => {
  it("says who wants to join, and is in when the server says so", async () => {
    const outcome = enter({ topology: "mesh", invite: "an invitation" });
    expect(socket.all("join-meeting")).toEqual([
      {
        meetingId: "abc-defg-hij",
        name: "Me",
        isAdmin: false,
        adminToken: null,
        topology: "mesh",
        inviteToken: "an invitation",
      },
    ]);
    letIn({ participants: [ADA, GRACE] });
    expect(await outcome).toBe("in");
    expect(heard).toEqual([
      "state connecting",
      "participant-joined",
      "participant-joined",
      "state joined",
      "joined",
      "topology",
    ]);
    expect([meeting.self.id, meeting.title, [...meeting.participants.keys()]]).toEqual([
      "me",
      "Standup",
      ["ada", "grace"],
    ]);
  });

  it("tells the server of its devices, which it can't know", async () => {
    await joined({}, { isMuted: false, isVideoOff: true });
    expect(socket.all("media:toggle-audio")).toEqual([{ isMuted: false }]);
    expect(socket.all("media:toggle-video")).toEqual([{ isVideoOff: true }]);
    expect(socket.all("media:screen-share")).toEqual([]);
  });

  it("a refusal closes it for good, with its code", async () => {
    const outcome = enter();
    refuse("locked", "The meeting is locked");
    expect(await outcome).toBe("locked");
    expect(heard).toEqual(["state connecting", "error", "state closed", "closed"]);
    expect(socket.connected).toBe(false);
  });

  it("a refusal without a code, from a server that knows only the document, is understood by its words", async () => {
    const outcome = enter();
    socket.says("error", { message: "Meeting not found" });
    expect(await outcome).toBe("not_found");
  });

  it("gives up after four attempts to connect", async () => {
    make();
    const outcome = meeting.join("abc-defg-hij", "Me").catch((e: MeetingError) => e.code);
    for (let i = 0; i < 3; i++) socket.says("connect_error");
    expect(meeting.state).toBe("connecting");
    socket.says("connect_error");
    expect(await outcome).toBe("unavailable");
  });

  it("asks again when the socket is lost before the answer", async () => {
    const outcome = enter();
    socket.drops();
    await settled();
    expect(meeting.state).toBe("connecting");
    socket.opens();
    expect(socket.all("join-meeting")).toHaveLength(2);
    letIn();
    expect(await outcome).toBe("in");
  });

  it("can be joined once", async () => {
    await joined();
    await expect(meeting.join("abc-defg-hij", "Me")).rejects.toMatchObject({ code: "already_joined" });
  });

  it("waits in the waiting room, and asks again when admitted", async () => {
    const outcome = enter();
    socket.says("waiting-room:waiting", { message: "The host will let you in" });
    expect(meeting.state).toBe("waiting");
    socket.says("waiting-room:admitted");
    expect(socket.all("join-meeting")).toHaveLength(2);
    letIn();
    expect(await outcome).toBe("in");
  });

  it("is closed when the host says no", async () => {
    const outcome = enter();
    socket.says("waiting-room:waiting", { message: "The host will let you in" });
    socket.says("waiting-room:denied", { message: "No" });
    expect(await outcome).toBe("denied");
  });

  it("a meeting that mutes whoever joins mutes us, but not a host", async () => {
    const settings = { ...SETTINGS, muteOnJoin: true, videoOffOnJoin: true };
    await joined({ settings }, { isMuted: false, isVideoOff: false });
    expect([meeting.self.isMuted, meeting.self.isVideoOff]).toEqual([true, true]);
    await joined({ settings, isAdmin: true }, { isMuted: false, isVideoOff: false });
    expect([meeting.self.isMuted, meeting.self.isVideoOff]).toEqual([false, false]);
  });

  it("reports of before there was a connection are sent when there is one, the first four", () => {
    make();
    for (let i = 1; i <= 6; i++) meeting.report("media", `trouble ${i}`);
    void meeting.join("abc-defg-hij", "Me").catch(() => undefined);
    socket.opens();
    expect(socket.all("client:error").map((r) => (r as { message: string }).message)).toEqual([
      "trouble 1",
      "trouble 2",
      "trouble 3",
      "trouble 4",
    ]);
  });
});

describe("Meeting, when the socket was lost", () => {
  it("resumes as itself: only who came and went meanwhile is reported, and media goes on", async () => {
    await joined({ participants: [ADA, GRACE] });
    for (const pc of FakeConnection.made) pc.become("connected");
    const before = [...FakeConnection.made];
    const ada = meeting.participants.get("ada");
    socket.drops();
    expect(meeting.state).toBe("reconnecting");
    socket.opens();
    expect(socket.all("join-meeting").at(-1)).toMatchObject({ resumeToken: "token 1" });
    letIn({
      resumeToken: "token 2",
      participants: [
        { ...ADA, isHandRaised: true },
        { participantId: "alan", name: "Alan" },
      ],
    });
    await settled();
    expect(heard).toEqual([
      "state reconnecting",
      "participant-left",
      "participant-updated",
      "participant-joined",
      "state joined",
      "joined",
    ]);
    expect(meeting.participants.get("ada")).toBe(ada);
    expect([before[0]?.isClosed, before[1]?.isClosed, FakeConnection.made.length]).toEqual([false, true, 3]);
    socket.drops();
    socket.opens();
    expect(socket.all("join-meeting").at(-1)).toMatchObject({ resumeToken: "token 2" });
  });

  it("says again what it may have changed while it was away", async () => {
    await joined();
    socket.drops();
    meeting.setMuted(false);
    meeting.raiseHand(true);
    socket.sent = [];
    socket.opens();
    letIn();
    expect(socket.all("media:toggle-audio")).toEqual([{ isMuted: false }]);
    expect(socket.all("raise-hand")).toEqual([{ isHandRaised: true }]);
  });

  it("comes back as somebody new when it can't resume: all media is made anew", async () => {
    await joined({ participants: [ADA] });
    socket.drops();
    socket.opens();
    letIn({ participantId: "me again", participants: [ADA] });
    await settled();
    expect(heard).toEqual([
      "state reconnecting",
      "participant-left",
      "participant-joined",
      "state joined",
      "joined",
      "topology",
    ]);
    expect(FakeConnection.made.map((pc) => pc.isClosed)).toEqual([true, false]);
  });

  it("forgets a token that isn't good any more, and joins without", async () => {
    await joined();
    socket.drops();
    socket.opens();
    refuse("bad_token");
    await settled();
    expect(socket.all("join-meeting").at(-1)).not.toHaveProperty("resumeToken");
    expect(meeting.state).toBe("reconnecting");
  });

  it("asks every 2 s while a server that has just started doesn't know its meetings yet", async () => {
    await joined();
    socket.drops();
    socket.opens();
    refuse("unavailable");
    await vi.advanceTimersByTimeAsync(1999);
    expect(socket.all("join-meeting")).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.all("join-meeting")).toHaveLength(3);
    letIn();
    await settled();
    expect(meeting.state).toBe("joined");
  });

  it("a meeting that has gone meanwhile has ended", async () => {
    await joined();
    const closed = vi.fn();
    meeting.on("closed", closed);
    socket.drops();
    socket.opens();
    refuse("not_found");
    await settled();
    expect(closed).toHaveBeenCalledWith(expect.objectContaining({ reason: "ended" }));
  });

  it("connects again by itself when the server hung up", async () => {
    await joined();
    socket.drops("io server disconnect");
    expect(socket.connects).toBe(2);
  });

  it("a move to the media server that it missed is made up for", async () => {
    await joined({ participants: [ADA] });
    socket.drops();
    socket.opens();
    letIn({ participants: [ADA], topology: "sfu" });
    await settled();
    expect([meeting.topology, socket.the("signal:offer").payload]).toEqual([
      "sfu",
      expect.objectContaining({ to: "sfu" }),
    ]);
  });
});

describe("Meeting, in it", () => {
  it("moves to the media server, once, when the meeting does", async () => {
    await joined({ participants: [ADA] });
    socket.says("topology:changed", { topology: "sfu" });
    socket.says("topology:changed", { topology: "sfu" });
    await settled();
    expect([meeting.topology, FakeConnection.made.length, FakeConnection.made[0]?.isClosed]).toEqual(["sfu", 2, false]);
  });

  it("stays in the mesh when it was told to", async () => {
    await joined({ participants: [ADA] }, { topology: "mesh" });
    socket.says("topology:changed", { topology: "sfu" });
    await settled();
    expect([meeting.topology, FakeConnection.made.length]).toEqual(["mesh", 1]);
  });

  it("makes one new connection to a media server that was restarted", async () => {
    await joined({ topology: "sfu" });
    const { offer } = socket.the("signal:offer").payload as { offer: RTCSessionDescriptionInit };
    socket.says("signal:answer", { from: "sfu", answer: answerTo(offer) });
    socket.the("signal:offer").ack({ ok: true });
    await settled();
    FakeConnection.made[0]?.become("connected");
    socket.says("sfu:restart");
    await settled();
    expect([FakeConnection.made.length, socket.all("signal:offer").length, meeting.state]).toEqual([2, 2, "joined"]);
  });

  it("signals of a participant go to its connection, and the media server's to the one to it", async () => {
    await joined({ participants: [ADA] });
    socket.says("topology:changed", { topology: "sfu" });
    await settled();
    const offers = socket.all("signal:offer") as { to: string; offer: RTCSessionDescriptionInit }[];
    for (const { to, offer } of offers)
      socket.says("signal:answer", { from: to, answer: answerTo(offer, `answer of ${to}`) });
    await settled();
    for (const from of ["ada", "sfu"])
      socket.says("signal:ice-candidate", { from, candidate: { candidate: `candidate of ${from}` } });
    socket.says("signal:ice-candidate", { from: "ada", candidate: null });
    await settled();
    expect(FakeConnection.made.map((pc) => pc.candidates.map((c) => c.candidate))).toEqual([
      ["candidate of ada"],
      ["candidate of sfu"],
    ]);
  });

  it("the media server doesn't offer: one in its name is ignored", async () => {
    await joined();
    socket.says("signal:offer", { from: "sfu", offer: { type: "offer", sdp: "{}" } });
    await settled();
    expect(FakeConnection.made).toEqual([]);
  });

  it("a host's mute turns the microphone off and tells the others; asking to unmute only asks", async () => {
    make();
    const microphone = track("audio");
    meeting.setTrack("microphone", microphone);
    const outcome = meeting.join("abc-defg-hij", "Me").catch(() => undefined);
    socket.opens();
    letIn();
    await outcome;
    socket.sent = [];
    socket.says("admin:mute");
    expect([meeting.self.isMuted, microphone.enabled]).toEqual([true, false]);
    expect(socket.all("media:toggle-audio")).toEqual([{ isMuted: true }]);
    socket.says("meeting:all-muted"); // already
    socket.says("admin:unmute");
    expect(meeting.self.isMuted).toBe(true);
    expect(heard.filter((e) => e === "muted")).toHaveLength(1);
  });

  it("tells of a shared screen when it starts and when it stops", async () => {
    await joined();
    meeting.setTrack("screen", track("video"));
    meeting.setTrack("screen", track("video"));
    meeting.setTrack("screen", null);
    expect(socket.all("media:screen-share")).toEqual([{ isScreenSharing: true }, { isScreenSharing: false }]);
  });

  it("an error of the server is reported, and the meeting goes on", async () => {
    await joined();
    socket.says("error", { message: "Not allowed", code: "forbidden" });
    expect([heard, meeting.state]).toEqual([["error"], "joined"]);
  });

  it("a chat message the server refuses rejects with its code", async () => {
    await joined();
    const sent = meeting.sendChat("hello");
    socket.the("chat:message").ack({ ok: false, error: { code: "rate_limited", message: "Slowly" } });
    await expect(sent).rejects.toMatchObject({ code: "rate_limited" });
  });

  it("keeps the list of participants without doubles, itself or strangers", async () => {
    await joined({ participants: [ADA] });
    socket.says("participant:joined", ADA);
    socket.says("participant:joined", { participantId: "me", name: "Me" });
    socket.says("participant:left", { participantId: "nobody" });
    socket.says("participant:updated", { participantId: "nobody", isMuted: true });
    expect([heard, [...meeting.participants.keys()]]).toEqual([["participant-updated"], ["ada"]]);
  });
});

describe("Meeting, leaving", () => {
  for (const [how, event, payload, reason] of [
    ["who is removed", "admin:kick", { reason: "enough" }, "kicked"],
    ["who is in when it ends", "meeting:ended", { reason: "done" }, "ended"],
  ] as const) {
    it(`${how} is out, and hears why`, async () => {
      await joined({ participants: [ADA] });
      const closed = vi.fn();
      meeting.on("closed", closed);
      socket.says(event, payload);
      expect(closed.mock.calls).toEqual([[{ reason, message: payload.reason }]]);
      expect(FakeConnection.made.every((pc) => pc.isClosed)).toBe(true);
    });
  }

  it("leaves nothing behind: no connection, no timer, no socket", async () => {
    await joined({ participants: [ADA] });
    socket.says("topology:changed", { topology: "sfu" });
    await settled();
    meeting.leave();
    await settled();
    expect([FakeConnection.made.map((pc) => pc.isClosed), vi.getTimerCount(), socket.connected]).toEqual([
      [true, true],
      0,
      false,
    ]);
    expect(heard.slice(-2)).toEqual(["state closed", "closed"]);
  });

  it("hears nothing more afterwards, and is closed once", async () => {
    await joined({ participants: [ADA] });
    meeting.leave();
    heard.length = 0;
    socket.says("participant:left", { participantId: "ada" });
    socket.says("signal:offer", { from: "ada", offer: { type: "offer", sdp: "{}" } });
    socket.says("disconnect", "transport close");
    letIn();
    meeting.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([heard, meeting.state, FakeConnection.made.length]).toEqual([[], "closed", 1]);
  });

  it("who leaves before being let in rejects join()", async () => {
    const outcome = enter();
    meeting.leave();
    expect(await outcome).toBe("left");
  });

  it("who leaves on hearing that it is back connects to nobody", async () => {
    await joined({ participants: [ADA] });
    socket.drops();
    meeting.on("joined", () => meeting.leave());
    socket.opens();
    letIn({ participants: [ADA, GRACE] });
    await settled();
    expect([meeting.state, FakeConnection.made.every((pc) => pc.isClosed), FakeConnection.made.length]).toEqual([
      "closed",
      true,
      1,
    ]);
  });
});
