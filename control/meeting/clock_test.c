/* clock_test.c: the wall clock is set while meetings are on: what is charged was measured, what is scheduled follows.
 */
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY ((usec_t)24 * 3600 * SEC)

static const usec_t steps[] = {5 * DAY, -5 * DAY, 3600 * SEC, -3600 * SEC, 0};

static const struct meeting_ended *ended(const struct world *w)
{
    const struct effect *e = effect_of(w, FX_ENDED);
    assert_non_null(e);
    return e->ended;
}

static void assert_a_minute(const struct meeting_ended *row)
{
    assert_int_equal(row->duration_centiminutes, 100);
    assert_int_equal(row->started_at, WORLD_WALL);
    assert_int_equal(row->ended_at, WORLD_WALL + 60 * SEC);
}

static void a_minute_is_charged_whatever_the_clock_is_set_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct world w;
        world_open(&w);
        world_meeting(&w, (struct meeting_config){0});
        assert_true(enter(&w, 1, "", NULL));
        world_pass(&w, 30 * SEC);
        w.now.wall += steps[i];
        world_pass(&w, 30 * SEC);
        command(&w, "admin:end", NULL); /* by a host, somebody being in it */
        assert_a_minute(ended(&w));
        assert_int_equal(effect_of(&w, FX_PARTICIPANT_LEFT)->at, WORLD_WALL + 60 * SEC);
        assert_int_equal(effect_of(&w, FX_PARTICIPANT_LEFT)->attended, 60 * SEC);
        world_close(&w);
    }
}

static void so_it_is_when_the_last_one_leaves_and_the_clock_is_set_then(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        for (unsigned clean = 0; clean < 2; clean++) {
            struct world w;
            world_open(&w);
            world_meeting(&w, (struct meeting_config){0});
            assert_true(enter(&w, 1, AUTO, NULL));
            world_pass(&w, 60 * SEC);
            lose(&w, 1, clean); /* else it may come back for 30 s, which aren't charged */
            w.now.wall += steps[i];
            world_pass(&w, clean ? 0 : MEETING_RESUME_WINDOW);
            tick(&w);
            world_pass(&w, MEETING_EMPTY_GRACE);
            w.now.wall -= 2 * steps[i];
            tick(&w);
            assert_a_minute(ended(&w));
            world_close(&w);
        }
}

static void the_times_of_people_in_a_meeting_differ_by_what_was_measured(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    assert_true(enter(&w, 1, "", NULL));
    world_pass(&w, 10 * SEC);
    w.now.wall -= 5 * DAY;
    assert_true(enter(&w, 2, "", NULL));
    usec_t joined = effect_of(&w, FX_PARTICIPANT_JOINED)->at;
    assert_int_equal(joined, WORLD_WALL + 10 * SEC);
    w.now.wall += 9 * DAY;
    world_pass(&w, 15 * SEC);
    lose(&w, 2, true);
    assert_int_equal(effect_of(&w, FX_PARTICIPANT_LEFT)->at - joined, 15 * SEC);
    assert_int_equal(meeting_lasted(m, w.now.mono), 25 * SEC);
    assert_int_equal(meeting_attended(m, w.now.mono), 25 * SEC);
    world_close(&w);
}

/* A second life: somebody was last seen when the clock said `seen`, 100 s after the start as it was measured. */
static void after_a_restart(usec_t seen, usec_t now, usec_t charged)
{
    struct world w;
    json_t *kept = json_quoted("{'name':'Anna','topology':'auto','resumeHash':'" SECRET_HASH "','joinedAt':1}");
    struct meeting_event back = {.type = MEETING_RESTORE, .participant = "anna", .payload = kept};
    world_open(&w);
    w.now.wall = now;
    world_meeting(&w, (struct meeting_config){
                          .started_at = WORLD_WALL, .seen_at = seen, .attended = 100 * SEC, .peak_participants = 1});
    meetings_apply(w.ms, w.now, WORLD_ID, &back, &w.fx);
    assert_true(enter(&w, 1, AUTO ",'resumeToken':'secret'", NULL));
    world_pass(&w, 20 * SEC);
    command(&w, "admin:end", NULL);
    assert_int_equal(ended(&w)->duration_centiminutes, (charged + 20 * SEC + 300 * MSEC) / (600 * MSEC));
    assert_true(ended(&w)->ended_at >= ended(&w)->started_at + charged + 20 * SEC);
    json_decref(kept);
    world_close(&w);
}

static void after_a_restart_only_the_time_in_between_is_the_walls_and_bounded(void **state)
{
    (void)state;
    usec_t seen = WORLD_WALL + 100 * SEC;
    after_a_restart(seen, seen + 20 * SEC, 120 * SEC);
    after_a_restart(seen + 5 * DAY, seen + 5 * DAY + 20 * SEC, 120 * SEC); /* set before the crash */
    after_a_restart(seen - 5 * DAY, seen - 5 * DAY + 20 * SEC, 120 * SEC);
    after_a_restart(seen, seen - 5 * DAY, 100 * SEC); /* set while we were away */
    after_a_restart(seen, seen + 5 * DAY, 100 * SEC + MEETING_DOWNTIME_MAX);
}

static void a_scheduled_meeting_starts_when_the_wall_says_so(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct meeting *m = world_meeting(
        &w, (struct meeting_config){.scheduled_at = WORLD_WALL + 3600 * SEC, .started_at = WORLD_WALL + 3600 * SEC});
    w.now.wall -= 1800 * SEC;
    world_pass(&w, 3600 * SEC); /* it is due by our own clock, but not yet by the wall's */
    tick(&w);
    assert_int_equal(meeting_status(m), MEETING_SCHEDULED);
    assert_false(enter(&w, 1, "", NULL));
    assert_string_equal(refusal(&w, 1), "scheduled");
    w.now.wall += 3600 * SEC;
    assert_true(enter(&w, 1, "", NULL)); /* whoever comes needn't wait until somebody looks at the clock */
    world_pass(&w, 60 * SEC);
    command(&w, "admin:end", NULL);
    assert_int_equal(ended(&w)->duration_centiminutes, 100);
    world_close(&w);
}

static void when_the_clock_was_set_what_is_scheduled_is_looked_at(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct meeting *m = world_meeting(
        &w, (struct meeting_config){.scheduled_at = WORLD_WALL + 3600 * SEC, .started_at = WORLD_WALL + 3600 * SEC});
    w.now.wall += 3600 * SEC;
    effects_reset(&w.fx);
    meetings_clock_set(w.ms, w.now, &w.fx);
    assert_int_equal(meeting_status(m), MEETING_ACTIVE);
    assert_non_null(effect_of(&w, FX_STORE_ACTIVATED));
    world_close(&w);
}

static void the_day_in_which_somebody_may_come_is_measured_too(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.now.wall -= 5 * DAY; /* set back while we were away */
    world_meeting(&w, (struct meeting_config){.started_at = WORLD_WALL});
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + MEETING_API_UNJOINED);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_is_charged_whatever_the_clock_is_set_to),
        cmocka_unit_test(so_it_is_when_the_last_one_leaves_and_the_clock_is_set_then),
        cmocka_unit_test(the_times_of_people_in_a_meeting_differ_by_what_was_measured),
        cmocka_unit_test(after_a_restart_only_the_time_in_between_is_the_walls_and_bounded),
        cmocka_unit_test(a_scheduled_meeting_starts_when_the_wall_says_so),
        cmocka_unit_test(when_the_clock_was_set_what_is_scheduled_is_looked_at),
        cmocka_unit_test(the_day_in_which_somebody_may_come_is_measured_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
