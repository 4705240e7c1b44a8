/* A down-track's own numbers, over any packets, drops and switches of sources: no index is given to two packets, and
 * what is new goes up. The input is rows of | what 1 | number 2 | timestamp 2 |. */
#include "rtp/rewrite.h"
#include "common/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define T0    (1000 * SEC)
#define GIVEN 4096

/* Indexes that were given out. */
struct given {
    uint64_t list[GIVEN];
    unsigned n;
};

static void must(bool b)
{
    if (!b)
        abort();
}

static void give(struct given *g, uint64_t index)
{
    for (unsigned i = 0; i < g->n; i++)
        must(g->list[i] != index);
    if (g->n < GIVEN)
        g->list[g->n++] = index;
}

static void packet(struct rewrite *r, struct given *given, usec_t now, uint64_t seq, uint32_t ts, bool marker)
{
    struct rewrite_out out = {0};
    uint64_t before = squeeze_last(&r->seqs);
    enum rewrite_verdict v = rewrite_packet(r, now, seq, ts, marker, &out);
    if (v != REWRITE_OK && v != REWRITE_LATE)
        return;
    must(out.index < 1ull << 48);
    must(v == REWRITE_OK ? out.index > before : out.index <= before);
    must(squeeze_last(&r->seqs) == (v == REWRITE_OK ? out.index : before));
    give(given, out.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rewrite r;
    struct given given = {.n = 0};
    struct rd rd = rd_of(bytes_of(data, len));
    usec_t now = T0;
    uint64_t highest = 0x10000;
    const struct rewrite_config cfg = {
        .first_seq = (uint16_t)(1 + (len ? data[0] : 0) * 128u),
        .first_ts = 0xfffff000,
        .video = len & 1,
        .clock_hz = 90000,
        .frame_ticks = 3000,
    };
    rewrite_init(&r, &cfg);
    while (rd_left(&rd) >= 5) {
        uint8_t what = rd_u8(&rd);
        uint64_t seq = highest + (uint64_t)(int64_t)(int16_t)rd_u16(&rd);
        uint32_t ts = rd_u16(&rd) * (what & 0x40 ? 65537u : 1u);
        if (what & 0x80) /* near, as most are */
            seq = highest + (uint64_t)(int64_t)(int8_t)seq;
        if (seq == 0 || seq > 1ull << 40)
            continue;
        struct sr_map from = {(uint64_t)ts << 32, ts}, to = {1ull << 40, (uint32_t)seq};
        struct rewrite_switch s = {seq, ts, what & 0x10 ? &from : NULL, what & 0x20 ? &to : NULL};
        switch (what % 8) {
        case 0:
            if (rewrite_switch(&r, now, &s) == OK)
                packet(&r, &given, now, seq, ts, true);
            break;
        case 1:
            rewrite_drop(&r, seq);
            break;
        case 2:
            now += (usec_t)ts * MSEC;
            (void)rewrite_ts_at(&r, now);
            break;
        default:
            packet(&r, &given, now, seq, ts, what & 8);
        }
        highest = seq > highest ? seq : highest;
        now += MSEC;
    }
    return 0;
}
