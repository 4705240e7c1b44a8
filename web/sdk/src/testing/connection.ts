// A connection as browsers have it, without media and without time: the signalling states of WebRTC (JSEP),
// transceivers, and connection states that the test sets. Descriptions are JSON: {ufrag, media: [{mid, kind,
// direction}]}.
import { vi } from "vitest";

interface MediaLine {
  mid: string;
  kind: string;
  direction: RTCRtpTransceiverDirection;
}

export interface Description {
  ufrag: string;
  media: MediaLine[];
}

export const parsed = (description: RTCSessionDescriptionInit): Description =>
  JSON.parse(description.sdp ?? "") as Description;
export const described = (type: RTCSdpType, description: Description): RTCSessionDescriptionInit => ({
  type,
  sdp: JSON.stringify(description),
});

let serial = 0;

export class FakeTrack {
  readonly id = `track-${++serial}`;
  enabled = true;
  constructor(
    readonly kind: "audio" | "video",
    readonly height = 720,
  ) {}
  getSettings = () => ({ height: this.height, width: this.height * 2 });
}

export const track = (kind: "audio" | "video", height?: number) =>
  new FakeTrack(kind, height) as unknown as MediaStreamTrack;

class FakeSender {
  encodings: { maxBitrate?: number }[] = [{}];
  streams: unknown[] = [];
  constructor(public track: FakeTrack | null) {}
  replaceTrack = async (now: FakeTrack | null) => void (this.track = now);
  setStreams = (...streams: unknown[]) => void (this.streams = streams);
  getParameters = () => ({ encodings: structuredClone(this.encodings) });
  setParameters = async (parameters: { encodings: { maxBitrate?: number }[] }) =>
    void (this.encodings = parameters.encodings);
}

/** Frames are what its statistics say: shows() is a picture that arrives. */
export class FakeReceiver {
  readonly track: FakeTrack;
  framesDecoded = 0;
  keyFramesDecoded = 0;
  audioLevel: number | undefined;
  constructor(kind: "audio" | "video") {
    this.track = new FakeTrack(kind);
  }
  shows(): void {
    this.framesDecoded++;
    this.keyFramesDecoded++;
  }
  getSynchronizationSources = () => (this.audioLevel === undefined ? [] : [{ audioLevel: this.audioLevel }]);
  getStats = async () =>
    new Map([
      ["in", { type: "inbound-rtp", framesDecoded: this.framesDecoded, keyFramesDecoded: this.keyFramesDecoded }],
    ]);
}

export class FakeTransceiver {
  mid: string | null = null;
  readonly sender: FakeSender;
  readonly receiver: FakeReceiver;
  constructor(
    readonly kind: "audio" | "video",
    sent: FakeTrack | null,
    public direction: RTCRtpTransceiverDirection,
  ) {
    this.sender = new FakeSender(sent);
    this.receiver = new FakeReceiver(kind);
  }
  setCodecPreferences = () => undefined;
}

export class FakeConnection {
  /** Every one that was made since useFakeConnections(), the oldest first. */
  static made: FakeConnection[] = [];

