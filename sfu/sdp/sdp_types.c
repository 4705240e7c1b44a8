#include "sdp/sdp_types.h"

const char *sdp_codec_name(enum sdp_codec c)
{
    static const char *const names[SDP_CODECS] = {
        [SDP_CODEC_OTHER] = "",  [SDP_OPUS] = "opus",
        [SDP_VP8] = "VP8",       [SDP_VP9] = "VP9",
        [SDP_H264] = "H264",     [SDP_AV1] = "AV1",
        [SDP_RTX] = "rtx",       [SDP_RED] = "red",
        [SDP_ULPFEC] = "ulpfec", [SDP_FLEXFEC] = "flexfec-03",
    };
    return c < SDP_CODECS ? names[c] : "";
}

const char *sdp_dir_name(enum sdp_dir d)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[(unsigned)d & 3];
}

const char *sdp_kind_name(enum sdp_kind k)
{
    static const char *const names[] = {"audio", "video", "application", ""};
    return names[(unsigned)k & 3];
}
