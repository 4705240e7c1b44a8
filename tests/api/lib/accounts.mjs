// What the tests of accounts share.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { eventually, Jar, startWorld } from "../../lib/world.mjs";

/** A world whose mails stay in mail_queue: there is nobody at that address. */
export async function startAccountsWorld(name, env = {}) {
  const world = await startWorld({
    name,
    env: { RESEND_API_KEY: "re_nobody", RESEND_API_BASE: "http://127.0.0.1:1", ...env },
  });
  await eventually("the database", () => world.admin());
  return world;
}

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A jar with nothing but this value of sid. */
export function jarOf(sid) {
  const jar = new Jar();
  jar.set("sid", sid);
  return jar;
}

export function assertRefused(answer, status, words) {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["error"]);
  if (words) assert.match(answer.json.error, words);
}

export function isRecent(time, seconds = 60) {
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(Math.abs(Date.now() - Date.parse(time)) < seconds * 1000, `${time} isn't now`);
}

/** How often each status came. */
export function tally(answers) {
  const counts = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The data of the mails that wait for this address, the oldest first. */
export function mails(world, email, template) {
  return world.sql(
    `SELECT template, data FROM mail_queue WHERE recipient = '${email}' AND template = '${template}' ORDER BY id`,
  );
}

/** Every table's rows as text, but for the mails that wait. */
export async function everythingStored(world) {
  const tables = await world.sql(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'mail_queue'",
  );
  const rows = await Promise.all(
    tables.map(({ tablename }) => world.server.psql(`SELECT t::text FROM ${tablename} t`)),
  );
  return rows.join("\n");
}
