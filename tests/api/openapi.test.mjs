// docs/openapi.yaml itself: it is valid, strict, has true examples, and names exactly what the server can be asked.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Validator } from "@seriousme/openapi-schema-validator";

// what is judged here, no server said
process.env.ONEPIZZA_OPENAPI_SEEN = path.join(mkdtempSync(path.join(os.tmpdir(), "onepizza-test-")), "seen.txt");
const { document, misfit, operationOf, operations, seenPairs, validated } = await import("../lib/openapi.mjs");
const { program } = await import("../lib/servers.mjs");

/** Every node of the document with its place, depth first. */
function* nodes(node, place = "") {
  if (typeof node !== "object" || node === null) return;
  yield [node, place];
  for (const [key, child] of Object.entries(node))
    yield* nodes(child, `${place}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

/* By access class (control/access/access.h): the credentials an operation asks for, and answers that it must document. */
const CLASSES = {
  anyone: { security: [], answers: [] },
  "guest-limit": { security: [], answers: [429] },
  login: { security: [], answers: [429] },
  reset: { security: [], answers: [429] },
  api: { security: [], answers: [429] },
  "session-free": { security: [{ Session: [] }], answers: [401, 503] },
  session: { security: [{ Session: [] }], answers: [401, 429, 503] },
  admin: { security: [{ Session: [] }], answers: [401, 403, 503] },
  key: { security: [{ ApiKey: [] }], answers: [401, 429, 503] },
  token: { security: [{ AdminToken: [] }], answers: [403, 404, 429] },
  operator: { security: [], answers: [401] },
  "key-token": { security: [{ ApiKey: [], AdminToken: [] }, { AdminToken: [] }], answers: [401, 403, 404, 429, 503] },
};

async function routes() {
  const { stdout } = await promisify(execFile)(program("control", "onepizza-control"), ["--routes"]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return rows.map(([method, address, access]) => ({
    what: `${method} ${address.replaceAll(/:(\w+)/g, "{$1}")}`,
    access,
  }));
}

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, "3.1");
});

test("every reference leads somewhere", () => {
  for (const [{ $ref }, place] of nodes(document)) {
    if ($ref === undefined) continue;
    const target = $ref
      .split("/")
      .slice(1)
      .reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
    assert.ok($ref.startsWith("#/") && target, `${place} -> ${$ref}`);
  }
});

test("every component is used", () => {
  const text = JSON.stringify(document);
  for (const [kind, components] of Object.entries(document.components)) {
    if (kind === "securitySchemes") continue;
    for (const name of Object.keys(components))
      assert.ok(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`);
  }
});

test("examples are what their schema allows", () => {
  let count = 0;
  const check = (place, value, where) => {
    count++;
    assert.equal(misfit(place, value), "", `the example at ${where}`);
  };
  for (const [node, place] of nodes(document)) {
    if (node.schema && node.example !== undefined) check(`${place}/schema`, node.example, place);
    if (node.schema && node.examples)
      for (const [name, { value }] of Object.entries(node.examples))
        check(`${place}/schema`, value, `${place}/${name}`);
    if (node.type && Array.isArray(node.examples)) for (const value of node.examples) check(place, value, place);
  }
  assert.ok(count > 100, `${count} examples were looked at`);
});

test("an answer's objects are closed: an undocumented field is a fault", () => {
  const closed = (schema, place) => {
    for (const [node, below] of nodes(schema, place)) {
      const isCondition = /\/(if|then|else)(\/|$)/.test(below);
      if (node.type !== "object" || isCondition || below.endsWith("/meta")) continue;
      assert.equal(node.additionalProperties, false, below);
      assert.ok(Array.isArray(node.required), below);
    }
  };
  for (const { operation, place } of operations) closed(operation.responses, `${place}/responses`);
  closed(document.webhooks, "/webhooks");
  closed(document.components.schemas, "/components/schemas");
});

test("every operation has a name of its own, a tag, a summary, and every answer a description", () => {
  const names = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(names, [...new Set(names)]);
  const tags = document.tags.map(({ name }) => name);
  for (const { operation, method, template } of operations) {
    assert.ok(operation.summary && operation.tags.every((tag) => tags.includes(tag)), `${method} ${template}`);
    assert.ok(Array.isArray(operation.security), `${method} ${template} says what it wants`);
    assert.ok(operation.responses[200] || operation.responses[201], `${method} ${template} can succeed`);
    assert.ok(operation.responses[500] ?? operation.responses[503], `${method} ${template} can fail`);
  }
});

test("its operations are the server's routing table", async () => {
  const served = (await routes()).filter(({ access }) => access !== "page").map(({ what }) => what);
  const documented = operations.map(({ method, template }) => `${method} ${template}`);
  assert.deepEqual(
    served.filter((what) => !documented.includes(what)),
    [],
    "served, but not documented",
  );
  assert.deepEqual(
    documented.filter((what) => !served.includes(what)),
    [],
    "documented, but not served",
  );
});

