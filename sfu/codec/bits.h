/* bits.h: a cursor over bits, most significant first, as the AV1 specifications write them. Out of bits: `bad`, and
 * zeros. */
#pragma once
#include "common/bytes.h"

struct bits {
    const uint8_t *p;
    size_t at, end; /* in bits */
    bool bad;
};

static inline struct bits bits_of(struct bytes b)
{
    return (struct bits){b.p, 0, b.len * 8, false};
}

/* n ≤ 32. f(n) of the specification. */
static inline uint32_t bits_read(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    if (b->bad || b->end - b->at < n) {
        b->bad = true;
        return 0;
    }
    for (; n > 0; n--, b->at++)
        v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
    return v;
}

/* ns(n), AV1 4.10.7: a number below n, 1 ≤ n ≤ 256, in as few bits as that allows. */
static inline uint32_t bits_read_ns(struct bits *b, unsigned n)
{
    unsigned w = 0;
    for (unsigned x = n; x != 0; x >>= 1)
        w++;
    unsigned m = (1u << w) - n;
    uint32_t v = bits_read(b, w - 1);
    if (v < m)
        return v;
    return (v << 1) - m + bits_read(b, 1);
}
