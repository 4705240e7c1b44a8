/* av1.c: the AV1 aggregation header (RTP Payload Format for AV1, 4.4): |Z|Y| W |N|-|-|-|. Layers are the dependency
 * descriptor's business (dd.h). */
#include "codec/codec_row.h"
#include "common/text.h"

#include <inttypes.h>

/* The same, 7.2: without level-idx it is 5, without profile and tier they are 0. */
bool av1_read_fmtp(struct bytes fmtp, struct codec_params *out)
{
    out->profile = codec_fmtp_number(fmtp, "profile", 0);
    out->level = (uint8_t)(codec_fmtp_number(fmtp, "level-idx", 5) & 31);
    out->tier = (uint8_t)(codec_fmtp_number(fmtp, "tier", 0) & 1);
    return out->profile <= 2;
}

void av1_write_fmtp(struct wr *w, const struct codec_params *p)
{
    wr_text(w, "level-idx=%u;profile=%" PRIu32 ";tier=%u", p->level, p->profile, p->tier);
}

/* N: a coded video sequence begins here, with a key frame. Z: the first element goes on from the packet before; N and Z
 * exclude each other. */
enum err av1_inspect(struct bytes payload, struct frame_info *f)
{
    struct rd r = rd_of(payload);
    uint8_t head = rd_u8(&r);
    if (r.bad || rd_left(&r) == 0)
        return ERR_SHORT;
    bool continues = head >> 7;
    f->key = head >> 3 & 1;
    f->start = !continues;
    return f->key && continues ? ERR_SYNTAX : OK;
}
