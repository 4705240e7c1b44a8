/* pic_rewrite.c: picture ids of changing sources in one row of numbers, by squeeze.c. */
#include "codec/pic_rewrite.h"

void pic_rewrite_init(struct pic_rewrite *p, uint16_t first_pic, uint8_t first_tl0)
{
    *p = (struct pic_rewrite){.last_out = {.pic = first_pic, .tl0 = first_tl0}};
    squeeze_anchor(&p->pics, 1, (first_pic & 0x7fffu) + 1u);
}

void pic_rewrite_switch(struct pic_rewrite *p)
{
    p->anchored = false;
}

/* The source's ids without wrap-around: the one nearest to the newest. Sources start one cycle up, as in seq.h. */
static uint64_t pic_extend(const struct pic_rewrite *p, uint16_t pic)
{
    unsigned shift = 64u - p->pic_bits;
    int64_t ahead = (int64_t)((pic - p->last_in) << shift) >> shift;
    return p->last_in + (uint64_t)ahead;
}

/* The first of a source: one after what was sent last. Returns its extended id. */
static uint64_t pic_anchor(struct pic_rewrite *p, struct pic_ids in, bool pic_15)
{
    p->pic_bits = pic_15 ? 15 : 7;
    p->last_in = (in.pic & ((1u << p->pic_bits) - 1)) + (1u << p->pic_bits);
    p->tl0_offset = (uint8_t)(p->last_out.tl0 + 1 - in.tl0);
    p->keyidx_offset = (uint8_t)(p->last_out.keyidx + 1 - in.keyidx);
    squeeze_anchor(&p->pics, p->last_in, squeeze_last(&p->pics) + 1);
    p->anchored = true;
    return p->last_in;
}

bool pic_rewrite_pass(struct pic_rewrite *p, struct pic_ids in, bool pic_15, struct pic_ids *out)
{
    bool same_form = p->pic_bits == (pic_15 ? 15 : 7);
    uint64_t pic, mapped;
    pic = p->anchored && same_form ? pic_extend(p, in.pic) : pic_anchor(p, in, pic_15);
    enum squeeze_verdict v = squeeze_pass(&p->pics, pic, &mapped);
    if (v == SQUEEZE_OLD || v == SQUEEZE_DROPPED)
        return false;
    *out = (struct pic_ids){
        .pic = mapped & 0x7fff,
        .tl0 = (uint8_t)(in.tl0 + p->tl0_offset),
        .keyidx = (in.keyidx + p->keyidx_offset) & 31,
    };
    if (pic >= p->last_in) {
        p->last_in = pic;
        p->last_out = *out;
    }
    return true;
}

void pic_rewrite_drop(struct pic_rewrite *p, uint16_t pic, bool pic_15)
{
    if (!p->anchored || p->pic_bits != (pic_15 ? 15 : 7))
        return;
    uint64_t ext = pic_extend(p, pic);
    if (squeeze_drop(&p->pics, ext) && ext > p->last_in)
        p->last_in = ext;
}
