import { expect, test } from "vitest";
import { parse } from "yaml";
import text from "../../../../docs/openapi.yaml?raw";
import { type Document, entriesOf, headingsOf, slug, withParameters } from "./document.js";
import { LANGUAGES, snippet } from "./languages.js";
import { callOf } from "./request.js";

const api = withParameters(parse(text) as Document);
const entryOf = (operationId: string) => {
  const found = api.tags
    .flatMap(({ name }) => entriesOf(api, name))
    .find(({ operation }) => operation.operationId === operationId);
  if (!found) throw new Error(`no ${operationId}`);
  return found;
};

test("every operation is under a tag that the page lists", () => {
  const all = Object.values(api.paths).flatMap((item) => Object.keys(item).filter((key) => key !== "parameters"));
  expect(api.tags.flatMap(({ name }) => entriesOf(api, name)).length).toBe(all.length);
});

test("the guide's headings are those outside of code", () => {
  expect(headingsOf("## One\n```\n## not this\n```\n### deeper\n## Socket.IO events", "##")).toEqual([
    "One",
    "Socket.IO events",
  ]);
  expect(slug("Socket.IO events")).toBe("socket-io-events");
});

test("a call carries its parameters, its body and the credentials it needs", () => {
  const call = callOf(api, entryOf("kickParticipant"), "https://meet.example", { ApiKey: "mk_1" });
  expect(call.url).toMatch(/^https:\/\/meet\.example\/api\/meetings\/[a-z-]+\/participants\/[0-9a-z]+\/kick$/);
  expect(call.headers).toContainEqual({ name: "x-api-key", value: "mk_1" });
  expect(call.headers).toContainEqual({ name: "x-admin-token", value: "YOUR_ADMIN_TOKEN" });
  expect(JSON.parse(call.postData?.text ?? "")).toHaveProperty("reason");
});

test("a session travels as a cookie", () => {
  const code = snippet("curl", callOf(api, entryOf("me"), "https://meet.example", {}));
  expect(code).toContain("--cookie 'sid=YOUR_SESSION'");
});

test("every operation can be written in every language", () => {
  for (const { name } of api.tags)
    for (const entry of entriesOf(api, name))
      for (const language of LANGUAGES) {
        const code = snippet(language, callOf(api, entry, "https://meet.example", {}));
        expect(code, `${language} ${entry.path}`).toContain("meet.example");
        expect(code).not.toContain("{meetingId}");
      }
});
