// What stands for the server: a port as the media classes see it, and a socket as the Meeting does.
import type { SignalPort } from "../media/port.js";
import type { Source, View } from "../types.js";

interface Offer {
  to: string;
  offer: RTCSessionDescriptionInit;
  /** The server's acknowledgement: yes, or no with this reason. */
  accept: () => void;
  refuse: (reason: string) => void;
}

/** Keeps what was said; offers wait until the test accepts or refuses them. */
export class FakePort implements SignalPort {
  connected = true;
  readonly offers: Offer[] = [];
  readonly answers: { to: string; answer: RTCSessionDescriptionInit }[] = [];
  readonly candidates: { to: string; candidate: RTCIceCandidateInit }[] = [];
  readonly trackLists: { mid: string; source: Source }[][] = [];
  readonly views: { views: View[]; maxVideo: number }[] = [];

  offer = (to: string, offer: RTCSessionDescriptionInit) =>
    new Promise<void>((resolve, reject) =>
      this.offers.push({ to, offer, accept: resolve, refuse: (reason) => reject(new Error(reason)) }),
    );
  answer = async (to: string, answer: RTCSessionDescriptionInit) => void this.answers.push({ to, answer });
  candidate = (to: string, candidate: RTCIceCandidateInit) => void this.candidates.push({ to, candidate });
  tracks = (tracks: { mid: string; source: Source }[]) => void this.trackLists.push(tracks);
  view = (views: View[], maxVideo: number) => void this.views.push({ views, maxVideo });

  /** The last offer. */
  get offered(): Offer {
    const last = this.offers.at(-1);
    if (!last) throw new Error("nothing was offered");
    return last;
  }
}

type Listener = (...args: unknown[]) => void;
type Ack = { ok: boolean; error?: { code: string; message: string }; [field: string]: unknown };

interface Sent {
  event: string;
  payload: unknown;
  ack: (answer?: Ack) => void;
}

/** socket.io-client's Socket: what was emitted is kept, and acknowledged when the test says so. */
export class FakeSocket {
  static last: FakeSocket;
  connected = false;
  sent: Sent[] = [];
  connects = 0;
  #listeners = new Map<string, Listener[]>();
  #pending = new Set<(error: Error) => void>();

  constructor() {
    FakeSocket.last = this;
  }

  // ---- what a test does to it ----

  /** The connection is up. */
  opens(): void {
    this.connected = true;
    this.says("connect");
  }

  /** The connection is lost; who waits for an acknowledgement is told. */
  drops(reason = "transport close"): void {
    this.connected = false;
    for (const reject of [...this.#pending]) reject(new Error("socket has been disconnected"));
    this.#pending.clear();
    this.says("disconnect", reason);
  }

  /** An event of the server (or the library). */
  says(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }

  /** Everything that was sent under this name. */
  all(event: string): unknown[] {
    return this.sent.filter((s) => s.event === event).map((s) => s.payload);
  }

  /** The last that was sent under this name. */
  the(event: string): Sent {
    const found = this.sent.findLast((s) => s.event === event);
    if (!found) throw new Error(`${event} was not sent, but ${this.sent.map((s) => s.event).join(", ")}`);
    return found;
  }

  // ---- Socket ----

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  removeAllListeners(): void {
    this.#listeners.clear();
  }

  connect(): void {
    this.connects++;
  }

  disconnect(): void {
    if (this.connected) this.drops("io client disconnect");
  }

  emit(event: string, payload: unknown, ack: (answer?: Ack) => void = () => undefined): void {
    this.sent.push({ event, payload, ack });
  }

  timeout = (ms: number) => ({
    emitWithAck: (event: string, payload: unknown) =>
      new Promise((resolve, reject) => {
        const over = (settle: () => void) => {
          clearTimeout(timer);
          this.#pending.delete(reject);
          settle();
        };
        const timer = setTimeout(() => over(() => reject(new Error("operation has timed out"))), ms);
        this.#pending.add((e) => over(() => reject(e)));
        this.sent.push({ event, payload, ack: (answer) => over(() => resolve(answer)) });
      }),
  });
}
