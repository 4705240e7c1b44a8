#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/vp8.h"
#include "codec/vp9.h"

/* X; I L T K; 15-bit id 0x1234; TL0PICIDX 7; TID 0, KEYIDX 17; then a 640 x 360 key frame (RFC 6386 9.1). */
static const uint8_t key[] = {0x90, 0xf0, 0x92, 0x34, 7, 0x11, 0x50, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 0xff};

static void a_vp8_key_frame_says_its_size_and_ids(void **state) /* RFC 7741 4.2 */
{
    (void)state;
    struct vp8_desc d;
    assert_int_equal(vp8_parse(bytes_of(key, sizeof key), &d), OK);
    assert_true(d.start && d.key && d.pic_15);
    assert_int_equal(d.pic, 0x1234);
    assert_int_equal(d.tl0, 7);
    assert_int_equal(d.tid, 0);
    assert_int_equal(d.keyidx, 17);
    assert_int_equal(d.len, 6);
    assert_int_equal(d.width, 640);
    assert_int_equal(d.height, 360);
}

static void a_vp8_payload_without_extension_is_a_descriptor_of_one_byte(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x10, 0x11, 0}; /* S; P = 1: not a key frame */
    struct vp8_desc d;
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_int_equal(d.len, 1);
    assert_true(d.start);
    assert_false(d.key || d.has_pic || d.has_tl0 || d.has_tid);
}

static void only_a_frames_first_packet_can_be_key(void **state)
{
    (void)state;
    uint8_t p[sizeof key];
    struct vp8_desc d;
    memcpy(p, key, sizeof p);
    p[0] = 0x80; /* no S */
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_false(d.key || d.start);
    p[0] = 0x91; /* S of partition 1 */
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_false(d.key || d.start);
    p[0] = 0x90;
    p[9] = 0; /* start code */
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_false(d.key);
}

static void a_cut_vp8_descriptor_is_short(void **state)
{
    (void)state;
    struct vp8_desc d;
    for (size_t len = 0; len <= 6; len++)
        assert_int_equal(vp8_parse(bytes_of(key, len), &d), ERR_SHORT);
    assert_int_equal(vp8_parse(bytes_of(key, 7), &d), OK);
}

static void vp8_fields_are_patched_in_place(void **state)
{
    (void)state;
    uint8_t p[sizeof key];
    struct vp8_desc d;
    memcpy(p, key, sizeof p);
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    vp8_patch(p, &d, 0x7abc, 200, 3);
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_int_equal(d.pic, 0x7abc);
    assert_int_equal(d.tl0, 200);
    assert_int_equal(d.keyidx, 3);
    assert_memory_equal(p + 6, key + 6, sizeof key - 6);
}

static void a_short_id_keeps_its_form_in_place_and_grows_when_rewritten(void **state)
{
    (void)state;
    uint8_t p[] = {0x90, 0xe0, 0x11, 7, 0x60, 1, 2}, out[16];
    struct vp8_desc d, again;
    struct wr w = wr_of(out, sizeof out);
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &d), OK);
    assert_true(!d.pic_15 && d.layer_sync);
    assert_int_equal(d.tid, 1);
    vp8_desc_write(&w, &d, bytes_of(p, sizeof p), 0x1234, 8, 0);
    wr_bytes(&w, bytes_of(p + d.len, sizeof p - d.len));
    assert_int_equal(wr_len(&w), sizeof p + 1);
    assert_int_equal(vp8_parse(bytes_of(out, wr_len(&w)), &again), OK);
    assert_int_equal(again.pic, 0x1234);
    assert_int_equal(again.tl0, 8);
    assert_true(again.layer_sync && again.tid == 1 && again.len == d.len + 1);
    vp8_patch(p, &d, 0x1234, 8, 0);
    assert_int_equal(vp8_parse(bytes_of(p, sizeof p), &again), OK);
    assert_int_equal(again.pic, 0x34);
}

static void a_flexible_vp9_packet_is_read(void **state) /* RFC 9628 4.2: I P L F B E, three references */
{
    (void)state;
    static const uint8_t p[] = {0xfc, 0x92, 0x34, 0x53, 3, 5, 8, 0xaa};
    struct vp9_desc d;
    assert_int_equal(vp9_parse(bytes_of(p, sizeof p), &d), OK);
    assert_int_equal(d.pic, 0x1234);
    assert_int_equal(d.tid, 2);
    assert_int_equal(d.sid, 1);
    assert_true(d.switch_up && d.inter_layer && d.flexible && d.start && d.end);
    assert_int_equal(d.n_pdiffs, 3);
    assert_int_equal(d.pdiffs[1], 2);
    assert_int_equal(d.len, 7);
    assert_false(d.key || d.has_tl0);
}

static void four_vp9_references_are_an_error(void **state)
{
    (void)state;
    static const uint8_t p[] = {0xd0, 0x01, 3, 5, 7, 8, 0xaa};
    struct vp9_desc d;
    assert_int_equal(vp9_parse(bytes_of(p, sizeof p), &d), ERR_SYNTAX);
}

static void a_vp9_key_frame_with_its_structure_is_read(void **state)
{
    (void)state;
    /* I L B V, non-flexible: TL0PICIDX 9; two layers with sizes, a group of two pictures with 1 and 2 references */
    static const uint8_t p[] = {0xaa, 0x11, 0x00, 9, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x04, 1, 0x28, 1, 2, 0x55};
    struct vp9_desc d;
    assert_int_equal(vp9_parse(bytes_of(p, sizeof p), &d), OK);
    assert_true(d.key && d.start && d.has_ss && d.has_tl0 && !d.pic_15);
    assert_int_equal(d.tl0, 9);
    assert_int_equal(d.n_sids, 2);
    assert_int_equal(d.width[1], 640);
    assert_int_equal(d.height[1], 360);
    assert_int_equal(d.len, sizeof p - 1);
    for (size_t len = 0; len < sizeof p; len++)
        assert_int_equal(vp9_parse(bytes_of(p, len), &d), ERR_SHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vp8_key_frame_says_its_size_and_ids),
        cmocka_unit_test(a_vp8_payload_without_extension_is_a_descriptor_of_one_byte),
        cmocka_unit_test(only_a_frames_first_packet_can_be_key),
        cmocka_unit_test(a_cut_vp8_descriptor_is_short),
        cmocka_unit_test(vp8_fields_are_patched_in_place),
        cmocka_unit_test(a_short_id_keeps_its_form_in_place_and_grows_when_rewritten),
        cmocka_unit_test(a_flexible_vp9_packet_is_read),
        cmocka_unit_test(four_vp9_references_are_an_error),
        cmocka_unit_test(a_vp9_key_frame_with_its_structure_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
