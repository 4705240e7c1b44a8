// Firefox and Chromium in one meeting, on the media server and directly.
import { after, afterEach, before, test } from "node:test";
import { everybodyCounts, everybodyIsOn, everybodySeesAndHearsEverybody, Person } from "./lib/call.mjs";
import { launchChromium } from "./lib/chromium.mjs";
import { launchFirefox } from "./lib/firefox.mjs";
import { Server } from "./lib/servers.mjs";

let server, chromium, firefox;
let people = [];

before(async () => {
  server = new Server({ name: "firefox" });
  await server.start();
  [chromium, firefox] = await Promise.all([launchChromium(), launchFirefox()]);
});

after(async () => {
  await chromium?.close();
  await firefox?.close();
  await server?.stop();
});

afterEach(async (context) => {
  for (const person of people) for (const line of person.page.said) context.diagnostic(`${person.name}'s page: ${line}`);
  for (const person of people) await person.close().catch(() => undefined);
  people = [];
});

async function join(browser, meetingId, name, query) {
  const person = await Person.open(browser, name, people.length + 1);
  people.push(person);
  await person.join(server, meetingId, query);
}

for (const topology of ["sfu", "mesh"]) {
  test(`Firefox joins two of Chromium (${topology}); everybody sees and hears everybody`, { timeout: 300_000 }, async () => {
    const { meetingId } = await server.newMeeting();
    await join(chromium, meetingId, "Anna", { topology });
    await join(chromium, meetingId, "Bert", { topology });
    await join(firefox, meetingId, "Fox", { topology });
    await everybodyCounts(people);
    await everybodyIsOn(people, topology);
    await everybodySeesAndHearsEverybody(people);
  });
}
