/** What goes over the socket, and what the SDK's user sees of it. Field names are the documented ones. */

/** What a report of an error is about. */
export type ErrorKind = "webrtc" | "media" | "signaling" | "app";

export type Topology = "mesh" | "sfu";
export type Source = "camera" | "microphone" | "screen" | "screen-audio";
export type VideoSource = "camera" | "screen";
export type Via = "mesh" | "sfu";

export interface ParticipantInfo {
  participantId: string;
  name: string;
  isMuted?: boolean;
  isVideoOff?: boolean;
  isScreenSharing?: boolean;
  isHandRaised?: boolean;
  isAdmin?: boolean;
  joinedAt?: number;
}

export interface MeetingSettings {
  muteOnJoin: boolean;
  videoOffOnJoin: boolean;
  maxParticipants: number;
  locked: boolean;
  waitingRoom: boolean;
  title?: string;
  topology?: "auto" | Topology;
}

export interface Joined {
  participantId: string;
  participants: ParticipantInfo[];
  settings: MeetingSettings;
  title: string;
  isAdmin: boolean;
  topology?: Topology;
  resumeToken?: string;
  iceServers?: RTCIceServer[];
}

export interface ChatMessage {
  id?: string;
  from: string;
  name: string;
  text: string;
  timestamp: number;
}

export interface ChatReaction {
  messageId: string;
  emoji: string;
  from?: string;
  participantId?: string;
  name?: string;
}

export interface Caption {
  from: string;
  name: string;
  text: string;
  final: boolean;
}

export interface WaitingPerson {
  socketId: string;
  name: string;
  count: number;
  removed?: boolean;
}

/** One receive-only m-line of the SFU connection and whom it carries now. */
export interface Slot {
  mid: string;
  kind: "audio" | "video";
  participantId: string | null;
  source: Source | null;
}

/** What the client shows, most wanted first; sizes in CSS pixels times the device's pixel ratio. */
export interface View {
  participantId: string;
  source: VideoSource;
  width: number;
  height: number;
  pinned?: boolean;
}

export interface Speakers {
  speakers: { participantId: string; level: number }[];
  dominant: string | null;
}

export interface SfuQuality {
  uplink?: Record<string, unknown>;
  downlink?: Record<string, unknown>;
  score?: number;
}

export type ErrorCode =
  | "not_found"
  | "locked"
  | "full"
  | "scheduled"
  | "ended"
  | "denied"
  | "bad_token"
  | "bad_request"
  | "not_joined"
  | "already_joined"
  | "rate_limited"
  | "forbidden"
  | "unavailable"
  | "kicked"
  | "left"
  | "timeout"
  | "unknown";

export interface WireError {
  message: string;
  code?: string;
  scheduledAt?: string;
}

/** Every failure the SDK reports: `code` for programs, `message` for people. */
export class MeetingError extends Error {
  override readonly name = "MeetingError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** ISO time, with code "scheduled". */
    readonly scheduledAt?: string,
  ) {
    super(message);
  }

  static from(wire: WireError | undefined): MeetingError {
    const code = (wire?.code ?? guessCode(wire?.message ?? "")) as ErrorCode;
    return new MeetingError(code, wire?.message ?? "Something went wrong", wire?.scheduledAt);
  }
}

/** A server that knows only the document sends no code. */
function guessCode(message: string): ErrorCode {
  const words: [RegExp, ErrorCode][] = [
    [/not found|no such|does not exist|doesn't exist/i, "not_found"],
    [/locked/i, "locked"],
    [/\bfull\b|maximum/i, "full"],
    [/scheduled|not started/i, "scheduled"],
    [/ended/i, "ended"],
    [/denied|declined/i, "denied"],
    [/token/i, "bad_token"],
  ];
  return words.find(([re]) => re.test(message))?.[1] ?? "unknown";
}
