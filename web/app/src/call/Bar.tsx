import {
  ChartNoAxesColumn,
  CircleDot,
  EllipsisVertical,
  Hand,
  Link2,
  Lock,
  LockOpen,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  PhoneOff,
  Settings,
  Smile,
  Users,
  Video,
  VideoOff,
} from "lucide-preact";
import type { ComponentChildren } from "preact";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { IconButton } from "../ui/Button.js";
import { Menu, MenuItem } from "../ui/Menu.js";
import { copyLink } from "./copy.js";

const EMOJI = ["👍", "❤️", "😂", "🎉", "👏"];

interface Props {
  call: CallState;
  meetingId: string;
  onLeave: () => void;
}

export function Bar({ call, meetingId, onLeave }: Props) {
  return (
    <footer class="bar">
      <div class="bar-side bar-title">
        <span>{call.title.value || meetingId}</span>
      </div>
      <div class="bar-center" role="group" aria-label={t.call.controls}>
        <Devices call={call} />
        <ShareButton call={call} class="wide-only" />
        <Menu label={t.call.react} icon={<Smile />} row>
          {(close) =>
            EMOJI.map((emoji) => (
              <MenuItem
                key={emoji}
                class="emoji"
                onSelect={() => {
                  call.meeting.react(emoji);
                  close();
                }}
              >
                {emoji}
              </MenuItem>
            ))
          }
        </Menu>
        <HandButton call={call} class="wide-only" />
        <IconButton
          class="narrow-only"
          label={t.call.chat}
          pressed={call.panel.value === "chat"}
          badge={call.unread.value}
          onClick={() => call.togglePanel("chat")}
        >
          <MessageSquare />
        </IconButton>
        <More call={call} meetingId={meetingId} />
        <IconButton class="leave" label={t.call.leave} onClick={onLeave}>
          <PhoneOff />
        </IconButton>
      </div>
      <div class="bar-side bar-right wide-only">
        <IconButton label={t.call.copyLink} onClick={() => copyLink(meetingId)}>
          <Link2 />
        </IconButton>
        <IconButton
          label={t.call.people}
          pressed={call.panel.value === "people"}
          badge={call.waiting.value.length}
          onClick={() => call.togglePanel("people")}
        >
          <Users />
        </IconButton>
        <IconButton
          label={t.call.chat}
          pressed={call.panel.value === "chat"}
          badge={call.unread.value}
          onClick={() => call.togglePanel("chat")}
        >
          <MessageSquare />
        </IconButton>
      </div>
    </footer>
  );
}

function Devices({ call }: { call: CallState }) {
  const { local } = call;
  const muted = local.muted.value;
  const off = local.videoOff.value;
  return (
    <>
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
    </>
  );
}

function ShareButton({ call, class: extra }: { call: CallState; class: string }) {
  if (!("getDisplayMedia" in (navigator.mediaDevices ?? {}))) return null;
  const sharing = call.local.screen.value !== null;
  return (
    <IconButton
      class={extra}
      pressed={sharing}
      label={sharing ? t.call.share.on : t.call.share.off}
      onClick={() => toggleShare(call)}
    >
      {sharing ? <MonitorX /> : <MonitorUp />}
    </IconButton>
  );
}

function toggleShare(call: CallState): void {
  if (call.local.screen.value) call.local.stopScreen();
  else void call.local.shareScreen();
}

function HandButton({ call, class: extra }: { call: CallState; class: string }) {
  const up = call.hand.value;
  return (
    <IconButton
      class={extra}
      pressed={up}
      label={up ? t.call.hand.on : t.call.hand.off}
      onClick={() => call.toggleHand()}
    >
      <Hand />
    </IconButton>
  );
}

/** What doesn't fit: on phones most of it, elsewhere the host's and the curious person's things. */
function More({ call, meetingId }: { call: CallState; meetingId: string }) {
  const { host, self } = call.meeting;
  return (
    <Menu label={t.call.more} icon={<EllipsisVertical />}>
      {(close) => {
        const item = (label: string, icon: ComponentChildren, run: () => unknown, extra = "") => (
          <MenuItem
            key={label}
            icon={icon}
            class={extra}
            onSelect={() => {
              close();
              run();
            }}
          >
            {label}
          </MenuItem>
        );
        const locked = call.settings.value?.locked ?? false;
        const recording = call.recording.value === self.name && self.isAdmin;
        return [
          item(call.hand.value ? t.call.hand.on : t.call.hand.off, <Hand />, () => call.toggleHand(), "narrow-only"),
          "getDisplayMedia" in (navigator.mediaDevices ?? {}) &&
            item(
              call.local.screen.value ? t.call.share.on : t.call.share.off,
              <MonitorUp />,
              () => toggleShare(call),
              "narrow-only",
            ),
          item(t.call.people, <Users />, () => call.togglePanel("people"), "narrow-only"),
          item(t.call.copyLink, <Link2 />, () => copyLink(meetingId), "narrow-only"),
          item(t.settings.title, <Settings />, () => call.togglePanel("settings")),
          item(t.call.stats, <ChartNoAxesColumn />, () => call.togglePanel("stats")),
          self.isAdmin &&
            item(locked ? t.call.unlock : t.call.lock, locked ? <LockOpen /> : <Lock />, () =>
              call.run(locked ? host.unlock() : host.lock()),
            ),
          self.isAdmin &&
            item(recording ? t.call.stopRecording : t.call.announceRecording, <CircleDot />, () =>
              call.toggleRecordingNotice(),
            ),
          self.isAdmin && item(t.call.endForAll, <PhoneOff />, () => call.run(host.end()), "danger"),
        ];
      }}
    </Menu>
  );
}
