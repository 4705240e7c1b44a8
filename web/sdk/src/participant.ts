import type { Feed } from "./media/feed.js";
import type { RemoteMedia } from "./media/remote.js";
import type { ParticipantInfo, Source, Via } from "./types.js";

export interface RemoteTrack {
  track: MediaStreamTrack;
  via: Via;
  /** A picture of this participant has arrived. Until then show that it is connecting. */
  live: boolean;
  /** It was live, but nothing has come for a while. */
  stalled: boolean;
}

/** Somebody else in the meeting. A live object: its fields change, the meeting's events say when. */
export class Participant {
  readonly id: string;
  name: string;
  isMuted = false;
  isVideoOff = false;
  isScreenSharing = false;
  isHandRaised = false;
  isAdmin = false;
  joinedAt: number;
  readonly #remote: RemoteMedia;

  constructor(info: ParticipantInfo, remote: RemoteMedia) {
    this.id = info.participantId;
    this.name = info.name;
    this.joinedAt = info.joinedAt ?? Date.now();
    this.#remote = remote;
    this.apply(info);
  }

  /** Takes over what a message says; leaves the rest. */
  apply(info: Partial<ParticipantInfo>): void {
    this.name = info.name ?? this.name;
    this.isMuted = info.isMuted ?? this.isMuted;
    this.isVideoOff = info.isVideoOff ?? this.isVideoOff;
    this.isScreenSharing = info.isScreenSharing ?? this.isScreenSharing;
    this.isHandRaised = info.isHandRaised ?? this.isHandRaised;
    this.isAdmin = info.isAdmin ?? this.isAdmin;
  }

  get info(): ParticipantInfo {
    const { id, name, isMuted, isVideoOff, isScreenSharing, isHandRaised, isAdmin, joinedAt } = this;
    return { participantId: id, name, isMuted, isVideoOff, isScreenSharing, isHandRaised, isAdmin, joinedAt };
  }

  /** The track to show for this source; undefined while there is none. */
  track(source: Source): RemoteTrack | undefined {
    const feed: Feed | undefined = this.#remote.shown(this.id, source);
    return feed && { track: feed.track, via: feed.via, live: feed.live, stalled: feed.stalled };
  }
}
