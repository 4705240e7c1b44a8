// Every operation while PostgreSQL is away, and while it hangs: what needs it is answered 503 soon, what doesn't goes
// on, no call makes a 500 or waits for ever, and afterwards all is as it was. (reliability/ has the books under load.)
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { Everything, exampleOf } from "./lib/everything.mjs";
import { operations } from "../lib/openapi.mjs";
import { eventually, settled, startWorld } from "../lib/world.mjs";

const SOON_MS = 12_000; // one that is told to wait for the database, on a busy machine

let world, all;
before(async () => {
  world = await startWorld({ name: "outage", env: { WEBHOOK_ALLOW_INSECURE: "1" } });
  all = await Everything.of(world);
});
after(() => world?.stop());

/** The processes of the throw-away database. */
async function postgres() {
  const main = Number((await readFile(path.join(world.server.dir, "pg/data/postmaster.pid"), "utf8")).split("\n")[0]);
  const found = [main];
  for (const entry of await readdir("/proc")) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "") : "";
    if (stat && Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === main) found.push(Number(entry));
  }
  return found;
}

const TROUBLES = {
  "is away": { begin: () => world.server.database("kill"), end: () => world.server.database("start") },
  hangs: {
    begin: async () => (await postgres()).forEach((pid) => process.kill(pid, "SIGSTOP")),
    end: async () => (await postgres()).forEach((pid) => process.kill(pid, "SIGCONT")),
  },
};

/** What is answered from memory, whatever the database does. */
const GOES_ON = ["GET /healthz", "GET /api/config/ice-servers", "POST /api/meetings/guest", "GET /metrics"];

async function asked(found) {
  const began = Date.now();
  const answer = await world.api(found.method, all.address(found.template), {
    ...all.credentials(found),
    body: exampleOf(found),
    timeoutMs: 30_000,
  });
  return { ...answer, name: `${found.method} ${found.template}`, ms: Date.now() - began };
}

for (const [what, { begin, end }] of Object.entries(TROUBLES)) {
  test(`while PostgreSQL ${what}, each operation is answered soon, and never with 500`, {
    timeout: 120_000,
  }, async () => {
    const guest = await world.guestMeeting();
    const [bert, cleo] = [
      await world.join(guest, { name: "Bert" }),
      await world.joinAsHost(all.meeting, { name: "Cleo" }),
    ];
    let answers;
    await begin();
    try {
      bert.emit("chat:message", { text: "still here" });
      assert.equal((await bert.event("chat:message")).text, "still here", "running meetings go on");
      const late = await world.join(guest, { name: "Late" });
      assert.equal(late.joined.participants.length, 1, "and can be joined");
      const harmless = operations.filter(
        ({ method, template }) =>
          !(method === "DELETE" && template === "/api/meetings/{meetingId}") &&
          !template.endsWith("/kick") &&
          !template.includes("logout"),
      );
      answers = await Promise.all(harmless.map(asked));
      await settled(late, cleo);
    } finally {
      await end();
    }
    for (const { name, status, text, headers, ms } of answers) {
      assert.notEqual(status, 500, `${name}: ${text}`);
      assert.ok(ms < SOON_MS, `${name} took ${ms} ms`);
      if (GOES_ON.includes(name))
        assert.ok(status < 300 || name === "GET /healthz", `${name} needs no database: ${status} ${text}`);
      if (status === 503 && name !== "GET /healthz")
        assert.ok(Number(headers["retry-after"]) >= 1 || /stripe|usdc/.test(name), `${name} says when to come again`);
    }
    const refused = answers.filter(({ status }) => status === 503).map(({ name }) => name);
    for (const name of [
      "POST /api/auth/register",
      "POST /api/auth/login",
      "GET /api/billing/history",
      "GET /api/meetings/history",
      "POST /api/meetings",
      "GET /admin/api/analytics/features",
      "POST /api/webhooks",
    ])
      assert.ok(refused.includes(name), `${name} can't be done without the database`);

    await world.ready();
    if (what === "is away")
      assert.deepEqual(
        await world.sql("SELECT email FROM users WHERE email = 'you@example.com'"),
        [],
        "what was refused wasn't done",
      );
    await eventually(
      "all is well again",
      async () => {
        const again = await Promise.all(operations.filter(({ method }) => method === "GET").map(asked));
        assert.deepEqual(
          again.filter(({ status, name }) => status >= 500 && !/usdc/.test(name)).map(({ name }) => name),
          [],
        );
      },
      20_000,
    );
    cleo.emit("chat:message", { text: "and here" });
    assert.equal((await all.anna.event("chat:message", ({ text }) => text === "and here")).name, "Cleo");
    cleo.close();
  });
}

test("afterwards one can register, log in and create", async () => {
  await world.login(all.account);
  const account = await world.account({ credit: "1" });
  await world.meeting(account);
});
