import { io, type Socket } from "socket.io-client";
import type { SignalPort } from "../media/port.js";
import { MeetingError, type ErrorKind, type Source, type View, type WireError } from "../types.js";

const ACK_MS = 15_000;

type Ack = { ok?: boolean; error?: WireError; [field: string]: unknown };

/**
 * The socket, with every event as a promise. A server that knows only the document doesn't acknowledge:
 * `fire` is for what needs no answer, `ask` rejects when the server says no, and takes silence for a yes.
 */
export class SignalSocket implements SignalPort {
  readonly io: Socket;

  constructor(url: string | undefined) {
    const options = {
      autoConnect: false,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 400,
      reconnectionDelayMax: 4000,
    };
    this.io = url === undefined ? io(options) : io(url, options);
  }

  get connected(): boolean {
    return this.io.connected;
  }

  on(event: string, listener: (payload: never) => void): void {
    this.io.on(event, listener as (payload: unknown) => void);
  }

  fire(event: string, payload: unknown): void {
    if (!this.connected) return;
    this.io.emit(event, payload, (answer: Ack | undefined) => {
      if (answer?.ok === false) console.warn(`onepizza: ${event} was refused: ${answer.error?.message ?? ""}`);
    });
  }

  /** For the server's statistics of errors; lost without a connection. */
  report(type: ErrorKind, message: string): void {
    this.fire("client:error", { type, route: "/join", message });
  }

  async ask(event: string, payload: unknown): Promise<Ack> {
    if (!this.connected) throw new MeetingError("unavailable", "Not connected");
    let answer: Ack | undefined;
    try {
      answer = (await this.io.timeout(ACK_MS).emitWithAck(event, payload)) as Ack | undefined;
    } catch {
      if (!this.connected) throw new MeetingError("unavailable", "The connection was lost");
      return {};
    }
    if (answer?.ok === false) throw MeetingError.from(answer.error);
    return answer ?? {};
  }

  async offer(to: string, offer: RTCSessionDescriptionInit): Promise<void> {
    await this.ask("signal:offer", { to, offer });
  }

  async answer(to: string, answer: RTCSessionDescriptionInit): Promise<void> {
    this.fire("signal:answer", { to, answer });
  }

  candidate(to: string, candidate: RTCIceCandidateInit): void {
    this.fire("signal:ice-candidate", { to, candidate });
  }

  tracks(tracks: { mid: string; source: Source }[]): void {
    this.fire("sfu:tracks", { tracks });
  }

  view(views: View[], maxVideo: number): void {
    this.fire("sfu:view", { views, maxVideo });
  }

  close(): void {
    this.io.removeAllListeners();
    this.io.disconnect();
  }
}
