export interface Piece {
  text: string;
  href?: string;
}

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"']+/gi;

/** Splits a message into text and links. Only http and https ever become links; closing punctuation stays text. */
export function linkify(message: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of message.matchAll(LINK)) {
    const raw = trimEnd(match[0]);
    const href = raw.toLowerCase().startsWith("www.") ? `https://${raw}` : raw;
    if (!URL.canParse(href)) continue;
    if (match.index > from) pieces.push({ text: message.slice(from, match.index) });
    pieces.push({ text: raw, href });
    from = match.index + raw.length;
  }
  if (from < message.length) pieces.push({ text: message.slice(from) });
  return pieces;
}

function trimEnd(url: string): string {
  const trimmed = url.replace(/[.,;:!?…]+$/, "");
  const unopened = trimmed.endsWith(")") && !trimmed.includes("(");
  return unopened ? trimmed.slice(0, -1) : trimmed;
}
