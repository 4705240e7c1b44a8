/* rtcp.h: RTCP, compound or reduced-size (RFC 3550, 4585, 5104, 5506, draft-alvestrand-rmcat-remb), read as a flat row
 * of items: a receiver report with three blocks is three items. Pure; ranges are borrowed from the packet. Packet types
 * and formats that nobody here acts on (SDES, BYE, XR, …) are skipped; a broken length ends the reading and marks it.
 *     struct rtcp_iter it;
 *     rtcp_iter_init(&it, packet);
 *     while (rtcp_next(&it, &item))
 *         switch (item.type) …
 *     if (it.bad) count it;                                       what came before is good all the same
 * The number of items is bounded by the packet's size: each takes at least 4 bytes of it. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define RTCP_MAX_REMB_SSRCS 16
#define RTCP_MAX_BLOCKS     31
#define RTCP_MAX_CNAME      255

enum rtcp_type {
    RTCP_SR,     /* sender info; its report blocks follow as RTCP_REPORT */
    RTCP_REPORT, /* one report block of an SR or RR: media_ssrc is whom it is about */
    RTCP_RR,     /* a receiver report begins (it may hold no block) */
    RTCP_NACK,   /* up to 17 sequence numbers of media_ssrc */
    RTCP_TWCC,   /* to be read on with twcc.h; waits for the estimate of the way down, as does REMB */
    RTCP_PLI,
    RTCP_FIR, /* one entry: media_ssrc is the one asked */
    RTCP_REMB,
};

struct rtcp_sr {
    uint64_t ntp;
    uint32_t rtp_ts, n_packets, n_octets;
};

struct rtcp_report {
    uint8_t fraction_lost; /* in 1/256 */
    int32_t total_lost;    /* 24 bits, signed */
    uint32_t highest_seq;  /* cycles in the upper half */
    uint32_t jitter;       /* in timestamp units */
    uint32_t lsr, dlsr;    /* middle 32 bits of NTP; 1/65536 s */
};

struct rtcp_nack {
    uint16_t pid, blp;
};

struct rtcp_twcc {
    uint16_t base_seq, n_seqs;
    uint32_t reference_time; /* 24 bits, in 64 ms */
    uint8_t feedback_count;
    struct bytes chunks; /* chunks, then deltas, then padding */
};

struct rtcp_remb {
    uint64_t bps; /* saturated */
    uint8_t n_ssrcs;
    uint32_t ssrcs[RTCP_MAX_REMB_SSRCS];
};

struct rtcp_item {
    enum rtcp_type type;
    uint32_t ssrc;       /* who says it */
    uint32_t media_ssrc; /* about whom; 0 where that has no meaning */
    union {
        struct rtcp_sr sr;
        struct rtcp_report report;
        struct rtcp_nack nack;
        struct rtcp_twcc twcc;
        uint8_t fir_seq;
        struct rtcp_remb remb;
    };
};

struct rtcp_iter {
    struct rd packets, body;
    uint8_t pt, count; /* count: also FMT */
    uint32_t ssrc, media_ssrc;
    uint8_t left; /* items of this packet still to come, where it says so */
    bool bad;
};

void rtcp_iter_init(struct rtcp_iter *it, struct bytes packet);
bool rtcp_next(struct rtcp_iter *it, struct rtcp_item *item);

/* The sequence numbers of a NACK item: returns how many (1…17). RFC 4585 6.2.1. */
unsigned rtcp_nack_seqs(struct rtcp_nack nack, uint16_t seqs[17]);

/* Writers append one packet each; a full buffer makes w bad and leaves wr_len() where the packet would begin only if
 * the caller goes back to it: take a copy of *w before. A regular report is SR or RR, then SDES. */
struct rtcp_block {
    uint32_t ssrc;
    struct rtcp_report report;
};

void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr, const struct rtcp_block *blocks,
                   unsigned n_blocks);
void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_block *blocks, unsigned n_blocks); /* n_blocks ≤ 31 */
void rtcp_write_cname(struct wr *w, uint32_t ssrc, struct bytes cname); /* cut at 255 bytes */
/* seqs ascending (wrapping); packed into as few PID/BLP pairs as that allows. Nothing is written if n_seqs is 0. */
void rtcp_write_nack(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, unsigned n_seqs);
void rtcp_write_pli(struct wr *w, uint32_t ssrc, uint32_t media_ssrc);
void rtcp_write_fir(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, uint8_t fir_seq);
