import type { Meeting } from "@onepizza/sdk";

declare global {
  interface Window {
    /** Only with ?debug=1: the meeting and its statistics, for tests and curious people. */
    __onepizza?: { meeting: Meeting; stats: () => ReturnType<Meeting["getStats"]> };
  }
}

export function expose(meeting: Meeting): void {
  if (new URLSearchParams(location.search).get("debug") !== "1") return;
  window.__onepizza = { meeting, stats: () => meeting.getStats() };
}
