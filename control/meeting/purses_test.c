/* purses_test.c: the sums of an account's meetings, when they reach what they may cost, and what happens to its
 * meetings and to who comes then. Limits are participants × milliseconds. */
#include "meeting/purses.h"
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define T0 (5000 * SEC)

static void a_purse_runs_out_when_the_sum_of_its_meetings_reaches_the_limit(void **state)
{
    (void)state;
    struct purses ps = {0};
    struct purse_share a = {0}, b = {0};
    uint64_t key = purse_key(42, 0);
    assert_int_equal(purses_join(&ps, key, &a), OK);
    assert_int_equal(purses_join(&ps, key, &b), OK);
    purses_count(&ps, &a, 2, T0);
    assert_int_equal(purses_deadline(&ps), USEC_NEVER); /* nobody has said a limit */
    assert_false(purses_is_known(&a));
    purses_limit(&ps, key, 10000);
    assert_true(purses_is_known(&a));
    assert_int_equal(purses_deadline(&ps), T0 + 5 * SEC);
    purses_count(&ps, &b, 3, T0 + 2 * SEC); /* 4 of 10 are used by then, and 5 a second more */
    assert_int_equal(purses_deadline(&ps), T0 + 2 * SEC + 1200 * MSEC);
    assert_int_equal(purses_take_due(&ps, T0 + 3199 * MSEC), 0);
    assert_int_equal(purses_take_due(&ps, T0 + 3200 * MSEC), key);
    assert_non_null(purses_running(&ps, key));
    purses_leave(&ps, &a, 6400);
    assert_ptr_equal(purses_running(&ps, key), &b);
    purses_leave(&ps, &b, 3600);
    assert_null(purses_running(&ps, key));
    assert_int_equal(purses_deadline(&ps), USEC_NEVER);
    purses_reset(&ps);
}

static void what_has_ended_stays_spent(void **state)
{
    (void)state;
    struct purses ps = {0};
    struct purse_share a = {0}, b = {0};
    uint64_t key = purse_key(0, 7);
    assert_int_not_equal(key, purse_key(7, 0));
    assert_int_equal(purses_join(&ps, key, &a), OK);
    assert_int_equal(purses_join(&ps, key, &b), OK);
    purses_limit(&ps, key, 10000);
    purses_count(&ps, &a, 1, T0);
    purses_count(&ps, &b, 1, T0);
    purses_leave(&ps, &a, 4000);
    assert_int_equal(purses_deadline(&ps), T0 + 6 * SEC);
    assert_true(purses_has_room(&b, T0 + 2 * SEC, 2 * SEC));
    assert_false(purses_has_room(&b, T0 + 3 * SEC, 3 * SEC));
    purses_leave(&ps, &b, 0);
    purses_reset(&ps);
}

/* ---- in a world ---- */

static void ends_are(const struct world *w, unsigned n)
{
    unsigned found = 0;
    for (size_t i = 0; i < w->fx.n; i++)
        found += w->fx.list[i].type == FX_ENDED;
    assert_int_equal(found, n);
}

static void at(struct world *w, usec_t passed)
{
    w->now.mono = 1000 * SEC + passed;
    w->now.wall = WORLD_WALL + passed;
}

static bool joins(struct world *w, const char *meeting, uint64_t socket)
{
    char payload[64];
    snprintf(payload, sizeof payload, "{'meetingId':'%s'}", meeting);
    send(w, socket, "join-meeting", payload);
    return got(w, socket, "joined") != NULL;
}

