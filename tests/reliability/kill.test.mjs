// Control is killed (SIGKILL) at random moments while everybody is at work: nothing that it has acknowledged is lost,
// nothing happens twice, and meetings go on. RELIABILITY_ROUNDS: how often (default 6), RELIABILITY_SEED: the same
// choices again (the order in which concurrent requests meet the crash is the kernel's, and isn't repeated).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually, pause } from "../lib/wait.mjs";
import { compare, compareWebhooks, readBooks } from "./lib/books.mjs";
import { Chance } from "./lib/chance.mjs";
import { DONE, Journal } from "./lib/journal.mjs";
import { Load, serverOfLoad } from "./lib/load.mjs";
import { Receiver } from "./lib/receiver.mjs";

const ROUNDS = Number(process.env.RELIABILITY_ROUNDS ?? 6);
const SEED = Number(process.env.RELIABILITY_SEED ?? Date.now() % 2 ** 32);
const WORKERS = 12;
const LIFE_MS = 1500; // at most; a crash comes at any moment of it
const YOUNG_MS = 1000;

const chance = new Chance(SEED),
  journal = new Journal(),
  receiver = new Receiver();
let server, load;
const stats = {
  resumed: 0,
  "as somebody new (documented, leaving, or there for less than a second)": 0,
  refused: 0,
  killedAtStart: 0,
  startMs: [],
};

before(async () => {
  await receiver.start(chance.fork());
  server = await serverOfLoad("reliability-kill").start();
  load = new Load({ url: server.url, journal, chance: chance.fork(), receiver });
});

after(async () => {
  for (const person of journal.people) person.close();
  await server?.stop();
  await receiver.stop();
});

const noneWrong = (wrong, when) =>
  assert.deepEqual(wrong.slice(0, 20), [], `${when}, seed ${SEED}: ${wrong.length} are wrong`);

/** Everybody who was in a meeting comes back; those who had been there for a while, as themselves. */
async function comeBack(killedAt) {
  const wrong = [];
  await Promise.all(
    journal.people
      .filter((person) => !person.left)
      .map(async (person) => {
        const wasYoung = person.isDocumented || person.isLeaving || person.joinedAt > killedAt - YOUNG_MS;
        const how = await person.comeBack();
        if (how === "resumed") stats.resumed += 1;
        else if (how === "new") stats["as somebody new (documented, leaving, or there for less than a second)"] += 1;
        else stats.refused += 1;
        if (how !== "resumed" && !wasYoung && !person.meeting.ended)
          wrong.push(`${person.participantId} in ${person.meeting.meetingId}: ${how}`);
      }),
  );
  return wrong;
}

async function somebodyLogsIn() {
  const account = chance.of(journal.accounts.filter((a) => a.state === DONE));
  return (await load.logIn(account)) ? [] : [`${account.email} can't log in`];
}

/** Sometimes it is killed once more while it starts: with half of its meetings loaded, say. */
async function restart() {
  if (chance.happens(0.25)) {
    const last = server.control,
      starting = server.startControl().catch(() => {});
    while (server.control === last) await pause(1);
    await pause(chance.below(200));
    await server.killControl();
    await starting;
    stats.killedAtStart += 1;
  }
  const begun = performance.now();
  await server.startControl();
  stats.startMs.push(Math.round(performance.now() - begun));
}

async function round(n) {
  await load.begin(WORKERS);
  await pause(chance.below(LIFE_MS));
  load.end();
  const killedAt = Date.now();
  await server.killControl();
  await load.ended();
  await restart();
  const wrong = [
    ...load.wrong.splice(0),
    ...compare(journal, await readBooks(server), killedAt),
    ...(await comeBack(killedAt)),
    ...(await somebodyLogsIn()),
  ];
  assert.equal(
    server.sfu.child.exitCode ?? server.sfu.child.signalCode,
    null,
    "the media server is still the one it was",
  );
  noneWrong(wrong, `round ${n}`);
}

/** Everybody goes home, every meeting is ended, every event delivered. */
async function closeDown() {
  receiver.isHealthy = true;
  await load.begin(0);
  await Promise.all(journal.people.filter((person) => !person.left).map((person) => person.leave()));
  for (const meeting of journal.meetings)
    if (meeting.adminToken && meeting.ended !== DONE) await load.meetingEnd(meeting);
  await eventually(
    "every webhook event is delivered",
    async () => {
      const pending = await server.psql("SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'");
      assert.equal(pending, "0");
    },
    120_000,
  );
}

describe(`control is killed ${ROUNDS} times under load`, () => {
  it("and the books balance after each", { timeout: ROUNDS * 20_000 + 60_000 }, async () => {
    const begun = performance.now();
    for (let n = 1; n <= ROUNDS; n++) await round(n);
    const { startMs, killedAtStart, ...people } = stats;
    startMs.sort((a, b) => a - b);
    console.log(
      `seed ${SEED}: ${ROUNDS} rounds in ${Math.round((performance.now() - begun) / 1000)} s, ${load.requests} requests`,
    );
    console.log("acknowledged:", JSON.stringify(journal.counts()));
    console.log("people in meetings at a crash came back:", JSON.stringify(people));
    console.log(
      `killed once more while starting: ${killedAtStart}; start to healthy: median ${startMs[ROUNDS >> 1]} ms, worst ${startMs.at(-1)} ms`,
    );
  });

  it("and every webhook event arrives, in its meeting's order, once in the receiver's books", {
    timeout: 180_000,
  }, async () => {
    await closeDown();
    const books = await readBooks(server);
    noneWrong(
      [...load.wrong.splice(0), ...compare(journal, books, Date.now()), ...compareWebhooks(journal, books, receiver)],
      "at the end",
    );
    const distinct = new Set(receiver.deliveries.map((entry) => entry.delivery)).size;
    console.log(
      `webhooks: ${distinct} events in ${receiver.deliveries.length} deliveries (those of deleted webhooks included); ` +
        `history: ${books.history.length} rows, ${books.transactions.filter((t) => t.type === "meeting_charge").length} charges`,
    );
  });
});
