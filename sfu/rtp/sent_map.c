/* sent_map.c: a ring in which a packet's place is the number under which it was sent. */
#include "rtp/sent_map.h"

#include <assert.h>
#include <stdlib.h>

#define SENT_MAX_CAP     4096
#define SENT_RTT_UNKNOWN (100 * MSEC)

static_assert(sizeof(struct sent_entry) == 24, "one per packet and subscriber: keep it small");

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
