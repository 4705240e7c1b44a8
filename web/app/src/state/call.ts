import {
  AudioPlayback,
  type ChatMessage,
  type Meeting,
  type MeetingSettings,
  type MeetingState,
  type Participant,
  type Topology,
  type WaitingPerson,
} from "@onepizza/sdk";
import { computed, effect, signal, type Signal } from "@preact/signals";
import { t } from "../strings/index.js";
import type { LocalState } from "./local.js";
import { announce, toast, withdraw } from "./toasts.js";

export interface FloatingReaction {
  id: number;
  emoji: string;
  name: string;
  /** 0…1 across the window. */
  at: number;
}

export type Panel = "chat" | "people" | "stats" | "settings" | null;

const RING_MS = 700;
const REACTION_MS = 4000;
const SPEAKING_LEVEL = 0.45;
const MUTED_HINT_EVERY_MS = 30_000;

/** The meeting as signals. One per call; ends with dispose(). */
export class CallState {
  readonly state: Signal<MeetingState>;
  readonly title = signal("");
  readonly ids = signal<string[]>([]);
  readonly speaking = signal<ReadonlySet<string>>(new Set());
  readonly messages = signal<ChatMessage[]>([]);
  readonly unread = signal(0);
  readonly panel = signal<Panel>(null);
  readonly pinned = signal<string | null>(null);
  readonly hand = signal(false);
  readonly recording = signal<string | null>(null);
  readonly settings = signal<MeetingSettings | undefined>(undefined);
  readonly reactions = signal<FloatingReaction[]>([]);
  readonly waiting = signal<WaitingPerson[]>([]);
  readonly topology = signal<Topology>("mesh");
  readonly mediaTrouble = signal(false);
  readonly soundBlocked = signal(false);
  /** The participant whose screen is on the stage. */
  readonly sharer = computed(() => this.ids.value.find((id) => this.look(id)?.isScreenSharing) ?? null);
  readonly playback: AudioPlayback;
  readonly #revisions = new Map<string, Signal<number>>();
  readonly #spokeAt = new Map<string, number>();
  readonly #off: (() => void)[] = [];
  /** Who speaks, until another list comes. */
  #speakers: string[] = [];
  #reactionId = 0;
  #hintedAt = 0;

  constructor(
    readonly meeting: Meeting,
    readonly local: LocalState,
  ) {
    this.state = signal(meeting.state);
    this.playback = new AudioPlayback(meeting);
    this.playback.on("blocked", (blocked) => (this.soundBlocked.value = blocked));
    this.#listenPeople();
    this.#listenChat();
    this.#listenHost();
    const ring = setInterval(() => this.#fadeRings(), 200);
    this.#off.push(
      () => clearInterval(ring),
      effect(() => void this.playback.setSpeaker(local.speaker.value)),
      effect(() => this.#ownVoice(local.level.value)),
    );
  }

  get self() {
    return this.meeting.self;
  }

  /** A participant, for rendering: whoever reads it is rendered again when it changes. */
  look(id: string): Participant | undefined {
    void this.#revision(id).value;
    return this.meeting.participants.get(id);
  }

  togglePanel(panel: Exclude<Panel, null>): void {
    this.panel.value = this.panel.value === panel ? null : panel;
    if (this.panel.value === "chat") this.unread.value = 0;
  }

  toggleHand(): void {
    this.hand.value = !this.hand.value;
    this.meeting.raiseHand(this.hand.value);
  }

  /** The sender doesn't hear its own notice, so it is noted here. */
  toggleRecordingNotice(): void {
    const { host, self } = this.meeting;
    const on = this.recording.value !== self.name;
    this.run(
      (on ? host.recordingStarted(self.name) : host.recordingStopped()).then(
        () => (this.recording.value = on ? self.name : null),
      ),
    );
  }

  togglePin(id: string): void {
    this.pinned.value = this.pinned.value === id ? null : id;
  }

  /** Runs a host action; a refusal is shown. */
  run(action: Promise<unknown>): void {
    action.catch((e: Error) => toast(e.message));
  }

  dispose(): void {
    for (const off of this.#off) off();
    this.playback.stop();
  }

  #on: Meeting["on"] = (event, listener) => {
    const off = this.meeting.on(event, listener);
    this.#off.push(off);
    return off;
  };

  #revision(id: string): Signal<number> {
    let revision = this.#revisions.get(id);
    if (!revision) this.#revisions.set(id, (revision = signal(0)));
    return revision;
  }

