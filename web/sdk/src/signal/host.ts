import type { MeetingError, MeetingSettings } from "../types.js";
import type { SignalSocket } from "./socket.js";

/** What a host may do. The server refuses everybody else: every promise may reject with code "forbidden". */
export class HostControls {
  constructor(
    readonly socket: SignalSocket,
    readonly meetingId: () => string,
  ) {}

  mute = (participantId: string) => this.#do("admin:mute", { participantId });
  /** Asks; nobody is unmuted by another. */
  unmute = (participantId: string) => this.#do("admin:unmute", { participantId });
  kick = (participantId: string, reason?: string) =>
    this.#do("admin:kick", reason ? { participantId, reason } : { participantId });
  muteAll = () => this.#do("admin:mute-all", {});
  lock = () => this.#do("admin:lock", {});
  unlock = () => this.#do("admin:unlock", {});
  settings = (change: Partial<MeetingSettings>) => this.#do("admin:settings", change);
  /** The server hangs up on us too, perhaps before it says yes. */
  end = (reason?: string) =>
    this.#do("admin:end", reason ? { reason } : {}).catch((e: MeetingError) => {
      if (e.code !== "unavailable") throw e;
    });
  admit = (socketId: string) => this.#do("waiting-room:admit", { meetingId: this.meetingId(), socketId });
  deny = (socketId: string) => this.#do("waiting-room:deny", { meetingId: this.meetingId(), socketId });
  /** Tells everybody that the host records. */
  recordingStarted = (hostName: string) => this.#do("recording:broadcast-started", { hostName });
  recordingStopped = () => this.#do("recording:broadcast-stopped", {});

  async #do(event: string, payload: unknown): Promise<void> {
    await this.socket.ask(event, payload);
  }
}
