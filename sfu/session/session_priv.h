/* session_priv.h: a session's inside, for the files of this folder. */
#pragma once
#include "codec/dd.h"
#include "codec/pic_rewrite.h"
#include "rtp/history.h"
#include "rtp/keyframe_req.h"
#include "rtp/nack_gen.h"
#include "rtp/rewrite.h"
#include "rtp/seq.h"
#include "rtp/stats.h"
#include "rtp/twcc.h"
#include "session/session.h"
#include "srtp/srtpctx.h"

#define SESSION_NAME_CAP 160
#define UPTRACK_CODECS   8
#define SLOT_CODECS      8
#define SESSION_SSRCS    24
#define TWCC_INTERVAL    (50 * MSEC)
#define NACK_INTERVAL    (5 * MSEC) /* how finely NACKs are gathered into one packet */

/* A received SSRC: which track, and whether it repeats another's packets (RFC 4588). */
struct ssrc_entry {
    uint32_t ssrc;
    bool is_rtx;
    uint8_t track;
};

/* A payload type as negotiated for one m-line, in either direction. */
struct pt_codec {
    enum codec_kind codec;
    uint8_t pt, rtx_pt;
    uint32_t profile;
};

/* The media codecs of a negotiated m-line, most preferred first; returns how many. */
unsigned pt_codecs_of_neg(const struct sdp_media_neg *neg, struct pt_codec *out, unsigned cap);
const struct pt_codec *pt_codec_find(const struct pt_codec *codecs, unsigned n, uint8_t pt);

struct uptrack {
    char mid[SDP_MID_MAX + 1];
    bool is_video;
    bool active; /* the client may send on it now */
    bool nack, pli, fir;
    enum source source;
    unsigned n_codecs;
    struct pt_codec codecs[UPTRACK_CODECS];
    struct ext_map exts;

    uint32_t ssrc, rtx_ssrc; /* 0: not known yet */
    struct seq seq;
    bool anew; /* another SSRC: its numbers go on above those of the one before */
    struct recv_stats stats;
    struct nack_gen nack_gen;
    struct dd_state *dds; /* owned; made with the first dependency descriptor */
    uint64_t n_rtx, n_duplicates;
    uint8_t fir_seq;

    struct track_id room_track; /* the room's track of it, if it has made one */
};

enum slot_state {
    SLOT_IDLE,        /* no source */
    SLOT_WAITING_KEY, /* a video source, from its next key frame on */
    SLOT_FLOWING,
};

struct slot {
    enum slot_state state;
    bool is_video;
    bool active; /* the client wants to receive on it */
    bool nack;
    enum codec_kind codec; /* of the present source */
    uint8_t pt;            /* for it; 0: no source */
    uint8_t rtx_pt;
    uint32_t ssrc, rtx_ssrc;
    struct rewrite rewrite;
    struct pic_rewrite pics;
    struct srtpseal_stream stream, rtx_stream;
    struct send_stats stats;
    struct sent_map sent;
    uint64_t rtx_index;

    char mid[SDP_MID_MAX + 1];
    unsigned n_codecs;
    struct pt_codec codecs[SLOT_CODECS];
    struct ext_map exts;
    uint16_t source_generation; /* counts sources, so that a NACK for the one before isn't answered from this one */
    usec_t key_sent_at;         /* USEC_NEVER: none */
    struct keyframe_quota quota;
    struct fir_seen fir;
    uint64_t n_resent, n_unanswered;

    struct slot_path *path;     /* the session's */
    struct track_id room_track; /* the source, if it has one … */
    unsigned room_place;        /* … and its place among that track's subscribers */
};

/* What an m-line stands for. */
struct mline {
    enum { MLINE_NONE, MLINE_UPTRACK, MLINE_SLOT } kind;
    uint8_t index; /* into the session's uptracks or slots */
};

struct session {
    enum session_state state;
    char name[SESSION_NAME_CAP];
    const struct log *log;
    struct dtls_identity *identity; /* a reference: its own for life, whatever others have by then */
    const struct sdp_local_candidate *candidates;
    unsigned n_candidates;
    uint64_t rng; /* SSRCs and starts: not secrets */
    uint64_t sdp_session_id;
    uint32_t sdp_version;

    struct ice_lite ice;
    usec_t opens_by;
    struct ice_creds local;
    char remote_ufrag[ICE_CRED_MAX + 1];
    uint64_t origin_key; /* of the offer's o= line, hashed */
    struct dtls_fingerprint peer;
    struct dtls *dtls;
    struct srtpctx *in; /* with the keys */
    struct slot_path path;
    uint32_t srtcp_index;

    unsigned n_uptracks, n_slots;
    struct uptrack uptracks[SESSION_UPTRACKS];
    struct slot *slots[SESSION_SLOTS]; /* owned; those past n_slots may be there, not yet in use */
    unsigned n_media;
    struct mline media[SDP_MEDIA_MAX];

    unsigned n_ssrcs;
    struct ssrc_entry ssrcs[SESSION_SSRCS];
    uint8_t mid_id;

    uint32_t own_ssrc; /* sender of our feedback */
    bool twcc;
    uint8_t twcc_id;
    struct twcc_recorder *recorder;
    uint32_t twcc_media_ssrc;
    usec_t twcc_at, report_at, nack_at; /* next; USEC_NEVER: none */
    double uplink_loss;
    struct session_counters counters;
};

/* session_sdp.c: makes tracks and slots of an offer's m-lines, and the answer. fresh: as in session_renegotiate(), or
 * NULL. */
enum err session_negotiate(struct session *s, const struct sdp *offer, const struct ice_creds *fresh, struct wr *answer,
                           struct sdp_error *why);
uint64_t session_random(struct session *s); /* not for secrets */
void session_drop(struct session *s, enum session_drop d);

/* uptrack.c */
struct ssrc_entry *session_find_ssrc(struct session *s, uint32_t ssrc);
void session_learn_ssrc(struct session *s, uint32_t ssrc, unsigned track, bool is_rtx);

/* session_rtcp.c */
void session_rtcp_tick(struct session *s, usec_t now, uint64_t ntp, struct outbox *out);
