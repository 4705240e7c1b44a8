// The document's quick start (§19) and the dashboard's, word for word against ./start: the shell's lines are run by
// bash with curl and jq, the JavaScript by node with the official socket.io-client. Only the base URL is another, and
// what a reader fills in: the API key, the participant's id, the e-mail address. Nobody's account has credit at first,
// and creating a meeting then costs 402: so between registering and creating, the administrator adds some.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ended, freeTcpPort, makeDir, startProcess, stopProcess, TOP } from "../lib/servers.mjs";
import { eventually, Hopeless } from "../lib/wait.mjs";
import { Client } from "../lib/client.mjs";
import { Jar, request } from "../lib/http.mjs";

// ---- the texts, as they stand in the documents ----

const GUEST = String.raw`curl -X POST https://onepizza.io/api/meetings/guest \
  -H "Content-Type: application/json" \
  -d '{"title": "Quick Sync"}'
# Open the joinUrl in a browser to join`;

const ACCOUNT = String.raw`curl -X POST https://onepizza.io/api/auth/register \
  -H "Content-Type: application/json" \
  -d '{"email":"you@example.com","password":"secret123"}'
# Save the apiKey from the response`;

const MANAGE = String.raw`API_KEY="mk_yourkey"
BASE="https://onepizza.io"

# Create
RESP=$(curl -s -X POST $BASE/api/meetings \
  -H "Content-Type: application/json" \
  -H "x-api-key: $API_KEY" \
  -d '{"title":"Team Standup"}')

MEETING_ID=$(echo $RESP | jq -r '.meetingId')
ADMIN_TOKEN=$(echo $RESP | jq -r '.adminToken')
echo "Join: $BASE/join/$MEETING_ID"

# Check participants
curl -s $BASE/api/meetings/$MEETING_ID -H "x-api-key: $API_KEY" | jq

# Mute a participant
curl -s -X POST $BASE/api/meetings/$MEETING_ID/participants/PARTICIPANT_ID/mute \
  -H "x-api-key: $API_KEY" \
  -H "x-admin-token: $ADMIN_TOKEN"

# End the meeting
curl -s -X DELETE $BASE/api/meetings/$MEETING_ID \
  -H "x-api-key: $API_KEY" \
  -H "x-admin-token: $ADMIN_TOKEN"`;

const SCHEDULE = String.raw`curl -X POST https://onepizza.io/api/meetings \
  -H "Content-Type: application/json" \
  -H "x-api-key: $API_KEY" \
  -d '{"title":"Daily Standup","scheduledAt":"2026-04-01T09:00:00Z"}'`;

const BOT = String.raw`import { io } from "socket.io-client";

const socket = io("https://onepizza.io");

socket.emit("join-meeting", {
  meetingId: "abc-defg-hij",
  name: "Bot",
  isAdmin: false,
  adminToken: null,
});

socket.on("joined", ({ participantId, participants }) => {
  console.log("I am", participantId, "— others:", participants.map(p => p.name));
});

socket.on("participant:joined", p => console.log(p.name, "joined"));
socket.on("chat:message", ({ name, text }) => console.log(${"`${name}: ${text}`"}));

// Send a chat message
socket.emit("chat:message", { text: "Hello from the bot!" });

// Raise hand
socket.emit("raise-hand", { isHandRaised: true });

// Emoji reaction
socket.emit("react", { emoji: "👍" });`;

const DASHBOARD_CREATE = String.raw`curl -X POST https://onepizza.io/api/meetings \
  -H "Content-Type: application/json" \
  -H "x-api-key: YOUR_API_KEY" \
  -d '{"title": "My Meeting"}'`;

const DASHBOARD_BOT = String.raw`import { io } from "socket.io-client";

// Step 1: Create a meeting via REST API
const res = await fetch("https://onepizza.io/api/meetings", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "x-api-key": "YOUR_API_KEY"
  },
  body: JSON.stringify({ title: "Bot Meeting" })
});
const { meetingId, adminToken } = await res.json();

// Step 2: Connect and join via Socket.IO
const socket = io("https://onepizza.io");

socket.emit("join-meeting", {
  meetingId,
  name: "My AI Bot",
  isAdmin: true,
  adminToken
});

socket.on("joined", ({ participantId, participants }) => {
  console.log("Joined as", participantId);
});

// Step 3: Interact — chat, react, listen
socket.on("chat:message", ({ name, text }) => {
  console.log(${"`${name}: ${text}`"});
});
socket.emit("chat:message", { text: "Hello from the bot!" });`;

