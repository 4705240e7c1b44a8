import type { Source } from "../types.js";
import type { Feed } from "./feed.js";
import type { LocalTracks } from "./local.js";
import { Peer } from "./peer.js";
import type { SignalPort } from "./port.js";
import type { RemoteMedia } from "./remote.js";

interface Link {
  peer: Peer;
  audio?: Feed;
  video?: Feed;
}

/**
 * The documented topology: one connection to each of the others. Also answers single clients while the meeting is on
 * the SFU.
 */
export class Mesh {
  readonly #links = new Map<string, Link>();
  iceServers: RTCIceServer[] = [];
  /** Set when the SFU takes over. */
  retiring = false;

  constructor(
    readonly port: SignalPort,
    readonly local: LocalTracks,
    readonly remote: RemoteMedia,
    /** What the one video track of a participant shows now. */
    readonly videoSource: (participantId: string) => "camera" | "screen",
    readonly onState: (participantId: string, state: RTCPeerConnectionState) => void,
  ) {
    local.on("change", (source) => this.#localChanged(source));
  }

  /** Offers to a participant who was there before us. */
  connect(participantId: string): void {
    if (this.#links.has(participantId)) return;
    this.#open(participantId, true).peer.start();
  }

  async onOffer(from: string, offer: RTCSessionDescriptionInit): Promise<void> {
    const link = this.#links.get(from) ?? this.#open(from, false);
    try {
      await link.peer.onOffer(offer);
    } catch (e) {
      if (this.#links.get(from) !== link) return; // it left, or we did, while its offer was being taken
      // The other side started over with a new connection; its old one can't take this offer.
      console.warn(`onepizza: new connection with ${from}`, e);
      this.close(from);
      await this.#open(from, false).peer.onOffer(offer);
    }
  }

  async onAnswer(from: string, answer: RTCSessionDescriptionInit): Promise<void> {
    await this.#links.get(from)?.peer.onAnswer(answer);
  }

  async onCandidate(from: string, candidate: RTCIceCandidateInit): Promise<void> {
    await this.#links.get(from)?.peer.onCandidate(candidate);
  }

  /** The participant started or stopped sharing: the same track is the screen now, or the camera again. */
  sourceChanged(participantId: string): void {
    const link = this.#links.get(participantId);
    if (!link?.video || link.video.source === this.videoSource(participantId)) return;
    const { receiver } = link.video;
    this.remote.remove(link.video);
    link.video = this.remote.add(participantId, this.videoSource(participantId), "mesh", receiver);
  }

  /** The socket is back: repair what suffered, and connect to those who came meanwhile. */
  resume(participantIds: string[]): void {
    for (const peer of this.peers()) peer.resume();
    for (const id of participantIds) this.connect(id);
  }

  has(participantId: string): boolean {
    return this.#links.has(participantId);
  }

  ids(): string[] {
    return [...this.#links.keys()];
  }

  peers(): Peer[] {
    return [...this.#links.values()].map((l) => l.peer);
  }

  close(participantId: string): void {
    const link = this.#links.get(participantId);
    if (!link) return;
    this.#links.delete(participantId);
    this.remote.remove(link.audio);
    this.remote.remove(link.video);
    link.peer.close();
    this.#tune();
  }

  closeAll(): void {
    for (const id of this.ids()) this.close(id);
  }

  #open(id: string, newcomer: boolean): Link {
    const peer = new Peer(id, newcomer, this.iceServers, this.local, this.port, {
      track: (receiver) => this.#tracked(id, receiver),
      state: (state) => this.onState(id, state),
      mayRestart: () => !this.retiring,
    });
    const link: Link = { peer };
    this.#links.set(id, link);
    this.#tune();
    return link;
  }

  #tracked(id: string, receiver: RTCRtpReceiver): void {
    const link = this.#links.get(id);
    if (!link) return;
    const kind = receiver.track.kind as "audio" | "video";
    if (link[kind]?.receiver === receiver) return;
    this.remote.remove(link[kind]);
    const source = kind === "audio" ? "microphone" : this.videoSource(id);
    link[kind] = this.remote.add(id, source, "mesh", receiver);
  }

  #localChanged(source: Source): void {
    if (source === "screen-audio") return;
    const kind = source === "microphone" ? "audio" : "video";
    for (const peer of this.peers())
      void peer.syncTrack(kind).catch((e: unknown) => console.warn("onepizza: track", e));
  }

  #tune(): void {
    for (const peer of this.peers()) void peer.tune(this.#links.size);
  }
}
