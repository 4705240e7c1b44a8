import { Mic, Video, Volume2 } from "lucide-preact";
import type { ComponentChildren } from "preact";
import type { LocalState } from "../state/local.js";
import { t } from "../strings/index.js";
import { LevelBar } from "../ui/LevelBar.js";

/** Camera, microphone (with its level) and loudspeaker. */
export function DevicePickers({ local }: { local: LocalState }) {
  const { cameras, microphones, speakers } = local.list.value;
  return (
    <div class="pickers">
      <Picker
        label={t.pre.microphone}
        icon={<Mic size={16} />}
        devices={microphones}
        selected={local.microphone.value?.getSettings().deviceId}
        onPick={(id) => local.choose("microphone", id)}
      >
        <LevelBar level={local.level} />
      </Picker>
      <Picker
        label={t.pre.camera}
        icon={<Video size={16} />}
        devices={cameras}
        selected={local.camera.value?.getSettings().deviceId}
        onPick={(id) => local.choose("camera", id)}
      />
      {speakers.length > 0 && "setSinkId" in HTMLMediaElement.prototype && (
        <Picker
          label={t.pre.speaker}
          icon={<Volume2 size={16} />}
          devices={speakers}
          selected={local.speaker.value}
          onPick={(id) => local.chooseSpeaker(id)}
        />
      )}
    </div>
  );
}

interface PickerProps {
  label: string;
  icon: ComponentChildren;
  devices: MediaDeviceInfo[];
  selected: string | undefined;
  onPick: (deviceId: string) => void;
  children?: ComponentChildren;
}

function Picker({ label, icon, devices, selected, onPick, children }: PickerProps) {
  return (
    <label class="picker">
      {icon}
      <select aria-label={label} disabled={devices.length === 0} onChange={(e) => onPick(e.currentTarget.value)}>
        {devices.length === 0 && <option>{label}</option>}
        {devices.map((d) => (
          <option value={d.deviceId} selected={d.deviceId === selected} key={d.deviceId}>
            {d.label || t.pre.defaultDevice}
          </option>
        ))}
      </select>
      {children}
    </label>
  );
}
