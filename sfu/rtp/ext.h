/* ext.h: the RTP header extensions we know: by whom they are negotiated, what a packet carries, and the block another
 * peer gets. Read once per source packet ("values"), serialised once per id table, then patched at fixed places for
 * each subscriber. Pure. */
#pragma once
#include "rtp/rtp_packet.h"
#include "common/usec.h"

enum ext_kind {
    EXT_MID,           /* RFC 9143 */
    EXT_RID,           /* RFC 8852 */
    EXT_RRID,          /* RFC 8852: which layer an RTX packet repairs */
    EXT_AUDIO_LEVEL,   /* RFC 6464 */
    EXT_TWCC,          /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    EXT_ABS_SEND_TIME, /* 24 bits of 6.18 fixed-point seconds */
    EXT_VIDEO_ORIENTATION,
    EXT_PLAYOUT_DELAY,
    EXT_ABS_CAPTURE_TIME,
    EXT_DD,      /* the AV1 RTP specification's dependency descriptor */
    EXT_VLA,     /* video layers allocation */
    EXT_TOFFSET, /* RFC 5450 */
    EXT_VIDEO_CONTENT_TYPE,
    EXT_VIDEO_TIMING,
    EXT_COLOR_SPACE,
    EXT_KINDS /* also "unknown" */
};

const char *ext_uri(enum ext_kind kind);
enum ext_kind ext_kind_of_uri(struct bytes uri); /* EXT_KINDS if unknown */

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
    uint32_t present;              /* bit per kind; the rest is good only for kinds that are here */
    struct bytes value[EXT_KINDS]; /* borrowed from the packet */
    bool voice;                    /* EXT_AUDIO_LEVEL: the V bit … */
    uint8_t level;                 /* … and 0 (loud) … 127 (silent) */
    uint16_t twcc;
    uint32_t abs_send_time; /* 24 bits */
};

static inline bool ext_has(const struct ext_values *v, enum ext_kind kind)
{
    return v->present >> kind & 1;
}

/* Elements with the wrong length for their kind are left out; of a kind that comes twice the first counts. */
void ext_parse(const struct rtp_view *packet, const struct ext_map *m, struct ext_values *out);
/* Replaces or adds one value (a rewritten dependency descriptor…), borrowed. An empty one removes it. */
void ext_values_set(struct ext_values *v, enum ext_kind kind, struct bytes value);

#define EXT_BLOCK_CAP 256

/* A serialised block. The offsets are from bytes[0]; 0: not in the block. */
struct ext_block {
    uint16_t len; /* 0 (nothing to send) or a multiple of 4 */
    uint16_t mid_at, twcc_at, abs_send_time_at;
    uint8_t mid_len;
    uint8_t bytes[EXT_BLOCK_CAP];
};

/* For a subscriber with these ids: its mid (empty: none), room for twcc and abs-send-time if negotiated, and what
 * passes of the source's values. rid, rrid, toffset and the layers allocation stop here. What needs the two-byte form
 * and may not use it is left out, as is what no longer fits: mid, twcc and abs-send-time come first and always fit. */
void ext_serialise(const struct ext_values *v, const struct ext_map *to, struct bytes mid, struct ext_block *b);

static inline struct bytes ext_block_bytes(const struct ext_block *b)
{
    return bytes_of(b->bytes, b->len);
}

/* Patch a copy of the block that starts at block[0]; nothing happens if the field isn't in it. A mid of another length:
 * ERR_STATE. */
void ext_patch_twcc(uint8_t *block, const struct ext_block *b, uint16_t seq);
void ext_patch_abs_send_time(uint8_t *block, const struct ext_block *b, usec_t now);
MUST_CHECK enum err ext_patch_mid(uint8_t *block, const struct ext_block *b, struct bytes mid);
