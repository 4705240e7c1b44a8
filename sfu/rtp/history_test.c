/* history.c and sent_map.c: what a NACK is answered from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/history.h"

static struct pkt_pool *pool;
static struct history *h;

static int start(void **state)
{
    (void)state;
    return pkt_pool_new(256, &pool) || history_new(8, &h);
}

static int stop(void **state)
{
    (void)state;
    history_free(h);
    unsigned left = pkt_pool_in_use(pool);
    pkt_pool_free(pool);
    return (int)left; /* every reference came back */
}

static bool put(uint64_t seq, usec_t arrived)
{
    struct pkt *p = pkt_new(pool);
    p->arrived = arrived;
    bool kept = history_put(h, seq, p, &(struct history_meta){.ts = (uint32_t)seq * 10});
    pkt_unref(p);
    return kept;
}

static void a_packet_is_found_until_the_ring_has_gone_round(void **state)
{
    (void)state;
    for (uint64_t seq = 100; seq < 108; seq++)
        assert_true(put(seq, 0));
    assert_int_equal(history_find(h, 100)->meta.ts, 1000);
    assert_true(put(108, 0));
    assert_null(history_find(h, 100));
    assert_non_null(history_find(h, 101));
    assert_int_equal(pkt_pool_in_use(pool), 8);
    assert_int_equal(history_newest(h), 108);
}

static void duplicates_and_ancients_are_not_kept(void **state)
{
    (void)state;
    assert_true(put(100, 0));
    assert_false(put(100, 0));
    assert_true(put(98, 0));
    assert_true(put(110, 0));
    assert_false(put(102, 0));
    assert_true(put(103, 0));
    assert_null(history_find(h, 0));
}

static void what_is_older_than_a_time_goes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++)
        assert_true(put(200 + 2 * i, i * SEC));
    history_expire(h, 4 * SEC);
    assert_null(history_find(h, 206));
    assert_non_null(history_find(h, 208));
    assert_int_equal(pkt_pool_in_use(pool), 2);
    history_clear(h);
    assert_int_equal(pkt_pool_in_use(pool), 0);
    history_expire(h, SEC);
    assert_true(put(5, 0));
}

static void a_nack_is_answered_once_an_rtt_and_five_times_at_most(void **state)
{
    (void)state;
    struct sent_map m;
    struct sent_entry *e;
    usec_t t = 50 * SEC, rtt = 80 * MSEC;
    sent_map_init(&m, 60);
    assert_int_equal(sent_map_nack(&m, t, rtt, 7, &e), SENT_UNKNOWN);
    sent_map_put(&m, t, 7)->source_seq = 0xfffffff0u;
    assert_int_equal(sent_map_nack(&m, t + MSEC, rtt, 7, &e), SENT_REPEAT);
    assert_true(sent_source_seq(e, 0x100000010u) == 0xfffffff0u);
    assert_int_equal(sent_map_nack(&m, t + 80 * MSEC, rtt, 7, &e), SENT_TOO_SOON);
    for (unsigned i = 2; i <= SENT_MAX_REPEATS; i++)
        assert_int_equal(sent_map_nack(&m, t += 81 * MSEC, rtt, 7, &e), SENT_REPEAT);
    assert_int_equal(sent_map_nack(&m, t + SEC, rtt, 7, &e), SENT_TOO_OFTEN);
    (void)sent_map_put(&m, t, 7 + 64);
    assert_int_equal(sent_map_nack(&m, t + SEC, rtt, 7, &e), SENT_UNKNOWN);
    assert_int_equal(sent_map_nack(&m, t + SEC, rtt, 71, &e), SENT_REPEAT);
    sent_map_reset(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_packet_is_found_until_the_ring_has_gone_round, start, stop),
        cmocka_unit_test_setup_teardown(duplicates_and_ancients_are_not_kept, start, stop),
        cmocka_unit_test_setup_teardown(what_is_older_than_a_time_goes, start, stop),
        cmocka_unit_test(a_nack_is_answered_once_an_rtt_and_five_times_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
