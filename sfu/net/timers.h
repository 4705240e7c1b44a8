/* timers.h: deadlines of many objects in one heap: O(log n) to move one, O(1) to see the next. One per worker.
 * An object embeds a struct timer and keeps it where it is while it is set; the heap borrows it. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

struct timer {
    usec_t due;
    unsigned kind;  /* the owner's: what it is embedded in */
    unsigned index; /* place in the heap + 1; 0: not set */
};

struct timers {
    struct timer **heap;
    unsigned n, cap;
};

void timers_init(struct timers *ts);
void timers_reset(struct timers *ts); /* frees the heap; the timers in it are forgotten */
MUST_CHECK enum err timers_set(struct timers *ts, struct timer *t, usec_t due); /* USEC_NEVER: cancels. ERR_NOMEM */
void timers_cancel(struct timers *ts, struct timer *t);
usec_t timers_next(const struct timers *ts);                  /* USEC_NEVER if there is none */
struct timer *timers_take_due(struct timers *ts, usec_t now); /* the earliest that is due, taken out; NULL if none is */
