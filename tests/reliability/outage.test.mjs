// PostgreSQL goes away under load, in three ways: stopped, killed, and frozen (it takes connections and says nothing).
// Meetings go on, who needs it is told so in time, and when it is back nothing is lost. In the midst of it the media
// server is killed too. OUTAGE_SECONDS: how long (default 4).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { eventually, pause } from "../lib/wait.mjs";
import { compare, compareWebhooks, readBooks } from "./lib/books.mjs";
import { Chance } from "./lib/chance.mjs";
import { Journal } from "./lib/journal.mjs";
import { Load, serverOfLoad } from "./lib/load.mjs";
import { Person } from "./lib/person.mjs";
import { Receiver } from "./lib/receiver.mjs";

const SECONDS = Number(process.env.OUTAGE_SECONDS ?? 4);
const SEED = Number(process.env.RELIABILITY_SEED ?? Date.now() % 2 ** 32);
const WORKERS = 6;
const ANSWER_MS = 6000; // whatever happens, an answer comes within this
const MEETING_MS = 2000; // and what a meeting does of itself doesn't notice at all

const chance = new Chance(SEED),
  journal = new Journal(),
  receiver = new Receiver();
let server, load, meeting, one, two;

before(async () => {
  await receiver.start(chance.fork());
  server = await serverOfLoad("reliability-outage").start();
  load = new Load({ url: server.url, journal, chance: chance.fork(), receiver });
  await load.begin(0);
  const [key] = journal.keysLive();
  meeting = (
    await load.call(201, "POST", "/api/meetings", {
      key,
      body: { title: "The one that is watched", maxParticipants: 1000 },
    })
  ).json;
  [one, two] = [await comeIn(), await comeIn()];
});

after(async () => {
  for (const person of [one, two, ...journal.people]) person?.close();
  await server?.stop();
  await receiver.stop();
});

async function comeIn() {
  const person = new Person({ url: server.url, meeting, isHost: false, isDocumented: chance.happens(0.5) });
  assert.ok(await person.join(), person.why);
  return person;
}

const health = async () => (await fetch(`${server.url}/healthz`)).json();
const becomes = (what, state) =>
  eventually(`${what} is ${state}`, async () => assert.equal((await health())[what], state));

/** What needs no database: chat, coming in, a guest's meeting, ICE servers. Answers how long the slowest took. */
async function meetingsGoOn() {
  let slowest = 0;
  const timed = async (what, work) => {
    const begun = performance.now();
    await work();
    const took = performance.now() - begun;
    slowest = Math.max(slowest, took);
    assert.ok(took < MEETING_MS, `${what} took ${Math.round(took)} ms`);
  };
  await timed("chat", async () => {
    const heard = two.client.event("chat:message", undefined, MEETING_MS);
    assert.ok(await one.say("still here"));
    await heard;
  });
  await timed("coming in", async () => (await comeIn()).leave());
  await timed("a guest's meeting", async () => assert.ok((await server.newMeeting()).meetingId));
  await timed("ICE servers", async () =>
    assert.equal((await fetch(`${server.url}/api/config/ice-servers`)).status, 200),
  );
  return slowest;
}

/** All its processes: the postmaster and those it has forked. */
function signalDatabase(signal) {
  const [postmaster] = readFileSync(path.join(server.dir, "pg/data/postmaster.pid"), "utf8").split("\n");
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", postmaster], { encoding: "utf8" }).trim().split(/\s+/);
  for (const pid of [postmaster, ...children]) process.kill(Number(pid), signal);
}

const ways = {
  stopped: { away: () => server.database("stop"), back: () => server.database("start") },
  killed: { away: () => server.database("kill"), back: () => server.database("start") },
  frozen: { away: () => signalDatabase("SIGSTOP"), back: () => signalDatabase("SIGCONT") },
};

async function killMediaServer() {
  await server.sfu.kill();
  await becomes("sfu", "down");
  await meetingsGoOn();
  await server.sfu.start();
  await becomes("sfu", "up");
}

/** Something that only the database knows. */
const askDatabase = () => load.call(200, "GET", "/api/user/keys", { cookie: load.admin });

/** The database is away for SECONDS; what was seen meanwhile. */
async function outage({ away, back }) {
  const seen = { slowestOfMeetings: 0 };
  Object.assign(load, { is503Fine: true, slowestMs: 0, refused: 0 });
  await away();
  try {
    const end = Date.now() + SECONDS * 1000;
    let isMediaKilled = false;
    while (Date.now() < end) {
      seen.slowestOfMeetings = Math.max(seen.slowestOfMeetings, await meetingsGoOn());
      if (!isMediaKilled && Date.now() > end - SECONDS * 500) {
        isMediaKilled = true;
        await killMediaServer();
      }
      await pause(200);
    }
    assert.equal(await askDatabase(), undefined, "who needs the database is refused");
    Object.assign(seen, { refused: load.refused, slowest: load.slowestMs });
  } finally {
    await back();
  }
  const begun = performance.now();
  await eventually("the database is in use again", async () => assert.ok(await askDatabase()));
  await becomes("database", "up");
  seen.backMs = performance.now() - begun;
  return seen;
}

const queueLength = async () =>
  Number(/^onepizza_db_write_queue (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())[1]);

function noneWrong(when) {
  return async () => {
    const wrong = [...load.wrong.splice(0), ...compare(journal, await readBooks(server), Date.now())];
    assert.deepEqual(wrong.slice(0, 20), [], `${when}, seed ${SEED}: ${wrong.length} are wrong`);
  };
}

for (const [how, way] of Object.entries(ways))
  describe(`PostgreSQL is ${how} for ${SECONDS} s under load`, () => {
    it("meetings go on, who needs it is told in time, and nothing is lost", {
      timeout: SECONDS * 1000 + 120_000,
    }, async () => {
      await load.begin(WORKERS);
      await pause(1000);
      let seen;
      try {
        seen = await outage(way);
        await pause(1000);
        load.is503Fine = false;
        await pause(1000);
      } finally {
        load.end();
        await load.ended();
      }
      assert.ok(load.slowestMs < ANSWER_MS, `an answer took ${Math.round(load.slowestMs)} ms`);
      await eventually("the queue is drained", async () => assert.equal(await queueLength(), 0));
      await noneWrong(`after it was ${how}`)();
      console.log(
        `${how} for ${SECONDS} s: ${seen.refused} calls answered 503, the slowest answer ${Math.round(seen.slowest)} ms; ` +
          `chat, joining and guests at most ${Math.round(seen.slowestOfMeetings)} ms; in use again ${Math.round(seen.backMs)} ms after its return`,
      );
    });
  });

describe("when all is over", () => {
  it("every webhook event has arrived, in order, once in the receiver's books", { timeout: 240_000 }, async () => {
    receiver.isHealthy = true;
    await load.begin(0);
    await Promise.all(journal.people.filter((person) => !person.left).map((person) => person.leave()));
    for (const live of journal.meetings) if (live.adminToken && live.ended !== "done") await load.meetingEnd(live);
    await eventually(
      "every webhook event is delivered",
      async () =>
        assert.equal(await server.psql("SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'"), "0"),
      200_000,
    );
    await noneWrong("at the end")();
    assert.deepEqual(compareWebhooks(journal, await readBooks(server), receiver), []);
    console.log(
      `seed ${SEED}; acknowledged: ${JSON.stringify(journal.counts())}; ${receiver.deliveries.length} webhook deliveries`,
    );
  });
});
