/* map.h: a hash table from 64-bit ids to pointers, which it doesn't own. Grows by itself. For ids that the server
 * made (or their hashes): nobody outside chooses where they fall. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key; /* 0: empty */
    void *value;
};

struct map { /* all zero: an empty map */
    struct map_slot *slots;
    size_t cap, n; /* cap: a power of two, or 0 */
};

void map_reset(struct map *map);
void *map_find(const struct map *map, uint64_t key); /* NULL: none */
/* ERR_STATE: the key is there already (or is 0); ERR_NOMEM. */
MUST_CHECK enum err map_add(struct map *map, uint64_t key, void *value);
void map_remove(struct map *map, uint64_t key);
/* Walks the values in no order: *at starts at 0; NULL at the end. Not to be mixed with changes. */
void *map_next(const struct map *map, size_t *at);

uint64_t map_key_of_text(const char *text); /* FNV-1a, never 0 */
