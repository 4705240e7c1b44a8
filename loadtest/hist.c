/* hist.c: counting in a histogram, and its percentiles. */
#include "loadtest/hist.h"

#include <math.h>

#define STEP_BITS 5

/* Below 32 each value has a bucket; above, the five bits after the leading one choose it. */
static unsigned bucket_of(uint32_t v)
{
    if (v < HIST_STEPS)
        return v;
    unsigned power = 31u - (unsigned)__builtin_clz(v);
    return (power - STEP_BITS + 1) * HIST_STEPS + (v >> (power - STEP_BITS) & (HIST_STEPS - 1));
}

/* The largest value of a bucket. */
static uint64_t bucket_top(unsigned bucket)
{
    unsigned row = bucket / HIST_STEPS, step = bucket % HIST_STEPS;
    if (row == 0)
        return step;
    return ((uint64_t)(HIST_STEPS + step + 1) << (row - 1)) - 1;
}

void hist_add(struct hist *h, usec_t us)
{
    uint32_t v = us < 0 ? 0 : us > (usec_t)UINT32_MAX ? UINT32_MAX : (uint32_t)us;
    h->n++;
    h->max = v > h->max ? v : h->max;
    h->count[bucket_of(v)]++;
}

uint64_t hist_at(const struct hist *h, double q)
{
    uint64_t rank = (uint64_t)ceil(q * (double)h->n), seen = 0;
    if (h->n == 0)
        return 0;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->count[i];
        if (seen < rank || seen == 0)
            continue;
        uint64_t top = bucket_top(i);
        return top < h->max ? top : h->max;
    }
    return h->max;
}
