// The media server or control dies; nobody leaves, and media goes on or returns by itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, test } from "node:test";
import { everybodyCounts, everybodySeesAndHearsEverybody, Person } from "./lib/call.mjs";
import { launchChromium } from "./lib/chromium.mjs";
import { Server } from "./lib/servers.mjs";

let server, browser;
let people = [];

before(async () => {
  server = new Server({ name: "recovery" });
  await server.start();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async (context) => {
  for (const person of people) for (const line of person.page.said) context.diagnostic(`${person.name}'s page: ${line}`);
  for (const person of people) await person.close().catch(() => undefined);
  people = [];
});

async function meet() {
  const { meetingId } = await server.newMeeting();
  for (const [i, name] of ["Anna", "Bert"].entries()) {
    const person = await Person.open(browser, name, i + 1);
    people.push(person);
    await person.join(server, meetingId, { topology: "sfu" });
  }
  await everybodySeesAndHearsEverybody(people, "before");
  for (const { page } of people) {
    await page.evaluate(() => {
      globalThis.__left = [];
      for (const event of ["left", "participant-left", "closed"]) __onepizza.meeting.on(event, (p) => __left.push(`${event} ${p?.name ?? ""}`));
    });
  }
}

async function nobodyLeft(idsBefore) {
  for (const [i, person] of people.entries()) {
    assert.deepEqual(await person.page.evaluate(() => __left), [], `${person.name} heard of somebody who left`);
    assert.equal((await person.state()).id, idsBefore[i], `${person.name} is the same participant`);
  }
}

const ids = () => Promise.all(people.map(async (p) => (await p.state()).id));

test("the media server is killed and started again: media is back, nobody left", { timeout: 240_000 }, async (context) => {
  await meet();
  const before = await ids();
  await server.sfu.kill();
  await server.sfu.start();
  const started = Date.now();
  for (const { page } of people) await page.evaluate(() => __probe.startWatch());
  await everybodySeesAndHearsEverybody(people, "after");
  context.diagnostic(`media was back within ${Date.now() - started} ms of the restart`);
  await everybodyCounts(people);
  await nobodyLeft(before);
});

test("control is killed: those who are connected go on seeing and hearing each other", { timeout: 240_000 }, async () => {
  await meet();
  for (const { page } of people) await page.evaluate(() => __probe.startWatch());
  const gone = once(server.control, "exit");
  server.control.kill("SIGKILL");
  await gone;
  await everybodySeesAndHearsEverybody(people, "without control");
  for (const person of people) {
    const { tiles, lateMs } = await person.page.evaluate(() => __probe.stopWatch());
    for (const [name, { gapMs }] of Object.entries(tiles)) assert.ok(gapMs - lateMs < 1500, `${person.name}'s tile of ${name} showed nothing new for ${gapMs} ms`);
  }
  await server.startControl();
});
