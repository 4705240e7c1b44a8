import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerTo, FakeConnection, parsed, track, useFakeConnections } from "../testing/connection.js";
import { FakePort } from "../testing/signalling.js";
import type { Slot } from "../types.js";
import { LocalTracks } from "./local.js";
import { RemoteMedia } from "./remote.js";
import { SfuMedia } from "./sfumedia.js";

const OPTIONS = { audioSlots: 1, videoSlots: 2, simulcast: false };
// The m-lines of a connection with these slots: 0 microphone, 1 camera, 2 the audio slot, 3 and 4 the video slots.
const AUDIO_SLOT = "2",
  VIDEO_SLOT = "3",
  OTHER_SLOT = "4";

let port: FakePort, local: LocalTracks, remote: RemoteMedia, media: SfuMedia;
let failures: string[];

beforeEach(() => {
  vi.useFakeTimers();
  useFakeConnections();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  [port, local, remote] = [new FakePort(), new LocalTracks(), new RemoteMedia()];
  local.set("microphone", track("audio"));
  local.set("camera", track("video"));
  media = new SfuMedia(port, local, remote, OPTIONS);
  failures = [];
  media.on("failed", (reason) => failures.push(reason));
});
afterEach(() => {
  media.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const connection = (n: number) => FakeConnection.made[n] as FakeConnection;
const slot = (mid: string, participantId: string | null, source: Slot["source"] = "camera"): Slot => ({
  mid,
  kind: mid === AUDIO_SLOT ? "audio" : "video",
  participantId,
  source: participantId === null ? null : source,
});

/** The server answers an offer, then acknowledges it. */
async function answer(n = port.offers.length - 1) {
  const asked = port.offers[n];
  if (!asked) throw new Error(`no offer ${n}`);
  media.onAnswer(answerTo(asked.offer, `answer to ${n}`));
  asked.accept();
  await settled();
}

async function start() {
  media.start();
  await settled();
  await answer();
  connection(0).become("connected");
}

/** Ada's picture comes through this slot of the nth connection. */
async function shows(n: number, mid: string, participantId = "ada") {
  media.onSlots([slot(mid, participantId)]);
  await settled();
  connection(n).receiver(mid).shows();
  await vi.advanceTimersByTimeAsync(150);
}

const shownOf = (participantId: string) => remote.shown(participantId, "camera");

describe("SfuMedia", () => {
  it("offers two tracks and its slots, says which track is what, and is connected when the path is there", async () => {
    media.start();
    expect(media.state).toBe("connecting");
    await settled();
    expect(parsed(port.offered.offer).media.map((m) => [m.kind, m.direction])).toEqual([
      ["audio", "sendonly"],
      ["video", "sendonly"],
      ["audio", "recvonly"],
      ["video", "recvonly"],
      ["video", "recvonly"],
    ]);
    expect(port.trackLists).toEqual([
      [
        { mid: "0", source: "microphone" },
        { mid: "1", source: "camera" },
      ],
    ]);
    await answer();
    expect(media.state).toBe("connecting");
    connection(0).become("connected");
    expect(media.state).toBe("connected");
  });

  it("started twice makes one connection", async () => {
    media.start();
    media.start();
    await settled();
    expect(FakeConnection.made).toHaveLength(1);
  });

  it("shows who is in a slot once a picture has come, and stops when the slot is taken away", async () => {
    await start();
    media.onSlots([slot(VIDEO_SLOT, "ada"), slot(AUDIO_SLOT, "ada", "microphone")]);
    expect(shownOf("ada")).toMatchObject({ via: "sfu", live: false });
    await settled();
    connection(0).receiver(VIDEO_SLOT).shows();
    await vi.advanceTimersByTimeAsync(150);
    expect(shownOf("ada")).toMatchObject({ via: "sfu", live: true });
    expect(media.audioSlots().map((s) => s.participantId)).toEqual(["ada"]);
    media.onSlots([slot(VIDEO_SLOT, null), slot(AUDIO_SLOT, null)]);
    expect(shownOf("ada")).toBeUndefined();
    expect(media.audioSlots().map((s) => s.participantId)).toEqual([null]);
  });

  it("a slot that carried another shows nothing before a new key frame", async () => {
    await start();
    await shows(0, VIDEO_SLOT);
    media.onSlots([slot(VIDEO_SLOT, "grace")]);
    await settled();
    connection(0).receiver(VIDEO_SLOT).framesDecoded++; // Ada's last frame
    await vi.advanceTimersByTimeAsync(150);
    expect(shownOf("ada")).toBeUndefined();
    expect(shownOf("grace")?.live).toBe(false);
    connection(0).receiver(VIDEO_SLOT).shows();
    await vi.advanceTimersByTimeAsync(150);
    expect(shownOf("grace")?.live).toBe(true);
  });

  it("offers m-lines for a screen when it is shared, and keeps them for the next time", async () => {
    await start();
    const screen = track("video");
    local.set("screen", screen);
    await settled();
    await answer();
    expect(port.trackLists.at(-1)?.map((t) => t.source)).toEqual(["microphone", "camera", "screen"]);
    local.set("screen", null);
    await settled();
    await answer();
    expect(port.trackLists.at(-1)?.map((t) => t.source)).toEqual(["microphone", "camera"]);
    local.set("screen", track("video"));
    await settled();
    await answer();
    expect(parsed(port.offered.offer).media).toHaveLength(6);
    expect(FakeConnection.made).toHaveLength(1);
  });

  it("another camera takes the place of the first one without an offer", async () => {
    await start();
    const other = track("video", 360);
    local.set("camera", other);
    await settled();
    expect(port.offers).toHaveLength(1);
    expect(connection(0).getTransceivers()[1]?.sender.track).toBe(other);
    expect(connection(0).getTransceivers()[1]?.sender.encodings[0]?.maxBitrate).toBe(500_000);
  });

  it("says what is shown once for many changes, and again to each new connection", async () => {
    await start();
    const views = [{ participantId: "ada", source: "camera" as const, width: 640, height: 360 }];
    media.setView([]);
    media.setView(views);
    await vi.advanceTimersByTimeAsync(200);
    expect(port.views).toEqual([{ views, maxVideo: 2 }]);
    media.restart();
    await settled();
    await answer();
    expect(port.views).toHaveLength(2);
  });

  it("candidates go to the connection that is being made; those before its answer wait for it", async () => {
    await start();
    media.restart();
    await settled();
    media.onCandidate({ candidate: "candidate:1" });
    await settled();
    expect(connection(1).candidates).toEqual([]);
    await answer();
    expect(connection(1).candidates.map((c) => c.candidate)).toEqual(["candidate:1"]);
    expect(connection(0).candidates).toEqual([]);
  });
});

describe("SfuMedia, from one connection to the next", () => {
  it("a restarted media server costs one new connection with one offer", async () => {
    await start();
    media.restart();
    await settled();
    await answer();
    connection(1).become("connected");
    connection(0).become("failed"); // nobody listens to it any more
    await vi.advanceTimersByTimeAsync(60_000);
    expect([FakeConnection.made.length, port.offers.length]).toEqual([2, 2]);
    expect([media.state, failures]).toEqual(["connected", []]);
  });

  it("what the old one showed stays until the new one shows it, and goes 6 s after the new one is connected", async () => {
    await start();
    await shows(0, VIDEO_SLOT);
    const old = shownOf("ada");
    media.restart();
    await settled();
    await answer();
    media.onSlots([slot(OTHER_SLOT, "ada")]);
    expect(shownOf("ada")).toBe(old);
    connection(1).become("connected");
    connection(1).receiver(OTHER_SLOT).shows();
    await vi.advanceTimersByTimeAsync(100);
    connection(1).receiver(OTHER_SLOT).shows();
    await vi.advanceTimersByTimeAsync(150);
    expect(shownOf("ada")?.receiver).toBe(connection(1).receiver(OTHER_SLOT));
    expect(connection(0).isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(6000);
    expect([connection(0).isClosed, connection(1).isClosed]).toEqual([true, false]);
    expect(remote.feeds()).toHaveLength(1);
  });

  it("a connection that came up just before isn't taken for the one that has to come", async () => {
    await start();
    await shows(0, VIDEO_SLOT);
    await vi.advanceTimersByTimeAsync(3000);
    media.restart();
    await settled();
    await answer();
    await vi.advanceTimersByTimeAsync(5000); // 6 s after the first one was connected; the second one isn't yet
    expect(connection(0).isClosed).toBe(false);
    expect(shownOf("ada")).toBeDefined();
  });

  it("answers find the connection whose offer they are for, also when it was given up meanwhile", async () => {
    await start();
    media.restart();
    await settled();
    media.restart();
    await settled();
    expect(connection(1).isClosed).toBe(true);
    await answer(1);
    expect(connection(2).signalingState).toBe("have-local-offer");
    await answer(2);
    expect(connection(2).signalingState).toBe("stable");
    expect(parsed(connection(2).remoteDescription as RTCSessionDescriptionInit).ufrag).toBe("answer to 2");
  });

  it("an old connection's unanswered offer is answered before the new one's", async () => {
    await start();
    local.set("screen", track("video"));
    await settled();
    media.restart();
    await settled();
    await answer(1);
    expect([connection(0).signalingState, connection(1).signalingState]).toEqual(["stable", "have-local-offer"]);
    await answer(2);
    expect(connection(1).signalingState).toBe("stable");
  });

  it("an offer that was never answered doesn't take the next connection's answer", async () => {
    await start();
    connection(0).become("failed"); // restarts ICE, and the server says nothing
    await vi.advanceTimersByTimeAsync(10_000);
    port.offers[1]?.refuse("the media server was restarted");
    await vi.advanceTimersByTimeAsync(500);
    expect([failures, FakeConnection.made.length]).toEqual([["the connection was lost"], 2]);
    await answer(2);
    expect(connection(1).signalingState).toBe("stable");
  });

  it("an answer that nobody asked for is ignored", async () => {
    await start();
    const before = connection(0).remoteDescription;
    media.onAnswer({ type: "answer", sdp: "{}" });
    await settled();
    expect(connection(0).remoteDescription).toBe(before);
  });
});

describe("SfuMedia, when something fails", () => {
  it("restarts ICE 2.5 s after the path was lost, and is connected again without a new connection", async () => {
    await start();
    connection(0).become("disconnected");
    expect(media.state).toBe("trouble");
    await vi.advanceTimersByTimeAsync(2499);
    expect(port.offers).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const [first, second] = port.offers.map((o) => parsed(o.offer).ufrag);
    expect(second).not.toBe(first);
    await answer();
    connection(0).become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([media.state, FakeConnection.made.length, failures]).toEqual(["connected", 1, []]);
  });

  it("a restart that doesn't help within 10 s is followed by a new connection", async () => {
    await start();
    connection(0).become("disconnected");
    await vi.advanceTimersByTimeAsync(2500);
    await answer();
    await vi.advanceTimersByTimeAsync(10_500);
    expect(failures).toEqual(["the connection was lost"]);
    expect(FakeConnection.made).toHaveLength(2);
  });

  it("tries again after 0.5, 1, 2, 4, 8, 8 s while the server refuses", async () => {
    media.start();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      await settled();
      const refused = performance.now();
      port.offered.refuse("busy");
      const made = FakeConnection.made.length;
      while (FakeConnection.made.length === made) await vi.advanceTimersByTimeAsync(100);
      pauses.push(performance.now() - refused);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(failures).toEqual(Array(6).fill("busy"));
    expect(FakeConnection.made.slice(0, -1).every((pc) => pc.isClosed)).toBe(true);
  });

  it("a refused offer of a screen is rolled back, and the connection goes on", async () => {
    await start();
    local.set("screen", track("video"));
    await settled();
    port.offered.refuse("too many tracks");
    await settled();
    expect([connection(0).signalingState, media.state, FakeConnection.made.length]).toEqual(["stable", "connected", 1]);
  });

  it("without a socket it waits for it, and connects when it is back", async () => {
    port.connected = false;
    media.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([media.state, FakeConnection.made.length]).toEqual(["trouble", 0]);
    port.connected = true;
    media.resume();
    await settled();
    await answer();
    connection(0).become("connected");
    expect(media.state).toBe("connected");
  });

  it("a good connection outlives the loss of the socket", async () => {
    await start();
    port.connected = false;
    await vi.advanceTimersByTimeAsync(5000);
    port.connected = true;
    media.resume();
    await settled();
    expect(FakeConnection.made).toHaveLength(1);
  });

  it("a connection that was to be replaced when the socket was lost is replaced when it is back", async () => {
    await start();
    media.restart();
    await settled();
    port.connected = false;
    port.offered.refuse("the connection was lost");
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeConnection.made).toHaveLength(2);
    port.connected = true;
    media.resume();
    await settled();
    expect(FakeConnection.made).toHaveLength(3);
    await answer();
    connection(2).become("connected");
    expect(media.state).toBe("connected");
  });

  it("resuming before it was started starts nothing", () => {
    media.resume();
    expect([media.state, FakeConnection.made.length]).toEqual(["off", 0]);
  });

  it("stopped, it has closed all connections, shows nothing and waits for nothing", async () => {
    await start();
    await shows(0, VIDEO_SLOT);
    media.restart();
    await settled();
    await answer();
    connection(1).become("connected");
    media.restart();
    await settled();
    media.setView([]);
    media.stop();
    expect(FakeConnection.made.map((pc) => pc.isClosed)).toEqual([true, true, true]);
    expect([media.state, remote.feeds(), vi.getTimerCount()]).toEqual(["off", [], 0]);
    media.onSlots([slot(VIDEO_SLOT, "ada")]);
    await answer(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([media.state, remote.feeds(), FakeConnection.made.length]).toEqual(["off", [], 3]);
  });
});
