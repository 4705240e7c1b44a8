import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerTo, FakeConnection, parsed, track, useFakeConnections } from "../testing/connection.js";
import { FakePort } from "../testing/signalling.js";
import type { ParticipantInfo, Slot } from "../types.js";
import { MediaHub } from "./hub.js";

const OPTIONS = { audioSlots: 1, videoSlots: 2, simulcast: false };
// The m-lines of the connection to the SFU: 0 microphone, 1 camera, 2 the audio slot, 3 and 4 the video slots.
const AUDIO_SLOT = "2",
  VIDEO_SLOT = "3",
  OTHER_SLOT = "4";

let port: FakePort, hub: MediaHub;
let people: Map<string, ParticipantInfo>;

beforeEach(() => {
  vi.useFakeTimers();
  useFakeConnections();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  port = new FakePort();
  people = new Map(["ada", "grace"].map((id) => [id, { participantId: id, name: id }]));
  hub = new MediaHub(port, OPTIONS, (id) => people.get(id));
  hub.local.set("microphone", track("audio"));
  hub.local.set("camera", track("video"));
});
afterEach(() => {
  hub.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const connection = (n: number) => FakeConnection.made[n] as FakeConnection;
const slots = (...list: [mid: string, participantId: string | null][]) =>
  hub.sfu.onSlots(
    list.map(([mid, participantId]): Slot => {
      const [kind, source] = mid === AUDIO_SLOT ? (["audio", "microphone"] as const) : (["video", "camera"] as const);
      return { mid, kind, participantId, source: participantId === null ? null : source };
    }),
  );

/** In a mesh with Ada and Grace, whose pictures have come: connections 0 and 1. */
async function inMesh() {
  hub.start("mesh", ["ada", "grace"], []);
  await settled();
  for (const [n, { to, offer, accept }] of port.offers.splice(0).entries()) {
    accept();
    await hub.mesh.onAnswer(to, answerTo(offer));
    for (const { receiver } of connection(n).getTransceivers()) connection(n).ontrack?.({ receiver });
    connection(n).become("connected");
    await settled();
    connection(n).receiver("1").shows();
  }
  await vi.advanceTimersByTimeAsync(150);
}

/** Connection n is the one to the SFU, and up. */
async function sfuConnects(n: number) {
  await settled();
  const { offer, accept } = port.offered;
  hub.sfu.onAnswer(answerTo(offer));
  accept();
  await settled();
  connection(n).become("connected");
}

async function sfuShows(n: number, mid: string, id: string) {
  slots([mid, id]);
  await settled();
  connection(n).receiver(mid).shows();
  await vi.advanceTimersByTimeAsync(150);
}

const via = (id: string) => hub.remote.shown(id, "camera")?.via;
const audible = () =>
  hub
    .audioOutputs()
    .filter((o) => !o.muted)
    .map((o) => o.key.split("-")[0])
    .sort();

describe("MediaHub", () => {
  it("in a mesh it connects to each of those who were there before, and shows and plays each of them", async () => {
    await inMesh();
    expect(hub.mesh.ids()).toEqual(["ada", "grace"]);
    expect([via("ada"), via("grace")]).toEqual(["mesh", "mesh"]);
    expect(audible()).toEqual(["mesh", "mesh"]);
  });

  it("on the SFU it makes one connection, however many there are", async () => {
    hub.start("sfu", ["ada", "grace"], []);
    await settled();
    expect([FakeConnection.made.length, port.offered.to]).toEqual([1, "sfu"]);
  });

  it("uses the meeting's ICE servers for both", async () => {
    const servers = [{ urls: "stun:stun.example.org" }];
    hub.start("mesh", ["ada"], servers);
    hub.toSfu();
    expect(FakeConnection.made.map((pc) => pc.configuration.iceServers)).toEqual([servers, servers]);
  });

  it("from mesh to SFU each tile keeps its picture until the SFU's has come, and then the direct connection closes", async () => {
    await inMesh();
    hub.toSfu();
    await sfuConnects(2);
    slots([VIDEO_SLOT, "ada"], [OTHER_SLOT, "grace"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([via("ada"), via("grace")]).toEqual(["mesh", "mesh"]);
    connection(2).receiver(VIDEO_SLOT).shows();
    await vi.advanceTimersByTimeAsync(500);
    expect([via("ada"), via("grace")]).toEqual(["sfu", "mesh"]);
    expect(hub.mesh.ids()).toEqual(["ada", "grace"]); // Ada may still need it
    await vi.advanceTimersByTimeAsync(3500);
    expect(hub.mesh.ids()).toEqual(["grace"]);
    expect([connection(0).isClosed, connection(1).isClosed]).toEqual([true, false]);
    connection(2).receiver(OTHER_SLOT).shows();
    await vi.advanceTimersByTimeAsync(4000);
    expect(hub.mesh.ids()).toEqual([]);
    expect([via("ada"), via("grace")]).toEqual(["sfu", "sfu"]);
  });

  it("while it moves, each voice is played once", async () => {
    await inMesh();
    hub.toSfu();
    await sfuConnects(2);
    slots([AUDIO_SLOT, "ada"]);
    expect(audible()).toEqual(["mesh", "mesh"]);
    await sfuShows(2, VIDEO_SLOT, "ada");
    await vi.advanceTimersByTimeAsync(300);
    expect(audible()).toEqual(["mesh", "sfu"]); // Grace, and Ada through the SFU
  });

  it("who shows and says nothing is trusted to the SFU 8 s after it is connected", async () => {
    for (const person of people.values()) person.isVideoOff = true;
    await inMesh();
    hub.toSfu();
    await sfuConnects(2);
    await vi.advanceTimersByTimeAsync(7900);
    expect(hub.mesh.ids()).toEqual(["ada", "grace"]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(hub.mesh.ids()).toEqual([]);
  });

  it("keeps the mesh as long as the SFU isn't connected, and doesn't repair it", async () => {
    await inMesh();
    hub.toSfu();
    connection(0).become("failed");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hub.mesh.ids()).toEqual(["ada", "grace"]);
    expect(port.offers.every((o) => o.to === "sfu")).toBe(true);
  });

  it("answers a client that only knows direct connections while the meeting is on the SFU", async () => {
    hub.start("sfu", [], []);
    await sfuConnects(0);
    await hub.onOffer("bot", {
      type: "offer",
      sdp: JSON.stringify({ ufrag: "bot", media: [{ mid: "a", kind: "audio", direction: "sendrecv" }] }),
    });
    expect(port.answers.map((a) => a.to)).toEqual(["bot"]);
    expect(hub.mesh.has("bot")).toBe(true);
  });

  it("a shared screen is what the participant's one direct track shows, until it is the camera again", async () => {
    await inMesh();
    Object.assign(people.get("ada") as object, { isScreenSharing: true });
    hub.updated("ada", { isScreenSharing: true });
    expect([hub.remote.shown("ada", "screen")?.via, via("ada")]).toEqual(["mesh", undefined]);
    Object.assign(people.get("ada") as object, { isScreenSharing: false });
    hub.updated("ada", { isScreenSharing: false });
    expect([hub.remote.shown("ada", "screen"), via("ada")]).toEqual([undefined, "mesh"]);
  });

  it("a camera that is switched off shows nothing of the past when it is switched on again", async () => {
    await inMesh();
    expect(hub.remote.shown("ada", "camera")?.live).toBe(true);
    hub.updated("ada", { isVideoOff: true });
    await vi.advanceTimersByTimeAsync(150);
    expect(hub.remote.shown("ada", "camera")?.live).toBe(false);
    connection(0).receiver("1").shows();
    await vi.advanceTimersByTimeAsync(150);
    expect(hub.remote.shown("ada", "camera")?.live).toBe(true);
  });

  it("a local track goes to every connection", async () => {
    await inMesh();
    hub.toSfu();
    await sfuConnects(2);
    const other = track("video");
    hub.local.set("camera", other);
    await settled();
    expect(FakeConnection.made.map((pc) => pc.getTransceivers()[1]?.sender.track)).toEqual([other, other, other]);
  });

  it("tells who speaks in a mesh, but not who is muted", async () => {
    await inMesh();
    const heard: string[][] = [];
    hub.on("levels", (levels) => heard.push([...levels.keys()]));
    connection(0).receiver("0").audioLevel = 0.5;
    connection(1).receiver("0").audioLevel = 0.01;
    await vi.advanceTimersByTimeAsync(250);
    Object.assign(people.get("ada") as object, { isMuted: true });
    await vi.advanceTimersByTimeAsync(250);
    expect(heard).toEqual([["ada"], []]);
  });

  it("who left is neither shown nor played nor connected", async () => {
    await inMesh();
    hub.left("ada");
    expect([via("ada"), via("grace")]).toEqual([undefined, "mesh"]);
    expect([connection(0).isClosed, connection(1).isClosed]).toEqual([true, false]);
    expect(hub.audioOutputs()).toHaveLength(1);
  });

  it("one who starts over with a new connection is answered on a new one", async () => {
    await inMesh();
    const broken = vi.spyOn(connection(0), "setRemoteDescription").mockRejectedValue(new Error("another session"));
    await hub.onOffer("ada", { type: "offer", sdp: JSON.stringify({ ufrag: "new", media: [] }) });
    expect(broken).toHaveBeenCalledOnce();
    expect([connection(0).isClosed, FakeConnection.made.length]).toEqual([true, 3]);
    expect(parsed(connection(2).remoteDescription as RTCSessionDescriptionInit).ufrag).toBe("new");
  });

  it("who leaves while its offer is being taken gets no new connection", async () => {
    await inMesh();
    const taking = hub.onOffer("ada", { type: "offer", sdp: JSON.stringify({ ufrag: "late", media: [] }) });
    hub.left("ada");
    await taking;
    expect([hub.mesh.ids(), FakeConnection.made.length]).toEqual([["grace"], 2]);
  });

  it("stopped in the midst of moving, it has closed everything and waits for nothing", async () => {
    await inMesh();
    hub.toSfu();
    await sfuConnects(2);
    await sfuShows(2, VIDEO_SLOT, "ada");
    hub.stop();
    expect(FakeConnection.made.every((pc) => pc.isClosed)).toBe(true);
    expect([hub.mesh.ids(), hub.remote.feeds(), hub.audioOutputs(), vi.getTimerCount()]).toEqual([[], [], [], 0]);
  });
});
