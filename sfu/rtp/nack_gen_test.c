/* nack_gen.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/nack_gen.h"

#define T0 (10 * SEC)

static struct nack_gen lost_11(usec_t rtt)
{
    struct nack_gen g;
    nack_gen_init(&g, rtt);
    nack_gen_saw(&g, T0, 65546);
    nack_gen_saw(&g, T0, 65548);
    return g;
}

static void a_gap_waits_for_reordering_first(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    assert_int_equal(nack_gen_deadline(&g), T0 + NACK_REORDER);
    assert_int_equal(nack_gen_due(&g, T0 + NACK_REORDER - 1, seqs, 8), 0);
    assert_int_equal(nack_gen_due(&g, T0 + NACK_REORDER, seqs, 8), 1);
    assert_int_equal(seqs[0], 11);
    nack_gen_reset(&g);
}

static void nack_asks_again_only_after_one_rtt(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    usec_t asked = T0 + NACK_REORDER;
    assert_int_equal(nack_gen_due(&g, asked, seqs, 8), 1);
    assert_int_equal(nack_gen_due(&g, asked + 99 * MSEC, seqs, 8), 0);
    assert_int_equal(nack_gen_due(&g, asked + 100 * MSEC, seqs, 8), 1);
    nack_gen_reset(&g);
}

static void what_comes_late_is_not_asked_for(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    nack_gen_saw(&g, T0 + MSEC, 65547);
    assert_int_equal(nack_gen_deadline(&g), USEC_NEVER);
    assert_int_equal(nack_gen_due(&g, T0 + SEC, seqs, 8), 0);
    assert_int_equal(g.n_recovered, 0); /* came by itself */
    nack_gen_reset(&g);
}

static void ten_tries_or_one_second_and_no_more(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen quick = lost_11(MSEC), slow = lost_11(400 * MSEC);
    unsigned n_quick = 0, n_slow = 0;
    for (usec_t t = T0; t < T0 + 3 * SEC; t += MSEC) {
        n_quick += nack_gen_due(&quick, t, seqs, 8);
        n_slow += nack_gen_due(&slow, t, seqs, 8);
    }
    assert_int_equal(n_quick, NACK_MAX_TRIES);
    assert_int_equal(n_slow, 3);
    assert_int_equal(slow.n_given_up, 1);
    assert_int_equal(nack_gen_deadline(&slow), USEC_NEVER);
    nack_gen_reset(&quick);
    nack_gen_reset(&slow);
}

static void a_gap_too_wide_asks_for_a_key_frame_instead(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    nack_gen_saw(&g, T0, 65548 + NACK_MAX_LIST + 1);
    assert_int_equal(nack_gen_due(&g, T0 + SEC, seqs, 8), 0);
    assert_true(nack_gen_take_key_frame(&g));
    assert_false(nack_gen_take_key_frame(&g));
    nack_gen_reset(&g);
}

static void a_key_frame_ends_the_wish_for_what_was_before(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    nack_gen_saw(&g, T0, 65551);
    nack_gen_key_frame(&g, 65550);
    assert_int_equal(nack_gen_due(&g, T0 + 50 * MSEC, seqs, 8), 1);
    assert_int_equal(seqs[0], 14);
    nack_gen_reset(&g);
}

static void those_that_find_no_room_stay_due(void **state)
{
    (void)state;
    uint16_t seqs[8];
    struct nack_gen g = lost_11(100 * MSEC);
    nack_gen_saw(&g, T0, 65648);
    usec_t t = T0 + NACK_REORDER;
    unsigned n = 0;
    for (unsigned got = 8; got > 0; n += got)
        got = nack_gen_due(&g, t, seqs, 8);
    assert_int_equal(n, 100);
    nack_gen_reset(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_waits_for_reordering_first),
        cmocka_unit_test(nack_asks_again_only_after_one_rtt),
        cmocka_unit_test(what_comes_late_is_not_asked_for),
        cmocka_unit_test(ten_tries_or_one_second_and_no_more),
        cmocka_unit_test(a_gap_too_wide_asks_for_a_key_frame_instead),
        cmocka_unit_test(a_key_frame_ends_the_wish_for_what_was_before),
        cmocka_unit_test(those_that_find_no_room_stay_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
