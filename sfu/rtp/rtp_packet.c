/* rtp_packet.c: a packet taken apart, its extension elements one by one, and a header put together. */
#include "rtp/rtp_packet.h"

#include <assert.h>

static enum err rtp_parse_tail(struct rd *r, uint8_t first, struct rtp_view *v)
{
    rd_skip(r, (size_t)4 * (first & 15u)); /* CSRCs */
    v->has_ext = first >> 4 & 1;
    v->ext_profile = v->has_ext ? rd_u16(r) : 0;
    v->ext = v->has_ext ? rd_bytes(r, (size_t)rd_u16(r) * 4) : bytes_of(r->p, 0);
    if (r->bad)
        return ERR_SHORT;
    size_t left = rd_left(r);
    v->padding_len = 0;
    if (first >> 5 & 1) {
        if (left == 0)
            return ERR_SYNTAX;
        v->padding_len = r->p[left - 1];
        if (v->padding_len == 0 || v->padding_len > left)
            return ERR_SYNTAX;
    }
    v->payload = rd_bytes(r, left - v->padding_len);
    return OK;
}

enum err rtp_parse(struct bytes packet, struct rtp_view *v)
{
    struct rd r = rd_of(packet);
    struct rtp_view got;
    uint8_t first = rd_u8(&r), second = rd_u8(&r);
    got.seq = rd_u16(&r);
    got.ts = rd_u32(&r);
    got.ssrc = rd_u32(&r);
    if (r.bad)
        return ERR_SHORT;
    if (first >> 6 != 2)
        return ERR_SYNTAX;
    got.marker = second >> 7;
    got.pt = second & 127;
    enum err e = rtp_parse_tail(&r, first, &got);
    if (e == OK)
        *v = got;
    return e;
}

void rtp_ext_iter_init(struct rtp_ext_iter *it, const struct rtp_view *v)
{
    it->two_byte = (v->ext_profile & 0xfff0) == RTP_EXT_TWO_BYTE;
    it->ended = !v->has_ext || (!it->two_byte && v->ext_profile != RTP_EXT_ONE_BYTE);
    it->r = rd_of(v->ext);
}

bool rtp_ext_next(struct rtp_ext_iter *it, struct rtp_ext *e)
{
    while (!it->ended && rd_left(&it->r) > 0) {
        uint8_t head = rd_u8(&it->r);
        if (head == 0) /* padding, between elements as well as after them */
            continue;
        uint8_t id = it->two_byte ? head : head >> 4;
        size_t len = it->two_byte ? rd_u8(&it->r) : (head & 15u) + 1u;
        if (!it->two_byte && id == 15) /* RFC 8285 4.2: stop here */
            break;
        struct bytes value = rd_bytes(&it->r, len);
        if (it->r.bad)
            break;
        if (id == 0) /* a one-byte "padding" with a length: RFC 8285 4.2 says to skip it */
            continue;
        *e = (struct rtp_ext){id, value};
        return true;
    }
    it->ended = true;
    return false;
}

bool rtp_ext_find(const struct rtp_view *v, uint8_t id, struct bytes *value)
{
    struct rtp_ext_iter it;
    struct rtp_ext e;
    rtp_ext_iter_init(&it, v);
    while (rtp_ext_next(&it, &e)) {
        if (e.id != id)
            continue;
        *value = e.value;
        return true;
    }
    return false;
}

void rtp_header_write(struct wr *w, const struct rtp_header *h)
{
    assert(h->ext_block.len % 4 == 0);
    uint8_t *at = wr_take(w, RTP_HEADER_LEN);
    if (!at)
        return;
    at[0] = (uint8_t)(0x80 | h->padding << 5 | (h->ext_block.len > 0) << 4);
    at[1] = (uint8_t)(h->marker << 7 | (h->pt & 127));
    at[2] = (uint8_t)(h->seq >> 8);
    at[3] = (uint8_t)h->seq;
    for (unsigned i = 0; i < 4; i++) {
        at[4 + i] = (uint8_t)(h->ts >> (24 - 8 * i));
        at[8 + i] = (uint8_t)(h->ssrc >> (24 - 8 * i));
    }
    wr_bytes(w, h->ext_block);
}

enum err rtx_parse(const struct rtp_view *rtx, uint16_t *osn, struct bytes *payload)
{
    struct rd r = rd_of(rtx->payload);
    uint16_t seq = rd_u16(&r);
    if (r.bad)
        return ERR_SHORT;
    *osn = seq;
    *payload = rd_bytes(&r, rd_left(&r));
    return OK;
}

enum err rtx_restore(uint8_t *data, size_t *len, const struct rtp_view *v, uint8_t pt, uint32_t ssrc)
{
    uint16_t osn;
    struct bytes payload;
    enum err e = rtx_parse(v, &osn, &payload);
    if (e)
        return e;
    size_t header_len = *len - v->payload.len - v->padding_len;
    struct wr w = wr_of(data, header_len);
    wr_u8(&w, (uint8_t)(data[0] & ~0x20)); /* without padding */
    wr_u8(&w, (uint8_t)((data[1] & 0x80) | (pt & 127)));
    wr_u16(&w, osn);
    wr_u32(&w, v->ts);
    wr_u32(&w, ssrc);
    memmove(data + header_len, data + header_len + RTX_OSN_LEN, payload.len);
    *len = header_len + payload.len;
    return OK;
}
