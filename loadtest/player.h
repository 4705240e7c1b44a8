/* player.h: plays a clip as RTP payloads. Video: frames cut evenly into packets behind a VP8 descriptor (RFC 7741) with
 * picture id, TL0PICIDX and KEYIDX; a key frame when asked for. Audio: a frame is a packet. Pure; the clip is borrowed.
 */
#pragma once
#include "loadtest/clip.h"

#define PLAYER_PAYLOAD_MAX 1100
#define PLAYER_DESC_LEN    6

struct player {
    const struct clip *clip;
    bool video, want_key;
    unsigned at;        /* the frame that plays */
    unsigned since_key; /* frames */
    unsigned part, n_parts;
    uint16_t pic; /* 15 bits */
    uint8_t tl0;
};

void player_init(struct player *p, const struct clip *clip, bool video, uint16_t first_pic);
void player_next_frame(struct player *p);
void player_ask_key(struct player *p); /* the next frame will be one */

static inline bool player_has_packet(const struct player *p)
{
    return p->part < p->n_parts;
}

static inline bool player_on_key(const struct player *p)
{
    return p->n_parts && p->clip->frames[p->at].key;
}

/* The frame's next packet; its length, and whether it is the last. out has PLAYER_PAYLOAD_MAX bytes. */
size_t player_packet(struct player *p, uint8_t *out, bool *last);
