import type { Signal } from "@preact/signals";
import { t } from "../strings/index.js";

const BARS = 10;

export function LevelBar({ level }: { level: Signal<number> }) {
  const lit = Math.round(level.value * BARS);
  return (
    <span
      class="level"
      role="meter"
      aria-label={t.pre.level}
      aria-valuemin={0}
      aria-valuemax={BARS}
      aria-valuenow={lit}
    >
      {Array.from({ length: BARS }, (_, i) => (
        <i class={i < lit ? "lit" : ""} key={i} />
      ))}
    </span>
  );
}
