// Companies (§14): joining, sharing the credit, members, leaving. Money is counted to the last ten thousandth.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause } from "../lib/wait.mjs";
import { assertRefused, isRecent, startAccountsWorld, tally } from "./lib/accounts.mjs";
import { eventually } from "../lib/world.mjs";

let world;
before(async () => (world = await startAccountsWorld("company")));
after(() => world?.stop());

const join = ({ cookie }, inviteCode) => world.api("POST", "/api/company/join", { cookie, body: { inviteCode } });
const members = ({ cookie }) => world.api("GET", "/api/company/members", { cookie });
const remove = ({ cookie }, id) => world.api("DELETE", `/api/company/members/${id}`, { cookie });
const CODE = "/api/company/invite-code";
const code = async ({ cookie }) => (await world.must(200, "GET", CODE, { cookie })).inviteCode;
const me = ({ cookie }) => world.must(200, "GET", "/api/auth/me", { cookie });
const transactions = (where) =>
  world.sql(
    `SELECT type, amount_usd::text AS amount, user_id, company_id FROM transactions WHERE ${where} ORDER BY id`,
  );
const companyOf = async (owner) => (await me(owner)).company_id;

test("who founds a company owns it", async () => {
  const owner = await world.company({ companyName: "Acme Corp" });
  const { company_id, accountType, balance } = await me(owner);
  assert.ok(Number.isInteger(company_id));
  assert.equal(accountType, "company");
  assert.equal(balance, "0.0000");
  const { status, json } = await members(owner);
  assert.equal(status, 200);
  const [{ joined_at, ...rest }] = json.members;
  assert.deepEqual(rest, { id: owner.id, email: owner.email, role: "owner" });
  isRecent(joined_at);
});

test("joining answers the company, and the balance moves into the company's with both movements written down", async () => {
  const owner = await world.company({ companyName: "Acme Corp", credit: "20.0001" }),
    anna = await world.account({ credit: "5.1234" });
  const companyId = await companyOf(owner);
  const { status, json } = await join(anna, owner.inviteCode);
  assert.equal(status, 200);
  assert.deepEqual(json, { message: "Joined Acme Corp", companyId, companyName: "Acme Corp" });
  for (const each of [anna, owner]) {
    const { balance, company_id } = await me(each);
    assert.equal(balance, "25.1235");
    assert.equal(company_id, companyId);
  }
  assert.deepEqual((await transactions(`user_id = ${anna.id}`)).slice(1), [
    { type: "company_transfer", amount: "-5.1234", user_id: anna.id, company_id: null },
  ]);
  assert.deepEqual((await transactions(`company_id = ${companyId}`)).slice(1), [
    { type: "company_transfer", amount: "5.1234", user_id: null, company_id: companyId },
  ]);
  assert.deepEqual(
    await world.sql(`SELECT template FROM mail_queue WHERE recipient = '${anna.email}' AND template = 'low_balance'`),
    [],
    "that is no low balance",
  );
  assert.equal((await me(anna)).accountType, "personal");
});

test("without a balance nothing moves", async () => {
  const owner = await world.company(),
    anna = await world.account();
  assert.equal((await join(anna, owner.inviteCode)).status, 200);
  assert.deepEqual(await transactions(`user_id = ${anna.id}`), []);
  assert.equal((await me(anna)).company_id, await companyOf(owner));
});

test("credit for a member is the company's", async () => {
  const owner = await world.company(),
    anna = await world.account();
  await join(anna, owner.inviteCode);
  await world.credit(anna.email, "3.5");
  assert.equal((await me(owner)).balance, "3.5000");
  assert.deepEqual(await world.sql(`SELECT balance::text FROM users WHERE id = ${anna.id}`), [{ balance: "0.0000" }]);
});

test("a meeting that ends after its owner joined is paid by the company", async () => {
  const owner = await world.company({ credit: "100" }),
    anna = await world.account({ credit: "5" });
  await world.must(200, "PUT", "/admin/api/settings", { cookie: await world.admin(), body: { ratePerMinute: "10" } });
  const meeting = await world.meeting(anna);
  await world.join(meeting);
  assert.equal((await join(anna, owner.inviteCode)).status, 200);
  await pause(1300); // at least 0.02 minutes
  await world.must(200, "DELETE", `/api/meetings/${meeting.meetingId}`, {
    key: anna.apiKey,
    token: meeting.adminToken,
  });
  await eventually("the charge", async () => assert.ok(Number((await me(owner)).balance) < 105));
  const [{ type, amount, company_id }] = await transactions(`description LIKE '%${meeting.meetingId}%'`);
  assert.deepEqual([type, company_id], ["meeting_charge", await companyOf(owner)]);
  assert.equal((await me(owner)).balance, (105 + Number(amount)).toFixed(4));
  assert.deepEqual(await world.sql(`SELECT balance::text FROM users WHERE id = ${anna.id}`), [{ balance: "0.0000" }]);
});

