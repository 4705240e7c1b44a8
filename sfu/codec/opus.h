/* opus.h: what an SFU wants from an Opus packet: how long it is and whether it is silence (RFC 6716 3.1, RFC 7587).
 * Pure. */
#pragma once
#include "common/bytes.h"
#include "common/usec.h"

#define OPUS_MAX_SILENT_LEN 2 /* RFC 6716 2.1.9: a DTX frame is at most this long, TOC included */

struct opus_info {
    usec_t duration; /* 2.5…120 ms; 0 if unreadable */
    bool stereo;
    bool silent; /* DTX, or empty */
};

void opus_parse(struct bytes payload, struct opus_info *out);
