/* backoff.h: how long to wait before the next try: doubling from `first` to `most`, each shortened by up to a quarter
 * at random so that many clients of one server don't come back in step. A plain value; owns nothing. */
#pragma once
#include "usec.h"

struct backoff {
    usec_t first, most;
    unsigned tries; /* since the last success */
};

static inline void backoff_reset(struct backoff *b)
{
    b->tries = 0;
}

/* The wait before the next try; `random` is any 32 random bits. */
static inline usec_t backoff_next(struct backoff *b, uint32_t random)
{
    usec_t wait = b->first;
    for (unsigned i = 0; i < b->tries && wait < b->most; i++)
        wait *= 2;
    if (wait > b->most)
        wait = b->most;
    b->tries++;
    return wait - (usec_t)((uint64_t)(wait / 4) * random >> 32);
}
