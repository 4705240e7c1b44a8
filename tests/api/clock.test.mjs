// The wall clock is set while a meeting is on (LD_PRELOAD, tests/stepped_clock.c): what is charged was measured.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { makeDir, program } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";

const DAY = 86_400;

let world, clock, anna;
const setClock = (seconds) => writeFile(clock, String(seconds));

before(async () => {
  clock = path.join(await makeDir(), "clock");
  await setClock(0);
  world = await startWorld({
    name: "clock",
    env: {
      LD_PRELOAD: program("tests", "stepped_clock.so"),
      STEPPED_CLOCK: clock,
      SANDBOX_READ: clock,
      ASAN_OPTIONS: "quarantine_size_mb=1:verify_asan_link_order=0",
      EMPTY_GRACE_MS: "1000",
    },
  });
  anna = await world.account({ credit: "100" });
});
after(() => world?.stop());

const history = async ({ meetingId }) =>
  (await world.must(200, "GET", "/api/meetings/history", { cookie: anna.cookie })).meetings.find(
    (row) => row.meeting_id === meetingId,
  );
const end = ({ meetingId, adminToken: token }) =>
  world.must(200, "DELETE", `/api/meetings/${meetingId}`, { key: anna.apiKey, token });

/** What the meeting may have cost that was attended from `began` until now: minutes, with a second to spare. */
function assertMeasured(row, began) {
  const minutes = Number(row.duration_minutes),
    most = (Date.now() - began + 1000) / 60_000;
  assert.ok(minutes >= 0.03 && minutes <= most, `${row.duration_minutes} of at most ${most} minutes`);
  assert.equal(row.cost_usd, (Math.round(minutes * row.peak_participants * 0.004 * 10_000) / 10_000).toFixed(4));
}

for (const [what, seconds] of Object.entries({
  "five days on": 5 * DAY,
  "five days back": -5 * DAY,
  "an hour on": 3600,
}))
  test(`a meeting during which the clock is set ${what} costs what it would have cost`, {
    timeout: 60_000,
  }, async () => {
    const began = Date.now();
    const meeting = await world.meeting(anna);
    await world.join(meeting, { name: "One" });
    await world.join(meeting, { name: "Two" });
    await pause(1200);
    await setClock(seconds);
    await pause(1200);
    await end(meeting);
    await setClock(0);
    const row = await eventually("it is in the history", async () => {
      const found = await history(meeting);
      assert.ok(found);
      return found;
    });
    assert.equal(row.peak_participants, 2);
    assertMeasured(row, began);
    assert.ok(Date.parse(row.ended_at) >= Date.parse(row.started_at));
    world.closeClients();
  });

test("so does one that is killed after the clock was set, and goes on", { timeout: 60_000 }, async () => {
  const began = Date.now();
  const meeting = await world.meeting(anna);
  const client = await world.join(meeting, { name: "One", topology: "auto" });
  await pause(500);
  await setClock(5 * DAY);
  await eventually(
    "it is noted that somebody is there",
    async () => {
      const [{ attended }] = await world.sql(
        `SELECT coalesce(max(attended_us), 0) AS attended FROM meeting_attendance WHERE meeting_id = '${meeting.meetingId}'`,
      );
      assert.ok(attended > 500_000, `only ${attended} µs`);
    },
    25_000,
  );
  await world.restartControl();
  await world.join(meeting, { name: "One", topology: "auto", resumeToken: client.joined.resumeToken });
  await end(meeting);
  await setClock(0);
  const row = await eventually("it is in the history", async () => {
    const found = await history(meeting);
    assert.ok(found);
    return found;
  });
  assertMeasured(row, began);
  assert.match(world.controlLog(), /clock_set by_ms=432000\d\d\d/);
});
