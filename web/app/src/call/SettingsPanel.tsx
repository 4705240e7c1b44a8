import type { MeetingSettings } from "@onepizza/sdk";
import { DevicePickers } from "../pages/DevicePickers.js";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { PanelFrame } from "./PanelFrame.js";

const SWITCHES = ["waitingRoom", "locked", "muteOnJoin", "videoOffOnJoin"] as const;

/** Devices for everybody, and the meeting's settings for hosts; both take effect at once. */
export function SettingsPanel({ call }: { call: CallState }) {
  return (
    <PanelFrame title={t.settings.title} onClose={() => call.togglePanel("settings")}>
      <div class="settings">
        <h3>{t.settings.devices}</h3>
        <DevicePickers local={call.local} />
        {call.self.isAdmin && <MeetingSwitches call={call} />}
      </div>
    </PanelFrame>
  );
}

function MeetingSwitches({ call }: { call: CallState }) {
  const settings = call.settings.value;
  const set = (name: (typeof SWITCHES)[number], on: boolean) => {
    const change: Partial<MeetingSettings> = { [name]: on };
    call.run(call.meeting.host.settings(change));
  };
  return (
    <>
      <h3>{t.settings.meeting}</h3>
      {SWITCHES.map((name) => (
        <label class="switch" key={name}>
          <span>{t.settings[name]}</span>
          <input
            type="checkbox"
            role="switch"
            checked={settings?.[name] ?? false}
            onChange={(e) => set(name, e.currentTarget.checked)}
          />
        </label>
      ))}
    </>
  );
}
