import { Radio, VolumeX } from "lucide-preact";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { Bar } from "./Bar.js";
import { ChatPanel } from "./ChatPanel.js";
import { PeoplePanel } from "./PeoplePanel.js";
import { Reactions } from "./Reactions.js";
import { SettingsPanel } from "./SettingsPanel.js";
import { Stage } from "./Stage.js";
import { StatsPanel } from "./StatsPanel.js";

interface Props {
  call: CallState;
  meetingId: string;
  onLeave: () => void;
}

export function Call({ call, meetingId, onLeave }: Props) {
  const panel = call.panel.value;
  return (
    <div class={`call ${panel ? "with-panel" : ""}`}>
      <h1 class="visually-hidden">{call.title.value || meetingId}</h1>
      <div class="call-main">
        <Lines call={call} />
        <Stage call={call} meetingId={meetingId} />
        <Reactions call={call} />
      </div>
      {panel === "chat" && <ChatPanel call={call} />}
      {panel === "people" && <PeoplePanel call={call} />}
      {panel === "settings" && <SettingsPanel call={call} />}
      {panel === "stats" && <StatsPanel call={call} />}
      <Bar call={call} meetingId={meetingId} onLeave={onLeave} />
    </div>
  );
}

/** Lines over the tiles that say what is going on. */
function Lines({ call }: { call: CallState }) {
  const sharer = call.sharer.value;
  const lines = [];
  if (call.state.value === "reconnecting") lines.push(<Line key="r" kind="warn" text={t.call.reconnecting} spinner />);
  else if (call.mediaTrouble.value) lines.push(<Line key="m" kind="warn" text={t.call.mediaTrouble} spinner />);
  if (call.recording.value !== null)
    lines.push(<Line key="rec" kind="rec" text={t.call.recording(call.recording.value)} />);
  if (sharer !== null) lines.push(<Line key="s" text={t.call.sharing(call.look(sharer)?.name ?? "")} />);
  else if (call.local.screen.value) lines.push(<Line key="s" text={t.call.youShare} />);
  return (
    <div class="lines" role="status">
      {lines}
      {call.soundBlocked.value && (
        <div class="line warn">
          <VolumeX size={16} aria-hidden="true" />
          {t.call.soundBlocked}
          <button type="button" class="toast-action" onClick={() => call.playback.resume()}>
            {t.call.hear}
          </button>
        </div>
      )}
    </div>
  );
}

function Line({ text, kind, spinner }: { text: string; kind?: "warn" | "rec"; spinner?: boolean }) {
  return (
    <div class={`line ${kind ?? ""}`}>
      {spinner && <span class="spinner small" aria-hidden="true" />}
      {kind === "rec" && <Radio size={16} aria-hidden="true" />}
      {text}
    </div>
  );
}
