import { Emitter } from "./emitter.js";

export type DeviceKind = "camera" | "microphone";
/** Why there is no track: the person said no, there is no such device, another program holds it, or something else. */
export type DeviceProblem = "denied" | "missing" | "busy" | "failed";

export interface DeviceList {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

type DeviceEvents = {
  /** The track of this kind is another one now, or none. */
  track: [kind: DeviceKind, track: MediaStreamTrack | null];
  /** The device in use disappeared or failed in the middle. */
  lost: [kind: DeviceKind, label: string];
  /** It couldn't be opened. */
  problem: [kind: DeviceKind, problem: DeviceProblem];
  list: [DeviceList];
};

/**
 * The camera and microphone in use: opened, closed and switched here, and lost ones noticed. Never throws for a missing
 * device.
 */
export class Devices extends Emitter<DeviceEvents> {
  list: DeviceList = { cameras: [], microphones: [], speakers: [] };
  problem: Record<DeviceKind, DeviceProblem | null> = { camera: null, microphone: null };
  readonly #tracks: Record<DeviceKind, MediaStreamTrack | null> = { camera: null, microphone: null };
  readonly #opening: Record<DeviceKind, number> = { camera: 0, microphone: 0 };
  readonly #onDeviceChange = () => void this.refresh();

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener("devicechange", this.#onDeviceChange);
  }

  track(kind: DeviceKind): MediaStreamTrack | null {
    return this.#tracks[kind];
  }

  /**
   * Opens this device, or the one that the browser prefers; an open one is replaced. Null, and `problem`, if that
   * fails.
   */
  async open(kind: DeviceKind, deviceId?: string): Promise<MediaStreamTrack | null> {
    const turn = ++this.#opening[kind];
    const track = await this.#acquire(kind, deviceId);
    if (turn !== this.#opening[kind]) {
      track?.stop();
      return this.#tracks[kind];
    }
    if (track) {
      track.addEventListener("ended", () => this.#ended(kind, track));
      this.#set(kind, track);
    }
    await this.refresh();
    return track;
  }

  /** Stops the device; its light goes out. */
  close(kind: DeviceKind): void {
    this.#opening[kind]++;
    this.#set(kind, null);
  }

  async refresh(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind && d.deviceId !== "");
    this.list = { cameras: of("videoinput"), microphones: of("audioinput"), speakers: of("audiooutput") };
    this.emit("list", this.list);
  }

  dispose(): void {
    navigator.mediaDevices?.removeEventListener("devicechange", this.#onDeviceChange);
    this.close("camera");
    this.close("microphone");
    this.removeAllListeners();
  }

  async #acquire(kind: DeviceKind, deviceId: string | undefined): Promise<MediaStreamTrack | null> {
    try {
      if (!navigator.mediaDevices) throw new DOMException("needs https", "NotAllowedError");
      const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, deviceId));
      this.problem[kind] = null;
      return stream.getTracks()[0] ?? null;
    } catch (e) {
      const name = e instanceof DOMException ? e.name : "";
      if (name === "OverconstrainedError" && deviceId !== undefined) return this.#acquire(kind, undefined);
      const problem = (this.problem[kind] = problemOf(name));
      this.emit("problem", kind, problem);
      return null;
    }
  }

  #set(kind: DeviceKind, track: MediaStreamTrack | null): void {
    const before = this.#tracks[kind];
    if (before === track) return;
    this.#tracks[kind] = track;
    this.emit("track", kind, track);
    before?.stop();
  }

  #ended(kind: DeviceKind, track: MediaStreamTrack): void {
    if (this.#tracks[kind] !== track) return;
    this.#set(kind, null);
    this.emit("lost", kind, track.label);
    void this.refresh();
  }
}

function constraints(kind: DeviceKind, deviceId: string | undefined): MediaStreamConstraints {
  const device = deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
  if (kind === "microphone") {
    return { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
  }
  return { video: { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } } };
}

function problemOf(name: string): DeviceProblem {
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "failed";
}

/** Asks the person for a screen, window or tab, with its sound if there is any. Null when they change their mind. */
export async function captureScreen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | null } | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 30 } }, audio: true });
    const video = stream.getVideoTracks()[0];
    if (!video) return null;
    video.contentHint = "detail";
    return { video, audio: stream.getAudioTracks()[0] ?? null };
  } catch {
    return null;
  }
}
