import { Emitter } from "./emitter.js";
import type { Closed, MeetingEvents, MeetingState } from "./events.js";
import { fetchIceServers } from "./ice.js";
import { MediaHub, type AudioOutput } from "./media/hub.js";
import { SFU } from "./media/port.js";
import { Participant } from "./participant.js";
import { HostControls } from "./signal/host.js";
import { SignalSocket } from "./signal/socket.js";
import { wire } from "./signal/wire.js";
import { collectStats, type MeetingStats } from "./stats.js";
import {
  MeetingError,
  type ErrorKind,
  type Joined,
  type MeetingSettings,
  type ParticipantInfo,
  type Source,
  type Topology,
  type View,
} from "./types.js";

export interface MeetingOptions {
  /** The server; by default the page's own origin. */
  url?: string;
  /** How many pictures and voices the SFU may send at once. */
  videoSlots?: number;
  audioSlots?: number;
  /** Send the camera in three sizes to the SFU. */
  simulcast?: boolean;
}

export interface JoinOptions {
  adminToken?: string | undefined;
  invite?: string | undefined;
  /** "auto": whatever the meeting needs. "mesh": only direct connections. "sfu": never direct ones. */
  topology?: "auto" | Topology;
  isMuted?: boolean;
  isVideoOff?: boolean;
}

export interface Self {
  id: string;
  name: string;
  isAdmin: boolean;
  isMuted: boolean;
  isVideoOff: boolean;
  isScreenSharing: boolean;
  isHandRaised: boolean;
}

/** First connections to try before join() gives up; once in, we never give up. */
const CONNECT_ATTEMPTS = 4;
/** A server that has just started may not have its meetings yet: who comes back asks again after this. */
const ASK_AGAIN_MS = 2000;
/** Errors from before there was a connection; what is more is lost. */
const REPORTS_KEPT = 4;

/** One stay in one meeting. Join once; make another object for another stay. */
export class Meeting extends Emitter<MeetingEvents> {
  state: MeetingState = "idle";
  title = "";
  settings: MeetingSettings | undefined;
  readonly self: Self = {
    id: "",
    name: "",
    isAdmin: false,
    isMuted: true,
    isVideoOff: true,
    isScreenSharing: false,
    isHandRaised: false,
  };
  readonly participants = new Map<string, Participant>();
  readonly host: HostControls;

  readonly #socket: SignalSocket;
  readonly #hub: MediaHub;
  readonly #url: string;
  #meetingId = "";
  #join: JoinOptions = {};
  #resumeToken: string | undefined;
  #attempts = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #reports: [type: ErrorKind, message: string][] = [];
  #settle: { resolve: () => void; reject: (e: MeetingError) => void } | undefined;

  constructor(options: MeetingOptions = {}) {
    super();
    this.#url = options.url ?? "";
    this.#socket = new SignalSocket(options.url);
    const { audioSlots = 3, videoSlots = 9, simulcast = false } = options;
    this.#hub = new MediaHub(
      this.#socket,
      { audioSlots, videoSlots, simulcast },
      (id) => this.participants.get(id)?.info,
    );
    this.host = new HostControls(this.#socket, () => this.#meetingId);
    this.#listenToMedia();
    this.#listenToSocket();
  }

