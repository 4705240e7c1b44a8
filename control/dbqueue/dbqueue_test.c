/* dbqueue_test.c: the store is a fake: it keeps what it was asked and answers when the test says so. */
#include "dbqueue/dbqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define N_PLACES 4

/* What the queue and the fake store share. */
struct world {
    struct loop *loop;
    struct dbqueue *queue;
    struct loop_timer patience;
    bool is_away; /* the store refuses */
    /* the open question */
    unsigned n_asked;
    rows_fn *fn;
    void *arg;
    char outcomes[256], running[256];
    int32_t free;
    /* what has been begun */
    unsigned n_begun, place_of[64];
    int64_t begun[64];
    int64_t cannot_begin; /* this id */
    bool done_at_once;
};

/* The fake's rows: ids. */
struct due {
    unsigned n;
    int64_t ids[8];
};

static const struct due *due_of(const struct rows *rows)
{
    return (const struct due *)(const void *)rows;
}

unsigned __wrap_rows_len(const struct rows *rows);

unsigned __wrap_rows_len(const struct rows *rows)
{
    return due_of(rows)->n;
}

static enum err on_ask(void *arg, const struct dbqueue_turn *turn, rows_fn *fn, void *fn_arg)
{
    struct world *w = arg;
    assert_null(w->fn); /* one question at a time */
    w->n_asked++;
    if (w->is_away)
        return ERR_IO;
    w->fn = fn;
    w->arg = fn_arg;
    snprintf(w->outcomes, sizeof w->outcomes, "%s", turn->outcomes);
    snprintf(w->running, sizeof w->running, "%s", turn->running);
    w->free = turn->free;
    loop_stop(w->loop);
    return OK;
}

static int64_t id_at(const struct rows *rows, unsigned row)
{
    return due_of(rows)->ids[row];
}

static bool on_start(void *arg, unsigned place, const struct rows *rows, unsigned row)
{
    struct world *w = arg;
    int64_t id = id_at(rows, row);
    if (id == w->cannot_begin)
        return false;
    w->begun[w->n_begun] = id;
    w->place_of[id] = place;
    w->n_begun++;
    if (w->done_at_once)
        dbqueue_done(w->queue, place, json_pack("{s:b}", "ok", 0));
    return true;
}

static void give_up_waiting(void *arg)
{
    struct world *w = arg;
    loop_stop(w->loop);
}

/* Runs until the queue asks, or for that long. */
static bool asks_within(struct world *w, usec_t wait)
{
    loop_timer_set(w->loop, &w->patience, loop_now(w->loop) + wait);
    loop_run(w->loop);
    loop_timer_cancel(w->loop, &w->patience);
    return w->fn != NULL;
}

static void answer(struct world *w, enum err e, const struct due *due)
{
    rows_fn *fn = w->fn;
    assert_non_null(fn);
    w->fn = NULL;
    fn(w->arg, e, (const struct rows *)(const void *)due);
}

static void done(struct world *w, int64_t id)
{
    dbqueue_done(w->queue, w->place_of[id], json_pack("{s:b}", "ok", 1));
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(loop_new(&w->loop), OK);
    w->patience = (struct loop_timer){.fire = give_up_waiting, .arg = w};
    const struct dbqueue_config cfg = {
        .loop = w->loop,
        .n_places = N_PLACES,
        .poll = 500 * MSEC,
        .arg = w,
        .ask = on_ask,
        .id = id_at,
        .start = on_start,
    };
    assert_int_equal(dbqueue_new(&cfg, &w->queue), OK);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    dbqueue_free(w->queue);
    loop_free(w->loop);
    free(w);
    return 0;
}

static const struct due none = {0};

