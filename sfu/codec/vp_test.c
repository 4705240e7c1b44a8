/* Payloads of VP8 and VP9: vp8.c, vp9.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/codec.h"

static const uint8_t none[1];

/* X; I L T K; 15-bit id 0x1234; TL0PICIDX 7; TID 0, KEYIDX 17; then a 640 x 360 key frame (RFC 6386 9.1). */
static const uint8_t key[] = {0x90, 0xf0, 0x92, 0x34, 7, 0x11, 0x50, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 0xff};

static enum err inspect(enum codec_kind kind, const uint8_t *p, size_t len, struct frame_info *f)
{
    return codec_inspect(kind, bytes_of(p, len), false, bytes_of(none, 0), NULL, f);
}

/* The payload again with other ids in its head. */
static size_t renumber(enum codec_kind kind, const uint8_t *p, size_t len, struct pic_ids ids, uint8_t out[64])
{
    struct frame_info f;
    struct wr w = wr_of(out, 64);
    assert_int_equal(inspect(kind, p, len, &f), OK);
    assert_true(f.has_pic);
    codec_write_head(kind, &w, bytes_of(p, f.head_len), ids);
    wr_bytes(&w, bytes_of(p + f.head_len, len - f.head_len));
    assert_false(w.bad);
    return wr_len(&w);
}

static void a_vp8_key_frame_says_its_ids(void **state) /* RFC 7741 4.2 */
{
    (void)state;
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP8, key, sizeof key, &f), OK);
    assert_true(f.start && f.key && f.has_pic && f.pic_15 && f.layers.said && f.layers.switch_up);
    assert_int_equal(f.pic.pic, 0x1234);
    assert_int_equal(f.pic.tl0, 7);
    assert_int_equal(f.pic.keyidx, 17);
    assert_int_equal(f.layers.tid, 0);
    assert_int_equal(f.head_len, 6);
}

static void a_vp8_payload_without_extension_is_a_descriptor_of_one_byte(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x10, 0x11, 0}; /* S; P = 1: not a key frame */
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP8, p, sizeof p, &f), OK);
    assert_int_equal(f.head_len, 1);
    assert_true(f.start);
    assert_false(f.key || f.has_pic || f.layers.said);
}

static void only_a_frames_first_packet_can_be_key(void **state)
{
    (void)state;
    uint8_t p[sizeof key];
    struct frame_info f;
    memcpy(p, key, sizeof p);
    p[0] = 0x80; /* no S */
    assert_int_equal(inspect(CODEC_VP8, p, sizeof p, &f), OK);
    assert_false(f.key || f.start);
    p[0] = 0x91; /* S of partition 1 */
    assert_int_equal(inspect(CODEC_VP8, p, sizeof p, &f), OK);
    assert_false(f.key || f.start);
    p[0] = 0x90;
    p[9] = 0; /* start code */
    assert_int_equal(inspect(CODEC_VP8, p, sizeof p, &f), OK);
    assert_false(f.key);
}

static void a_cut_vp8_descriptor_is_short(void **state)
{
    (void)state;
    struct frame_info f;
    for (size_t len = 0; len <= 6; len++)
        assert_int_equal(inspect(CODEC_VP8, key, len, &f), ERR_SHORT);
    assert_false(f.has_pic || f.key);
    assert_int_equal(inspect(CODEC_VP8, key, 7, &f), OK);
}

static void a_vp8_head_is_written_with_other_ids_and_the_rest_stays(void **state)
{
    (void)state;
    uint8_t out[64];
    struct frame_info f;
    size_t len = renumber(CODEC_VP8, key, sizeof key, (struct pic_ids){0x7abc, 200, 3}, out);
    assert_int_equal(len, sizeof key);
    assert_int_equal(inspect(CODEC_VP8, out, len, &f), OK);
    assert_int_equal(f.pic.pic, 0x7abc);
    assert_int_equal(f.pic.tl0, 200);
    assert_int_equal(f.pic.keyidx, 3);
    assert_memory_equal(out + 6, key + 6, sizeof key - 6);
}

