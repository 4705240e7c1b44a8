import { joinUrl } from "@onepizza/sdk";
import { toast } from "../state/toasts.js";
import { t } from "../strings/index.js";

export async function copyLink(meetingId: string): Promise<void> {
  const url = joinUrl(location.origin, meetingId);
  try {
    await navigator.clipboard.writeText(url);
    toast(t.call.copied);
  } catch {
    toast(url);
  }
}
