/* pulse_db_test.c: a PostgreSQL that hangs while nobody asks it anything. */
#include "store/pulse.h"
#include "loop/loop.h"
#include "store/store.h"
#include "store/testing.h"

#define NOTICED_WITHIN (5 * SEC)

struct world {
    struct test_pg pg;
    struct loop *loop;
    struct store *store;
    struct loop_timer poll;
    bool answers; /* what is waited for */
    usec_t until;
};

static void poll_fired(void *arg)
{
    struct world *w = arg;
    if (store_answers(w->store) == w->answers || usec_monotonic() > w->until)
        loop_stop(w->loop);
    else
        loop_timer_set(w->loop, &w->poll, loop_now(w->loop) + 2 * MSEC);
}

/* Runs the loop until it does, or doesn't; answers how long that took. */
static usec_t run_until_it_answers(struct world *w, bool answers)
{
    usec_t begun = usec_monotonic();
    w->answers = answers;
    w->until = begun + 20 * SEC;
    w->poll = (struct loop_timer){.fire = poll_fired, .arg = w};
    loop_timer_set(w->loop, &w->poll, 0);
    loop_run(w->loop);
    assert_int_equal(store_answers(w->store), answers);
    return usec_monotonic() - begun;
}

static void signal_cluster(const struct world *w, const char *signal)
{
    char command[256];
    snprintf(command, sizeof command, "p=$(head -n 1 '%s/data/postmaster.pid') && kill -%s \"$p\" $(pgrep -P \"$p\")",
             w->pg.dir, signal);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a test's own command
}

static void a_database_that_hangs_is_noticed_and_found_again(void **state)
{
    struct world *w = *state;
    test_pg_do(&w->pg, "start");
    assert_int_equal(loop_new(&w->loop), OK);
    const struct store_config cfg = {w->loop, NULL, w->pg.url, 2, 1000, 1 << 20};
    assert_int_equal(store_new(&cfg, &w->store), OK);
    run_until_it_answers(w, true);
    signal_cluster(w, "STOP");
    assert_true(run_until_it_answers(w, false) < NOTICED_WITHIN);
    assert_true(store_is_up(w->store)); /* nobody asked it anything */
    signal_cluster(w, "CONT");
    run_until_it_answers(w, true);
    test_pg_do(&w->pg, "stop");
    assert_true(run_until_it_answers(w, false) < NOTICED_WITHIN);
    store_free(w->store);
    loop_free(w->loop);
}

int main(void)
{
    struct world w = {.pg = test_pg_of(PG_CLUSTER)};
    void *state = &w;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_database_that_hangs_is_noticed_and_found_again, state),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[256];
    snprintf(command, sizeof command, "'%s' drop '%s'", w.pg.program, w.pg.dir);
    return system(command) || failed; // NOLINT(cert-env33-c): a test's own command
}