static void a_short_vp8_id_grows_to_15_bits(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x90, 0xe0, 0x11, 7, 0x60, 1, 2}; /* I L T; TID 1, Y */
    uint8_t out[64];
    struct frame_info f, again;
    assert_int_equal(inspect(CODEC_VP8, p, sizeof p, &f), OK);
    assert_true(!f.pic_15 && f.layers.switch_up);
    assert_int_equal(f.layers.tid, 1);
    size_t len = renumber(CODEC_VP8, p, sizeof p, (struct pic_ids){0x1234, 8, 0}, out);
    assert_int_equal(len, sizeof p + 1);
    assert_int_equal(inspect(CODEC_VP8, out, len, &again), OK);
    assert_int_equal(again.pic.pic, 0x1234);
    assert_int_equal(again.pic.tl0, 8);
    assert_true(again.layers.switch_up && again.layers.tid == 1 && again.head_len == f.head_len + 1);
}

static void a_flexible_vp9_packet_is_read(void **state) /* RFC 9628 4.2: I P L F B E, three references */
{
    (void)state;
    static const uint8_t p[] = {0xfc, 0x92, 0x34, 0x53, 3, 5, 8, 0xaa};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP9, p, sizeof p, &f), OK);
    assert_int_equal(f.pic.pic, 0x1234);
    assert_int_equal(f.layers.tid, 2);
    assert_int_equal(f.layers.sid, 1);
    assert_true(f.start && f.layers.switch_up && f.layers.end);
    assert_int_equal(f.head_len, 7);
    assert_int_equal(f.pic.tl0, 0);
    assert_false(f.key);
}

static void four_vp9_references_are_an_error(void **state)
{
    (void)state;
    static const uint8_t p[] = {0xd0, 0x01, 3, 5, 7, 8, 0xaa};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP9, p, sizeof p, &f), ERR_SYNTAX);
}

static void a_vp9_key_frame_with_its_structure_is_read(void **state)
{
    (void)state;
    /* I L B V, non-flexible: TL0PICIDX 9; two layers with sizes, a group of two pictures with 1 and 2 references */
    static const uint8_t p[] = {0xaa, 0x11, 0x00, 9, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x04, 1, 0x28, 1, 2, 0x55};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP9, p, sizeof p, &f), OK);
    assert_true(f.key && f.start && f.has_pic && !f.pic_15);
    assert_int_equal(f.pic.tl0, 9);
    assert_int_equal(f.head_len, sizeof p - 1);
    for (size_t len = 0; len < sizeof p; len++)
        assert_int_equal(inspect(CODEC_VP9, p, len, &f), ERR_SHORT);
}

static void a_vp9_head_keeps_its_form_under_other_ids(void **state)
{
    (void)state;
    static const uint8_t seven[] = {0xa8, 0x11, 0x00, 9, 0x55}, fifteen[] = {0xb8, 0x92, 0x34, 0x00, 0x55};
    uint8_t out[64];
    struct frame_info f;
    size_t len = renumber(CODEC_VP9, seven, sizeof seven, (struct pic_ids){0x7abc, 200, 0}, out);
    assert_int_equal(len, sizeof seven);
    assert_int_equal(inspect(CODEC_VP9, out, len, &f), OK);
    assert_int_equal(f.pic.pic, 0x3c); /* the low 7 bits */
    assert_int_equal(f.pic.tl0, 200);
    len = renumber(CODEC_VP9, fifteen, sizeof fifteen, (struct pic_ids){0x7abc, 200, 0},
                   out); /* flexible: no TL0PICIDX */
    assert_int_equal(inspect(CODEC_VP9, out, len, &f), OK);
    assert_int_equal(f.pic.pic, 0x7abc);
    assert_memory_equal(out + 3, fifteen + 3, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vp8_key_frame_says_its_ids),
        cmocka_unit_test(a_vp8_payload_without_extension_is_a_descriptor_of_one_byte),
        cmocka_unit_test(only_a_frames_first_packet_can_be_key),
        cmocka_unit_test(a_cut_vp8_descriptor_is_short),
        cmocka_unit_test(a_vp8_head_is_written_with_other_ids_and_the_rest_stays),
        cmocka_unit_test(a_short_vp8_id_grows_to_15_bits),
        cmocka_unit_test(a_flexible_vp9_packet_is_read),
        cmocka_unit_test(four_vp9_references_are_an_error),
        cmocka_unit_test(a_vp9_key_frame_with_its_structure_is_read),
        cmocka_unit_test(a_vp9_head_keeps_its_form_under_other_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
