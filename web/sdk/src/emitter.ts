/** A typed event emitter. A listener that throws doesn't keep the others from hearing the event. */
export type Events = Record<string, unknown[]>;
export type Unsubscribe = () => void;

export class Emitter<E extends Events> {
  readonly #listeners = new Map<keyof E, Set<unknown>>();

  on<K extends keyof E>(event: K, listener: (...args: E[K]) => void): Unsubscribe {
    let set = this.#listeners.get(event);
    if (!set) this.#listeners.set(event, (set = new Set()));
    set.add(listener);
    return () => this.off(event, listener);
  }

  once<K extends keyof E>(event: K, listener: (...args: E[K]) => void): Unsubscribe {
    const off = this.on(event, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }

  off<K extends keyof E>(event: K, listener: (...args: E[K]) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  protected emit<K extends keyof E>(event: K, ...args: E[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as (...a: E[K]) => void)(...args);
      } catch (e) {
        console.error(`onepizza: a listener of "${String(event)}" failed`, e);
      }
    }
  }

  protected removeAllListeners(): void {
    this.#listeners.clear();
  }
}
