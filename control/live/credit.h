/* credit.h: how much the meetings that are on may cost, as PostgreSQL has it: balances move there, meetings are here.
 */
#pragma once
#include <stdbool.h>

struct live;

struct credit {
    bool asking, again;
};

/* Asks, after what is queued has been stored; meetings that have used up more end. Every 10 s, and when something is
 * new. While PostgreSQL is away what was known last holds. */
void credit_look(struct live *l);
