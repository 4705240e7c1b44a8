import { initials, tone } from "../lib/people.js";

export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span class={`avatar tone-${tone(id)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
