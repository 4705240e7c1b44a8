#include "loadtest/player.h"

#include "codec/codec.h"
#include "loadtest/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

static const struct clip_video_size size = {
    .bps = 1000000, .fps = 30, .width = 1280, .height = 720, .key_factor = 8, .key_interval = 90};

/* RFC 6386 9.1: of a key frame. */
static unsigned width_of(struct bytes frame)
{
    return (frame.p[6] | (unsigned)frame.p[7] << 8) & 0x3fff;
}

static unsigned play_frame(struct player *p, struct frame_info *first, size_t *bytes)
{
    unsigned n = 0;
    bool last = false;
    *bytes = 0;
    player_next_frame(p);
    while (player_has_packet(p)) {
        uint8_t payload[PLAYER_PAYLOAD_MAX];
        struct frame_info d;
        assert_false(last);
        size_t len = player_packet(p, payload, &last);
        assert_int_equal(codec_inspect(CODEC_VP8, bytes_of(payload, len), last, (struct bytes){0}, NULL, &d), OK);
        assert_int_equal(d.start, n == 0);
        if (n == 0)
            *first = d;
        assert_int_equal(d.pic.pic, first->pic.pic);
        *bytes += len - d.head_len;
        n++;
    }
    assert_true(last);
    return n;
}

static void a_frame_is_cut_evenly_and_whole(void **state)
{
    (void)state;
    struct clip clip = {0};
    struct player p;
    struct frame_info d = {0};
    size_t bytes;
    assert_int_equal(clip_synthetic_video(&size, &clip), OK);
    player_init(&p, &clip, true, 0x7ffe);
    assert_int_equal(play_frame(&p, &d, &bytes), 31);
    assert_true(d.key);
    assert_int_equal(width_of(clip.frames[0].data), 1280);
    assert_int_equal(d.pic.pic, 0x7fff);
    assert_int_equal(bytes, clip.frames[0].data.len);
    assert_int_equal(play_frame(&p, &d, &bytes), 4);
    assert_false(d.key);
    assert_int_equal(d.pic.pic, 0); /* 15 bits */
    assert_int_equal(bytes, 1000000 / 8 / 30);
    clip_reset(&clip);
}

static void key_frames_come_at_their_interval_and_when_asked_for(void **state)
{
    (void)state;
    struct clip clip = {0};
    struct player p;
    struct frame_info d = {0};
    size_t bytes;
    assert_int_equal(clip_synthetic_video(&size, &clip), OK);
    player_init(&p, &clip, true, 0);
    for (unsigned i = 0; i < 200; i++) {
        if (i == 100)
            player_ask_key(&p);
        play_frame(&p, &d, &bytes);
        assert_int_equal(d.key, i == 0 || i == 90 || i == 100 || i == 190);
        assert_int_equal(d.pic.tl0, (i + 1) & 0xff);
    }
    clip_reset(&clip);
}

static void a_stamp_is_found_at_the_end(void **state)
{
    (void)state;
    uint8_t payload[60] = {0};
    struct stamp in = {.stream = 7, .seq = 0xfffffffe, .sent = 123456789012}, out = {0};
    assert_false(stamp_read(bytes_of(payload, sizeof payload), &out));
    stamp_write(payload + sizeof payload, &in);
    assert_true(stamp_read(bytes_of(payload, sizeof payload), &out));
    assert_int_equal(out.stream, 7);
    assert_int_equal(out.seq, 0xfffffffe);
    assert_int_equal(out.sent, 123456789012);
    assert_false(stamp_read(bytes_of(payload, sizeof payload - 1), &out));
    assert_false(stamp_read(bytes_of(payload, STAMP_LEN - 1), &out));
}

static void synthetic_audio_is_one_packet_a_frame(void **state)
{
    (void)state;
    struct clip clip = {0};
    struct player p;
    uint8_t payload[PLAYER_PAYLOAD_MAX];
    bool last = false;
    assert_int_equal(clip_synthetic_audio(120, &clip), OK);
    player_init(&p, &clip, false, 0);
    player_next_frame(&p);
    assert_int_equal(player_packet(&p, payload, &last), 120);
    assert_true(last);
    assert_false(player_has_packet(&p));
    clip_reset(&clip);
}

static void a_real_picture_differs_from_number_to_number_and_begins_with_a_key_frame(void **state)
{
    (void)state;
    struct clip a = {0}, b = {0};
    struct player p;
    struct frame_info d = {0};
    size_t bytes, total = 0;
    assert_int_equal(clip_real_video(1, &a), OK);
    assert_int_equal(clip_real_video(2, &b), OK);
    assert_false(bytes_eq(a.frames[0].data, b.frames[0].data));
    player_init(&p, &a, true, 0);
    for (unsigned i = 0; i < 2 * a.n_frames; i++) { /* it comes round */
        play_frame(&p, &d, &bytes);
        assert_int_equal(d.key, i % a.n_frames == 0);
        if (d.key)
            assert_int_equal(width_of(a.frames[0].data), 320);
        total += bytes;
    }
    assert_true(total > (size_t)200 * a.n_frames); /* it moves */
    clip_reset(&a);
    clip_reset(&b);
}

static void a_real_picture_shows_its_number_when_decoded(void **state)
{
    (void)state;
    struct clip clip = {0};
    vpx_codec_ctx_t codec;
    assert_int_equal(clip_real_video(11, &clip), OK);
    assert_int_equal(vpx_codec_dec_init(&codec, vpx_codec_vp8_dx(), NULL, 0), VPX_CODEC_OK);
    for (unsigned i = 0; i < clip.n_frames; i++) {
        struct bytes f = clip.frames[i].data;
        vpx_codec_iter_t iter = NULL;
        assert_int_equal(vpx_codec_decode(&codec, f.p, (unsigned)f.len, NULL, 0), VPX_CODEC_OK);
        const vpx_image_t *img = vpx_codec_get_frame(&codec, &iter);
        assert_non_null(img);
        assert_int_equal(img->d_w, 320);
        const uint8_t *row = img->planes[VPX_PLANE_Y] + (ptrdiff_t)img->stride[VPX_PLANE_Y] * 85;
        assert_true(row[138] > 200); /* the stem of the first 1 */
        assert_true(row[186] > 200); /* and of the second */
        assert_true(row[20] < 180);  /* a bar */
    }
    vpx_codec_destroy(&codec);
    clip_reset(&clip);
}

static void a_real_tone_is_opus_of_a_second(void **state)
{
    (void)state;
    struct clip clip = {0};
    assert_int_equal(clip_real_audio(3, &clip), OK);
    assert_int_equal(clip.n_frames * clip.ms, 1000);
    for (unsigned i = 0; i < clip.n_frames; i++)
        assert_in_range(clip.frames[i].data.len, 20, 400);
    clip_reset(&clip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_cut_evenly_and_whole),
        cmocka_unit_test(key_frames_come_at_their_interval_and_when_asked_for),
        cmocka_unit_test(a_stamp_is_found_at_the_end),
        cmocka_unit_test(synthetic_audio_is_one_packet_a_frame),
        cmocka_unit_test(a_real_picture_differs_from_number_to_number_and_begins_with_a_key_frame),
        cmocka_unit_test(a_real_picture_shows_its_number_when_decoded),
        cmocka_unit_test(a_real_tone_is_opus_of_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
