// Three people in Chromium and fifty simulated ones in one meeting.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { everybodyIsOn, seesAndHears } from "../lib/call.mjs";
import { program, startProcess, stopProcess } from "../lib/servers.mjs";
import { eventually } from "../lib/wait.mjs";
import { useWorld } from "./lib/world.mjs";

const SENDERS = 2;
const SIMULATED = 50;

let crowd;
after(() => crowd && stopProcess(crowd, "onepizza-load").catch(() => undefined));
const world = useWorld("crowd");

async function startCrowd(meetingId) {
  const child = await startProcess("crowd-load", program("loadtest", "onepizza-load"), [
    "--port",
    String(world.server.port),
    "--meeting",
    meetingId,
    "--media",
    "real",
    "--publishers",
    String(SENDERS),
    "--subscribers",
    String(SIMULATED - SENDERS),
    "--ramp",
    "10",
    "--max-video",
    "8",
    "--warmup",
    "2",
    "--duration",
    "20",
    "--max-loss",
    "0.05",
  ]);
  child.output = "";
  child.stdout.on("data", (data) => (child.output += data));
  return child;
}

test("three pages and fifty simulated participants", { timeout: 300_000 }, async (context) => {
  const { meetingId, adminToken } = await world.server.newMeeting({ title: "Everybody" });
  await world.meet(["Anna"], { admin: adminToken }, meetingId);
  await world.meet(["Bert", "Cleo"], {}, meetingId);
  const { people } = world;
  await people[0].page.evaluate(() => __onepizza.meeting.host.settings({ maxParticipants: 100 }));
  crowd = await startCrowd(meetingId);
  const ended = once(crowd, "exit");
  for (const person of people) {
    await eventually(`${person.name} counts all`, async () =>
      assert.equal((await person.state()).names.length, SIMULATED + people.length - 1),
    );
  }
  await everybodyIsOn(people, "sfu");
  for (const person of people)
    await person.page.evaluate(
      (names) => names.forEach((name) => document.querySelector(`[aria-label="Pin ${name}"]`)?.click()),
      [],
    );
  for (const person of people)
    await seesAndHears(
      person,
      people.filter((p) => p !== person),
    );
  const [code] = await ended;
  crowd = undefined;
  context.diagnostic(`the crowd's exit code ${code}`);
  assert.equal(
    code,
    0,
    "all simulated participants were connected and got what was sent: see build/test-logs/crowd-load.log",
  );
  await eventually("the crowd has left", async () =>
    assert.equal((await people[0].state()).names.length, people.length - 1),
  );
  for (const person of people)
    await seesAndHears(
      person,
      people.filter((p) => p !== person),
    );
});
