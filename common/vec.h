/* vec.h: arrays that grow. The owner keeps a pointer, a count and a capacity as fields of its own, frees the pointer,
 * and says before it adds:
 *
 *     enum err e = vec_reserve(m->people, m->people_cap, m->n_people + 1, PEOPLE_MAX);
 *
 * The pointer may move; on an error nothing has changed. What is new in the array is not initialised. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

#define VEC_MOST UINT32_MAX /* where something else bounds it */

/* Room for `need` items, at most `most`: at least doubles. `cap` is an unsigned. ERR_FULL, ERR_NOMEM */
#define vec_reserve(items, cap, need, most)                                                                            \
    ((need) <= (cap) ? OK : vec_grow(&(items), &(cap), (need), sizeof *(items), (most)))

/* vec_reserve()'s. array: the address of the pointer. */
MUST_CHECK enum err vec_grow(void *array, unsigned *cap, size_t need, size_t item, size_t most);
