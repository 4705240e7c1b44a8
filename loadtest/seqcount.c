/* seqcount.c: packets expected and packets seen, by sequence number. */
#include "loadtest/seqcount.h"

static void forget(struct seqcount *c, uint64_t from, uint64_t to)
{
    if (to - from >= SEQCOUNT_WINDOW)
        from = to - SEQCOUNT_WINDOW;
    for (uint64_t i = from + 1; i <= to; i++)
        c->seen[i % SEQCOUNT_WINDOW / 64] &= ~(UINT64_C(1) << i % 64);
}

static bool mark(struct seqcount *c, uint64_t ext)
{
    uint64_t *word = &c->seen[ext % SEQCOUNT_WINDOW / 64], bit = UINT64_C(1) << ext % 64;
    bool fresh = !(*word & bit);
    *word |= bit;
    if (fresh)
        c->received++;
    else
        c->duplicates++;
    return fresh;
}

static enum seqcount_verdict fill(struct seqcount *c, uint64_t ext)
{
    if (ext < c->base || ext + SEQCOUNT_WINDOW <= c->seq.highest) {
        c->duplicates++;
        return SEQCOUNT_AGAIN;
    }
    return mark(c, ext) ? SEQCOUNT_FILLED : SEQCOUNT_AGAIN;
}

enum seqcount_verdict seqcount_saw(struct seqcount *c, uint16_t wire, uint64_t *ext)
{
    uint64_t before = c->seq.highest, here = 0;
    enum seq_verdict v = seq_update(&c->seq, wire, &here);
    if (v == SEQ_SUSPECT)
        return SEQCOUNT_WILD;
    *ext = here;
    if (v == SEQ_LATE)
        return fill(c, here);
    if (v == SEQ_RESTART || before == 0) {
        c->expected_before += before ? before - c->base + 1 : 0;
        c->base = here;
        before = here - 1;
    }
    forget(c, before, here);
    mark(c, here);
    return SEQCOUNT_NEXT;
}

enum seqcount_verdict seqcount_recovered(struct seqcount *c, uint16_t wire)
{
    if (c->seq.highest == 0)
        return SEQCOUNT_WILD;
    uint64_t ext = seq_extend(c->seq.highest, wire);
    return ext > c->seq.highest ? SEQCOUNT_WILD : fill(c, ext);
}

uint64_t seqcount_expected(const struct seqcount *c)
{
    return c->seq.highest ? c->expected_before + c->seq.highest - c->base + 1 : 0;
}
