/* keyframe_req.h: when to ask a publisher for a key frame. Gathers the wishes of all subscribers of one source layer:
 * one PLI, then silence until a key frame came or 1 s went by, and never two within min_gap. RFC 4585 6.3.1, RFC
 * 5104 3.5.1. Plain value. */
#pragma once
#include "common/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define KEYFRAME_RETRY     SEC
#define KEYFRAME_MAX_TRIES 8 /* in a row, then wait for a new wish */

enum keyframe_state { KEYFRAME_IDLE, KEYFRAME_WANTED, KEYFRAME_ASKED };

struct keyframe_req {
    enum keyframe_state state;
    usec_t min_gap;
    usec_t asked_at; /* last; -USEC_NEVER: never */
    usec_t deadline; /* when keyframe_req_due() will say yes; USEC_NEVER when idle */
    uint8_t n_tries;
    uint64_t n_asked;
};

/* min_gap: max(RTT, 200 ms for the low layer, 500 ms for a high one, 1 s if there are over 50 viewers); see
 * keyframe_gap(). */
void keyframe_req_init(struct keyframe_req *k, usec_t min_gap);
void keyframe_req_set_gap(struct keyframe_req *k, usec_t min_gap);
usec_t keyframe_gap(usec_t rtt, bool low_layer, unsigned n_viewers);

void keyframe_req_want(struct keyframe_req *k, usec_t now);
/* True: send a PLI now (said once). */
bool keyframe_req_due(struct keyframe_req *k, usec_t now);
void keyframe_req_got(struct keyframe_req *k); /* a key frame arrived */

static inline usec_t keyframe_req_deadline(const struct keyframe_req *k)
{
    return k->deadline;
}

/* One subscriber's allowance: 3 requests in 10 s, so that one bad receiver can't make everybody's picture coarse. */
#define KEYFRAME_QUOTA  3
#define KEYFRAME_WINDOW (10 * SEC)

struct keyframe_quota {
    usec_t at[KEYFRAME_QUOTA];
    uint8_t next, n;
};

bool keyframe_quota_take(struct keyframe_quota *q, usec_t now); /* zero-initialised; false: over the allowance */

/* FIR repeats itself with the same number until it is served (RFC 5104 4.3.1.1): true if this one is new. */
struct fir_seen {
    uint8_t seq;
    bool any;
};

static inline bool fir_is_new(struct fir_seen *f, uint8_t seq)
{
    bool fresh = !f->any || f->seq != seq;
    *f = (struct fir_seen){.seq = seq, .any = true};
    return fresh;
}
