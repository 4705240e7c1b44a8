// Waiting for a condition. pause() is for tests about time itself, and for "nothing happens meanwhile".
import assert from "node:assert/strict";

const STEP_MS = 150;
export const PATIENCE_MS = 45_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Thrown by a check for which waiting is in vain. */
export class Hopeless extends Error {}

/** Asks again and again until check() answers without throwing; throws its last complaint when the time is over. */
export async function eventually(what, check, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  let complaint;
  do {
    try {
      return await check();
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      complaint = error;
    }
    await pause(STEP_MS);
  } while (Date.now() < end);
  throw new assert.AssertionError({ message: `${what}: not within ${patienceMs / 1000} s: ${complaint.message}` });
}