static void all_meetings_of_an_account_end_when_their_credit_is_used_up(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.id = "aaa-aaaa-aaa"});
    world_meeting(&w, (struct meeting_config){.id = "bbb-bbbb-bbb"});
    world_meeting(&w, (struct meeting_config){.id = "ccc-cccc-ccc"}); /* nobody is in it: it costs nothing */
    assert_false(meetings_credit_is_known(w.ms, "aaa-aaaa-aaa"));
    meetings_set_credit(w.ms, 42, 0, 30000);
    assert_true(joins(&w, "aaa-aaaa-aaa", 1) && joins(&w, "aaa-aaaa-aaa", 2) && joins(&w, "bbb-bbbb-bbb", 3));
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 10 * SEC);
    at(&w, 9999 * MSEC);
    tick(&w);
    ends_are(&w, 0);
    at(&w, 10 * SEC);
    tick(&w);
    ends_are(&w, 2);
    assert_string_equal(text_of(got(&w, 1, "meeting:ended"), "reason"), "The credit is used up");
    assert_non_null(got(&w, 3, "meeting:ended"));
    assert_non_null(meetings_find(w.ms, "ccc-cccc-ccc"));
    assert_false(joins(&w, "ccc-cccc-ccc", 4)); /* all is spent, whether or not the charges are stored yet */
    assert_string_equal(refusal(&w, 4), "full");
    meetings_set_credit(w.ms, 42, 0, 1000000);
    assert_true(joins(&w, "ccc-cccc-ccc", 4));
    world_close(&w);
}

static void nobody_raises_the_peak_beyond_what_can_be_paid(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.id = "aaa-aaaa-aaa"});
    world_meeting(&w, (struct meeting_config){.id = "bbb-bbbb-bbb"});
    meetings_set_credit(w.ms, 42, 0, 100000);
    assert_true(joins(&w, "aaa-aaaa-aaa", 1) && joins(&w, "bbb-bbbb-bbb", 2));
    at(&w, 20 * SEC); /* 40 of 100 are used: a second person costs 20 at once, and so on */
    assert_true(joins(&w, "aaa-aaaa-aaa", 3));
    assert_true(joins(&w, "bbb-bbbb-bbb", 4)); /* 80 */
    assert_false(joins(&w, "aaa-aaaa-aaa", 5));
    assert_string_equal(refusal(&w, 5), "full");
    lose(&w, 3, true);
    assert_true(joins(&w, "aaa-aaaa-aaa", 6)); /* two at once, as there were */
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 5 * SEC);
    world_close(&w);
}

static void who_joins_a_company_has_its_meetings_paid_by_it(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.id = "aaa-aaaa-aaa"});
    world_meeting(&w, (struct meeting_config){.id = "bbb-bbbb-bbb", .owner_company = 7});
    world_meeting(&w, (struct meeting_config){.id = "ccc-cccc-ccc", .guest = true});
    meetings_set_credit(w.ms, 42, 0, 10000);
    meetings_set_credit(w.ms, 0, 7, 100000);
    assert_true(joins(&w, "aaa-aaaa-aaa", 1) && joins(&w, "bbb-bbbb-bbb", 2) && joins(&w, "ccc-cccc-ccc", 3));
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 10 * SEC);
    meetings_set_payer(w.ms, w.now, 42, 7);
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 50 * SEC);
    meetings_set_payer(w.ms, w.now, 42, 0);
    meetings_set_credit(w.ms, 42, 0, 5000);
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 5 * SEC);
    at(&w, 5 * SEC);
    tick(&w);
    ends_are(&w, 1);
    assert_non_null(got(&w, 1, "meeting:ended"));
    world_close(&w);
}

static void a_meeting_that_was_loaded_costs_what_it_cost_before(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.started_at = WORLD_WALL - 60 * SEC,
                                              .seen_at = WORLD_WALL,
                                              .attended = 60 * SEC,
                                              .peak_participants = 2,
                                              .payer_company = 7});
    meetings_set_credit(w.ms, 0, 7, 140000);
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 10 * SEC);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purse_runs_out_when_the_sum_of_its_meetings_reaches_the_limit),
        cmocka_unit_test(what_has_ended_stays_spent),
        cmocka_unit_test(all_meetings_of_an_account_end_when_their_credit_is_used_up),
        cmocka_unit_test(nobody_raises_the_peak_beyond_what_can_be_paid),
        cmocka_unit_test(who_joins_a_company_has_its_meetings_paid_by_it),
        cmocka_unit_test(a_meeting_that_was_loaded_costs_what_it_cost_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
