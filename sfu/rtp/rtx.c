/* rtx.c: RFC 4588 4: the original's number is the first two bytes of the payload. */
#include "rtp/rtx.h"

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
