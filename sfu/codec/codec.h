/* codec.h: the codecs that the server carries, one row each: how SDP names it, what is read of its payloads, what of
 * them is renumbered for each subscriber. Who needs to know something about a codec asks here; no other folder names
 * one. To add one: a value here, its row in codec.c, its functions in a file of its own and their line in codec_row.h.
 * Pure; the state of a dependency descriptor is the source's. */
#pragma once
#include "codec/dd.h"
#include "common/bytes.h"

/* The order is the server's preference: an answer lists what both sides have in it, and clients send the first. */
enum codec_kind {
    CODEC_OTHER, /* what we don't carry: telephone-event, H265, red, … */
    CODEC_OPUS,
    CODEC_VP8,
    CODEC_VP9,
    CODEC_H264,
    CODEC_AV1,
    CODEC_KINDS,
};

/* A slot keeps one RTP clock over all its sources (RFC 7160 tells of the trouble with changing it), so that every codec
 * of a kind has the same. */
#define CODEC_AUDIO_HZ 48000
#define CODEC_VIDEO_HZ 90000

/* The numbers of a picture, on the wire of VP8 and VP9 (pic_rewrite.h). */
struct pic_ids {
    uint16_t pic;        /* 15 bits; on the wire perhaps 7 */
    uint8_t tl0, keyidx; /* 8 and 5 bits */
};

/* Which layers a packet belongs to (SVC, temporal layers), as far as its codec says it. Waits for the choice of layers
 * for each slot: nobody reads it yet. A simulcast layer (rid) is told by the SSRC, not by the payload. */
struct frame_layers {
    bool said;        /* tid and sid were there, not assumed to be 0 */
    uint8_t sid, tid; /* spatial and temporal id */
    bool end;         /* the last packet of its layer frame */
    bool discardable; /* no other frame needs it; VP9 never says so */
    bool switch_up;   /* temporal layers above this one may begin here (VP8 Y, VP9 U, AV1 "switch") */
};

struct frame_info {
    bool key;             /* of a key frame: a decoder can start here. Trusted only where start is set */
    bool start;           /* the first packet of a frame (of a layer frame for VP9 and AV1) */
    bool has_pic, pic_15; /* pic was there; with 15 bits, else 7 */
    struct pic_ids pic;
    uint8_t head_len; /* has_pic: the head of the payload that codec_write_head() stands in for */
    struct frame_layers layers;
};

/* What a=fmtp says of a form of a codec; which of it means something depends on the codec. */
struct codec_params {
    uint32_t profile;      /* VP9 profile-id, AV1 profile, H.264 profile-level-id (24 bits) */
    uint8_t level, tier;   /* AV1 level-idx and tier */
    bool fec, dtx, stereo; /* Opus: what the remote side asked to be sent */
};

/* By the name in a=rtpmap, case-insensitive; CODEC_OTHER if unknown (also rtx, red, ulpfec). */
enum codec_kind codec_of_name(struct bytes name);
const char *codec_name(enum codec_kind kind); /* as in a=rtpmap; "" for CODEC_OTHER */
bool codec_is_video(enum codec_kind kind);
uint8_t codec_channels(enum codec_kind kind); /* as in a=rtpmap; 0: not said there */

static inline uint32_t codec_clock_hz(bool is_video)
{
    return is_video ? CODEC_VIDEO_HZ : CODEC_AUDIO_HZ;
}

/* fmtp: what follows the payload type in a=fmtp. False: a form of the codec that we don't carry. */
bool codec_read_fmtp(enum codec_kind kind, struct bytes fmtp, struct codec_params *out);
void codec_write_fmtp(enum codec_kind kind, struct wr *w, const struct codec_params *p); /* nothing if it has none */

/* The value of one parameter ("profile-id"), names compared without case; an empty range if it isn't there. */
struct bytes codec_fmtp_find(struct bytes fmtp, const char *name);

/* marker: the RTP marker bit. dd: the dependency descriptor extension, empty if there is none. dds: the source's state
 * for it, NULL if it isn't used. An unreadable payload gives ERR_*; *out is then whole but says nothing (not a key
 * frame, start, layer 0). */
enum err codec_inspect(enum codec_kind kind, struct bytes payload, bool marker, struct bytes dd, struct dd_state *dds,
                       struct frame_info *out);

#define CODEC_HEAD_CAP 64 /* a VP9 descriptor with a scalability structure is the longest */

/* The first head_len bytes of a payload whose frame has_pic, with other ids: what stands before the rest of it for one
 * subscriber. May be a byte longer than head (a 7-bit id becomes one of 15 bits). */
void codec_write_head(enum codec_kind kind, struct wr *w, struct bytes head, struct pic_ids ids);
