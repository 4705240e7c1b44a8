/* rtcp_parse.c: a compound is opened packet by packet, a packet read item by item. */
#include "rtp/rtcp.h"

/*   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  |V=2|P| count/FMT |      PT       |       length in words - 1     |
 *  |                       SSRC of the sender                        |
 */
enum { PT_SR = 200, PT_RR = 201, PT_RTPFB = 205, PT_PSFB = 206 };
enum { FMT_NACK = 1, FMT_TWCC = 15, FMT_PLI = 1, FMT_FIR = 4, FMT_AFB = 15 };

void rtcp_iter_init(struct rtcp_iter *it, struct bytes packet)
{
    *it = (struct rtcp_iter){.packets = rd_of(packet)};
    it->body = rd_of(bytes_of(packet.p, 0));
    it->bad = packet.len == 0;
}

/* Opens the next packet of the compound; the head of an SR or RR is an item of its own: then true. */
static bool rtcp_open(struct rtcp_iter *it, struct rtcp_item *item)
{
    struct rd *r = &it->packets;
    uint8_t first = rd_u8(r);
    it->pt = rd_u8(r);
    it->body = rd_sub(r, (size_t)rd_u16(r) * 4);
    it->count = first & 31;
    it->left = it->count;
    it->media_ssrc = 0;
    it->bad = r->bad || first >> 6 != 2;
    size_t body_len = rd_left(&it->body);
    if (first >> 5 & 1) { /* padding: RFC 3550 6.4.1, in the last packet */
        uint8_t pad = body_len ? it->body.end[-1] : 0;
        if (pad == 0 || pad > body_len)
            it->bad = true;
        else
            it->body.end -= pad;
    }
    if (it->bad || (it->pt != PT_SR && it->pt != PT_RR && it->pt != PT_RTPFB && it->pt != PT_PSFB))
        return false;
    it->ssrc = rd_u32(&it->body);
    if (it->pt == PT_RTPFB || it->pt == PT_PSFB)
        it->media_ssrc = rd_u32(&it->body);
    item->ssrc = it->ssrc;
    item->media_ssrc = 0;
    if (it->pt == PT_SR) {
        item->type = RTCP_SR;
        item->sr.ntp = rd_u64(&it->body);
        item->sr.rtp_ts = rd_u32(&it->body);
        item->sr.n_packets = rd_u32(&it->body);
        item->sr.n_octets = rd_u32(&it->body);
    } else {
        item->type = RTCP_RR;
    }
    it->bad = it->body.bad;
    return !it->bad && (it->pt == PT_SR || it->pt == PT_RR);
}

static bool rtcp_next_report(struct rtcp_iter *it, struct rtcp_item *item)
{
    if (it->left == 0)
        return false;
    it->left--;
    struct rd *r = &it->body;
    item->type = RTCP_REPORT;
    item->media_ssrc = rd_u32(r);
    item->report.fraction_lost = rd_u8(r);
    uint32_t lost = rd_u24(r);
    item->report.total_lost = (int32_t)(lost << 8) >> 8;
    item->report.highest_seq = rd_u32(r);
    item->report.jitter = rd_u32(r);
    item->report.lsr = rd_u32(r);
    item->report.dlsr = rd_u32(r);
    it->bad = r->bad;
    return !it->bad;
}

static bool rtcp_next_rtpfb(struct rtcp_iter *it, struct rtcp_item *item)
{
    struct rd *r = &it->body;
    if (it->count == FMT_NACK) {
        item->type = RTCP_NACK;
        item->nack.pid = rd_u16(r);
        item->nack.blp = rd_u16(r);
    } else if (it->count == FMT_TWCC) {
        item->type = RTCP_TWCC;
        item->twcc.base_seq = rd_u16(r);
        item->twcc.n_seqs = rd_u16(r);
        item->twcc.reference_time = rd_u24(r);
        item->twcc.feedback_count = rd_u8(r);
        item->twcc.chunks = rd_bytes(r, rd_left(r));
    } else {
        rd_skip(r, rd_left(r));
        return false;
    }
    it->bad = r->bad;
    return !it->bad;
}

/* draft-alvestrand-rmcat-remb 2.2: "REMB", count, 6 bits of exponent, 18 of mantissa, SSRCs. False: another
 * application's. */
static bool rtcp_read_remb(struct rd *r, struct rtcp_remb *remb)
{
    if (rd_u32(r) != 0x52454d42u)
        return false;
    uint8_t n = rd_u8(r);
    uint32_t rate = rd_u24(r);
    unsigned exponent = rate >> 18;
    uint64_t mantissa = rate & 0x3ffff;
    remb->bps = exponent > 45 && mantissa ? UINT64_MAX : mantissa << (exponent & 63);
    remb->n_ssrcs = 0;
    for (unsigned i = 0; i < n; i++) {
        uint32_t ssrc = rd_u32(r);
        if (remb->n_ssrcs < RTCP_MAX_REMB_SSRCS)
            remb->ssrcs[remb->n_ssrcs++] = ssrc;
    }
    return true;
}

static bool rtcp_next_psfb(struct rtcp_iter *it, struct rtcp_item *item)
{
    struct rd *r = &it->body;
    bool known = false;
    if (it->count == FMT_PLI && it->left) {
        it->left = 0;
        item->type = RTCP_PLI;
        known = true;
    } else if (it->count == FMT_FIR && rd_left(r) > 0) {
        item->type = RTCP_FIR;
        item->media_ssrc = rd_u32(r);
        item->fir_seq = rd_u8(r);
        rd_skip(r, 3);
        it->bad = r->bad;
        return !it->bad;
    } else if (it->count == FMT_AFB && rd_left(r) > 0) {
        item->type = RTCP_REMB;
        known = rtcp_read_remb(r, &item->remb);
        it->bad = known && r->bad;
    }
    rd_skip(r, rd_left(r));
    return known && !it->bad;
}

/* The next item of the packet that is open; false at its end, or if it is broken. */
static bool rtcp_next_in_packet(struct rtcp_iter *it, struct rtcp_item *item)
{
    item->ssrc = it->ssrc;
    item->media_ssrc = it->media_ssrc;
    switch (it->pt) {
    case PT_SR:
    case PT_RR:
        return rtcp_next_report(it, item);
    case PT_RTPFB:
        return rd_left(&it->body) > 0 && rtcp_next_rtpfb(it, item);
    case PT_PSFB:
        return rtcp_next_psfb(it, item);
    default:
        return false;
    }
}

bool rtcp_next(struct rtcp_iter *it, struct rtcp_item *item)
{
    struct rtcp_item got;
    while (!it->bad) {
        if (it->pt != 0 && rtcp_next_in_packet(it, &got)) {
            *item = got;
            return true;
        }
        if (it->bad || rd_left(&it->packets) == 0)
            return false;
        if (rtcp_open(it, &got)) {
            *item = got;
            return true;
        }
    }
    return false;
}

unsigned rtcp_nack_seqs(struct rtcp_nack nack, uint16_t seqs[17])
{
    unsigned n = 0;
    seqs[n++] = nack.pid;
    for (unsigned bit = 0; bit < 16; bit++)
        if (nack.blp >> bit & 1)
            seqs[n++] = (uint16_t)(nack.pid + bit + 1);
    return n;
}
