/* The recorder of arrivals, under any numbers at any times: what it writes is read back by the reader, says nothing
 * that it wasn't told, in order, and never more than a message holds. The input is rows of | step of time 1 | number 2
 * |; an odd step writes. */
#include "rtp/twcc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define T0 (1000 * SEC)

static void must(bool b)
{
    if (!b)
        abort();
}

static void read_back(struct bytes written, const bool *ever)
{
    struct rtcp_iter it;
    struct rtcp_item item;
    struct twcc_iter fb;
    struct twcc_packet p;
    unsigned n_received = 0, n = 0;
    rtcp_iter_init(&it, written);
    must(rtcp_next(&it, &item) && item.type == RTCP_TWCC);
    must(twcc_iter_init(&fb, &item.twcc) == OK);
    while (twcc_next(&fb, &p)) {
        must(p.seq == (uint16_t)(item.twcc.base_seq + n));
        n++;
        n_received += p.received;
        must(!p.received || ever[p.seq]);
    }
    must(n == item.twcc.n_seqs && n_received > 0 && n_received <= TWCC_MAX_PACKETS);
    must(!rtcp_next(&it, &item));
}

static void write_all(struct twcc_recorder *r, const bool *ever)
{
    uint8_t buf[1200];
    for (unsigned rounds = 0;; rounds++) {
        struct wr w = wr_of(buf, sizeof buf);
        must(rounds <= TWCC_WINDOW);
        if (!twcc_recorder_write(r, &w, 1, 2)) {
            must(!w.bad && wr_len(&w) == 0);
            return;
        }
        must(!w.bad);
        read_back(bytes_of(buf, wr_len(&w)), ever);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ever[65536];
    struct twcc_recorder r;
    struct rd rd = rd_of(bytes_of(data, len));
    usec_t now = T0;
    twcc_recorder_init(&r);
    while (rd_left(&rd) >= 3) {
        uint8_t step = rd_u8(&rd);
        uint16_t seq = rd_u16(&rd);
        now += (usec_t)(step & 0x7f) * (step & 0x80 ? 100 * MSEC : 100);
        ever[seq] = true;
        twcc_recorder_saw(&r, now, seq);
        must(r.n_waiting <= TWCC_WINDOW);
        if (step & 1)
            write_all(&r, ever);
    }
    write_all(&r, ever);
    for (struct rd again = rd_of(bytes_of(data, len)); rd_left(&again) >= 3;) {
        rd_u8(&again);
        ever[rd_u16(&again)] = false;
    }
    return 0;
}
