/* addrset.h: the addresses that deposits are looked for at. Owns its memory. Pure. */
#pragma once
#include "common/err.h"
#include "wallet/ethaddr.h"
#include <stdbool.h>
#include <stddef.h>

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
