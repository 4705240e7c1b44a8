#include "loadtest/hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void small_values_are_exact(void **state)
{
    (void)state;
    struct hist h = {0};
    for (usec_t us = 1; us <= 20; us++)
        hist_add(&h, us);
    assert_int_equal(hist_at(&h, 0.5), 10);
    assert_int_equal(hist_at(&h, 0.95), 19);
    assert_int_equal(hist_at(&h, 1), 20);
    assert_int_equal(hist_at(&h, 0), 1);
}

static void a_percentile_is_within_three_percent(void **state)
{
    (void)state;
    for (uint64_t v = 33; v < UINT32_MAX; v = v * 21 / 13) {
        struct hist h = {0};
        hist_add(&h, (usec_t)v);
        hist_add(&h, UINT32_MAX);
        uint64_t p50 = hist_at(&h, 0.5);
        assert_true(p50 >= v);
        assert_true(p50 - v <= v * 32 / 1000);
    }
}

static void nothing_is_lost_at_the_ends(void **state)
{
    (void)state;
    struct hist h = {0};
    assert_int_equal(hist_at(&h, 0.99), 0);
    hist_add(&h, -5);
    assert_int_equal(hist_at(&h, 1), 0);
    hist_add(&h, (usec_t)1 << 40);
    assert_int_equal(hist_at(&h, 1), UINT32_MAX);
    assert_int_equal(h.max, UINT32_MAX);
    assert_int_equal(h.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(a_percentile_is_within_three_percent),
        cmocka_unit_test(nothing_is_lost_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
