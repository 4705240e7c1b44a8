/* sfu_pending.c: a ring of requests by id, oldest first. */
#include "sfuclient/sfu_pending.h"

#include <stdlib.h>

struct pending_slot {
    bool waits;
    usec_t due;
    struct sfu_tag tag;
};

struct sfu_pending {
    uint64_t oldest, next; /* ids; all that wait are in [oldest, next) */
    unsigned n;
    struct pending_slot slots[SFU_PENDING_MAX];
};

static struct pending_slot *slot_of(struct sfu_pending *p, uint64_t id)
{
    return &p->slots[id % SFU_PENDING_MAX];
}

enum err sfu_pending_new(struct sfu_pending **p)
{
    struct sfu_pending *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->oldest = made->next = 1;
    *p = made;
    return OK;
}

void sfu_pending_free(struct sfu_pending *p)
{
    free(p);
}

static void skip_answered(struct sfu_pending *p)
{
    while (p->oldest < p->next && !slot_of(p, p->oldest)->waits)
        p->oldest++;
}

enum err sfu_pending_add(struct sfu_pending *p, usec_t now, const struct sfu_tag *tag, uint64_t *id)
{
    skip_answered(p);
    if (p->next - p->oldest >= SFU_PENDING_MAX)
        return ERR_FULL;
    *slot_of(p, p->next) = (struct pending_slot){true, now + SFU_TIMEOUT, *tag};
    *id = p->next++;
    p->n++;
    return OK;
}

static void take(struct sfu_pending *p, uint64_t id, struct sfu_tag *tag)
{
    struct pending_slot *s = slot_of(p, id);
    *tag = s->tag;
    s->waits = false;
    p->n--;
}

enum err sfu_pending_take(struct sfu_pending *p, uint64_t id, struct sfu_tag *tag)
{
    if (id < p->oldest || id >= p->next || !slot_of(p, id)->waits)
        return ERR_NOT_FOUND;
    take(p, id, tag);
    return OK;
}

bool sfu_pending_expire(struct sfu_pending *p, usec_t now, bool all, struct sfu_tag *tag)
{
    skip_answered(p);
    if (p->oldest == p->next || (!all && slot_of(p, p->oldest)->due > now))
        return false;
    take(p, p->oldest, tag);
    return true;
}

usec_t sfu_pending_deadline(struct sfu_pending *p)
{
    skip_answered(p);
    return p->oldest == p->next ? USEC_NEVER : slot_of(p, p->oldest)->due;
}

unsigned sfu_pending_len(const struct sfu_pending *p)
{
    return p->n;
}