  /** Resolves when we are in; with a waiting room that may take long. Rejects with a MeetingError. */
  join(meetingId: string, name: string, options: JoinOptions = {}): Promise<void> {
    if (this.state !== "idle")
      return Promise.reject(new MeetingError("already_joined", "This meeting was joined before"));
    this.#meetingId = meetingId;
    this.#join = options;
    this.self.name = name;
    this.self.isMuted = options.isMuted ?? !this.#hub.local.get("microphone");
    this.self.isVideoOff = options.isVideoOff ?? !this.#hub.local.get("camera");
    this.#setState("connecting");
    this.#socket.io.connect();
    return new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  leave(): void {
    this.#close({ reason: "left", message: "" });
  }

  /** Sends this track from now on, or nothing. The track stays the caller's: the SDK never stops it. */
  setTrack(source: Source, track: MediaStreamTrack | null): void {
    this.#hub.local.set(source, track);
    if (source === "screen") this.#setScreenSharing(track !== null);
  }

  setMuted(isMuted: boolean): void {
    const track = this.#hub.local.get("microphone");
    if (track) track.enabled = !isMuted;
    if (this.self.isMuted === isMuted) return;
    this.self.isMuted = isMuted;
    this.#socket.fire("media:toggle-audio", { isMuted });
  }

  setVideoOff(isVideoOff: boolean): void {
    if (this.self.isVideoOff === isVideoOff) return;
    this.self.isVideoOff = isVideoOff;
    this.#socket.fire("media:toggle-video", { isVideoOff });
  }

  raiseHand(isHandRaised: boolean): void {
    this.self.isHandRaised = isHandRaised;
    this.#socket.fire("raise-hand", { isHandRaised });
  }

  react(emoji: string): void {
    this.#socket.fire("react", { emoji });
  }

  /** Resolves when the server has it, with its id if the server gives one. */
  async sendChat(text: string): Promise<string | undefined> {
    const answer = await this.#socket.ask("chat:message", { text });
    return typeof answer["id"] === "string" ? answer["id"] : undefined;
  }

  reactToChat(messageId: string, emoji: string): void {
    this.#socket.fire("chat:react", { messageId, emoji });
  }

  sendCaption(text: string, final: boolean): void {
    this.#socket.fire("caption", { text, final });
  }

  /** What is on the screen, most wanted first, so that the SFU sends that and no more. */
  setView(views: View[]): void {
    this.#hub.sfu.setView(views);
  }

  /** Tells the server's statistics what went wrong here: as soon as there is a connection. */
  report(type: ErrorKind, message: string): void {
    if (this.#socket.connected) this.#socket.report(type, message);
    else if (this.#reports.length < REPORTS_KEPT) this.#reports.push([type, message]);
  }

  audioOutputs(): AudioOutput[] {
    return this.#hub.audioOutputs();
  }

  get topology(): Topology {
    return this.#hub.topology;
  }

  getStats(): Promise<MeetingStats> {
    return collectStats(this.#hub, [...this.participants.keys()]);
  }

  #setScreenSharing(isScreenSharing: boolean): void {
    if (this.self.isScreenSharing === isScreenSharing) return;
    this.self.isScreenSharing = isScreenSharing;
    this.#socket.fire("media:screen-share", { isScreenSharing });
  }

  #listenToMedia(): void {
    this.#hub.on("media", (id) => {
      const p = this.participants.get(id);
      if (p) this.emit("media", p);
    });
    this.#hub.on("audio", () => this.emit("audio"));
    this.#hub.on("levels", (levels) => {
      this.emit(
        "speakers",
        [...levels].sort((a, b) => b[1] - a[1]).map(([id]) => id),
      );
    });
    this.#hub.on("sfu", (state) => {
      this.emit("media-state", state === "trouble" ? "trouble" : state === "connecting" ? "connecting" : "ok");
    });
    this.#hub.on("peer", (id, state) => {
      const p = this.participants.get(id);
      if (p && (state === "connected" || state === "failed")) this.emit("media", p);
      if (state === "failed") this.#socket.report("webrtc", "A direct connection failed");
    });
    this.#hub.on("failed", (reason) => this.#socket.report("webrtc", `Media server: ${reason}`));
  }

  #listenToSocket(): void {
    const socket = this.#socket;
    socket.io.on("connect", () => {
      for (const [type, message] of this.#reports.splice(0)) socket.report(type, message);
      this.#enter();
    });
    socket.io.on("disconnect", (reason) => this.#disconnected(reason));
    socket.io.on("connect_error", () => this.#unreachable());
    socket.on("joined", (j: Joined) => void this.#joined(j));
    socket.on("error", (e: { message: string; code?: string }) => this.#failed(MeetingError.from(e)));
    socket.on("participant:joined", (p: ParticipantInfo) => this.#participantJoined(p));
    socket.on("participant:left", (p: { participantId: string }) => this.#participantLeft(p.participantId));
    socket.on("participant:updated", (p: ParticipantInfo) => this.#participantUpdated(p));
    socket.on("admin:mute", () => this.#forceMute("host"));
    socket.on("meeting:all-muted", () => this.#forceMute("all"));
    socket.on("admin:unmute", () => this.emit("unmute-requested"));
    socket.on("admin:kick", (k: { reason?: string }) => this.#close({ reason: "kicked", message: k?.reason ?? "" }));
    socket.on("meeting:ended", (e: { reason?: string }) => this.#close({ reason: "ended", message: e?.reason ?? "" }));
    socket.on("waiting-room:waiting", (w: { message: string }) => this.#waiting(w.message));
    socket.on("waiting-room:admitted", () => this.#enter());
    socket.on("waiting-room:denied", (w: { message: string }) => this.#failed(new MeetingError("denied", w.message)));
    socket.on("meeting:settings-updated", (s: MeetingSettings) => this.#settingsUpdated(s));
    wire(socket, (event, ...args) => this.emit(event, ...args));
    this.#listenToSignals();
  }

  #listenToSignals(): void {
    const socket = this.#socket;
    const hub = this.#hub;
    const fail = (e: unknown) => console.warn("onepizza: signalling", e);
    socket.on("signal:offer", ({ from, offer }: { from: string; offer: RTCSessionDescriptionInit }) => {
      if (from !== SFU) hub.onOffer(from, offer).catch(fail);
    });
    socket.on("signal:answer", ({ from, answer }: { from: string; answer: RTCSessionDescriptionInit }) => {
      if (from === SFU) hub.sfu.onAnswer(answer);
      else hub.mesh.onAnswer(from, answer).catch(fail);
    });
    socket.on("signal:ice-candidate", ({ from, candidate }: { from: string; candidate: RTCIceCandidateInit }) => {
      if (!candidate) return;
      if (from === SFU) hub.sfu.onCandidate(candidate);
      else hub.mesh.onCandidate(from, candidate).catch(fail);
    });
    socket.on("sfu:slots", ({ slots }: { slots: Parameters<typeof hub.sfu.onSlots>[0] }) => hub.sfu.onSlots(slots));
    socket.on("sfu:restart", () => hub.sfu.restart());
    socket.on("topology:changed", ({ topology }: { topology: Topology }) => {
      if (topology === "sfu" && this.#join.topology !== "mesh") hub.toSfu();
      this.emit("topology", topology);
    });
  }

  /** Sends join-meeting: at first, when admitted from the waiting room, and after each reconnection. */
  #enter(): void {
    clearTimeout(this.#again);
    const { adminToken, invite, topology = "auto" } = this.#join;
    const payload: Record<string, unknown> = {
      meetingId: this.#meetingId,
      name: this.self.name,
      isAdmin: adminToken !== undefined,
      adminToken: adminToken ?? null,
      topology,
    };
    if (invite !== undefined) payload["inviteToken"] = invite;
    if (this.#resumeToken !== undefined) payload["resumeToken"] = this.#resumeToken;
    this.#socket.ask("join-meeting", payload).catch((e: MeetingError) => {
      if (e.code === "unavailable" && !this.#socket.connected) return;
      if (e.code === "unavailable" && this.state === "reconnecting") this.#enterSoon();
      else this.#failed(e);
    });
  }

  #enterSoon(): void {
    this.#again = setTimeout(() => {
      if (this.state === "reconnecting" && this.#socket.connected) this.#enter();
    }, ASK_AGAIN_MS);
  }

  async #joined(j: Joined): Promise<void> {
    const resumed = this.self.id === j.participantId;
    const before = this.state;
    const isAgain = this.self.id !== "";
    this.self.id = j.participantId;
    this.self.isAdmin = j.isAdmin;
    this.title = j.title;
    this.settings = j.settings;
    this.#resumeToken = j.resumeToken;
    this.#syncParticipants(j.participants, resumed);
    if (!resumed && !isAgain) this.#applyJoinSettings(j);
    this.#announceState();
    this.#setState("joined");
    this.emit("joined", j);
    this.#settle?.resolve();
    this.#settle = undefined;
    if (this.state !== "joined") return; // whoever heard of it left at once
    if (resumed && before === "reconnecting") return this.#resumeMedia(j);
    this.#hub.stop();
    const iceServers = j.iceServers ?? (await fetchIceServers(this.#url));
    if (this.self.id !== j.participantId || this.state !== "joined") return;
    const topology = this.#join.topology === "mesh" ? "mesh" : (j.topology ?? "mesh");
    this.#hub.start(
      topology,
      j.participants.map((p) => p.participantId),
      iceServers,
    );
    this.emit("topology", topology);
  }

  #resumeMedia(j: Joined): void {
    if (j.topology === "sfu" && this.#join.topology !== "mesh") this.#hub.toSfu();
    this.#hub.sfu.resume();
    if (this.#hub.topology === "mesh") this.#hub.mesh.resume(j.participants.map((p) => p.participantId));
  }

  /** Makes the list as the server says; after a resume only the differences are reported. */
  #syncParticipants(list: ParticipantInfo[], resumed: boolean): void {
    const present = new Set(list.map((p) => p.participantId));
    for (const id of [...this.participants.keys()]) if (!resumed || !present.has(id)) this.#participantLeft(id);
    for (const p of list) {
      if (this.participants.has(p.participantId)) this.#participantUpdated(p);
      else this.#participantJoined(p);
    }
  }

  #applyJoinSettings(j: Joined): void {
    if (j.isAdmin) return;
    if (j.settings.muteOnJoin && !this.self.isMuted) this.#forceMute("settings");
    if (j.settings.videoOffOnJoin && !this.self.isVideoOff) {
      this.self.isVideoOff = true;
      this.emit("video-off", "settings");
    }
  }

  /** The server knows nothing of our devices when we enter, and may have missed changes while we were away. */
  #announceState(): void {
    const { isMuted, isVideoOff, isScreenSharing, isHandRaised } = this.self;
    this.#socket.fire("media:toggle-audio", { isMuted });
    this.#socket.fire("media:toggle-video", { isVideoOff });
    if (isScreenSharing) this.#socket.fire("media:screen-share", { isScreenSharing });
    if (isHandRaised) this.#socket.fire("raise-hand", { isHandRaised });
  }

  #participantJoined(info: ParticipantInfo): void {
    if (info.participantId === this.self.id) return;
    if (this.participants.has(info.participantId)) return this.#participantUpdated(info);
    const p = new Participant(info, this.#hub.remote);
    this.participants.set(p.id, p);
    this.emit("participant-joined", p);
  }

  #participantLeft(id: string): void {
    const p = this.participants.get(id);
    if (!p) return;
    this.participants.delete(id);
    this.#hub.left(id);
    this.emit("participant-left", p);
  }

  #participantUpdated(info: ParticipantInfo): void {
    const p = this.participants.get(info.participantId);
    if (!p) return;
    p.apply(info);
    this.#hub.updated(p.id, info);
    this.emit("participant-updated", p);
  }

  #forceMute(by: "host" | "all" | "settings"): void {
    const track = this.#hub.local.get("microphone");
    if (track) track.enabled = false;
    if (this.self.isMuted) return;
    this.self.isMuted = true;
    if (by !== "settings") this.#socket.fire("media:toggle-audio", { isMuted: true });
    this.emit("muted", by);
  }

  #settingsUpdated(settings: MeetingSettings): void {
    this.settings = { ...this.settings, ...settings };
    if (settings.title) this.title = settings.title;
    this.emit("settings", this.settings);
  }

  #waiting(message: string): void {
    this.#setState("waiting");
    this.emit("waiting", message);
  }

  #disconnected(reason: string): void {
    if (this.state === "closed") return;
    if (reason === "io server disconnect") this.#socket.io.connect();
    if (this.state === "joined") this.#setState("reconnecting");
  }

  #unreachable(): void {
    if (this.state !== "connecting" || ++this.#attempts < CONNECT_ATTEMPTS) return;
    this.#failed(new MeetingError("unavailable", "The server can't be reached"));
  }

  /** Before we are in, a refusal is final, and so it is when we can't come back; in the meeting it is just reported. */
  #failed(error: MeetingError): void {
    this.emit("error", error);
    if (this.state === "joined" || this.state === "closed") return;
    if (this.state === "reconnecting" && error.code === "bad_token" && this.#resumeToken !== undefined) {
      this.#resumeToken = undefined;
      return this.#enter();
    }
    const over = error.code === "ended" || (this.state === "reconnecting" && error.code === "not_found");
    this.#close({ reason: over ? "ended" : "failed", message: error.message, error });
  }

  #close(closed: Closed): void {
    if (this.state === "closed") return;
    this.#setState("closed");
    this.#hub.stop();
    this.#socket.close();
    this.#settle?.reject(
      closed.error ?? new MeetingError(closed.reason === "failed" ? "unknown" : closed.reason, closed.message),
    );
    this.#settle = undefined;
    this.emit("closed", closed);
  }

  #setState(state: MeetingState): void {
    if (this.state === state) return;
    this.state = state;
    this.emit("state", state);
  }
}
