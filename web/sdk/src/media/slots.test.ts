import { describe, expect, it } from "vitest";
import type { Slot } from "../types.js";
import { SlotMap } from "./slots.js";

const slot = (mid: string, participantId: string | null): Slot => ({
  mid,
  kind: "video",
  participantId,
  source: participantId === null ? null : "camera",
});

describe("SlotMap", () => {
  it("reports an assignment once", () => {
    const map = new SlotMap();
    expect(map.apply([slot("5", "ada")])).toEqual([{ before: undefined, after: slot("5", "ada") }]);
    expect(map.apply([slot("5", "ada")])).toEqual([]);
  });

  it("doesn't report an empty slot that was never used", () => {
    expect(new SlotMap().apply([slot("5", null)])).toEqual([]);
  });

  it("tells whom a slot carried before, so that a picture isn't shown under the wrong name", () => {
    const map = new SlotMap();
    map.apply([slot("5", "ada")]);
    const [change] = map.apply([slot("5", "grace")]);
    expect(change?.before?.participantId).toBe("ada");
    expect(map.get("5")?.participantId).toBe("grace");
  });

  it("reports the same participant's other source as a change", () => {
    const map = new SlotMap();
    map.apply([slot("5", "ada")]);
    expect(map.apply([{ ...slot("5", "ada"), source: "screen" }])).toHaveLength(1);
  });

  it("puts releases before assignments, so that a moved participant isn't removed after it was added", () => {
    const map = new SlotMap();
    map.apply([slot("5", "ada")]);
    const order = map.apply([slot("6", "ada"), slot("5", null)]).map((c) => c.after.mid);
    expect(order).toEqual(["5", "6"]);
  });

  it("keeps slots that a message doesn't mention", () => {
    const map = new SlotMap();
    map.apply([slot("5", "ada"), slot("6", "grace")]);
    map.apply([slot("6", null)]);
    expect(map.values().map((s) => s.participantId)).toEqual(["ada", null]);
  });
});
