// Nothing that stands in a field, a path or a query makes a 5xx, or anything but what docs/openapi.yaml allows: every
// operation of the document is asked, with valid credentials, with every value below in each of its fields.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Everything, exampleOf, fieldsOf, queriesOf } from "./lib/everything.mjs";
import { operations } from "../lib/openapi.mjs";
import { startWorld } from "../lib/world.mjs";

const HOSTILE = [
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  "\\'; --",
  "$1",
  "%s%n%x",
  '"',
  "`id`",
  "$(reboot)",
  "{{7*7}}",
  "../../../../etc/passwd",
  "<script>alert(1)</script>",
  "\0",
  "a\0b",
  "\r\nSet-Cookie: sid=evil",
  "\u202Eevil",
  "é👋".repeat(50),
  "\uFFFF\uFFFE",
  "\u0001\u001f\u007f",
  "x".repeat(300),
  "x".repeat(20_000),
  " ",
  "",
  0,
  -1,
  1.5,
  1e30,
  -1e30,
  2 ** 53,
  Number.MIN_VALUE,
  true,
  false,
  null,
  [],
  {},
  [[]],
  ["a\0b"],
  { a: { b: [1, "'"] } },
];
// what JSON.stringify() can't write
const NOT_PLAIN = ['"\\ud800"', '"\\udfff\\ud800"', "1e400", "-0", "123456789012345678901234567890", "0.1e-400"];
const IDS = [
  "%27%20OR%20%271%27%3D%271",
  "%27%3B--",
  "%00",
  "a%00b",
  "..%2f..%2fetc",
  "%ff%fe",
  "%F0%9F%91%8B",
  "x".repeat(128),
  "x".repeat(1000),
  "0",
  "-1",
  "1.5",
  "1e3",
  "NaN",
  "99999999999999999999",
  "9223372036854775807",
  "9223372036854775808",
  "%D9%A1",
  "+1",
  "%2B1",
  "1%202",
  "null",
  "undefined",
  "[object%20Object]",
  "%",
];

// this world has neither
const UNAVAILABLE = ["/api/billing/stripe/checkout", "/api/billing/usdc/address", "/api/billing/stripe/webhook"];
const PASSWORD_IS_ASKED = ["/api/auth/login", "/api/auth/change-password"];

let world, all;
before(async () => {
  world = await startWorld({ name: "values", env: { WEBHOOK_ALLOW_INSECURE: "1" } });
  all = await Everything.of(world);
});
after(() => world?.stop());

/** Holds the answer against the document (by world.api), and refuses 5xx. */
async function survives(found, path, options, what) {
  const answer = await world.api(found.method, path, { ...all.credentials(found), ...options });
  const mayBe503 = UNAVAILABLE.includes(found.template) && answer.status === 503;
  assert.ok(answer.status < 500 || mayBe503, `${found.method} ${path} with ${what}: ${answer.status} ${answer.text}`);
  if (!PASSWORD_IS_ASKED.includes(found.template))
    assert.notEqual(answer.status, 401, `${found.method} ${path}: it didn't come to the value`);
  assert.ok(
    !/postgres|syntax error|relation|column|SELECT|\.c:\d/i.test(answer.status >= 400 ? answer.text : ""),
    `it tells of its inside: ${answer.text}`,
  );
  return answer;
}

for (const found of operations) {
  const { method, template } = found;
  const fields = fieldsOf(found);

  if (fields.length) {
    test(`${method} ${template}: hostile values in ${fields.join(", ")}`, { timeout: 120_000 }, async () => {
      const example = exampleOf(found);
      for (const field of fields) {
        for (const value of HOSTILE) {
          await all.live();
          await survives(
            found,
            all.address(template),
            { body: { ...example, [field]: value } },
            `${field} = ${JSON.stringify(value).slice(0, 60)}`,
          );
        }
        for (const text of NOT_PLAIN) {
          await all.live();
          const body = JSON.stringify({ ...example, [field]: "@@@" }).replace('"@@@"', text);
          await survives(found, all.address(template), { body }, `${field} = ${text}`);
        }
      }
    });
  }

  for (const parameter of [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)) {
    test(`${method} ${template}: hostile values for ${parameter} in the path`, { timeout: 60_000 }, async () => {
      await all.live();
      for (const value of IDS) {
        const path = all.address(template, { [parameter]: value });
        const answer = await world.api(method, path, {
          ...all.credentials(found),
          body: exampleOf(found),
          checked: false,
        });
        assert.ok([400, 401, 403, 404].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
        assert.equal(typeof answer.json.error, "string");
        assert.ok(!/postgres|syntax error at|relation|SELECT/i.test(answer.text), answer.text);
      }
    });
  }

  for (const name of [...queriesOf(found), "unknown"]) {
    test(`${method} ${template}: hostile values for ?${name}=`, { timeout: 60_000 }, async () => {
      await all.live();
      if (name === "unknown" && method !== "GET") return;
      for (const value of IDS) {
        const answer = await world.api(method, `${all.address(template)}?${name}=${value}`, {
          ...all.credentials(found),
          body: method === "GET" ? undefined : exampleOf(found),
          checked: false,
        });
        const mayBe503 = UNAVAILABLE.includes(template) && answer.status === 503;
        assert.ok(answer.status < 500 || mayBe503, `${name}=${value}: ${answer.status} ${answer.text}`);
        if (answer.status >= 400) assert.equal(typeof answer.json.error, "string", `${name}=${value}`);
      }
    });
  }
}

test("hostile credentials are refused like any others", async () => {
  for (const value of [
    "'",
    "mk_'; DROP TABLE api_keys; --",
    `mk_${"x".repeat(5000)}`,
    "mk_",
    "mk_%00",
    "mk_é".normalize(),
  ]) {
    const key = Buffer.from(value).toString("latin1");
    const answer = await world.api("GET", "/api/meetings", { key, checked: false });
    assert.ok([400, 401, 431].includes(answer.status), `${value.slice(0, 20)}: ${answer.status} ${answer.text}`);
    const token = await world.api("POST", `/api/meetings/${all.meeting.meetingId}/lock`, {
      token: key,
      checked: false,
    });
    assert.ok([400, 403, 431].includes(token.status), `${value.slice(0, 20)}: ${token.status} ${token.text}`);
    const session = await world.api("GET", "/api/auth/me", { cookie: `sid=${key}`, checked: false });
    assert.ok([400, 401, 431].includes(session.status), `${value.slice(0, 20)}: ${session.status} ${session.text}`);
  }
});

test("after all that, the tables are there, and the account can still log in", async () => {
  assert.ok((await world.sql("SELECT count(*) AS n FROM users"))[0].n >= 3);
  await world.login(all.boss);
  assert.doesNotMatch(world.controlLog(), /syntax error at or near|invalid byte sequence/);
});
