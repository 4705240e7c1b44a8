import { Emitter } from "../emitter.js";
import type { Slot, View } from "../types.js";
import type { Feed } from "./feed.js";
import type { LocalTracks } from "./local.js";
import { SFU, type SignalPort } from "./port.js";
import type { RemoteMedia } from "./remote.js";
import { SfuLink, type SfuOptions } from "./sfulink.js";
import { SlotMap } from "./slots.js";

const RETRY_MS = [500, 1000, 2000, 4000, 8000];
/** How long an old connection is kept for what it last showed, once the new one is up. */
const OLD_KEPT_MS = 6000;
const VIEW_MS = 120;

export type SfuState = "off" | "connecting" | "connected" | "trouble";

interface Generation {
  link: SfuLink;
  slots: SlotMap;
  feeds: Map<string, Feed>;
}

/** All that comes and goes through the SFU, over as many connections as it takes. Assigns slots to participants. */
export class SfuMedia extends Emitter<{ state: [SfuState]; audio: []; failed: [reason: string] }> {
  state: SfuState = "off";
  #now: Generation | undefined;
  #next: Generation | undefined;
  #old: Generation[] = [];
  #oldTimer: ReturnType<typeof setTimeout> | undefined;
  /**
   * Whose offers have no answer yet. Answers come in the order of the offers, and an offer is acknowledged after its
   * answer.
   */
  #asked: SfuLink[] = [];
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #views: View[] | undefined;
  #viewTimer: ReturnType<typeof setTimeout> | undefined;
  iceServers: RTCIceServer[] = [];

  constructor(
    readonly port: SignalPort,
    readonly local: LocalTracks,
    readonly remote: RemoteMedia,
    readonly options: SfuOptions,
  ) {
    super();
    local.on("change", (source) => {
      for (const g of [this.#now, this.#next]) {
        g?.link.syncTrack(source).catch((e: unknown) => console.warn("onepizza: track", e));
      }
    });
  }

  get started(): boolean {
    return this.state !== "off";
  }

  get link(): SfuLink | undefined {
    return this.#now?.link ?? this.#next?.link;
  }

  start(): void {
    if (!this.started) this.#connect();
  }

  /** Makes a new connection at once; what is shown stays until the new one shows it. */
  restart(): void {
    this.#attempt = 0;
    this.#connect();
  }

  /** The socket is back: go on, or start over if the media had gone too. */
  resume(): void {
    if (!this.started) return;
    if (!this.#now?.link.connected || this.#now.link.isRetired) this.restart();
    this.#sendView();
  }

  stop(): void {
    for (const timer of [this.#retry, this.#viewTimer, this.#oldTimer]) clearTimeout(timer);
    for (const g of [this.#now, this.#next, ...this.#old]) this.#drop(g);
    this.#now = this.#next = undefined;
    this.#old = [];
    this.#setState("off");
  }

  onAnswer(answer: RTCSessionDescriptionInit): void {
    const link = this.#asked.shift(); // perhaps one that was given up meanwhile: it doesn't listen any more
    if (link && link === this.#next?.link) this.#takeOver();
    link?.onAnswer(answer);
    this.#sendView();
  }

  onCandidate(candidate: RTCIceCandidateInit): void {
    void (this.#next ?? this.#now)?.link.onCandidate(candidate);
  }

  onSlots(slots: Slot[]): void {
    const g = this.#now;
    if (!g) return;
    for (const { before, after } of g.slots.apply(slots)) {
      const receiver = g.link.slot(after.mid)?.receiver;
      this.remote.remove(g.feeds.get(after.mid));
      g.feeds.delete(after.mid);
      if (!receiver || after.participantId === null || after.kind !== "video" || !after.source) continue;
      const reused = before !== undefined && before.participantId !== null;
      g.feeds.set(after.mid, this.remote.add(after.participantId, after.source, "sfu", receiver, reused));
    }
    this.emit("audio");
  }

  setView(views: View[]): void {
    this.#views = views;
    clearTimeout(this.#viewTimer);
    this.#viewTimer = setTimeout(() => this.#sendView(), VIEW_MS);
  }

  /** The audio slots of the connection in use and whom they carry. */
  audioSlots(): { key: string; receiver: RTCRtpReceiver; participantId: string | null }[] {
    const g = this.#now;
    if (!g) return [];
    const audio = g.link.slots.filter((t) => t.receiver.track.kind === "audio");
    return audio.map(({ mid, receiver }) => ({
      key: `sfu-${receiver.track.id}`,
      receiver,
      participantId: (mid && g.slots.get(mid)?.participantId) || null,
    }));
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (!this.port.connected) return this.#setState("trouble");
    this.#drop(this.#next);
    this.#now?.link.retire();
    if (this.state === "off") this.#setState("connecting");
    else if (!this.#now?.link.connected) this.#setState("trouble");
    const link: SfuLink = new SfuLink(
      this.iceServers,
      this.local,
      {
        offer: (offer) => this.#ask(link, offer),
        candidate: (candidate) => this.port.candidate(SFU, candidate),
        tracks: (tracks) => this.port.tracks(tracks),
      },
      this.options,
    );
    const g: Generation = { link, slots: new SlotMap(), feeds: new Map() };
    this.#next = g;
    link.on("connected", () => this.#connected(g));
    link.on("failed", (reason) => this.#failed(g, reason));
    link.on("trouble", () => g === this.#now && this.#setState("trouble"));
    link.negotiate().catch((e: Error) => this.#failed(g, e.message));
  }

  async #ask(link: SfuLink, offer: RTCSessionDescriptionInit): Promise<void> {
    this.#asked.push(link);
    try {
      await this.port.offer(SFU, offer);
    } finally {
      const at = this.#asked.indexOf(link); // without an answer: refused, or the socket is gone
      if (at >= 0) this.#asked.splice(at, 1);
    }
  }

  /**
   * The server has taken the next connection's offer: it is the one in use, though what the old one shows stays for a
   * while.
   */
  #takeOver(): void {
    clearTimeout(this.#oldTimer);
    if (this.#now) this.#old.push(this.#now);
    this.#now = this.#next;
    this.#next = undefined;
  }

  #connected(g: Generation): void {
    if (g !== this.#now) return;
    this.#attempt = 0;
    this.#setState("connected");
    this.emit("audio");
    clearTimeout(this.#oldTimer);
    this.#oldTimer = setTimeout(() => {
      for (const old of this.#old.splice(0)) this.#drop(old);
    }, OLD_KEPT_MS);
  }

  #failed(g: Generation, reason: string): void {
    if (g !== this.#now && g !== this.#next) return;
    console.warn(`onepizza: media server: ${reason}`);
    this.emit("failed", reason);
    if (g === this.#next) {
      this.#drop(g);
      this.#next = undefined;
    }
    this.#setState("trouble");
    const delay = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] ?? 8000;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  #drop(g: Generation | undefined): void {
    if (!g) return;
    for (const feed of g.feeds.values()) this.remote.remove(feed);
    g.feeds.clear();
    g.link.close();
  }

  #sendView(): void {
    if (this.#views && this.#now && this.port.connected) this.port.view(this.#views, this.options.videoSlots);
  }

  #setState(state: SfuState): void {
    if (this.state === state) return;
    this.state = state;
    this.emit("state", state);
  }
}
