/* clip.c: clips made up: frames of the right sizes with headers that the server reads. */
#include "loadtest/clip.h"

#include <stdlib.h>

#define VP8_KEY_HEAD   10
#define VP8_DELTA_HEAD 3
#define OPUS_TOC       0xf8 /* CELT, fullband, one frame of 20 ms, mono: RFC 6716 3.1 */
#define AUDIO_MS       20

enum err clip_alloc(struct clip *c, unsigned n_frames)
{
    *c = (struct clip){0};
    c->frames = calloc(n_frames, sizeof *c->frames);
    if (!c->frames)
        return ERR_NOMEM;
    c->n_frames = n_frames;
    return OK;
}

enum err clip_set(struct clip *c, unsigned i, const void *p, size_t len, bool key)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        return ERR_NOMEM;
    if (p && len)
        memcpy(copy, p, len);
    else
        memset(copy, 0xa5, len);
    free((void *)c->frames[i].data.p);
    c->frames[i] = (struct clip_frame){.data = bytes_of(copy, len), .key = key};
    return OK;
}

void clip_reset(struct clip *c)
{
    for (unsigned i = 0; i < c->n_frames; i++)
        free((void *)c->frames[i].data.p);
    free(c->frames);
    *c = (struct clip){0};
}

/* RFC 6386 9.1: a frame tag of 3 bytes (key, version 0, shown, length of the first partition, little-endian); a key
 * frame goes on with a start code, width and height. */
static void vp8_head(uint8_t *p, size_t len, const struct clip_video_size *size, bool key)
{
    uint32_t first_part = (uint32_t)(len / 4) & 0x7ffff;
    uint32_t tag = (key ? 0u : 1u) | 1u << 4 | first_part << 5;
    p[0] = (uint8_t)tag;
    p[1] = (uint8_t)(tag >> 8);
    p[2] = (uint8_t)(tag >> 16);
    if (!key)
        return;
    static const uint8_t start_code[3] = {0x9d, 0x01, 0x2a};
    memcpy(p + 3, start_code, sizeof start_code);
    p[6] = (uint8_t)size->width;
    p[7] = (uint8_t)(size->width >> 8 & 0x3f);
    p[8] = (uint8_t)size->height;
    p[9] = (uint8_t)(size->height >> 8 & 0x3f);
}

enum err clip_synthetic_video(const struct clip_video_size *size, struct clip *out)
{
    size_t delta = size->bps / 8 / (size->fps ? size->fps : 1);
    delta = delta < VP8_DELTA_HEAD + 64 ? VP8_DELTA_HEAD + 64 : delta;
    size_t key = delta * (size->key_factor ? size->key_factor : 1) + VP8_KEY_HEAD;
    enum err e = clip_alloc(out, 2);
    if (!e)
        e = clip_set(out, 0, NULL, key, true);
    if (!e)
        e = clip_set(out, 1, NULL, delta, false);
    if (e) {
        clip_reset(out);
        return e;
    }
    vp8_head((uint8_t *)out->frames[0].data.p, key, size, true);
    vp8_head((uint8_t *)out->frames[1].data.p, delta, size, false);
    out->key_interval = size->key_interval ? size->key_interval : 1;
    out->ms = 1000 / (size->fps ? size->fps : 1);
    out->stamped = true;
    return OK;
}

enum err clip_synthetic_audio(size_t bytes, struct clip *out)
{
    enum err e = clip_alloc(out, 1);
    if (!e)
        e = clip_set(out, 0, NULL, bytes, false);
    if (e) {
        clip_reset(out);
        return e;
    }
    ((uint8_t *)out->frames[0].data.p)[0] = OPUS_TOC;
    out->ms = AUDIO_MS;
    out->stamped = true;
    return OK;
}
