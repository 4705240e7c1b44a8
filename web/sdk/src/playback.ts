import { Emitter } from "./emitter.js";
import type { Meeting } from "./meeting.js";

/** Plays the others' voices through audio elements of its own, which need not be in the page. */
export class AudioPlayback extends Emitter<{ blocked: [boolean] }> {
  readonly #elements = new Map<string, HTMLAudioElement>();
  readonly #off: () => void;
  #sinkId = "";
  #blocked = false;

  constructor(readonly meeting: Meeting) {
    super();
    this.#off = meeting.on("audio", () => this.#sync());
    this.#sync();
  }

  /** Which loudspeaker; browsers that can't choose stay on the default one. */
  async setSpeaker(sinkId: string): Promise<void> {
    this.#sinkId = sinkId;
    await Promise.allSettled([...this.#elements.values()].map((e) => this.#route(e)));
  }

  /** The browser waited for a gesture: call this from one. */
  resume(): void {
    this.#setBlocked(false);
    for (const element of this.#elements.values()) this.#play(element);
  }

  stop(): void {
    this.#off();
    for (const key of this.#elements.keys()) this.#remove(key);
  }

  #sync(): void {
    const outputs = this.meeting.audioOutputs();
    const keys = new Set(outputs.map((o) => o.key));
    for (const key of this.#elements.keys()) if (!keys.has(key)) this.#remove(key);
    for (const { key, track, muted } of outputs) {
      let element = this.#elements.get(key);
      if (!element) {
        element = new Audio();
        element.srcObject = new MediaStream([track]);
        this.#elements.set(key, element);
        void this.#route(element);
        this.#play(element);
      }
      element.muted = muted;
    }
  }

  #play(element: HTMLAudioElement): void {
    element.play().catch((e: DOMException) => {
      if (e.name === "NotAllowedError") this.#setBlocked(true);
    });
  }

  async #route(element: HTMLAudioElement): Promise<void> {
    if (this.#sinkId && "setSinkId" in element) await element.setSinkId(this.#sinkId).catch(() => undefined);
  }

  #remove(key: string): void {
    const element = this.#elements.get(key);
    this.#elements.delete(key);
    if (element) element.srcObject = null;
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.emit("blocked", blocked);
  }
}
