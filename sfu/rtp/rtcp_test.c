/* rtcp_parse.c and rtcp_write.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/rtcp.h"

static struct rtcp_item items[16];

static unsigned read_all(const uint8_t *p, size_t len, bool *bad)
{
    struct rtcp_iter it;
    unsigned n = 0;
    rtcp_iter_init(&it, bytes_of(p, len));
    while (n < ARRAY_LEN(items) && rtcp_next(&it, &items[n]))
        n++;
    *bad = it.bad;
    return n;
}

/* SR with one block (lost -2), SDES: laid out by hand after RFC 3550 6.4.1, 6.5. */
static const uint8_t compound[] = {0x81, 200,  0,   12, 1, 1,  1,  1, 0xe0, 0, 0,    0,   0x80, 0,   0,   0,    0,
                                   0,    0,    100, 0,  0, 0,  10, 0, 0,    3, 0xe8, 2,   2,    2,   2,   0x40, 0xff,
                                   0xff, 0xfe, 0,   1,  0, 16, 0,  0, 0,    5, 0,    1,   0,    0,   0,   0,    0x80,
                                   0,    0x81, 202, 0,  3, 1,  1,  1, 1,    1, 4,    'a', '@',  'b', 'c', 0,    0};

static void a_compound_packet_is_a_row_of_items(void **state)
{
    (void)state;
    bool bad;
    assert_int_equal(read_all(compound, sizeof compound, &bad), 2); /* SDES is stepped over */
    assert_false(bad);
    assert_int_equal(items[0].type, RTCP_SR);
    assert_int_equal(items[0].ssrc, 0x01010101);
    assert_true(items[0].sr.ntp == 0xe000000080000000u);
    assert_int_equal(items[0].sr.n_octets, 1000);
    assert_int_equal(items[1].type, RTCP_REPORT);
    assert_int_equal(items[1].media_ssrc, 0x02020202);
    assert_int_equal(items[1].report.fraction_lost, 64);
    assert_int_equal(items[1].report.total_lost, -2);
    assert_int_equal(items[1].report.highest_seq, 0x10010);
    assert_int_equal(items[1].report.dlsr, 0x8000);
}

static void what_is_written_is_the_same_bytes(void **state)
{
    (void)state;
    uint8_t p[128];
    struct wr w = wr_of(p, sizeof p);
    struct rtcp_sr sr = {0xe000000080000000u, 100, 10, 1000};
    struct rtcp_block b = {0x02020202, {64, -2, 0x10010, 5, 0x10000, 0x8000}};
    uint32_t ssrc = 0x01010101;
    rtcp_write_sr(&w, ssrc, &sr, &b, 1);
    rtcp_write_cname(&w, ssrc, BYTES_LIT("a@bc"));
    assert_false(w.bad);
    assert_int_equal(wr_len(&w), sizeof compound);
    assert_memory_equal(p, compound, sizeof compound);
}

static void a_cut_packet_gives_what_came_before_the_cut(void **state)
{
    (void)state;
    bool bad;
    for (size_t len = 52; len < 68; len++) {
        assert_int_equal(read_all(compound, len, &bad), 2);
        assert_int_equal(bad, len > 52);
    }
    assert_int_equal(read_all(compound, 51, &bad), 0);
    assert_true(bad);
    assert_int_equal(read_all(compound, 0, &bad), 0);
    assert_true(bad);
}

static void more_blocks_announced_than_sent_is_an_error(void **state)
{
    (void)state;
    uint8_t p[sizeof compound];
    bool bad;
    memcpy(p, compound, sizeof p);
    p[0] = 0x82;
    assert_int_equal(read_all(p, sizeof p, &bad), 2);
    assert_true(bad);
}

