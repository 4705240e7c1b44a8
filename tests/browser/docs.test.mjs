// /docs in Chromium, as an integrator uses it: reads, tries calls, copies code. Under the policy that control sends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN } from "../lib/servers.mjs";
import { eventually } from "../lib/wait.mjs";
import { useWorld } from "./lib/world.mjs";

const TIMEOUT = { timeout: 90_000 };

const world = useWorld("docs");

/** A page at /docs and an address in it; what it asked for, and what it or the policy complained of. */
async function openDocs(context, hash = "", options = {}) {
  const { width = 1280, height = 900, colorScheme = "light" } = options;
  const page = await (await world.chromium.newContext({ viewport: { width, height }, colorScheme })).newPage();
  page.asked = [];
  page.complaints = [];
  page.on("request", (request) => page.asked.push(request.url()));
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.exposeFunction("violated", (what) => page.complaints.push(what));
  await page.addInitScript(() =>
    document.addEventListener("securitypolicyviolation", (e) =>
      globalThis.violated(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`),
    ),
  );
  await page.goto(`${world.server.url}/docs${hash}`);
  await page.locator(".opblock").first().waitFor();
  context.after(() => page.context().close());
  return page;
}

function assertClean(page) {
  assert.deepEqual(page.complaints, []);
  const foreign = page.asked.filter(
    (url) => !url.startsWith("data:") && !url.startsWith("blob:") && new URL(url).origin !== world.server.url,
  );
  assert.deepEqual(foreign, [], "requests to elsewhere");
}

/** Opens an operation's form by the page's own address for it. */
async function openForm(page, tag, operationId) {
  await page.evaluate((hash) => (location.hash = hash), `#/${encodeURIComponent(tag)}/${operationId}`);
  const block = page.locator(`#operations-${tag.replaceAll(" ", "_")}-${operationId}`);
  await block.locator(".execute").waitFor();
  return block;
}

/** Sends a form; answers the status and the body that the page shows. */
async function send(block) {
  await block.locator(".execute").click();
  const row = block.locator(".live-responses-table .response");
  await row.locator(".response-col_status").waitFor();
  const status = Number.parseInt(await row.locator(".response-col_status").innerText(), 10);
  const text = await row.locator(".response-col_description .microlight").first().innerText();
  return { status, body: JSON.parse(text) };
}

const post = (page, address, body) =>
  page.evaluate(
    async ([where, what]) => {
      const response = await fetch(where, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(what),
      });
      return { status: response.status, body: await response.json() };
    },
    [address, body],
  );

test("the documentation is complete as a page, and asks nobody else", TIMEOUT, async (context) => {
  const page = await openDocs(context);
  const operations = await (await fetch(`${world.server.url}/docs/openapi.json`)).json();
  const count = Object.values(operations.paths).flatMap((item) =>
    Object.keys(item).filter((key) => key !== "parameters"),
  ).length;
  assert.equal(await page.locator(".docs-nav a .method").count(), count, "each operation is in the contents");
  assert.ok((await page.locator("[id^=operations-][class~=opblock]").count()) >= count, "and on the page");
  await page.getByRole("link", { name: "Socket.IO events" }).click();
  const heading = page.getByRole("heading", { name: "Socket.IO events" });
  await heading.waitFor();
  const { y } = await heading.boundingBox();
  assert.ok(y >= 0 && y < 300, `the heading came into view: ${y}`);
  assert.ok(await page.getByRole("cell", { name: "join-meeting" }).first().isVisible());
  assertClean(page);
});

test("an address of the page opens its operation, ready to be filled in", TIMEOUT, async (context) => {
  const page = await openDocs(context, "#/Meetings/getMeeting");
  const block = page.locator("#operations-Meetings-getMeeting");
  await block.getByPlaceholder("meetingId").waitFor();
  await eventually(
    "it comes into view",
    async () => {
      const { y } = await block.boundingBox();
      if (y < 0 || y >= 300) throw new Error(`it is at ${y}`);
    },
    10_000,
  );
  assert.match(
    await block.locator(".snippets code").innerText(),
    /curl .*\/api\/meetings\/abc-defg-hij.*\n.*x-api-key/,
  );
  assertClean(page);
});

test("its source can be had as YAML and as JSON", async () => {
  const yaml = await fetch(`${world.server.url}/docs/openapi.yaml`);
  assert.match(yaml.headers.get("content-type"), /^application\/yaml/);
  assert.match(await yaml.text(), /^openapi: 3\.1\.0$/m);
  const json = await fetch(`${world.server.url}/docs/openapi.json`);
  assert.match(json.headers.get("content-type"), /^application\/json/);
  assert.equal((await json.json()).openapi, "3.1.0");
  assert.equal((await fetch(`${world.server.url}/docs/`)).status, 200);
});

test("a guest meeting is made and locked from the forms, with the token of the answer", TIMEOUT, async (context) => {
  const page = await openDocs(context);
  const created = await send(await openForm(page, "Guest meetings", "createGuestMeeting"));
  assert.equal(created.status, 201);
  assert.match(created.body.meetingId, /^[a-z]{6}-[a-z]{3}$/);
  assert.equal(await page.locator("input[name=x-admin-token]").inputValue(), created.body.adminToken);
  const form = await openForm(page, "Host controls", "lockMeeting");
  const locked = await send(form);
  assert.equal(locked.status, 200, JSON.stringify(locked.body));
  const code = form.locator(".snippets code");
  const text = await code.innerText();
  assert.ok(
    text.includes(`/api/meetings/${created.body.meetingId}/lock`) && text.includes(created.body.adminToken),
    text,
  );
  await form.locator(".snippets select").selectOption("Python");
  assert.match(await code.innerText(), /requests\.post\(/);
  assertClean(page);
});

test("a meeting is made with an API key from the form", TIMEOUT, async (context) => {
  const page = await openDocs(context);
  const account = { email: "reader@example.org", password: "a secret of mine" };
  const registered = await post(page, "/api/auth/register", account);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  assert.equal((await post(page, "/api/auth/login", ADMIN)).status, 200);
  assert.equal(
    (await post(page, "/admin/api/users/credit", { email: account.email, amountUsd: 5, description: "For trying" }))
      .status,
    201,
  );
  await page.locator("input[name=x-api-key]").fill(registered.body.apiKey);
  const created = await send(await openForm(page, "Meetings", "createMeeting"));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.match(created.body.meetingId, /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
  const seen = await send(await openForm(page, "Meetings", "getMeeting"));
  assert.equal(seen.status, 200);
  assert.equal(seen.body.meetingId, created.body.meetingId, "the form was filled with the new meeting");
  assertClean(page);
});

test("calls from the forms carry the session", TIMEOUT, async (context) => {
  const page = await openDocs(context);
  assert.equal((await post(page, "/api/auth/login", ADMIN)).status, 200);
  const me = await send(await openForm(page, "Accounts", "me"));
  assert.equal(me.status, 200);
  assert.equal(me.body.email, ADMIN.email);
  assertClean(page);
});

for (const colorScheme of ["light", "dark"]) {
  test(`it fits a phone and has its colours (${colorScheme})`, TIMEOUT, async (context) => {
    const page = await openDocs(context, "#/Meetings/createMeeting", { width: 360, height: 740, colorScheme });
    await page.locator(".opblock.is-open .execute").waitFor();
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), "nothing sticks out");
    await page.getByRole("button", { name: "Contents" }).click();
    await page.getByPlaceholder("Filter").fill("webhook");
    await page.getByRole("link", { name: "Register a webhook" }).click();
    await page.locator("#operations-Webhooks-createWebhook .execute").waitFor();
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(background, colorScheme === "dark" ? "rgb(14, 16, 20)" : "rgb(255, 255, 255)");
    assertClean(page);
  });
}

test("the home page leads to it", TIMEOUT, async (context) => {
  const page = await openDocs(context);
  await page.goto(`${world.server.url}/`);
  await page.getByRole("link", { name: "API" }).click();
  await page.waitForURL(`${world.server.url}/docs`);
});
