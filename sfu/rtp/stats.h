/* stats.h: what we received from one SSRC and the report block that says so; what we sent on one, the sender report
 * that says so, and the round trip its receiver lets us measure. RFC 3550 6.4, A.3, A.8. Plain values. NTP "now" is
 * handed in. */
#pragma once
#include "rtp/rtcp.h"
#include "common/usec.h"

struct recv_stats {
    uint32_t clock_hz;
    uint64_t base_seq, highest_seq; /* extended; 0: nothing came yet */
    uint64_t n_packets, n_bytes;    /* bytes of payload */
    uint64_t reported_expected, reported_packets;
    uint32_t jitter_x16, last_transit; /* in timestamp units */
    uint32_t last_ts;
    uint64_t sr_ntp;    /* of the last sender report; 0: none came */
    uint32_t sr_rtp_ts; /* what it belongs to: waits for sender reports made from those of the source */
    usec_t sr_at;
};

void recv_stats_init(struct recv_stats *s, uint32_t clock_hz); /* clock_hz > 0 */
/* ext_seq from seq_update(); recovered packets (RTX) count too, but leave jitter alone: pass recovered. Duplicates must
 * not come here. */
void recv_stats_saw(struct recv_stats *s, usec_t now, uint64_t ext_seq, uint32_t ts, uint32_t payload_len,
                    bool recovered);
/* After a restart (SEQ_RESTART): counting starts afresh at the packet that comes next. */
void recv_stats_restart(struct recv_stats *s);
void recv_stats_sr(struct recv_stats *s, usec_t now, const struct rtcp_sr *sr);
/* Starts the next interval of fraction_lost. False: nothing came yet, so there is nothing to report. */
bool recv_stats_report(struct recv_stats *s, usec_t now, struct rtcp_report *out);

struct send_stats {
    uint32_t clock_hz;
    uint32_t n_packets, n_octets; /* wrap, as on the wire; octets of payload */
    uint64_t n_packets_total;
    uint32_t last_ts; /* RTP timestamp of the newest packet, and when it went out */
    usec_t last_at;
    usec_t rtt;            /* last measured; 0: unknown */
    usec_t rtt_smooth;     /* 7/8 old + 1/8 new; 0: unknown */
    uint8_t fraction_lost; /* as last reported to us */
    int32_t total_lost;
    uint32_t highest_seq, jitter;
};

void send_stats_init(struct send_stats *s, uint32_t clock_hz); /* clock_hz > 0 */

static inline void send_stats_sent(struct send_stats *s, usec_t now, uint32_t ts, uint32_t payload_len)
{
    s->n_packets++;
    s->n_packets_total++;
    s->n_octets += payload_len;
    s->last_ts = ts;
    s->last_at = now;
}

/* False: nothing was sent yet. The RTP time is that of the newest packet moved on to now. */
bool send_stats_sr(const struct send_stats *s, usec_t now, uint64_t ntp_now, struct rtcp_sr *out);
/* A block about this SSRC. An LSR we can't have sent, or a delay longer than the time since, leaves the RTT as it was.
 */
void send_stats_report(struct send_stats *s, uint64_t ntp_now, const struct rtcp_report *report);
/* RTT from LSR and DLSR (or LRR and DLRR); 0 if the pair makes no sense (never sent, negative, over 30 s). */
usec_t rtcp_rtt(uint64_t ntp_now, uint32_t lsr, uint32_t dlsr);
