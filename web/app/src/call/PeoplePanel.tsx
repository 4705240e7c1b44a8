import { Hand, Mic, MicOff, UserX, VideoOff } from "lucide-preact";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { Avatar } from "../ui/Avatar.js";
import { Button, IconButton } from "../ui/Button.js";
import { PanelFrame } from "./PanelFrame.js";

export function PeoplePanel({ call }: { call: CallState }) {
  const { self, host } = call.meeting;
  return (
    <PanelFrame title={`${t.people.title} (${call.ids.value.length + 1})`} onClose={() => call.togglePanel("people")}>
      {self.isAdmin && <WaitingList call={call} />}
      <ul class="people">
        <li>
          <Avatar id={self.id} name={self.name} />
          <Name name={`${self.name} (${t.people.you})`} isHost={self.isAdmin} />
          <Badges muted={call.local.muted.value} videoOff={call.local.videoOff.value} hand={call.hand.value} />
        </li>
        {call.ids.value.map((id) => (
          <Person call={call} id={id} key={id} />
        ))}
      </ul>
      {self.isAdmin && (
        <div class="panel-foot">
          <Button onClick={() => call.run(host.muteAll())}>
            <MicOff size={18} aria-hidden="true" />
            {t.people.muteAll}
          </Button>
        </div>
      )}
    </PanelFrame>
  );
}

function Person({ call, id }: { call: CallState; id: string }) {
  const p = call.look(id);
  if (!p) return null;
  const { self, host } = call.meeting;
  return (
    <li>
      <Avatar id={id} name={p.name} />
      <Name name={p.name} isHost={p.isAdmin} />
      {self.isAdmin ? (
        <>
          <Badges muted={false} videoOff={p.isVideoOff} hand={p.isHandRaised} />
          {p.isMuted ? (
            <IconButton label={t.people.askUnmute(p.name)} onClick={() => call.run(host.unmute(id))}>
              <MicOff size={18} />
            </IconButton>
          ) : (
            <IconButton label={t.people.mute(p.name)} onClick={() => call.run(host.mute(id))}>
              <Mic size={18} />
            </IconButton>
          )}
          <IconButton label={t.people.kick(p.name)} onClick={() => call.run(host.kick(id))}>
            <UserX size={18} />
          </IconButton>
        </>
      ) : (
        <Badges muted={p.isMuted} videoOff={p.isVideoOff} hand={p.isHandRaised} />
      )}
    </li>
  );
}

function Name({ name, isHost }: { name: string; isHost: boolean }) {
  return (
    <span class="person-name">
      <span>{name}</span>
      {isHost && <small>{t.people.host}</small>}
    </span>
  );
}

function Badges({ muted, videoOff, hand }: { muted: boolean; videoOff: boolean; hand: boolean }) {
  return (
    <span class="person-badges">
      {hand && <Hand size={16} role="img" aria-label={t.call.hand.off} class="hand" />}
      {videoOff && <VideoOff size={16} role="img" aria-label={t.pre.cameraOff} />}
      {muted && <MicOff size={16} role="img" aria-label={t.people.muted} />}
    </span>
  );
}

function WaitingList({ call }: { call: CallState }) {
  const { host } = call.meeting;
  if (call.waiting.value.length === 0) return null;
  return (
    <section class="waiting">
      <h3>{t.people.waiting}</h3>
      <ul class="people">
        {call.waiting.value.map(({ socketId, name }) => (
          <li key={socketId}>
            <Avatar id={socketId} name={name} />
            <Name name={name} isHost={false} />
            <Button class="small" onClick={() => call.run(host.deny(socketId))}>
              {t.people.deny}
            </Button>
            <Button class="small primary" onClick={() => call.run(host.admit(socketId))}>
              {t.people.admit}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
