// What ./start as root leaves the programs, and what it opens and prints. Who isn't root has nothing to give up.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import https from "node:https";
import { createServer } from "node:net";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { freeTcpPort, makeDir, TOP } from "../lib/servers.mjs";
import { processOf, start, statusOf, stop } from "../lib/start.mjs";
import { eventually } from "../lib/wait.mjs";

const run = promisify(execFile);
const TIMEOUT = { timeout: 600_000 };
const FIRST_START_MS = 400_000; // it may have to build
const CAP_NET_BIND_SERVICE = 1n << 10n;

let dir, data, port, running;

before(async () => {
  dir = await makeDir();
  await chmod(dir, 0o755);
  data = path.join(dir, "data");
  port = await freeTcpPort();
});

async function stopIt() {
  if (running) await stop(running);
  running = undefined;
}

after(async () => {
  await stopIt();
  await rm(dir, { recursive: true, force: true });
});

const idOf = async (user) => (await run("id", ["-u", user])).stdout.trim();
const modeOf = async (file) => ((await stat(file)).mode & 0o7777).toString(8);
const environOf = (pid) => readFile(`/proc/${pid}/environ`, "utf8");

async function secretsOf(folder) {
  const text = await readFile(path.join(folder, "env"), "utf8");
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/s, 2)),
  );
}

/** That nobody of them may do more than an ordinary user. `rights`: of control. */
async function assertUnprivileged(rights = 0n) {
  for (const [name, user, may] of [
    ["onepizza-sfu", "onepizza", 0n],
    ["onepizza-control", "onepizza", rights],
    ["postgres", "postgres", 0n],
  ]) {
    const pid = await processOf(running, name);
    const status = await statusOf(pid);
    const uid = await idOf(user);
    assert.equal(status.Uid, [uid, uid, uid, uid].join("\t"), `${name}'s users`);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.equal(BigInt(`0x${status[set]}`), may, `${name}'s ${set}`);
    assert.equal(status.NoNewPrivs, "1", name);
    if (user === "onepizza") assert.equal((await stat(`/proc/${pid}/mem`)).uid, 0, `${name} is closed to its own user`);
    assert.equal(status.Groups.trim(), (await run("id", ["-g", "onepizza"])).stdout.trim(), `${name}'s groups`);
  }
}

