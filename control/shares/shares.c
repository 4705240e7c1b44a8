/* shares.c: a hash table of holders, each with what it holds and when its buckets are full again. */
#include "shares/shares.h"
#include "common/deadlines.h"
#include "shares/limits.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS      65536 /* chains of three when the table is full */
#define SWEEP        8     /* holders looked at for each new one */
#define SWEEP_FULL   64
#define DEBT_MAX     (5 * SEC) /* the longest anybody has to wait for what was charged afterwards */
#define HOUR         (3600 * SEC)
#define SHARES_SPENT (SHARES - SHARES_HELD)
#define DISPLACE_MAX 64 /* things that end for one newcomer, */
#define BUSY_MAX     32 /* and holders asked in vain, each of them once in … */
#define BUSY_FOR     SEC

struct entry {
    struct holder whose;
    struct entry *next; /* in the bucket */
    unsigned at;        /* in s->entries */
    uint64_t held[SHARES_HELD];
    struct deadline most[SHARES_HELD]; /* in s->greedy: due is minus what is held, so who has most is first */
    usec_t busy_until[SHARES_HELD];    /* all of it was in use: not asked to give way before that */
    usec_t full_at[SHARES_SPENT];      /* when the bucket will be full: the theoretical arrival time of GCRA */
};

struct shares {
    struct shares_config cfg;
    struct entry *buckets[BUCKETS];
    struct entry *entries[SHARES_HOLDERS_MAX];
    unsigned n, sweep;
    uint64_t held[SHARES_HELD];
    struct deadlines greedy[SHARES_HELD]; /* addresses alone: they are whom the greediest is looked for among */
    uint64_t refused[SHARES], displaced[SHARES], reported[SHARES];
    struct holder last_refused[SHARES];
    struct {
        shares_displace_fn *displace;
        void *owner;
    } owners[SHARES_OWNERS_MAX];
    unsigned n_owners;
};

/* ---- limits ---- */

/* Nobody's share of what is held is more than half of what there is. */
static struct share_limit limit_of(const struct shares *s, enum share what, const struct holder *whose)
{
    struct share_limit l = share_limit_of(what, (enum holder_kind)whose->kind, s->cfg.people_per_address);
    uint64_t total = what < SHARES_HELD ? s->cfg.total[what] : 0;
    if (total && l.most > total / 2)
        l.most = total / 2;
    return l;
}

/* ---- the table ---- */

static struct entry **bucket_of(struct shares *s, const struct holder *whose)
{
    return &s->buckets[holder_hash(whose, s->cfg.seed[0]) % BUCKETS];
}

static struct entry *find(const struct shares *s, const struct holder *whose)
{
    struct entry *e = s->buckets[holder_hash(whose, s->cfg.seed[0]) % BUCKETS];
    while (e && !holder_eq(&e->whose, whose))
        e = e->next;
    return e;
}

static void forget(struct shares *s, struct entry *e)
{
    struct entry **link = bucket_of(s, &e->whose);
    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    for (unsigned i = 0; i < SHARES_HELD; i++)
        deadlines_cancel(&s->greedy[i], &e->most[i]);
    s->entries[e->at] = s->entries[--s->n];
    s->entries[e->at]->at = e->at;
    free(e);
}

static bool holds_nothing(const struct entry *e)
{
    for (unsigned i = 0; i < SHARES_HELD; i++)
        if (e->held[i])
            return false;
    return true;
}

static bool is_needless(const struct entry *e, usec_t now)
{
    for (unsigned i = 0; i < SHARES_SPENT; i++)
        if (e->full_at[i] > now)
            return false;
    return holds_nothing(e);
}

static struct entry *look_at_next(struct shares *s)
{
    s->sweep = (s->sweep + 1) % s->n;
    return s->entries[s->sweep];
}

/* Before holders are added: a few of the table are looked at, so it stays about as large as it must be; and there is
 * room for an address and its network, at worst by forgetting somebody's buckets, but never what is held. */
static void sweep(struct shares *s, usec_t now)
{
    for (unsigned i = 0; i < SWEEP && s->n; i++) {
        struct entry *e = look_at_next(s);
        if (is_needless(e, now))
            forget(s, e);
    }
    for (unsigned i = 0; i < SWEEP_FULL && s->n > SHARES_HOLDERS_MAX - 2; i++) {
        struct entry *e = look_at_next(s);
        if (holds_nothing(e))
            forget(s, e);
    }
}

/* After sweep(). NULL: no memory, or everybody in the table holds something. */
static struct entry *find_or_add(struct shares *s, const struct holder *whose)
{
    struct entry *e = find(s, whose);
    if (e)
        return e;
    e = s->n < SHARES_HOLDERS_MAX ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return NULL;
    struct entry **bucket = bucket_of(s, whose);
    e->whose = *whose;
    e->next = *bucket;
    *bucket = e;
    e->at = s->n;
    s->entries[s->n++] = e;
    return e;
}

