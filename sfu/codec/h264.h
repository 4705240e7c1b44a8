/* h264.h: what an H.264 payload holds (RFC 6184 5: single NAL unit, STAP-A, FU-A). Pure. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

struct h264_info {
    bool idr, sps, pps; /* seen in this packet; a FU-A counts where it starts */
    bool key;           /* idr or sps: a decoder can start here */
    bool starts_nal;    /* not the middle of a fragmented unit */
    bool discardable;   /* NRI 0: nothing refers to it */
    uint8_t nal_type;   /* of the first unit, or of the fragmented one */
};

MUST_CHECK enum err h264_parse(struct bytes payload, struct h264_info *out);
