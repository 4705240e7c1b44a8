// The media server alone, driven through its Unix socket as control drives it: plain pages, one RTCPeerConnection each.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { launchChromium, newPage } from "../lib/chromium.mjs";
import { launchFirefox, newFirefoxPage } from "../lib/firefox.mjs";
import { makeDir, Sfu } from "../lib/servers.mjs";
import { SfuSocket } from "../lib/sfu_socket.mjs";
import { eventually, pause } from "../lib/wait.mjs";

let dir, sfu, socket, browser, firefox, site;

before(async () => {
  dir = await makeDir();
  sfu = new Sfu({ dir, name: "alone-sfu" });
  await sfu.start();
  socket = await SfuSocket.open(sfu.socket);
  browser = await launchChromium();
  site = createServer((_, response) =>
    response.setHeader("content-type", "text/html").end("<!doctype html><title>test</title>"),
  ).listen(0, "127.0.0.1");
  await once(site, "listening");
});

after(async () => {
  await browser?.close();
  await firefox?.close();
  site?.close();
  socket?.close();
  const code = await sfu?.stop();
  await rm(dir, { recursive: true, force: true });
  assert.equal(code, 0, "the SFU's exit code");
});

// In the page: a camera and a microphone to send, and slots to receive; answers the offer.
async function makeOffer(slots) {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  globalThis.__pc = pc;
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of camera.getTracks()) pc.addTransceiver(track, { direction: "sendonly" });
  for (const kind of ["audio", "video"])
    for (let i = 0; i < slots; i++) pc.addTransceiver(kind, { direction: "recvonly" });
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}

async function takeAnswer(sdp) {
  await __pc.setRemoteDescription({ type: "answer", sdp });
  for (const { mid, receiver, direction } of __pc.getTransceivers()) {
    if (direction !== "recvonly" || receiver.track.kind !== "video") continue;
    const video = Object.assign(document.createElement("video"), { id: `slot-${mid}`, autoplay: true, muted: true });
    video.srcObject = new MediaStream([receiver.track]);
    document.body.append(video);
  }
}

const slotsOf = (participant) => {
  const now = new Map();
  for (const n of socket.notifications) {
    if (n.event === "session.slots" && n.participant === participant)
      for (const slot of n.slots) now.set(slot.mid, slot);
  }
  return [...now.values()];
};

async function join(room, participant, page) {
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await socket.ask("participant.join", { room, participant });
  const { sdp } = await socket.ask("session.offer", { room, participant, sdp: await page.evaluate(makeOffer, 3) });
  await page.evaluate(takeAnswer, sdp);
  await eventually(`${participant} connects`, async () => {
    assert.equal(await page.evaluate(() => __pc.connectionState), "connected");
  });
}

async function shows(page, me, other, sender) {
  const slot = slotsOf(me).find((s) => s.kind === "video" && s.participantId === other);
  assert.ok(slot, `${me} has a video slot for ${other}`);
  const look = (mid) => __probe.look(document.querySelector(`#slot-${mid}`));
  const first = await page.evaluate(look, slot.mid);
  assert.equal(first.sender, sender, JSON.stringify(first));
  await pause(200);
  const second = await page.evaluate(look, slot.mid);
  assert.equal(second.sender, sender, JSON.stringify(second));
  assert.notEqual(second.frame, first.frame, "the picture moves");
}

async function seeAndHearEachOther(anna, bert) {
  await eventually("anna sees bert", () => shows(anna, "anna", "bert", 2));
  await eventually("bert sees anna", () => shows(bert, "bert", "anna", 1));
  await eventually("anna hears bert and nobody else", async () =>
    assert.deepEqual(await anna.evaluate(() => __probe.heard()), [2]),
  );
  await eventually("bert hears anna and nobody else", async () =>
    assert.deepEqual(await bert.evaluate(() => __probe.heard()), [1]),
  );
}

test("two pages of Chromium see and hear each other through slots", { timeout: 120_000 }, async () => {
  const anna = await newPage(browser, { sender: 1 });
  const bert = await newPage(browser, { sender: 2 });
  await join("chromiums", "anna", anna);
  await join("chromiums", "bert", bert);
  await seeAndHearEachOther(anna, bert);
  await socket.ask("room.close", { room: "chromiums" });
  for (const page of [anna, bert]) await page.context().close();
});

test("a page of Chromium and one of Firefox see and hear each other through slots", { timeout: 180_000 }, async () => {
  firefox = await launchFirefox();
  const anna = await newPage(browser, { sender: 1 });
  const bert = await newFirefoxPage(firefox, { sender: 2 });
  socket.notifications.length = 0;
  await join("mixed", "anna", anna);
  await join("mixed", "bert", bert);
  await seeAndHearEachOther(anna, bert);
  await socket.ask("room.close", { room: "mixed" });
});
