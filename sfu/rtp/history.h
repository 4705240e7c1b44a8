/* history.h: a track's recent packets, for answering NACK (RFC 4585, RFC 4588).
 * Owns its ring and one reference to each packet in it. One per track, on the publisher's worker.
 * Full: the oldest packet goes. Sequence numbers are extended (64-bit). */
#pragma once
#include "net/pkt.h"

#include <stdbool.h>

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
void history_expire(struct history *h,
                    usec_t older_than); /* drops packets that arrived before; bounded by what it drops */
