// Strangers who take what they can, each from an address of its own, and somebody from another who only wants to use the
// server. In the short form of tests/bench/strangers.mjs, which has the figures.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { names } from "../lib/attacks.mjs";
import { attacked, meetingFrom } from "../lib/beside.mjs";
import { ASAN, Server } from "../lib/servers.mjs";

const SECONDS = 1.5;
const PATIENT_MS = 500; // sanitizers, and whatever else runs here

function isUndisturbed({ attack, requests, failed, p99Ms, joins, joinsFailed }) {
  assert.ok(requests > 0 && joins > 0, `${attack}: ${requests} requests, ${joins} joins`);
  assert.equal(failed, 0, `${attack}: ${failed} requests failed`);
  assert.equal(joinsFailed, 0, `${attack}: ${joinsFailed} joins failed`);
  assert.ok(p99Ms < PATIENT_MS, `${attack}: ${p99Ms} ms`);
}

describe("a bystander isn't disturbed by", () => {
  let server;
  before(async () => {
    server = await new Server({ name: "hostile-strangers", env: { RATE_LIMITS: "on", ...ASAN } }).start();
  });
  after(() => server?.stop());

  for (const [n, name] of names.entries())
    it(name, async () => {
      const felt = await attacked(server, name, SECONDS, n);
      isUndisturbed(felt);
      assert.ok(felt.controlMiB < 600, `${felt.controlMiB} MiB`); // with the sanitizers' own
    });

  it("and the metrics say who was refused what", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const what of ["sessions", "connections", "bytes", "handshakes"])
      assert.match(
        metrics,
        new RegExp(`^onepizza_share_held\\{what="${what}"\\}|_refused_total\\{what="${what}"\\} \\d`, "m"),
      );
    assert.match(metrics, /^onepizza_share_refused_total\{what="(connections|handshakes|sessions)"\} [1-9]/m);
  });
});

describe("with few descriptors", () => {
  let server;
  before(async () => {
    const through = ["prlimit", "--nofile=1024"];
    server = await new Server({ name: "hostile-few", env: { RATE_LIMITS: "on", ...ASAN }, through }).start();
  });
  after(() => server?.stop());

  it("who takes half of all connections leaves the others the other half", async () => {
    isUndisturbed(await attacked(server, "connections", SECONDS, 0));
  });

  it("two who take all of them give way to whoever comes", async () => {
    const [one, two] = await Promise.all([
      attacked(server, "connections", SECONDS, 1),
      attacked(server, "drips", SECONDS, 2),
    ]);
    isUndisturbed(one);
    isUndisturbed(two);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^onepizza_share_displaced_total\{what="connections"\} [1-9]/m);
  });

  it("a meeting can still be made and joined", async () => {
    assert.match(await meetingFrom(server.url, "127.79.0.2"), /^\w+-?\w+$/);
  });
});
