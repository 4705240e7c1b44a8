/* h264.c: what an H.264 payload holds (RFC 6184 5: single NAL unit, STAP-A, FU-A). */
#include "codec/codec_row.h"
#include "common/text.h"

#include <inttypes.h>

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_SINGLE_MAX = 23, NAL_STAP_A = 24, NAL_FU_A = 28 };

/* RFC 6184 8.1: profile-level-id is three bytes in hex; baseline, level 1, if not said. Of the packetization modes only
 * 1 (non-interleaved) is carried. */
bool h264_read_fmtp(struct bytes fmtp, struct codec_params *out)
{
    struct bytes hex = codec_fmtp_find(fmtp, "profile-level-id");
    bool mode_1 = codec_fmtp_number(fmtp, "packetization-mode", 0) == 1;
    if (hex.len == 0) {
        out->profile = 0x42000a;
        return mode_1;
    }
    for (size_t i = 0; i < hex.len; i++) {
        int digit = text_hex_digit(hex.p[i]);
        if (digit < 0)
            return false;
        out->profile = out->profile << 4 | (uint32_t)digit;
    }
    return hex.len == 6 && mode_1;
}

void h264_write_fmtp(struct wr *w, const struct codec_params *p)
{
    wr_text(w, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%06" PRIx32, p->profile);
}

/* A decoder can start at a picture that refers to nothing, or at the parameters that come just before it. */
static bool is_key(uint8_t type)
{
    return type == NAL_IDR || type == NAL_SPS;
}

/* RFC 6184 5.7.1: units, each after a 16-bit size. */
static enum err inspect_stap(struct rd *r, struct frame_info *f)
{
    if (rd_left(r) == 0)
        return ERR_SHORT;
    while (rd_left(r) > 0) {
        struct rd unit = rd_sub(r, rd_u16(r));
        uint8_t type = rd_u8(&unit) & 31;
        if (r->bad || unit.bad)
            return ERR_SHORT;
        f->key = f->key || is_key(type);
    }
    return OK;
}

/* Which unit is a frame's first, only the timestamp tells: any packet but the middle of a fragmented unit counts. */
enum err h264_inspect(struct bytes payload, struct frame_info *f)
{
    struct rd r = rd_of(payload);
    uint8_t head = rd_u8(&r), type = head & 31;
    if (r.bad)
        return ERR_SHORT;
    if (head >> 7)
        return ERR_SYNTAX;                        /* forbidden_zero_bit */
    f->layers.discardable = (head >> 5 & 3) == 0; /* NRI 0: nothing refers to it */
    if (type == NAL_STAP_A)
        return inspect_stap(&r, f);
    if (type == NAL_FU_A) { /* RFC 6184 5.8: |S|E|R|type|, and only the first fragment (S) starts the unit */
        uint8_t fu = rd_u8(&r);
        f->start = fu >> 7;
        f->key = f->start && is_key(fu & 31);
        return r.bad ? ERR_SHORT : OK;
    }
    f->key = is_key(type);
    return type >= 1 && type <= NAL_SINGLE_MAX ? OK : ERR_UNSUPPORTED;
}
