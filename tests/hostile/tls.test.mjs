// The port with a certificate, for those who don't speak TLS, or only half of it.
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import https from "node:https";
import path from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";
import { ASAN, ended, freeTcpPort, makeDir, program, residentMiB, startProcess, stopProcess } from "../lib/servers.mjs";
import { eventually, pause } from "../lib/wait.mjs";
import { Tcp } from "./lib.mjs";

let dir, port, control, ca;
before(
  async () => {
    dir = await makeDir();
    const cert = path.join(dir, "cert.pem"),
      key = path.join(dir, "key.pem");
    await promisify(execFile)("openssl", [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
      "-keyout",
      key,
      "-out",
      cert,
    ]);
    ca = await readFile(cert);
    port = await freeTcpPort();
    control = await startProcess("hostile-tls-control", program("control", "onepizza-control"), [], {
      ...ASAN,
      PORT: String(port),
      DATABASE_PUBLIC_URL: `host=${dir} dbname=nothing connect_timeout=1`,
      SFU_SOCKET: path.join(dir, "nobody.sock"),
      SESSION_SECRET: "a secret that only this test knows, 32 bytes or more",
      ADMIN_EMAIL: "admin@example.org",
      ADMIN_PASSWORD: "correct horse battery",
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      APP_URL: "https://localhost",
    });
    await eventually("https", responds, 15_000);
  },
  { timeout: 30_000 },
);
after(
  async () => {
    assert.equal(await stopProcess(control, "control"), 0);
    await rm(dir, { recursive: true, force: true });
  },
  { timeout: 30_000 },
);

async function responds() {
  assert.ok(!ended(control), "control has ended");
  const began = performance.now();
  await new Promise((resolve, reject) => {
    const request = https.get(
      { host: "localhost", port, path: "/healthz", ca, agent: false, timeout: 3000, family: 4 },
      (response) => response.resume().on("end", resolve),
    );
    request.on("error", reject).on("timeout", () => request.destroy(new Error("timeout")));
  });
  const ms = performance.now() - began;
  assert.ok(ms < 1000, `${ms.toFixed(0)} ms`);
}

describe("TLS", () => {
  const hello = Buffer.from("16030100f8010000f40303", "hex");
  const first = {
    "plain HTTP": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    noise: randomBytes(4000),
    zeros: Buffer.alloc(4000),
    "a hello of noise": Buffer.concat([hello, randomBytes(242)]),
    "a record of 64 kB": Buffer.concat([Buffer.from("160301ffff", "hex"), randomBytes(65_535)]),
    "an alert": Buffer.from("15030300020228", "hex"),
    "application data": Buffer.concat([Buffer.from("1703030100", "hex"), randomBytes(256)]),
    "SSL 2": Buffer.from("802e0100020015000000100100800200800300800400800500800600400700c0", "hex"),
  };
  for (const [name, bytes] of Object.entries(first))
    it(`${name}: no answer but an alert, and closed`, async () => {
      const tcp = await Tcp.open(port);
      tcp.write(bytes);
      tcp.socket.end();
      assert.ok(await tcp.untilClosed(4000), "still open");
      assert.ok(!tcp.bytes.includes("HTTP/1.1 200"));
      tcp.destroy();
      await responds();
    });
  it("200 handshakes that stop after the hello keep nobody waiting", async () => {
    const before = residentMiB(control);
    const all = await Promise.all(Array.from({ length: 200 }, () => Tcp.open(port)));
    for (const tcp of all) tcp.write(hello);
    await pause(100);
    await responds();
    assert.ok(residentMiB(control) - before < 60);
    for (const tcp of all) tcp.destroy();
    await responds();
  });
  it("old versions are refused", async () => {
    for (const version of ["TLSv1", "TLSv1.1"])
      await assert.rejects(
        new Promise((resolve, reject) => {
          const socket = tls.connect(
            { host: "localhost", port, ca, minVersion: version, maxVersion: version, ciphers: "DEFAULT:@SECLEVEL=0" },
            () => {
              socket.destroy();
              resolve();
            },
          );
          socket.on("error", reject);
        }),
        version,
      );
  });
  it("clients that leave in the middle of a handshake or an answer harm nobody", async () => {
    for (let i = 0; i < 40; i++) {
      const socket = tls.connect({ host: "localhost", port, ca });
      socket.on("error", () => {});
      await new Promise((resolve) => socket.once(i % 2 ? "secureConnect" : "connect", resolve));
      if (i % 2) socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20));
      socket.destroy();
    }
    await responds();
  });
});
