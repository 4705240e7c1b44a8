/* ice_peek.c: a STUN message's shape (RFC 8489 5), read before libnice gets it. */
#include "ice/ice_lite.h"

#include "ice/ice_priv.h"

enum {
    ATTR_USERNAME = 0x0006,
    ATTR_INTEGRITY = 0x0008,
    ATTR_FINGERPRINT = 0x8028,
    STUN_COOKIE = 0x2112A442,
    INTEGRITY_LEN = 20,
    USERNAME_MAX = 513, /* RFC 8489 14.3 */
};

/* RFC 8489 5, the header that all STUN messages begin with:
 *   0                   1                   2                   3
 *   |0 0|  message type (14)      |        message length         |
 *   |                   magic cookie 0x2112A442                   |
 *   |                   transaction id (96 bits)                  | */
static uint16_t header_read(struct rd *r)
{
    size_t total = rd_left(r);
    uint16_t type = rd_u16(r);
    uint16_t len = rd_u16(r);
    uint32_t cookie = rd_u32(r);
    rd_skip(r, 12);
    if (type >> 14 || cookie != STUN_COOKIE || len % 4 || (size_t)len + ICE_STUN_HEADER != total)
        r->bad = true;
    return type;
}

/* One attribute into the shape; what comes after MESSAGE-INTEGRITY is not authenticated and doesn't count. */
static enum err shape_add(struct ice_shape *s, uint16_t type, struct bytes value)
{
    if (s->has_fingerprint) /* it must be the last one: RFC 8489 14.7 */
        return ERR_SYNTAX;
    switch (type) {
    case ATTR_FINGERPRINT:
        s->has_fingerprint = true;
        return value.len == 4 ? OK : ERR_SYNTAX;
    case ATTR_INTEGRITY:
        if (s->has_integrity || value.len != INTEGRITY_LEN)
            return ERR_SYNTAX;
        s->has_integrity = true;
        return OK;
    case ATTR_USERNAME:
        if (s->has_integrity)
            return OK;
        if (s->username.p || value.len > USERNAME_MAX)
            return ERR_SYNTAX;
        s->username = value;
        return OK;
    default:
        return OK;
    }
}

enum err ice_shape_read(struct bytes in, struct ice_shape *out)
{
    struct ice_shape s = {0};
    struct rd r = rd_of(in);
    s.type = header_read(&r);
    if (r.bad)
        return in.len < ICE_STUN_HEADER ? ERR_SHORT : ERR_SYNTAX;
    while (rd_left(&r)) {
        uint16_t type = rd_u16(&r), len = rd_u16(&r);
        struct bytes value = rd_bytes(&r, len);
        rd_skip(&r, (4U - len % 4U) % 4U);
        if (r.bad)
            return ERR_SHORT;
        enum err e = shape_add(&s, type, value);
        if (e)
            return e;
    }
    *out = s;
    return OK;
}

enum err ice_peek_answer(struct bytes in, struct bytes *ufrag_head)
{
    enum { TXID_AT = ICE_STUN_HEADER - ICE_TXID_LEN };
    struct ice_shape shape;
    enum err e = ice_shape_read(in, &shape);
    if (e)
        return e;
    if (shape.type != ICE_BINDING_SUCCESS && shape.type != ICE_BINDING_ERROR)
        return ERR_NOT_FOUND;
    *ufrag_head = bytes_of(in.p + TXID_AT, ICE_UFRAG_MIN);
    return OK;
}

enum err ice_peek_username(struct bytes in, struct bytes *local_ufrag)
{
    struct ice_shape shape;
    enum err e = ice_shape_read(in, &shape);
    if (e)
        return e;
    if (shape.type != ICE_BINDING_REQUEST || !shape.username.p)
        return ERR_NOT_FOUND;
    const uint8_t *colon = memchr(shape.username.p, ':', shape.username.len);
    if (!colon)
        return ERR_SYNTAX;
    *local_ufrag = bytes_of(shape.username.p, (size_t)(colon - shape.username.p));
    return OK;
}