/* An address counts for itself and for the network around it. */
static unsigned holders_of(const struct holder *whose, struct holder out[2])
{
    out[0] = *whose;
    if (whose->kind == HOLDER_NOBODY)
        return 0;
    if (whose->kind == HOLDER_ADDRESS)
        out[1] = holder_of_network(whose);
    return whose->kind == HOLDER_ADDRESS && out[1].kind != HOLDER_NOBODY ? 2 : 1;
}

struct counted {
    unsigned n;
    struct entry *entries[2];
};

/* false: there is no memory or no room to count for it. */
static bool count_for(struct shares *s, usec_t now, const struct holder *whose, struct counted *c)
{
    struct holder each[2];
    bool all = true;
    c->n = holders_of(whose, each);
    for (unsigned i = 0; i < c->n && all; i++)
        all = (c->entries[i] = find(s, &each[i]));
    if (all)
        return true;
    sweep(s, now); /* may forget one that was found */
    for (unsigned i = 0; i < c->n; i++) {
        c->entries[i] = find_or_add(s, &each[i]);
        if (!c->entries[i])
            return false;
    }
    return true;
}

/* ---- life ---- */

enum err shares_new(const struct shares_config *cfg, struct shares **out)
{
    struct shares *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->cfg = *cfg;
    *out = s;
    return OK;
}

void shares_free(struct shares *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->n; i++)
        free(s->entries[i]);
    free(s);
}

void shares_set_total(struct shares *s, enum share what, uint64_t total)
{
    s->cfg.total[what] = total;
}

struct holder shares_meeting(const struct shares *s, const char *meeting_id)
{
    return holder_of_text(HOLDER_MEETING, meeting_id, s->cfg.seed);
}

struct holder shares_mailbox(const struct shares *s, const char *email)
{
    return holder_of_text(HOLDER_MAILBOX, email, s->cfg.seed);
}

static enum err refuse(struct shares *s, enum share what, const struct holder *whose)
{
    s->refused[what]++;
    s->last_refused[what] = *whose;
    return ERR_FULL;
}

/* ---- what is held ---- */

static void hold(struct shares *s, enum share what, struct entry *e, uint64_t held)
{
    e->held[what] = held;
    if (e->whose.kind == HOLDER_ADDRESS)
        deadlines_set(&s->greedy[what], &e->most[what], held ? -(usec_t)held : USEC_NEVER);
}

static bool has_room(const struct shares *s, enum share what, const struct entry *e, uint64_t n)
{
    struct share_limit l = limit_of(s, what, &e->whose);
    return s->cfg.unlimited || !l.most || (n <= l.most && e->held[what] <= l.most - n);
}

static bool has_left(const struct shares *s, enum share what, uint64_t n)
{
    uint64_t total = s->cfg.total[what];
    return !total || (n <= total && s->held[what] <= total - n);
}

static bool displace(struct shares *s, enum share what, const struct holder *whose)
{
    for (unsigned i = 0; i < s->n_owners; i++) {
        if (s->owners[i].displace(s->owners[i].owner, what, whose)) {
            s->displaced[what]++;
            return true;
        }
    }
    return false;
}

/* Has it given some back? Asking is a walk over all that there is, so who uses everything isn't asked again at once. */
static bool gives_way(struct shares *s, usec_t now, enum share what, struct entry *e)
{
    if (e->busy_until[what] > now)
        return false;
    if (displace(s, what, &e->whose))
        return true;
    e->busy_until[what] = now + BUSY_FOR;
    return false;
}

/* The process's own limit. Who has most but uses it all is set aside, so that the next is asked. */
static bool make_room(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n)
{
    struct entry *busy[BUSY_MAX];
    unsigned n_busy = 0;
    uint64_t would_have = shares_held(s, what, whose) + n;
    for (unsigned i = 0; i < DISPLACE_MAX && n_busy < BUSY_MAX && !has_left(s, what, n); i++) {
        struct deadline *first = s->greedy[what].first;
        struct entry *e = first ? DEADLINE_OWNER(first - what, struct entry, most[0]) : NULL;
        if (!e || e->held[what] <= would_have)
            break;
        if (gives_way(s, now, what, e))
            continue;
        busy[n_busy++] = e;
        deadlines_cancel(&s->greedy[what], &e->most[what]);
    }
    for (unsigned i = 0; i < n_busy; i++)
        hold(s, what, busy[i], busy[i]->held[what]);
    return has_left(s, what, n);
}

enum err shares_take(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n)
{
    struct counted c;
    bool for_process = whose->kind == HOLDER_ADDRESS || whose->kind == HOLDER_NOBODY;
    if (!count_for(s, now, whose, &c))
        return ERR_NOMEM;
    for (unsigned i = 0; i < c.n; i++)
        if (!has_room(s, what, c.entries[i], n))
            return refuse(s, what, &c.entries[i]->whose);
    if (for_process && !make_room(s, now, what, whose, n))
        return refuse(s, what, whose);
    for (unsigned i = 0; i < c.n; i++)
        hold(s, what, c.entries[i], c.entries[i]->held[what] + n);
    if (for_process)
        s->held[what] += n;
    return OK;
}