static void what_is_due_is_begun_and_what_became_of_it_is_reported(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->outcomes, "[]");
    assert_string_equal(w->running, "{}");
    assert_int_equal(w->free, 4);
    answer(w, OK, &(struct due){2, {11, 12}});
    assert_int_equal(w->n_begun, 2);
    assert_int_equal(dbqueue_running(w->queue), 2);
    assert_true(asks_within(w, SEC)); /* the poll */
    assert_string_equal(w->running, "{11,12}");
    assert_int_equal(w->free, 2);
    answer(w, OK, &none);
    done(w, 12);
    assert_true(asks_within(w, 200 * MSEC)); /* at once */
    assert_string_equal(w->outcomes, "[{\"ok\":true,\"id\":12}]");
    assert_string_equal(w->running, "{11}");
    assert_int_equal(w->free, 3);
    answer(w, OK, &none);
    assert_int_equal(dbqueue_running(w->queue), 1);
}

static void a_full_queue_asks_for_nothing_until_something_is_done(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){5, {1, 2, 3, 4, 5}}); /* one more than asked for */
    assert_int_equal(w->n_begun, N_PLACES);
    dbqueue_poke(w->queue);
    assert_false(asks_within(w, 600 * MSEC));
    done(w, 3);
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->running, "{1,2,4}");
    assert_int_equal(w->free, 1);
    answer(w, OK, &(struct due){1, {5}});
    assert_int_equal(dbqueue_running(w->queue), N_PLACES);
}

static void what_the_database_didnt_hear_is_reported_again(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){2, {1, 2}});
    done(w, 1);
    assert_true(asks_within(w, SEC));
    done(w, 2); /* while the question is open */
    answer(w, ERR_IO, NULL);
    w->is_away = true;
    assert_false(asks_within(w, 600 * MSEC));
    w->is_away = false;
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->outcomes, "[{\"ok\":true,\"id\":1},{\"ok\":true,\"id\":2}]");
    assert_string_equal(w->running, "{}");
    answer(w, OK, &none);
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->outcomes, "[]");
    answer(w, OK, &none);
}

static void a_poke_during_a_turn_leads_to_another_at_once(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    dbqueue_poke(w->queue);
    assert_int_equal(w->n_asked, 1);
    answer(w, OK, &none);
    assert_true(asks_within(w, 200 * MSEC));
    answer(w, OK, &none);
    assert_false(asks_within(w, 20 * MSEC)); /* and to one only */
}

static void what_cant_be_begun_has_no_place(void **state)
{
    struct world *w = *state;
    w->cannot_begin = 7;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){3, {6, 7, 8}});
    assert_int_equal(dbqueue_running(w->queue), 2);
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->running, "{6,8}");
    answer(w, OK, &none);
}

static void what_is_over_at_once_is_reported_with_the_next_turn(void **state)
{
    struct world *w = *state;
    w->done_at_once = true;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){1, {9}});
    assert_true(asks_within(w, 200 * MSEC));
    assert_string_equal(w->outcomes, "[{\"ok\":false,\"id\":9}]");
    answer(w, OK, &none);
}

static void after_stop_nothing_is_begun_and_the_rest_is_reported(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){1, {1}});
    dbqueue_stop(w->queue);
    dbqueue_poke(w->queue);
    assert_false(asks_within(w, 600 * MSEC));
    done(w, 1);
    assert_true(asks_within(w, SEC));
    assert_string_equal(w->outcomes, "[{\"ok\":true,\"id\":1}]");
    assert_int_equal(w->free, 0);
    answer(w, OK, &none);
}

static void what_is_unreported_at_the_end_is_forgotten(void **state)
{
    struct world *w = *state;
    assert_true(asks_within(w, SEC));
    answer(w, OK, &(struct due){2, {1, 2}});
    done(w, 1);
    assert_true(asks_within(w, SEC));
    answer(w, ERR_IO, NULL); /* as the store does when it is freed; the leak checker watches the rest */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_due_is_begun_and_what_became_of_it_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_asks_for_nothing_until_something_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_database_didnt_hear_is_reported_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_poke_during_a_turn_leads_to_another_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cant_be_begun_has_no_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_over_at_once_is_reported_with_the_next_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_stop_nothing_is_begun_and_the_rest_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_unreported_at_the_end_is_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