test("what an operation asks of its caller is what the routing table asks", async () => {
  for (const { what, access } of await routes()) {
    if (access === "page") continue;
    const expected = CLASSES[access];
    assert.ok(expected, `${what}: the class ${access}`);
    const { operation } = operationOf(...what.split(" ").map((part) => part.replaceAll(/\{\w+\}/g, "x")));
    // credentials may be sent, and needn't
    const isOpen = operation.security.some((alternative) => Object.keys(alternative).length === 0);
    assert.deepEqual(isOpen ? [] : operation.security, expected.security, what);
    for (const status of expected.answers)
      assert.ok(operation.responses[status], `${what} (${access}) may answer ${status}`);
    if (operation.requestBody)
      for (const status of [400, 413])
        assert.ok(operation.responses[status], `${what} takes a body, and may answer ${status}`);
  }
});

// ---- the judge ----

const answer = (status, body, headers = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
const meeting = {
  meetingId: "qwerty-abc",
  adminToken: "6f1c0b7d-52f9-4e8f-a3c1-d09be8c7aa52",
  joinUrl: "/join/qwerty-abc",
  title: "Quick Sync",
};
const CREATE = ["POST", "/api/meetings/guest"];

/** Of each property what a table of fields knows of it. */
function limits(schema) {
  const { properties } = schema.$ref ? at(schema.$ref) : schema;
  const known = ["type", "enum", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];
  const plain = (property) => (property.$ref ? at(property.$ref) : property);
  const picked = (property) =>
    Object.fromEntries(known.filter((key) => key in property).map((key) => [key, property[key]]));
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, picked(plain(property))]));
}

const at = ($ref) =>
  $ref
    .split("/")
    .slice(1)
    .reduce((node, key) => node[key], document);

test("what can be set of a meeting is the server's table of settings, neither more nor less", async () => {
  const { stdout } = await promisify(execFile)(program("control", "onepizza-control"), ["--settings"]);
  const table = JSON.parse(stdout);
  const body = (method, address) =>
    limits(document.paths[address][method].requestBody.content["application/json"].schema);
  const { title: _, scheduledAt: __, ...atCreation } = body("post", "/api/meetings");
  assert.deepEqual(atCreation, table.atCreation, "POST /api/meetings, beside title and scheduledAt");
  const { title: ___, ...byGuest } = body("post", "/api/meetings/guest");
  assert.deepEqual(byGuest, table.byGuest, "POST /api/meetings/guest, beside title");
  assert.deepEqual(body("patch", "/api/meetings/{meetingId}/settings"), table.byRest, "PATCH settings");
  assert.deepEqual(table.bySocket, table.byRest, "admin:settings, which is documented as PATCH");
  assert.deepEqual(limits({ $ref: "#/components/schemas/Settings" }), table.shown, "the schema Settings");
  assert.deepEqual(
    document.components.schemas.Settings.required,
    Object.keys(table.shown),
    "all settings are in an answer",
  );
  const event = JSON.stringify(document)
    .match(/`meeting:settings-updated` \| `\{([^}]*)\}`/)?.[1]
    .split(", ");
  assert.deepEqual(event, ["title", ...Object.keys(table.shown)], "meeting:settings-updated");
});

test("a documented answer passes, and is noted", async () => {
  const { status, body } = await validated(answer(201, meeting), ...CREATE);
  assert.deepEqual([status, body], [201, meeting]);
  assert.ok(seenPairs().has("POST /api/meetings/guest 201"));
});

for (const [what, response, method, address] of [
  ["an unknown address", answer(200, {}), "GET", "/api/nothing"],
  ["an unknown method", answer(200, {}), "PUT", "/api/meetings/guest"],
  ["an undocumented status", answer(418, { error: "teapot" }), ...CREATE],
  ["an undocumented field", answer(201, { ...meeting, secret: 1 }), ...CREATE],
  ["a missing field", answer(201, { ...meeting, title: undefined }), ...CREATE],
  ["a field of another type", answer(201, { ...meeting, title: 7 }), ...CREATE],
  ["another content type", answer(201, meeting, { "content-type": "text/html" }), ...CREATE],
  ["a body that isn't JSON", answer(201, "oh no"), ...CREATE],
  ["an error that isn't {error}", answer(400, { message: "no" }), ...CREATE],
  ["a 429 without Retry-After", answer(429, { error: "slow down" }), ...CREATE],
  ["a limit that isn't a number", answer(201, meeting, { "ratelimit-limit": "many" }), ...CREATE],
  [
    "a login without a cookie",
    answer(200, { message: "Logged in", email: "a@example.com", accountType: "personal" }),
    "POST",
    "/api/auth/login",
  ],
]) {
  test(`${what} is refused`, () => assert.rejects(validated(response, method, address)));
}

test("a body that the document forbids must not be taken", async () => {
  await validated(answer(201, meeting), ...CREATE, { title: "Quick Sync" });
  await assert.rejects(validated(answer(201, meeting), ...CREATE, { title: 7 }), /it was taken/);
  await validated(answer(400, { error: "title must be a string" }), ...CREATE, { title: 7 });
});

test("a literal address goes before a parameter", () => {
  assert.equal(operationOf("GET", "/api/meetings/history?limit=1").template, "/api/meetings/history");
  assert.equal(operationOf("GET", "/api/meetings/abc-defg-hij").template, "/api/meetings/{meetingId}");
});
