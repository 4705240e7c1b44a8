/* rtp_packet.c: headers, extension elements, retransmissions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/rtp_packet.h"

/* Padding 2, extension 0xBEDE of two words, one CSRC. */
static const uint8_t full[] = {0xb1, 0xef, 0x12, 0x34, 0,    0,    1,    0x64, 0x11, 0x22, 0x33,
                               0x44, 0xaa, 0xbb, 0xcc, 0xdd, 0xbe, 0xde, 0,    2,    0x10, 0x30,
                               0,    0x31, 0x41, 0x9a, 0xf0, 0xff, 1,    2,    3,    0,    2};

static struct bytes full_bytes(size_t len)
{
    return bytes_of(full, len);
}

static void a_packet_with_everything_is_read(void **state)
{
    (void)state;
    struct rtp_view v;
    assert_int_equal(rtp_parse(full_bytes(sizeof full), &v), OK);
    assert_int_equal(v.pt, 0x6f);
    assert_true(v.marker);
    assert_int_equal(v.seq, 0x1234);
    assert_int_equal(v.ts, 0x164);
    assert_int_equal(v.ssrc, 0x11223344);
    assert_int_equal(v.ext_profile, RTP_EXT_ONE_BYTE);
    assert_int_equal(v.padding_len, 2);
    assert_int_equal(v.payload.len, 3);
    assert_int_equal(v.payload.p[2], 3);
}

static void a_cut_packet_is_refused_at_every_length(void **state)
{
    (void)state;
    struct rtp_view v;
    for (size_t len = 0; len < 28; len++)
        assert_int_equal(rtp_parse(full_bytes(len), &v), ERR_SHORT);
    assert_int_equal(rtp_parse(full_bytes(28), &v), ERR_SYNTAX); /* padding without a count */
}

static void padding_larger_than_the_payload_is_refused(void **state)
{
    (void)state;
    uint8_t p[sizeof full];
    struct rtp_view v;
    memcpy(p, full, sizeof p);
    p[sizeof p - 1] = 6;
    assert_int_equal(rtp_parse(bytes_of(p, sizeof p), &v), ERR_SYNTAX);
    p[sizeof p - 1] = 0;
    assert_int_equal(rtp_parse(bytes_of(p, sizeof p), &v), ERR_SYNTAX);
    p[sizeof p - 1] = 5;
    assert_int_equal(rtp_parse(bytes_of(p, sizeof p), &v), OK);
    assert_int_equal(v.payload.len, 0);
    p[0] = 0x71;
    assert_int_equal(rtp_parse(bytes_of(p, sizeof p), &v), ERR_SYNTAX); /* version 1 */
}

static void one_byte_elements_are_read_up_to_id_15(void **state) /* RFC 8285 4.2 */
{
    (void)state;
    struct rtp_view v;
    struct rtp_ext_iter it;
    struct rtp_ext e;
    assert_int_equal(rtp_parse(full_bytes(sizeof full), &v), OK);
    rtp_ext_iter_init(&it, &v);
    assert_true(rtp_ext_next(&it, &e));
    assert_int_equal(e.id, 1);
    assert_int_equal(e.value.len, 1);
    assert_true(rtp_ext_next(&it, &e)); /* after a byte of padding */
    assert_int_equal(e.id, 3);
    assert_int_equal(e.value.len, 2);
    assert_int_equal(e.value.p[1], 0x9a);
    assert_false(rtp_ext_next(&it, &e));
    assert_false(rtp_ext_next(&it, &e));
}

static void two_byte_elements_may_be_empty_and_have_large_ids(void **state) /* RFC 8285 4.3 */
{
    (void)state;
    const uint8_t p[] = {0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0x03, 0, 2, 0, 200, 0, 15, 1, 9, 7, 5};
    struct rtp_view v;
    struct bytes value;
    assert_int_equal(rtp_parse(bytes_of(p, sizeof p), &v), OK);
    assert_true(rtp_ext_find(&v, 200, &value));
    assert_int_equal(value.len, 0);
    assert_true(rtp_ext_find(&v, 15, &value));
    assert_int_equal(value.p[0], 9);
    assert_false(rtp_ext_find(&v, 7, &value)); /* its length runs past the block */
}

static void a_header_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct rtp_header h = {
        .pt = 0x6f,
        .marker = true,
        .padding = true,
        .seq = 0x1234,
        .ts = 0x164,
        .ssrc = 0x11223344,
        .ext_block = {full + 16, 12},
    };
    uint8_t p[64];
    struct wr w = wr_of(p, sizeof p);
    rtp_header_write(&w, &h);
    assert_int_equal(wr_len(&w), 24);
    assert_int_equal(p[0], full[0] & 0xf0); /* the CSRC is left out */
    assert_memory_equal(p + 1, full + 1, 11);
    assert_memory_equal(p + 12, full + 16, 12);
    struct wr small = wr_of(p, 23);
    rtp_header_write(&small, &h);
    assert_true(small.bad);
}

static void rtx_carries_the_original_and_gives_it_back(void **state) /* RFC 4588 4 */
{
    (void)state;
    uint8_t p[64];
    struct rtp_view v;
    struct wr w = wr_of(p, sizeof p);
    struct rtp_header h = {.pt = 97, .marker = true, .seq = 5, .ts = 9, .ssrc = 2, .ext_block = {full + 16, 12}};
    rtp_header_write(&w, &h);
    wr_u16(&w, 0xabcd);
    wr_bytes(&w, BYTES_LIT("hello"));
    size_t len = wr_len(&w);
    assert_int_equal(rtp_parse(bytes_of(p, len), &v), OK);
    assert_int_equal(v.payload.len, 7);
    assert_int_equal(rtx_restore(p, &len, &v, 96, 1), OK);
    assert_int_equal(rtp_parse(bytes_of(p, len), &v), OK);
    assert_int_equal(v.seq, 0xabcd);
    assert_int_equal(v.pt, 96);
    assert_true(v.marker);
    assert_int_equal(v.ssrc, 1);
    assert_true(bytes_eq(v.payload, BYTES_LIT("hello")));
    assert_int_equal(v.ext.len, 8);
}

static void rtx_padding_has_no_original(void **state)
{
    (void)state;
    struct rtp_view v = {.payload = {full, 1}};
    uint16_t osn;
    struct bytes payload;
    assert_int_equal(rtx_parse(&v, &osn, &payload), ERR_SHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_with_everything_is_read),
        cmocka_unit_test(a_cut_packet_is_refused_at_every_length),
        cmocka_unit_test(padding_larger_than_the_payload_is_refused),
        cmocka_unit_test(one_byte_elements_are_read_up_to_id_15),
        cmocka_unit_test(two_byte_elements_may_be_empty_and_have_large_ids),
        cmocka_unit_test(a_header_is_written_as_it_is_read),
        cmocka_unit_test(rtx_carries_the_original_and_gives_it_back),
        cmocka_unit_test(rtx_padding_has_no_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
