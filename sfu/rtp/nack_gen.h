/* nack_gen.h: asks a publisher again for what got lost on the way up (RFC 4585). One per received SSRC; on the
 * publisher's worker. A missing packet is asked for NACK_REORDER after its gap was seen, again each RTT (at least 20
 * ms), at most 10 times, and given up after 1 s. Owns its list (allocated at creation). Full, or a gap wider than it:
 * the list is emptied and a key frame is to be asked. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define NACK_REORDER    (10 * MSEC)
#define NACK_MIN_REPEAT (20 * MSEC)
#define NACK_MAX_TRIES  10
#define NACK_GIVE_UP    SEC
#define NACK_MAX_LIST   1000

struct nack_missing {
    uint64_t seq;    /* extended; the list ascends */
    usec_t first_at; /* when the gap was seen */
    usec_t due_at;
    uint8_t n_tries;
};

struct nack_gen {
    struct nack_missing *list; /* grows from nothing up to NACK_MAX_LIST */
    unsigned n, cap;
    uint64_t highest; /* 0: nothing came yet */
    usec_t rtt;
    usec_t deadline;
    bool want_key_frame; /* taken by nack_gen_take_key_frame() */
    uint64_t n_recovered, n_given_up, n_asked;
};

void nack_gen_init(struct nack_gen *g, usec_t rtt); /* owns no memory until the first loss */
void nack_gen_reset(struct nack_gen *g);            /* frees the list; as after init */
void nack_gen_set_rtt(struct nack_gen *g, usec_t rtt);

/* Every packet, also recovered ones. ext_seq as from seq_update(). */
void nack_gen_saw(struct nack_gen *g, usec_t now, uint64_t ext_seq);
bool nack_gen_is_missing(const struct nack_gen *g, uint64_t ext_seq);
/* A key frame begins at ext_seq: what is older is no longer missed. */
void nack_gen_key_frame(struct nack_gen *g, uint64_t ext_seq);

/* The sequence numbers to ask for now, ascending; at most cap, the others stay due. */
unsigned nack_gen_due(struct nack_gen *g, usec_t now, uint16_t *seqs, unsigned cap);
/* True once after too much was lost: ask for a key frame instead. */
bool nack_gen_take_key_frame(struct nack_gen *g);

static inline usec_t nack_gen_deadline(const struct nack_gen *g)
{
    return g->deadline; /* USEC_NEVER when nothing is missing */
}
