// How far meetings may take a balance below 0 (MAX_DEBT_USD), however many there are and however many are in them.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { eventually, startWorld } from "../lib/world.mjs";

const MAX_DEBT = 1;

let world;
before(async () => {
  world = await startWorld({ name: "debt", env: { MAX_DEBT_USD: String(MAX_DEBT), EMPTY_GRACE_MS: "1000" } });
});
after(() => world?.stop());
afterEach(() => world?.closeClients());

const setRate = async (ratePerMinute) =>
  world.must(200, "PUT", "/admin/api/settings", { cookie: await world.admin(), body: { ratePerMinute } });
const balanceOf = async ({ cookie }) => Number((await world.must(200, "GET", "/api/auth/me", { cookie })).balance);

test("many meetings at once end together when the credit and the debt are used up, and no more is owed", {
  timeout: 60_000,
}, async () => {
  await setRate("6"); // ten cents a second for each person
  const anna = await world.account({ credit: "0.5" });
  const meetings = await Promise.all(Array.from({ length: 5 }, () => world.meeting(anna)));
  const people = await Promise.all(meetings.flatMap((m) => [world.join(m), world.join(m)]));
  const ended = await Promise.all(people.map((one) => one.event("meeting:ended", () => true, 20_000)));
  for (const { reason } of ended) assert.equal(reason, "The credit is used up");
  await eventually("all are charged", async () =>
    assert.equal((await world.sql(`SELECT FROM meetings WHERE owner_id = ${anna.id}`)).length, 0),
  );
  const balance = await balanceOf(anna);
  assert.ok(balance <= -0.8 * MAX_DEBT, `it may go into debt: ${balance}`);
  assert.ok(balance >= -MAX_DEBT - 0.4, `but ${balance} is more than is allowed`); // 5 × 0.3 s × 2 people, rounded up
  const answer = await world.api("POST", "/api/meetings", { key: anna.apiKey, body: {} });
  assert.equal(answer.status, 402);
});

test("nobody is let in whose coming would cost more than the account may owe", { timeout: 60_000 }, async () => {
  await setRate("6");
  const anna = await world.account({ credit: "1" });
  const meeting = await world.meeting(anna);
  const first = await world.join(meeting);
  await pause(6000); // 60 cents for one, as much again for each who comes: a second and a third at most
  let n = 1;
  for (; n < 6; n++) {
    const client = await world.connect({ name: `N${n}` });
    client.emit("join-meeting", { meetingId: meeting.meetingId, name: `N${n}` });
    const { event, payload } = await client.first(["joined", "error"]);
    if (event === "joined") continue;
    assert.equal(payload.code, "full");
    assert.match(payload.message, /credit/);
    break;
  }
  assert.ok(n === 2 || n === 3, `${n} were let in`);
  await first.event("meeting:ended", () => true, 20_000);
  await eventually("it is charged", async () => assert.ok((await balanceOf(anna)) < 0));
  assert.ok((await balanceOf(anna)) >= -MAX_DEBT - 0.2, String(await balanceOf(anna)));
});

test("credit that is added meanwhile counts, and a restart forgets nothing", { timeout: 90_000 }, async () => {
  await setRate("6");
  const anna = await world.account({ credit: "0.1" });
  const meeting = await world.meeting(anna);
  const client = await world.join(meeting, { topology: "auto" });
  await world.credit(anna.email, "100");
  await pause(13_000); // without it the meeting would be over after 11
  assert.deepEqual(client.all("meeting:ended"), []);
  await world.restartControl();
  await world.join(meeting, { topology: "auto", resumeToken: client.joined.resumeToken });
  await world.sql(`SELECT account_change(${anna.id}, NULL, -101, 'admin_credit', 'taken', 'test:taken:${anna.id}')`);
  await eventually(
    "it has ended",
    async () => assert.deepEqual(await world.sql(`SELECT FROM meetings WHERE owner_id = ${anna.id}`), []),
    20_000,
  );
});

test("rates of nothing have no bound", { timeout: 60_000 }, async () => {
  await setRate("0");
  const anna = await world.account({ credit: "0.1" });
  const client = await world.join(await world.meeting(anna));
  await pause(1500);
  assert.deepEqual(client.all("meeting:ended"), []);
  assert.equal(await balanceOf(anna), 0.1);
});
