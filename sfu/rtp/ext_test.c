/* ext.c: the table, and packets by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/ext.h"

static struct ext_map map_of(bool mixed)
{
    struct ext_map m;
    ext_map_init(&m);
    m.allow_mixed = mixed;
    assert_int_equal(ext_map_set(&m, EXT_AUDIO_LEVEL, 1), OK);
    assert_int_equal(ext_map_set(&m, EXT_TWCC, 3), OK);
    assert_int_equal(ext_map_set(&m, EXT_MID, 4), OK);
    assert_int_equal(ext_map_set(&m, EXT_RID, 10), OK);
    assert_int_equal(ext_map_set(&m, EXT_DD, 12), OK);
    return m;
}

static struct rtp_view view_of(const struct ext_block *b)
{
    return (struct rtp_view){
        .has_ext = true, .ext_profile = (uint16_t)(b->bytes[0] << 8 | b->bytes[1]), .ext = {b->bytes + 4, b->len - 4u}};
}

static void values_are_read_and_decoded_by_kind(void **state)
{
    (void)state;
    static const uint8_t ext[] = {0x10, 0x9e, 0x31, 0x12, 0x34, 0x42, 'a', 'b', 'c', 0, 0, 0};
    struct rtp_view v = {.has_ext = true, .ext_profile = RTP_EXT_ONE_BYTE, .ext = {ext, sizeof ext}};
    struct ext_map m = map_of(false);
    struct ext_values out;
    ext_parse(&v, &m, &out);
    assert_int_equal(out.level, 30);
    assert_true(bytes_eq(out.value[EXT_TWCC], BYTES_LIT("\x12\x34")));
    assert_int_equal(out.passing, 1u << EXT_AUDIO_LEVEL);
    assert_true(bytes_eq(out.value[EXT_MID], BYTES_LIT("abc")));
    assert_false(ext_has(&out, EXT_RID));
}

static void a_value_of_the_wrong_length_is_left_out(void **state)
{
    (void)state;
    static const uint8_t ext[] = {0x11, 0x9e, 0x9e, 0x30};
    struct rtp_view v = {.has_ext = true, .ext_profile = RTP_EXT_ONE_BYTE, .ext = {ext, sizeof ext}};
    struct ext_map m = map_of(false);
    struct ext_values out;
    ext_parse(&v, &m, &out);
    assert_int_equal(out.present, 0);
}

static void the_subscriber_gets_its_own_ids_and_mid_and_no_rid(void **state)
{
    (void)state;
    struct ext_map to = map_of(false);
    struct ext_values v = {0}, got;
    struct ext_block b;
    ext_values_set(&v, EXT_AUDIO_LEVEL, BYTES_LIT("\x85"));
    ext_values_set(&v, EXT_RID, BYTES_LIT("hi"));
    ext_values_set(&v, EXT_MID, BYTES_LIT("theirs"));
    ext_serialise(&v, &to, BYTES_LIT("v1"), &b);
    ext_patch_twcc(b.bytes, &b, 0xbeef);
    assert_int_equal(b.len % 4, 0);
    assert_int_equal(b.len, 4 + b.bytes[3] * 4);
    struct rtp_view view = view_of(&b);
    assert_int_equal(view.ext_profile, RTP_EXT_ONE_BYTE);
    ext_parse(&view, &to, &got);
    assert_true(bytes_eq(got.value[EXT_TWCC], BYTES_LIT("\xbe\xef")));
    assert_true(bytes_eq(got.value[EXT_MID], BYTES_LIT("v1")));
    assert_true(bytes_eq(got.value[EXT_AUDIO_LEVEL], BYTES_LIT("\x85"))); /* V, and 5 */
    assert_int_equal(got.level, 5);
    assert_false(ext_has(&got, EXT_RID));
}

