import { expect, it } from "vitest";
import { AVATAR_TONES, initials, tone } from "./people.js";
import { timeLeft } from "./time.js";

it.each([
  ["Ada Lovelace", "AL"],
  ["grace", "G"],
  ["  Jean  Luc  Picard ", "JP"],
  ["", "?"],
  ["😀 x", "😀X"],
])("initials of %j are %j", (name, letters) => {
  expect(initials(name)).toBe(letters);
});

it("a participant keeps its colour", () => {
  expect(tone("abc")).toBe(tone("abc"));
  for (const id of ["", "a", "😀", "x".repeat(500)]) expect(tone(id)).toBeLessThan(AVATAR_TONES);
});

it.each([
  [0, "0 s"],
  [59_000, "59 s"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [90_000_000, "1 d 1 h"],
])("%i ms is %j", (ms, text) => {
  expect(timeLeft(ms)).toBe(text);
});
