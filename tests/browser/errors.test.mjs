// What goes wrong in the web client reaches the server's statistics: a camera that can't be opened, connections that
// fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage } from "../lib/chromium.mjs";
import { eventually } from "../lib/wait.mjs";
import { useWorld } from "./lib/world.mjs";

const world = useWorld("errors");

// In the page: another program has the camera, and connections can be declared dead.
function trouble() {
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (constraints) =>
    constraints.video ? Promise.reject(new DOMException("in use", "NotReadableError")) : getUserMedia(constraints);
  const connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  globalThis.__killConnections = () => {
    for (const pc of connections) {
      Object.defineProperty(pc, "connectionState", { configurable: true, get: () => "failed" });
      pc.dispatchEvent(new Event("connectionstatechange"));
    }
  };
}

async function enter(name, meetingId, topology) {
  const page = await newPage(world.chromium, { sender: 1 });
  await page.addInitScript(trouble);
  await page.goto(`${world.server.url}/join/${meetingId}?${new URLSearchParams({ name, topology, debug: "1" })}`);
  await eventually(`${name} enters`, async () => {
    const state = await page.evaluate(() => {
      if (document.querySelector(".bar")) return "in";
      const button = document.querySelector(".join-side button[type=submit]");
      if (button && !button.disabled) button.click();
      return document.body.innerText.slice(0, 200);
    });
    assert.equal(state, "in");
  });
  return page;
}

async function errors(type, route, message) {
  const rows = await world.server.psql(
    `SELECT count(*) FROM analytics_events WHERE event_type = '${type}' AND meta = '${JSON.stringify({ route, message })}'`,
  );
  return Number(rows);
}

test("a camera that can't be opened is reported once the meeting is joined", async () => {
  const { meetingId } = await world.server.newMeeting();
  await enter("Anna", meetingId, "auto");
  await eventually("the report", async () =>
    assert.equal(await errors("error.media", "/join", "getUserMedia: camera busy"), 1),
  );
});

test("failed connections are reported, to the media server and to one another", async () => {
  for (const [topology, message] of [
    ["sfu", "Media server: the connection was lost"],
    ["mesh", "A direct connection failed"],
  ]) {
    const { meetingId } = await world.server.newMeeting({ topology });
    const anna = await enter("Anna", meetingId, topology);
    await enter("Bert", meetingId, topology);
    await eventually(
      `a connection of the ${topology}`,
      async () => {
        await anna.evaluate(() => __killConnections());
        assert.ok((await errors("error.webrtc", "/join", message)) >= 1);
      },
      30_000,
    );
  }
});
