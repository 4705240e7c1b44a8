/* stats.c: both sides of RFC 3550 6.4.1, with the algorithms of A.3 and A.8. */
#include "rtp/stats.h"
#include "rtp/ntp.h"
#include "rtp/seq.h"

#include <assert.h>

#define RTT_MAX         (30 * SEC)
#define RTT_SLACK_SHORT 656 /* 10 ms in 1/65536 s: rounding and clock steps, taken for "at once" */

void recv_stats_init(struct recv_stats *s, uint32_t clock_hz)
{
    assert(clock_hz > 0);
    *s = (struct recv_stats){.clock_hz = clock_hz};
}

void recv_stats_restart(struct recv_stats *s)
{
    s->base_seq = s->highest_seq = 0;
    s->n_packets = s->reported_expected = s->reported_packets = 0;
}

/* RFC 3550 6.4.1: "J(i) = J(i-1) + (|D(i-1,i)| - J(i-1))/16", as A.8 computes it with whole numbers; once per frame,
 * since the packets of one share a timestamp and differ by the sender's pacing only. */
static void recv_stats_jitter(struct recv_stats *s, usec_t now, uint32_t ts)
{
    uint64_t clock = s->clock_hz, t = (uint64_t)now;
    uint32_t arrival = (uint32_t)(t / SEC * clock + t % SEC * clock / SEC);
    uint32_t transit = arrival - ts;
    int32_t d = ts_diff(transit, s->last_transit);
    uint32_t size = d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
    bool first = s->highest_seq == 0;
    s->last_transit = transit;
    s->last_ts = ts;
    if (first || size / 4 > s->clock_hz) /* a step of over 4 s is a new time base, not jitter */
        return;
    s->jitter_x16 += size - ((s->jitter_x16 + 8) >> 4);
}

void recv_stats_saw(struct recv_stats *s, usec_t now, uint64_t ext_seq, uint32_t ts, uint32_t payload_len,
                    bool recovered)
{
    s->n_packets++;
    s->n_bytes += payload_len;
    if (!recovered && ext_seq > s->highest_seq && (s->highest_seq == 0 || ts != s->last_ts))
        recv_stats_jitter(s, now, ts);
    if (s->highest_seq == 0 || ext_seq < s->base_seq)
        s->base_seq = ext_seq;
    if (ext_seq > s->highest_seq)
        s->highest_seq = ext_seq;
}

void recv_stats_sr(struct recv_stats *s, usec_t now, const struct rtcp_sr *sr)
{
    s->sr_ntp = sr->ntp;
    s->sr_rtp_ts = sr->rtp_ts;
    s->sr_at = now;
}

static int32_t clamp_24(int64_t v)
{
    return v > 0x7fffff ? 0x7fffff : v < -0x800000 ? -0x800000 : (int32_t)v;
}

/* RFC 3550 6.4.1, of the fraction lost: "the number of packets lost divided by the number of packets expected" since
 * the last report; A.3. */
bool recv_stats_report(struct recv_stats *s, usec_t now, struct rtcp_report *out)
{
    if (s->highest_seq == 0)
        return false;
    uint64_t expected = s->highest_seq - s->base_seq + 1;
    int64_t asked = (int64_t)(expected - s->reported_expected), got = (int64_t)(s->n_packets - s->reported_packets);
    int64_t lost = asked - got;
    s->reported_expected = expected;
    s->reported_packets = s->n_packets;
    *out = (struct rtcp_report){
        .fraction_lost = (uint8_t)(asked <= 0 || lost <= 0 ? 0
                                   : lost >= asked         ? 255
                                                           : lost * 256 / asked),
        .total_lost = clamp_24((int64_t)expected - (int64_t)s->n_packets),
        .highest_seq = (uint32_t)(s->highest_seq - 0x10000), /* extended numbers start in cycle 1, reports in cycle 0 */
        .jitter = s->jitter_x16 >> 4,
        .lsr = ntp_middle(s->sr_ntp),
        .dlsr = s->sr_ntp ? ntp_short_of_usec(now - s->sr_at) : 0,
    };
    return true;
}

void send_stats_init(struct send_stats *s, uint32_t clock_hz)
{
    assert(clock_hz > 0);
    *s = (struct send_stats){.clock_hz = clock_hz};
}

bool send_stats_sr(const struct send_stats *s, usec_t now, uint64_t ntp_now, struct rtcp_sr *out)
{
    if (s->n_packets_total == 0)
        return false;
    uint64_t since = now > s->last_at ? (uint64_t)(now - s->last_at) : 0;
    uint64_t ticks = since / SEC * s->clock_hz + since % SEC * s->clock_hz / SEC;
    *out = (struct rtcp_sr){
        .ntp = ntp_now,
        .rtp_ts = s->last_ts + (uint32_t)ticks,
        .n_packets = s->n_packets,
        .n_octets = s->n_octets,
    };
    return true;
}

/* RFC 3550 6.4.1: the round trip is "(A - LSR - DLSR)", A the arrival of the report. */
usec_t rtcp_rtt(uint64_t ntp_now, uint32_t lsr, uint32_t dlsr)
{
    if (lsr == 0)
        return 0;
    int32_t d = (int32_t)(ntp_middle(ntp_now) - lsr - dlsr);
    if (d < -RTT_SLACK_SHORT)
        return 0;
    usec_t rtt = d <= 0 ? 1 : ntp_short_to_usec((uint32_t)d);
    return rtt > RTT_MAX ? 0 : rtt;
}

void send_stats_report(struct send_stats *s, uint64_t ntp_now, const struct rtcp_report *report)
{
    s->fraction_lost = report->fraction_lost;
    s->total_lost = report->total_lost;
    s->highest_seq = report->highest_seq;
    s->jitter = report->jitter;
    usec_t rtt = rtcp_rtt(ntp_now, report->lsr, report->dlsr);
    if (rtt == 0)
        return;
    s->rtt_smooth = s->rtt_smooth ? (7 * s->rtt_smooth + rtt) / 8 : rtt;
    s->rtt = rtt;
}
