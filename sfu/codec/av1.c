/* av1.c: the AV1 aggregation header (RTP Payload Format for AV1, 4.4): |Z|Y| W |N|-|-|-|. Layers are the dependency
 * descriptor's business (dd.h). */
#include "codec/codec_row.h"

/* N: "the first packet of a coded video sequence", so a key frame. Z: the first element goes on from the packet
 * before; "if N is 1, Z must be 0". */
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
