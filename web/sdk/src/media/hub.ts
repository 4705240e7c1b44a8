import { Emitter } from "../emitter.js";
import type { Topology, ParticipantInfo } from "../types.js";
import { LocalTracks } from "./local.js";
import { Mesh } from "./mesh.js";
import type { SignalPort } from "./port.js";
import { RemoteMedia } from "./remote.js";
import type { SfuOptions } from "./sfulink.js";
import { SfuMedia, type SfuState } from "./sfumedia.js";

/**
 * A mesh connection is closed this long after the SFU showed its participant: the other side needs it a little longer.
 */
const MESH_KEPT_MS = 3000;
/**
 * Who neither shows nor says anything has no slot to wait for; this long after connecting the SFU is trusted to carry
 * them.
 */
const SILENT_MS = 8000;
const HANDOVER_TICK_MS = 250;
const SPEAKING_TICK_MS = 250;
const SPEAKING_LEVEL = 0.02;

export interface AudioOutput {
  /** Stable as long as the track plays. */
  key: string;
  track: MediaStreamTrack;
  muted: boolean;
}

type HubEvents = {
  media: [participantId: string];
  audio: [];
  sfu: [SfuState];
  /** A connection to the SFU came to nothing; another one is tried. */
  failed: [reason: string];
  peer: [participantId: string, state: RTCPeerConnectionState];
  /** Loudness in a mesh, 0…1, of those who speak. */
  levels: [Map<string, number>];
};

/** Both topologies behind one face, and the way from one to the other: make before break. */
export class MediaHub extends Emitter<HubEvents> {
  readonly local = new LocalTracks();
  readonly remote = new RemoteMedia();
  readonly mesh: Mesh;
  readonly sfu: SfuMedia;
  topology: Topology = "mesh";
  /** Participants whom the SFU shows and plays now, since when. */
  readonly #onSfu = new Map<string, number>();
  #sfuSince: number | undefined;
  #handover: ReturnType<typeof setInterval> | undefined;
  #speaking: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly port: SignalPort,
    options: SfuOptions,
    readonly info: (participantId: string) => ParticipantInfo | undefined,
  ) {
    super();
    const source = (id: string) => (info(id)?.isScreenSharing ? "screen" : "camera");
    this.mesh = new Mesh(port, this.local, this.remote, source, (id, state) => {
      this.emit("peer", id, state);
      this.emit("audio");
    });
    this.sfu = new SfuMedia(port, this.local, this.remote, options);
    this.remote.on("change", (id) => {
      this.emit("media", id);
      this.emit("audio");
    });
    this.sfu.on("state", (state) => {
      if (state === "connected") this.#sfuSince ??= performance.now();
      this.emit("sfu", state);
    });
    this.sfu.on("audio", () => this.emit("audio"));
    this.sfu.on("failed", (reason) => this.emit("failed", reason));
  }

  start(topology: Topology, others: string[], iceServers: RTCIceServer[]): void {
    this.mesh.iceServers = this.sfu.iceServers = iceServers;
    this.#speaking ??= setInterval(() => this.#measure(), SPEAKING_TICK_MS);
    this.topology = topology;
    this.mesh.retiring = topology === "sfu";
    if (topology === "sfu") this.sfu.start();
    else for (const id of others) this.mesh.connect(id);
  }

  /** The meeting has grown: connect to the SFU, keep the mesh until the SFU shows each participant. */
  toSfu(): void {
    if (this.topology === "sfu") return;
    this.topology = "sfu";
    this.mesh.retiring = true;
    this.sfu.start();
    this.#handover ??= setInterval(() => this.#handOver(), HANDOVER_TICK_MS);
  }

  left(participantId: string): void {
    this.mesh.close(participantId);
    this.#onSfu.delete(participantId);
    for (const feed of this.remote.feeds()) if (feed.participantId === participantId) this.remote.remove(feed);
  }

  updated(participantId: string, change: Partial<ParticipantInfo>): void {
    if (change.isScreenSharing !== undefined) this.mesh.sourceChanged(participantId);
    if (change.isVideoOff) this.remote.rearm(participantId, "camera");
    if (change.isScreenSharing === false) this.remote.rearm(participantId, "screen");
  }

  async onOffer(from: string, offer: RTCSessionDescriptionInit): Promise<void> {
    await this.mesh.onOffer(from, offer);
    if (this.topology === "sfu") this.#handover ??= setInterval(() => this.#handOver(), HANDOVER_TICK_MS);
  }

  /** Everything to play, each participant once: through the mesh until the SFU has taken over. */
  audioOutputs(): AudioOutput[] {
    const out: AudioOutput[] = [];
    for (const feed of this.remote.feeds()) {
      if (feed.source !== "microphone" || feed.via !== "mesh") continue;
      out.push({ key: `mesh-${feed.serial}`, track: feed.track, muted: this.#onSfu.has(feed.participantId) });
    }
    for (const { key, receiver, participantId } of this.sfu.audioSlots()) {
      const meshPlays = participantId !== null && this.mesh.has(participantId) && !this.#onSfu.has(participantId);
      out.push({ key, track: receiver.track, muted: meshPlays });
    }
    return out;
  }

  stop(): void {
    clearInterval(this.#handover);
    clearInterval(this.#speaking);
    this.#handover = this.#speaking = undefined;
    this.#onSfu.clear();
    this.#sfuSince = undefined;
    this.sfu.stop();
    this.mesh.closeAll();
    this.remote.clear();
  }

  #handOver(): void {
    const now = performance.now();
    for (const id of this.mesh.ids()) {
      const since = this.#onSfu.get(id);
      if (since === undefined) {
        if (!this.#sfuShows(id)) continue;
        this.#onSfu.set(id, now);
        this.emit("audio");
      } else if (now - since > MESH_KEPT_MS) {
        this.mesh.close(id);
        this.#onSfu.delete(id);
        this.emit("audio");
      }
    }
    if (this.mesh.ids().length) return;
    clearInterval(this.#handover);
    this.#handover = undefined;
  }

  #sfuShows(id: string): boolean {
    if (this.sfu.state !== "connected") return false;
    const p = this.info(id);
    const shows = (source: "camera" | "screen") => {
      const feed = this.remote.shown(id, source);
      return feed?.via === "sfu" && feed.live;
    };
    if (p?.isScreenSharing) return shows("screen") === true;
    if (p && !p.isVideoOff) return shows("camera") === true;
    const heard = this.sfu.audioSlots().some((s) => s.participantId === id);
    return heard || performance.now() - (this.#sfuSince ?? Infinity) > SILENT_MS;
  }

  #measure(): void {
    if (this.topology !== "mesh") return;
    const levels = new Map<string, number>();
    for (const feed of this.remote.feeds()) {
      if (feed.source !== "microphone") continue;
      const level = feed.receiver.getSynchronizationSources()[0]?.audioLevel ?? 0;
      if (level >= SPEAKING_LEVEL && !this.info(feed.participantId)?.isMuted) levels.set(feed.participantId, level);
    }
    this.emit("levels", levels);
  }
}
