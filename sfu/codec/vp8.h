/* vp8.h: the VP8 payload descriptor (RFC 7741 4.2) read and written, and the first bytes of a key frame (RFC 6386 9.1).
 * Pure.
 *
 *   |X|R|N|S|R| PID |
 *   |I|L|T|K| RSV   |  if X
 *   |M| PictureID   |  if I; a second byte if M
 *   |   TL0PICIDX   |  if L
 *   |TID|Y| KEYIDX  |  if T or K
 */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define VP8_DESC_CAP 6

struct vp8_desc {
    bool start;         /* S and partition 0: a frame begins here */
    bool non_reference; /* N */
    bool has_pic, has_tl0, has_tid, has_keyidx;
    bool pic_15;     /* M: the picture id has 15 bits, else 7 */
    bool layer_sync; /* Y */
    uint8_t tl0, tid, keyidx;
    uint16_t pic;
    uint8_t len;                       /* of the descriptor; the rest of the payload is VP8 */
    uint8_t pic_at, tl0_at, keyidx_at; /* offsets into the payload; good if the field is here */
    bool key;
    uint16_t width, height; /* of a key frame's first packet; else 0 */
};

MUST_CHECK enum err vp8_parse(struct bytes payload, struct vp8_desc *out);

/* The changing fields, in place: the forms stay (a 7-bit id keeps 7 bits). payload is what d was parsed from, or a
 * copy. */
void vp8_patch(uint8_t *payload, const struct vp8_desc *d, uint16_t pic, uint8_t tl0, uint8_t keyidx);

/* The same as a descriptor of its own, always with a 15-bit id if there is one, to be sent before payload[d->len…]. At
 * most VP8_DESC_CAP bytes. */
void vp8_desc_write(struct wr *w, const struct vp8_desc *d, struct bytes payload, uint16_t pic, uint8_t tl0,
                    uint8_t keyidx);
