/* slots.c: a table of objects, with a list of its free places. */
#include "common/slots.h"
#include "common/vec.h"

#include <stdlib.h>

static enum err grow(struct slots *s, unsigned most)
{
    unsigned cap = s->n;
    enum err e = vec_reserve(s->entries, cap, s->n + 1, most);
    if (e)
        return e;
    for (unsigned i = cap; i > s->n; i--) {
        s->entries[i - 1] = (struct slots_entry){.generation = 1, .next_free = s->free_head};
        s->free_head = i;
    }
    s->n = cap;
    return OK;
}

enum err slots_put(struct slots *s, void *object, unsigned most, uint32_t *slot, uint32_t *generation)
{
    if (!s->free_head) {
        enum err e = grow(s, most);
        if (e)
            return e;
    }
    uint32_t at = s->free_head - 1;
    s->free_head = s->entries[at].next_free;
    s->entries[at].object = object;
    *slot = at;
    *generation = s->entries[at].generation;
    return OK;
}

void slots_remove(struct slots *s, uint32_t slot)
{
    struct slots_entry *e = &s->entries[slot];
    *e = (struct slots_entry){.generation = e->generation == UINT32_MAX ? 1 : e->generation + 1,
                              .next_free = s->free_head};
    s->free_head = slot + 1;
}

void slots_reset(struct slots *s)
{
    free(s->entries);
    *s = (struct slots){0};
}
