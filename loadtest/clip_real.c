/* Real pictures and tones, encoded once at the start: bars that move, with the sender's number; a tone of its own. */
#include "loadtest/clip.h"

#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define WIDTH        320
#define HEIGHT       180
#define FPS          15
#define FRAMES       (2 * FPS)
#define BITRATE_KBPS 200
#define BARS         8
#define DIGIT_SCALE  12
#define DIGIT_X      120
#define DIGIT_Y      55

#define AUDIO_RATE    48000
#define AUDIO_SAMPLES (AUDIO_RATE / 50)
#define AUDIO_FRAMES  50 /* a second: every tone of whole Hz comes round */
#define AUDIO_CAP     400
#define AUDIO_BPS     32000
#define TONE_LOWEST   220
#define TONE_STEP     20

/* Rows of 3 pixels, for 0…9. */
static const uint8_t digits[10][5] = {
    {7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
    {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 2, 2, 2}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
};

static bool digit_covers(unsigned digit, unsigned x, unsigned y)
{
    return x < 3 && y < 5 && digits[digit][y] >> (2 - x) & 1;
}

/* Is the pixel part of the two-digit number? */
static bool number_covers(unsigned number, unsigned x, unsigned y)
{
    if (x < DIGIT_X || y < DIGIT_Y)
        return false;
    unsigned col = (x - DIGIT_X) / DIGIT_SCALE, row = (y - DIGIT_Y) / DIGIT_SCALE;
    unsigned digit = col < 4 ? number / 10 % 10 : number % 10;
    return digit_covers(digit, col % 4, row) && col < 8;
}

static uint8_t *row_of(const vpx_image_t *img, int plane, unsigned y)
{
    return img->planes[plane] + (ptrdiff_t)img->stride[plane] * (ptrdiff_t)y;
}

static void draw(const vpx_image_t *img, unsigned number, unsigned frame)
{
    for (unsigned y = 0; y < HEIGHT; y++) {
        uint8_t *row = row_of(img, VPX_PLANE_Y, y);
        for (unsigned x = 0; x < WIDTH; x++) {
            unsigned bar = (x + frame * WIDTH / FRAMES) * BARS / WIDTH % BARS;
            row[x] = (uint8_t)(number_covers(number, x, y) ? 235 : 30 + bar * 18);
        }
    }
    for (unsigned y = 0; y < HEIGHT / 2; y++) {
        memset(row_of(img, VPX_PLANE_U, y), (int)(64 + number * 37 % 128), WIDTH / 2);
        memset(row_of(img, VPX_PLANE_V, y), (int)(64 + number * 71 % 128), WIDTH / 2);
    }
}

static enum err encoder_open(vpx_codec_ctx_t *codec)
{
    vpx_codec_enc_cfg_t cfg;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &cfg, 0))
        return ERR_IO;
    cfg.g_w = WIDTH;
    cfg.g_h = HEIGHT;
    cfg.g_timebase = (vpx_rational_t){1, FPS};
    cfg.rc_target_bitrate = BITRATE_KBPS;
    cfg.rc_end_usage = VPX_CBR;
    cfg.g_lag_in_frames = 0;
    cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    cfg.kf_mode = VPX_KF_DISABLED; /* only the first: where the clip begins again */
    if (vpx_codec_enc_init(codec, vpx_codec_vp8_cx(), &cfg, 0))
        return ERR_IO;
    return vpx_codec_control(codec, VP8E_SET_CPUUSED, -12) ? ERR_IO : OK;
}

static enum err encode(vpx_codec_ctx_t *codec, vpx_image_t *img, unsigned frame, struct clip *out)
{
    vpx_codec_iter_t iter = NULL;
    vpx_enc_frame_flags_t flags = frame == 0 ? VPX_EFLAG_FORCE_KF : 0;
    if (vpx_codec_encode(codec, img, frame, 1, flags, VPX_DL_REALTIME))
        return ERR_IO;
    const vpx_codec_cx_pkt_t *pkt;
    while ((pkt = vpx_codec_get_cx_data(codec, &iter)))
        if (pkt->kind == VPX_CODEC_CX_FRAME_PKT)
            return clip_set(out, frame, pkt->data.frame.buf, pkt->data.frame.sz,
                            pkt->data.frame.flags & VPX_FRAME_IS_KEY);
    return clip_set(out, frame, NULL, 0, false); /* the encoder dropped it */
}

enum err clip_real_video(unsigned number, struct clip *out)
{
    vpx_codec_ctx_t codec;
    vpx_image_t *img = NULL;
    enum err e = encoder_open(&codec);
    if (e)
        return e;
    e = clip_alloc(out, FRAMES);
    if (e)
        goto out;
    e = ERR_NOMEM;
    img = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, WIDTH, HEIGHT, 16);
    if (!img)
        goto out;
    e = OK;
    for (unsigned i = 0; i < FRAMES && !e; i++) {
        draw(img, number, i);
        e = encode(&codec, img, i, out);
    }
    out->ms = 1000 / FPS;
out:
    vpx_img_free(img);
    vpx_codec_destroy(&codec);
    if (e)
        clip_reset(out);
    return e;
}

static void tone(unsigned number, unsigned frame, int16_t *pcm)
{
    unsigned hz = TONE_LOWEST + TONE_STEP * (number % 40);
    for (unsigned i = 0; i < AUDIO_SAMPLES; i++) {
        unsigned at = frame * AUDIO_SAMPLES + i;
        double turns = (double)hz * at / AUDIO_RATE;
        pcm[i] = (int16_t)(3000 * sin(2 * M_PI * turns));
    }
}

enum err clip_real_audio(unsigned number, struct clip *out)
{
    int status = 0;
    OpusEncoder *encoder = opus_encoder_create(AUDIO_RATE, 1, OPUS_APPLICATION_AUDIO, &status);
    if (!encoder)
        return ERR_NOMEM;
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(AUDIO_BPS));
    enum err e = clip_alloc(out, AUDIO_FRAMES);
    for (unsigned i = 0; i < AUDIO_FRAMES && !e; i++) {
        int16_t pcm[AUDIO_SAMPLES];
        uint8_t packet[AUDIO_CAP];
        tone(number, i, pcm);
        opus_int32 n = opus_encode(encoder, pcm, AUDIO_SAMPLES, packet, sizeof packet);
        e = n < 0 ? ERR_IO : clip_set(out, i, packet, (size_t)n, false);
    }
    opus_encoder_destroy(encoder);
    out->ms = 20;
    if (e)
        clip_reset(out);
    return e;
}
