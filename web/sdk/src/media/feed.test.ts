import { describe, expect, it } from "vitest";
import { chooseFeed, type Feed } from "./feed.js";

let serial = 0;
const feed = (via: "mesh" | "sfu", live: boolean) => ({ via, live, stalled: false, serial: ++serial }) as Feed;

describe("chooseFeed", () => {
  it("keeps a live mesh picture until the SFU's is live too", () => {
    const mesh = feed("mesh", true);
    const sfu = feed("sfu", false);
    expect(chooseFeed([mesh, sfu])).toBe(mesh);
    sfu.live = true;
    expect(chooseFeed([mesh, sfu])).toBe(sfu);
  });

  it("goes back to the mesh when the SFU's feed is gone", () => {
    const mesh = feed("mesh", true);
    expect(chooseFeed([mesh])).toBe(mesh);
  });

  it("prefers the newer of two live SFU feeds, whatever their order", () => {
    const old = feed("sfu", true);
    const young = feed("sfu", true);
    expect(chooseFeed([old, young])).toBe(young);
    expect(chooseFeed([young, old])).toBe(young);
  });

  it("keeps the old connection's picture while the new connection has none", () => {
    const old = feed("sfu", true);
    expect(chooseFeed([old, feed("sfu", false)])).toBe(old);
  });

  it("has nothing to show without feeds", () => {
    expect(chooseFeed([])).toBeUndefined();
  });
});
