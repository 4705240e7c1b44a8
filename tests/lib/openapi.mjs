// The judge of the API tests: every answer of the server must be one that docs/openapi.yaml allows.
//
//   const { status, body } = await validated(await fetch(...), "POST", "/api/meetings", { title: "Standup" });
//
// What was asked and answered is noted in build/test-logs/openapi-seen.txt, so that openapi.test.mjs can say what no
// test has ever asked (ONEPIZZA_OPENAPI_SEEN names another file).
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const TOP = fileURLToPath(new URL("../../", import.meta.url));
export const DOCUMENT = path.join(TOP, "docs/openapi.yaml");
export const SEEN = process.env.ONEPIZZA_OPENAPI_SEEN ?? path.join(TOP, "build/test-logs/openapi-seen.txt");
export const METHODS = ["get", "put", "post", "delete", "patch"];

export const document = parse(readFileSync(DOCUMENT, "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true, formats: { password: true } });
addFormats(ajv);
ajv.addSchema(document, "document", false, false);

/** A JSON pointer into the document, e.g. pointer("paths", "/healthz", "get"). */
const pointer = (...keys) => keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

function at(place) {
  return place
    .split("/")
    .slice(1)
    .reduce((node, key) => node[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
}

/** The place that a $ref leads to; the place itself if there is none. */
function follow(place) {
  const { $ref } = at(place);
  return $ref ? follow(decodeURIComponent($ref.slice(1))) : place;
}

const sentence = ({ instancePath, message, params }) =>
  `it${instancePath} ${message} ${params.additionalProperty ?? ""}`.trim();

/** What is wrong with a value, or "". */
export function misfit(place, value) {
  const schema = `document#${encodeURI(place)}`;
  const validate = ajv.getSchema(schema) ?? ajv.compile({ $ref: schema });
  return validate(value) ? "" : validate.errors.map(sentence).join("; ");
}

/** [{method, template, operation, place}] */
export const operations = Object.entries(document.paths).flatMap(([template, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    method: method.toUpperCase(),
    template,
    operation: item[method],
    place: pointer("paths", template, method),
    pattern: new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}$`),
    nParameters: template.split("{").length - 1,
  })),
);

/** The operation behind a path; of several the one with the fewest parameters, as the server's router has it. */
export function operationOf(method, address) {
  const { pathname } = new URL(address, "http://server");
  const found = operations.filter((o) => o.method === method.toUpperCase() && o.pattern.test(pathname));
  return found.sort((a, b) => a.nParameters - b.nParameters)[0];
}

const noted = new Set();
function note(found, status) {
  const line = `${found.method} ${found.template} ${status}`;
  if (noted.has(line)) return;
  noted.add(line);
  mkdirSync(path.dirname(SEEN), { recursive: true });
  appendFileSync(SEEN, `${line}\n`);
}

/** The (operation, status) pairs that tests have seen since the file was last removed. */
export function seenPairs() {
  return new Set(existsSync(SEEN) ? readFileSync(SEEN, "utf8").split("\n").filter(Boolean) : []);
}

function checkHeaders(where, headers, declared = {}, place) {
  for (const name of Object.keys(declared)) {
    const header = follow(`${place}/headers${pointer(name)}`);
    const { required, schema } = at(header);
    const value = headers.get(name);
    if (value === null) {
      assert.ok(!required, `${where}: the header ${name} is missing`);
      continue;
    }
    const typed = schema.type === "integer" && /^-?\d+$/.test(value) ? Number(value) : value;
    const bad = misfit(`${header}/schema`, typed);
    assert.ok(!bad, `${where}: the header ${name}: ${value}: ${bad}`);
  }
}

/** A body that the server took must be one that the document allows. */
function checkTaken(where, found, sent) {
  assert.ok(found.operation.requestBody, `${where}: the document knows no body here`);
  const bad = misfit(`${found.place}/requestBody/content/application~1json/schema`, sent);
  assert.ok(!bad, `${where}: it was taken, though ${bad} in ${JSON.stringify(sent)?.slice(0, 500)}`);
}

/**
 * Reads a fetch() response to `method path` and holds it against the document: a known operation, a documented status,
 * its headers, its content type, its body; and if `sent` is the object that was sent and taken, that the document
 * allows it. Answers {status, headers, body}, with body parsed if it is JSON.
 */
export async function validated(response, method, address, sent) {
  const { status, headers } = response;
  const found = operationOf(method, address);
  const where = `${method} ${address} -> ${status}`;
  assert.ok(found, `${where}: docs/openapi.yaml has no such operation`);
  const text = await response.text();
  assert.ok(
    found.operation.responses[status],
    `${where}: this status isn't documented; the body was ${text.slice(0, 500)}`,
  );
  const place = follow(`${found.place}/responses/${status}`);
  const documented = at(place);
  checkHeaders(where, headers, documented.headers, place);
  const type = (headers.get("content-type") ?? "").split(";")[0];
  const [documentedType] = Object.keys(documented.content ?? {});
  assert.ok(type === (documentedType ?? ""), `${where}: the content type is ${type}, not ${documentedType}`);
  const body = type === "application/json" ? JSON.parse(text) : text;
  if (documentedType) {
    const bad = misfit(`${place}/content${pointer(documentedType)}/schema`, body);
    assert.ok(!bad, `${where}: ${bad} in ${text.slice(0, 1000)}`);
  }
  if (sent !== undefined && status < 300) checkTaken(where, found, sent);
  note(found, status);
  return { status, headers, body };
}