static void a_long_value_needs_the_two_byte_form_and_its_permission(void **state)
{
    (void)state;
    struct ext_map plain = map_of(false), mixed = map_of(true);
    struct ext_values v = {0}, got;
    struct ext_block b;
    ext_values_set(&v, EXT_DD, BYTES_LIT("seventeen bytes.."));
    ext_serialise(&v, &plain, BYTES_LIT("1"), &b);
    struct rtp_view view = view_of(&b);
    ext_parse(&view, &plain, &got);
    assert_int_equal(view.ext_profile, RTP_EXT_ONE_BYTE);
    assert_false(ext_has(&got, EXT_DD));
    ext_serialise(&v, &mixed, BYTES_LIT("1"), &b);
    view = view_of(&b);
    ext_parse(&view, &mixed, &got);
    assert_int_equal(view.ext_profile, RTP_EXT_TWO_BYTE);
    assert_true(bytes_eq(got.value[EXT_DD], BYTES_LIT("seventeen bytes..")));
    assert_true(bytes_eq(got.value[EXT_MID], BYTES_LIT("1")));
    assert_true(ext_has(&got, EXT_TWCC));
}

static void too_much_is_left_out_but_ours_fits(void **state)
{
    (void)state;
    uint8_t big[255] = {0};
    struct ext_map to = map_of(true);
    struct ext_values v = {0}, got;
    struct ext_block b;
    ext_values_set(&v, EXT_DD, bytes_of(big, sizeof big));
    ext_serialise(&v, &to, BYTES_LIT("1"), &b);
    struct rtp_view view = view_of(&b);
    ext_parse(&view, &to, &got);
    assert_false(ext_has(&got, EXT_DD));
    assert_true(ext_has(&got, EXT_MID) && ext_has(&got, EXT_TWCC));
}

static void nothing_negotiated_gives_no_block(void **state)
{
    (void)state;
    struct ext_map none;
    struct ext_values v = {0};
    struct ext_block b;
    ext_map_init(&none);
    ext_serialise(&v, &none, BYTES_LIT("1"), &b);
    assert_int_equal(b.len, 0);
}

static void an_id_belongs_to_one_kind(void **state)
{
    (void)state;
    struct ext_map m = map_of(false);
    assert_int_equal(ext_map_set(&m, EXT_RRID, 1), ERR_SYNTAX);
    assert_int_equal(ext_map_set(&m, EXT_RRID, 15), ERR_SYNTAX);
    assert_int_equal(ext_map_set(&m, EXT_RRID, 0), ERR_SYNTAX);
    assert_int_equal(ext_map_set(&m, EXT_AUDIO_LEVEL, 200), OK); /* moves, and frees 1 */
    assert_int_equal(ext_map_set(&m, EXT_RRID, 1), OK);
    assert_int_equal(ext_map_set(&m, EXT_VIDEO_ORIENTATION, 200), ERR_SYNTAX);
}

static void every_uri_names_its_kind(void **state)
{
    (void)state;
    for (unsigned k = 0; k < EXT_KINDS; k++)
        assert_int_equal(ext_kind_of_uri(bytes_str(ext_uri((enum ext_kind)k))), k);
    assert_int_equal(ext_kind_of_uri(BYTES_LIT("urn:x")), EXT_KINDS);
}

/* What a client sees of us, by direction and kind of m-line. */
static void each_way_negotiates_its_own(void **state)
{
    (void)state;
    assert_true(ext_is_negotiated(EXT_TWCC, EXT_UP, true) && ext_is_negotiated(EXT_TWCC, EXT_UP, false));
    assert_false(ext_is_negotiated(EXT_TWCC, EXT_DOWN, true));
    assert_true(ext_is_negotiated(EXT_AUDIO_LEVEL, EXT_DOWN, false));
    assert_false(ext_is_negotiated(EXT_AUDIO_LEVEL, EXT_UP, true));
    assert_false(ext_is_negotiated(EXT_DD, EXT_UP, true) || ext_is_negotiated(EXT_RID, EXT_UP, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_decoded_by_kind),
        cmocka_unit_test(a_value_of_the_wrong_length_is_left_out),
        cmocka_unit_test(the_subscriber_gets_its_own_ids_and_mid_and_no_rid),
        cmocka_unit_test(a_long_value_needs_the_two_byte_form_and_its_permission),
        cmocka_unit_test(too_much_is_left_out_but_ours_fits),
        cmocka_unit_test(nothing_negotiated_gives_no_block),
        cmocka_unit_test(an_id_belongs_to_one_kind),
        cmocka_unit_test(every_uri_names_its_kind),
        cmocka_unit_test(each_way_negotiates_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
