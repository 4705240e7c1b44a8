/* found.h: the deposits that were found in a range of blocks. Owns its memory; bounded: what doesn't fit is refused.
 * Pure. */
#pragma once
#include "billing/eth_rpc.h"

#define FOUND_MAX 4096

struct found_one {
    struct eth_transfer transfer;
    unsigned nth; /* among the transfers to that address in its transaction: after found_sort() */
};

struct found {
    struct found_one *all;
    size_t n;
    unsigned cap;
};

void found_init(struct found *f);
void found_reset(struct found *f); /* frees it; it is as after found_init() */
void found_clear(struct found *f);
MUST_CHECK enum err found_add(struct found *f, const struct eth_transfer *t); /* ERR_FULL, ERR_NOMEM */
void found_sort(struct found *f); /* by block and log, each once; counts nth */

/* The JSON that deposits_record takes; the caller frees it. NULL: no memory. */
char *found_json(const struct found *f);
