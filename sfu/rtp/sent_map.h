/* sent_map.h: which of its source's packets a subscriber got under which number: what a NACK is answered from. RFC
 * 4585 6.2.1. One per down-track. Owns its ring, which is allocated with the first packet: an idle down-track costs
 * nothing. Full: the oldest goes. The policy of answering is here too: no repeat within one RTT, at most
 * SENT_MAX_REPEATS. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

#include <stdint.h>

#define SENT_MAX_REPEATS 5
#define SENT_CODEC_LEN   5

struct sent_entry {      /* 24 bytes */
    uint32_t source_seq; /* low half of the extended number: seq_of_low() with the history's newest */
    uint32_t ts_offset;  /* out timestamp - source timestamp */
    uint32_t sent_ms;    /* sent or repeated last, ms of the monotonic clock, wrapping */
    uint16_t out_seq;
    uint16_t source; /* the caller's: which layer's history, and its generation */
    uint8_t n_repeats;
    uint8_t used;                  /* 0: empty slot */
    uint8_t marker;                /* as sent, which may differ from the source's */
    uint8_t codec[SENT_CODEC_LEN]; /* the caller's: as the codec's rewriting left them */
};

struct sent_map {
    struct sent_entry *ring;
    uint16_t cap; /* power of two, ≤ 4096 */
};

void sent_map_init(struct sent_map *m, unsigned n_packets); /* rounded up to a power of two */
void sent_map_reset(struct sent_map *m);                    /* frees the ring; may be used again */

/* The slot for out_seq, zeroed but for out_seq, sent_ms and used: the caller fills in the rest. NULL without memory:
 * the packet then can't be repeated, nothing else. */
struct sent_entry *sent_map_put(struct sent_map *m, usec_t now, uint16_t out_seq);

enum sent_verdict {
    SENT_REPEAT,  /* *entry is borrowed until the next put; it is counted as repeated now */
    SENT_UNKNOWN, /* never sent, or too old */
    SENT_TOO_SOON,
    SENT_TOO_OFTEN,
};

enum sent_verdict sent_map_nack(struct sent_map *m, usec_t now, usec_t rtt, uint16_t out_seq,
                                struct sent_entry **entry);

/* The full extended number of an entry's source packet, near a newer one of the same source. */
static inline uint64_t sent_source_seq(const struct sent_entry *e, uint64_t near)
{
    return near + (uint64_t)(int64_t)(int32_t)(e->source_seq - (uint32_t)near);
}
