#include "codec/vp9.h"

/* The scalability structure: |N_S|Y|G|-|-|-|, then sizes if Y, then N_G pictures if G: |TID|U|R|-|-| and R reference
 * distances. */
static void vp9_parse_ss(struct rd *r, struct vp9_desc *d)
{
    uint8_t head = rd_u8(r);
    d->has_ss = true;
    d->n_sids = (uint8_t)((head >> 5) + 1);
    for (unsigned i = 0; (head >> 4 & 1) && i < d->n_sids; i++) {
        d->width[i] = rd_u16(r);
        d->height[i] = rd_u16(r);
    }
    uint8_t n_pictures = head >> 3 & 1 ? rd_u8(r) : 0;
    for (unsigned i = 0; i < n_pictures && !r->bad; i++)
        rd_skip(r, rd_u8(r) >> 2 & 3);
}

static void vp9_parse_pic(struct rd *r, const uint8_t *start, struct vp9_desc *d)
{
    d->pic_at = (uint8_t)(r->p - start);
    d->pic = rd_u8(r);
    d->pic_15 = d->pic >> 7;
    d->pic &= 0x7f;
    if (d->pic_15)
        d->pic = (uint16_t)(d->pic << 8 | rd_u8(r));
}

static void vp9_parse_layers(struct rd *r, const uint8_t *start, struct vp9_desc *d)
{
    uint8_t b = rd_u8(r);
    d->tid = b >> 5;
    d->switch_up = b >> 4 & 1;
    d->sid = b >> 1 & 7;
    d->inter_layer = b & 1;
    d->has_tl0 = !d->flexible;
    if (!d->has_tl0)
        return;
    d->tl0_at = (uint8_t)(r->p - start);
    d->tl0 = rd_u8(r);
}

enum err vp9_parse(struct bytes payload, struct vp9_desc *out)
{
    struct rd r = rd_of(payload);
    struct vp9_desc d = {.len = 0};
    uint8_t first = rd_u8(&r);
    d.has_pic = first >> 7;
    d.inter_predicted = first >> 6 & 1;
    d.has_layers = first >> 5 & 1;
    d.flexible = first >> 4 & 1;
    d.start = first >> 3 & 1;
    d.end = first >> 2 & 1;
    d.not_for_upper = first & 1;
    if (d.has_pic)
        vp9_parse_pic(&r, payload.p, &d);
    if (d.has_layers)
        vp9_parse_layers(&r, payload.p, &d);
    for (bool more = d.flexible && d.inter_predicted; more;) {
        uint8_t b = rd_u8(&r);
        if (d.n_pdiffs == VP9_MAX_PDIFFS)
            return ERR_SYNTAX;
        d.pdiffs[d.n_pdiffs++] = b >> 1;
        more = b & 1;
    }
    if (first >> 1 & 1)
        vp9_parse_ss(&r, &d);
    if (r.bad || rd_left(&r) == 0 || r.p - payload.p > UINT8_MAX)
        return ERR_SHORT;
    d.len = (uint8_t)(r.p - payload.p);
    d.key = !d.inter_predicted && (d.sid == 0 || d.inter_layer);
    *out = d;
    return OK;
}

void vp9_patch(uint8_t *payload, const struct vp9_desc *d, uint16_t pic, uint8_t tl0)
{
    if (d->has_pic && d->pic_15) {
        payload[d->pic_at] = (uint8_t)(0x80 | (pic >> 8 & 0x7f));
        payload[d->pic_at + 1] = (uint8_t)pic;
    } else if (d->has_pic) {
        payload[d->pic_at] = (uint8_t)(pic & 0x7f);
    }
    if (d->has_tl0)
        payload[d->tl0_at] = tl0;
}
