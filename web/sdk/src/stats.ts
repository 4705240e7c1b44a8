import type { MediaHub } from "./media/hub.js";
import type { Source, Topology, Via } from "./types.js";

/** Sums since the track began to arrive this way; a path that changes starts again. */
export interface ParticipantStats {
  via: Via | null;
  framesDecoded: number;
  frameWidth: number;
  frameHeight: number;
  framesPerSecond: number;
  freezeCount: number;
  audioLevel: number;
  bytes: number;
  packets: number;
  /** Packets that never came. */
  loss: number;
  jitterMs: number;
  codec: string;
  screen?: { framesDecoded: number; frameWidth: number; frameHeight: number };
}

export interface OutgoingStats {
  source: Source;
  to: string;
  bytes: number;
  frameWidth: number;
  frameHeight: number;
  framesPerSecond: number;
  codec: string;
  limitedBy: string;
}

export interface MeetingStats {
  topology: Topology;
  sfu: { state: string; connectionState: string };
  rttMs: number;
  /** What the connection could carry, bits per second; 0 if unknown. */
  availableOutgoing: number;
  outgoing: OutgoingStats[];
  participants: Record<string, ParticipantStats>;
}

type Entry = Record<string, unknown>;
const num = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) ? v : 0);
const str = (v: unknown): string => (typeof v === "string" ? v : "");

function empty(): ParticipantStats {
  return {
    via: null,
    framesDecoded: 0,
    frameWidth: 0,
    frameHeight: 0,
    framesPerSecond: 0,
    freezeCount: 0,
    audioLevel: 0,
    bytes: 0,
    packets: 0,
    loss: 0,
    jitterMs: 0,
    codec: "",
  };
}

export async function collectStats(hub: MediaHub, ids: string[]): Promise<MeetingStats> {
  const stats: MeetingStats = {
    topology: hub.topology,
    sfu: { state: hub.sfu.state, connectionState: hub.sfu.link?.pc.connectionState ?? "none" },
    rttMs: 0,
    availableOutgoing: 0,
    outgoing: [],
    participants: Object.fromEntries(ids.map((id) => [id, empty()])),
  };
  const jobs: Promise<void>[] = [];
  for (const id of ids) {
    const into = stats.participants[id] as ParticipantStats;
    for (const source of ["camera", "screen"] as const) {
      const feed = hub.remote.shown(id, source);
      if (feed) jobs.push(readVideo(feed.receiver, source, feed.via, into));
    }
  }
  for (const { id, receiver, via } of audioReceivers(hub)) {
    const into = stats.participants[id];
    if (into) jobs.push(readAudio(receiver, via, into));
  }
  for (const peer of hub.mesh.peers()) jobs.push(readConnection(peer.pc, peer.id, hub, stats));
  if (hub.sfu.link) jobs.push(readConnection(hub.sfu.link.pc, "sfu", hub, stats));
  await Promise.allSettled(jobs);
  return stats;
}

function audioReceivers(hub: MediaHub): { id: string; receiver: RTCRtpReceiver; via: Via }[] {
  const list: { id: string; receiver: RTCRtpReceiver; via: Via }[] = [];
  for (const f of hub.remote.feeds()) {
    if (f.source === "microphone") list.push({ id: f.participantId, receiver: f.receiver, via: f.via });
  }
  for (const { participantId, receiver } of hub.sfu.audioSlots()) {
    if (participantId) list.push({ id: participantId, receiver, via: "sfu" });
  }
  return list;
}

async function readVideo(receiver: RTCRtpReceiver, source: Source, via: Via, into: ParticipantStats): Promise<void> {
  const report = await receiver.getStats();
  report.forEach((s: Entry) => {
    if (s["type"] !== "inbound-rtp") return;
    const frames = {
      framesDecoded: num(s["framesDecoded"]),
      frameWidth: num(s["frameWidth"]),
      frameHeight: num(s["frameHeight"]),
    };
    addTransport(s, into);
    into.via ??= via;
    if (source === "screen") {
      into.screen = frames;
      return;
    }
    Object.assign(into, frames);
    into.via = via;
    into.framesPerSecond = num(s["framesPerSecond"]);
    into.freezeCount = num(s["freezeCount"]);
    into.codec = codecName(report, s);
  });
}

async function readAudio(receiver: RTCRtpReceiver, via: Via, into: ParticipantStats): Promise<void> {
  (await receiver.getStats()).forEach((s: Entry) => {
    if (s["type"] !== "inbound-rtp") return;
    addTransport(s, into);
    into.via ??= via;
    into.audioLevel = Math.max(into.audioLevel, num(s["audioLevel"]));
    into.jitterMs = Math.max(into.jitterMs, num(s["jitter"]) * 1000);
  });
}

function addTransport(s: Entry, into: ParticipantStats): void {
  into.bytes += num(s["bytesReceived"]);
  into.packets += num(s["packetsReceived"]);
  into.loss += num(s["packetsLost"]);
}

async function readConnection(pc: RTCPeerConnection, to: string, hub: MediaHub, stats: MeetingStats): Promise<void> {
  const report = await pc.getStats();
  const sources = new Map<string, Source>();
  for (const source of ["camera", "microphone", "screen", "screen-audio"] as const) {
    const track = hub.local.get(source);
    if (track) sources.set(track.id, source);
  }
  report.forEach((s: Entry) => {
    if (s["type"] === "candidate-pair" && s["nominated"] && s["state"] === "succeeded") {
      stats.rttMs = Math.max(stats.rttMs, Math.round(num(s["currentRoundTripTime"]) * 1000));
      stats.availableOutgoing = Math.max(stats.availableOutgoing, num(s["availableOutgoingBitrate"]));
    }
    if (s["type"] !== "outbound-rtp") return;
    const media = report.get(str(s["mediaSourceId"])) as Entry | undefined;
    stats.outgoing.push({
      source: sources.get(str(media?.["trackIdentifier"])) ?? (s["kind"] === "audio" ? "microphone" : "camera"),
      to,
      bytes: num(s["bytesSent"]),
      frameWidth: num(s["frameWidth"]),
      frameHeight: num(s["frameHeight"]),
      framesPerSecond: num(s["framesPerSecond"]),
      codec: codecName(report, s),
      limitedBy: str(s["qualityLimitationReason"]),
    });
  });
}

function codecName(report: RTCStatsReport, s: Entry): string {
  const codec = report.get(str(s["codecId"])) as Entry | undefined;
  return str(codec?.["mimeType"]).replace(/^\w+\//, "");
}
