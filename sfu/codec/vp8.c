#include "codec/vp8.h"

#define VP8_FRAME_HEADER_LEN 10 /* of a key frame: tag, start code, two dimensions */

/* RFC 6386 9.1: |size0|H|VER|P| …, then for a key frame 9d 01 2a and two 14-bit dimensions, little-endian. */
static void vp8_parse_frame_head(struct rd *r, struct vp8_desc *d)
{
    struct bytes head = rd_bytes(r, rd_left(r) < VP8_FRAME_HEADER_LEN ? rd_left(r) : VP8_FRAME_HEADER_LEN);
    d->key = head.len > 0 && (head.p[0] & 1) == 0;
    if (!d->key || head.len < VP8_FRAME_HEADER_LEN)
        return;
    if (head.p[3] != 0x9d || head.p[4] != 0x01 || head.p[5] != 0x2a) {
        d->key = false; /* no decoder would start here */
        return;
    }
    d->width = (uint16_t)((head.p[6] | head.p[7] << 8) & 0x3fff);
    d->height = (uint16_t)((head.p[8] | head.p[9] << 8) & 0x3fff);
}

static void vp8_parse_pic(struct rd *r, const uint8_t *start, struct vp8_desc *d)
{
    d->pic_at = (uint8_t)(r->p - start);
    d->pic = rd_u8(r);
    d->pic_15 = d->pic >> 7;
    d->pic &= 0x7f;
    if (d->pic_15)
        d->pic = (uint16_t)(d->pic << 8 | rd_u8(r));
}

enum err vp8_parse(struct bytes payload, struct vp8_desc *out)
{
    struct rd r = rd_of(payload);
    struct vp8_desc d = {.len = 0};
    uint8_t first = rd_u8(&r), x = first >> 7 ? rd_u8(&r) : 0;
    d.start = (first >> 4 & 1) && (first & 7) == 0;
    d.non_reference = first >> 5 & 1;
    d.has_pic = x >> 7;
    d.has_tl0 = x >> 6 & 1;
    d.has_tid = x >> 5 & 1;
    d.has_keyidx = x >> 4 & 1;
    if (d.has_pic)
        vp8_parse_pic(&r, payload.p, &d);
    if (d.has_tl0) {
        d.tl0_at = (uint8_t)(r.p - payload.p);
        d.tl0 = rd_u8(&r);
    }
    if (d.has_tid || d.has_keyidx) {
        d.keyidx_at = (uint8_t)(r.p - payload.p);
        uint8_t b = rd_u8(&r);
        d.tid = d.has_tid ? b >> 6 : 0;
        d.layer_sync = d.has_tid && (b >> 5 & 1);
        d.keyidx = d.has_keyidx ? b & 31 : 0;
    }
    if (r.bad || rd_left(&r) == 0) /* RFC 7741 4.2: there is always some VP8 after it */
        return ERR_SHORT;
    d.len = (uint8_t)(r.p - payload.p);
    if (d.start)
        vp8_parse_frame_head(&r, &d);
    *out = d;
    return OK;
}

void vp8_patch(uint8_t *payload, const struct vp8_desc *d, uint16_t pic, uint8_t tl0, uint8_t keyidx)
{
    if (d->has_pic && d->pic_15) {
        payload[d->pic_at] = (uint8_t)(0x80 | (pic >> 8 & 0x7f));
        payload[d->pic_at + 1] = (uint8_t)pic;
    } else if (d->has_pic) {
        payload[d->pic_at] = (uint8_t)(pic & 0x7f);
    }
    if (d->has_tl0)
        payload[d->tl0_at] = tl0;
    if (d->has_keyidx)
        payload[d->keyidx_at] = (uint8_t)((payload[d->keyidx_at] & 0xe0) | (keyidx & 31));
}

void vp8_desc_write(struct wr *w, const struct vp8_desc *d, struct bytes payload, uint16_t pic, uint8_t tl0,
                    uint8_t keyidx)
{
    struct rd r = rd_of(payload);
    uint8_t first = rd_u8(&r);
    wr_u8(w, first);
    if (!(first >> 7))
        return;
    wr_u8(w, rd_u8(&r));
    if (d->has_pic)
        wr_u16(w, (uint16_t)(0x8000 | (pic & 0x7fff)));
    if (d->has_tl0)
        wr_u8(w, tl0);
    if (d->has_tid || d->has_keyidx)
        wr_u8(w, (uint8_t)(d->tid << 6 | d->layer_sync << 5 | (d->has_keyidx ? keyidx & 31 : 0)));
}
