/* The table of codecs, their SDP parameters, and the payloads of H.264 and AV1: codec.c, opus.c, h264.c, av1.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/codec.h"

static const uint8_t none[1];

static enum err inspect(enum codec_kind kind, const uint8_t *p, size_t len, struct frame_info *f)
{
    return codec_inspect(kind, bytes_of(p, len), false, bytes_of(none, 0), NULL, f);
}

static void h264_keys_are_found_in_every_packaging(void **state) /* RFC 6184 5.6, 5.7.1, 5.8 */
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        uint8_t p[12];
        bool key, starts;
    } cases[] = {
        {"single IDR", 2, {0x65, 0x88}, true, true},
        {"single slice", 2, {0x41, 0x9a}, false, true},
        {"SPS", 2, {0x67, 0x42}, true, true},
        {"STAP-A SPS PPS", 9, {0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce}, true, true},
        {"STAP-A SEI, slice", 8, {0x78, 0, 1, 0x06, 0, 2, 0x41, 0x9a}, false, true},
        {"FU-A IDR start", 3, {0x7c, 0x85, 0x88}, true, true},
        {"FU-A IDR middle", 3, {0x7c, 0x05, 0x88}, false, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct frame_info f;
        assert_int_equal(inspect(CODEC_H264, cases[i].p, cases[i].len, &f), OK);
        if (f.key != cases[i].key || f.start != cases[i].starts)
            fail_msg("%s", cases[i].name);
    }
}

static void broken_h264_is_refused(void **state)
{
    (void)state;
    static const uint8_t stap[] = {0x78, 0, 5, 0x67}, empty_unit[] = {0x78, 0, 0}, zero[] = {0xe5, 0}, mtap[] = {26, 0};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_H264, stap, 0, &f), ERR_SHORT);
    assert_int_equal(inspect(CODEC_H264, stap, 4, &f), ERR_SHORT);
    assert_int_equal(inspect(CODEC_H264, stap, 1, &f), ERR_SHORT);
    assert_int_equal(inspect(CODEC_H264, empty_unit, 3, &f), ERR_SHORT);
    assert_int_equal(inspect(CODEC_H264, zero, 2, &f), ERR_SYNTAX);
    assert_int_equal(inspect(CODEC_H264, mtap, 2, &f), ERR_UNSUPPORTED);
    assert_true(f.start && !f.key);
}

static void a_new_av1_sequence_is_key(void **state)
{
    (void)state;
    static const uint8_t first[] = {0x28, 0x0b, 0x0a, 1}, rest[] = {0x90, 0x0a}, both[] = {0x98, 1};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_AV1, first, sizeof first, &f), OK);
    assert_true(f.key && f.start);
    assert_int_equal(inspect(CODEC_AV1, rest, sizeof rest, &f), OK);
    assert_true(!f.key && !f.start);
    assert_int_equal(inspect(CODEC_AV1, both, sizeof both, &f), ERR_SYNTAX);
    assert_int_equal(inspect(CODEC_AV1, first, 1, &f), ERR_SHORT);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    for (unsigned k = CODEC_OTHER + 1; k < CODEC_KINDS; k++)
        assert_int_equal(codec_of_name(bytes_str(codec_name((enum codec_kind)k))), k);
    assert_int_equal(codec_of_name(BYTES_LIT("OPUS")), CODEC_OPUS);
    assert_int_equal(codec_of_name(BYTES_LIT("vp8")), CODEC_VP8);
    assert_int_equal(codec_of_name(BYTES_LIT("H26")), CODEC_OTHER);
    assert_int_equal(codec_of_name(BYTES_LIT("")), CODEC_OTHER);
    assert_true(codec_is_video(CODEC_AV1) && !codec_is_video(CODEC_OPUS) && !codec_is_video(CODEC_OTHER));
}

/* RFC 7587 6.1, RFC 9628 6, RFC 6184 8.1, RTP Payload Format for AV1 7.2. */
static void the_forms_we_carry_are_written_as_they_were_read(void **state)
{
    (void)state;
    static const struct {
        enum codec_kind kind;
        const char *offered, *answered; /* NULL: refused */
    } cases[] = {
        {CODEC_OPUS, "", "minptime=10"},
        {CODEC_OPUS, "minptime=10;useinbandfec=1", "minptime=10;useinbandfec=1"},
        {CODEC_OPUS, "stereo=1; usedtx=1;UseInbandFEC=0", "minptime=10;usedtx=1;stereo=1"},
        {CODEC_VP8, "max-fr=30", ""},
        {CODEC_VP9, "", "profile-id=0"},
        {CODEC_VP9, "profile-id=2", "profile-id=2"},
        {CODEC_VP9, "profile-id=1", NULL},
        {CODEC_H264, "packetization-mode=1", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42000a"},
        {CODEC_H264, "profile-level-id=640C1f;packetization-mode=1",
         "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f"},
        {CODEC_H264, "profile-level-id=42e01f", NULL},
        {CODEC_H264, "packetization-mode=1;profile-level-id=42e0", NULL},
        {CODEC_H264, "packetization-mode=1;profile-level-id=42e0xx", NULL},
        {CODEC_AV1, "", "level-idx=5;profile=0;tier=0"},
        {CODEC_AV1, "level-idx=9;profile=2;tier=1", "level-idx=9;profile=2;tier=1"},
        {CODEC_AV1, "profile=3", NULL},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        char text[128] = "";
        struct wr w = wr_of((uint8_t *)text, sizeof text - 1);
        struct codec_params p;
        bool taken = codec_read_fmtp(cases[i].kind, bytes_str(cases[i].offered), &p);
        if (taken != (cases[i].answered != NULL))
            fail_msg("%s", cases[i].offered);
        if (!taken)
            continue;
        codec_write_fmtp(cases[i].kind, &w, &p);
        assert_string_equal(text, cases[i].answered);
    }
}

static void what_can_not_be_read_says_nothing(void **state)
{
    (void)state;
    static const uint8_t cut[] = {0x90, 0xe0, 0x11}, audio[] = {0x08};
    struct frame_info f;
    assert_int_equal(inspect(CODEC_VP8, cut, sizeof cut, &f), ERR_SHORT);
    assert_true(f.start && !f.key && !f.has_pic && !f.layers.said);
    assert_int_equal(inspect(CODEC_OPUS, audio, sizeof audio, &f), OK); /* each packet stands alone */
    assert_true(f.start && f.layers.end && !f.key && !f.has_pic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h264_keys_are_found_in_every_packaging),
        cmocka_unit_test(broken_h264_is_refused),
        cmocka_unit_test(a_new_av1_sequence_is_key),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(the_forms_we_carry_are_written_as_they_were_read),
        cmocka_unit_test(what_can_not_be_read_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
