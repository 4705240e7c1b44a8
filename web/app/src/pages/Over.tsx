import type { Closed } from "@onepizza/sdk";
import { useEffect, useState } from "preact/hooks";
import { timeLeft } from "../lib/time.js";
import { t } from "../strings/index.js";
import { Button } from "../ui/Button.js";
import { Notice } from "./Notice.js";

type Kind = Exclude<keyof typeof t.notice, "home" | "retry" | "rejoin" | "startsAt" | "startsIn" | "page">;

function kindOf({ reason, error }: Closed): Kind {
  if (reason !== "failed") return reason;
  const code = error?.code ?? "unknown";
  return code in t.notice ? (code as Kind) : "unknown";
}

/** Why there is no meeting here, or no more, and what can be done about it. */
export function Over({ closed, onAgain }: { closed: Closed; onAgain: () => void }) {
  const kind = kindOf(closed);
  const [title = "", text = ""] = t.notice[kind];
  const own = kind === "kicked" || kind === "ended" || kind === "unknown" ? closed.message : "";
  const again = {
    left: t.notice.rejoin,
    locked: t.notice.retry,
    full: t.notice.retry,
    unavailable: t.notice.retry,
    unknown: t.notice.retry,
  };
  const retry = (again as Record<string, string>)[kind];
  return (
    <Notice title={title} text={own || text}>
      {kind === "scheduled" && <Countdown at={closed.error?.scheduledAt} onTime={onAgain} />}
      {retry && (
        <Button class="primary" onClick={onAgain}>
          {retry}
        </Button>
      )}
      <a class={`button ${retry ? "" : "primary"}`} href="/">
        {t.notice.home}
      </a>
    </Notice>
  );
}

function Countdown({ at, onTime }: { at: string | undefined; onTime: () => void }) {
  const start = Date.parse(at ?? "");
  const [left, setLeft] = useState(start - Date.now());
  useEffect(() => {
    if (Number.isNaN(start)) return;
    const timer = setInterval(() => {
      setLeft(start - Date.now());
      if (Date.now() >= start) onTime();
    }, 1000);
    return () => clearInterval(timer);
  }, [start]);
  if (Number.isNaN(start)) return null;
  return (
    <p class="countdown">
      <strong>{t.notice.startsIn(timeLeft(left))}</strong>
      <span>{t.notice.startsAt(new Date(start).toLocaleString([], { dateStyle: "full", timeStyle: "short" }))}</span>
    </p>
  );
}
