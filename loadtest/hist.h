/* hist.h: how long things took: a histogram of microseconds with 32 steps for each power of two, so that a percentile
 * is at most 3 % off, from 0 to 2^32 - 1 µs (longer counts as that). Plain value of fixed size; any number of samples.
 */
#pragma once
#include "common/usec.h"

#define HIST_STEPS   32
#define HIST_BUCKETS (28 * HIST_STEPS)

struct hist {
    uint64_t n;
    uint64_t max;
    uint64_t count[HIST_BUCKETS];
};

void hist_add(struct hist *h, usec_t us); /* negative counts as 0 */
/* The value that the share q (0…1) of all samples doesn't exceed; 0 of none. Never above the maximum seen. */
uint64_t hist_at(const struct hist *h, double q);
