/* sdp_neg.h: what one m-line came to, as values that outlive the texts: codecs, payload types, extension ids, SSRCs.
 * Everything is seen from our side: SDP_SEND means that we send. Owns no memory; copy it freely.
 * The same values are what an answer (or our own offer) is written from: sdp_answer.h. */
#pragma once
#include "sdp/sdp_parse.h"

#define SDP_CODECS_MAX   16
#define SDP_NEG_RIDS_MAX 4

struct sdp_codec_neg {
    enum codec_kind codec;
    uint8_t pt;
    uint8_t rtx_pt;             /* 0: no RTX */
    uint8_t fb;                 /* enum sdp_fb bits that both sides know */
    struct codec_params params; /* as the remote side's a=fmtp has them */
};

struct sdp_media_neg {
    enum sdp_kind kind;
    bool accepted;    /* else port 0, and only kind and mid mean anything */
    enum sdp_dir dir; /* ours */
    bool rtcp_rsize;
    char mid[SDP_MID_MAX + 1];
    unsigned n_codecs;
    struct sdp_codec_neg codecs[SDP_CODECS_MAX]; /* most preferred first; a sender uses the first */
    struct ext_map exts;                         /* with the client's ids */
    uint8_t ext_dirs[EXT_KINDS]; /* enum sdp_dir: which way each is used, if not both (RFC 8285 8); 0: both */
    unsigned n_rids;             /* of the simulcast that we receive */
    char rids[SDP_NEG_RIDS_MAX][SDP_RID_MAX + 1];
    uint32_t remote_ssrc, remote_rtx_ssrc; /* the first declared; 0 if none or n_rids > 0: then MID and RID tell */
    uint32_t ssrc, rtx_ssrc;               /* ours, if we send; 0: none */
    char stream[SDP_NAME_MAX + 1];         /* our a=msid: "-" or a stream id */
    char track[SDP_NAME_MAX + 1];
    uint16_t sctp_port; /* remote's; SDP_DATA: waits for data channels */
    uint32_t max_message_size;
};

/* What we want of one m-line of the offer. A zero value rejects the m-line. */
struct sdp_wish {
    bool accept;
    enum sdp_dir dir;           /* the most that we would do; what the other side doesn't do falls away */
    uint32_t ssrc, rtx_ssrc;    /* when we send */
    const char *stream, *track; /* when we send; NULL: "-" and the mid */
};

/* What is done on one kind of m-line: the same for every session. Codecs aren't part of it: those of codec/codec.h. */
struct sdp_policy {
    enum ext_way exts;
    uint8_t fb; /* enum sdp_fb bits */
    bool rtx;
    bool sctp;         /* waits for data channels: only the simulated client says so */
    unsigned max_rids; /* ≤ SDP_NEG_RIDS_MAX; waits for simulcast, likewise */
};

/* All that an SDP can say and we know: every extension that rtp/ext.h knows; NACK, PLI, FIR, TWCC; RTX; data; 3
 * simulcast layers. For a simulated client, which offers of it what it does. */
extern const struct sdp_policy sdp_policy_client;

/* Decides one m-line of a parsed offer (or reads what the other side's answer came to, with the wish our offer stood
 * for). Never fails: what can't be done is `accepted` false, or a narrower `dir`. Order of codecs: ours
 * (enum codec_kind), then the offer's. */
void sdp_decide(const struct sdp_media *media, const struct sdp_wish *wish, const struct sdp_policy *policy,
                struct sdp_media_neg *out);
