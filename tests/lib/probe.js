// Runs in every page before its own scripts, see page.mjs. It gives the page a camera whose picture names its sender
// and carries a time code, and a microphone with a tone of its own; and it reads such pictures and tones of others.
//
// The picture is a grid of 8 × 4 cells. The top row is the sender's colour, for people; the other 24 cells are bits,
// white or black: 1 0 | sender (5) | frame number (12) | checksum (5). They survive the compression of an 80 × 45
// picture.
(() => {
  const COLUMNS = 8;
  const ROWS = 4;
  const WIDTH = 320;
  const HEIGHT = 180;
  const FRAMES_PER_SECOND = 15;
  const FRAME_BITS = 12;
  const settings = globalThis.__probeSettings ?? { sender: 0 };

  const toneOf = (sender) => 400 + 100 * sender;
  const checksum = (sender, frame) => (sender * 7 + (frame & 31) * 3 + (frame >> 5) * 5 + 9) & 31;
  const number = (bits) => bits.reduce((value, bit) => value * 2 + bit, 0);
  const bitsOf = (value, count) => Array.from({ length: count }, (_, i) => (value >> (count - 1 - i)) & 1);

  // --- what this page sends ---

  function paint(context, sender, frame) {
    const cell = { width: WIDTH / COLUMNS, height: HEIGHT / ROWS };
    context.fillStyle = `hsl(${(sender * 67) % 360} 80% 50%)`;
    context.fillRect(0, 0, WIDTH, cell.height);
    const bits = [1, 0, ...bitsOf(sender, 5), ...bitsOf(frame, FRAME_BITS), ...bitsOf(checksum(sender, frame), 5)];
    bits.forEach((bit, i) => {
      context.fillStyle = bit ? "#fff" : "#000";
      const row = 1 + Math.floor(i / COLUMNS);
      context.fillRect((i % COLUMNS) * cell.width, row * cell.height, cell.width, cell.height);
    });
  }

  function videoTrack() {
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
    const context = canvas.getContext("2d", { alpha: false });
    const draw = () => {
      const frame = Math.floor((performance.now() / 1000) * FRAMES_PER_SECOND) % (1 << FRAME_BITS);
      paint(context, settings.sender, frame);
    };
    draw();
    const [track] = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks();
    const timer = setInterval(
      () => (track.readyState === "live" ? draw() : clearInterval(timer)),
      1000 / FRAMES_PER_SECOND,
    );
    return track;
  }

  let shared;
  function audioContext() {
    shared ??= new AudioContext({ latencyHint: "playback" });
    if (shared.state === "suspended") void shared.resume();
    return shared;
  }

  function audioTrack() {
    const context = audioContext();
    const tone = new OscillatorNode(context, { frequency: toneOf(settings.sender) });
    const volume = new GainNode(context, { gain: 0.4 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    tone.connect(volume).connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }

  function stream({ audio = true, video = true } = {}) {
    return new MediaStream([...(audio ? [audioTrack()] : []), ...(video ? [videoTrack()] : [])]);
  }

  // Firefox tells a page's connections of all network interfaces only while the page holds a device of the browser's
  // own.
  let held;
  async function hold(native) {
    if (!navigator.userAgent.includes("Firefox")) return;
    held ??= native({ audio: true });
    await held;
  }

  if (navigator.mediaDevices) {
    const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      await hold(native);
      return stream({ audio: Boolean(wanted.audio), video: Boolean(wanted.video) });
    };
  }

  // --- what this page receives ---

  const connections = new Set();
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      connections.add(this);
    }
  };

  const eye = Object.assign(document.createElement("canvas"), { width: COLUMNS * 8, height: ROWS * 8 });
  const eyeContext = eye.getContext("2d", { willReadFrequently: true, alpha: false });

  // A cell's brightness from its inner quarter, away from its blurred edges: 0 black, 1 white, undefined in between.
  function cellBit(pixels, column, row) {
    let sum = 0;
    for (let y = 2; y < 6; y++) {
      for (let x = 2; x < 6; x++) {
        const at = ((row * 8 + y) * eye.width + column * 8 + x) * 4;
        sum += pixels[at] + pixels[at + 1] + pixels[at + 2];
      }
    }
    const brightness = sum / (16 * 3);
    if (brightness > 165) return 1;
    return brightness < 90 ? 0 : undefined;
  }

  // What a <video> shows now: {sender, frame}, or why that can't be said: "empty", "black" or "unreadable".
  function look(video) {
    if (!video || video.readyState < 2 || video.videoWidth === 0) return { problem: "empty" };
    eyeContext.drawImage(video, 0, 0, eye.width, eye.height);
    const { data } = eyeContext.getImageData(0, 0, eye.width, eye.height);
    const bits = [];
    for (let row = 1; row < ROWS; row++)
      for (let column = 0; column < COLUMNS; column++) bits.push(cellBit(data, column, row));
    if (bits.every((bit) => bit === 0)) return { problem: "black" };
    if (bits.includes(undefined) || bits[0] !== 1 || bits[1] !== 0) return { problem: "unreadable" };
    const sender = number(bits.slice(2, 7));
    const frame = number(bits.slice(7, 7 + FRAME_BITS));
    if (number(bits.slice(7 + FRAME_BITS)) !== checksum(sender, frame)) return { problem: "unreadable" };
    return { sender, frame };
  }

  // The tiles of the call page by the name on them. While a tile changes from one connection to another it holds two
  // videos; the one shown is the first.
  function tiles() {
    const found = {};
    for (const tile of document.querySelectorAll("section.tile")) {
      found[tile.getAttribute("aria-label")] = {
        video: tile.querySelector("video"),
        covered: tile.querySelector(".cover") !== null,
      };
    }
    return found;
  }

  function seen() {
    return Object.fromEntries(
      Object.entries(tiles()).map(([name, { video, covered }]) => [name, { ...look(video), covered }]),
    );
  }

  // Every received audio track gets an analyser of its own. Chromium feeds a remote track to Web Audio only while an
  // element plays it.
  const ears = new Map();
  function ear(track) {
    let found = ears.get(track);
    if (!found) {
      const context = audioContext();
      const source = new MediaStream([track]);
      const element = Object.assign(new Audio(), { srcObject: source, muted: true });
      void element.play().catch(() => undefined);
      const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
      new MediaStreamAudioSourceNode(context, { mediaStream: source }).connect(analyser);
      found = { element, analyser, levels: new Float32Array(analyser.frequencyBinCount) };
      ears.set(track, found);
    }
    return found;
  }

  const HEARD_DB = -60;

  // The senders whose tone is the loudest thing in this track's spectrum; a mix holds several.
  function tonesIn({ analyser, levels }) {
    analyser.getFloatFrequencyData(levels);
    const bin = (hertz) => Math.round((hertz * analyser.fftSize) / analyser.context.sampleRate);
    const level = (hertz) => Math.max(...levels.subarray(bin(hertz) - 1, bin(hertz) + 2));
    const heard = [];
    for (let sender = 0; sender < 24; sender++) {
      const tone = level(toneOf(sender));
      const beside = Math.max(level(toneOf(sender) - 50), level(toneOf(sender) + 50));
      if (tone > HEARD_DB && tone > beside + 15) heard.push(sender);
    }
    return heard;
  }

  function heard() {
    const senders = new Set();
    const live = new Set();
    for (const pc of connections) {
      if (pc.connectionState === "closed") connections.delete(pc);
      for (const { track } of pc.getReceivers()) {
        if (track.kind !== "audio" || track.readyState !== "live") continue;
        live.add(track);
        for (const sender of tonesIn(ear(track))) senders.add(sender);
      }
    }
    for (const track of ears.keys()) if (!live.has(track)) ears.delete(track);
    return [...senders].sort((a, b) => a - b);
  }

  // --- watching for gaps ---

  let watch;
  // Looks at every tile each 100 ms until stopWatch(); a tile is bad while it shows nothing readable or nothing new.
  function startWatch() {
    const started = performance.now();
    watch = { timer: 0, started, last: started, rows: new Map(), lateMs: 0 };
    watch.timer = setInterval(() => {
      const now = performance.now();
      watch.lateMs = Math.max(watch.lateMs, now - watch.last - 100);
      watch.last = now;
      for (const [name, what] of Object.entries(seen())) sample(name, what, now);
    }, 100);
  }

  function sample(name, { problem, sender, frame }, now) {
    const row = watch.rows.get(name) ?? {
      since: now,
      gapMs: 0,
      problems: {},
      senders: new Set(),
      samples: 0,
      frame: -1,
    };
    watch.rows.set(name, row);
    row.samples++;
    if (problem) row.problems[problem] = (row.problems[problem] ?? 0) + 1;
    else row.senders.add(sender);
    if (!problem && frame !== row.frame) {
      row.frame = frame;
      row.since = now;
    }
    row.gapMs = Math.max(row.gapMs, now - row.since);
  }

  // For each tile the longest time without a new readable picture, what was wrong, and whom it showed.
  function stopWatch() {
    clearInterval(watch.timer);
    const rows = [...watch.rows].map(([name, { gapMs, problems, senders, samples }]) => [
      name,
      { gapMs: Math.round(gapMs), problems, senders: [...senders], samples },
    ]);
    return { lateMs: Math.round(watch.lateMs), tiles: Object.fromEntries(rows) };
  }

  globalThis.__probe = { stream, look, seen, heard, startWatch, stopWatch, connections, toneOf };
})();
