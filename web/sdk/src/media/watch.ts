import type { Feed } from "./feed.js";

/**
 * Tells when pictures really arrive: asks the receivers of pending video feeds ten times a second, of live ones once a
 * second. A slot that carried somebody else may still deliver that one's last frames, so there a key frame has to come
 * (or frames for SETTLE_MS, in case the key frame overtook the message).
 */
const PENDING_MS = 100;
const LIVE_EVERY = 10;
const SETTLE_MS = 900;
const STALL_MS = 2500;

interface Entry {
  feed: Feed;
  reused: boolean;
  since: number;
  frames: number | undefined;
  keyFrames: number;
  lastFrames: number;
  lastChange: number;
}

export class FrameWatch {
  readonly #entries = new Map<Feed, Entry>();
  readonly #onChange: (feed: Feed) => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #tick = 0;

  constructor(onChange: (feed: Feed) => void) {
    this.#onChange = onChange;
  }

  add(feed: Feed, reused: boolean): void {
    const now = performance.now();
    const entry = { feed, reused, since: now, frames: undefined, keyFrames: 0, lastFrames: 0, lastChange: now };
    this.#entries.set(feed, entry);
    void this.#ask(entry);
    this.#timer ??= setInterval(() => this.#poll(), PENDING_MS);
  }

  /** The participant's video was switched off: the next frame counts as the first again. */
  rearm(feed: Feed): void {
    feed.live = false;
    feed.stalled = false;
    this.add(feed, false);
  }

  remove(feed: Feed): void {
    this.#entries.delete(feed);
    if (this.#entries.size || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    this.#tick = (this.#tick + 1) % LIVE_EVERY;
    for (const entry of this.#entries.values()) {
      if (!entry.feed.live || this.#tick === 0) void this.#ask(entry);
    }
  }

  async #ask(entry: Entry): Promise<void> {
    let decoded = 0;
    let keys = 0;
    try {
      (await entry.feed.receiver.getStats()).forEach((s: Record<string, unknown>) => {
        if (s["type"] !== "inbound-rtp") return;
        decoded = Number(s["framesDecoded"] ?? 0);
        keys = Number(s["keyFramesDecoded"] ?? 0);
      });
    } catch {
      return;
    }
    if (this.#entries.get(entry.feed) === entry) this.#judge(entry, decoded, keys, performance.now());
  }

  #judge(entry: Entry, decoded: number, keys: number, now: number): void {
    const { feed } = entry;
    if (entry.frames === undefined) {
      entry.frames = entry.lastFrames = decoded;
      entry.keyFrames = keys;
      return;
    }
    const moved = decoded !== entry.lastFrames;
    if (moved) {
      entry.lastFrames = decoded;
      entry.lastChange = now;
    }
    if (!feed.live) {
      const settled = !entry.reused || keys > entry.keyFrames || now - entry.since > SETTLE_MS;
      if (!moved || !settled) return;
      feed.live = true;
      this.#onChange(feed);
      return;
    }
    const stalled = now - entry.lastChange > STALL_MS;
    if (stalled === feed.stalled) return;
    feed.stalled = stalled;
    this.#onChange(feed);
  }
}
