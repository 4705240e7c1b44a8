/* sdp_types.h: the words that an SDP is made of (RFC 8866, RFC 8829 "JSEP"), as enums and plain values. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define SDP_TEXT_MAX  ((size_t)256 * 1024) /* a longer SDP is refused; Chromium takes 5 KiB for each video slot */
#define SDP_MEDIA_MAX 128                  /* m-lines in one SDP */
#define SDP_MID_MAX   16                   /* RFC 8285: a one-byte header extension carries at most 16 bytes */
#define SDP_RID_MAX   16
#define SDP_NAME_MAX  64 /* cname, stream and track ids that we write */

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_DATA, SDP_OTHER };

/* A set of ways, as seen by whoever holds the value. */
enum sdp_dir { SDP_INACTIVE = 0, SDP_SEND = 1, SDP_RECV = 2, SDP_SENDRECV = 3 };

enum sdp_setup { SDP_SETUP_NONE, SDP_ACTPASS, SDP_ACTIVE, SDP_PASSIVE };

/* a=rtcp-fb: a set. */
enum sdp_fb {
    SDP_FB_NACK = 1,
    SDP_FB_PLI = 2,
    SDP_FB_FIR = 4,
    SDP_FB_REMB = 8,
    SDP_FB_TWCC = 16,
};

/* Why an SDP was refused, in words for the one who sent it. */
struct sdp_error {
    char text[128];
};

static inline const char *sdp_dir_name(enum sdp_dir d)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[(unsigned)d & 3];
}

static inline const char *sdp_kind_name(enum sdp_kind k)
{
    static const char *const names[] = {"audio", "video", "application", ""};
    return names[(unsigned)k & 3];
}

static inline enum sdp_dir sdp_dir_reverse(enum sdp_dir d)
{
    return (enum sdp_dir)(((unsigned)d & 1) << 1 | (unsigned)d >> 1);
}
