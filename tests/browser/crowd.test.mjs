// Three people in Chromium and fifty simulated ones in one meeting.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { everybodyIsOn, Person, seesAndHears } from "./lib/call.mjs";
import { launchChromium } from "./lib/chromium.mjs";
import { program, Server, startProcess, stopProcess } from "./lib/servers.mjs";
import { eventually } from "./lib/wait.mjs";

const SENDERS = 2;
const SIMULATED = 50;

let server, browser, crowd;

before(async () => {
  server = new Server({ name: "crowd" });
  await server.start();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  if (crowd) await stopProcess(crowd, "onepizza-load").catch(() => undefined);
  await server?.stop();
});

async function startCrowd(meetingId) {
  const child = await startProcess("crowd-load", program("loadtest", "onepizza-load"), [
    "--port", String(server.port), "--meeting", meetingId, "--media", "real", "--publishers", String(SENDERS), "--subscribers", String(SIMULATED - SENDERS),
    "--ramp", "10", "--max-video", "8", "--warmup", "2", "--duration", "20", "--max-loss", "0.05",
  ]);
  child.output = "";
  child.stdout.on("data", (data) => (child.output += data));
  return child;
}

test("three pages and fifty simulated participants", { timeout: 300_000 }, async (context) => {
  const { meetingId, adminToken } = await server.newMeeting({ title: "Everybody" });
  const people = [];
  for (const [i, name] of ["Anna", "Bert", "Cleo"].entries()) {
    const person = await Person.open(browser, name, i + 1);
    people.push(person);
    await person.join(server, meetingId, i === 0 ? { admin: adminToken } : {});
  }
  await people[0].page.evaluate(() => __onepizza.meeting.host.settings({ maxParticipants: 100 }));
  crowd = await startCrowd(meetingId);
  const ended = once(crowd, "exit");
  for (const person of people) {
    await eventually(`${person.name} counts all`, async () => assert.equal((await person.state()).names.length, SIMULATED + people.length - 1));
  }
  await everybodyIsOn(people, "sfu");
  for (const person of people) await person.page.evaluate((names) => names.forEach((name) => document.querySelector(`[aria-label="Pin ${name}"]`)?.click()), []);
  for (const person of people) await seesAndHears(person, people.filter((p) => p !== person));
  const [code] = await ended;
  crowd = undefined;
  context.diagnostic(`the crowd's exit code ${code}`);
  assert.equal(code, 0, "all simulated participants were connected and got what was sent: see build/test-logs/crowd-load.log");
  await eventually("the crowd has left", async () => assert.equal((await people[0].state()).names.length, people.length - 1));
  for (const person of people) await seesAndHears(person, people.filter((p) => p !== person));
});
