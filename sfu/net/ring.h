/* ring.h: a bounded queue of fixed-size values from one thread to one other thread. No lock.
 * Full: ring_put() refuses and the producer decides what is dropped. The consumer is woken by the producer's eventfd,
 * not by the ring. */
#pragma once
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* n_items is rounded up to a power of two. */
MUST_CHECK enum err ring_new(size_t item_size, unsigned n_items, struct ring **ring); /* ERR_NOMEM */
void ring_free(struct ring *ring);                  /* what is still in it is forgotten */
bool ring_put(struct ring *ring, const void *item); /* producer only; false: full */
bool ring_get(struct ring *ring, void *item);       /* consumer only; false: empty */
bool ring_is_empty(const struct ring *ring);        /* consumer only */
