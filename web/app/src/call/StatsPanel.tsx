import type { MeetingStats, OutgoingStats, ParticipantStats } from "@onepizza/sdk";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CallState } from "../state/call.js";
import { toast } from "../state/toasts.js";
import { t } from "../strings/index.js";
import { Button } from "../ui/Button.js";
import { PanelFrame } from "./PanelFrame.js";

const EVERY_MS = 1000;

interface Shown {
  stats: MeetingStats;
  /** Bits per second for each key, from the bytes of two samples. */
  rates: Map<string, number>;
}

/** Numbers for the curious, once a second. */
export function StatsPanel({ call }: { call: CallState }) {
  const [shown, setShown] = useState<Shown>();
  const last = useRef(new Map<string, number>());

  useEffect(() => {
    let stopped = false;
    const sample = async () => {
      const stats = await call.meeting.getStats();
      if (stopped) return;
      const bytes = countBytes(stats);
      const rates = new Map(
        [...bytes].map(([k, b]) => [k, Math.max(0, ((b - (last.current.get(k) ?? b)) * 8000) / EVERY_MS)]),
      );
      last.current = bytes;
      setShown({ stats, rates });
    };
    void sample();
    const timer = setInterval(() => void sample(), EVERY_MS);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, []);

  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(shown?.stats, null, 2)).then(
      () => toast(t.call.copied),
      () => undefined,
    );
  };

  return (
    <PanelFrame title={t.stats.title} onClose={() => call.togglePanel("stats")}>
      {shown && <Numbers call={call} shown={shown} />}
      <div class="panel-foot">
        <Button onClick={copy}>{t.stats.copy}</Button>
      </div>
    </PanelFrame>
  );
}

function Numbers({ call, shown: { stats, rates } }: { call: CallState; shown: Shown }) {
  return (
    <div class="stats">
      <p class="stats-path">{t.stats.topology[stats.topology]}</p>
      <dl>
        <Row name={t.stats.rtt} value={`${stats.rttMs} ms`} />
        {stats.availableOutgoing > 0 && <Row name={t.stats.upload} value={rate(stats.availableOutgoing)} />}
      </dl>
      <h3>{t.stats.sending}</h3>
      <dl>
        {stats.outgoing
          .filter((o) => o.bytes > 0)
          .map((o, i) => (
            <Row
              key={i}
              name={`${o.source} → ${call.look(o.to)?.name ?? o.to}`}
              value={outgoing(o, rates.get(`out-${i}`) ?? 0)}
            />
          ))}
      </dl>
      <h3>{t.stats.receiving}</h3>
      <dl>
        {Object.entries(stats.participants).map(([id, s]) => (
          <Row key={id} name={call.look(id)?.name ?? id} value={incoming(s, rates.get(id) ?? 0)} />
        ))}
      </dl>
    </div>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function countBytes(stats: MeetingStats): Map<string, number> {
  const bytes = new Map<string, number>();
  stats.outgoing.filter((o) => o.bytes > 0).forEach((o, i) => bytes.set(`out-${i}`, o.bytes));
  for (const [id, s] of Object.entries(stats.participants)) bytes.set(id, s.bytes);
  return bytes;
}

function rate(bps: number): string {
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`;
}

function outgoing(o: OutgoingStats, bps: number): string {
  const picture = o.frameWidth ? `${o.frameWidth}×${o.frameHeight}@${Math.round(o.framesPerSecond)}` : "";
  const limited = o.limitedBy && o.limitedBy !== "none" ? `(${o.limitedBy})` : "";
  return [o.codec, picture, rate(bps), limited].filter(Boolean).join(" ");
}

function incoming(s: ParticipantStats, bps: number): string {
  const picture = s.frameWidth ? `${s.frameWidth}×${s.frameHeight}@${Math.round(s.framesPerSecond)}` : "";
  const lost = s.packets + s.loss > 0 ? `${((100 * s.loss) / (s.packets + s.loss)).toFixed(1)} % lost` : "";
  return [s.via ?? "–", s.codec, picture, rate(bps), lost].filter(Boolean).join(" ");
}
