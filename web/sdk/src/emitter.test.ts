import { describe, expect, it, vi } from "vitest";
import { Emitter } from "./emitter.js";

class Bell extends Emitter<{ ring: [times: number]; stop: [] }> {
  ring = (times: number) => this.emit("ring", times);
}

describe("Emitter", () => {
  it("calls every listener with the event's arguments", () => {
    const bell = new Bell();
    const heard: number[] = [];
    bell.on("ring", (n) => heard.push(n));
    bell.on("ring", (n) => heard.push(n * 10));
    bell.ring(2);
    expect(heard).toEqual([2, 20]);
  });

  it("stops calling after unsubscribing, and calls a once-listener once", () => {
    const bell = new Bell();
    const on = vi.fn();
    const once = vi.fn();
    const off = bell.on("ring", on);
    bell.once("ring", once);
    bell.ring(1);
    off();
    bell.ring(2);
    expect(on.mock.calls).toEqual([[1]]);
    expect(once.mock.calls).toEqual([[1]]);
  });

  it("lets the others hear the event when one listener throws", () => {
    const bell = new Bell();
    const complaint = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const heard = vi.fn();
    bell.on("ring", () => {
      throw new Error("deaf");
    });
    bell.on("ring", heard);
    bell.ring(1);
    expect(heard).toHaveBeenCalledOnce();
    expect(complaint).toHaveBeenCalledOnce();
    complaint.mockRestore();
  });

  it("doesn't call a listener that was added while the event goes round", () => {
    const bell = new Bell();
    const late = vi.fn();
    bell.on("ring", () => void bell.on("ring", late));
    bell.ring(1);
    expect(late).not.toHaveBeenCalled();
  });
});
