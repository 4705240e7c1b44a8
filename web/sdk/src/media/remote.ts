import { Emitter } from "../emitter.js";
import type { Source, Via } from "../types.js";
import { chooseFeed, type Feed } from "./feed.js";
import { FrameWatch } from "./watch.js";

type RemoteEvents = {
  /** What to show for this participant changed (track, path, liveness). */
  change: [participantId: string];
};

const key = (participantId: string, source: Source): string => `${source}/${participantId}`;

/** All tracks of the others, by participant and source, whichever way they come. */
export class RemoteMedia extends Emitter<RemoteEvents> {
  readonly #feeds = new Map<string, Feed[]>();
  readonly #shown = new Map<string, Feed>();
  readonly #watch = new FrameWatch((feed) => this.#settle(feed.participantId, feed.source));
  #serial = 0;

  /** A path offers a track. `reused`: its receiver carried another participant just before. */
  add(participantId: string, source: Source, via: Via, receiver: RTCRtpReceiver, reused = false): Feed {
    const track = receiver.track;
    const live = track.kind === "audio";
    const feed: Feed = { participantId, source, via, track, receiver, live, stalled: false, serial: ++this.#serial };
    const k = key(participantId, source);
    this.#feeds.set(k, [...(this.#feeds.get(k) ?? []), feed]);
    if (!live) this.#watch.add(feed, reused);
    this.#settle(participantId, source);
    return feed;
  }

  remove(feed: Feed | undefined): void {
    if (!feed) return;
    const k = key(feed.participantId, feed.source);
    const rest = (this.#feeds.get(k) ?? []).filter((f) => f !== feed);
    if (rest.length) this.#feeds.set(k, rest);
    else this.#feeds.delete(k);
    this.#watch.remove(feed);
    this.#settle(feed.participantId, feed.source);
  }

  /** The participant switched this video off: its next frame is a first frame again. */
  rearm(participantId: string, source: Source): void {
    for (const feed of this.#feeds.get(key(participantId, source)) ?? []) this.#watch.rearm(feed);
    this.emit("change", participantId);
  }

  shown(participantId: string, source: Source): Feed | undefined {
    return this.#shown.get(key(participantId, source));
  }

  feeds(): Feed[] {
    return [...this.#feeds.values()].flat();
  }

  clear(): void {
    for (const feed of this.feeds()) this.remove(feed);
  }

  #settle(participantId: string, source: Source): void {
    const k = key(participantId, source);
    const feed = chooseFeed(this.#feeds.get(k) ?? []);
    if (feed) this.#shown.set(k, feed);
    else this.#shown.delete(k);
    this.emit("change", participantId);
  }
}
