// One headless Chromium for a test file. Each participant is a page in a context of its own.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const PROBE = new URL("probe.js", import.meta.url);
const PROGRAM =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const FLAGS = [
  "--no-sandbox",
  "--allow-loopback-in-peer-connection",
  "--use-fake-ui-for-media-stream",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--autoplay-policy=no-user-gesture-required",
];

export async function launchChromium() {
  return chromium.launch({ executablePath: PROGRAM, headless: true, args: FLAGS });
}

export async function probeSource(settings) {
  return `globalThis.__probeSettings = ${JSON.stringify(settings)};\n${await readFile(PROBE, "utf8")}`;
}

/**
 * A page with the probe in it; sender says which picture and tone are its own. What its console says at warning or
 * worse is kept in page.said.
 */
export async function newPage(browser, { sender, width = 640, height = 400, ...settings }) {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" });
  await context.addInitScript({ content: await probeSource({ sender, ...settings }) });
  const page = await context.newPage();
  page.said = [];
  page.on("console", (message) => ["warning", "error"].includes(message.type()) && page.said.push(message.text()));
  page.on("pageerror", (error) => page.said.push(String(error)));
  return page;
}
