// join.mjs [JOINS]: how long from `join-meeting` emitted to the first remote picture decoded, in an SFU meeting,
// headless Chromium. A benchmark that prints, not a test. The server has its share in "joined" and "answer"; the
// browser and the socket are in them too.
import { Person, seesAndHears } from "../lib/call.mjs";
import { launchChromium } from "../lib/chromium.mjs";
import { Server } from "../lib/servers.mjs";
import { eventually } from "../lib/wait.mjs";

const JOINS = Number(process.argv[2] ?? 20);

// In the page: notes when the client emits and gets what matters, and when a remote picture is first on screen.
function stopwatch() {
  const marks = (globalThis.__marks = {});
  const mark = (name) => (marks[name] ??= performance.now());
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string" && data.includes('"join-meeting"')) mark("join");
    if (typeof data === "string" && data.includes('"signal:offer"')) mark("offer");
    if (!this.__watched) {
      this.__watched = true;
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.includes('"joined"')) mark("joined");
        if (typeof data === "string" && data.includes('"signal:answer"')) mark("answer");
      });
    }
    return send.call(this, data);
  };
  const xhr = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (data) {
    if (typeof data === "string" && data.includes('"join-meeting"')) mark("join");
    return xhr.call(this, data);
  };
  const watched = new WeakSet();
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll("section.tile")) {
      const video = tile.querySelector("video");
      if (!video || tile.getAttribute("aria-label") !== "Anna" || watched.has(video)) continue;
      watched.add(video);
      video.requestVideoFrameCallback(() => mark("picture"));
    }
  }).observe(document, { childList: true, subtree: true });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function row(name, values) {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  console.log(
    `${name.padEnd(34)} median ${at(sorted, 0.5)} ms, p95 ${at(sorted, 0.95)} ms, from ${sorted[0]} to ${sorted.at(-1)} ms`,
  );
}

const server = new Server({ name: "bench-join" });
const spans = {
  "join-meeting → first picture": [],
  "join-meeting → joined": [],
  "offer sent → answer received": [],
  "answer received → first picture": [],
};
let browser;
try {
  await server.start();
  browser = await launchChromium();
  const { meetingId } = await server.newMeeting();
  const anna = await Person.open(browser, "Anna", 1);
  await anna.join(server, meetingId, { topology: "sfu" });
  for (let i = 0; i < JOINS; i++) {
    const bert = await Person.open(browser, "Bert", 2);
    await bert.page.addInitScript(stopwatch);
    await bert.join(server, meetingId, { topology: "sfu" });
    const marks = await eventually("the picture", async () => {
      const marks = await bert.page.evaluate(() => __marks);
      for (const name of ["join", "joined", "offer", "answer", "picture"])
        if (!(name in marks)) throw new Error(`no ${name} among ${Object.keys(marks)}`);
      return marks;
    });
    spans["join-meeting → first picture"].push(marks.picture - marks.join);
    spans["join-meeting → joined"].push(marks.joined - marks.join);
    spans["offer sent → answer received"].push(marks.answer - marks.offer);
    spans["answer received → first picture"].push(marks.picture - marks.answer);
    if (i === 0) await seesAndHears(bert, [anna]);
    await bert.click("Leave");
    await bert.close();
    await eventually("Bert has left", async () => {
      if ((await anna.state()).names.length) throw new Error("still there");
    });
  }
  console.log(`${JOINS} joins`);
  for (const [name, values] of Object.entries(spans)) row(name, values);
} finally {
  await browser?.close();
  await server.stop();
}
