// Control is killed while people of an account's meeting see and hear each other, and started again: they are back as
// themselves, nobody leaves, and no picture stops.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { everybodySeesAndHearsEverybody, Person } from "./lib/call.mjs";
import { launchChromium } from "./lib/chromium.mjs";
import { Server } from "./lib/servers.mjs";
import { eventually } from "./lib/wait.mjs";

let server, browser;
const people = [];

before(async () => {
  server = new Server({ name: "restart" });
  await server.start();
  browser = await launchChromium();
});

after(async (context) => {
  for (const person of people) for (const line of person.page.said) context.diagnostic?.(`${person.name}'s page: ${line}`);
  for (const person of people) await person.close().catch(() => undefined);
  await browser?.close();
  await server?.stop();
});

async function post(path, body, headers = {}) {
  const response = await fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

/** Two people see and hear each other in a meeting of an account; from now on it is watched what they notice. */
async function meet() {
  for (const person of people.splice(0)) await person.close();
  const { apiKey } = await post("/api/auth/register", { email: `anna${Date.now()}@example.org`, password: "secret123" });
  await server.psql("UPDATE users SET balance = 10");
  const { meetingId } = await post("/api/meetings", { title: "Survives" }, { "x-api-key": apiKey });
  for (const [i, name] of ["Anna", "Bert"].entries()) {
    const person = await Person.open(browser, name, i + 1);
    people.push(person);
    await person.join(server, meetingId, { topology: "sfu" });
    person.id = (await person.state()).id;
  }
  await everybodySeesAndHearsEverybody(people, "before");
  await eventually("both are stored", async () => assert.equal(await server.psql(`SELECT count(*) FROM meeting_participants WHERE meeting_id = '${meetingId}'`), "2"));
  for (const { page } of people) {
    await page.evaluate(() => {
      globalThis.__heard = [];
      for (const event of ["left", "participant-left", "participant-joined", "closed"]) __onepizza.meeting.on(event, (p) => __heard.push(`${event} ${p?.name ?? ""}`));
      __probe.startWatch();
    });
  }
  return { apiKey, meetingId };
}

async function areBack() {
  for (const person of people) await eventually(`${person.name} is back`, async () => assert.equal(await person.page.evaluate(() => __onepizza.meeting.state), "joined"), 30_000);
}

async function noticedNothing({ apiKey, meetingId }) {
  await everybodySeesAndHearsEverybody(people, "after");
  for (const person of people) {
    const { tiles, lateMs } = await person.page.evaluate(() => __probe.stopWatch());
    for (const [name, { gapMs }] of Object.entries(tiles)) assert.ok(gapMs - lateMs < 1500, `${person.name}'s tile of ${name} showed nothing new for ${gapMs} ms`);
    assert.equal((await person.state()).id, person.id, `${person.name} is the same participant`);
    assert.deepEqual(await person.page.evaluate(() => __heard), [], `${person.name} heard of somebody`);
  }
  const { participants } = await (await fetch(`${server.url}/api/meetings/${meetingId}`, { headers: { "x-api-key": apiKey } })).json();
  assert.deepEqual(participants.map((p) => p.name).sort(), ["Anna", "Bert"]);
}

test("control is killed and started again: everybody resumes, and media goes on", { timeout: 240_000 }, async (context) => {
  const meeting = await meet();
  await server.killControl();
  const down = Date.now();
  await server.startControl();
  await areBack();
  context.diagnostic(`back in the meeting after ${Date.now() - down} ms`);
  await noticedNothing(meeting);
});

test("the same, while the database is away for some seconds more", { timeout: 240_000 }, async () => {
  const meeting = await meet();
  await server.killControl();
  await server.database("stop");
  try {
    await server.startControl();
    await sleep(6000);
  } finally {
    await server.database("start");
  }
  await areBack();
  await noticedNothing(meeting);
});
