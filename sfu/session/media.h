/* media.h: one received RTP packet, opened and parsed once, as every subscriber on every worker gets to see it. A value
 * that crosses rings: it holds one reference to its packet, and its ranges point into that packet, which nobody writes
 * to any more. */
#pragma once
#include "codec/codec.h"
#include "net/pkt.h"
#include "rtp/ext.h"

/* Names a track on every worker. generation keeps a new track in an old place from being taken for it. */
struct track_id {
    uint16_t worker;
    uint16_t index;
    uint32_t generation;
};

static inline bool track_id_eq(struct track_id a, struct track_id b)
{
    return a.worker == b.worker && a.index == b.index && a.generation == b.generation;
}

/* No track: generation 0. */
static inline bool track_id_is_set(struct track_id id)
{
    return id.generation != 0;
}

struct media {
    struct pkt *pkt;
    uint64_t seq; /* extended, of the source */
    uint32_t ts;
    uint32_t profile; /* as negotiated: VP9 profile-id, H.264 profile-level-id … */
    uint16_t payload_at, payload_len;
    bool marker;
    bool late;       /* recovered or reordered: fills a hole */
    bool resumed;    /* the room held back what came before it: no hole is left for that */
    uint8_t pad_len; /* RTP padding that brings a frame's packets to one size, so that they leave as one burst; the
                        forwarder's */
    enum codec_kind codec;
    struct frame_info frame;
    struct ext_values exts;
};

static inline struct bytes media_payload(const struct media *m)
{
    return bytes_of(m->pkt->data + m->payload_at, m->payload_len);
}

/* What went over one m-line so far, for the statistics. */
struct mline_report {
    uint32_t ssrc;
    uint64_t packets, bytes, lost;
    uint64_t resent, unanswered; /* of a slot */
    uint64_t recovered;          /* of an uptrack */
};
