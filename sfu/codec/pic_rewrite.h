/* pic_rewrite.h: one down-track's own picture ids, TL0PICIDX and KEYIDX over changing sources: VP8 (RFC 7741 4.2) and
 * VP9 (RFC 9628 4.2). Only the first picture after a switch re-anchors; a picture dropped by us leaves no hole in the
 * ids, one lost before us does. A late packet gets the id its picture has, or had. Only for sources
 * whose packets carry a picture id; a VP9 packet left out for its spatial layer is no dropped picture. Plain value; one
 * per down-track. */
#pragma once
#include "codec/codec.h"
#include "rtp/squeeze.h"

struct pic_rewrite {
    struct squeeze pics;
    uint8_t pic_bits; /* of the present source: 7 or 15 */
    uint8_t tl0_offset, keyidx_offset;
    uint64_t last_in; /* extended source id, newest */
    struct pic_ids last_out;
    bool anchored;
};

void pic_rewrite_init(struct pic_rewrite *p, uint16_t first_pic, uint8_t first_tl0);
/* The next packet passed or dropped is the first of another source or layer. */
void pic_rewrite_switch(struct pic_rewrite *p);
/* pic_15: the source's form. False: no place for it (before the switch, or a picture we dropped): drop the packet. */
bool pic_rewrite_pass(struct pic_rewrite *p, struct pic_ids in, bool pic_15, struct pic_ids *out);
/* A packet of this picture isn't sent; so none of them is. tl0 stays: only pictures above temporal layer 0 are dropped.
 * Waits for the choice of temporal layers. */
void pic_rewrite_drop(struct pic_rewrite *p, uint16_t pic, bool pic_15);
