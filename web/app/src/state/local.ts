import {
  captureScreen,
  Devices,
  LevelMeter,
  type DeviceKind,
  type DeviceList,
  type DeviceProblem,
  type Meeting,
} from "@onepizza/sdk";
import { signal } from "@preact/signals";
import { store } from "../lib/store.js";
import { t } from "../strings/index.js";
import { toast } from "./toasts.js";

/**
 * This person's camera, microphone and screen: as signals for the pages, and handed to the meeting once there is one.
 */
export class LocalState {
  readonly devices = new Devices();
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly screen = signal<MediaStreamTrack | null>(null);
  readonly muted = signal(false);
  readonly videoOff = signal(false);
  readonly opening = signal(true);
  readonly level = signal(0);
  readonly list = signal<DeviceList>(this.devices.list);
  readonly problem = signal<Record<DeviceKind, DeviceProblem | null>>({ camera: null, microphone: null });
  readonly speaker = signal(store.device("speaker") ?? "");
  #meter: LevelMeter | undefined;
  #meeting: Meeting | undefined;

  constructor() {
    this.devices.on("list", (list) => (this.list.value = list));
    this.devices.on("track", (kind, track) => this.#changed(kind, track));
    this.devices.on("lost", (kind, label) => this.#lost(kind, label));
    this.devices.on("problem", (kind, problem) => this.#report(kind, problem));
  }

  /** Opens both devices for the preview; each may be missing or refused on its own. */
  async start(): Promise<void> {
    await Promise.all([
      this.#open("camera", store.device("camera")),
      this.#open("microphone", store.device("microphone")),
    ]);
    this.opening.value = false;
    if (!this.camera.value) this.videoOff.value = true;
    if (!this.microphone.value) this.muted.value = true;
  }

  attach(meeting: Meeting): void {
    this.#meeting = meeting;
    meeting.setTrack("microphone", this.microphone.value);
    meeting.setTrack("camera", this.camera.value);
    if (this.microphone.value) this.microphone.value.enabled = !this.muted.value;
    for (const kind of ["camera", "microphone"] as const) this.#report(kind, this.devices.problem[kind]);
    meeting.on("muted", () => (this.muted.value = true));
    meeting.on("video-off", () => this.setVideoOff(true));
  }

  #report(kind: DeviceKind, problem: DeviceProblem | null): void {
    if (problem) this.#meeting?.report("media", `getUserMedia: ${kind} ${problem}`);
  }

  detach(): void {
    this.stopScreen();
    this.#meeting = undefined;
  }

  async setMuted(muted: boolean): Promise<void> {
    if (!muted && !this.microphone.value) await this.#open("microphone", store.device("microphone"));
    if (!muted && !this.microphone.value) return this.#explain("microphone");
    this.muted.value = muted;
    if (this.microphone.value) this.microphone.value.enabled = !muted;
    this.#meeting?.setMuted(muted);
  }

  async setVideoOff(off: boolean): Promise<void> {
    if (off) this.devices.close("camera");
    else if (!this.camera.value) await this.#open("camera", store.device("camera"));
    if (!off && !this.camera.value) return this.#explain("camera");
    this.videoOff.value = off;
    this.#meeting?.setVideoOff(off);
  }

  async choose(kind: DeviceKind, deviceId: string): Promise<void> {
    store.setDevice(kind, deviceId);
    await this.#open(kind, deviceId);
    if (!this.devices.track(kind)) return this.#explain(kind);
    if (kind === "camera") await this.setVideoOff(false);
  }

  chooseSpeaker(deviceId: string): void {
    store.setDevice("speaker", deviceId);
    this.speaker.value = deviceId;
  }

  async shareScreen(): Promise<void> {
    const captured = await captureScreen();
    if (!captured || !this.#meeting) {
      captured?.video.stop();
      captured?.audio?.stop();
      return;
    }
    captured.video.addEventListener("ended", () => this.stopScreen());
    this.screen.value = captured.video;
    this.#screenAudio = captured.audio;
    this.#meeting.setTrack("screen-audio", captured.audio);
    this.#meeting.setTrack("screen", captured.video);
  }
  #screenAudio: MediaStreamTrack | null = null;

  stopScreen(): void {
    if (!this.screen.value) return;
    this.screen.value.stop();
    this.#screenAudio?.stop();
    this.screen.value = this.#screenAudio = null;
    this.#meeting?.setTrack("screen", null);
    this.#meeting?.setTrack("screen-audio", null);
  }

  /** Everything off, lights included. */
  close(): void {
    this.detach();
    this.devices.close("camera");
    this.devices.close("microphone");
  }

  async #open(kind: DeviceKind, deviceId: string | undefined): Promise<void> {
    await this.devices.open(kind, deviceId || undefined);
    this.problem.value = { ...this.devices.problem };
  }

  #changed(kind: DeviceKind, track: MediaStreamTrack | null): void {
    this[kind].value = track;
    this.#meeting?.setTrack(kind, track);
    if (kind !== "microphone") return;
    if (track) track.enabled = !this.muted.value;
    this.#meter?.stop();
    this.#meter = track ? new LevelMeter(track, (level) => (this.level.value = level)) : undefined;
    if (!track) this.level.value = 0;
  }

  #lost(kind: DeviceKind, label: string): void {
    toast(kind === "camera" ? t.live.lostCamera(label) : t.live.lostMicrophone(label));
    if (kind === "camera") void this.setVideoOff(true);
    else void this.setMuted(true);
  }

  #explain(kind: DeviceKind): void {
    const problem = this.devices.problem[kind];
    if (problem) toast(t.pre.problem[kind][problem]);
  }
}
