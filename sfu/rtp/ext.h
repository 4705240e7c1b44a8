/* ext.h: the RTP header extensions we know (RFC 8285), one row each in ext.c: its URI, how long its value may be, on
 * which m-lines it is negotiated with publishers and with subscribers, and whether its value goes on from one to the
 * others. No other file decides any of this. What a packet carries is read once ("values") and serialised once per id
 * table. Pure. */
#pragma once
#include "rtp/rtp_packet.h"

enum ext_kind {
    EXT_MID,               /* RFC 9143 */
    EXT_RID,               /* RFC 8852: which simulcast layer; waits for the choice of layers, as do RRID and DD */
    EXT_RRID,              /* RFC 8852: which layer an RTX packet repairs */
    EXT_AUDIO_LEVEL,       /* RFC 6464 */
    EXT_TWCC,              /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    EXT_VIDEO_ORIENTATION, /* 3GPP TS 26.114 */
    EXT_PLAYOUT_DELAY,
    EXT_ABS_CAPTURE_TIME,
    EXT_DD,   /* the AV1 RTP specification's dependency descriptor */
    EXT_KINDS /* also "unknown" */
};

/* Whose m-line it is: what a publisher sends us, what we send to a subscriber, or the simulated client's own, which
 * takes whatever it offered. */
enum ext_way { EXT_UP, EXT_DOWN, EXT_CLIENT };

const char *ext_uri(enum ext_kind kind);
enum ext_kind ext_kind_of_uri(struct bytes uri); /* EXT_KINDS if unknown */
bool ext_is_negotiated(enum ext_kind kind, enum ext_way way, bool is_video);

/* What one m-section negotiated. Plain value. */
struct ext_map {
    uint8_t id[EXT_KINDS];                 /* 1…255; 0: not negotiated */
    uint8_t kind_of[RTP_ONE_BYTE_IDS + 1]; /* of the short ids; EXT_KINDS: none */
    bool allow_mixed;                      /* a=extmap-allow-mixed: the two-byte form may be sent */
};

void ext_map_init(struct ext_map *m);
/* ERR_SYNTAX: id 0 or 15, or taken by another kind. Setting a kind again moves it. */
MUST_CHECK enum err ext_map_set(struct ext_map *m, enum ext_kind kind, uint8_t id);

struct ext_values {
    uint16_t present;              /* bit per kind; the rest is good only for kinds that are here */
    uint16_t passing;              /* those of them that go on to subscribers */
    struct bytes value[EXT_KINDS]; /* borrowed from the packet */
    uint8_t level;                 /* EXT_AUDIO_LEVEL: 0 (loud) … 127 (silent) */
};

static inline bool ext_has(const struct ext_values *v, enum ext_kind kind)
{
    return v->present >> kind & 1;
}

/* Elements with the wrong length for their kind are left out; of a kind that comes twice the first counts. */
void ext_parse(const struct rtp_view *packet, const struct ext_map *m, struct ext_values *out);
/* Replaces or adds one value (a sender's own), borrowed. An empty one removes it. */
void ext_values_set(struct ext_values *v, enum ext_kind kind, struct bytes value);

#define EXT_BLOCK_CAP 256

/* A serialised block. */
struct ext_block {
    uint16_t len;     /* 0 (nothing to send) or a multiple of 4 */
    uint16_t twcc_at; /* from bytes[0]; 0: not in the block */
    uint8_t bytes[EXT_BLOCK_CAP];
};

/* For a peer with these ids: the sender's mid (empty: none), room for a TWCC number if negotiated, and what passes of
 * the values. What needs the two-byte form and may not use it is left out, as is what no longer fits: TWCC and mid come
 * first and always fit. */
void ext_serialise(const struct ext_values *v, const struct ext_map *to, struct bytes mid, struct ext_block *b);

static inline struct bytes ext_block_bytes(const struct ext_block *b)
{
    return bytes_of(b->bytes, b->len);
}

/* Patches a copy of the block that starts at block[0]; nothing happens if it holds no TWCC number. */
void ext_patch_twcc(uint8_t *block, const struct ext_block *b, uint16_t seq);
