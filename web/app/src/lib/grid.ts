/** Where tiles go. Pure geometry, in CSS pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const WIDE = 16 / 9;
const PHONE = 600;

/** Tiles are 16:9; upright phones get squarer ones, for there 16:9 would waste most of the screen. */
export function tileRatio(width: number, height: number, count: number): number {
  if (width >= PHONE || width >= height) return WIDE;
  if (count === 1) return 3 / 4;
  return count === 2 ? 1 : 4 / 3;
}

/** The arrangement in rows and columns that makes `count` equal tiles largest; a short last row is centred. */
export function gridBoxes(width: number, height: number, count: number, gap: number, ratio: number): Box[] {
  if (count < 1 || width <= 0 || height <= 0) return [];
  let best = { cols: 1, tile: 0 };
  for (let cols = 1; cols <= count; cols++) {
    const rows = Math.ceil(count / cols);
    const tile = Math.min((width - gap * (cols - 1)) / cols, ((height - gap * (rows - 1)) / rows) * ratio);
    if (tile > best.tile) best = { cols, tile };
  }
  return place(width, height, count, gap, best.cols, Math.floor(best.tile), ratio);
}

function place(
  width: number,
  height: number,
  count: number,
  gap: number,
  cols: number,
  w: number,
  ratio: number,
): Box[] {
  const h = Math.floor(w / ratio);
  const rows = Math.ceil(count / cols);
  const top = (height - rows * h - (rows - 1) * gap) / 2;
  const boxes: Box[] = [];
  for (let i = 0; i < count; i++) {
    const row = Math.floor(i / cols);
    const inRow = row === rows - 1 ? count - row * cols : cols;
    const left = (width - inRow * w - (inRow - 1) * gap) / 2;
    boxes.push({ x: left + (i % cols) * (w + gap), y: top + row * (h + gap), width: w, height: h });
  }
  return boxes;
}

export interface StagePlan {
  stage: Box;
  /** As many as fit beside the stage; the rest isn't shown. */
  strip: Box[];
}

/** One large picture and a filmstrip: beside it in a wide window, under it in a high one. */
export function stageBoxes(width: number, height: number, others: number, gap: number): StagePlan {
  if (others === 0) return { stage: { x: 0, y: 0, width, height }, strip: [] };
  const beside = width / height > 1.25 && width >= PHONE;
  const stripSize = beside ? clamp(width * 0.18, 140, 280) : clamp(height * 0.18, 72, 150);
  const w = Math.floor(beside ? stripSize : stripSize * WIDE);
  const h = Math.floor(w / WIDE);
  const length = beside ? height : width;
  const one = beside ? h : w;
  const shown = Math.min(others, Math.max(1, Math.floor((length + gap) / (one + gap))));
  const start = (length - shown * one - (shown - 1) * gap) / 2;
  const strip = Array.from({ length: shown }, (_, i): Box => {
    const along = start + i * (one + gap);
    return beside ? { x: width - w, y: along, width: w, height: h } : { x: along, y: height - h, width: w, height: h };
  });
  const stage = beside
    ? { x: 0, y: 0, width: width - w - gap, height }
    : { x: 0, y: 0, width, height: height - h - gap };
  return { stage, strip };
}

function clamp(v: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, v));
}
