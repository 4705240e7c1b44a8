/* slots.h: ids for objects that may vanish: a slot, and the generation of what is in it. Ids are held across turns and
 * threads, not pointers; one whose object has gone finds nothing, even when the slot is used again. Owns its table, not
 * the objects. Zeroed is empty. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

struct slots_entry {
    void *object;        /* NULL: free */
    uint32_t generation; /* never 0: that is nobody's */
    uint32_t next_free;
};

struct slots {
    struct slots_entry *entries;
    unsigned n;         /* slots there are, free or not */
    uint32_t free_head; /* index + 1; 0: none */
};

/* At most `most` objects at once. ERR_FULL, ERR_NOMEM */
MUST_CHECK enum err slots_put(struct slots *s, void *object, unsigned most, uint32_t *slot, uint32_t *generation);
void slots_remove(struct slots *s, uint32_t slot);
void slots_reset(struct slots *s);

static inline void *slots_find(const struct slots *s, uint32_t slot, uint32_t generation) /* NULL: gone */
{
    return slot < s->n && s->entries[slot].generation == generation ? s->entries[slot].object : NULL;
}

/* To walk them: for each slot below s->n, its object or NULL. */
static inline void *slots_at(const struct slots *s, uint32_t slot)
{
    return s->entries[slot].object;
}
