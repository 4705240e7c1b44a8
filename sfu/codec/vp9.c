/* vp9.c: the VP9 payload descriptor (RFC 9628 4.2), flexible and non-flexible mode.
 *
 *   |I|P|L|F|B|E|V|Z|
 *   |M| PICTURE ID  |  if I; a second byte if M
 *   | TID |U| SID |D|  if L
 *   |   TL0PICIDX   |  if L and not F
 *   | P_DIFF      |N|  if F and P, up to 3
 *   |     SS …      |  if V
 */
#include "codec/codec_row.h"
#include "common/text.h"

#include <inttypes.h>

#define VP9_MAX_PDIFFS 3

enum { VP9_I = 0x80, VP9_P = 0x40, VP9_L = 0x20, VP9_F = 0x10, VP9_B = 8, VP9_E = 4, VP9_V = 2 };

/* RFC 9628 6: profile 0 if not said. Of the others browsers have 2 (10 bits of colour). */
bool vp9_read_fmtp(struct bytes fmtp, struct codec_params *out)
{
    out->profile = codec_fmtp_number(fmtp, "profile-id", 0);
    return out->profile == 0 || out->profile == 2;
}

void vp9_write_fmtp(struct wr *w, const struct codec_params *p)
{
    wr_text(w, "profile-id=%" PRIu32, p->profile);
}

/* The scalability structure: |N_S|Y|G|-|-|-|, then N_S + 1 sizes of 2 x 16 bits if Y, then N_G pictures if G:
 * |TID|U|R|-|-| and R reference distances. */
static void skip_structure(struct rd *r)
{
    uint8_t head = rd_u8(r);
    if (head >> 4 & 1)
        rd_skip(r, (size_t)4 * ((head >> 5) + 1u));
    uint8_t n_pictures = head >> 3 & 1 ? rd_u8(r) : 0;
    for (unsigned i = 0; i < n_pictures && !r->bad; i++)
        rd_skip(r, rd_u8(r) >> 2 & 3);
}

/* What the layers' byte says, and whether the frame is predicted from the one below it in the same picture (D). */
static bool read_layers(struct rd *r, struct frame_info *f)
{
    uint8_t b = rd_u8(r);
    f->layers.said = true;
    f->layers.tid = b >> 5;
    f->layers.sid = b >> 1 & 7;
    f->layers.switch_up = f->layers.tid == 0 || (b >> 4 & 1);
    return b & 1;
}

/* RFC 9628 4.2.1: one to three distances back to the pictures that this one refers to; N: another follows. */
static enum err skip_references(struct rd *r)
{
    for (unsigned i = 0; i < VP9_MAX_PDIFFS; i++)
        if (!(rd_u8(r) & 1))
            return OK;
    return ERR_SYNTAX;
}

enum err vp9_inspect(struct bytes payload, struct frame_info *f)
{
    struct rd r = rd_of(payload);
    uint8_t first = rd_u8(&r);
    if (first & VP9_I)
        codec_read_pic(&r, f);
    bool inter_layer = first & VP9_L ? read_layers(&r, f) : false;
    if ((first & VP9_L) && !(first & VP9_F))
        f->pic.tl0 = rd_u8(&r);
    if ((first & VP9_F) && (first & VP9_P) && skip_references(&r))
        return ERR_SYNTAX;
    if (first & VP9_V)
        skip_structure(&r);
    if (r.bad || rd_left(&r) == 0 || r.p - payload.p > UINT8_MAX)
        return ERR_SHORT;
    f->head_len = (uint8_t)(r.p - payload.p);
    f->start = first & VP9_B;
    f->layers.end = first & VP9_E;
    f->key = !(first & VP9_P) && (f->layers.sid == 0 || inter_layer);
    return OK;
}

/* The forms stay: an id of 7 bits keeps them. */
void vp9_write_head(struct wr *w, struct bytes head, struct pic_ids ids)
{
    uint8_t *at = wr_take(w, head.len);
    if (!at)
        return;
    memcpy(at, head.p, head.len);
    uint8_t first = *at++;
    if (*at >> 7)
        *at++ = (uint8_t)(0x80 | (ids.pic >> 8 & 0x7f));
    else
        ids.pic &= 0x7f;
    *at++ = (uint8_t)ids.pic;
    if ((first & VP9_L) && !(first & VP9_F))
        at[1] = ids.tl0;
}
