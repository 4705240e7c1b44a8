/* paths.c: open addressing by the peer's address. */
#include "room/paths.h"

#include <stdlib.h>

struct path {
    struct addr addr;
    void *owner; /* NULL: free */
};

struct paths {
    struct path *table;
    unsigned n, cap; /* cap: a power of two, at most half full */
    uint64_t seed;
};

enum err paths_new(uint64_t seed, struct paths **paths)
{
    struct paths *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->cap = 64;
    p->seed = seed;
    p->table = calloc(p->cap, sizeof *p->table);
    if (!p->table) {
        free(p);
        return ERR_NOMEM;
    }
    *paths = p;
    return OK;
}

void paths_free(struct paths *p)
{
    if (!p)
        return;
    free(p->table);
    free(p);
}

static unsigned place_of(const struct paths *p, const struct addr *a)
{
    unsigned i = (unsigned)addr_hash(a, p->seed) & (p->cap - 1);
    while (p->table[i].owner && !addr_eq(&p->table[i].addr, a))
        i = (i + 1) & (p->cap - 1);
    return i;
}

static enum err grow(struct paths *p)
{
    struct path *old = p->table, *table = calloc((size_t)p->cap * 2, sizeof *table);
    if (!table)
        return ERR_NOMEM;
    unsigned old_cap = p->cap;
    p->table = table;
    p->cap *= 2;
    for (unsigned i = 0; i < old_cap; i++)
        if (old[i].owner)
            p->table[place_of(p, &old[i].addr)] = old[i];
    free(old);
    return OK;
}

enum err paths_put(struct paths *p, const struct addr *a, void *owner)
{
    if (2 * (p->n + 1) > p->cap) {
        enum err e = grow(p);
        if (e)
            return e;
    }
    struct path *at = &p->table[place_of(p, a)];
    if (!at->owner)
        p->n++;
    *at = (struct path){*a, owner};
    return OK;
}

void *paths_find(const struct paths *p, const struct addr *a)
{
    return p->table[place_of(p, a)].owner;
}

void paths_remove(struct paths *p, const struct addr *a, const void *owner)
{
    unsigned i = place_of(p, a);
    if (!p->table[i].owner || p->table[i].owner != owner)
        return;
    p->table[i].owner = NULL;
    p->n--;
    for (unsigned k = (i + 1) & (p->cap - 1); p->table[k].owner; k = (k + 1) & (p->cap - 1)) {
        struct path moved = p->table[k]; /* whoever was pushed past the freed place moves up */
        p->table[k].owner = NULL;
        p->table[place_of(p, &moved.addr)] = moved;
    }
}
