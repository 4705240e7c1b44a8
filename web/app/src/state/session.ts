import { Meeting, type Closed, type Topology } from "@onepizza/sdk";
import { signal } from "@preact/signals";
import { expose } from "../lib/debug.js";
import { store } from "../lib/store.js";
import { CallState } from "./call.js";
import { LocalState } from "./local.js";

export type Stage = "preview" | "joining" | "waiting" | "call" | "over";

/** What the link asks for. The host's token leaves the address bar before anything else happens. */
export interface Entrance {
  name: string;
  invite: string | undefined;
  adminToken: string | undefined;
  topology: "auto" | Topology;
}

export function readEntrance(meetingId: string): Entrance {
  const url = new URL(location.href);
  const admin = url.searchParams.get("admin");
  if (admin !== null) {
    store.setAdminToken(meetingId, admin);
    url.searchParams.delete("admin");
    history.replaceState(null, "", url);
  }
  const topology = url.searchParams.get("topology");
  return {
    name: url.searchParams.get("name") ?? store.name(),
    invite: url.searchParams.get("invite") ?? undefined,
    adminToken: store.adminToken(meetingId) ?? admin ?? undefined,
    topology: topology === "mesh" || topology === "sfu" ? topology : "auto",
  };
}

/** From the preview to the end of the call: what page shows, and the objects it shows. */
export class Session {
  readonly stage = signal<Stage>("preview");
  readonly closed = signal<Closed | null>(null);
  readonly local = new LocalState();
  readonly entrance: Entrance;
  readonly call = signal<CallState | null>(null);

  constructor(readonly meetingId: string) {
    this.entrance = readEntrance(meetingId);
    void this.local.start();
    // A closed tab leaves at once; a lost connection is waited for.
    addEventListener("pagehide", (e) => e.persisted || this.leave());
  }

  async join(name: string): Promise<void> {
    if (this.stage.value === "joining") return;
    store.setName(name);
    this.entrance.name = name;
    const meeting = new Meeting();
    const call = new CallState(meeting, this.local);
    this.local.attach(meeting);
    expose(meeting);
    this.call.value = call;
    this.stage.value = "joining";
    meeting.on("state", (state) => {
      if (state === "waiting") this.stage.value = "waiting";
      if (state === "joined") this.stage.value = "call";
    });
    meeting.on("closed", (closed) => this.#over(call, closed));
    const { adminToken, invite, topology } = this.entrance;
    const isMuted = this.local.muted.value;
    const isVideoOff = this.local.videoOff.value;
    await meeting
      .join(this.meetingId, name, { adminToken, invite, topology, isMuted, isVideoOff })
      .catch(() => undefined);
  }

  leave(): void {
    this.call.value?.meeting.leave();
  }

  /** Back to the preview, devices open again as they were. */
  again(): void {
    this.closed.value = null;
    this.stage.value = "preview";
    void this.local.start();
  }

  #over(call: CallState, closed: Closed): void {
    call.dispose();
    this.local.close();
    this.closed.value = closed;
    this.call.value = null;
    this.stage.value = "over";
  }
}
