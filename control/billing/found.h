/* found.h: the deposits that were found in a range of blocks, and the addresses that they are looked for at. Each owns
 * its memory; what is found is bounded: what doesn't fit is refused. Pure. */
#pragma once
#include "billing/eth_rpc.h"
#include "wallet/ethaddr.h"

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

/* The addresses that deposits are looked for at. */
struct addrset {
    struct ethaddr *all;
    size_t n;
    unsigned cap;
};

void addrset_init(struct addrset *set);
void addrset_reset(struct addrset *set); /* frees it; it is as after addrset_init() */
void addrset_clear(struct addrset *set);
MUST_CHECK enum err addrset_add(struct addrset *set, const struct ethaddr *a); /* ERR_NOMEM */
void addrset_sort(struct addrset *set);                                        /* after adding, before looking */
bool addrset_has(const struct addrset *set, const struct ethaddr *a);
