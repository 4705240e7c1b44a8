/* vp8.c: the VP8 payload descriptor (RFC 7741 4.2) and the first bytes of a key frame (RFC 6386 9.1).
 *
 *   |X|R|N|S|R| PID |
 *   |I|L|T|K| RSV   |  if X
 *   |M| PictureID   |  if I; a second byte if M
 *   |   TL0PICIDX   |  if L
 *   |TID|Y| KEYIDX  |  if T or K
 */
#include "codec/codec_row.h"

enum { VP8_I = 0x80, VP8_L = 0x40, VP8_T = 0x20, VP8_K = 0x10 };

/* RFC 6386 9.1: |size0|H|VER|P| …, P = 0 for a key frame, and then 9d 01 2a three bytes on. No decoder starts where
 * that is missing; a packet too short to hold it is believed. */
static bool is_key(struct bytes frame)
{
    if (frame.len == 0 || (frame.p[0] & 1))
        return false;
    return frame.len < 10 || (frame.p[3] == 0x9d && frame.p[4] == 0x01 && frame.p[5] == 0x2a);
}

enum err vp8_inspect(struct bytes payload, struct frame_info *f)
{
    struct rd r = rd_of(payload);
    uint8_t first = rd_u8(&r), x = first >> 7 ? rd_u8(&r) : 0;
    if (x & VP8_I)
        codec_read_pic(&r, f);
    if (x & VP8_L)
        f->pic.tl0 = rd_u8(&r);
    uint8_t tk = x & (VP8_T | VP8_K) ? rd_u8(&r) : 0;
    if (r.bad || rd_left(&r) == 0) /* RFC 7741 4.2: there is always some VP8 after it */
        return ERR_SHORT;
    f->head_len = (uint8_t)(r.p - payload.p);
    f->start = (first >> 4 & 1) && (first & 7) == 0;
    f->key = f->start && is_key(rd_bytes(&r, rd_left(&r)));
    f->pic.keyidx = x & VP8_K ? tk & 31 : 0;
    f->layers.said = x & VP8_T;
    f->layers.tid = x & VP8_T ? tk >> 6 : 0;
    f->layers.switch_up = !(x & VP8_T) || f->layers.tid == 0 || (tk >> 5 & 1);
    f->layers.discardable = first >> 5 & 1;
    return OK;
}

/* The id always takes 15 bits: the next source's may need them. */
void vp8_write_head(struct wr *w, struct bytes head, struct pic_ids ids)
{
    struct rd r = rd_of(head);
    uint8_t first = rd_u8(&r), x = rd_u8(&r);
    wr_u8(w, first);
    wr_u8(w, x);
    wr_u16(w, (uint16_t)(0x8000 | (ids.pic & 0x7fff)));
    if (x & VP8_L)
        wr_u8(w, ids.tl0);
    if (!(x & (VP8_T | VP8_K)))
        return;
    uint8_t tk = head.p[head.len - 1];
    wr_u8(w, (uint8_t)((x & VP8_T ? tk & 0xe0 : 0) | (x & VP8_K ? ids.keyidx & 31 : 0)));
}
