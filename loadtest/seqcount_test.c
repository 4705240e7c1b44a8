#include "loadtest/seqcount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static enum seqcount_verdict saw(struct seqcount *c, uint16_t wire)
{
    uint64_t ext;
    return seqcount_saw(c, wire, &ext);
}

static void a_hole_is_a_loss_until_it_is_filled(void **state)
{
    (void)state;
    struct seqcount c = {0};
    saw(&c, 65534);
    saw(&c, 1); /* 65535 and 0 are missing */
    assert_int_equal(seqcount_expected(&c), 4);
    assert_int_equal(c.received, 2);
    assert_int_equal(saw(&c, 65535), SEQCOUNT_FILLED);
    assert_int_equal(seqcount_recovered(&c, 0), SEQCOUNT_FILLED);
    assert_int_equal(c.received, seqcount_expected(&c));
}

static void a_packet_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct seqcount c = {0};
    for (uint16_t i = 10; i < 20; i++)
        assert_int_equal(saw(&c, i), SEQCOUNT_NEXT);
    assert_int_equal(saw(&c, 15), SEQCOUNT_AGAIN);
    assert_int_equal(saw(&c, 19), SEQCOUNT_AGAIN);
    assert_int_equal(seqcount_recovered(&c, 12), SEQCOUNT_AGAIN);
    assert_int_equal(seqcount_recovered(&c, 9), SEQCOUNT_AGAIN); /* before the first */
    assert_int_equal(c.received, 10);
    assert_int_equal(c.duplicates, 4);
    assert_int_equal(seqcount_expected(&c), 10);
}

static void the_window_forgets_what_was_there_one_turn_ago(void **state)
{
    (void)state;
    struct seqcount c = {0};
    for (unsigned i = 0; i < 5000; i++)
        if (i % 1024 != 1023 || i < 1024)
            saw(&c, (uint16_t)i);
    assert_int_equal(seqcount_expected(&c) - c.received, 3);
    assert_int_equal(saw(&c, 4095), SEQCOUNT_FILLED); /* 3071 and 1023 had the same bit */
}

static void a_restart_goes_on_counting(void **state)
{
    (void)state;
    struct seqcount c = {0};
    saw(&c, 100);
    saw(&c, 101);
    assert_int_equal(saw(&c, 40000), SEQCOUNT_WILD);
    assert_int_equal(saw(&c, 40001), SEQCOUNT_NEXT);
    saw(&c, 40003);
    assert_int_equal(seqcount_expected(&c), 5);
    assert_int_equal(c.received, 4);
}

static void nothing_is_expected_of_nothing(void **state)
{
    (void)state;
    struct seqcount c = {0};
    assert_int_equal(seqcount_expected(&c), 0);
    assert_int_equal(seqcount_recovered(&c, 5), SEQCOUNT_WILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_is_a_loss_until_it_is_filled),
        cmocka_unit_test(a_packet_that_comes_twice_counts_once),
        cmocka_unit_test(the_window_forgets_what_was_there_one_turn_ago),
        cmocka_unit_test(a_restart_goes_on_counting),
        cmocka_unit_test(nothing_is_expected_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
