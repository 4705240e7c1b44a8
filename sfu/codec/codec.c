/* codec.c: the table of codecs, and what is done alike for all of them. */
#include "codec/codec.h"
#include "codec/codec_row.h"
#include "common/text.h"

#include <assert.h>

static const struct codec_row rows[CODEC_KINDS] = {
    /* clang-format off */
    /*              name   video channels read_fmtp       write_fmtp       inspect       write_head */
    [CODEC_OPUS] = {"opus", false, 2, opus_read_fmtp, opus_write_fmtp, NULL,         NULL},
    [CODEC_VP8]  = {"VP8",  true,  0, NULL,           NULL,            vp8_inspect,  vp8_write_head},
    [CODEC_VP9]  = {"VP9",  true,  0, vp9_read_fmtp,  vp9_write_fmtp,  vp9_inspect,  vp9_write_head},
    [CODEC_H264] = {"H264", true,  0, h264_read_fmtp, h264_write_fmtp, h264_inspect, NULL},
    [CODEC_AV1]  = {"AV1",  true,  0, av1_read_fmtp,  av1_write_fmtp,  av1_inspect,  NULL},
    /* clang-format on */
};

enum codec_kind codec_of_name(struct bytes name)
{
    for (unsigned k = CODEC_OTHER + 1; k < CODEC_KINDS; k++)
        if (text_is_nocase(name, rows[k].name))
            return (enum codec_kind)k;
    return CODEC_OTHER;
}

const char *codec_name(enum codec_kind kind)
{
    return kind == CODEC_OTHER ? "" : rows[kind].name;
}

bool codec_is_video(enum codec_kind kind)
{
    return rows[kind].is_video;
}

uint8_t codec_channels(enum codec_kind kind)
{
    return rows[kind].channels;
}

struct bytes codec_fmtp_find(struct bytes fmtp, const char *name)
{
    while (fmtp.len) {
        struct bytes value = text_trim(text_cut(&fmtp, ';'));
        struct bytes key = text_trim(text_cut(&value, '='));
        if (text_is_nocase(key, name))
            return text_trim(value);
    }
    return bytes_of(NULL, 0);
}

uint32_t codec_fmtp_number(struct bytes fmtp, const char *name, uint32_t otherwise)
{
    uint64_t v = 0;
    return text_number(codec_fmtp_find(fmtp, name), UINT32_MAX, &v) ? (uint32_t)v : otherwise;
}

bool codec_read_fmtp(enum codec_kind kind, struct bytes fmtp, struct codec_params *out)
{
    *out = (struct codec_params){0};
    return !rows[kind].read_fmtp || rows[kind].read_fmtp(fmtp, out);
}

void codec_write_fmtp(enum codec_kind kind, struct wr *w, const struct codec_params *p)
{
    if (rows[kind].write_fmtp)
        rows[kind].write_fmtp(w, p);
}

void codec_read_pic(struct rd *r, struct frame_info *f)
{
    uint8_t b = rd_u8(r);
    f->has_pic = true;
    f->pic_15 = b >> 7;
    f->pic.pic = b & 0x7f;
    if (f->pic_15)
        f->pic.pic = (uint16_t)(f->pic.pic << 8 | rd_u8(r));
}

/* What the descriptor says goes before what the payload says: it alone knows a frame's place among the layers. */
static void inspect_dd(struct bytes dd, struct dd_state *dds, struct frame_info *f)
{
    struct dd_frame d;
    struct frame_layers *l = &f->layers;
    if (!dds || dd.len == 0 || dd_parse(dd, dds, &d) != OK)
        return;
    f->start = d.start;
    f->key = f->key || d.has_structure;
    *l = (struct frame_layers){
        .said = true,
        .sid = d.sid,
        .tid = d.tid,
        .end = d.end,
        .discardable = d.n_targets > 0,
        .switch_up = d.tid == 0,
    };
    for (unsigned t = 0; t < d.n_targets; t++) {
        enum dd_indication i = dd_indication(&d, t);
        l->discardable = l->discardable && (i == DD_NOT_PRESENT || i == DD_DISCARDABLE);
        l->switch_up = l->switch_up || i == DD_SWITCH;
    }
}

enum err codec_inspect(enum codec_kind kind, struct bytes payload, bool marker, struct bytes dd, struct dd_state *dds,
                       struct frame_info *out)
{
    const struct codec_row *row = &rows[kind];
    const struct frame_info nothing = {.start = true, .layers = {.end = marker, .switch_up = true}};
    *out = nothing;
    if (!row->inspect) {
        out->layers.end = true;
        return OK;
    }
    enum err e = row->inspect(payload, out);
    if (e)
        *out = nothing;
    else
        inspect_dd(dd, dds, out);
    return e;
}

void codec_write_head(enum codec_kind kind, struct wr *w, struct bytes head, struct pic_ids ids)
{
    assert(rows[kind].write_head);
    rows[kind].write_head(w, head, ids);
}
