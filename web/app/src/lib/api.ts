export interface GuestMeeting {
  meetingId: string;
  adminToken: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function createGuestMeeting(): Promise<GuestMeeting> {
  const response = await fetch("/api/meetings/guest", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const body = (await response.json().catch(() => ({}))) as Partial<GuestMeeting> & { error?: string };
  if (!response.ok || !body.meetingId || !body.adminToken) throw new ApiError(response.status, body.error ?? "");
  return { meetingId: body.meetingId, adminToken: body.adminToken };
}
