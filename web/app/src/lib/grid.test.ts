import { describe, expect, it } from "vitest";
import { gridBoxes, stageBoxes, tileRatio, type Box } from "./grid.js";

const WINDOWS = [
  [1280, 640],
  [1920, 1000],
  [320, 560],
  [800, 600],
  [2400, 500],
] as const;

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function expectTidy(boxes: Box[], width: number, height: number): void {
  for (const [i, a] of boxes.entries()) {
    expect(a.x).toBeGreaterThanOrEqual(0);
    expect(a.y).toBeGreaterThanOrEqual(0);
    expect(a.x + a.width).toBeLessThanOrEqual(width + 0.5);
    expect(a.y + a.height).toBeLessThanOrEqual(height + 0.5);
    for (const b of boxes.slice(i + 1)) expect(overlap(a, b)).toBe(false);
  }
}

describe("gridBoxes", () => {
  it.each(WINDOWS)("keeps 1 to 25 tiles inside %i×%i without overlap", (width, height) => {
    for (let count = 1; count <= 25; count++) {
      const boxes = gridBoxes(width, height, count, 8, 16 / 9);
      expect(boxes).toHaveLength(count);
      expectTidy(boxes, width, height);
    }
  });

  it("keeps 16:9", () => {
    for (const b of gridBoxes(1280, 640, 7, 8, 16 / 9)) expect(b.width / b.height).toBeCloseTo(16 / 9, 1);
  });

  it("puts four into two rows in a wide window and centres a short last row", () => {
    const four = gridBoxes(1280, 720, 4, 0, 16 / 9);
    expect(new Set(four.map((b) => b.y)).size).toBe(2);
    const [, , third] = gridBoxes(1280, 720, 3, 0, 16 / 9);
    expect((third?.x ?? 0) + (third?.width ?? 0) / 2).toBeCloseTo(640, 0);
  });

  it("has nothing to place without tiles or room", () => {
    expect(gridBoxes(100, 100, 0, 8, 1)).toEqual([]);
    expect(gridBoxes(0, 100, 3, 8, 1)).toEqual([]);
  });
});

describe("tileRatio", () => {
  it("is 16:9 except on an upright phone", () => {
    expect(tileRatio(1280, 720, 5)).toBeCloseTo(16 / 9);
    expect(tileRatio(320, 560, 1)).toBeLessThan(1);
  });
});

describe("stageBoxes", () => {
  it.each(WINDOWS)("keeps stage and filmstrip inside %i×%i", (width, height) => {
    for (const others of [0, 1, 4, 30]) {
      const { stage, strip } = stageBoxes(width, height, others, 8);
      expect(strip.length).toBeLessThanOrEqual(others);
      if (others) expect(strip.length).toBeGreaterThan(0);
      expectTidy([stage, ...strip], width, height);
    }
  });
});