static void nacks_are_packed_and_unpacked(void **state) /* RFC 4585 6.2.1 */
{
    (void)state;
    static const uint16_t want[] = {65530, 65535, 2, 10, 11, 300};
    uint8_t p[64];
    uint16_t seqs[17];
    bool bad;
    struct wr w = wr_of(p, sizeof p);
    rtcp_write_nack(&w, 1, 2, want, ARRAY_LEN(want));
    assert_int_equal(wr_len(&w), 12 + 3 * 4);
    assert_int_equal(read_all(p, wr_len(&w), &bad), 3);
    assert_int_equal(rtcp_nack_seqs(items[0].nack, seqs), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(seqs[i], want[i]);
    assert_int_equal(rtcp_nack_seqs(items[1].nack, seqs), 1);
    assert_int_equal(seqs[0], 11);
    assert_int_equal(items[2].nack.pid, 300);
    assert_int_equal(items[2].media_ssrc, 2);
    rtcp_write_nack(&w, 1, 2, want, 0);
    assert_int_equal(wr_len(&w), 24);
}

static void feedback_reads_back_as_written(void **state)
{
    (void)state;
    uint8_t p[256];
    bool bad;
    struct wr w = wr_of(p, sizeof p);
    rtcp_write_rr(&w, 1, NULL, 0);
    rtcp_write_pli(&w, 1, 2);
    rtcp_write_fir(&w, 1, 3, 9);
    assert_int_equal(read_all(p, wr_len(&w), &bad), 3);
    assert_false(bad);
    assert_int_equal(items[0].type, RTCP_RR);
    assert_int_equal(items[1].type, RTCP_PLI);
    assert_int_equal(items[1].media_ssrc, 2);
    assert_int_equal(items[2].type, RTCP_FIR);
    assert_int_equal(items[2].media_ssrc, 3);
    assert_int_equal(items[2].fir_seq, 9);
}

static void a_remb_says_its_rate_and_for_whom(void **state) /* draft-alvestrand-rmcat-remb 2.2: 3 << 18 | 0x1ffff */
{
    (void)state;
    static const uint8_t p[] = {0x8f, 206, 0, 6,   0,    0,    0, 1, 0, 0, 0, 0, 'R', 'E',
                                'M',  'B', 2, 0xd, 0xff, 0xff, 0, 0, 0, 7, 0, 0, 0,   8};
    bool bad;
    assert_int_equal(read_all(p, sizeof p, &bad), 1);
    assert_int_equal(items[0].type, RTCP_REMB);
    assert_true(items[0].remb.bps == 0x1ffffu << 3);
    assert_int_equal(items[0].remb.n_ssrcs, 2);
    assert_int_equal(items[0].remb.ssrcs[1], 8);
}

static void a_remb_rate_beyond_64_bits_saturates(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 0, 0xff, 0xff, 0xff};
    bool bad;
    assert_int_equal(read_all(p, sizeof p, &bad), 1);
    assert_true(items[0].remb.bps == UINT64_MAX);
}

static void unknown_packets_and_formats_are_stepped_over(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x80, 204, 0, 1, 0, 0, 0,    9,   0x8b, 206, 0, 3, 0, 0, 0, 1, 0, 0,
                                0,    2,   9, 9, 9, 9, 0x81, 206, 0,    2,   0, 0, 0, 1, 0, 0, 0, 2};
    bool bad;
    assert_int_equal(read_all(p, sizeof p, &bad), 1);
    assert_false(bad);
    assert_int_equal(items[0].type, RTCP_PLI);
}

static void a_full_writer_goes_bad(void **state)
{
    (void)state;
    uint8_t p[11];
    struct wr w = wr_of(p, sizeof p);
    rtcp_write_pli(&w, 1, 2);
    assert_true(w.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compound_packet_is_a_row_of_items),
        cmocka_unit_test(what_is_written_is_the_same_bytes),
        cmocka_unit_test(a_cut_packet_gives_what_came_before_the_cut),
        cmocka_unit_test(more_blocks_announced_than_sent_is_an_error),
        cmocka_unit_test(nacks_are_packed_and_unpacked),
        cmocka_unit_test(feedback_reads_back_as_written),
        cmocka_unit_test(a_remb_says_its_rate_and_for_whom),
        cmocka_unit_test(a_remb_rate_beyond_64_bits_saturates),
        cmocka_unit_test(unknown_packets_and_formats_are_stepped_over),
        cmocka_unit_test(a_full_writer_goes_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
