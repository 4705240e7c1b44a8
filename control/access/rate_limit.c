/* rate_limit.c: a ring of windows in the order in which they end, found by hashed address. */
#include "access/rate_limit.h"
#include "common/random.h"
#include "shares/shares.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS RATE_LIMIT_ADDRESSES
#define NONE    UINT32_MAX

struct window {
    struct holder whose;
    unsigned count;
    usec_t began;
    uint32_t chain; /* next in the bucket */
};

/* Windows are as long as each other, so those in use are a ring in the order in which they began and end. */
struct rate_limit {
    struct rate_limit_config cfg;
    uint64_t seed;
    uint32_t first, n;
    uint32_t buckets[BUCKETS];
    struct window ring[RATE_LIMIT_ADDRESSES];
};

enum err rate_limit_new(const struct rate_limit_config *cfg, struct rate_limit **r)
{
    struct rate_limit *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    random_fill(&made->seed, sizeof made->seed);
    memset(made->buckets, 0xff, sizeof made->buckets);
    *r = made;
    return OK;
}

void rate_limit_free(struct rate_limit *r)
{
    free(r);
}

/* Seeded: nobody can choose addresses that share a bucket. */
static uint32_t *bucket_of(struct rate_limit *r, const struct holder *whose)
{
    return &r->buckets[holder_hash(whose, r->seed) % BUCKETS];
}

static void forget_first(struct rate_limit *r)
{
    struct window *w = &r->ring[r->first];
    uint32_t *link = bucket_of(r, &w->whose);
    while (*link != r->first)
        link = &r->ring[*link].chain;
    *link = w->chain;
    r->first = (r->first + 1) % RATE_LIMIT_ADDRESSES;
    r->n--;
}

static struct window *window_of(struct rate_limit *r, usec_t now, const struct holder *whose)
{
    while (r->n && r->ring[r->first].began + r->cfg.window <= now)
        forget_first(r);
    uint32_t *bucket = bucket_of(r, whose);
    for (uint32_t i = *bucket; i != NONE; i = r->ring[i].chain)
        if (holder_eq(&r->ring[i].whose, whose))
            return &r->ring[i];
    if (r->n == RATE_LIMIT_ADDRESSES)
        forget_first(r);
    uint32_t at = (r->first + r->n) % RATE_LIMIT_ADDRESSES;
    r->n++;
    r->ring[at] = (struct window){*whose, 0, now, *bucket};
    *bucket = at;
    return &r->ring[at];
}

/* How many calls are left of most, this one counted; *left: until they come back. False: it was one too many. */
static bool count(struct rate_limit *r, usec_t now, const struct holder *whose, unsigned most,
                  struct rate_limit_answer *a)
{
    struct window *w = window_of(r, now, whose);
    if (w->count < UINT32_MAX)
        w->count++;
    usec_t left = w->began + r->cfg.window - now;
    unsigned remaining = w->count < most ? most - w->count : 0;
    a->remaining = remaining < a->remaining ? remaining : a->remaining;
    if (w->count > most || !a->reset_s)
        a->reset_s = (unsigned)((left + SEC - 1) / SEC);
    return w->count <= most;
}

struct rate_limit_answer rate_limit_count(struct rate_limit *r, usec_t now, const char *ip)
{
    struct holder whose = holder_of_address(ip), network = holder_of_network(&whose);
    struct rate_limit_answer a = {.limit = r->cfg.max, .remaining = r->cfg.max};
    a.allowed = count(r, now, &whose, r->cfg.max, &a);
    if (network.kind != HOLDER_NOBODY)
        a.allowed &= count(r, now, &network, r->cfg.max * SHARES_NETWORK_FACTOR, &a);
    return a;
}
