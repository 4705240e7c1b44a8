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

async function post<T>(path: string, fields: object): Promise<Partial<T>> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  const body = (await response.json().catch(() => ({}))) as Partial<T> & { error?: string };
  if (!response.ok) throw new ApiError(response.status, body.error ?? "");
  return body;
}

export async function createGuestMeeting(): Promise<GuestMeeting> {
  const { meetingId, adminToken } = await post<GuestMeeting>("/api/meetings/guest", {});
  if (!meetingId || !adminToken) throw new ApiError(500, "");
  return { meetingId, adminToken };
}

export async function forgotPassword(email: string): Promise<void> {
  await post("/api/auth/forgot-password", { email });
}

export async function resetTokenIsGood(token: string): Promise<boolean> {
  const response = await fetch(`/api/auth/reset-password?${new URLSearchParams({ token })}`);
  if (response.status !== 200 && response.status !== 400) throw new ApiError(response.status, "");
  return response.ok;
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await post("/api/auth/reset-password", { token, password });
}
