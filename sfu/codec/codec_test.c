#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/av1.h"
#include "codec/codec.h"
#include "codec/h264.h"
#include "codec/opus.h"

static void h264_keys_are_found_in_every_packaging(void **state) /* RFC 6184 5.6, 5.7.1, 5.8 */
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        uint8_t p[12];
        bool key, starts;
        uint8_t type;
    } cases[] = {
        {"single IDR", 2, {0x65, 0x88}, true, true, 5},
        {"single slice", 2, {0x41, 0x9a}, false, true, 1},
        {"SPS", 2, {0x67, 0x42}, true, true, 7},
        {"STAP-A SPS PPS", 9, {0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce}, true, true, 7},
        {"STAP-A SEI, slice", 8, {0x78, 0, 1, 0x06, 0, 2, 0x41, 0x9a}, false, true, 6},
        {"FU-A IDR start", 3, {0x7c, 0x85, 0x88}, true, true, 5},
        {"FU-A IDR middle", 3, {0x7c, 0x05, 0x88}, false, false, 5},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct h264_info h;
        assert_int_equal(h264_parse(bytes_of(cases[i].p, cases[i].len), &h), OK);
        if (h.key != cases[i].key || h.starts_nal != cases[i].starts || h.nal_type != cases[i].type)
            fail_msg("%s", cases[i].name);
    }
}

static void broken_h264_is_refused(void **state)
{
    (void)state;
    static const uint8_t stap[] = {0x78, 0, 5, 0x67}, empty_unit[] = {0x78, 0, 0}, zero[] = {0xe5, 0}, mtap[] = {26, 0};
    struct h264_info h;
    assert_int_equal(h264_parse(bytes_of(stap, 0), &h), ERR_SHORT);
    assert_int_equal(h264_parse(bytes_of(stap, 4), &h), ERR_SHORT);
    assert_int_equal(h264_parse(bytes_of(stap, 1), &h), ERR_SHORT);
    assert_int_equal(h264_parse(bytes_of(empty_unit, 3), &h), ERR_SHORT);
    assert_int_equal(h264_parse(bytes_of(zero, 2), &h), ERR_SYNTAX);
    assert_int_equal(h264_parse(bytes_of(mtap, 2), &h), ERR_UNSUPPORTED);
}

static void a_new_av1_sequence_is_key(void **state)
{
    (void)state;
    static const uint8_t first[] = {0x28, 0x0b, 0x0a, 1}, one[] = {0x18, 0x0a}, rest[] = {0x90, 0x0a},
                         both[] = {0x98, 1};
    struct av1_info a;
    assert_int_equal(av1_parse(bytes_of(first, sizeof first), &a), OK);
    assert_true(a.key && a.has_sequence_header);
    assert_int_equal(a.n_elements, 2);
    assert_int_equal(av1_parse(bytes_of(one, sizeof one), &a), OK);
    assert_true(a.key && a.has_sequence_header);
    assert_int_equal(av1_parse(bytes_of(rest, sizeof rest), &a), OK);
    assert_true(a.continues && !a.key && !a.has_sequence_header);
    assert_int_equal(av1_parse(bytes_of(both, sizeof both), &a), ERR_SYNTAX);
    assert_int_equal(av1_parse(bytes_of(one, 1), &a), ERR_SHORT);
}

static void opus_tells_its_length_and_its_silence(void **state) /* RFC 6716 3.1, table 2 */
{
    (void)state;
    struct opus_info o;
    opus_parse(BYTES_LIT("\x78xxxxx"), &o); /* config 15: hybrid, 20 ms */
    assert_int_equal(o.duration, 20 * MSEC);
    assert_false(o.silent || o.stereo);
    opus_parse(BYTES_LIT("\xfdxxxx"), &o); /* config 31, stereo, 2 frames */
    assert_int_equal(o.duration, 40 * MSEC);
    assert_true(o.stereo);
    opus_parse(BYTES_LIT("\xe0xxx"), &o); /* config 28: 2.5 ms */
    assert_int_equal(o.duration, 2500);
    opus_parse(BYTES_LIT("\x1b\x03xx"), &o); /* config 3: 60 ms, three of them: more than there may be */
    assert_int_equal(o.duration, 0);
    opus_parse(BYTES_LIT("\x0bx"), &o);
    assert_true(o.silent);
    opus_parse(BYTES_LIT(""), &o);
    assert_true(o.silent);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(codec_of_name(BYTES_LIT("OPUS")), CODEC_OPUS);
    assert_int_equal(codec_of_name(BYTES_LIT("vp8")), CODEC_VP8);
    assert_int_equal(codec_of_name(BYTES_LIT("H264")), CODEC_H264);
    assert_int_equal(codec_of_name(BYTES_LIT("H26")), CODEC_OTHER);
    assert_int_equal(codec_of_name(BYTES_LIT("")), CODEC_OTHER);
    assert_true(codec_is_video(CODEC_AV1) && !codec_is_video(CODEC_OPUS) && !codec_is_video(CODEC_OTHER));
}

static void the_common_entry_says_the_same_of_every_codec(void **state)
{
    (void)state;
    static const uint8_t vp8[] = {0x90, 0x20, 0x60, 0x11, 0}, bad[] = {0x90};
    struct frame_info f;
    struct bytes none = {vp8, 0};
    assert_int_equal(codec_inspect(CODEC_VP8, bytes_of(vp8, sizeof vp8), true, none, NULL, &f), OK);
    assert_true(f.start && f.end && f.has_layers && f.switch_up && !f.key);
    assert_int_equal(f.tid, 1);
    assert_int_equal(codec_inspect(CODEC_VP8, bytes_of(bad, 1), false, none, NULL, &f), ERR_SHORT);
    assert_true(!f.key && f.start && f.tid == 0);
    assert_int_equal(codec_inspect(CODEC_H264, BYTES_LIT("\x65\x88"), true, none, NULL, &f), OK);
    assert_true(f.key && f.start && f.end);
    assert_int_equal(codec_inspect(CODEC_OPUS, BYTES_LIT("\x08"), false, none, NULL, &f), OK);
    assert_true(f.silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h264_keys_are_found_in_every_packaging),
        cmocka_unit_test(broken_h264_is_refused),
        cmocka_unit_test(a_new_av1_sequence_is_key),
        cmocka_unit_test(opus_tells_its_length_and_its_silence),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(the_common_entry_says_the_same_of_every_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
