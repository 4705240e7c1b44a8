/* slot.h: one m-line on which we send to a client: a *slot* that shows or plays one source after another. It has its
 * own SSRC, sequence numbers, timestamps and picture ids for life; sources are rewritten into them (RFC 3550, RFC 3711,
 * RFC 4588, RFC 7741). Lives in its session, on the session's worker. The hot path of the product is slot_send(). */
#pragma once
#include "net/outbox.h"
#include "srtp/srtpseal.h"
#include "session/media.h"
#include "session/uptrack.h"

/* Where a slot's datagrams go and what seals them: one per session, shared by its slots. */
struct slot_path {
    struct srtpseal_mgr *mgr;
    struct srtpseal_key *key; /* NULL until the handshake is done: nothing is sent */
    struct addr to;
    bool open;
};

struct history;
struct slot; /* its inside is in session_priv.h */

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

/* A batch of one source's packets, in order. */
#define SLOT_BATCH 64

struct slot_batch {
    unsigned n;
    struct media list[SLOT_BATCH];
    struct slot_ext_cache caches[SLOT_BATCH];
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

/* All of a batch, which starts the slot if need be. verdicts: counted there. True: it waits for a key frame. */
bool slot_forward(struct slot *s, usec_t now, struct slot_batch *b, struct outbox *out,
                  uint64_t verdicts[SLOT_VERDICTS]);

/* Answers one lost sequence number from the source's history over RTX (RFC 4588). Without RTX, or when the packet is
 * gone or was repeated just now, it is counted as unanswered: sealing the same index twice is refused by design. */
void slot_resend(struct slot *s, usec_t now, uint16_t out_seq, const struct history *history,
                 const struct ext_map *source_exts, struct outbox *out);

/* A PLI or FIR of the client. True: ask the publisher. */
bool slot_wants_key(struct slot *s, usec_t now);

/* What it is, as negotiated. */
const char *slot_mid(const struct slot *s); /* "": its m-line was rejected */
bool slot_is_video(const struct slot *s);
bool slot_is_active(const struct slot *s); /* the client wants to receive on it */
bool slot_is_open(const struct slot *s);   /* the handshake is done */
void slot_report(const struct slot *s, struct mline_report *out);

/* What the room has given it: the track whose packets it gets, and its place among that track's subscribers. */
struct track_id slot_track(const struct slot *s);
unsigned slot_place(const struct slot *s);
void slot_set_track(struct slot *s, struct track_id id, unsigned place);