test("an unknown code is 404, a second company 409, an owner's too", async () => {
  const owner = await world.company(),
    other = await world.company(),
    anna = await world.account();
  for (const code of [
    "unknown",
    owner.inviteCode.slice(1),
    owner.inviteCode.toLowerCase() === owner.inviteCode ? "x" : owner.inviteCode.toLowerCase(),
    "%",
  ])
    assertRefused(await join(anna, code), 404);
  assert.equal((await join(anna, owner.inviteCode)).status, 200);
  assertRefused(await join(anna, owner.inviteCode), 409);
  assertRefused(await join(anna, other.inviteCode), 409);
  assertRefused(await join(owner, other.inviteCode), 409);
  assertRefused(await join(owner, owner.inviteCode), 409);
});

test("the code is needed, as text", async () => {
  const anna = await world.account();
  for (const body of [{}, { inviteCode: "" }, { inviteCode: 5 }, { inviteCode: null }, { inviteCode: "x".repeat(65) }])
    assertRefused(await world.api("POST", "/api/company/join", { cookie: anna.cookie, body }), 400, /inviteCode/);
  assertRefused(await world.api("POST", "/api/company/join", { body: { inviteCode: "x" } }), 401);
});

test("of twenty joins at once one counts, and the balance moves once", async () => {
  const owner = await world.company(),
    other = await world.company(),
    anna = await world.account({ credit: "7" });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => join(anna, (i % 2 ? owner : other).inviteCode)),
  );
  assert.deepEqual(tally(answers), { 200: 1, 409: 19 });
  assert.equal((await me(anna)).balance, "7.0000");
  assert.equal(Number((await me(owner)).balance) + Number((await me(other)).balance), 7);
});

test("when many join at once nothing is lost", async () => {
  const owner = await world.company({ credit: "1" });
  const people = await Promise.all(Array.from({ length: 12 }, (_, i) => world.account({ credit: `${i}.1` })));
  const answers = await Promise.all(people.map((each) => join(each, owner.inviteCode)));
  assert.deepEqual(tally(answers), { 200: 12 });
  assert.equal((await me(owner)).balance, "68.2000"); // 1 + (0 + … + 11) + 12 × 0.1
  assert.equal((await members(owner)).json.members.length, 13);
  const [{ sum }] = await world.sql(
    `SELECT sum(amount_usd)::text AS sum FROM transactions WHERE company_id = ${await companyOf(owner)}`,
  );
  assert.equal(sum, "68.2000", "the movements add up to the balance");
});

test("the list is the owner's alone: 403 for members, 404 for who has no company", async () => {
  const owner = await world.company(),
    anna = await world.account(),
    bert = await world.account();
  await join(anna, owner.inviteCode);
  const list = (await members(owner)).json.members;
  assert.deepEqual(
    list.map(({ id, email, role }) => ({ id, email, role })),
    [
      { id: owner.id, email: owner.email, role: "owner" },
      { id: anna.id, email: anna.email, role: "member" },
    ],
  );
  isRecent(list[1].joined_at);
  assertRefused(await members(anna), 403);
  assertRefused(await members(bert), 404);
  assertRefused(await world.api("GET", "/api/company/members"), 401);
});

test("a removed member leaves its balance, and may join again", async () => {
  const owner = await world.company(),
    anna = await world.account({ credit: "4" });
  await join(anna, owner.inviteCode);
  assert.equal((await me(anna)).balance, "4.0000");
  const { status, json } = await remove(owner, anna.id);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["message"]);
  const { balance, company_id } = await me(anna);
  assert.equal(balance, "0.0000");
  assert.equal(company_id, null);
  assert.equal((await me(owner)).balance, "4.0000");
  assertRefused(await members(anna), 404);
  assertRefused(await remove(owner, anna.id), 404);
  assertRefused(await join(anna, owner.inviteCode), 404);
  assert.equal((await join(anna, await code(owner))).status, 200, "when it is told the new code");
});

test("the owner makes a new invite code; the one before is void", async () => {
  const owner = await world.company(),
    anna = await world.account(),
    bert = await world.account();
  assert.equal(await code(owner), owner.inviteCode);
  const { inviteCode } = await world.must(201, "POST", CODE, { cookie: owner.cookie });
  assert.notEqual(inviteCode, owner.inviteCode);
  assert.equal(inviteCode.length, owner.inviteCode.length);
  assert.equal(await code(owner), inviteCode);
  assertRefused(await join(anna, owner.inviteCode), 404);
  assert.equal((await join(anna, inviteCode)).status, 200);
  for (const method of ["GET", "POST"]) {
    assertRefused(await world.api(method, CODE, { cookie: anna.cookie }), 403);
    assertRefused(await world.api(method, CODE, { cookie: bert.cookie }), 404);
    assertRefused(await world.api(method, CODE), 401);
  }
  assert.equal(await code(owner), inviteCode);
});

