// What the kernel says of the two programs while they run: how little they may, and how little can be read of them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { ADMIN, Server } from "../lib/servers.mjs";
import { statusOf } from "../lib/start.mjs";

let server;

before(async () => {
  server = await new Server({ env: { STRIPE_SECRET_KEY: "sk_only_this_test_knows" }, name: "guard" }).start();
});

after(() => server?.stop());

const programs = () => [
  ["onepizza-sfu", server.sfu.child.pid],
  ["onepizza-control", server.control.pid],
];

test("neither can gain privileges, and the kernel filters the calls of all their threads", async () => {
  for (const [name, pid] of programs()) {
    const status = await statusOf(pid);
    assert.equal(status.NoNewPrivs, "1", name);
    assert.equal(status.Seccomp, "2", name);
    assert.ok(Number(status.Threads) > 1, name);
  }
});

test("no core dump is written", async () => {
  for (const [name, pid] of programs()) {
    const limits = await readFile(`/proc/${pid}/limits`, "utf8");
    assert.match(limits, /^Max core file size +0 +0 /m, name);
  }
});

test("their environments show names and no values", async () => {
  for (const [name, pid] of programs()) {
    const environ = await readFile(`/proc/${pid}/environ`, "utf8");
    for (const secret of ["a secret that only this test knows", ADMIN.password, "sk_only_this_test_knows", "dbname="])
      assert.ok(!environ.includes(secret), `${name} shows ${secret}`);
    assert.match(environ, /LOG_LEVEL=|PORT=/, name);
  }
});

test("control says what it gave up, and pages, names of hosts and meetings work all the same", async () => {
  assert.match(server.controlOutput, /sandbox landlock=(on abi=\d+|absent abi=0) seccomp=on/);
  for (const page of ["/", "/healthz", "/metrics"]) assert.equal((await fetch(server.url + page)).status, 200, page);
  const { meetingId } = await server.newMeeting();
  assert.ok(meetingId);
});

test("a word that is none is refused at the start", async () => {
  const { env } = server;
  await server.stopControl();
  server.env = { ...env, SANDBOX: "perhaps" };
  await assert.rejects(server.startControl(), /control ended with 2/);
  server.env = env;
  await server.startControl();
});