const DASHBOARD_KEYS = String.raw`# Create a meeting
curl -X POST https://onepizza.io/api/meetings \
  -H "Content-Type: application/json" \
  -H "x-api-key: YOUR_API_KEY" \
  -d '{"title": "Team Standup"}'

# List your meetings
curl https://onepizza.io/api/meetings \
  -H "x-api-key: YOUR_API_KEY"`;

// The other sections' lines have no base URL: it is put before their paths. "session_cookie" is curl's cookie file.
const SECTIONS = {
  register: String.raw`curl -X POST /api/auth/register \
  -H "Content-Type: application/json" \
  -d '{"email":"owner@acme.com","password":"secret123","accountType":"company","companyName":"Acme Corp"}'`,
  create: String.raw`curl -X POST /api/meetings \
  -H "Content-Type: application/json" \
  -H "x-api-key: mk_yourkey" \
  -d '{"title": "Team Standup"}'`,
  scheduled: String.raw`curl /api/meetings/scheduled/list -H "x-api-key: mk_yourkey"`,
  end: String.raw`curl -X DELETE /api/meetings/abc-defg-hij \
  -H "x-api-key: mk_yourkey" \
  -H "x-admin-token: d4e5f6..."`,
  guest: String.raw`curl -X POST /api/meetings/guest \
  -H "Content-Type: application/json" \
  -d '{"title": "Quick Sync"}'`,
  join: String.raw`curl -X POST /api/company/join \
  -H "Content-Type: application/json" \
  -b session_cookie \
  -d '{"inviteCode": "aBcDeFgHiJkL"}'`,
  history: String.raw`curl /api/meetings/history -b session_cookie`,
  checkout: String.raw`curl -X POST /api/billing/stripe/checkout \
  -H "Content-Type: application/json" \
  -b session_cookie \
  -d '{"amountUsd": 20}'`,
  address: String.raw`curl /api/billing/usdc/address -b session_cookie`,
};

// ---- a server, and what runs the texts ----

const TIMEOUT = { timeout: 600_000 };
const FIRST_START_MS = 500_000; // it may have to build
const run = promisify(execFile);

let dir, server, url, key;
const bots = [];

before(async () => {
  dir = await makeDir();
  await run("chmod", ["0755", dir]);
  const port = await freeTcpPort();
  url = `http://localhost:${port}`;
  server = await startProcess(
    "quickstart",
    path.join(TOP, "start"),
    ["--port", String(port), "--data", path.join(dir, "data"), "--no-install"],
    { SFU_WORKERS: "1" },
  );
  let said = "";
  server.stdout.on("data", (data) => (said += data));
  await eventually(
    "./start says where it runs",
    () => {
      if (ended(server)) throw new Hopeless("./start has ended: see build/test-logs/quickstart.log");
      assert.match(said, /onepizza is running/);
    },
    FIRST_START_MS,
  );
  await mkdir(path.join(dir, "node"));
  await symlink(path.join(TOP, "tests/node_modules"), path.join(dir, "node/node_modules"));
}, TIMEOUT);

after(async () => {
  for (const bot of bots) bot.kill();
  if (server) assert.equal(await stopProcess(server, "./start", 40_000), 0);
  await rm(dir, { recursive: true, force: true });
}, TIMEOUT);

/** The text with another base URL, and with what its reader fills in. */
function filledIn(text, replacements = {}) {
  let out = text.replaceAll("https://onepizza.io", url);
  for (const [old, now] of Object.entries(replacements)) {
    assert.ok(out.includes(old), `${old} is in the text`);
    out = out.replaceAll(old, now);
  }
  return out;
}

/** Runs it in bash as somebody who pastes it; answers what it printed. Nothing may fail. */
async function shell(text) {
  const { stdout } = await run("bash", ["-e", "-o", "pipefail", "-c", text], { cwd: dir });
  return stdout;
}

/** Runs it by node until it is killed; `said()` is what it has printed. */
async function node(name, text) {
  const file = path.join(dir, "node", `${name}.mjs`);
  await writeFile(file, text);
  const bot = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] });
  bots.push(bot);
  let said = "";
  for (const stream of [bot.stdout, bot.stderr]) stream.on("data", (data) => (said += data));
  return Object.assign(bot, { said: () => said });
}

