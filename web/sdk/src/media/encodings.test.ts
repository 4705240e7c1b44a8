import { describe, expect, it } from "vitest";
import { cameraBitrate, cameraEncodings, meshBitrate, slotCodecs } from "./encodings.js";

describe("encodings", () => {
  it("never gives a higher picture a lower bitrate", () => {
    const rates = [90, 180, 270, 360, 480, 540, 720, 1080, 2160].map(cameraBitrate);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });

  it("shares the uplink between the peers of a mesh", () => {
    expect(meshBitrate(720, 1)).toBe(cameraBitrate(720));
    expect(meshBitrate(720, 3) * 3).toBeLessThanOrEqual(2_400_000);
  });

  it("sends one layer without a rid, or three from small to large", () => {
    expect(cameraEncodings(720, { simulcast: false })).toHaveLength(1);
    expect(cameraEncodings(720, { simulcast: false })[0]).not.toHaveProperty("rid");
    expect(cameraEncodings(720, { simulcast: true }).map((e) => e.rid)).toEqual(["q", "h", "f"]);
  });

  it("offers one profile of each codec in a slot", () => {
    const codec = (mimeType: string, sdpFmtpLine?: string) => ({
      mimeType,
      clockRate: 90000,
      ...(sdpFmtpLine && { sdpFmtpLine }),
    });
    const kept = slotCodecs([
      codec("video/VP8"),
      codec("video/rtx"),
      codec("video/red"),
      codec("video/VP9", "profile-id=0"),
      codec("video/VP9", "profile-id=2"),
      codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
      codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
    ]);
    expect(kept.map((c) => c.mimeType)).toEqual(["video/VP8", "video/rtx", "video/VP9", "video/H264"]);
  });
});
