import { Emitter } from "../emitter.js";
import type { Source } from "../types.js";
import {
  cameraBitrate,
  cameraEncodings,
  SCREEN_BITRATE,
  setSenderBitrate,
  slotCodecs,
  trackHeight,
  vp8First,
} from "./encodings.js";
import type { LocalTracks } from "./local.js";

const ANSWER_MS = 10_000;
const DISCONNECTED_MS = 2500;

export interface SfuOptions {
  audioSlots: number;
  videoSlots: number;
  simulcast: boolean;
}

/** What a link says to the server. */
export interface SfuLinkPort {
  /** Rejects when the server refuses or the socket is gone. The answer comes by onAnswer(). */
  offer(offer: RTCSessionDescriptionInit): Promise<void>;
  candidate(candidate: RTCIceCandidateInit): void;
  tracks(tracks: { mid: string; source: Source }[]): void;
}

type SfuLinkEvents = {
  connected: [];
  /** ICE was restarted and that didn't help, or the connection never came up. Make a new one. */
  failed: [reason: string];
  trouble: [];
};

/**
 * One RTCPeerConnection to the SFU. Only we offer; a new offer renegotiates. When it fails it is thrown away, see
 * SfuMedia.
 */
export class SfuLink extends Emitter<SfuLinkEvents> {
  readonly pc: RTCPeerConnection;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #slots: RTCRtpTransceiver[] = [];
  #work: Promise<void> = Promise.resolve();
  #answered: ((answer: RTCSessionDescriptionInit) => void) | undefined;
  #unanswered: ReturnType<typeof setTimeout> | undefined;
  #early: RTCIceCandidateInit[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #restarted = false;
  #failed = false;
  #closed = false;

