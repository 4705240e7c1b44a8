import type { Slot } from "../types.js";

export interface SlotChange {
  before: Slot | undefined;
  after: Slot;
}

/** The slots of one SFU connection: mid -> whom it carries. Pure bookkeeping; knows no tracks. */
export class SlotMap {
  readonly #slots = new Map<string, Slot>();

  /** Applies an `sfu:slots` message and answers what really changed, releases before new assignments. */
  apply(slots: readonly Slot[]): SlotChange[] {
    const changes: SlotChange[] = [];
    for (const after of slots) {
      const before = this.#slots.get(after.mid);
      this.#slots.set(after.mid, after);
      if (!before && after.participantId === null) continue;
      if (before && before.participantId === after.participantId && before.source === after.source) continue;
      changes.push({ before, after });
    }
    return changes.sort((a, b) => Number(a.after.participantId !== null) - Number(b.after.participantId !== null));
  }

  get(mid: string): Slot | undefined {
    return this.#slots.get(mid);
  }

  values(): Slot[] {
    return [...this.#slots.values()];
  }

  clear(): void {
    this.#slots.clear();
  }
}
