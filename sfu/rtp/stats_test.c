/* stats.c, and the clocks of ntp.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/ntp.h"
#include "rtp/stats.h"

#define T0 (100 * SEC)

static void loss_is_counted_in_all_and_by_interval(void **state) /* RFC 3550 A.3 */
{
    (void)state;
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 90000);
    assert_false(recv_stats_report(&s, T0, &r));
    for (uint64_t seq = 65536 + 65530; seq < 65536 + 65540; seq++)
        if (seq % 5 != 0)
            recv_stats_saw(&s, T0, seq, 0, 100, false);
    assert_true(recv_stats_report(&s, T0, &r));
    assert_int_equal(r.highest_seq, 65538); /* the last one is lost too, but nobody knows yet */
    assert_int_equal(r.total_lost, (int32_t)(s.highest_seq - s.base_seq + 1 - s.n_packets));
    assert_int_equal(r.fraction_lost, (uint64_t)r.total_lost * 256 / (s.highest_seq - s.base_seq + 1));
    assert_true(r.total_lost > 0);
    int32_t before = r.total_lost;
    recv_stats_saw(&s, T0, 65536 + 65540, 0, 100, false);
    assert_true(recv_stats_report(&s, T0, &r));
    assert_int_equal(r.fraction_lost, 128); /* now they do: one of two */
    assert_int_equal(r.total_lost, before + 1);
}

static void jitter_follows_the_formula(void **state) /* RFC 3550 A.8 */
{
    (void)state;
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 8000);
    recv_stats_saw(&s, T0, 65536, 0, 1, false);
    recv_stats_saw(&s, T0 + 20 * MSEC, 65537, 160, 1, false); /* in time */
    assert_int_equal(s.jitter_x16, 0);
    recv_stats_saw(&s, T0 + 60 * MSEC, 65538, 320, 1, false); /* 20 ms late: D = 160 */
    assert_int_equal(s.jitter_x16, 160);
    recv_stats_saw(&s, T0 + 500 * MSEC, 65539, 480, 1, true); /* a repeat says nothing about jitter */
    assert_true(recv_stats_report(&s, T0, &r));
    assert_int_equal(r.jitter, 10);
}

static void the_last_sender_report_comes_back_with_its_delay(void **state)
{
    (void)state;
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 8000);
    recv_stats_saw(&s, T0, 65536, 0, 1, false);
    assert_true(recv_stats_report(&s, T0, &r));
    assert_int_equal(r.lsr, 0);
    recv_stats_sr(&s, T0, &(struct rtcp_sr){.ntp = 0x1234567890abcdefu});
    assert_true(recv_stats_report(&s, T0 + SEC / 2, &r));
    assert_int_equal(r.lsr, 0x567890ab);
    assert_int_equal(r.dlsr, 0x8000);
}

static void rtt_is_what_is_left_of_the_round(void **state) /* RFC 3550 6.4.1, its example */
{
    (void)state;
    assert_int_equal(rtcp_rtt((uint64_t)0xb7108000u << 16, 0, 5), 0); /* it never got a report of ours */
    /* "A 0xb710:8000, DLSR 0x0005:4000, LSR 0xb705:2000: delay 6.125 s" */
    assert_int_equal(rtcp_rtt((uint64_t)0xb7108000u << 16, 0xb7052000u, 0x00054000u), 6125 * MSEC);
    assert_int_equal(rtcp_rtt((uint64_t)0xb7108000u << 16, 0xb8052000u, 0x00054000u), 0);
}

static void a_sender_report_says_what_was_sent_and_what_time_it_is_now(void **state)
{
    (void)state;
    struct send_stats s;
    struct rtcp_sr sr;
    send_stats_init(&s, 90000);
    assert_false(send_stats_sr(&s, T0, 1, &sr));
    send_stats_sent(&s, T0, 4294967000u, 1000);
    send_stats_sent(&s, T0, 4294967000u, 500);
    assert_true(send_stats_sr(&s, T0 + 100 * MSEC, 77, &sr));
    assert_int_equal(sr.n_packets, 2);
    assert_int_equal(sr.n_octets, 1500);
    assert_true(sr.ntp == 77);
    assert_int_equal(sr.rtp_ts, 4294967000u + 9000u);
}

static void ntp_turns_into_time_and_back(void **state)
{
    (void)state;
    uint64_t a = ntp_of_wall(1500000000 * SEC + 250 * MSEC), b = ntp_of_wall(1500000001 * SEC);
    assert_int_equal(a >> 32, 1500000000u + NTP_UNIX_OFFSET);
    assert_int_equal((uint32_t)a, 0x40000000u);
    assert_int_equal(ntp_diff_usec(b, a), 750 * MSEC);
    assert_int_equal(ntp_diff_usec(a, b), -750 * MSEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_counted_in_all_and_by_interval),
        cmocka_unit_test(jitter_follows_the_formula),
        cmocka_unit_test(the_last_sender_report_comes_back_with_its_delay),
        cmocka_unit_test(rtt_is_what_is_left_of_the_round),
        cmocka_unit_test(a_sender_report_says_what_was_sent_and_what_time_it_is_now),
        cmocka_unit_test(ntp_turns_into_time_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
