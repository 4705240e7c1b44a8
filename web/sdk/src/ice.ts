/**
 * The server's STUN/TURN list, for servers that don't send it with "joined". None on failure: host candidates still
 * work.
 */
export async function fetchIceServers(url: string): Promise<RTCIceServer[]> {
  try {
    const response = await fetch(`${url}/api/config/ice-servers`);
    const body = (await response.json()) as { iceServers?: RTCIceServer[] };
    return response.ok ? (body.iceServers ?? []) : [];
  } catch {
    return [];
  }
}