const spent = async (owner) =>
  (await transactions(`company_id = ${await companyOf(owner)}`)).filter((t) => t.type === "meeting_charge");

test("a removed member's meeting ends, and the company is charged until then and no longer", async () => {
  await world.must(200, "PUT", "/admin/api/settings", { cookie: await world.admin(), body: { ratePerMinute: "10" } });
  const owner = await world.company({ credit: "100" }),
    anna = await world.account();
  await join(anna, owner.inviteCode);
  const meeting = await world.meeting(anna);
  const guest = await world.join(meeting);
  const others = await world.meeting(owner);
  const began = Date.now();
  await pause(700);
  assert.equal((await remove(owner, anna.id)).status, 200);
  const minutes = (Date.now() - began + 1500) / 60_000;
  assert.match((await guest.event("meeting:ended")).reason, /no longer in the company/);
  const charges = await eventually("the charge", async () => {
    const found = await spent(owner);
    assert.equal(found.length, 1);
    return found;
  });
  assert.ok(-Number(charges[0].amount) <= minutes * 10, `${charges[0].amount} for ${minutes} minutes`);
  const gone = await world.api("GET", `/api/meetings/${meeting.meetingId}`, { key: anna.apiKey });
  assert.equal(gone.status, 404);
  await pause(500);
  assert.equal((await spent(owner)).length, 1);
  await world.must(200, "GET", `/api/meetings/${others.meetingId}`, { key: owner.apiKey });
});

test("what a removed member had scheduled is its own from then on", async () => {
  const owner = await world.company({ credit: "100" }),
    anna = await world.account();
  await join(anna, owner.inviteCode);
  const scheduledAt = new Date(Date.now() + 3_600_000).toISOString();
  const { meetingId, adminToken: token } = await world.meeting(anna, { scheduledAt });
  const path = `/api/meetings/${meetingId}`;
  await world.must(200, "GET", path, { key: owner.apiKey });
  assert.equal((await remove(owner, anna.id)).status, 200);
  assertRefused(await world.api("GET", path, { key: owner.apiKey }), 404);
  await world.must(200, "GET", path, { key: anna.apiKey });
  assert.deepEqual(await world.sql(`SELECT company_id FROM meetings WHERE meeting_id = '${meetingId}'`), [
    { company_id: null },
  ]);
  await world.restartControl();
  await world.must(200, "GET", path, { key: anna.apiKey });
  await world.must(200, "DELETE", path, { key: anna.apiKey, token });
});

test("a removal of which control didn't live to see the end is seen to the end", { timeout: 60_000 }, async () => {
  const owner = await world.company({ credit: "100" }),
    anna = await world.account();
  await join(anna, owner.inviteCode);
  const { meetingId } = await world.meeting(anna);
  await world.server.killControl();
  await world.sql(
    `SELECT company_remove(${anna.id}, ${await world.server.psql(`SELECT company_id FROM users WHERE id = ${anna.id}`)}, 'another')`,
  );
  await world.restartControl();
  await eventually(
    "it has ended",
    async () => assert.deepEqual(await world.sql(`SELECT FROM meetings WHERE meeting_id = '${meetingId}'`), []),
    30_000,
  );
});

test("only the owner removes, not itself, and only members of its own company", async () => {
  const owner = await world.company(),
    other = await world.company(),
    anna = await world.account(),
    bert = await world.account(),
    carl = await world.account();
  await join(anna, owner.inviteCode);
  await join(bert, owner.inviteCode);
  assertRefused(await remove(anna, bert.id), 403);
  assertRefused(await remove(anna, anna.id), 403);
  assertRefused(await remove(carl, anna.id), 404);
  assertRefused(await remove(other, anna.id), 404);
  assertRefused(await remove(owner, owner.id), 400);
  assertRefused(await remove(owner, carl.id), 404);
  for (const id of ["0", "abc", "-1", "999999999999999999999"])
    assertRefused(
      await world.api("DELETE", `/api/company/members/${id}`, { cookie: owner.cookie, checked: false }),
      404,
    );
  assertRefused(await world.api("DELETE", `/api/company/members/${anna.id}`), 401);
  assert.equal((await members(owner)).json.members.length, 3);
});

test("keys stay personal", async () => {
  const owner = await world.company(),
    anna = await world.account();
  await join(anna, owner.inviteCode);
  const { keys } = await world.must(200, "GET", "/api/user/keys", { cookie: owner.cookie });
  assert.equal(keys.length, 1);
  const [{ id }] = (await world.must(200, "GET", "/api/user/keys", { cookie: anna.cookie })).keys;
  assertRefused(await world.api("DELETE", `/api/user/keys/${id}`, { cookie: owner.cookie }), 404);
});
