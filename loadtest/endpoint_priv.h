/* endpoint_priv.h: what the files of an endpoint share. */
#pragma once
#include "ice/ice_check.h"
#include "loadtest/endpoint.h"
#include "loadtest/player.h"
#include "loadtest/seqcount.h"
#include "rtp/ext.h"
#include "rtp/nack_gen.h"
#include "rtp/stats.h"
#include "rtp/twcc.h"
#include "srtp/srtpctx.h"

#define EP_HISTORY  256 /* sent video packets kept for NACKs */
#define EP_RTCP_CAP 1200
#define EP_SLOTS    SDP_MEDIA_MAX

/* A sent payload, for RTX. */
struct ep_sent {
    uint64_t index; /* 0: empty */
    uint32_t ts;
    uint16_t len;
    bool marker;
    uint8_t payload[PLAYER_PAYLOAD_MAX];
};

/* A track that we send. */
struct ep_track {
    bool on;
    enum endpoint_kind kind;
    uint8_t pt, rtx_pt;
    uint32_t ssrc, rtx_ssrc, clock, ts, ts_step;
    uint64_t index, rtx_index; /* RTP: ROC and sequence number */
    uint32_t stamp_seq;
    struct srtpseal_stream stream, rtx_stream;
    struct ext_block block;
    struct player player;
    usec_t frame_at, burst_at, frame_us, key_asked_at;
    struct send_stats stats;
    struct ep_sent *history; /* EP_HISTORY; NULL for audio */
    uint64_t n_sent, n_sent_mark;
};

/* A slot on which we receive. */
struct ep_slot {
    enum endpoint_kind kind;
    uint8_t pt, rtx_pt;
    uint8_t twcc_id;
    bool got_any;
    uint32_t ssrc, rtx_ssrc;
    struct seqcount count;
    uint64_t expected_mark, received_mark, duplicates_mark;
    struct recv_stats stats;
    struct nack_gen nacks; /* if the endpoint asks for what is lost */
    /* if it verifies: */
    bool has_stamp, has_pic;
    uint32_t stamp_stream, stamp_next;
    uint16_t pic;
    uint32_t pic_ts;
    uint64_t pic_seq; /* extended number of the last packet looked into */
};

struct endpoint {
    struct endpoint_config cfg;
    struct endpoint_env *env;
    enum endpoint_state state;
    const char *why;
    uint64_t random;
    usec_t joined_at, deadline;
    bool got_media;
    /* ICE */
    struct ice_creds remote;
    struct ice_check check;
    bool check_open; /* its answer is awaited */
    unsigned check_tries;
    usec_t check_at, consent_until;
    struct addr peer;
    /* DTLS and SRTP */
    struct dtls_fingerprint fingerprint;
    struct dtls *dtls;
    struct srtpseal_key *key;
    struct srtpctx *in;
    uint32_t srtcp_index;
    /* media */
    uint32_t own_ssrc;
    uint16_t twcc_out;
    struct ep_track tracks[KINDS];
    struct ep_slot *slots;
    unsigned n_slots, slot_hint, report_at_slot;
    struct twcc_recorder *twcc; /* NULL: not agreed */
    usec_t twcc_at, report_at, nack_at;
    struct endpoint_totals count; /* since the mark, all but kind[] */
    /* negotiation, freed with the answer */
    struct sdp_media_neg *media;
    unsigned n_media;
};

uint32_t ep_random(struct endpoint *ep);
/* endpoint_sdp.c */
void ep_agree(struct endpoint *ep); /* tracks and slots of what was negotiated */
/* endpoint_send.c */
void ep_send_start(struct endpoint *ep, usec_t now);
void ep_send_tick(struct endpoint *ep, usec_t now, struct outbox *out);
usec_t ep_send_deadline(const struct endpoint *ep);
void ep_resend(struct endpoint *ep, uint32_t ssrc, struct rtcp_nack nack, struct outbox *out);
/* endpoint_recv.c */
void ep_recv_rtp(struct endpoint *ep, usec_t now, uint8_t *p, size_t len);
/* endpoint_rtcp.c */
void ep_recv_rtcp(struct endpoint *ep, usec_t now, uint8_t *p, size_t len, struct outbox *out);
void ep_rtcp_start(struct endpoint *ep, usec_t now);
void ep_rtcp_tick(struct endpoint *ep, usec_t now, uint64_t ntp, struct outbox *out);
usec_t ep_rtcp_deadline(const struct endpoint *ep);
