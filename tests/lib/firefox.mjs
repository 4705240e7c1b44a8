// Stock Firefox, headless, driven over WebDriver BiDi.
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";
import { probeSource } from "./chromium.mjs";

const PROGRAM = process.env.FIREFOX ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);

// There is no sound card: Web Audio runs on Firefox's imitation of one.
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  "media.autoplay.block-webaudio": false,
  "media.peerconnection.ice.loopback": true,
  "media.cubeb.force_mock_context": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.gmp-manager.updateEnabled": false,
  "datareporting.healthreport.uploadEnabled": false,
};

export async function launchFirefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: PROGRAM,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}

/** As newPage() of chromium.mjs. */
export async function newFirefoxPage(browser, { sender, width = 640, height = 400, ...settings }) {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await page.evaluateOnNewDocument(await probeSource({ sender, ...settings }));
  page.said = [];
  page.on("console", (message) => ["warn", "error"].includes(message.type()) && page.said.push(message.text()));
  page.on("pageerror", (error) => page.said.push(String(error)));
  return page;
}
