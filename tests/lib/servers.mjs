// Starts what a test needs on free ports in a temporary directory: PostgreSQL, onepizza-sfu, onepizza-control.
// ONEPIZZA_BUILD: the build directory, "build/release" unless told, seen from the top of the repository.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually, Hopeless } from "./wait.mjs";

export const TOP = fileURLToPath(new URL("../../", import.meta.url));
export const BUILD = path.resolve(TOP, process.env.ONEPIZZA_BUILD ?? "build/release");
const LOGS = path.join(TOP, "build/test-logs");
const run = promisify(execFile);

/* What was freed shall count as freed: without this an ASan build keeps 256 MB of it. */
export const ASAN = { ASAN_OPTIONS: `quarantine_size_mb=1:${process.env.ASAN_OPTIONS ?? ""}` };

/* A release program that makes a system call which isn't on its list ends at once, so that a test sees it. */
const SANDBOX = { SANDBOX: "kill" };

export const ADMIN = { email: "admin@example.org", password: "correct horse battery staple" };

export async function freeTcpPort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The first of count UDP ports in a row that are free now. */
export async function freeUdpPorts(count) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 42000 + Math.floor(Math.random() * 15000);
    const sockets = [];
    try {
      for (let i = 0; i < count; i++) sockets.push(await bound(first + i));
      return first;
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
    } finally {
      for (const socket of sockets) socket.close();
    }
  }
  throw new Error("no free UDP ports");
}

function bound(port) {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "0.0.0.0", () => resolve(socket));
  });
}

/** A child process whose output goes to build/test-logs/NAME.log. */
export async function startProcess(name, program, args, env) {
  await mkdir(LOGS, { recursive: true });
  const log = createWriteStream(path.join(LOGS, `${name}.log`), { flags: "a" });
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

export function ended(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Stops it as an operator would; answers its exit code. One that doesn't stop is killed, and that is an error. */
export async function stopProcess(child, name = "process", patienceMs = 15_000) {
  if (ended(child)) return child.exitCode;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  const [code, signal] = await gone;
  clearTimeout(timer);
  if (signal === "SIGKILL") throw new Error(`${name} did not stop within ${patienceMs / 1000} s of SIGTERM`);
  return code;
}

/** Resident memory of a child in MiB. */
export function residentMiB({ pid }) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

export async function makeDir() {
  return mkdtemp(path.join(os.tmpdir(), "onepizza-test-"));
}

export function program(folder, name) {
  const found = path.join(BUILD, folder, name);
  if (!existsSync(found)) throw new Error(`${found} is missing: build it first`);
  return found;
}

/** The media server, and restart() as its supervisor would do it. */
export class Sfu {
  constructor({ dir, name = "sfu", env = {} }) {
    Object.assign(this, { dir, name, env, socket: path.join(dir, "sfu.sock") });
  }

  async start() {
    this.port ??= await freeUdpPorts(2);
    const env = {
      SFU_SOCKET: this.socket,
      SFU_PORT: String(this.port),
      SFU_WORKERS: "2",
      LOG_LEVEL: "info",
      ...SANDBOX,
      ...this.env,
    };
    this.child = await startProcess(this.name, program("sfu", "onepizza-sfu"), [], env);
    await eventually(
      "the SFU's socket",
      () => {
        if (ended(this.child))
          throw new Hopeless(`${this.name} ended with ${this.child.exitCode}: see build/test-logs/${this.name}.log`);
        if (!existsSync(this.socket)) throw new Error("not there yet");
      },
      20_000,
    );
  }

  /** As a crash would; answers when it is gone. */
  async kill() {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  stop() {
    return stopProcess(this.child, this.name);
  }
}

const pgCluster = (what, dir) => run(path.join(TOP, "tests/pg_cluster"), [what, dir]);

/**
 * Everything behind one address: `url`. Control's environment can be added to; `through` is a program and arguments
 * that start control, ["prlimit", "--nofile=1024"].
 */
export class Server {
  constructor({ name = "server", env = {}, sfuEnv = {}, through = [] } = {}) {
    Object.assign(this, { name, env, sfuEnv, through, controlOutput: "" });
  }

  async start() {
    this.dir = await makeDir();
    await run("chmod", ["0755", this.dir]);
    this.sfu = new Sfu({ dir: this.dir, name: `${this.name}-sfu`, env: this.sfuEnv });
    await Promise.all([this.sfu.start(), pgCluster("start", path.join(this.dir, "pg"))]);
    this.port = await freeTcpPort();
    this.url = `http://127.0.0.1:${this.port}`;
    await this.startControl();
    return this;
  }

  async startControl() {
    const env = {
      PORT: String(this.port),
      DATABASE_PUBLIC_URL: `host=${path.join(this.dir, "pg")} dbname=postgres user=postgres`,
      SFU_SOCKET: this.sfu.socket,
      SESSION_SECRET: "a secret that only this test knows, 32 bytes or more",
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      APP_URL: this.url,
      ALLOWED_ORIGINS: this.url,
      MESH_MAX_PARTICIPANTS: "3",
      RATE_LIMITS: "off",
      WEB_DIR: path.join(TOP, "web/app/dist"),
      ...SANDBOX,
      ...this.env,
    };
    const [command, ...args] = [...this.through, program("control", "onepizza-control")];
    this.control = await startProcess(`${this.name}-control`, command, args, env);
    for (const stream of [this.control.stdout, this.control.stderr])
      stream.on("data", (data) => (this.controlOutput += data));
    await eventually(
      "control's /healthz",
      async () => {
        if (ended(this.control))
          throw new Hopeless(
            `control ended with ${this.control.exitCode}: see build/test-logs/${this.name}-control.log`,
          );
        const response = await fetch(`${this.url}/healthz`);
        if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
      },
      30_000,
    );
  }

  /** As a crash would; answers when it is gone. */
  async killControl() {
    if (ended(this.control)) return;
    const gone = once(this.control, "exit");
    this.control.kill("SIGKILL");
    await gone;
  }

  stopControl() {
    return stopProcess(this.control, "control");
  }

  /** PostgreSQL: "stop" (as an operator would), "kill" (as a crash would) or "start". */
  async database(what) {
    await pgCluster(what, path.join(this.dir, "pg"));
  }

  /** What psql prints for a statement: rows in lines, columns split by "|". */
  async psql(statement) {
    return (await this.runPsql("-c", statement)).trim();
  }

  /** psql with these arguments besides; it stops at the first error. Answers all that it printed. */
  async runPsql(...more) {
    const where = ["-h", path.join(this.dir, "pg"), "-U", "postgres", "-d", "postgres"];
    const { stdout } = await run("psql", [...where, "-qAtX", "-v", "ON_ERROR_STOP=1", ...more], { maxBuffer: 1 << 28 });
    return stdout;
  }

  async newMeeting(fields = {}) {
    const response = await fetch(`${this.url}/api/meetings/guest`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
    if (!response.ok) throw new Error(`no meeting: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Stops all in order. Exit codes other than 0 are errors. */
  async stop() {
    const codes = {};
    if (this.control) codes.control = await stopProcess(this.control, "control");
    if (this.sfu?.child) codes.sfu = await this.sfu.stop();
    await pgCluster("drop", path.join(this.dir, "pg"));
    await rm(this.dir, { recursive: true, force: true });
    const bad = Object.entries(codes).filter(([, code]) => code !== 0);
    if (bad.length) throw new Error(`ended badly: ${JSON.stringify(codes)}`);
  }
}
