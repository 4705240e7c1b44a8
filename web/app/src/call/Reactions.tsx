import type { CallState } from "../state/call.js";

export function Reactions({ call }: { call: CallState }) {
  return (
    <div class="reactions" aria-hidden="true">
      {call.reactions.value.map(({ id, emoji, name, at }) => (
        <div class="reaction" key={id} style={{ left: `${10 + at * 80}%` }}>
          <span class="reaction-emoji">{emoji}</span>
          <span class="reaction-name">{name}</span>
        </div>
      ))}
    </div>
  );
}
