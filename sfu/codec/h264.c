#include "codec/h264.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8, NAL_SINGLE_MAX = 23, NAL_STAP_A = 24, NAL_FU_A = 28 };

static void h264_note(struct h264_info *h, uint8_t type)
{
    h->idr = h->idr || type == NAL_IDR;
    h->sps = h->sps || type == NAL_SPS;
    h->pps = h->pps || type == NAL_PPS;
    h->key = h->idr || h->sps;
}

/* RFC 6184 5.7.1: units, each after a 16-bit size. */
static enum err h264_parse_stap(struct rd *r, struct h264_info *h)
{
    bool first = true;
    while (rd_left(r) > 0) {
        struct rd unit = rd_sub(r, rd_u16(r));
        uint8_t type = rd_u8(&unit) & 31;
        if (r->bad || unit.bad)
            return ERR_SHORT;
        if (first)
            h->nal_type = type;
        first = false;
        h264_note(h, type);
    }
    return first ? ERR_SHORT : OK;
}

enum err h264_parse(struct bytes payload, struct h264_info *out)
{
    struct rd r = rd_of(payload);
    uint8_t head = rd_u8(&r), type = head & 31;
    struct h264_info h = {.nal_type = type, .starts_nal = true, .discardable = (head >> 5 & 3) == 0};
    if (r.bad)
        return ERR_SHORT;
    if (head >> 7)
        return ERR_SYNTAX; /* forbidden_zero_bit */
    enum err e = OK;
    if (type == NAL_STAP_A) {
        e = h264_parse_stap(&r, &h);
    } else if (type == NAL_FU_A) { /* RFC 6184 5.8: |S|E|R|type| */
        uint8_t fu = rd_u8(&r);
        h.starts_nal = fu >> 7;
        h.nal_type = fu & 31;
        e = r.bad ? ERR_SHORT : OK;
        if (h.starts_nal)
            h264_note(&h, h.nal_type);
    } else if (type >= 1 && type <= NAL_SINGLE_MAX) {
        h264_note(&h, type);
    } else {
        e = ERR_UNSUPPORTED;
    }
    if (e == OK)
        *out = h;
    return e;
}
