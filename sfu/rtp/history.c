/* history.c: what can be sent again. Two kinds of rings, in which a packet's place is its sequence number modulo a
 * power of two: the track's numbers, and those under which a subscriber got its packets. */
#include "rtp/history.h"

#include <assert.h>
#include <stdlib.h>

#define SENT_MAX_CAP     4096
#define SENT_RTT_UNKNOWN (100 * MSEC)

static_assert(sizeof(struct sent_entry) == 24, "one per packet and subscriber: keep it small");

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

/* ---- what one subscriber got ---- */

void sent_map_init(struct sent_map *m, unsigned n_packets)
{
    unsigned cap = 1;
    while (cap < n_packets && cap < SENT_MAX_CAP)
        cap *= 2;
    *m = (struct sent_map){.cap = (uint16_t)cap};
}

void sent_map_reset(struct sent_map *m)
{
    free(m->ring);
    m->ring = NULL;
}

static uint32_t sent_ms(usec_t now)
{
    return (uint32_t)((uint64_t)now / 1000);
}

struct sent_entry *sent_map_put(struct sent_map *m, usec_t now, uint16_t out_seq)
{
    if (!m->ring)
        m->ring = calloc(m->cap, sizeof *m->ring);
    if (!m->ring)
        return NULL;
    struct sent_entry *e = &m->ring[out_seq & (m->cap - 1u)];
    *e = (struct sent_entry){.out_seq = out_seq, .sent_ms = sent_ms(now), .used = 1};
    return e;
}

enum sent_verdict sent_map_nack(struct sent_map *m, usec_t now, usec_t rtt, uint16_t out_seq, struct sent_entry **entry)
{
    if (!m->ring)
        return SENT_UNKNOWN;
    struct sent_entry *e = &m->ring[out_seq & (m->cap - 1u)];
    if (!e->used || e->out_seq != out_seq)
        return SENT_UNKNOWN;
    if (e->n_repeats >= SENT_MAX_REPEATS)
        return SENT_TOO_OFTEN;
    usec_t since = (usec_t)(uint32_t)(sent_ms(now) - e->sent_ms) * MSEC;
    if (e->n_repeats > 0 && since < (rtt > 0 ? rtt : SENT_RTT_UNKNOWN)) /* the last repeat is still on its way */
        return SENT_TOO_SOON;
    e->n_repeats++;
    e->sent_ms = sent_ms(now);
    *entry = e;
    return SENT_REPEAT;
}
