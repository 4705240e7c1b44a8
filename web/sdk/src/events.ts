import type { Participant } from "./participant.js";
import type {
  Caption,
  ChatMessage,
  ChatReaction,
  Joined,
  MeetingError,
  MeetingSettings,
  SfuQuality,
  Topology,
  WaitingPerson,
} from "./types.js";

export type MeetingState = "idle" | "connecting" | "waiting" | "joined" | "reconnecting" | "closed";

/** How a meeting is over for us: we left, were removed, it ended, or it could not be joined. */
export interface Closed {
  reason: "left" | "kicked" | "ended" | "failed";
  message: string;
  error?: MeetingError;
}

export type MeetingEvents = {
  state: [MeetingState];
  joined: [Joined];
  closed: [Closed];
  error: [MeetingError];

  "participant-joined": [Participant];
  "participant-left": [Participant];
  "participant-updated": [Participant];
  /** What to show of this participant changed: another track, its first picture, a stall. */
  media: [Participant];
  /** `audioOutputs()` changed. */
  audio: [];
  /** Who speaks, loudest first; our own id may be among them. */
  speakers: [string[]];

  chat: [ChatMessage];
  "chat-history": [ChatMessage[]];
  "chat-reaction": [ChatReaction];
  reaction: [{ participantId: string; emoji: string }];
  caption: [Caption];

  settings: [MeetingSettings];
  /**
   * Our own state was changed by the host or the meeting's settings. Stop sending; asking to unmute is only a request.
   */
  muted: [by: "host" | "all" | "settings"];
  "unmute-requested": [];
  "video-off": [by: "settings"];
  recording: [{ hostName: string } | null];
  /** With the waiting room: to us while we wait, and to hosts about the others. */
  waiting: [message: string];
  "waiting-person": [WaitingPerson];

  topology: [Topology];
  quality: [SfuQuality];
  /** Media doesn't flow just now, though the meeting goes on. */
  "media-state": ["ok" | "connecting" | "trouble"];
};
