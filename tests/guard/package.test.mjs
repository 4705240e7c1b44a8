// The Debian package: what is in it, and, with ONEPIZZA_LONG=yes, that apt install on a fresh Debian 12 brings it up as
// services, which systemd-nspawn boots. That needs root, Debian's archive and four minutes.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { makeDir, TOP } from "../lib/servers.mjs";
import { eventually } from "../lib/wait.mjs";

const run = promisify(execFile);
const TIMEOUT = { timeout: 900_000 };

let dir, deb;

before(async () => {
  dir = await makeDir();
  await run(path.join(TOP, "deploy/package"), ["--no-install", "--out", dir], { maxBuffer: 1 << 26 });
  const [name] = (await readdir(dir)).filter((file) => file.endsWith(".deb"));
  deb = path.join(dir, name);
}, TIMEOUT);

after(() => rm(dir, { recursive: true, force: true }));

test("it holds the programs, the pages, the units and settings without secrets, all of them root's", async () => {
  const { stdout } = await run("dpkg-deb", ["--contents", deb]);
  const rows = stdout.trim().split("\n");
  const names = rows.map((row) => row.split(/\s+/)[5]);
  for (const name of [
    "./usr/lib/onepizza/onepizza-sfu",
    "./usr/lib/onepizza/onepizza-control",
    "./usr/share/onepizza/web/index.html",
    "./usr/share/onepizza/web/docs/index.html",
    "./lib/systemd/system/onepizza-sfu.service",
    "./lib/systemd/system/onepizza-control.service",
    "./etc/onepizza/sfu.env",
    "./etc/onepizza/control.env",
    "./usr/share/doc/onepizza/copyright",
  ])
    assert.ok(names.includes(name), name);
  assert.ok(!names.some((name) => /secret|\.git|node_modules|\.map$/.test(name)));
  for (const row of rows) assert.match(row, /^[-dl]rw[-x]r-[-x]r-[-x] root\/root /);
});

test("it depends on what it needs, and keeps the operator's settings", async () => {
  const { stdout: depends } = await run("dpkg-deb", ["--field", deb, "Depends"]);
  for (const name of ["postgresql", "libseccomp2", "libwebsockets-evlib-uv", "libc6"])
    assert.match(depends, new RegExp(`(^|, )${name}\\b`));
  const { stdout: kept } = await run("dpkg-deb", ["--info", deb, "conffiles"]);
  assert.deepEqual(kept.trim().split("\n"), ["/etc/onepizza/sfu.env", "/etc/onepizza/control.env"]);
});

/** Debian 12 as debootstrap makes it, kept for the next time. */
async function freshDebian() {
  const base = path.join(TOP, "build/debian12");
  if (!existsSync(path.join(base, "etc/os-release.done"))) {
    await rm(base, { recursive: true, force: true });
    const args = ["--variant=minbase", "--include=systemd-sysv,dbus", "bookworm", base];
    await run("debootstrap", args, { maxBuffer: 1 << 26 });
    await appendFile(path.join(base, "etc/os-release.done"), "");
  }
  const root = path.join(dir, "debian");
  await run("cp", ["-a", base, root]);
  await copyFile("/etc/resolv.conf", path.join(root, "etc/resolv.conf"));
  return root;
}

/** As in a terminal on that machine, before it has been booted. */
async function inChroot(root, command) {
  const script = `mount -t proc proc "$1/proc"; trap 'umount "$1/proc"' EXIT; chroot "$1" sh -ec "$2"`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { stdout } = await run("sh", ["-ec", script, "sh", root, command], { env, maxBuffer: 1 << 26 });
  return stdout;
}

/** Boots it; answers what runs a command there, and what ends it. */
async function boot(root) {
  const args = ["--quiet", "-D", root, "--register=no", "--keep-unit", "--private-network", "--boot"];
  const machine = spawn("systemd-nspawn", args, { stdio: "ignore" });
  const init = await eventually("it has an init", async () =>
    Number((await run("pgrep", ["-P", String(machine.pid)])).stdout.trim().split("\n")[0]),
  );
  return {
    there: async (command) => (await run("nsenter", ["-t", String(init), "-a", "sh", "-c", command])).stdout.trim(),
    async end() {
      machine.kill("SIGTERM");
      await once(machine, "exit");
    },
  };
}

const HEALTH = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/3000
  printf "GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" >&3
  timeout 3 cat <&3'`;

test("apt install on a fresh Debian 12 brings it up as services, which systemd keeps alive", {
  ...TIMEOUT,
  skip: (process.env.ONEPIZZA_LONG !== "yes" && "only with --long") || (process.getuid() !== 0 && "only root may"),
}, async () => {
  const root = await freshDebian();
  await mkdir(path.join(root, "root"), { recursive: true });
  await copyFile(deb, path.join(root, "root", path.basename(deb)));
  const said = await inChroot(root, "apt-get update -qq; apt-get install -y /root/onepizza_*.deb");
  assert.match(said, /the password is ADMIN_PASSWORD in \/etc\/onepizza\/secrets\.env/);
  assert.equal(await inChroot(root, "stat -c '%a %U' /etc/onepizza/secrets.env"), "600 root\n");
  const again = await inChroot(
    root,
    "sha256sum /etc/onepizza/secrets.env; dpkg-reconfigure onepizza; sha256sum /etc/onepizza/secrets.env",
  );
  assert.equal(new Set(again.match(/[0-9a-f]{64}/g)).size, 1, "what was generated stays");

  const { there, end } = await boot(root);
  try {
    const allIsWell = (patienceMs) =>
      eventually(
        "all is well there",
        async () => assert.match(await there(HEALTH), /"ok":true,"database":"up","sfu":"up"/),
        patienceMs,
      );
    await allIsWell(60_000);
    for (const unit of ["onepizza-sfu", "onepizza-control"]) {
      const status = await there(`cat /proc/$(systemctl show -p MainPID --value ${unit})/status`);
      assert.match(status, /^CapEff:\s0+$/m);
      assert.match(status, /^CapBnd:\s0+$/m);
      assert.match(status, /^NoNewPrivs:\s1$/m);
      assert.match(status, /^Seccomp:\s2$/m);
      assert.doesNotMatch(status, /^Uid:\s0\b/m);
      await there(`kill -STOP $(systemctl show -p MainPID --value ${unit})`);
      await eventually(
        `${unit} is started again`,
        async () => assert.equal(await there(`systemctl show -p NRestarts --value ${unit}`), "1"),
        30_000,
      );
      await allIsWell(20_000);
    }
    await there("DEBIAN_FRONTEND=noninteractive apt-get purge -y onepizza");
    assert.equal(await there("systemctl list-units --plain --no-legend 'onepizza*'"), "");
    assert.equal(
      await there("ls /etc/onepizza 2>/dev/null; runuser -u postgres -- psql -lqAtX | grep -c ^onepizza"),
      "1",
    );
  } finally {
    await end();
  }
});
