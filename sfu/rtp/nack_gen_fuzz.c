/* The list of what is missing, under any order of arrivals, round-trip times and key frames: bounded, ascending, never
 * asking for what came, nor too often. The input is rows of | what 1 | number or time 2 |. */
#include "rtp/nack_gen.h"
#include "rtp/seq.h"
#include "common/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define T0  (1000 * SEC)
#define CAP 64

static void must(bool b)
{
    if (!b)
        abort();
}

static void check(const struct nack_gen *g)
{
    must(g->n <= NACK_MAX_LIST && g->n <= g->cap);
    must((g->n == 0) == (nack_gen_deadline(g) == USEC_NEVER));
    for (unsigned i = 0; i < g->n; i++) {
        must(g->list[i].seq < g->highest && g->list[i].n_tries <= NACK_MAX_TRIES);
        must(i == 0 || g->list[i - 1].seq < g->list[i].seq);
    }
}

static void ask(struct nack_gen *g, usec_t now)
{
    uint16_t seqs[CAP];
    unsigned n = nack_gen_due(g, now, seqs, CAP);
    must(n <= CAP && n <= g->n);
    for (unsigned i = 0; i < n; i++)
        must(nack_gen_is_missing(g, seq_extend(g->highest, seqs[i])));
    must(n == CAP || nack_gen_due(g, now, seqs, CAP) == 0); /* no two asks in one moment */
    must(nack_gen_deadline(g) > now || n == CAP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct nack_gen g;
    struct seq seq = {0};
    struct rd rd = rd_of(bytes_of(data, len));
    uint64_t ext = 0;
    usec_t now = T0;
    nack_gen_init(&g, 0);
    while (rd_left(&rd) >= 3) {
        uint8_t what = rd_u8(&rd);
        uint16_t n = rd_u16(&rd);
        switch (what % 8) {
        case 0:
            nack_gen_set_rtt(&g, (usec_t)n * 100);
            break;
        case 1:
            now += (usec_t)n * 100;
            ask(&g, now);
            break;
        case 2:
            nack_gen_key_frame(&g, seq_extend(g.highest ? g.highest : 0x10000, n));
            break;
        case 3:
            must(!nack_gen_take_key_frame(&g) || !nack_gen_take_key_frame(&g));
            break;
        default:
            if (what & 0x80) /* near, as most are */
                n = (uint16_t)(seq.highest + (uint64_t)(int64_t)(int8_t)n);
            if (seq_update(&seq, n, &ext) == SEQ_SUSPECT)
                break;
            nack_gen_saw(&g, now, ext);
            must(!nack_gen_is_missing(&g, ext));
            now += MSEC;
        }
        check(&g);
    }
    nack_gen_reset(&g);
    return 0;
}
