import type { Slot, Source, View } from "../types.js";

/** What the connectors need of signalling. Promises reject when the server refuses or the socket is gone. */
export interface SignalPort {
  offer(to: string, offer: RTCSessionDescriptionInit): Promise<void>;
  answer(to: string, answer: RTCSessionDescriptionInit): Promise<void>;
  candidate(to: string, candidate: RTCIceCandidateInit): void;
  tracks(tracks: { mid: string; source: Source }[]): void;
  view(views: View[], maxVideo: number): void;
  readonly connected: boolean;
}

export type SlotsMessage = { slots: Slot[] };
export const SFU = "sfu";
