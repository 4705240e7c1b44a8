/* send_stats.c: the sender's side of RFC 3550 6.4.1. */
#include "rtp/send_stats.h"
#include "rtp/ntp.h"

#include <assert.h>

#define RTT_MAX         (30 * SEC)
#define RTT_SLACK_SHORT 656 /* 10 ms in 1/65536 s: rounding and clock steps, taken for "at once" */

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
