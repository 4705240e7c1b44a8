import type { View } from "@onepizza/sdk";
import { ChevronLeft, ChevronRight, Link2 } from "lucide-preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { gridBoxes, stageBoxes, tileRatio, type Box } from "../lib/grid.js";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { Button, IconButton } from "../ui/Button.js";
import { copyLink } from "./copy.js";
import { SelfTile, Tile } from "./Tile.js";

const PER_PAGE = 9;
const PER_PAGE_PHONE = 6;
const SELF = "self";

interface Item {
  key: string;
  id: string;
  source: "camera" | "screen";
  box: Box;
  floating?: boolean;
}

/**
 * Who is where: a grid, or a stage with a filmstrip when somebody shares a screen or is pinned. Tells the SFU the same.
 */
export function Stage({ call, meetingId }: { call: CallState; meetingId: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [page, setPage] = useState(0);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const ids = call.ids.value;
  const perPage = size.width < 600 ? PER_PAGE_PHONE : PER_PAGE;
  const pages = Math.max(1, Math.ceil(ids.length / perPage));
  const at = Math.min(page, pages - 1);
  const items = size.width ? arrange(call, ids.slice(at * perPage, (at + 1) * perPage), size) : [];
  useViews(call, items);

  return (
    <div class="stage" ref={box}>
      {items.map(({ key, id, source, box: b, floating }) => {
        const style = { left: `${b.x}px`, top: `${b.y}px`, width: `${b.width}px`, height: `${b.height}px` };
        return id === SELF ? (
          <SelfTile key={key} call={call} source={source} style={style} floating={floating ?? false} />
        ) : (
          <Tile key={key} call={call} id={id} source={source} style={style} />
        );
      })}
      {ids.length === 0 && <Alone meetingId={meetingId} />}
      {pages > 1 && (
        <nav class="pager" aria-label={t.call.page(at + 1, pages)}>
          <IconButton label={t.call.previous} disabled={at === 0} onClick={() => setPage(at - 1)}>
            <ChevronLeft />
          </IconButton>
          <span>{`${at + 1} / ${pages}`}</span>
          <IconButton label={t.call.next} disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            <ChevronRight />
          </IconButton>
        </nav>
      )}
    </div>
  );
}

function Alone({ meetingId }: { meetingId: string }) {
  return (
    <div class="alone">
      <p>
        <strong>{t.call.alone}</strong>
        {t.call.aloneText}
      </p>
      <Button class="primary" onClick={() => copyLink(meetingId)}>
        <Link2 size={18} aria-hidden="true" />
        {t.call.copyLink}
      </Button>
    </div>
  );
}

function arrange(call: CallState, ids: string[], { width, height }: { width: number; height: number }): Item[] {
  const gap = width < 600 ? 6 : 10;
  const camera = (id: string) => ({ key: id, id, source: "camera" as const });
  const sharer = call.sharer.value;
  const pinned = call.pinned.value;
  if (sharer !== null || pinned !== null) {
    const top =
      sharer !== null ? { key: `screen-${sharer}`, id: sharer, source: "screen" as const } : camera(pinned ?? "");
    const rest = [...ids.filter((id) => sharer !== null || id !== pinned).map(camera), camera(SELF)];
    const plan = stageBoxes(width, height, rest.length, gap);
    return [
      { ...top, box: sharer !== null ? plan.stage : fit(plan.stage) },
      ...plan.strip.flatMap((box, i) => (rest[i] ? [{ ...rest[i], box }] : [])),
    ];
  }
  const one = ids[0];
  if (ids.length === 1 && one !== undefined) {
    const w = Math.round(Math.min(260, Math.max(96, width * 0.22)));
    const h = Math.round((w * 9) / 16);
    const [box] = gridBoxes(width, height, 1, gap, tileRatio(width, height, 1));
    const corner = { x: width - w - 12, y: height - h - 12, width: w, height: h };
    return box
      ? [
          { ...camera(one), box },
          { ...camera(SELF), box: corner, floating: true },
        ]
      : [];
  }
  const all = [...ids, SELF];
  const boxes = gridBoxes(width, height, all.length, gap, tileRatio(width, height, all.length));
  return boxes.flatMap((box, i) => (all[i] === undefined ? [] : [{ ...camera(all[i]), box }]));
}

/** The largest 16:9 box in the middle of this one, so that a pinned camera isn't cropped. */
function fit({ x, y, width, height }: Box): Box {
  const [box] = gridBoxes(width, height, 1, 0, tileRatio(width, height, 1));
  return box ? { ...box, x: box.x + x, y: box.y + y } : { x, y, width, height };
}

/** Reports what is shown, the largest first, in device pixels. */
function useViews(call: CallState, items: Item[]): void {
  const scale = Math.min(2, globalThis.devicePixelRatio || 1);
  const views = items
    .filter(({ id }) => id !== SELF)
    .map(({ id, source, box }): View => {
      const view: View = {
        participantId: id,
        source,
        width: Math.round(box.width * scale),
        height: Math.round(box.height * scale),
      };
      if (call.pinned.value === id) view.pinned = true;
      return view;
    })
    .sort((a, b) => b.width * b.height - a.width * a.height);
  const said = JSON.stringify(views);
  useEffect(() => call.meeting.setView(views), [said]);
}
