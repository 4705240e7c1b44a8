/* slots.h: ids for objects that may vanish: a slot and a generation (design: hold ids across turns, not pointers). */
#pragma once
#include "common/err.h"
#include <stdint.h>

struct slots {
    struct slot {
        void *object; /* NULL: free, and next_free counts */
        uint32_t generation, next_free;
    } * slot;
    uint32_t n, free_head; /* free_head is index + 1; 0: none */
};

MUST_CHECK enum err slots_put(struct slots *s, void *object, uint32_t *slot, uint32_t *generation); /* ERR_NOMEM */
void *slots_find(const struct slots *s, uint32_t slot, uint32_t generation);                        /* NULL: gone */
void slots_remove(struct slots *s, uint32_t slot);
void slots_reset(struct slots *s);
