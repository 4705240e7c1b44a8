/* purses.c: sums of straight lines, and where they meet their limits. */
#include "meeting/purses.h"

#include <stdlib.h>

struct purse {
    uint64_t key;
    int64_t limit;         /* PURSE_UNLIMITED: not known, or there is none */
    int64_t people, begun; /* of its shares: Σ people, Σ people × began: they cost people × now - begun */
    struct purse_share *first;
    struct deadline due;
};

static int64_t ms_of(usec_t t)
{
    return t / MSEC;
}

static int64_t cost(const struct purse *p, usec_t now)
{
    return p->people * ms_of(now) - p->begun;
}

/* The first millisecond in which the limit is reached. */
static void rearm(struct purses *ps, struct purse *p)
{
    usec_t due = USEC_NEVER;
    if (p->people && p->limit != PURSE_UNLIMITED)
        due = (p->limit + p->begun + p->people - 1) / p->people * MSEC;
    deadlines_set(&ps->due, &p->due, due);
}

uint64_t purse_key(int64_t user, int64_t company)
{
    return company ? (uint64_t)company * 2 + 1 : (uint64_t)user * 2 + 2;
}

static struct purse *purse_make(struct purses *ps, uint64_t key)
{
    struct purse *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct purse){.key = key, .limit = PURSE_UNLIMITED};
    if (!map_add(&ps->by_payer, key, p))
        return p;
    free(p);
    return NULL;
}

enum err purses_join(struct purses *ps, uint64_t key, struct purse_share *s)
{
    struct purse *p = map_find(&ps->by_payer, key);
    if (!p)
        p = purse_make(ps, key);
    if (!p)
        return ERR_NOMEM;
    *s = (struct purse_share){.purse = p, .next = p->first};
    if (p->first)
        p->first->prev = s;
    p->first = s;
    return OK;
}

void purses_leave(struct purses *ps, struct purse_share *s, int64_t spent)
{
    struct purse *p = s->purse;
    if (!p)
        return;
    if (s->next)
        s->next->prev = s->prev;
    if (s->prev)
        s->prev->next = s->next;
    else
        p->first = s->next;
    p->people -= s->people;
    p->begun -= s->people * s->began_ms;
    if (p->limit != PURSE_UNLIMITED)
        p->limit -= spent;
    *s = (struct purse_share){0};
    rearm(ps, p);
    if (p->first)
        return;
    map_remove(&ps->by_payer, p->key);
    deadlines_cancel(&ps->due, &p->due);
    free(p);
}

void purses_count(struct purses *ps, struct purse_share *s, unsigned people, usec_t began)
{
    struct purse *p = s->purse;
    if (!p || s->people == people)
        return;
    p->people += people - s->people;
    p->begun += people * ms_of(began) - s->people * s->began_ms;
    s->people = people;
    s->began_ms = ms_of(began);
    rearm(ps, p);
}

void purses_limit(struct purses *ps, uint64_t key, int64_t most)
{
    struct purse *p = map_find(&ps->by_payer, key);
    if (!p)
        return;
    p->limit = most;
    rearm(ps, p);
}

bool purses_is_known(const struct purse_share *s)
{
    return !s->purse || s->purse->limit != PURSE_UNLIMITED;
}

bool purses_has_room(const struct purse_share *s, usec_t now, usec_t lasted)
{
    const struct purse *p = s->purse;
    return !p || p->limit == PURSE_UNLIMITED || cost(p, now) + ms_of(lasted) < p->limit;
}

usec_t purses_deadline(const struct purses *ps)
{
    return deadlines_next(&ps->due);
}

uint64_t purses_take_due(struct purses *ps, usec_t now)
{
    struct deadline *d = deadlines_take_due(&ps->due, now);
    return d ? DEADLINE_OWNER(d, struct purse, due)->key : 0;
}

struct purse_share *purses_running(const struct purses *ps, uint64_t key)
{
    const struct purse *p = map_find(&ps->by_payer, key);
    struct purse_share *s = p ? p->first : NULL;
    while (s && !s->people)
        s = s->next;
    return s;
}

void purses_reset(struct purses *ps)
{
    size_t at = 0;
    for (struct purse *p = map_next(&ps->by_payer, &at); p; p = map_next(&ps->by_payer, &at))
        free(p);
    map_reset(&ps->by_payer);
    *ps = (struct purses){0};
}
