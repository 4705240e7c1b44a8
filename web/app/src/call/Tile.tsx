import { Hand, MicOff, Pin, PinOff } from "lucide-preact";
import type { ComponentChildren, JSX } from "preact";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { Avatar } from "../ui/Avatar.js";
import { IconButton } from "../ui/Button.js";
import { VideoView } from "../ui/VideoView.js";

interface TileProps {
  call: CallState;
  id: string;
  source: "camera" | "screen";
  style: JSX.CSSProperties;
}

/** Somebody else's camera or screen. */
export function Tile({ call, id, source, style }: TileProps) {
  const p = call.look(id);
  if (!p) return null;
  const media = p.track(source);
  const wanted = source === "screen" ? p.isScreenSharing : !p.isVideoOff;
  const speaking = call.speaking.value.has(id) && !p.isMuted;
  const pinned = call.pinned.value === id;
  const name = source === "screen" ? t.call.screenOf(p.name) : p.name;
  const inMeshScreen = source === "camera" && p.isScreenSharing && !media;

  return (
    <Frame
      style={style}
      speaking={speaking && source === "camera"}
      label={name}
      hand={p.isHandRaised && source === "camera"}
      muted={p.isMuted && source === "camera"}
    >
      {wanted && media && <VideoView track={media.track} whole={source === "screen"} />}
      {(!wanted || inMeshScreen) && <Avatar id={id} name={p.name} />}
      {wanted && !inMeshScreen && !media?.live && (
        <Cover avatar={<Avatar id={id} name={p.name} />} text={t.call.connecting} />
      )}
      {wanted && media?.live && media.stalled && <div class="tile-note">{t.call.paused}</div>}
      {source === "camera" && (
        <IconButton
          class="pin"
          label={pinned ? t.call.unpin : t.call.pin(p.name)}
          pressed={pinned}
          onClick={() => call.togglePin(id)}
        >
          {pinned ? <PinOff size={16} /> : <Pin size={16} />}
        </IconButton>
      )}
    </Frame>
  );
}

/** Shown over a picture that isn't there yet: never a black tile without a word. */
function Cover({ avatar, text }: { avatar: ComponentChildren; text: string }) {
  return (
    <div class="cover">
      {avatar}
      <span class="cover-text">
        <span class="spinner small" aria-hidden="true" />
        {text}
      </span>
    </div>
  );
}

interface SelfProps {
  call: CallState;
  source: "camera" | "screen";
  style: JSX.CSSProperties;
  floating: boolean;
}

export function SelfTile({ call, style, floating }: SelfProps) {
  const { local, self } = call;
  const track = local.camera.value;
  const muted = local.muted.value;
  const speaking = call.speaking.value.has(self.id) && !muted;
  return (
    <Frame
      style={style}
      speaking={speaking}
      label={t.call.you}
      hand={call.hand.value}
      muted={muted}
      floating={floating}
    >
      {track && !local.videoOff.value ? <VideoView track={track} mirrored /> : <Avatar id={self.id} name={self.name} />}
    </Frame>
  );
}

interface FrameProps {
  style: JSX.CSSProperties;
  speaking: boolean;
  label: string;
  hand: boolean;
  muted: boolean;
  floating?: boolean;
  children: ComponentChildren;
}

function Frame({ style, speaking, label, hand, muted, floating, children }: FrameProps) {
  return (
    <section
      class={`tile ${speaking ? "speaking" : ""} ${floating ? "floating" : ""}`}
      style={style}
      aria-label={label}
    >
      {children}
      {hand && (
        <span class="tile-hand" role="img" aria-label={t.call.hand.off}>
          <Hand size={16} />
        </span>
      )}
      <span class="tile-name">
        {muted && <MicOff size={14} role="img" aria-label={t.people.muted} />}
        <span>{label}</span>
      </span>
    </section>
  );
}