async function addCredit(email) {
  const [, adminEmail] = /^ADMIN_EMAIL=(.*)$/m.exec(await readFile(path.join(dir, "data/env"), "utf8"));
  const [, password] = /^ADMIN_PASSWORD=(.*)$/m.exec(await readFile(path.join(dir, "data/env"), "utf8"));
  const cookie = new Jar(),
    headers = { "content-type": "application/json" };
  const login = await request(`${url}/api/auth/login`, {
    method: "POST",
    headers,
    body: { email: adminEmail, password },
  });
  assert.equal(login.status, 200, login.text);
  cookie.take(login.headers["set-cookie"]);
  const credited = await request(`${url}/admin/api/users/credit`, {
    method: "POST",
    headers: { ...headers, cookie: String(cookie) },
    body: { email, amountUsd: 25, description: "Welcome" },
  });
  assert.ok(credited.status < 300, credited.text);
}

// ---- the document's §19 ----

let guest;
test("§19.1: a guest meeting, and its joinUrl is a page", TIMEOUT, async () => {
  guest = JSON.parse(await shell(filledIn(GUEST)));
  assert.deepEqual(Object.keys(guest), ["meetingId", "adminToken", "joinUrl", "title"]);
  assert.equal(guest.joinUrl, `/join/${guest.meetingId}`);
  assert.equal(guest.title, "Quick Sync");
  const page = await request(url + guest.joinUrl);
  assert.deepEqual([page.status, page.headers["content-type"].split(";")[0]], [200, "text/html"]);
});

test("§19.2: an account and its API key", TIMEOUT, async () => {
  const account = JSON.parse(await shell(filledIn(ACCOUNT)));
  assert.deepEqual(
    [account.message, account.email, account.accountType],
    ["Account created", "you@example.com", "personal"],
  );
  assert.match(account.apiKey, /^mk_/);
  key = account.apiKey;
});

test("before there is credit, creating a meeting is 402; then the administrator adds some", TIMEOUT, async () => {
  const poor = JSON.parse(await shell(filledIn(DASHBOARD_CREATE, { YOUR_API_KEY: key })));
  assert.equal(typeof poor.error, "string");
  assert.equal(
    (
      await request(`${url}/api/meetings`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key },
        body: {},
      })
    ).status,
    402,
  );
  await addCredit("you@example.com");
});

