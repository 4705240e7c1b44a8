/* pkt.c: a worker's packet buffers, which any thread may give back. */
#include "net/pkt.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define SLAB_PACKETS 256

struct slab {
    struct slab *next;
    struct pkt packets[SLAB_PACKETS];
};

/* `free` belongs to the pool's worker. Every returned packet goes to `returned`, a stack that other workers push to and
 * the owner takes whole, so there is no ABA. */
struct pkt_pool {
    struct pkt *free;
    _Atomic(struct pkt *) returned;
    atomic_uint n_in_use;
    struct slab *slabs;
    unsigned n_packets, max_packets;
    uint64_t n_empty;
};

enum err pkt_pool_new(unsigned max_packets, struct pkt_pool **pool)
{
    struct pkt_pool *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->max_packets = (max_packets + SLAB_PACKETS - 1) / SLAB_PACKETS * SLAB_PACKETS;
    *pool = p;
    return OK;
}

void pkt_pool_free(struct pkt_pool *pool)
{
    if (!pool)
        return;
    assert(atomic_load(&pool->n_in_use) == 0);
    while (pool->slabs) {
        struct slab *s = pool->slabs;
        pool->slabs = s->next;
        free(s);
    }
    free(pool);
}

unsigned pkt_pool_in_use(struct pkt_pool *pool)
{
    return atomic_load_explicit(&pool->n_in_use, memory_order_relaxed);
}

uint64_t pkt_pool_n_empty(const struct pkt_pool *pool)
{
    return pool->n_empty;
}

static bool pool_grow(struct pkt_pool *pool)
{
    if (pool->n_packets + SLAB_PACKETS > pool->max_packets)
        return false;
    struct slab *s = malloc(sizeof *s);
    if (!s)
        return false;
    s->next = pool->slabs;
    pool->slabs = s;
    pool->n_packets += SLAB_PACKETS;
    for (unsigned i = 0; i < SLAB_PACKETS; i++) {
        s->packets[i].pool = pool;
        s->packets[i].next = pool->free;
        pool->free = &s->packets[i];
    }
    return true;
}

struct pkt *pkt_new(struct pkt_pool *pool)
{
    if (!pool->free)
        pool->free = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    if (!pool->free && !pool_grow(pool)) {
        pool->n_empty++;
        return NULL;
    }
    struct pkt *p = pool->free;
    pool->free = p->next;
    p->next = NULL;
    p->len = 0;
    p->arrived = 0;
    atomic_init(&p->n_refs, 1);
    atomic_fetch_add_explicit(&pool->n_in_use, 1, memory_order_relaxed);
    return p;
}

struct pkt *pkt_ref(struct pkt *p)
{
    atomic_fetch_add_explicit(&p->n_refs, 1, memory_order_relaxed);
    return p;
}

void pkt_unref(struct pkt *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->n_refs, 1, memory_order_acq_rel) != 1)
        return;
    struct pkt_pool *pool = p->pool;
    atomic_fetch_sub_explicit(&pool->n_in_use, 1, memory_order_relaxed);
    struct pkt *top = atomic_load_explicit(&pool->returned, memory_order_relaxed);
    do {
        p->next = top;
    } while (
        !atomic_compare_exchange_weak_explicit(&pool->returned, &top, p, memory_order_release, memory_order_relaxed));
}
