/* uptrack.h: one m-line on which a client sends to us: its SSRC, what we received of it, what we ask for again.
 * RFC 3550, RFC 4585, RFC 4588. Lives in its session, on the session's worker. */
#pragma once
#include "codec/dd.h"
#include "rtp/ext.h"
#include "rtp/nack_gen.h"
#include "rtp/stats.h"
#include "rtp/seq.h"
#include "sdp/sdp_neg.h"
#include "session/media.h"

#define UPTRACK_CODECS 8

enum source { SOURCE_MICROPHONE, SOURCE_CAMERA, SOURCE_SCREEN, SOURCE_SCREEN_AUDIO, SOURCES };

const char *source_name(enum source s);                               /* "microphone", … */
MUST_CHECK enum err source_of_name(const char *name, enum source *s); /* ERR_NOT_FOUND */

/* A payload type as negotiated for one m-line, in either direction. */
struct pt_codec {
    enum codec_kind codec;
    uint8_t pt, rtx_pt;
    uint32_t profile;
};

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

    void *room_track; /* the room's, borrowed: its track of this m-line, NULL if it has none */
};

void uptrack_init(struct uptrack *t, const struct sdp_media_neg *neg);
void uptrack_reset(struct uptrack *t); /* frees what it owns */

/* The source goes on under another SSRC. */
void uptrack_take_ssrc(struct uptrack *t, uint32_t ssrc);

/* Takes the new negotiation of the same m-line; what was received stays known unless the SSRC changed. */
void uptrack_renegotiate(struct uptrack *t, const struct sdp_media_neg *neg);

/* The media codecs of a negotiated m-line, most preferred first; returns how many. */
unsigned pt_codecs_of_neg(const struct sdp_media_neg *neg, struct pt_codec *out, unsigned cap);
const struct pt_codec *pt_codec_find(const struct pt_codec *codecs, unsigned n, uint8_t pt);

/* An opened packet of this track (RTX already restored: then recovered). ERR_REPLAY: a duplicate; ERR_STATE: a wild
 * jump of the sequence number, or the track isn't active; ERR_SYNTAX; ERR_UNSUPPORTED: a payload type that wasn't
 * negotiated. On OK m borrows pkt, whose reference stays the caller's. */
MUST_CHECK enum err uptrack_recv(struct uptrack *t, usec_t now, struct pkt *pkt, const struct rtp_view *view,
                                 bool recovered, struct media *m);
