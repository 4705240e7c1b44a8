/* history.h: what NACKs are answered from (RFC 4585 6.2.1, RFC 4588): a track's recent packets, which all its
 * subscribers share, and for each subscriber which of them it got under which number.
 *
 * struct history owns its ring and one reference to each packet in it. One per track, on the publisher's worker.
 * Full: the oldest packet goes. Sequence numbers are extended (64-bit).
 *
 * struct sent_map: one per down-track. Owns its ring, which is allocated with the first packet: an idle down-track
 * costs nothing. Full: the oldest goes. The policy of answering is here too: no repeat within one RTT, at most
 * SENT_MAX_REPEATS. */
#pragma once
#include "net/pkt.h"

#include <stdbool.h>

#define SENT_MAX_REPEATS 5

struct history_meta {
    uint32_t ts;
    uint16_t payload_at, payload_len; /* within pkt->data */
};

struct history_entry {
    uint64_t seq; /* 0: empty */
    struct pkt *pkt;
    struct history_meta meta;
};

struct history;

MUST_CHECK enum err history_new(unsigned n_packets, struct history **h); /* rounded up to a power of two; ERR_NOMEM */
void history_free(struct history *h);

/* Takes a reference of its own. False: not kept, it is already here (a duplicate) or older than the ring reaches. */
bool history_put(struct history *h, uint64_t seq, struct pkt *pkt, const struct history_meta *meta);

/* The entry, borrowed until the next history_put() or _clear(); NULL if it never came or is too old. */
const struct history_entry *history_find(const struct history *h, uint64_t seq);

uint64_t history_newest(const struct history *h); /* 0: empty */
void history_clear(struct history *h);            /* drops every reference */
/* Drops packets that arrived before; bounded by what it drops. */
void history_expire(struct history *h, usec_t older_than);

/* ---- what one subscriber got ---- */

struct sent_entry {      /* 24 bytes */
    uint32_t source_seq; /* low half of the extended number: seq_of_low() with the history's newest */
    uint32_t ts_offset;  /* out timestamp - source timestamp */
    uint32_t sent_ms;    /* sent or repeated last, ms of the monotonic clock, wrapping */
    uint16_t out_seq;
    uint16_t source; /* the caller's: which layer's history, and its generation */
    uint16_t pic;    /* the picture's ids as the codec's rewriting left them, for codecs that have such: this, … */
    uint8_t n_repeats;
    uint8_t used;        /* 0: empty slot */
    uint8_t marker;      /* as sent, which may differ from the source's */
    uint8_t tl0, keyidx; /* … and these */
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
