/* player.c: a clip's frames cut into packets, in time. */
#include "loadtest/player.h"

#define DESC_X 0x80
#define DESC_S 0x10
#define EXT_I  0x80
#define EXT_L  0x40
#define EXT_T  0x20
#define PIC_M  0x8000
#define TID_Y  0x20 /* TID 0, a layer sync */

void player_init(struct player *p, const struct clip *clip, bool video, uint16_t first_pic)
{
    *p = (struct player){.clip = clip, .video = video, .want_key = true, .pic = first_pic & 0x7fff};
}

void player_ask_key(struct player *p)
{
    p->want_key = p->video;
}

static unsigned choose(const struct player *p)
{
    const struct clip *c = p->clip;
    if (p->want_key)
        return 0;
    if (c->key_interval)
        return p->since_key + 1 < c->key_interval ? 1 : 0;
    return (p->at + 1) % c->n_frames;
}

void player_next_frame(struct player *p)
{
    p->at = choose(p);
    p->want_key = false;
    p->part = 0;
    p->n_parts = 1;
    if (!p->video)
        return;
    const struct clip_frame *f = &p->clip->frames[p->at];
    p->since_key = f->key ? 0 : p->since_key + 1;
    p->pic = (p->pic + 1) & 0x7fff;
    p->tl0++;
    size_t room = PLAYER_PAYLOAD_MAX - PLAYER_DESC_LEN;
    p->n_parts = f->data.len ? (unsigned)((f->data.len + room - 1) / room) : 1;
}

static void write_desc(const struct player *p, struct wr *w)
{
    wr_u8(w, DESC_X | (p->part == 0 ? DESC_S : 0));
    wr_u8(w, EXT_I | EXT_L | EXT_T);
    wr_u16(w, PIC_M | p->pic);
    wr_u8(w, p->tl0);
    wr_u8(w, TID_Y);
}

size_t player_packet(struct player *p, uint8_t *out, bool *last)
{
    struct bytes frame = p->clip->frames[p->at].data;
    struct wr w = wr_of(out, PLAYER_PAYLOAD_MAX);
    if (p->video)
        write_desc(p, &w);
    size_t each = (frame.len + p->n_parts - 1) / p->n_parts, from = each * p->part;
    from = from < frame.len ? from : frame.len;
    size_t len = frame.len - from < each ? frame.len - from : each;
    wr_bytes(&w, bytes_of(frame.p + from, len));
    p->part++;
    *last = p->part >= p->n_parts;
    return wr_len(&w);
}
