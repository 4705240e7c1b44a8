/** Meeting ids and join links. Ids are lower-case letters in groups: abc-defg-hij, or qwerty-abc for guest meetings. */

const MEETING_ID = /^[a-z0-9]+(?:-[a-z0-9]+)+$/;

export interface JoinLink {
  meetingId: string;
  name?: string;
  invite?: string;
  adminToken?: string;
}

export function isMeetingId(text: string): boolean {
  return text.length <= 64 && MEETING_ID.test(text);
}

/** Reads what a person typed or pasted: an id, a path, or a whole link. Undefined when it is none of these. */
export function parseJoinLink(text: string): JoinLink | undefined {
  const typed = text.trim();
  const bare = typed.toLowerCase().replace(/\s+/g, "-");
  if (isMeetingId(bare)) return { meetingId: bare };
  const url = readUrl(typed);
  const found = url && /^\/join\/([^/]+)\/?$/.exec(url.pathname);
  if (!url || !found?.[1]) return undefined;
  const meetingId = found[1].toLowerCase();
  if (!isMeetingId(meetingId)) return undefined;
  const link: JoinLink = { meetingId };
  const name = url.searchParams.get("name");
  const invite = url.searchParams.get("invite");
  const admin = url.searchParams.get("admin");
  if (name) link.name = name;
  if (invite) link.invite = invite;
  if (admin) link.adminToken = admin;
  return link;
}

function readUrl(text: string): URL | undefined {
  const absolute = /^https?:\/\//i.test(text) ? text : text.startsWith("/") ? `https://host${text}` : `https://${text}`;
  try {
    return new URL(absolute);
  } catch {
    return undefined;
  }
}

/** The link to give to others: never with the host's token. */
export function joinUrl(origin: string, meetingId: string): string {
  return `${origin}/join/${encodeURIComponent(meetingId)}`;
}
