/* credit.h: how much the meetings that are on may cost, as PostgreSQL has it: balances move there, meetings are here.
 */
#pragma once
#include "loop/loop.h"
#include <stdbool.h>

struct live;

struct credit {
    struct loop_timer timer;
    usec_t not_before; /* monotonic: it has just been asked */
    bool waiting, asking, again;
};

/* Asks, after what is queued has been stored; meetings that have used up more end. Every 10 s, and when something is
 * new, but not more than once a second. While PostgreSQL is away what was known last holds. */
void credit_look(struct live *l);
void credit_reset(struct live *l);
