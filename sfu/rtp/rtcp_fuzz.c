/* Any bytes as RTCP: reading ends, and what it says can be written and read back the same. */
#include "rtp/rtcp.h"
#include "rtp/twcc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* False: there is no writer for this one, or it fits none. */
static bool write_item(struct wr *w, const struct rtcp_item *i)
{
    struct rtcp_block block = {i->media_ssrc, {0}};
    uint16_t seqs[17];
    switch (i->type) {
    case RTCP_SR:
        rtcp_write_sr(w, i->ssrc, &i->sr, NULL, 0);
        return true;
    case RTCP_REPORT:
        block.report = i->report;
        rtcp_write_rr(w, i->ssrc, &block, 1);
        return true;
    case RTCP_RR:
        rtcp_write_rr(w, i->ssrc, NULL, 0);
        return true;
    case RTCP_NACK:
        rtcp_write_nack(w, i->ssrc, i->media_ssrc, seqs, rtcp_nack_seqs(i->nack, seqs));
        return true;
    case RTCP_PLI:
        rtcp_write_pli(w, i->ssrc, i->media_ssrc);
        return true;
    case RTCP_FIR:
        rtcp_write_fir(w, i->ssrc, i->media_ssrc, i->fir_seq);
        return true;
    default:
        return false;
    }
}

static void check_again(const struct rtcp_item *item)
{
    uint8_t packet[512];
    struct wr w = wr_of(packet, sizeof packet);
    struct rtcp_iter it;
    struct rtcp_item again;
    if (!write_item(&w, item))
        return;
    check(!w.bad && wr_len(&w) % 4 == 0);
    rtcp_iter_init(&it, bytes_of(packet, wr_len(&w)));
    check(rtcp_next(&it, &again));
    if (item->type == RTCP_REPORT)
        check(rtcp_next(&it, &again) && again.report.total_lost == item->report.total_lost);
    check(again.type == item->type && again.ssrc == item->ssrc);
    if (item->type == RTCP_NACK)
        check(again.nack.pid == item->nack.pid && again.nack.blp == item->nack.blp);
    check(!rtcp_next(&it, &again) && !it.bad);
}

static void read_twcc(const struct rtcp_twcc *fb)
{
    struct twcc_iter it;
    struct twcc_packet p;
    unsigned n = 0;
    if (twcc_iter_init(&it, fb) != OK)
        return;
    while (twcc_next(&it, &p))
        n++;
    check(n == fb->n_seqs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtcp_iter it;
    struct rtcp_item item;
    size_t n_items = 0;
    rtcp_iter_init(&it, bytes_of(data, len));
    while (rtcp_next(&it, &item)) {
        check(++n_items <= len);
        check_again(&item);
        if (item.type == RTCP_TWCC)
            read_twcc(&item.twcc);
    }
    return 0;
}
