import type { DeviceKind } from "@onepizza/sdk";
import { Mic, MicOff, ShieldCheck, Video, VideoOff } from "lucide-preact";
import { useState } from "preact/hooks";
import type { LocalState } from "../state/local.js";
import type { Session } from "../state/session.js";
import { t } from "../strings/index.js";
import { Avatar } from "../ui/Avatar.js";
import { Brand } from "../ui/Brand.js";
import { Button, IconButton } from "../ui/Button.js";
import { VideoView } from "../ui/VideoView.js";
import { DevicePickers } from "./DevicePickers.js";

export function PreJoin({ session }: { session: Session }) {
  const { local, entrance, meetingId } = session;
  const [name, setName] = useState(entrance.name);
  const joining = session.stage.value === "joining";
  const submit = (e: Event) => {
    e.preventDefault();
    void session.join(name.trim() || "Guest");
  };

  return (
    <div class="prejoin">
      <header class="topbar">
        <Brand />
      </header>
      <main class="prejoin-main">
        <section class="preview-side" aria-label={t.pre.preview}>
          <Preview local={local} name={name} />
          <DevicePickers local={local} />
        </section>
        <form class="join-side" onSubmit={submit}>
          <h1>{t.pre.title}</h1>
          <p class="meeting-id">{meetingId}</p>
          {entrance.adminToken && (
            <p class="host-note">
              <ShieldCheck size={16} aria-hidden="true" /> {t.pre.host}
            </p>
          )}
          <label for="name">{t.pre.name}</label>
          <input
            id="name"
            maxLength={100}
            autocomplete="name"
            placeholder={t.pre.namePlaceholder}
            value={name}
            onInput={(e) => setName(e.currentTarget.value)}
          />
          <Button type="submit" class="primary large" disabled={joining}>
            {joining ? t.pre.joining : t.pre.join}
          </Button>
          <Problem local={local} kind="camera" />
          <Problem local={local} kind="microphone" />
        </form>
      </main>
    </div>
  );
}

function Problem({ local, kind }: { local: LocalState; kind: DeviceKind }) {
  const problem = local.problem.value[kind];
  return problem ? (
    <p class="hint" role="status">
      {t.pre.problem[kind][problem]}
    </p>
  ) : null;
}

function Preview({ local, name }: { local: LocalState; name: string }) {
  const track = local.camera.value;
  const muted = local.muted.value;
  const off = local.videoOff.value;
  return (
    <div class="preview">
      {track && !off ? (
        <VideoView track={track} mirrored />
      ) : (
        <div class="preview-off">
          <Avatar id="self" name={name || t.call.you} />
          <span>{local.opening.value ? t.pre.starting : t.pre.cameraOff}</span>
        </div>
      )}
      <div class="preview-buttons">
        <IconButton
          class={muted ? "off" : ""}
          label={muted ? t.call.mic.off : t.call.mic.on}
          onClick={() => local.setMuted(!muted)}
        >
          {muted ? <MicOff /> : <Mic />}
        </IconButton>
        <IconButton
          class={off ? "off" : ""}
          label={off ? t.call.camera.off : t.call.camera.on}
          onClick={() => local.setVideoOff(!off)}
        >
          {off ? <VideoOff /> : <Video />}
        </IconButton>
      </div>
    </div>
  );
}