  connectionState: RTCPeerConnectionState = "new";
  signalingState: RTCSignalingState = "stable";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((e: { candidate: { toJSON(): RTCIceCandidateInit } | null }) => void) | null = null;
  ontrack: ((e: { receiver: FakeReceiver }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly candidates: RTCIceCandidateInit[] = [];
  #transceivers: FakeTransceiver[] = [];
  #stable: { local: RTCSessionDescriptionInit | null; remote: RTCSessionDescriptionInit | null } = {
    local: null,
    remote: null,
  };
  #isNeeded = false;
  #isTold = false;
  #generation = 1;
  readonly #name = ++serial;

  constructor(readonly configuration: RTCConfiguration) {
    FakeConnection.made.push(this);
  }

  // ---- what a test does to it ----

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  gathers(candidate: RTCIceCandidateInit): void {
    this.onicecandidate?.({ candidate: { toJSON: () => candidate } });
  }

  get isClosed(): boolean {
    return this.signalingState === "closed";
  }

  receiver(mid: string): FakeReceiver {
    const found = this.#transceivers.find((t) => t.mid === mid);
    if (!found) throw new Error(`no m-line ${mid}`);
    return found.receiver;
  }

  // ---- RTCPeerConnection ----

  addTransceiver(
    what: FakeTrack | "audio" | "video",
    { direction = "sendrecv" }: RTCRtpTransceiverInit = {},
  ): FakeTransceiver {
    const isKind = what === "audio" || what === "video";
    const made = new FakeTransceiver(isKind ? what : what.kind, isKind ? null : what, direction);
    this.#transceivers.push(made);
    this.#needNegotiation();
    return made;
  }

  getTransceivers(): FakeTransceiver[] {
    return [...this.#transceivers];
  }

  restartIce(): void {
    this.#generation++;
    this.#needNegotiation();
  }

  async createOffer({ iceRestart = false }: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    if (iceRestart) this.#generation++;
    return this.#describe("offer");
  }

  async setLocalDescription(given?: RTCSessionDescriptionInit): Promise<void> {
    await this.#mustBeOpen();
    if (given?.type === "rollback") return this.#rollBack();
    const isAnswer = this.signalingState === "have-remote-offer";
    this.#isNeeded = this.#isTold = false;
    this.localDescription = this.#describe(isAnswer ? "answer" : "offer");
    this.#settle(isAnswer ? "stable" : "have-local-offer");
  }

  async setRemoteDescription(given: RTCSessionDescriptionInit): Promise<void> {
    await this.#mustBeOpen();
    if (given.type === "answer" && this.signalingState !== "have-local-offer")
      throw new DOMException("no offer of ours", "InvalidStateError");
    if (given.type === "offer" && this.signalingState === "have-local-offer") this.#rollBack();
    this.remoteDescription = given;
    if (given.type === "offer") for (const line of parsed(given).media) this.#take(line);
    this.#settle(given.type === "answer" ? "stable" : "have-remote-offer");
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await this.#mustBeOpen();
    if (!this.remoteDescription) throw new DOMException("no remote description", "InvalidStateError");
    const { usernameFragment } = candidate;
    if (usernameFragment && usernameFragment !== parsed(this.remoteDescription).ufrag)
      throw new DOMException("unknown ufrag", "OperationError");
    this.candidates.push(candidate);
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
  }

  // ---- inside ----

  async #mustBeOpen(): Promise<void> {
    await Promise.resolve();
    if (this.isClosed) throw new DOMException("closed", "InvalidStateError");
  }

  /** An offer gives each m-line its mid; an answer has those that were offered and no others. */
  #describe(type: "offer" | "answer"): RTCSessionDescriptionInit {
    let next = 0;
    const taken = new Set(this.#transceivers.map((t) => t.mid));
    for (const t of type === "offer" ? this.#transceivers : []) {
      while (t.mid === null && taken.has(String(next))) next++;
      t.mid ??= String(next++);
    }
    const media = this.#transceivers.flatMap(({ mid, kind, direction }) =>
      mid === null ? [] : [{ mid, kind, direction }],
    );
    return described(type, { ufrag: `${this.#name}.${this.#generation}`, media });
  }

  #take({ mid, kind, direction }: MediaLine): void {
    let mine =
      this.#transceivers.find((t) => t.mid === mid) ??
      this.#transceivers.find((t) => t.mid === null && t.kind === kind);
    if (!mine) this.#transceivers.push((mine = new FakeTransceiver(kind as "audio" | "video", null, "recvonly")));
    mine.mid = mid;
    if (direction.includes("send")) this.ontrack?.({ receiver: mine.receiver });
  }

  #settle(state: RTCSignalingState): void {
    if (this.isClosed) return;
    this.signalingState = state;
    if (state !== "stable") return;
    this.#stable = { local: this.localDescription, remote: this.remoteDescription };
    this.#isTold = false;
    if (this.#isNeeded || this.#transceivers.some((t) => t.mid === null)) this.#needNegotiation();
  }

  #rollBack(): void {
    this.localDescription = this.#stable.local;
    this.remoteDescription = this.#stable.remote;
    if (!this.#stable.local) for (const t of this.#transceivers) t.mid = null;
    this.signalingState = "stable";
    this.#isNeeded = true;
  }

  /** As browsers do: told once, after everything else has run, and only while nothing is being negotiated. */
  #needNegotiation(): void {
    this.#isNeeded = true;
    if (this.#isTold || this.signalingState !== "stable") return;
    this.#isTold = true;
    queueMicrotask(() => {
      if (this.#isTold && this.signalingState === "stable") this.onnegotiationneeded?.();
    });
  }
}

class FakeStream {
  constructor(readonly tracks: unknown[] = []) {}
}

/** Puts the fakes in the place of the browser's classes, for one test. */
export function useFakeConnections(): void {
  FakeConnection.made = [];
  const capabilities = { getCapabilities: () => ({ codecs: [{ mimeType: "video/VP8", clockRate: 90000 }] }) };
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("RTCRtpSender", capabilities);
  vi.stubGlobal("RTCRtpReceiver", capabilities);
  vi.stubGlobal("MediaStream", FakeStream);
}

/** What the other side of a connection would answer to its offer. */
export function answerTo(offer: RTCSessionDescriptionInit, ufrag = "answerer"): RTCSessionDescriptionInit {
  return described("answer", { ufrag, media: parsed(offer).media });
}
