/* purses.h: what the meetings that are on cost by now, summed for whoever pays for them, and when that is all they may
 * cost. A meeting costs its most people at once × the time since it began, so a purse's sum is a straight line until
 * somebody raises a peak. Counted in participant-milliseconds: no rate, no money here. Owned by the registry
 * (meetings.h), whose entries embed a share each. Event loop thread only. */
#pragma once
#include "common/deadlines.h"
#include "common/err.h"
#include "common/map.h"

struct purse;

/* A meeting's part in a purse. Zeroed: in none, and nothing is counted. */
struct purse_share {
    struct purse *purse;
    struct purse_share *next, *prev;
    int64_t people, began_ms; /* as counted */
};

struct purses { /* all zero: none */
    struct map by_payer;
    struct deadlines due;
};

#define PURSE_UNLIMITED INT64_MAX

/* Whose: the company's if company isn't 0, else the user's. Never 0. */
uint64_t purse_key(int64_t user, int64_t company);

/* ERR_NOMEM: it stays in none. A purse that is new is unlimited. */
MUST_CHECK enum err purses_join(struct purses *ps, uint64_t key, struct purse_share *s);
/* Its meeting has ended or is paid by another; it isn't counted any more, but for `spent`, which will be charged. The
 * last one takes the purse with it. */
void purses_leave(struct purses *ps, struct purse_share *s, int64_t spent);
/* It has had so many people at once, and began then (monotonic). */
void purses_count(struct purses *ps, struct purse_share *s, unsigned people, usec_t began);
/* What its meetings may cost in all. If nobody has such a purse nothing happens. */
void purses_limit(struct purses *ps, uint64_t key, int64_t most);
bool purses_is_known(const struct purse_share *s); /* it has a limit, or nobody pays */
/* Whether the purse has room for one person more than there ever were at once, in a meeting that has lasted so long. */
bool purses_has_room(const struct purse_share *s, usec_t now, usec_t lasted);

usec_t purses_deadline(const struct purses *ps);         /* monotonic; USEC_NEVER: nothing runs out */
uint64_t purses_take_due(struct purses *ps, usec_t now); /* the key of one that has run out; 0: none */
struct purse_share *purses_running(const struct purses *ps, uint64_t key); /* one that has had people; NULL: none */
void purses_reset(struct purses *ps); /* frees what is left of them; the shares are forgotten */
