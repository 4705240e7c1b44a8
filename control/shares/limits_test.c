#include "shares/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void each_share_has_a_name_and_a_limit_for_somebody(void **state)
{
    (void)state;
    for (unsigned what = 0; what < SHARES; what++) {
        unsigned n = 0;
        assert_non_null(share_name((enum share)what));
        for (unsigned kind = 0; kind < HOLDER_KINDS; kind++) {
            struct share_limit l = share_limit_of((enum share)what, (enum holder_kind)kind, 10);
            n += l.most > 0;
            assert_true(!l.most || (l.per_hour > 0) == (what >= SHARES_HELD));
        }
        assert_int_not_equal(n, 0);
        assert_int_equal(share_limit_of((enum share)what, HOLDER_NOBODY, 10).most, 0);
    }
}

static void an_address_has_as_much_as_it_has_people_and_a_network_four_times_that(void **state)
{
    (void)state;
    struct share_limit one = share_limit_of(SHARE_JOINS, HOLDER_ADDRESS, 1),
                       ten = share_limit_of(SHARE_JOINS, HOLDER_ADDRESS, 10),
                       site = share_limit_of(SHARE_JOINS, HOLDER_NETWORK, 10);
    assert_int_equal(ten.most, 10 * one.most);
    assert_int_equal(ten.per_hour, 10 * one.per_hour);
    assert_int_equal(site.most, SHARES_NETWORK_FACTOR * ten.most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_share_has_a_name_and_a_limit_for_somebody),
        cmocka_unit_test(an_address_has_as_much_as_it_has_people_and_a_network_four_times_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
