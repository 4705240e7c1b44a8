#include "access/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define T0 (1000 * SEC)

static int set_up(void **state)
{
    struct rate_limit *r = NULL;
    assert_int_equal(rate_limit_new(&(struct rate_limit_config){5, 3600 * SEC}, &r), OK);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    rate_limit_free(*state);
    return 0;
}

static void the_sixth_call_of_an_hour_is_refused_and_says_for_how_long(void **state)
{
    for (unsigned i = 0; i < 5; i++) {
        struct rate_limit_answer a = rate_limit_count(*state, T0 + i * SEC, "192.0.2.1");
        assert_true(a.allowed);
        assert_int_equal(a.limit, 5);
        assert_int_equal(a.remaining, 4 - i);
    }
    struct rate_limit_answer a = rate_limit_count(*state, T0 + 10 * SEC, "192.0.2.1");
    assert_false(a.allowed);
    assert_int_equal(a.remaining, 0);
    assert_int_equal(a.reset_s, 3590);
    assert_true(rate_limit_count(*state, T0 + 10 * SEC, "192.0.2.2").allowed);
}

static void the_window_ends_after_an_hour_and_refused_calls_do_not_lengthen_it(void **state)
{
    for (unsigned i = 0; i < 20; i++)
        rate_limit_count(*state, T0 + i * (60 * SEC), "192.0.2.1");
    assert_false(rate_limit_count(*state, T0 + 3600 * SEC - 1, "192.0.2.1").allowed);
    assert_true(rate_limit_count(*state, T0 + 3600 * SEC, "192.0.2.1").allowed);
}

static void ipv6_counts_by_64_and_mapped_ipv4_as_itself(void **state)
{
    for (unsigned i = 0; i < 5; i++) {
        rate_limit_count(*state, T0, "2001:db8:1:2::1");
        rate_limit_count(*state, T0, "192.0.2.1");
    }
    assert_false(rate_limit_count(*state, T0, "2001:db8:1:2:ffff::9").allowed);
    assert_true(rate_limit_count(*state, T0, "2001:db8:1:3::1").allowed);
    assert_false(rate_limit_count(*state, T0, "::ffff:192.0.2.1").allowed);
    assert_true(rate_limit_count(*state, T0, "::ffff:192.0.2.2").allowed);
}

static void a_flood_of_addresses_is_bounded_and_forgets_the_oldest(void **state)
{
    char ip[32];
    for (unsigned i = 0; i < 6; i++)
        rate_limit_count(*state, T0, "192.0.2.1");
    for (unsigned i = 0; i < RATE_LIMIT_ADDRESSES - 1; i++) {
        snprintf(ip, sizeof ip, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_true(rate_limit_count(*state, T0 + SEC, ip).allowed);
    }
    assert_false(rate_limit_count(*state, T0 + SEC, "192.0.2.1").allowed);
    assert_true(rate_limit_count(*state, T0 + SEC, "198.51.100.1").allowed);
    assert_true(rate_limit_count(*state, T0 + SEC, "192.0.2.1").allowed);
}

static void a_network_of_ipv6_has_four_times_as_much_whatever_addresses_it_draws(void **state)
{
    char ip[48];
    unsigned allowed = 0;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(ip, sizeof ip, "2001:db8:7:%x::1", i);
        allowed += rate_limit_count(*state, T0, ip).allowed;
    }
    assert_int_equal(allowed, 4 * rate_limit_count(*state, T0, "192.0.2.9").limit);
    assert_true(rate_limit_count(*state, T0, "2001:db8:8::1").allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_sixth_call_of_an_hour_is_refused_and_says_for_how_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_window_ends_after_an_hour_and_refused_calls_do_not_lengthen_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ipv6_counts_by_64_and_mapped_ipv4_as_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_network_of_ipv6_has_four_times_as_much_whatever_addresses_it_draws, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_addresses_is_bounded_and_forgets_the_oldest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
