/* vec.h: arrays that grow, and queues that do. Of an array the owner keeps a pointer, a count and a
 * capacity as fields of its own, frees the pointer, and says before it adds:
 *
 *     enum err e = vec_reserve(m->people, m->people_cap, m->n_people + 1, PEOPLE_MAX);
 *
 * The pointer may move; on an error nothing has changed. What is new in the array is not initialised. */
#pragma once
#include "common/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_MOST UINT32_MAX /* where something else bounds it */

/* Room for `need` items, at most `most`: at least doubles. `cap` is an unsigned. ERR_FULL, ERR_NOMEM */
#define vec_reserve(items, cap, need, most)                                                                            \
    ((need) <= (cap) ? OK : vec_grow(&(items), &(cap), (need), sizeof *(items), (most)))

/* vec_reserve()'s. array: the address of the pointer. */
MUST_CHECK enum err vec_grow(void *array, unsigned *cap, size_t need, size_t item, size_t most);

/* Queues: first in, first out, in a ring that doubles. `item` is the size of one, the same in each call; zeroed is
 * empty. Room is made first, so that putting in what must not be lost can't fail. */
struct fifo {
    void *items;           /* owned */
    uint32_t head, n, cap; /* cap: a power of two, or 0 */
};

MUST_CHECK enum err fifo_reserve(struct fifo *f, uint32_t more, size_t item); /* ERR_NOMEM */
void fifo_put(struct fifo *f, const void *in, size_t item);                   /* room was reserved */
bool fifo_take(struct fifo *f, void *out, size_t item);                       /* false: it is empty */
void fifo_reset(struct fifo *f);                                              /* frees; empty */
