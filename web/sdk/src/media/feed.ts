import type { Source, Via } from "../types.js";

/** One way in which a participant's track reaches us. There may be two at once while a meeting moves to the SFU. */
export interface Feed {
  readonly participantId: string;
  readonly source: Source;
  readonly via: Via;
  readonly track: MediaStreamTrack;
  readonly receiver: RTCRtpReceiver;
  /** Counts up over all feeds: the higher, the newer. */
  readonly serial: number;
  /** A frame of this participant has been decoded from it. Audio is live at once. */
  live: boolean;
  /** Live, but no frame for a while. */
  stalled: boolean;
}

/**
 * Which feed to show. A live one beats one that has shown nothing yet, so a change of path is never a black picture;
 * then the SFU wins over the mesh and the newer over the older.
 */
export function chooseFeed(feeds: readonly Feed[]): Feed | undefined {
  let best: Feed | undefined;
  for (const feed of feeds) if (!best || better(feed, best)) best = feed;
  return best;
}

function better(a: Feed, b: Feed): boolean {
  if (a.live !== b.live) return a.live;
  if (a.via !== b.via) return a.via === "sfu";
  return a.serial > b.serial;
}
