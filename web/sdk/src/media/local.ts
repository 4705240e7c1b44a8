import { Emitter } from "../emitter.js";
import type { Source } from "../types.js";

/** The tracks this participant sends. The caller owns and stops them. */
export class LocalTracks extends Emitter<{ change: [Source] }> {
  readonly #tracks = new Map<Source, MediaStreamTrack>();

  get(source: Source): MediaStreamTrack | null {
    return this.#tracks.get(source) ?? null;
  }

  set(source: Source, track: MediaStreamTrack | null): void {
    if (this.get(source) === track) return;
    if (track) this.#tracks.set(source, track);
    else this.#tracks.delete(source);
    this.emit("change", source);
  }

  /** The one video track a pairwise connection carries: the screen takes the camera's place. */
  meshVideo(): MediaStreamTrack | null {
    return this.get("screen") ?? this.get("camera");
  }
}
