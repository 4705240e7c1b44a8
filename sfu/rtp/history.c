/* history.c: a ring in which a packet's place is its sequence number, modulo a power of two. */
#include "rtp/history.h"

#include <stdlib.h>

struct history {
    unsigned cap;            /* power of two */
    uint64_t oldest, newest; /* newest 0: empty; nothing is held below oldest */
    struct history_entry ring[];
};

enum err history_new(unsigned n_packets, struct history **h)
{
    unsigned cap = 1;
    while (cap < n_packets && cap < 1u << 20)
        cap *= 2;
    struct history *made = calloc(1, sizeof *made + cap * sizeof made->ring[0]);
    if (!made)
        return ERR_NOMEM;
    made->cap = cap;
    *h = made;
    return OK;
}

static struct history_entry *history_slot(struct history *h, uint64_t seq)
{
    return &h->ring[seq & (h->cap - 1)];
}

static void history_drop(struct history_entry *e)
{
    pkt_unref(e->pkt);
    *e = (struct history_entry){.seq = 0};
}

void history_clear(struct history *h)
{
    for (unsigned i = 0; i < h->cap; i++)
        history_drop(&h->ring[i]);
    h->oldest = h->newest = 0;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    history_clear(h);
    free(h);
}

bool history_put(struct history *h, uint64_t seq, struct pkt *pkt, const struct history_meta *meta)
{
    struct history_entry *e = history_slot(h, seq);
    if (seq == 0 || e->seq == seq || (h->newest >= h->cap && seq <= h->newest - h->cap))
        return false;
    history_drop(e);
    *e = (struct history_entry){.seq = seq, .pkt = pkt_ref(pkt), .meta = *meta};
    if (h->newest == 0 || seq < h->oldest)
        h->oldest = seq;
    if (seq > h->newest)
        h->newest = seq;
    return true;
}

const struct history_entry *history_find(const struct history *h, uint64_t seq)
{
    const struct history_entry *e = &h->ring[seq & (h->cap - 1)];
    return seq != 0 && e->seq == seq ? e : NULL;
}

uint64_t history_newest(const struct history *h)
{
    return h->newest;
}

void history_expire(struct history *h, usec_t older_than)
{
    if (h->newest == 0)
        return;
    if (h->newest >= h->cap && h->oldest <= h->newest - h->cap)
        h->oldest = h->newest - h->cap + 1;
    for (; h->oldest <= h->newest; h->oldest++) {
        struct history_entry *e = history_slot(h, h->oldest);
        if (e->seq != h->oldest)
            continue;
        if (e->pkt->arrived >= older_than)
            return;
        history_drop(e);
    }
}
