import { expect, it } from "vitest";
import { loudness } from "./level.js";

const tone = (amplitude: number) => Float32Array.from({ length: 480 }, (_, i) => amplitude * Math.sin(i / 5));

it("loudness is 0 for silence, 1 for a shout, and grows between", () => {
  expect(loudness(new Float32Array(480))).toBe(0);
  expect(loudness(tone(1))).toBe(1);
  expect(loudness(tone(0.02))).toBeGreaterThan(loudness(tone(0.005)));
});
