#include "codec/codec.h"
#include "codec/av1.h"
#include "codec/h264.h"
#include "codec/opus.h"

#include <strings.h>

static const char *const codec_names[CODEC_KINDS] = {
    [CODEC_OTHER] = "",  [CODEC_OPUS] = "opus", [CODEC_VP8] = "VP8",
    [CODEC_VP9] = "VP9", [CODEC_H264] = "H264", [CODEC_AV1] = "AV1",
};

enum codec_kind codec_of_name(struct bytes name)
{
    for (unsigned k = CODEC_OPUS; k < CODEC_KINDS; k++)
        if (name.len == strlen(codec_names[k]) && strncasecmp((const char *)name.p, codec_names[k], name.len) == 0)
            return (enum codec_kind)k;
    return CODEC_OTHER;
}

bool codec_is_video(enum codec_kind kind)
{
    return kind >= CODEC_VP8 && kind < CODEC_KINDS;
}

static enum err inspect_vp8(struct bytes payload, struct frame_info *f)
{
    enum err e = vp8_parse(payload, &f->vp8);
    if (e)
        return e;
    const struct vp8_desc *d = &f->vp8;
    f->key = d->key;
    f->start = d->start;
    f->discardable = d->non_reference;
    f->has_layers = d->has_tid;
    f->tid = d->tid;
    f->switch_up = !d->has_tid || d->tid == 0 || d->layer_sync;
    f->width = d->width;
    f->height = d->height;
    return OK;
}

static enum err inspect_vp9(struct bytes payload, struct frame_info *f)
{
    enum err e = vp9_parse(payload, &f->vp9);
    if (e)
        return e;
    const struct vp9_desc *d = &f->vp9;
    f->key = d->key;
    f->start = d->start;
    f->end = d->end;
    f->has_layers = d->has_layers;
    f->tid = d->tid;
    f->sid = d->sid;
    f->switch_up = !d->has_layers || d->tid == 0 || d->switch_up;
    if (d->key && d->has_ss) {
        f->width = d->width[d->n_sids - 1];
        f->height = d->height[d->n_sids - 1];
    }
    return OK;
}

static enum err inspect_h264(struct bytes payload, struct frame_info *f)
{
    struct h264_info h;
    enum err e = h264_parse(payload, &h);
    if (e)
        return e;
    f->key = h.key;
    f->start = h.starts_nal; /* which unit is a frame's first, only the timestamp tells */
    f->discardable = h.discardable;
    return OK;
}

static enum err inspect_av1(struct bytes payload, struct frame_info *f)
{
    struct av1_info a;
    enum err e = av1_parse(payload, &a);
    if (e)
        return e;
    f->key = a.key;
    f->start = !a.continues;
    return OK;
}

static void inspect_dd(struct bytes dd, struct dd_state *dds, struct frame_info *f)
{
    if (!dds || dd.len == 0 || dd_parse(dd, dds, &f->dd) != OK)
        return;
    f->has_dd = true;
    f->has_layers = true;
    f->start = f->dd.start;
    f->end = f->dd.end;
    f->tid = f->dd.tid;
    f->sid = f->dd.sid;
    f->key = f->key || f->dd.has_structure;
    f->discardable = f->dd.n_targets > 0;
    f->switch_up = f->tid == 0;
    for (unsigned t = 0; t < f->dd.n_targets; t++) {
        enum dd_indication i = dd_indication(&f->dd, t);
        f->discardable = f->discardable && (i == DD_NOT_PRESENT || i == DD_DISCARDABLE);
        f->switch_up = f->switch_up || i == DD_SWITCH;
    }
    if (f->dd.has_structure && dds->n_sids > 0) {
        f->width = dds->width[dds->n_sids - 1];
        f->height = dds->height[dds->n_sids - 1];
    }
}

enum err codec_inspect(enum codec_kind kind, struct bytes payload, bool marker, struct bytes dd, struct dd_state *dds,
                       struct frame_info *out)
{
    struct opus_info opus;
    enum err e = OK;
    *out = (struct frame_info){.end = marker, .switch_up = true};
    if (kind == CODEC_VP8) {
        e = inspect_vp8(payload, out);
    } else if (kind == CODEC_VP9) {
        e = inspect_vp9(payload, out);
    } else if (kind == CODEC_H264) {
        e = inspect_h264(payload, out);
    } else if (kind == CODEC_AV1) {
        e = inspect_av1(payload, out);
    } else if (kind == CODEC_OPUS) {
        opus_parse(payload, &opus);
        out->silent = opus.silent;
        out->start = out->end = true;
    } else {
        out->start = true;
    }
    if (e)
        *out = (struct frame_info){.end = marker, .start = true};
    else if (codec_is_video(kind))
        inspect_dd(dd, dds, out);
    return e;
}
