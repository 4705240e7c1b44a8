/* nack_gen.c: the list of what is missing, ascending; it is searched by halves and asked from front to back. */
#include "rtp/nack_gen.h"
#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

#define NACK_RTT_UNKNOWN (100 * MSEC)

void nack_gen_init(struct nack_gen *g, usec_t rtt)
{
    *g = (struct nack_gen){.rtt = rtt, .deadline = USEC_NEVER};
}

void nack_gen_reset(struct nack_gen *g)
{
    free(g->list);
    nack_gen_init(g, g->rtt);
}

void nack_gen_set_rtt(struct nack_gen *g, usec_t rtt)
{
    g->rtt = rtt;
}

static usec_t nack_gen_repeat(const struct nack_gen *g)
{
    usec_t rtt = g->rtt > 0 ? g->rtt : NACK_RTT_UNKNOWN;
    return rtt > NACK_MIN_REPEAT ? rtt : NACK_MIN_REPEAT;
}

static void nack_gen_overflow(struct nack_gen *g)
{
    g->n_given_up += g->n;
    g->n = 0;
    g->deadline = USEC_NEVER;
    g->want_key_frame = true;
}

static bool nack_gen_reserve(struct nack_gen *g, uint64_t more)
{
    return !vec_reserve(g->list, g->cap, g->n + more, NACK_MAX_LIST);
}

static void nack_gen_gap(struct nack_gen *g, usec_t now, uint64_t first, uint64_t end)
{
    if (!nack_gen_reserve(g, end - first)) {
        nack_gen_overflow(g);
        return;
    }
    for (uint64_t seq = first; seq < end; seq++)
        g->list[g->n++] = (struct nack_missing){.seq = seq, .first_at = now, .due_at = now + NACK_REORDER};
    if (now + NACK_REORDER < g->deadline)
        g->deadline = now + NACK_REORDER;
}

/* The first entry at or above seq; g->n if there is none. */
static unsigned nack_gen_lower(const struct nack_gen *g, uint64_t seq)
{
    unsigned low = 0, high = g->n;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        if (g->list[mid].seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void nack_gen_remove(struct nack_gen *g, unsigned at, unsigned n)
{
    if (n == 0)
        return;
    memmove(g->list + at, g->list + at + n, (g->n - at - n) * sizeof *g->list);
    g->n -= n;
    if (g->n == 0)
        g->deadline = USEC_NEVER;
}

void nack_gen_saw(struct nack_gen *g, usec_t now, uint64_t ext_seq)
{
    if (g->highest == 0) {
        g->highest = ext_seq;
        return;
    }
    if (ext_seq > g->highest) {
        uint64_t first = g->highest + 1;
        g->highest = ext_seq;
        if (first < ext_seq)
            nack_gen_gap(g, now, first, ext_seq);
        return;
    }
    unsigned at = nack_gen_lower(g, ext_seq);
    if (at == g->n || g->list[at].seq != ext_seq)
        return;
    g->n_recovered += g->list[at].n_tries > 0;
    nack_gen_remove(g, at, 1);
}

bool nack_gen_is_missing(const struct nack_gen *g, uint64_t ext_seq)
{
    unsigned at = nack_gen_lower(g, ext_seq);
    return at < g->n && g->list[at].seq == ext_seq;
}

void nack_gen_key_frame(struct nack_gen *g, uint64_t ext_seq)
{
    unsigned n = nack_gen_lower(g, ext_seq);
    g->n_given_up += n;
    nack_gen_remove(g, 0, n);
}

unsigned nack_gen_due(struct nack_gen *g, usec_t now, uint16_t *seqs, unsigned cap)
{
    if (now < g->deadline)
        return 0;
    unsigned n_asked = 0, kept = 0;
    usec_t deadline = USEC_NEVER;
    for (unsigned i = 0; i < g->n; i++) {
        struct nack_missing m = g->list[i];
        bool over = m.due_at <= now && (now - m.first_at >= NACK_GIVE_UP || m.n_tries >= NACK_MAX_TRIES);
        if (over) {
            g->n_given_up++;
            continue;
        }
        if (m.due_at <= now && n_asked < cap) {
            seqs[n_asked++] = (uint16_t)m.seq;
            m.n_tries++;
            m.due_at = now + nack_gen_repeat(g);
        }
        if (m.due_at < deadline)
            deadline = m.due_at;
        g->list[kept++] = m;
    }
    g->n = kept;
    g->n_asked += n_asked;
    g->deadline = deadline;
    return n_asked;
}

bool nack_gen_take_key_frame(struct nack_gen *g)
{
    bool want = g->want_key_frame;
    g->want_key_frame = false;
    return want;
}