  #touch(p: Participant): void {
    this.#revision(p.id).value++;
  }

  #sync(): void {
    this.ids.value = [...this.meeting.participants.keys()];
  }

  #listenPeople(): void {
    this.#on("state", (state) => {
      if (state === "joined" && this.state.value === "reconnecting") announce(t.live.back);
      this.state.value = state;
    });
    this.#on("joined", () => {
      this.title.value = this.meeting.title;
      this.settings.value = this.meeting.settings;
    });
    this.#on("participant-joined", (p) => {
      this.#sync();
      if (this.state.value !== "joined") return;
      toast(t.live.joined(p.name));
    });
    this.#on("participant-left", (p) => {
      this.#sync();
      this.#revisions.delete(p.id);
      if (this.pinned.value === p.id) this.pinned.value = null;
      if (this.state.value === "joined") toast(t.live.left(p.name));
    });
    const hands = new Set<string>();
    this.#on("participant-updated", (p) => {
      if (p.isHandRaised && !hands.has(p.id)) toast(t.live.hand(p.name));
      if (p.isHandRaised) hands.add(p.id);
      else hands.delete(p.id);
      this.#touch(p);
    });
    this.#on("media", (p) => this.#touch(p));
    this.#on("speakers", (ids) => {
      this.#speakers = ids;
      this.#fadeRings();
    });
    this.#on("topology", (topology) => (this.topology.value = topology));
    this.#on("media-state", (state) => (this.mediaTrouble.value = state === "trouble"));
  }

  #listenChat(): void {
    const add = (m: ChatMessage) => {
      this.messages.value = [...this.messages.value, m].slice(-500);
      if (m.from === this.self.id) return;
      if (this.panel.value !== "chat") this.unread.value++;
      announce(t.live.message(m.name, m.text));
    };
    this.#on("chat", add);
    this.#on("chat-history", (list) => {
      const known = new Set(this.messages.value.map((m) => `${m.timestamp} ${m.from} ${m.text}`));
      const older = list.filter((m) => !known.has(`${m.timestamp} ${m.from} ${m.text}`));
      this.messages.value = [...older, ...this.messages.value].sort((a, b) => a.timestamp - b.timestamp);
    });
    this.#on("reaction", ({ participantId, emoji }) => {
      const name =
        participantId === this.self.id ? t.call.you : (this.meeting.participants.get(participantId)?.name ?? "");
      const entry = { id: ++this.#reactionId, emoji, name, at: Math.random() };
      this.reactions.value = [...this.reactions.value, entry].slice(-30);
      setTimeout(() => (this.reactions.value = this.reactions.value.filter((r) => r !== entry)), REACTION_MS);
    });
  }

  #listenHost(): void {
    this.#on("muted", (by) => {
      toast(by === "settings" ? t.live.mutedOnJoin : by === "all" ? t.live.mutedAll : t.live.mutedByHost);
    });
    this.#on("video-off", () => toast(t.live.videoOffOnJoin));
    this.#on("unmute-requested", () => {
      toast(t.live.unmuteAsked, { label: t.live.unmute, run: () => void this.local.setMuted(false) });
    });
    this.#on("recording", (r) => {
      if (!r && this.recording.value !== null) toast(t.live.recordingOver);
      this.recording.value = r?.hostName ?? null;
    });
    this.#on("settings", (settings) => {
      this.title.value = this.meeting.title;
      this.settings.value = settings;
    });
    this.#on("waiting-person", (w) => {
      const others = this.waiting.value.filter((p) => p.socketId !== w.socketId);
      this.waiting.value = w.removed ? others : [...others, w];
      if (w.removed) return withdraw(t.live.wants(w.name));
      toast(t.live.wants(w.name), { label: t.people.admit, run: () => this.run(this.meeting.host.admit(w.socketId)) });
    });
    this.#on("error", (e) => toast(e.message));
  }

  #fadeRings(): void {
    const now = performance.now();
    for (const id of this.#speakers) this.#spokeAt.set(id, now);
    const speaking = new Set<string>();
    for (const [id, at] of this.#spokeAt) if (now - at < RING_MS) speaking.add(id);
    const before = this.speaking.peek();
    if (before.size !== speaking.size || [...speaking].some((id) => !before.has(id))) this.speaking.value = speaking;
  }

  /** In a mesh nobody tells us that we speak; and nobody tells us that we speak into a muted microphone. */
  #ownVoice(level: number): void {
    if (level < SPEAKING_LEVEL) return;
    const now = performance.now();
    if (!this.local.muted.peek()) {
      this.#spokeAt.set(this.self.id, now);
    } else if (level > 0.6 && this.local.microphone.peek() && now - this.#hintedAt > MUTED_HINT_EVERY_MS) {
      this.#hintedAt = now;
      toast(t.live.youAreMuted, { label: t.live.unmute, run: () => void this.local.setMuted(false) });
    }
  }
}
