/* ring.c: one writer's values to one reader. */
#include "net/ring.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

struct ring {
    size_t item_size;
    unsigned mask;
    uint8_t *items;
    _Alignas(CACHE_LINE) atomic_uint head; /* next to put: the producer's */
    _Alignas(CACHE_LINE) atomic_uint tail; /* next to get: the consumer's */
};

enum err ring_new(size_t item_size, unsigned n_items, struct ring **ring)
{
    unsigned n = 2;
    while (n < n_items)
        n *= 2;
    struct ring *r = aligned_alloc(CACHE_LINE, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    memset(r, 0, sizeof *r);
    r->items = malloc(item_size * n);
    if (!r->items) {
        free(r);
        return ERR_NOMEM;
    }
    r->item_size = item_size;
    r->mask = n - 1;
    *ring = r;
    return OK;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    free(ring->items);
    free(ring);
}

bool ring_put(struct ring *ring, const void *item)
{
    unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (head - tail > ring->mask)
        return false;
    memcpy(ring->items + (size_t)(head & ring->mask) * ring->item_size, item, ring->item_size);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

bool ring_get(struct ring *ring, void *item)
{
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
        return false;
    memcpy(item, ring->items + (size_t)(tail & ring->mask) * ring->item_size, ring->item_size);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_is_empty(const struct ring *ring)
{
    return atomic_load_explicit(&ring->tail, memory_order_relaxed) ==
           atomic_load_explicit(&ring->head, memory_order_acquire);
}