  constructor(
    iceServers: RTCIceServer[],
    readonly local: LocalTracks,
    readonly port: SfuLinkPort,
    readonly options: SfuOptions,
  ) {
    super();
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate) port.candidate(candidate.toJSON());
    };
    this.pc.onconnectionstatechange = () => this.#stateChanged();
    this.#addSender("microphone");
    this.#addSender("camera");
    for (const source of ["screen", "screen-audio"] as const) if (local.get(source)) this.#addSender(source);
    for (let i = 0; i < options.audioSlots; i++) this.#addSlot("audio");
    for (let i = 0; i < options.videoSlots; i++) this.#addSlot("video");
  }

  get connected(): boolean {
    return this.pc.connectionState === "connected";
  }

  /** Another connection is taking over, or has. */
  get isRetired(): boolean {
    return this.#closed;
  }

  /** Makes the first offer, or offers again. Offers wait for each other; rejects when the server refuses. */
  negotiate(iceRestart = false): Promise<void> {
    const run = this.#work.then(() => (this.#closed ? undefined : this.#offer(iceRestart)));
    this.#work = run.catch(() => undefined);
    return run;
  }

  onAnswer(answer: RTCSessionDescriptionInit): void {
    this.#answered?.(answer);
  }

  async onCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (!this.pc.remoteDescription) this.#early.push(candidate);
    else if (!this.#closed) await this.pc.addIceCandidate(candidate).catch(() => undefined);
  }

  /**
   * A local track came, went or was replaced. Camera and microphone need no negotiation; the screen's m-lines come and
   * go.
   */
  async syncTrack(source: Source): Promise<void> {
    const track = this.local.get(source);
    const transceiver = this.#senders.get(source);
    if (!transceiver) {
      if (!track) return;
      this.#addSender(source);
      return this.negotiate();
    }
    await transceiver.sender.replaceTrack(track);
    if (source === "camera" && track) await setSenderBitrate(transceiver.sender, cameraBitrate(trackHeight(track)));
    const direction = track ? "sendonly" : "inactive";
    if (source === "camera" || source === "microphone" || transceiver.direction === direction) return;
    transceiver.direction = direction;
    await this.negotiate();
  }

  slot(mid: string): RTCRtpTransceiver | undefined {
    return this.#slots.find((t) => t.mid === mid);
  }

  get slots(): readonly RTCRtpTransceiver[] {
    return this.#slots;
  }

  sender(source: Source): RTCRtpSender | undefined {
    return this.#senders.get(source)?.sender;
  }

  /**
   * Another connection takes over: this one plays on, but says nothing more; an offer of it would push the other one
   * out.
   */
  retire(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.removeAllListeners();
    this.pc.onconnectionstatechange = this.pc.onicecandidate = null;
  }

  close(): void {
    this.retire();
    clearTimeout(this.#unanswered);
    this.#answered = undefined;
    this.pc.close();
  }

  #addSender(source: Source): void {
    const kind = source === "camera" || source === "screen" ? "video" : "audio";
    const track = this.local.get(source);
    const init: RTCRtpTransceiverInit = { direction: "sendonly", streams: [new MediaStream()] };
    if (source === "camera") init.sendEncodings = cameraEncodings(trackHeight(track), this.options);
    if (source === "screen") init.sendEncodings = [{ maxBitrate: SCREEN_BITRATE, maxFramerate: 30 }];
    const transceiver = this.pc.addTransceiver(track ?? kind, init);
    if (kind === "video") setCodecs(transceiver, vp8First(RTCRtpSender.getCapabilities("video")?.codecs ?? []));
    this.#senders.set(source, transceiver);
  }

  #addSlot(kind: "audio" | "video"): void {
    const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
    if (kind === "video") setCodecs(transceiver, slotCodecs(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []));
    this.#slots.push(transceiver);
  }

  async #offer(iceRestart: boolean): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart }));
    this.port.tracks(this.#trackList());
    const { type, sdp } = this.pc.localDescription as RTCSessionDescription;
    try {
      const answer = await this.#ask({ type, sdp });
      await this.pc.setRemoteDescription(answer);
      for (const candidate of this.#early.splice(0)) await this.pc.addIceCandidate(candidate).catch(() => undefined);
    } catch (e) {
      if (this.#closed) return;
      if (this.pc.signalingState === "have-local-offer") await this.pc.setLocalDescription({ type: "rollback" });
      throw e;
    }
  }

  #ask(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
    return new Promise((resolve, reject) => {
      const answered = (answer: RTCSessionDescriptionInit) => over(() => resolve(answer));
      const over = (settle: () => void) => {
        if (this.#answered !== answered) return; // this offer was given up before, and perhaps another one is out
        clearTimeout(this.#unanswered);
        this.#answered = undefined;
        settle();
      };
      this.#answered = answered;
      this.#unanswered = setTimeout(() => over(() => reject(new Error("no answer from the media server"))), ANSWER_MS);
      this.port.offer(offer).catch((e: Error) => over(() => reject(e)));
    });
  }

  #trackList(): { mid: string; source: Source }[] {
    const list: { mid: string; source: Source }[] = [];
    for (const [source, { mid, direction }] of this.#senders) {
      if (mid !== null && direction === "sendonly") list.push({ mid, source });
    }
    return list;
  }

  #stateChanged(): void {
    const state = this.pc.connectionState;
    clearTimeout(this.#timer);
    if (state === "connected") {
      this.#restarted = false;
      this.emit("connected");
    } else if (state === "disconnected") {
      this.#timer = setTimeout(() => this.#restartIce(), DISCONNECTED_MS);
      this.emit("trouble");
    } else if (state === "failed") {
      this.emit("trouble");
      this.#restartIce();
    }
  }

  #restartIce(): void {
    if (this.#restarted) return this.#fail("the connection was lost");
    this.#restarted = true;
    this.negotiate(true).catch(() => this.#fail("the connection could not be restarted"));
    this.#timer = setTimeout(() => this.connected || this.#fail("the connection was lost"), ANSWER_MS);
  }

  /** Once: it is going to be thrown away. */
  #fail(reason: string): void {
    if (!this.#failed) this.emit("failed", reason);
    this.#failed = true;
  }
}

function setCodecs(transceiver: RTCRtpTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length) transceiver.setCodecPreferences(codecs);
}
