import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerTo, FakeConnection, parsed, track, useFakeConnections } from "../testing/connection.js";
import { FakePort } from "../testing/signalling.js";
import { LocalTracks } from "./local.js";
import { Peer } from "./peer.js";

beforeEach(() => {
  vi.useFakeTimers();
  useFakeConnections();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** All that needs no time has happened. */
const settled = () => vi.advanceTimersByTimeAsync(0);

function side(id: string, newcomer: boolean) {
  const local = new LocalTracks();
  local.set("microphone", track("audio"));
  local.set("camera", track("video"));
  const port = new FakePort();
  const handlers = { track: vi.fn(), state: vi.fn(), mayRestart: vi.fn(() => true) };
  const peer = new Peer(id, newcomer, [], local, port, handlers);
  const pc = FakeConnection.made.at(-1) as FakeConnection;
  return { peer, pc, port, local, handlers };
}

/** Two ends whose messages the test carries: to(side) brings what the other one has said since. */
function pair() {
  const anna = side("bert", true); // the newcomer, who offers and is impolite
  const bert = side("anna", false);
  const carry = async (from: ReturnType<typeof side>, to: ReturnType<typeof side>) => {
    for (const { offer, accept } of from.port.offers.splice(0)) {
      accept();
      await to.peer.onOffer(offer);
    }
    for (const { answer } of from.port.answers.splice(0)) await to.peer.onAnswer(answer);
    for (const { candidate } of from.port.candidates.splice(0)) await to.peer.onCandidate(candidate);
    await settled();
  };
  return { anna, bert, toBert: () => carry(anna, bert), toAnna: () => carry(bert, anna) };
}

async function connected() {
  const both = pair();
  both.anna.peer.start();
  await settled();
  await both.toBert();
  await both.toAnna();
  both.anna.pc.become("connected");
  both.bert.pc.become("connected");
  return both;
}

describe("Peer", () => {
  it("connects with one offer and one answer, and each side gets the other's two tracks", async () => {
    const { anna, bert } = await connected();
    expect([anna.pc.signalingState, bert.pc.signalingState]).toEqual(["stable", "stable"]);
    for (const { handlers, pc, port, local } of [anna, bert]) {
      expect(pc.getTransceivers().map((t) => [t.mid, t.kind, t.direction])).toEqual([
        ["0", "audio", "sendrecv"],
        ["1", "video", "sendrecv"],
      ]);
      expect(pc.getTransceivers().map((t) => t.sender.track)).toEqual([local.get("microphone"), local.get("camera")]);
      expect(port.offers).toEqual([]);
      expect(handlers.state).toHaveBeenLastCalledWith("connected");
    }
    expect(bert.handlers.track.mock.calls.map(([r]) => r.track.kind)).toEqual(["audio", "video"]);
  });

  it("offers both m-lines also without devices, so that a camera that comes later needs no negotiation", async () => {
    const { anna, bert, toBert, toAnna } = pair();
    for (const source of ["microphone", "camera"] as const) anna.local.set(source, null);
    anna.peer.start();
    await settled();
    await toBert();
    await toAnna();
    const camera = track("video");
    anna.local.set("camera", camera);
    await anna.peer.syncTrack("video");
    await settled();
    expect(anna.port.offers).toEqual([]);
    expect(anna.pc.getTransceivers()[1]?.sender.track).toBe(camera);
    expect(bert.pc.getTransceivers()).toHaveLength(2);
  });

  it("when both offer at once, the newcomer's offer is the one that counts, and both end up connected", async () => {
    const { anna, bert, toBert, toAnna } = await connected();
    anna.pc.restartIce();
    bert.pc.restartIce();
    await settled();
    expect([anna.pc.signalingState, bert.pc.signalingState]).toEqual(["have-local-offer", "have-local-offer"]);
    const annas = anna.port.offered.offer;
    await toAnna(); // ignored: Anna is impolite
    expect(anna.pc.signalingState).toBe("have-local-offer");
    expect(anna.port.answers).toEqual([]);
    await toBert(); // Bert takes his own offer back
    expect(bert.pc.remoteDescription).toEqual(annas);
    await toAnna();
    expect(anna.pc.signalingState).toBe("stable");
    // What Bert wanted is offered again, now that it is quiet.
    await toAnna();
    await toBert();
    expect([anna.pc.signalingState, bert.pc.signalingState]).toEqual(["stable", "stable"]);
    expect(anna.pc.remoteDescription?.sdp).toBe(bert.pc.localDescription?.sdp);
    expect(bert.pc.remoteDescription?.sdp).toBe(anna.pc.localDescription?.sdp);
  });

  it("candidates of an ignored offer are no error; of one that was taken they are", async () => {
    const { anna, bert, toAnna } = await connected();
    anna.pc.restartIce();
    bert.pc.restartIce();
    await settled();
    bert.pc.gathers({ candidate: "candidate:1", usernameFragment: parsed(bert.port.offered.offer).ufrag });
    await toAnna();
    expect(anna.pc.candidates).toEqual([]);
    const other = await connected();
    await expect(other.anna.peer.onCandidate({ candidate: "candidate:2", usernameFragment: "whose?" })).rejects.toThrow(
      "unknown ufrag",
    );
  });

  it("an offer is no collision once ours is answered, though the server hasn't acknowledged ours yet", async () => {
    const { anna, bert, toAnna } = pair();
    anna.peer.start();
    await settled();
    await bert.peer.onOffer(anna.port.offered.offer); // relayed, but not acknowledged
    await toAnna();
    expect(anna.pc.signalingState).toBe("stable");
    bert.pc.restartIce();
    await settled();
    await toAnna();
    expect(anna.port.answers).toHaveLength(1);
  });

  it("candidates that come before the offer are kept for it", async () => {
    const { bert } = pair();
    await bert.peer.onCandidate({ candidate: "candidate:early" });
    expect(bert.pc.candidates).toEqual([]);
    const offerer = side("bert", true);
    offerer.peer.start();
    await settled();
    await bert.peer.onOffer(offerer.port.offered.offer);
    expect(bert.pc.candidates.map((c) => c.candidate)).toEqual(["candidate:early"]);
  });

  it("an answer nobody waits for is ignored", async () => {
    const { anna } = await connected();
    const before = anna.pc.remoteDescription;
    await anna.peer.onAnswer(answerTo(before as RTCSessionDescriptionInit, "stranger"));
    expect(anna.pc.remoteDescription).toBe(before);
  });

  it("offers the m-line that an offer without video lacks", async () => {
    const { bert } = pair();
    await bert.peer.onOffer({
      type: "offer",
      sdp: JSON.stringify({ ufrag: "audio only", media: [{ mid: "a", kind: "audio", direction: "sendrecv" }] }),
    });
    await settled();
    expect(parsed(bert.port.answers[0]?.answer as RTCSessionDescriptionInit).media.map((m) => m.kind)).toEqual([
      "audio",
    ]);
    expect(parsed(bert.port.offered.offer).media.map((m) => m.kind)).toEqual(["audio", "video"]);
  });

  it("the screen takes the camera's place and its bitrate, and gives both back", async () => {
    const { anna } = await connected();
    const [, video] = anna.pc.getTransceivers();
    await anna.peer.tune(3);
    expect(video?.sender.encodings[0]?.maxBitrate).toBe(800_000);
    const screen = track("video");
    anna.local.set("screen", screen);
    await anna.peer.syncTrack("video");
    expect([video?.sender.track, video?.sender.encodings[0]?.maxBitrate]).toEqual([screen, 2_500_000]);
    anna.local.set("screen", null);
    await anna.peer.syncTrack("video");
    expect([video?.sender.track, video?.sender.encodings[0]?.maxBitrate]).toEqual([anna.local.get("camera"), 800_000]);
  });
});

describe("Peer, when the path is lost", () => {
  const ufrag = (pc: FakeConnection) => parsed(pc.localDescription as RTCSessionDescriptionInit).ufrag;

  it("the newcomer restarts ICE after 4 s, the other side only after 8", async () => {
    const { anna, bert } = await connected();
    const before = ufrag(anna.pc);
    for (const { pc } of [anna, bert]) pc.become("disconnected");
    await vi.advanceTimersByTimeAsync(3999);
    expect(anna.port.offers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(anna.port.offers).toHaveLength(1);
    expect(ufrag(anna.pc)).not.toBe(before);
    await vi.advanceTimersByTimeAsync(3999);
    expect(bert.port.offers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(bert.port.offers).toHaveLength(1);
  });

  it("restarts at once when the connection has failed, and not at all when it comes back by itself", async () => {
    const { anna } = await connected();
    anna.pc.become("disconnected");
    anna.pc.become("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(anna.port.offers).toEqual([]);
    anna.pc.become("failed");
    await settled();
    expect(anna.port.offers).toHaveLength(1);
  });

  it("doesn't repair what the SFU is about to replace", async () => {
    const { anna } = await connected();
    anna.handlers.mayRestart.mockReturnValue(false);
    anna.pc.become("failed");
    await settled();
    expect(anna.port.offers).toEqual([]);
  });

  it("says an unanswered offer again when the socket is back", async () => {
    const { anna } = pair();
    anna.peer.start();
    await settled();
    const complaint = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    anna.port.offers[0]?.refuse("the connection was lost");
    await settled();
    anna.peer.resume();
    expect(anna.port.offers).toHaveLength(2);
    expect(anna.port.offers[1]?.offer).toEqual(anna.port.offers[0]?.offer);
    expect(complaint).toHaveBeenCalledOnce();
    complaint.mockRestore();
  });

  it("restarts ICE when the socket is back and the media isn't, and leaves a good connection alone", async () => {
    const { anna, bert } = await connected();
    anna.pc.become("disconnected");
    anna.peer.resume();
    bert.peer.resume();
    await settled();
    expect([anna.port.offers.length, bert.port.offers.length]).toEqual([1, 0]);
  });

  it("closed, it does nothing more", async () => {
    const { anna, bert } = await connected();
    anna.pc.become("disconnected");
    anna.peer.close();
    expect(anna.pc.isClosed).toBe(true);
    await anna.peer.onOffer(bert.pc.localDescription as RTCSessionDescriptionInit);
    await anna.peer.onCandidate({ candidate: "candidate:late" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([anna.port.offers, anna.port.answers, anna.pc.candidates]).toEqual([[], [], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
