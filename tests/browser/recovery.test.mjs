// The media server or control dies while people see and hear each other, and is started again: nobody leaves, everybody
// is back as themselves, and media goes on or returns by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { everybodyCounts, everybodySeesAndHearsEverybody } from "../lib/call.mjs";
import { eventually, pause } from "../lib/wait.mjs";
import { useWorld } from "./lib/world.mjs";

const TIMEOUT = { timeout: 240_000 };
/** Pages share two cores: this is far from smooth. */
const LONGEST_GAP_MS = 1500;

const world = useWorld("recovery");

/**
 * Anna and Bert see and hear each other; from now on it is kept what they hear of coming and going, and what their
 * tiles show.
 */
async function meet(meetingId) {
  await world.meet(["Anna", "Bert"], { topology: "sfu" }, meetingId);
  await everybodySeesAndHearsEverybody(world.people, "before");
  for (const person of world.people) {
    person.id = (await person.state()).id;
    await person.page.evaluate(() => {
      globalThis.__heard = [];
      for (const event of ["left", "participant-left", "participant-joined", "closed"])
        __onepizza.meeting.on(event, (p) => __heard.push(`${event} ${p?.name ?? ""}`));
      __probe.startWatch();
    });
  }
}

async function noPictureStopped() {
  for (const { name, page } of world.people) {
    const { tiles, lateMs } = await page.evaluate(() => __probe.stopWatch());
    for (const [other, { gapMs }] of Object.entries(tiles))
      assert.ok(gapMs - lateMs < LONGEST_GAP_MS, `${name}'s tile of ${other} showed nothing new for ${gapMs} ms`);
  }
}

async function nobodyCameOrLeft() {
  for (const person of world.people) {
    assert.deepEqual(await person.page.evaluate(() => __heard), [], `${person.name} heard of somebody`);
    assert.equal((await person.state()).id, person.id, `${person.name} is the same participant`);
  }
}

test("the media server is killed and started again: media is back, nobody left", TIMEOUT, async (context) => {
  await meet();
  await world.server.sfu.kill();
  await world.server.sfu.start();
  const started = Date.now();
  await everybodySeesAndHearsEverybody(world.people, "after");
  context.diagnostic(`media was back within ${Date.now() - started} ms of the restart`);
  await everybodyCounts(world.people);
  await nobodyCameOrLeft();
});

test("control is killed: those who are connected go on seeing and hearing each other", TIMEOUT, async () => {
  await meet();
  await world.server.killControl();
  await everybodySeesAndHearsEverybody(world.people, "without control");
  await noPictureStopped();
  await world.server.startControl();
});

// ---- meetings of an account outlive control ----

async function post(path, body, headers = {}) {
  const response = await fetch(world.server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

/** As meet(), in a meeting of an account. */
async function meetAsStored() {
  const { apiKey } = await post("/api/auth/register", {
    email: `anna${Date.now()}@example.org`,
    password: "secret123",
  });
  await world.server.psql("UPDATE users SET balance = 10");
  const { meetingId } = await post("/api/meetings", { title: "Survives" }, { "x-api-key": apiKey });
  await meet(meetingId);
  const count = `SELECT count(*) FROM meeting_participants WHERE meeting_id = '${meetingId}'`;
  await eventually("both are stored", async () => assert.equal(await world.server.psql(count), "2"));
  return { apiKey, meetingId };
}

async function areBackAndNoticedNothing({ apiKey, meetingId }, whenBack = () => {}) {
  for (const { name, page } of world.people) {
    await eventually(
      `${name} is back`,
      async () => assert.equal(await page.evaluate(() => __onepizza.meeting.state), "joined"),
      30_000,
    );
  }
  whenBack();
  await everybodySeesAndHearsEverybody(world.people, "after");
  await noPictureStopped();
  await nobodyCameOrLeft();
  const { participants } = await (
    await fetch(`${world.server.url}/api/meetings/${meetingId}`, { headers: { "x-api-key": apiKey } })
  ).json();
  assert.deepEqual(participants.map((p) => p.name).sort(), ["Anna", "Bert"]);
}

test("control is killed and started again: everybody resumes, and media goes on", TIMEOUT, async (context) => {
  const meeting = await meetAsStored();
  await world.server.killControl();
  const down = Date.now();
  await world.server.startControl();
  await areBackAndNoticedNothing(meeting, () =>
    context.diagnostic(`back in the meeting after ${Date.now() - down} ms`),
  );
});

test("the same, while the database is away for some seconds more", TIMEOUT, async () => {
  const meeting = await meetAsStored();
  await world.server.killControl();
  await world.server.database("stop");
  try {
    await world.server.startControl();
    await pause(6000);
  } finally {
    await world.server.database("start");
  }
  await areBackAndNoticedNothing(meeting);
});
