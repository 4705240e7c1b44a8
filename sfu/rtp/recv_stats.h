/* recv_stats.h: what we received from one SSRC, and the report block that says so. RFC 3550 6.4.1, A.3, A.8. Plain
 * value. */
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
    uint64_t sr_ntp; /* of the last sender report; 0: none came */
    uint32_t sr_rtp_ts;
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
