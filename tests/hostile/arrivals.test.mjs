// Everybody at once into one meeting: they come in at a pace, in order, and nobody notices.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Client } from "../lib/light_client.mjs";
import { eventually } from "../lib/wait.mjs";
import { useServer } from "./lib.mjs";

const PEOPLE = 500;
const AT_ONCE = 50;
const EACH_SECOND = 200;

const server = useServer({ name: "hostile-arrivals", env: { RATE_LIMITS: "on" } });

it("joins of a meeting are let in at 200 a second, without an error, and so is what is said meanwhile", async () => {
  const { meetingId, adminToken } = await server.newMeeting();
  const host = await Client.open(server.url);
  await host.join(meetingId, "Host", { isAdmin: true, adminToken });
  host.emit("admin:settings", { maxParticipants: 1000 });
  const clients = [];
  while (clients.length < PEOPLE)
    clients.push(...(await Promise.all(Array.from({ length: 50 }, () => Client.open(server.url)))));
  const began = performance.now();
  const joins = clients.map((client, n) => client.join(meetingId, `Person ${n}`));
  clients.at(-1).emit("raise-hand", { isHandRaised: true });
  await Promise.all(joins);
  const tookMs = performance.now() - began;
  const leastMs = ((PEOPLE - AT_ONCE) / EACH_SECOND) * 1000 * 0.9;
  assert.ok(tookMs > leastMs, `${tookMs} ms`);
  await eventually("the raised hand", () => assert.ok(host.count("participant:updated") > 0));
  assert.equal(host.count("participant:joined"), PEOPLE);
  for (const client of clients) assert.equal(client.count("error"), 0);
  for (const client of [host, ...clients]) client.close();
});
