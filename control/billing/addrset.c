#include "billing/addrset.h"
#include "common/vec.h"
#include <stdlib.h>
#include <string.h>

void addrset_init(struct addrset *set)
{
    *set = (struct addrset){0};
}

void addrset_reset(struct addrset *set)
{
    free(set->all);
    addrset_init(set);
}

void addrset_clear(struct addrset *set)
{
    set->n = 0;
}

enum err addrset_add(struct addrset *set, const struct ethaddr *a)
{
    enum err e = vec_reserve(set->all, set->cap, set->n + 1, VEC_MOST);
    if (!e)
        set->all[set->n++] = *a;
    return e;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ethaddr));
}

void addrset_sort(struct addrset *set)
{
    if (set->n)
        qsort(set->all, set->n, sizeof *set->all, by_bytes);
}

bool addrset_has(const struct addrset *set, const struct ethaddr *a)
{
    return set->n && bsearch(a, set->all, set->n, sizeof *a, by_bytes);
}
