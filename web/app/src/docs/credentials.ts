import { signal } from "@preact/signals";
import type { Credentials } from "./request.js";

/**
 * What calls from this page are sent with. In memory only: a reload forgets it. The session is the browser's cookie.
 */
export const credentials = signal<Credentials>({});

/** The scheme whose value came from an answer last, to say so. */
export const taken = signal("");

export function setCredential(scheme: string, value: string): void {
  credentials.value = { ...credentials.value, [scheme]: value.trim() };
  taken.value = "";
}

/** Keys and tokens in an answer are used from then on. Answers the meeting's id if the answer made one. */
export function learn(text: string): string | undefined {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const key = answer?.apiKey ?? answer?.key;
  const { adminToken, meetingId } = answer ?? {};
  if (typeof key === "string" && key.startsWith("mk_")) {
    setCredential("ApiKey", key);
    taken.value = "ApiKey";
  }
  if (typeof adminToken === "string") {
    setCredential("AdminToken", adminToken);
    taken.value = "AdminToken";
    if (typeof meetingId === "string") return meetingId;
  }
  return undefined;
}