test("§19.3: create, look, mute and end, by curl and jq", TIMEOUT, async () => {
  // The participant to mute has to be there: it joins while the shell waits between two of the document's paragraphs.
  const [create, ...rest] = filledIn(MANAGE, { mk_yourkey: key }).split("# Check participants");
  const pause = `echo "$MEETING_ID" > meeting-id; while [ ! -s participant-id ]; do sleep 0.05; done; PARTICIPANT_ID=$(<participant-id)\n`;
  const script = `${create}${pause}# Check participants${rest.join("").replace("PARTICIPANT_ID", "$PARTICIPANT_ID")}`;
  const printed = shell(script);
  const meetingId = await eventually("the meeting's id", async () => {
    const text = (await readFile(path.join(dir, "meeting-id"), "utf8")).trim();
    assert.match(text, /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
    return text;
  });
  const anna = await new Client(url, { name: "Anna" }).connected();
  await anna.join(meetingId);
  await writeFile(path.join(dir, "participant-id"), anna.id);
  const said = await printed;
  const [join, ...answers] = said.split("\n");
  assert.equal(join, `Join: ${url}/join/${meetingId}`);
  const text = answers.join("\n"),
    end = text.indexOf("\n}\n") + 2;
  const details = JSON.parse(text.slice(0, end));
  assert.deepEqual(
    [details.meetingId, details.title, details.participantCount, details.participants[0].name],
    [meetingId, "Team Standup", 1, "Anna"],
  );
  await anna.event("admin:mute");
  assert.equal(typeof (await anna.event("meeting:ended")).reason, "string");
  assert.equal((text.slice(end).match(/"message"/g) ?? []).length, 2, `both actions say so: ${text.slice(end)}`);
  anna.close();
});

test(
  "§19.4: schedule a meeting; the document's day has passed since, which is an error that says so",
  TIMEOUT,
  async () => {
    const old = JSON.parse(await shell(filledIn(`API_KEY=${key}\n${SCHEDULE}`)));
    if (Date.parse("2026-04-01T09:00:00Z") < Date.now()) assert.match(old.error, /scheduledAt/);
    const day = new Date(Date.now() + 7 * 86400_000).toISOString().slice(0, 10);
    const meeting = JSON.parse(await shell(filledIn(`API_KEY=${key}\n${SCHEDULE}`, { "2026-04-01": day })));
    assert.deepEqual(
      [meeting.title, meeting.status, meeting.scheduledAt],
      ["Daily Standup", "scheduled", `${day}T09:00:00.000Z`],
    );
  },
);

test("§19.5: the bot joins by Socket.IO, hears others, chats, raises its hand and reacts", TIMEOUT, async () => {
  const anna = await new Client(url, { name: "Anna" }).connected();
  await anna.join(guest.meetingId);
  const bot = await node("bot", filledIn(BOT, { "abc-defg-hij": guest.meetingId }));
  const { participantId } = await anna.event("participant:joined", (p) => p.name === "Bot");
  const { from, name, text } = await anna.event("chat:message");
  assert.deepEqual({ from, name, text }, { from: participantId, name: "Bot", text: "Hello from the bot!" });
  assert.deepEqual(await anna.event("participant:updated"), { participantId, isHandRaised: true });
  assert.deepEqual(await anna.event("react"), { participantId, emoji: "👍" });
  const bert = await new Client(url, { name: "Bert" }).connected();
  await bert.join(guest.meetingId);
  bert.emit("chat:message", { text: "Hello, bot" });
  await eventually(
    "the bot prints all it hears",
    () => {
      assert.match(bot.said(), new RegExp(`^I am ${participantId} — others: \\[ 'Anna' \\]$`, "m"));
      assert.match(bot.said(), /^Bot: Hello from the bot!$/m);
      assert.match(bot.said(), /^Bert joined$/m);
      assert.match(bot.said(), /^Bert: Hello, bot$/m);
    },
    10_000,
  );
  for (const client of [anna, bert]) client.close();
});

// ---- the dashboard's ----

test("dashboard: create a meeting with the key", TIMEOUT, async () => {
  const meeting = JSON.parse(await shell(filledIn(DASHBOARD_CREATE, { YOUR_API_KEY: key })));
  assert.deepEqual([meeting.title, meeting.status], ["My Meeting", "active"]);
});

test("dashboard: the bot creates a meeting, joins as its host and chats", TIMEOUT, async () => {
  const bot = await node("dashboard-bot", filledIn(DASHBOARD_BOT, { YOUR_API_KEY: key }));
  await eventually(
    "the bot has joined and hears itself",
    () => {
      assert.match(bot.said(), /^Joined as \S+$/m);
      assert.match(bot.said(), /^My AI Bot: Hello from the bot!$/m);
    },
    15_000,
  );
  const { json } = await request(`${url}/api/meetings`, { headers: { "x-api-key": key } });
  assert.equal(json.meetings.find(({ title }) => title === "Bot Meeting").participantCount, 1);
});

test("dashboard: the lines under API keys", TIMEOUT, async () => {
  const said = await shell(filledIn(DASHBOARD_KEYS, { YOUR_API_KEY: key }));
  const at = said.indexOf('{"meetings"');
  assert.equal(JSON.parse(said.slice(0, at)).title, "Team Standup");
  assert.ok(JSON.parse(said.slice(at)).meetings.length >= 3);
});

// ---- the lines of the other sections ----

test("§3 to §15: each curl line of the document", TIMEOUT, async () => {
  const line = async (name, replacements = {}) =>
    JSON.parse(await shell(filledIn(SECTIONS[name].replace(" /api/", ` ${url}/api/`), replacements)));
  const { inviteCode, accountType } = await line("register");
  assert.deepEqual([accountType, inviteCode.length], ["company", 12]);
  await shell(
    `curl -s -c session_cookie ${url}/api/auth/login -H "Content-Type: application/json" -d '{"email":"you@example.com","password":"secret123"}'`,
  );
  assert.equal((await line("join", { aBcDeFgHiJkL: inviteCode })).message, "Joined Acme Corp");

  const meeting = await line("create", { mk_yourkey: key });
  assert.equal(meeting.status, "active", "the company has the credit that its new member brought");
  assert.equal((await line("scheduled", { mk_yourkey: key })).meetings[0].title, "Daily Standup");
  assert.equal(
    typeof (await line("end", { "abc-defg-hij": meeting.meetingId, mk_yourkey: key, "d4e5f6...": meeting.adminToken }))
      .message,
    "string",
  );
  assert.ok((await line("history")).meetings.some(({ meeting_id: id }) => id === meeting.meetingId));
  assert.equal((await line("guest")).title, "Quick Sync");
  for (const name of ["checkout", "address"])
    assert.equal(typeof (await line(name)).error, "string", "neither cards nor USDC are configured here");
});
