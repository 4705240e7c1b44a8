/* rate.h: token buckets, in µs: how many events of a kind one socket may send. Plain values; no ownership. */
#pragma once
#include "common/usec.h"
#include <stdbool.h>

enum rate_kind {
    RATE_JOIN,   /* attempts to come in: also what guesses tokens */
    RATE_SIGNAL, /* offers, answers, candidates: a mesh of ten starts with hundreds */
    RATE_STATE,  /* mute, hand, captions, views */
    RATE_TALK,   /* chat and reactions */
    RATE_HOST,   /* host actions */
    RATE_EXCESS, /* refusals: when this one is empty too, the socket is closed */
    RATE_KINDS,
};

struct rates {
    usec_t full_at[RATE_KINDS]; /* when each bucket is full again; the past: it is full */
};

/* Takes one; false: there is none. A zeroed struct has full buckets. */
bool rate_take(struct rates *r, enum rate_kind kind, usec_t now);
