// An answer beside the document's example of it.
import assert from "node:assert/strict";

const KINDS = [
  ["money", /^-?\d+\.\d{4}$/],
  ["minutes", /^\d+\.\d{2}$/],
  ["a time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
  ["a time with milliseconds", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  ["a day", /^\d{4}-\d\d-\d\d$/],
  ["an id of a meeting", /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/],
  ["an id of a guest meeting", /^[a-z]{6}-[a-z]{3}$/],
  ["an API key", /^mk_/],
  ["a path to join", /^\/join\//],
  ["an address", /^0x[0-9a-zA-Z.]+$/],
  ["an invite code", /^[A-Za-z0-9]{12}$/],
];

function kindOf(value) {
  if (typeof value === "string") return KINDS.find(([, pattern]) => pattern.test(value))?.[0] ?? "text";
  if (Array.isArray(value)) return "a list";
  return value === null
    ? "null"
    : typeof value === "object"
      ? "an object"
      : typeof value === "number"
        ? value > 1e12
          ? "milliseconds since 1970"
          : "a number"
        : typeof value;
}

/** Each member that is as in the example; `ours`: names of members that aren't the document's. */
export function isLike(actual, example, ours, where = "") {
  const kind = kindOf(example);
  if (kind === "a list") {
    assert.ok(Array.isArray(actual), `${where} is a list`);
    const samples = typeof example[0] === "object" ? example : [];
    if (samples.length) assert.ok(actual.length > 0, `${where} has something to look at`);
    for (const element of actual) {
      const sample = samples.find((s) => s.status === undefined || s.status === element.status) ?? samples[0];
      if (sample) isLike(element, sample, ours, `${where}[]`);
    }
  } else if (kind === "an object") {
    const names = Object.keys(actual).filter((name) => name in example || !ours.includes(name));
    assert.deepEqual(names, Object.keys(example), `${where}: the members, in their order`);
    for (const [name, value] of Object.entries(example)) isLike(actual[name], value, ours, `${where}.${name}`);
  } else if (kind === "text" && /^(\w+\.\.\.|x1y2z3|.*[a-z0-9]{6})$/.test(example))
    assert.equal(typeof actual, "string", where);
  else assert.equal(kindOf(actual), kind, `${where}: ${JSON.stringify(actual)} beside ${JSON.stringify(example)}`);
}
