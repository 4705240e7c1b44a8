import type { LocalTracks } from "./local.js";
import { meshBitrate, SCREEN_BITRATE, setSenderBitrate, trackHeight } from "./encodings.js";
import type { SignalPort } from "./port.js";

/**
 * After this long without a path the newcomer restarts ICE, and after longer the other side, should the newcomer not
 * know how.
 */
const DISCONNECTED_MS = 4000;
const OTHER_SIDE_MS = 4000;

export interface PeerHandlers {
  track(receiver: RTCRtpReceiver): void;
  state(state: RTCPeerConnectionState): void;
  /** False once the SFU takes over: a lost direct connection isn't worth repairing then. */
  mayRestart(): boolean;
}

/**
 * One pairwise connection, by perfect negotiation: the newcomer, who offers first as documented, is the impolite side.
 * Carries one audio and one video track each way.
 */
export class Peer {
  readonly pc: RTCPeerConnection;
  readonly #stream = new MediaStream();
  #makingOffer = false;
  #ignoreOffer = false;
  #closed = false;
  #early: RTCIceCandidateInit[] = [];
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly newcomer: boolean,
    iceServers: RTCIceServer[],
    readonly local: LocalTracks,
    readonly port: SignalPort,
    readonly handlers: PeerHandlers,
  ) {
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc.onnegotiationneeded = () => void this.#offer();
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate) port.candidate(id, candidate.toJSON());
    };
    this.pc.ontrack = ({ receiver }) => handlers.track(receiver);
    this.pc.onconnectionstatechange = () => this.#stateChanged();
  }

  /** Starts the connection as the newcomer: both m-lines at once, so that later tracks need no negotiation. */
  start(): void {
    for (const kind of ["audio", "video"] as const) {
      const track = this.#localTrack(kind);
      this.pc.addTransceiver(track ?? kind, { direction: "sendrecv", streams: [this.#stream] });
    }
  }

  /** A local track came, went or was replaced. */
  async syncTrack(kind: "audio" | "video"): Promise<void> {
    const track = this.#localTrack(kind);
    const transceiver = this.#transceiver(kind);
    if (transceiver) {
      await transceiver.sender.replaceTrack(track);
      if (track && !transceiver.direction.includes("send")) transceiver.direction = "sendrecv";
      await this.tune();
    } else if (track && this.pc.remoteDescription) {
      this.pc.addTransceiver(track, { direction: "sendrecv", streams: [this.#stream] });
    }
  }

  /** Fits the video bitrate to the picture and the number of peers. */
  async tune(peers = this.#peers): Promise<void> {
    this.#peers = peers;
    const transceiver = this.#transceiver("video");
    const track = transceiver?.sender.track;
    if (!transceiver || !track) return;
    const screen = track === this.local.get("screen");
    await setSenderBitrate(transceiver.sender, screen ? SCREEN_BITRATE : meshBitrate(trackHeight(track), peers));
  }
  #peers = 1;

  onOffer(offer: RTCSessionDescriptionInit): Promise<void> {
    return this.#enqueue(() => this.#accept(offer));
  }

  onAnswer(answer: RTCSessionDescriptionInit): Promise<void> {
    return this.#enqueue(async () => {
      if (this.pc.signalingState !== "have-local-offer") return;
      await this.pc.setRemoteDescription(answer);
      await this.#flushCandidates();
      await this.tune();
    });
  }

  onCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    return this.#enqueue(async () => {
      if (!this.pc.remoteDescription) this.#early.push(candidate);
      else await this.pc.addIceCandidate(candidate).catch((e: unknown) => this.#ignoreOffer || Promise.reject(e));
    });
  }

  /** The socket is back: says again what may have been lost. */
  resume(): void {
    if (this.pc.signalingState === "have-local-offer")
      this.port.offer(this.id, describe(this.pc)).catch(() => undefined);
    else if (this.pc.connectionState !== "connected") this.#restart();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  async #offer(): Promise<void> {
    try {
      await this.#makeOffer();
      if (this.pc.localDescription?.type === "offer") await this.port.offer(this.id, describe(this.pc));
    } catch (e) {
      if (!this.#closed) console.warn(`onepizza: offer to ${this.id} failed`, e);
    }
  }

  /**
   * From its end on the signalling state says that an offer is out: the server's acknowledgement may come after the
   * answer.
   */
  async #makeOffer(): Promise<void> {
    this.#makingOffer = true;
    try {
      await this.pc.setLocalDescription();
    } finally {
      this.#makingOffer = false;
    }
  }

  async #accept(offer: RTCSessionDescriptionInit): Promise<void> {
    const collision = this.#makingOffer || this.pc.signalingState !== "stable";
    this.#ignoreOffer = this.newcomer && collision;
    if (this.#ignoreOffer) return;
    await this.pc.setRemoteDescription(offer);
    await this.#flushCandidates();
    await this.#attachLocal();
    await this.pc.setLocalDescription();
    await this.port.answer(this.id, describe(this.pc));
    await this.#addMissing();
    await this.tune();
  }

  /** Puts our tracks on the offered m-lines, also empty ones, so that a track can come later. */
  async #attachLocal(): Promise<void> {
    for (const kind of ["audio", "video"] as const) {
      const transceiver = this.#transceiver(kind);
      if (!transceiver) continue;
      transceiver.sender.setStreams(this.#stream);
      transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(this.#localTrack(kind));
    }
  }

  /** The other side offered no m-line for a track we have: offer one. */
  async #addMissing(): Promise<void> {
    for (const kind of ["audio", "video"] as const) if (!this.#transceiver(kind)) await this.syncTrack(kind);
  }

  async #flushCandidates(): Promise<void> {
    const early = this.#early.splice(0);
    for (const candidate of early) await this.pc.addIceCandidate(candidate).catch(() => undefined);
  }

  #transceiver(kind: "audio" | "video"): RTCRtpTransceiver | undefined {
    return this.pc.getTransceivers().find((t) => t.receiver.track.kind === kind && t.direction !== "stopped");
  }

  #localTrack(kind: "audio" | "video"): MediaStreamTrack | null {
    return kind === "audio" ? this.local.get("microphone") : this.local.meshVideo();
  }

  #stateChanged(): void {
    const state = this.pc.connectionState;
    clearTimeout(this.#restartTimer);
    const wait = (state === "failed" ? 0 : DISCONNECTED_MS) + (this.newcomer ? 0 : OTHER_SIDE_MS);
    if (state === "failed" || state === "disconnected") this.#restartTimer = setTimeout(() => this.#restart(), wait);
    this.handlers.state(state);
  }

  #restart(): void {
    if (!this.#closed && this.handlers.mayRestart()) this.pc.restartIce();
  }

  #enqueue(job: () => Promise<void>): Promise<void> {
    const run = this.#work.then(() => (this.#closed ? undefined : job()));
    this.#work = run.catch(() => undefined);
    return run;
  }
}

function describe(pc: RTCPeerConnection): RTCSessionDescriptionInit {
  const { type, sdp } = pc.localDescription as RTCSessionDescription;
  return { type, sdp };
}
