#include "app/budget.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_quarter_of_the_memory_is_held_at_most(void **state)
{
    (void)state;
    assert_int_equal(budget_bytes(256 << 20), 64 << 20);
    assert_int_equal(budget_bytes((uint64_t)64 << 30), BUDGET_BYTES_MOST);
}

static void a_cgroup_limits_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(budget_limited(1000, "max\n"), 1000);
    assert_int_equal(budget_limited(1000, "700\n"), 700);
    assert_int_equal(budget_limited(1000, "7000"), 1000);
    assert_int_equal(budget_limited(1000, ""), 1000);
    assert_int_equal(budget_limited(1000, "12x"), 1000);
}

static void this_machine_has_a_budget(void **state)
{
    (void)state;
    uint64_t total[SHARES_HELD] = {0};
    budget_read(total);
    assert_in_range(total[SHARE_BYTES], 1 << 20, BUDGET_BYTES_MOST);
    assert_int_not_equal(total[SHARE_SESSIONS], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_the_memory_is_held_at_most),
        cmocka_unit_test(a_cgroup_limits_what_there_is),
        cmocka_unit_test(this_machine_has_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
