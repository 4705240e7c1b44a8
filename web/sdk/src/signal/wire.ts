import type { MeetingEvents } from "../events.js";
import type { SignalSocket } from "./socket.js";

type Emit = <K extends keyof MeetingEvents>(event: K, ...args: MeetingEvents[K]) => void;
type Relay = { [K in keyof MeetingEvents]?: (payload: never) => MeetingEvents[K] };

/** Server events that are only handed on: the server's name, ours, and how its payload becomes our arguments. */
const RELAYS = [
  ["chat:message", { chat: (m) => [m] }],
  [
    "chat:history",
    { "chat-history": (h: { messages?: never[] } | never[]) => [Array.isArray(h) ? h : (h.messages ?? [])] },
  ],
  ["chat:react", { "chat-reaction": (r) => [r] }],
  ["react", { reaction: (r) => [r] }],
  ["caption", { caption: (c) => [c] }],
  ["recording:started", { recording: (r) => [r] }],
  ["recording:stopped", { recording: () => [null] }],
  ["waiting-room:participant-waiting", { "waiting-person": (w) => [w] }],
  [
    "sfu:speakers",
    { speakers: (s: { speakers: { participantId: string }[] }) => [s.speakers.map((p) => p.participantId)] },
  ],
  ["sfu:quality", { quality: (q) => [q] }],
] as const satisfies readonly (readonly [string, Relay])[];

export function wire(socket: SignalSocket, emit: Emit): void {
  for (const [name, relay] of RELAYS) {
    for (const [event, args] of Object.entries(relay)) {
      socket.on(name, (payload) =>
        emit(event as keyof MeetingEvents, ...((args as (p: never) => never)(payload) as never)),
      );
    }
  }
}
