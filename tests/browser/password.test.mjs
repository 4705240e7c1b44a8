// A forgotten password, as somebody in Chromium sets a new one: the form, the mail, its link, and what is left of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launchChromium } from "../lib/chromium.mjs";
import { Server } from "../lib/servers.mjs";
import { eventually } from "../lib/wait.mjs";

let server, browser, resend;
const mails = [];

before(async () => {
  resend = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    mails.push(JSON.parse(Buffer.concat(chunks)));
    response.setHeader("content-type", "application/json").end('{"id":"1"}');
  }).listen(0, "127.0.0.1");
  await once(resend, "listening");
  const env = { RESEND_API_KEY: "re_test", RESEND_API_BASE: `http://127.0.0.1:${resend.address().port}` };
  [server, browser] = await Promise.all([new Server({ name: "password", env }).start(), launchChromium()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  resend?.close();
});

const post = (path, body) =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("a forgotten password is replaced by the mailed link, once", { timeout: 60_000 }, async () => {
  const email = "ada@example.org";
  assert.equal((await post("/api/auth/register", { email, password: "the old one" })).status, 201);
  const page = await (await browser.newContext()).newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));

  await page.goto(`${server.url}/forgot-password`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  const link = await eventually(
    "the mail",
    () => {
      const found = mails.find((mail) => JSON.stringify(mail).includes("/reset-password?token="));
      if (!found) throw new Error(`only ${mails.length} mails`);
      assert.deepEqual([found.to].flat(), [email]);
      return /https?:\/\/\S+\/reset-password\?token=[\w-]+/.exec(found.text)[0];
    },
    10_000,
  );

  await page.goto(link);
  await page.getByLabel("New password, at least 8 characters").fill("the new one");
  assert.equal(new URL(page.url()).search, "", "the token stays out of the address bar");
  await page.getByRole("button", { name: "Save the password" }).click();
  await page.getByRole("heading", { name: "Your password is changed" }).waitFor();
  assert.equal((await post("/api/auth/login", { email, password: "the new one" })).status, 200);
  assert.equal((await post("/api/auth/login", { email, password: "the old one" })).status, 401);
  assert.deepEqual(complaints, []);

  await page.goto(link);
  await page.getByRole("heading", { name: "This link doesn't work any more" }).waitFor();
  await page.getByRole("link", { name: "Ask for a new link" }).click();
  await page.getByLabel("E-mail address").waitFor();
});

test("who comes back from paying is told what became of it", { timeout: 30_000 }, async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/dashboard?topup=success`);
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await page.goto(`${server.url}/dashboard?topup=cancelled`);
  await page.getByRole("heading", { name: "Nothing was paid" }).waitFor();
});