describe("./start as root", { skip: process.getuid() !== 0 && "only root can become somebody else" }, () => {
  afterEach(stopIt);

  test("runs each program as a user of its own, without capabilities or a way to any", TIMEOUT, async () => {
    running = await start({ data, port, patienceMs: FIRST_START_MS });
    await assertUnprivileged();

    const { ADMIN_PASSWORD, SESSION_SECRET } = await secretsOf(data);
    assert.match(running.said, /administrator is admin@localhost; the password is ADMIN_PASSWORD in .*\/data\/env/);
    assert.equal(await modeOf(path.join(data, "env")), "600");
    assert.ok(!running.said.includes(ADMIN_PASSWORD), "the password isn't printed");
    for (const file of await readdir(path.join(data, "log")))
      assert.ok(!(await readFile(path.join(data, "log", file), "utf8")).includes(ADMIN_PASSWORD), `nor in ${file}`);
    for (const name of ["onepizza-sfu", "postgres"]) {
      const environ = await environOf(await processOf(running, name));
      for (const secret of [ADMIN_PASSWORD, SESSION_SECRET]) assert.ok(!environ.includes(secret), `${name} knows it`);
    }
    const who = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    for (const socket of ["sfu/sfu.sock", "pg-run/.s.PGSQL.5432"])
      await assert.rejects(run("setpriv", [...who, "test", "-S", path.join(data, socket)]), `${socket} is seen by all`);
    const superuser = "select rolsuper from pg_roles where rolname = current_user";
    const psql = ["-h", path.join(data, "pg-run"), "-U", "onepizza", "-d", "onepizza", "-qAtX", "-c", superuser];
    assert.equal((await run("psql", psql)).stdout.trim(), "f");
  });

  test("rotates a log that has grown large while the program writes into it", TIMEOUT, async () => {
    running = await start({ data, port });
    const log = path.join(data, "log/control.log");
    await truncate(log, 10_000_001);
    await eventually("it begins anew", async () => assert.ok((await stat(log)).size < 1_000_000), 15_000);
    assert.ok((await stat(`${log}.1`)).size > 10_000_000);
    await stopIt();
    assert.match(await readFile(log, "utf8"), /^[^\0]*control/); // it went on in the same file, from its beginning
  });

  test("follows no link that somebody laid where its locks were", TIMEOUT, async () => {
    const victim = path.join(dir, "victim");
    await writeFile(victim, "precious");
    const links = Array.from({ length: 20 }, (_, i) => `/tmp/onepizza-port-${40000 + 100 * i}.lock`);
    const made = [];
    for (const link of links) {
      await run("flock", ["-n", link, "rm", link]).catch(() => {}); // of an earlier version, if nobody holds it
      await symlink(victim, link).then(
        () => made.push(link),
        () => {},
      );
    }
    try {
      running = await start({ data, port });
      assert.equal(await readFile(victim, "utf8"), "precious");
    } finally {
      for (const link of made) await rm(link);
    }
  });

  test("leaves control the right to bind a port below 1024, if it has one, and no other", TIMEOUT, async () => {
    const low = await freeLowPort();
    running = await start({ data, port: low });
    assert.equal((await fetch(`http://localhost:${low}/healthz`)).status, 200);
    await assertUnprivileged(CAP_NET_BIND_SERVICE);
  });

  test("runs from a folder that only root may enter, and with a key that only root may read", TIMEOUT, async () => {
    const closed = path.join(dir, "closed");
    await mkdir(closed, { mode: 0o700 });
    await symlink(TOP, path.join(closed, "onepizza"));
    const [cert, key] = [path.join(closed, "cert.pem"), path.join(closed, "key.pem")];
    await newCertificate(cert, key);
    const closedData = path.join(closed, "data");
    running = await start({
      data: closedData,
      port,
      top: path.join(closed, "onepizza"),
      env: { TLS_CERT_FILE: cert, TLS_KEY_FILE: key },
    });
    await assertUnprivileged();
    assert.equal(await httpsStatus(port), 200);
    const { stdout } = await run("sh", ["-c", `printf '%s\\n' '${closedData}' | sha256sum | head -c 12`]);
    await stopIt();
    await rm(`/var/lib/onepizza/${stdout}`, { recursive: true });
  });

  test("takes over what ran as root before it knew better", TIMEOUT, async () => {
    const old = path.join(dir, "old");
    await run("bash", ["-euc", OLD_INSTALLATION, "bash", old]);
    running = await start({ data: old, port });
    await assertUnprivileged();
    const superuser = "select rolsuper from pg_roles where rolname = current_user";
    const psql = ["-h", path.join(old, "pg-run"), "-U", "onepizza", "-d", "onepizza", "-qAtX", "-c", superuser];
    assert.equal((await run("psql", psql)).stdout.trim(), "f");
    assert.doesNotMatch(running.said, /administrator/);
  });
});

/** What a start as root once left behind. $1: the data folder */
const OLD_INSTALLATION = `
  mkdir -m 0755 "$1"; install -d -m 0750 "$1/log"; install -d -o postgres -g postgres -m 0700 "$1/pg" "$1/pg-run"
  (umask 077; printf 'SESSION_SECRET=%s\\nADMIN_EMAIL=admin@localhost\\nADMIN_PASSWORD=%s\\n' \\
    "$(printf 's%.0s' $(seq 48))" an-old-password >"$1/env")
  touch "$1/sfu.sock"
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
  cd /
  as="runuser -u postgres --"
  $as "$bin/initdb" -D "$1/pg" -U onepizza -A trust -E UTF8 --locale=C
  $as "$bin/postgres" --single -D "$1/pg" postgres <<<'CREATE DATABASE onepizza'
  $as touch "$1/pg/is-complete"`;

async function freeLowPort() {
  for (let low = 600; low < 1024; low++) {
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(low, () => server.close(() => resolve(true)));
    });
    if (free) return low;
  }
  throw new Error("no free port below 1024");
}

async function newCertificate(cert, key) {
  const name = ["-subj", "/CN=localhost", "-days", "2"];
  await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...name]);
  await chmod(key, 0o600);
}

function httpsStatus(at) {
  return new Promise((resolve, reject) => {
    const asked = https.get(`https://localhost:${at}/`, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once("error", reject);
  });
}
