/** Up to two letters for an avatar. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((w) => [...(w ?? "")][0]?.toUpperCase() ?? "").join("") || "?";
}

export const AVATAR_TONES = 8;

/** The same person keeps the same colour on every screen. */
export function tone(id: string): number {
  let hash = 0;
  for (const c of id) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return hash % AVATAR_TONES;
}
