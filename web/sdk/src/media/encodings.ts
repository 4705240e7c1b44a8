/** How much we send: encodings for each kind of connection, by resolution. Bits per second. */

const CAMERA_STEPS: readonly [height: number, bitrate: number][] = [
  [180, 150_000],
  [270, 300_000],
  [360, 500_000],
  [540, 1_000_000],
  [720, 1_700_000],
  [1080, 3_000_000],
];

/** The bitrate that a camera picture of this height is worth; between steps the next higher one. */
export function cameraBitrate(height: number): number {
  for (const [h, rate] of CAMERA_STEPS) if (height <= h) return rate;
  return 4_000_000;
}

/** In a mesh each picture is encoded and sent once for every other participant. */
export function meshBitrate(height: number, peers: number): number {
  return Math.round(Math.min(cameraBitrate(height), 2_400_000 / Math.max(1, peers)));
}

export const SCREEN_BITRATE = 2_500_000;

export interface CameraPlan {
  /** Three layers q, h, f instead of one. */
  simulcast: boolean;
}

export function cameraEncodings(height: number, plan: CameraPlan): RTCRtpEncodingParameters[] {
  if (!plan.simulcast) return [{ maxBitrate: cameraBitrate(height), maxFramerate: 30 }];
  return [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: cameraBitrate(height / 4), maxFramerate: 30 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: cameraBitrate(height / 2), maxFramerate: 30 },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: cameraBitrate(height), maxFramerate: 30 },
  ];
}

export function trackHeight(track: MediaStreamTrack | null): number {
  const settings = track?.getSettings();
  const height = settings?.height ?? 720;
  return Math.min(height, settings?.width ?? height);
}

/** Codecs to offer on a camera m-line: VP8 and its repair formats. */
export function vp8First(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  return codecs.filter((c) => /^video\/(VP8|rtx)$/i.test(c.mimeType));
}

/** Codecs a slot accepts: one profile of each, or the offer of many slots grows past what signalling carries. */
export function slotCodecs(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const wanted = (c: RTCRtpCodec): boolean => {
    const fmtp = c.sdpFmtpLine ?? "";
    switch (c.mimeType.toLowerCase()) {
      case "video/vp8":
      case "video/rtx":
        return true;
      case "video/vp9":
        return fmtp === "" || fmtp.includes("profile-id=0");
      case "video/h264":
        return fmtp.includes("packetization-mode=1") && fmtp.includes("profile-level-id=42e0");
      case "video/av1":
        return fmtp === "" || fmtp.includes("profile=0");
      default:
        return false;
    }
  };
  return codecs.filter(wanted);
}

/** Changes the bitrate of a running sender; a sender that can't (closed, not negotiated) is left alone. */
export async function setSenderBitrate(sender: RTCRtpSender, maxBitrate: number): Promise<void> {
  const params = sender.getParameters();
  const first = params.encodings?.[0];
  if (!first || first.maxBitrate === maxBitrate || params.encodings.length > 1) return;
  first.maxBitrate = maxBitrate;
  await sender.setParameters(params).catch(() => undefined);
}
