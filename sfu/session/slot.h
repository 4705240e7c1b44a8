/* slot.h: one m-line on which we send to a client: a *slot* that shows or plays one source after another. It has its
 * own SSRC, sequence numbers, timestamps and picture ids for life; sources are rewritten into them (RFC 3550, RFC 3711,
 * RFC 4588, RFC 7741). Lives in its session, on the session's worker. The hot path of the product is slot_send(). */
#pragma once
#include "codec/pic_rewrite.h"
#include "net/outbox.h"
#include "rtp/history.h"
#include "rtp/keyframe_req.h"
#include "rtp/rewrite.h"
#include "rtp/stats.h"
#include "rtp/sent_map.h"
#include "srtp/srtpseal.h"
#include "session/media.h"
#include "session/uptrack.h"

#define SLOT_CODECS 8

/* Where a slot's datagrams go and what seals them: one per session, shared by its slots. */
struct slot_path {
    struct srtpseal_mgr *mgr;
    struct srtpseal_key *key; /* NULL until the handshake is done: nothing is sent */
    struct addr to;
    bool open;
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

    struct slot_path *path; /* the session's */
    void *room_track;       /* the room's, borrowed: the source; NULL when idle */
    unsigned room_index;    /* its place among the track's subscribers */
};

struct slot_config {
    uint32_t ssrc, rtx_ssrc; /* unique in the session; rtx_ssrc 0: none */
    uint16_t first_seq;      /* 1…32767 */
    uint32_t first_ts;
    uint16_t first_pic;
    struct slot_path *path;
};

void slot_init(struct slot *s, const struct sdp_media_neg *neg, const struct slot_config *cfg);
void slot_reset(struct slot *s);
void slot_renegotiate(struct slot *s, const struct sdp_media_neg *neg);

/* A source begins (audio flows at once, video with its next key frame) or ends. False: the client can't decode this
 * codec. */
bool slot_start(struct slot *s, enum codec_kind codec, uint32_t profile);
void slot_stop(struct slot *s);

/* The extension blocks of a batch, serialised once for each id table. */
struct slot_ext_cache {
    const struct media *of;
    struct ext_map map;
    struct ext_block block;
};

/* What became of a packet. */
enum slot_verdict {
    SLOT_SENT,
    SLOT_NEEDS_KEY,  /* the slot waits for a key frame and this wasn't one: ask the publisher */
    SLOT_CLOSED,     /* no source, or no path yet */
    SLOT_NO_CODEC,   /* the client can't decode it */
    SLOT_LATE,       /* too late, or there already */
    SLOT_NO_PICTURE, /* of a picture that has no place in the slot's numbering */
    SLOT_NO_ROOM,    /* the outbox is full, or the seal refused */
    SLOT_VERDICTS
};

const char *slot_verdict_name(enum slot_verdict v); /* as a reason for dropping */

/* One packet of the slot's source to its client. The datagram is in `out` when it returns; with AES_CM it is sealed by
 * the next srtpseal_flush(), which must come before the outbox is sent. */
enum slot_verdict slot_send(struct slot *s, usec_t now, const struct media *m, struct slot_ext_cache *cache,
                            struct outbox *out);

/* Answers one lost sequence number from the source's history over RTX (RFC 4588). Without RTX, or when the packet is
 * gone or was repeated just now, it is counted as unanswered: sealing the same index twice is refused by design. */
void slot_resend(struct slot *s, usec_t now, uint16_t out_seq, const struct history *history,
                 const struct ext_map *source_exts, struct outbox *out);

/* A PLI or FIR of the client. True: ask the publisher. */
bool slot_wants_key(struct slot *s, usec_t now);
