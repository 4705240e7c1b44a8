/* client.h: a browser's half of a connection without a browser: offers, ICE checks, DTLS, SRTP, a microphone and a
 * camera whose payloads can be checked at the other end, and slots that check what comes. For tests only. Sans-IO: the
 * caller carries datagrams and says the time; the same seed gives the same bytes (but for DTLS, which draws its own).
 * It answers PLI with a key frame and NACK over RTX if told so; it sends NACKs only when asked to. */
#pragma once
#include "dtls/dtls.h"
#include "ice/ice_check.h"
#include "net/outbox.h"
#include "rtp/stats.h"
#include "rtp/seq.h"
#include "sdp/sdp_client.h"
#include "srtp/srtpctx.h"
#include "srtp/srtpseal.h"

#define SIM_SLOTS       64
#define SIM_SENT        1024 /* packets a source keeps for RTX */
#define SIM_RECENT      1024 /* packets a slot remembers */
#define SIM_PAYLOAD_CAP 1200
#define SIM_CHECK_EVERY SEC /* of consent */

/* What a slot got, and what was wrong with it. Everything that is wrong is counted, nothing is corrected. */
struct sim_slot {
    char mid[SDP_MID_MAX + 1];
    bool is_video;
    uint32_t ssrc, rtx_ssrc;
    struct seq seq;
    struct recv_stats stats;
    uint64_t first, recent[SIM_RECENT]; /* recent: extended number at number % SIM_RECENT */
    unsigned n_packets, n_duplicates, n_frames, n_switches;
    unsigned n_rtx, n_rtx_useless; /* useless: of a packet that is here */
    uint16_t rtx_seq;              /* of the last RTX packet */
    bool any_rtx;
    uint32_t source; /* whose the last packet in order was: sim_client_config.source */
    uint32_t counter;
    uint16_t pic;
    uint8_t tl0;
    uint32_t ts;
    bool marker;
    unsigned n_bad_payload, n_bad_start, n_bad_pic, n_bad_ts, n_bad_marker, n_bad_rtx, n_bad_counter;
    uint16_t last_osn;
};

struct sim_source {
    bool on, is_video;
    uint32_t ssrc, rtx_ssrc, ts, counter;
    uint64_t index, rtx_index;
    uint8_t pt, rtx_pt;
    uint16_t pic;
    uint8_t tl0;
    struct ext_map exts;
    char mid[SDP_MID_MAX + 1];
    struct srtpseal_stream stream, rtx_stream;
    struct {
        uint16_t len, seq;
        uint32_t ts;
        bool used, marker;
        uint8_t payload[SIM_PAYLOAD_CAP];
    } sent[SIM_SENT];
    unsigned n_sent, n_nacked, n_repeated, n_pli, n_fir;
    uint64_t lose; /* the next packets: bit set, the packet never leaves */
};

struct sim_client_config {
    struct sdp_client_plan plan;
    uint32_t source; /* goes into every payload: who it is from */
    uint64_t seed;
    const struct dtls_identity *identity; /* borrowed */
    struct srtpseal_mgr *mgr;             /* borrowed; the caller flushes it before it takes the outbox */
    const char *profiles;                 /* of DTLS-SRTP; NULL: all */
    bool repairs;                         /* answers NACKs over RTX */
    bool is_deaf;                         /* doesn't answer the server's checks */
};

struct sim_client {
    struct sim_client_config cfg;
    uint64_t rng;
    struct addr server;
    unsigned n_media;
    struct sdp_media_neg media[SDP_MEDIA_MAX];
    struct ice_creds local, remote;
    struct ice_check check;
    bool has_answer, connected, open, ended;
    usec_t check_at, report_at;
    struct dtls *dtls;
    struct srtpctx *in;
    struct srtpseal_key *key;
    uint32_t srtcp_index;
    uint16_t twcc_seq;
    struct sim_source audio, video;
    bool key_wanted;
    unsigned n_slots;
    struct sim_slot slots[SIM_SLOTS];
    unsigned n_undecryptable, n_unknown_ssrc, n_sr, n_rr, n_twcc, n_checks_answered, n_checks_refused;
    unsigned n_checks_heard; /* of the server's */
};

MUST_CHECK enum err sim_client_new(const struct sim_client_config *cfg, struct sim_client **client);
void sim_client_free(struct sim_client *c);

/* The next offer; the caller frees it. */
char *sim_client_offer(struct sim_client *c);
void sim_client_restart_ice(struct sim_client *c);            /* the next offer has new credentials */
MUST_CHECK enum err sim_client_new_dtls(struct sim_client *c, /* … and another certificate: a new connection */
                                        const struct dtls_identity *identity);
MUST_CHECK enum err sim_client_answer(struct sim_client *c, const char *sdp);

void sim_client_recv(struct sim_client *c, usec_t now, uint64_t ntp, const uint8_t *data, size_t len,
                     struct outbox *out);
void sim_client_tick(struct sim_client *c, usec_t now, uint64_t ntp, struct outbox *out); /* every few ms */

/* level: 0 (loud) … 127 (silent). A frame of n packets; it is a key frame if the server asked for one or it's the
 * first. */
void sim_client_send_audio(struct sim_client *c, uint8_t level, struct outbox *out);
void sim_client_send_video(struct sim_client *c, unsigned n_packets, struct outbox *out);
void sim_client_repeat(struct sim_client *c, uint16_t seq, struct outbox *out); /* a video packet over RTX */
void sim_client_send_rtcp(struct sim_client *c, const uint8_t *p, size_t len, struct outbox *out); /* ≤ 1000 bytes */
void sim_client_nack(struct sim_client *c, const struct sim_slot *s, const uint16_t *seqs, unsigned n,
                     struct outbox *out);
void sim_client_pli(struct sim_client *c, const struct sim_slot *s, struct outbox *out);

struct sim_slot *sim_client_slot(struct sim_client *c, const char *mid);
unsigned sim_slot_holes(const struct sim_slot *s);  /* numbers between first and highest that never came */
unsigned sim_slot_faults(const struct sim_slot *s); /* all n_bad_… together */
bool sim_slot_has(const struct sim_slot *s, uint64_t ext_seq);
