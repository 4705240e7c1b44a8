// Ten minutes of people who come and go: nothing ends, nothing grows. SOAK_MINUTES for longer runs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { ended, program, residentMiB, Server, startProcess } from "../lib/servers.mjs";

const MINUTES = Number(process.env.SOAK_MINUTES ?? 10);
const ROUND_S = 60;
const GROWTH = 1.25; // of resident memory after the first round, which fills pools and caches

let server;
before(async () => {
  server = new Server({ name: "soak" });
  await server.start();
});
after(() => server?.stop());

async function round(number) {
  const crowd = await startProcess(`soak-load-${number}`, program("loadtest", "onepizza-load"), [
    "--port",
    String(server.port),
    "--rooms",
    "5",
    "--size",
    "6",
    "--churn",
    "2",
    "--ramp",
    "20",
    "--warmup",
    "2",
    "--duration",
    String(ROUND_S),
    "--max-loss",
    "0.05",
  ]);
  const [code] = await once(crowd, "exit");
  assert.equal(code, 0, `round ${number}: see build/test-logs/soak-load-${number}.log`);
}

test(`${MINUTES} minutes of joining and leaving`, { timeout: (MINUTES + 5) * 60_000 }, async (context) => {
  const memory = [];
  for (let i = 0; i < MINUTES; i++) {
    await round(i);
    assert.ok(!ended(server.control) && !ended(server.sfu.child), "both programs run");
    memory.push({ control: residentMiB(server.control), sfu: residentMiB(server.sfu.child) });
    context.diagnostic(`after ${i + 1} minutes: ${JSON.stringify(memory.at(-1))}`);
  }
  for (const name of ["control", "sfu"]) {
    const [first, last] = [memory[0][name], memory.at(-1)[name]];
    assert.ok(last <= first * GROWTH + 4, `${name} grew from ${first.toFixed(1)} to ${last.toFixed(1)} MiB`);
  }
});
