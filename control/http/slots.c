#include "http/slots.h"
#include <stdlib.h>
#include <string.h>

static enum err slots_grow(struct slots *s)
{
    uint32_t n = s->n ? s->n * 2 : 64;
    struct slot *grown = realloc(s->slot, n * sizeof *grown);
    if (!grown)
        return ERR_NOMEM;
    memset(grown + s->n, 0, (n - s->n) * sizeof *grown);
    for (uint32_t i = n; i > s->n; i--) {
        grown[i - 1].generation = 1;
        grown[i - 1].next_free = s->free_head;
        s->free_head = i;
    }
    s->slot = grown;
    s->n = n;
    return OK;
}

enum err slots_put(struct slots *s, void *object, uint32_t *slot, uint32_t *generation)
{
    if (!s->free_head) {
        enum err e = slots_grow(s);
        if (e)
            return e;
    }
    uint32_t at = s->free_head - 1;
    s->free_head = s->slot[at].next_free;
    s->slot[at].object = object;
    *slot = at;
    *generation = s->slot[at].generation;
    return OK;
}

void *slots_find(const struct slots *s, uint32_t slot, uint32_t generation)
{
    return slot < s->n && s->slot[slot].generation == generation ? s->slot[slot].object : NULL;
}

void slots_remove(struct slots *s, uint32_t slot)
{
    s->slot[slot].object = NULL;
    if (++s->slot[slot].generation == 0)
        s->slot[slot].generation = 1; /* 0 is "none" */
    s->slot[slot].next_free = s->free_head;
    s->free_head = slot + 1;
}

void slots_reset(struct slots *s)
{
    free(s->slot);
    *s = (struct slots){0};
}
