/* log_budget_test.c: how many lines an event of a log gets. */
#include "common/log_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define T0 (1000 * SEC)

static unsigned take_many(struct log_budget *b, usec_t now, const char *event, unsigned n)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < n; i++)
        taken += log_budget_take(b, now, event, false);
    return taken;
}

static void an_event_has_a_burst_and_then_a_few_a_second(void **state)
{
    (void)state;
    struct log_budget b;
    log_budget_init(&b);
    assert_int_equal(take_many(&b, T0, "a", 1000), LOG_BURST);
    assert_int_equal(take_many(&b, T0 + SEC, "a", 1000), LOG_PER_SEC);
    assert_int_equal(take_many(&b, T0 + 11 * SEC, "a", 1000), 10 * LOG_PER_SEC);
    assert_int_equal(take_many(&b, T0 + 3600 * SEC, "a", 1000), LOG_BURST);
}

static void a_flood_costs_no_other_event_and_no_error(void **state)
{
    (void)state;
    struct log_budget b;
    log_budget_init(&b);
    take_many(&b, T0, "a", 100000);
    assert_true(log_budget_take(&b, T0, "b", false));
    assert_true(log_budget_take(&b, T0, "a", true));
}

static void a_day_of_a_flood_is_some_lines_a_second(void **state)
{
    (void)state;
    struct log_budget b;
    unsigned written = 0;
    log_budget_init(&b);
    for (usec_t now = T0; now < T0 + (usec_t)24 * 3600 * SEC; now += SEC)
        written += take_many(&b, now, "a", 10);
    assert_int_equal(written, LOG_BURST / 2 + 24 * 3600 * LOG_PER_SEC + (LOG_BURST / 2 - LOG_PER_SEC));
}

static void what_was_left_out_is_told_once_a_minute(void **state)
{
    (void)state;
    struct log_budget b;
    const char *event;
    uint64_t n;
    log_budget_init(&b);
    take_many(&b, T0, "a", LOG_BURST + 7);
    take_many(&b, T0 + SEC, "b", LOG_BURST + 1);
    assert_false(log_budget_left_out(&b, T0 + 59 * SEC, &event, &n));

    unsigned seen_a = 0, seen_b = 0;
    while (log_budget_left_out(&b, T0 + 60 * SEC, &event, &n)) {
        seen_a += !strcmp(event, "a") ? (unsigned)n : 0;
        seen_b += !strcmp(event, "b") ? (unsigned)n : 0;
    }
    assert_int_equal(seen_a, 7);
    assert_int_equal(seen_b, 1);
    assert_false(log_budget_left_out(&b, T0 + 600 * SEC, &event, &n));
}

static void at_the_end_it_is_told_at_once(void **state)
{
    (void)state;
    struct log_budget b;
    const char *event;
    uint64_t n;
    log_budget_init(&b);
    assert_false(log_budget_left_out(&b, USEC_NEVER, &event, &n));
    take_many(&b, T0, "a", LOG_BURST + 3);
    assert_true(log_budget_left_out(&b, USEC_NEVER, &event, &n));
    assert_int_equal(n, 3);
    assert_false(log_budget_left_out(&b, USEC_NEVER, &event, &n));
}

static void more_names_than_there_is_room_for_share_a_budget(void **state)
{
    (void)state;
    static char names[4 * LOG_BUDGETS][16];
    struct log_budget b;
    unsigned taken = 0;
    log_budget_init(&b);
    for (unsigned i = 0; i < 4 * LOG_BUDGETS; i++) {
        snprintf(names[i], sizeof names[i], "event%u", i);
        taken += log_budget_take(&b, T0, names[i], false);
    }
    assert_in_range(taken, LOG_BUDGETS / 2, LOG_BUDGETS + LOG_BURST);
    assert_true(log_budget_take(&b, T0, "an_error_is_still_told", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_a_burst_and_then_a_few_a_second),
        cmocka_unit_test(a_flood_costs_no_other_event_and_no_error),
        cmocka_unit_test(a_day_of_a_flood_is_some_lines_a_second),
        cmocka_unit_test(what_was_left_out_is_told_once_a_minute),
        cmocka_unit_test(at_the_end_it_is_told_at_once),
        cmocka_unit_test(more_names_than_there_is_room_for_share_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
