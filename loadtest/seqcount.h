/* seqcount.h: how many packets of one SSRC came, and how many should have, by their sequence numbers (RFC 3550 A.3). A
 * packet that comes again within the last 1024 counts once. Plain value. */
#pragma once
#include "rtp/seq.h"

#define SEQCOUNT_WINDOW 1024

struct seqcount {
    struct seq seq;
    uint64_t base;            /* extended number of the first packet since the start or the last restart */
    uint64_t expected_before; /* … and what was expected before that */
    uint64_t received, duplicates;
    uint64_t seen[SEQCOUNT_WINDOW / 64]; /* bit: number % window */
};

enum seqcount_verdict { SEQCOUNT_NEXT, SEQCOUNT_FILLED, SEQCOUNT_AGAIN, SEQCOUNT_WILD };

/* WILD: a jump that isn't believed (yet), not counted. *ext is set unless it is WILD. */
enum seqcount_verdict seqcount_saw(struct seqcount *c, uint16_t wire, uint64_t *ext);
/* A packet that came by another way (RTX): FILLED, or AGAIN. */
enum seqcount_verdict seqcount_recovered(struct seqcount *c, uint16_t wire);
uint64_t seqcount_expected(const struct seqcount *c);