void shares_register(struct shares *s, shares_displace_fn *fn, void *owner)
{
    if (s->n_owners == SHARES_OWNERS_MAX)
        return;
    s->owners[s->n_owners].displace = fn;
    s->owners[s->n_owners++].owner = owner;
}

void shares_give(struct shares *s, enum share what, const struct holder *whose, uint64_t n)
{
    struct holder each[2];
    unsigned n_each = holders_of(whose, each);
    for (unsigned i = 0; i < n_each; i++) {
        struct entry *e = find(s, &each[i]);
        hold(s, what, e, e->held[what] - n);
    }
    if (whose->kind == HOLDER_ADDRESS || whose->kind == HOLDER_NOBODY)
        s->held[what] -= n;
}

enum err shares_keep(struct shares *s, usec_t now, const struct holder *whose, size_t *held, size_t kept)
{
    enum err e = OK;
    kept = kept / SHARES_STEP * SHARES_STEP;
    if (kept < *held)
        shares_give(s, SHARE_BYTES, whose, *held - kept);
    else if (kept > *held)
        e = shares_take(s, now, SHARE_BYTES, whose, kept - *held);
    if (!e)
        *held = kept;
    return e;
}

uint64_t shares_held(const struct shares *s, enum share what, const struct holder *whose)
{
    const struct entry *e = find(s, whose);
    return e ? e->held[what] : 0;
}

uint64_t shares_total(const struct shares *s, enum share what)
{
    return s->held[what];
}

/* ---- what is spent ---- */

static usec_t time_of(uint64_t n, uint64_t per_hour)
{
    return (usec_t)((double)n * (double)HOUR / (double)per_hour);
}

/* When the bucket would be full again if n were spent now. */
static usec_t full_after(const struct entry *e, usec_t now, enum share what, const struct share_limit *l, uint64_t n)
{
    usec_t full_at = e->full_at[what - SHARES_HELD];
    return (full_at > now ? full_at : now) + time_of(n, l->per_hour);
}

static bool is_limited(const struct shares *s, enum share what, const struct holder *whose)
{
    return !s->cfg.unlimited && limit_of(s, what, whose).per_hour;
}

enum err shares_spend(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n)
{
    struct counted c;
    if (!is_limited(s, what, whose) || !count_for(s, now, whose, &c))
        return OK;
    usec_t full_at[2];
    for (unsigned i = 0; i < c.n; i++) {
        struct share_limit l = limit_of(s, what, &c.entries[i]->whose);
        full_at[i] = full_after(c.entries[i], now, what, &l, n);
        if (full_at[i] > now + time_of(l.most, l.per_hour))
            return refuse(s, what, &c.entries[i]->whose);
    }
    for (unsigned i = 0; i < c.n; i++)
        c.entries[i]->full_at[what - SHARES_HELD] = full_at[i];
    return OK;
}

void shares_charge(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n)
{
    struct counted c;
    if (!is_limited(s, what, whose) || !count_for(s, now, whose, &c))
        return;
    for (unsigned i = 0; i < c.n; i++) {
        struct share_limit l = limit_of(s, what, &c.entries[i]->whose);
        usec_t full_at = full_after(c.entries[i], now, what, &l, n);
        usec_t most = now + time_of(l.most, l.per_hour) + DEBT_MAX;
        c.entries[i]->full_at[what - SHARES_HELD] = full_at < most ? full_at : most;
    }
}

usec_t shares_wait(const struct shares *s, usec_t now, enum share what, const struct holder *whose)
{
    struct holder each[2];
    usec_t longest = 0;
    unsigned n_each = is_limited(s, what, whose) ? holders_of(whose, each) : 0;
    for (unsigned i = 0; i < n_each; i++) {
        struct share_limit l = limit_of(s, what, &each[i]);
        const struct entry *e = find(s, &each[i]);
        usec_t wait = e ? e->full_at[what - SHARES_HELD] - now - time_of(l.most, l.per_hour) : 0;
        if (wait > longest)
            longest = wait;
    }
    return longest;
}

/* ---- to be seen ---- */

struct share_counters shares_counters(const struct shares *s, enum share what)
{
    bool held = what < SHARES_HELD;
    return (struct share_counters){.held = held ? s->held[what] : 0,
                                   .total = held ? s->cfg.total[what] : 0,
                                   .refused = s->refused[what],
                                   .displaced = s->displaced[what]};
}

unsigned shares_holders(const struct shares *s)
{
    return s->n;
}

bool shares_report(struct shares *s, struct share_report *report)
{
    for (unsigned what = 0; what < SHARES; what++) {
        uint64_t refused = s->refused[what] - s->reported[what];
        s->reported[what] = s->refused[what];
        if (!refused)
            continue;
        *report = (struct share_report){(enum share)what, refused, s->last_refused[what]};
        return true;
    }
    return false;
}
