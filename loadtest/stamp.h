/* stamp.h: what a synthetic packet says of itself, in the last bytes of its payload, where no server on the way writes:
 * who sent it, which one it is, and when. The receiver on the same machine reads the same clock. */
#pragma once
#include "common/bytes.h"
#include "common/usec.h"

#define STAMP_LEN   24
#define STAMP_MAGIC 0x6f70697a7a614c54u /* "opizzaLT" */

struct stamp {
    uint32_t stream; /* 2 × the sender's number, and 1 for video */
    uint32_t seq;    /* from 0, without gaps */
    usec_t sent;     /* monotonic */
};

static inline void stamp_write(uint8_t *payload_end, const struct stamp *s)
{
    struct wr w = wr_of(payload_end - STAMP_LEN, STAMP_LEN);
    wr_u64(&w, STAMP_MAGIC);
    wr_u32(&w, s->stream);
    wr_u32(&w, s->seq);
    wr_u64(&w, (uint64_t)s->sent);
}

/* False: there is none. */
static inline bool stamp_read(struct bytes payload, struct stamp *out)
{
    if (payload.len < STAMP_LEN)
        return false;
    struct rd r = rd_of(bytes_of(payload.p + payload.len - STAMP_LEN, STAMP_LEN));
    if (rd_u64(&r) != STAMP_MAGIC)
        return false;
    out->stream = rd_u32(&r);
    out->seq = rd_u32(&r);
    out->sent = (usec_t)rd_u64(&r);
    return true;
}
