/** What the browser remembers for us. Storage may be forbidden: then nothing is remembered and nothing breaks. */
function attempt<T>(job: () => T): T | undefined {
  try {
    return job();
  } catch {
    return undefined;
  }
}

const adminKey = (meetingId: string) => `onepizza.admin.${meetingId}`;

export const store = {
  name: (): string => attempt(() => localStorage.getItem("onepizza.name")) ?? "",
  setName: (name: string) => attempt(() => localStorage.setItem("onepizza.name", name)),
  device: (kind: string): string | undefined => attempt(() => localStorage.getItem(`onepizza.${kind}`)) ?? undefined,
  setDevice: (kind: string, id: string) => attempt(() => localStorage.setItem(`onepizza.${kind}`, id)),
  /** The host's token lives as long as the tab. */
  adminToken: (meetingId: string): string | undefined =>
    attempt(() => sessionStorage.getItem(adminKey(meetingId))) ?? undefined,
  setAdminToken: (meetingId: string, token: string) =>
    attempt(() => sessionStorage.setItem(adminKey(meetingId), token)),
};
