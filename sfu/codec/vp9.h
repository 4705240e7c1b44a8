/* vp9.h: the VP9 payload descriptor (RFC 9628 4.2), flexible and non-flexible mode. Pure.
 *
 *   |I|P|L|F|B|E|V|Z|
 *   |M| PICTURE ID  |  if I; a second byte if M
 *   | TID |U| SID |D|  if L
 *   |   TL0PICIDX   |  if L and not F
 *   | P_DIFF      |N|  if F and P, up to 3
 *   |     SS …      |  if V
 */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define VP9_MAX_PDIFFS 3
#define VP9_MAX_SIDS   8

struct vp9_desc {
    bool inter_predicted; /* P */
    bool flexible;        /* F */
    bool start, end;      /* B, E: of a layer frame */
    bool has_pic, pic_15, has_layers, has_tl0, has_ss;
    bool not_for_upper; /* Z: upper spatial layers don't use it */
    bool switch_up;     /* U */
    bool inter_layer;   /* D */
    uint8_t tid, sid, tl0;
    uint16_t pic;
    uint8_t n_pdiffs;
    uint8_t pdiffs[VP9_MAX_PDIFFS];
    uint8_t n_sids;                                     /* of the scalability structure; 0 without */
    uint16_t width[VP9_MAX_SIDS], height[VP9_MAX_SIDS]; /* 0: not said */
    uint8_t len;                                        /* of the descriptor */
    uint8_t pic_at, tl0_at;
    bool key; /* of a key picture: no inter-picture prediction, spatial layer 0 or predicted from it */
};

MUST_CHECK enum err vp9_parse(struct bytes payload, struct vp9_desc *out);
void vp9_patch(uint8_t *payload, const struct vp9_desc *d, uint16_t pic, uint8_t tl0);
