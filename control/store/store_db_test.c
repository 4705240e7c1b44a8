/* store_db_test.c: the store and a PostgreSQL that goes away, comes back, hangs and refuses. */
#include "common/random.h"
#include "loop/loop.h"
#include "store/query.h"
#include "store/testing.h"
#include <libpq-fe.h>
#include <string.h>

#define T0 (1774000000 * SEC + 123456)

/* One cluster for all tests; each test has its own loop and store. */
struct world {
    struct test_pg pg;
    struct loop *loop;
    struct store *store;
    struct loop_timer poll;
    bool (*is_met)(struct world *w);
    usec_t until;
    bool met;
    unsigned answers;
    enum err answer;
    char cell[7][64];
    bool flushed;
    size_t left;
};

static void poll_fired(void *arg)
{
    struct world *w = arg;
    w->met = w->is_met(w);
    if (w->met || usec_monotonic() > w->until)
        loop_stop(w->loop);
    else
        loop_timer_set(w->loop, &w->poll, loop_now(w->loop) + 2 * MSEC);
}

/* Runs the loop until the condition holds; fails the test after 20 s. */
static void run_until(struct world *w, bool (*is_met)(struct world *w))
{
    w->is_met = is_met;
    w->until = usec_monotonic() + 20 * SEC;
    w->poll = (struct loop_timer){.fire = poll_fired, .arg = w};
    loop_timer_set(w->loop, &w->poll, 0);
    loop_run(w->loop);
    assert_true(w->met);
}

static bool is_up(struct world *w)
{
    struct store_counters n;
    store_counters(w->store, &n);
    return store_is_up(w->store) && n.pool_total == 3;
}

static bool is_down(struct world *w)
{
    struct store_counters n;
    store_counters(w->store, &n);
    return !store_is_up(w->store) && n.pool_total == 0;
}

static bool is_written(struct world *w)
{
    struct store_counters n;
    store_counters(w->store, &n);
    return n.writes.len == 0;
}

static bool is_answered(struct world *w)
{
    return w->answers > 0;
}

static bool is_flushed(struct world *w)
{
    return w->flushed;
}

static struct store *open_store(struct world *w, size_t max_writes)
{
    struct store_config cfg = {w->loop, NULL, w->pg.url, 2, max_writes, 1 << 20};
    struct store *s = NULL;
    assert_int_equal(store_new(&cfg, &s), OK);
    return s;
}

static int set_up(void **state)
{
    struct world *w = *state;
    test_pg_do(&w->pg, "start");
    assert_int_equal(loop_new(&w->loop), OK);
    w->store = open_store(w, 1000);
    w->answers = 0;
    w->flushed = false;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    store_free(w->store);
    loop_free(w->loop);
    return 0;
}

static void got_rows(void *arg, enum err e, const struct rows *rows)
{
    struct world *w = arg;
    w->answers++;
    w->answer = e;
    assert_int_equal(rows_len(rows), 0);
}

/* Of some question. */
static enum err ask(struct world *w, rows_fn *fn)
{
    return store_ask(w->store, sql_users_find_login(.email = "nobody@example.org"), fn, w);
}

static void is_asked_and_answers(struct world *w)
{
    w->answers = 0;
    assert_int_equal(ask(w, got_rows), OK);
    run_until(w, is_answered);
    assert_int_equal(w->answer, OK);
}

/* What there is of `of` in a table, by another connection; the first row's columns come to w->cell. */
static unsigned count(struct world *w, const char *select, const char *of)
{
    PGconn *db = PQconnectdb(w->pg.url);
    PGresult *r = PQexecParams(db, select, 1, NULL, &of, NULL, NULL, 0);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s", PQerrorMessage(db));
    unsigned n = (unsigned)PQntuples(r);
    for (int i = 0; n && i < PQnfields(r); i++)
        snprintf(w->cell[i], sizeof w->cell[i], "%s", PQgetvalue(r, 0, i));
    PQclear(r);
    PQfinish(db);
    return n;
}

static unsigned count_rows(struct world *w, const char *meeting)
{
    const char *select = "SELECT title, is_guest, to_us(started_at), to_us(ended_at), duration_minutes, "
                         "peak_participants, cost_usd FROM meeting_history WHERE meeting_id = $1";
    return count(w, select, meeting);
}

static unsigned count_events(struct world *w, const char *type)
{
    return count(w, "SELECT FROM analytics_events WHERE event_type = $1", type);
}

#define TITLE "Stand-up \xf0\x9f\x8d\x95 'quoted'"

static enum err write_end(struct world *w, const char *meeting, const char *title)
{
    char key[RANDOM_UUID_CAP];
    random_uuid(key);
    struct sql_query q = sql_meetings_end(.ended_key = key, .meeting_id = meeting, .is_guest = true, .owner_id = 0,
                                          .company_id = 0, .title = title, .started_at = T0, .ended_at = T0 + 90 * SEC,
                                          .minutes = sql_decimal(150, 2), .peak_participants = 4);
    return store_write(w->store, WQ_MUST_NOT_BE_LOST, q);
}

static enum err write_event(struct world *w, const char *type)
{
    char id[RANDOM_UUID_CAP];
    random_uuid(id);
    struct sql_query q = sql_analytics_events_insert(.event_id = id, .event_type = type, .meta = "{\"n\":1}",
                                                     .user_id = 0, .actor = "abc", .created_at = T0);
    return store_write(w->store, WQ_MAY_BE_LOST, q);
}

static void write_events(struct world *w, const char *type, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(write_event(w, type), OK);
}

static void an_ended_meeting_reads_as_it_was_written(void **state)
{
    struct world *w = *state;
    assert_int_equal(write_end(w, "qwerty-abc", TITLE), OK); /* before the store is even connected */
    run_until(w, is_up);
    run_until(w, is_written);
    assert_int_equal(count_rows(w, "qwerty-abc"), 1);
    assert_string_equal(w->cell[0], TITLE);
    assert_string_equal(w->cell[1], "t");
    assert_string_equal(w->cell[2], "1774000000123456");
    assert_string_equal(w->cell[3], "1774000090123456");
    assert_string_equal(w->cell[4], "1.50");
    assert_string_equal(w->cell[5], "4");
    assert_string_equal(w->cell[6], "0.0000");
}

static void two_processes_that_start_together_migrate_once(void **state)
{
    struct world *w = *state;
    test_pg_do(&w->pg, "drop");
    test_pg_do(&w->pg, "start");
    struct store *other = open_store(w, 10), *mine = w->store;
    run_until(w, is_up);
    w->store = other;
    run_until(w, is_up);
    w->store = mine;
    store_free(other);
    is_asked_and_answers(w);
}

static void what_is_written_while_postgresql_is_away_is_stored_when_it_is_back(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    test_pg_do(&w->pg, "stop");
    run_until(w, is_down);
    assert_string_not_equal(store_why_down(w->store), "");
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(write_end(w, "queued-abc", TITLE), OK);
    write_events(w, "feature.away", 300);
    assert_int_equal(ask(w, got_rows), ERR_IO);
    test_pg_do(&w->pg, "start");
    run_until(w, is_up);
    run_until(w, is_written);
    assert_int_equal(count_rows(w, "queued-abc"), 20);
    assert_int_equal(count_events(w, "feature.away"), 300);
    struct store_counters n;
    store_counters(w->store, &n);
    assert_int_equal(n.outages, 1);
    assert_int_equal(n.writes.lost + n.writes.refused, 0);
}

static void a_crash_in_the_middle_stores_each_write_exactly_once(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    for (unsigned round = 0; round < 3; round++) {
        write_events(w, "feature.crash", 200);
        test_pg_do(&w->pg, "kill"); /* one batch is on its way */
        write_events(w, "feature.crash", 200);
        run_until(w, is_down);
        test_pg_do(&w->pg, "start");
        run_until(w, is_up);
        run_until(w, is_written);
    }
    assert_int_equal(count_events(w, "feature.crash"), 1200);
}

static void a_question_that_loses_its_connection_is_answered_once_with_an_error(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    assert_int_equal(ask(w, got_rows), OK);
    test_pg_do(&w->pg, "kill");
    run_until(w, is_answered);
    run_until(w, is_down);
    assert_int_equal(w->answers, 1);
}

static void a_row_that_the_schema_refuses_does_not_hold_up_the_others(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(write_end(w, "good-row", TITLE), OK);
        assert_int_equal(write_end(w, "bad-row", NULL), OK); /* the column takes no null */
    }
    run_until(w, is_written);
    struct store_counters n;
    store_counters(w->store, &n);
    assert_int_equal(n.writes.lost, 5);
    assert_int_equal(count_rows(w, "good-row"), 5);
    assert_int_equal(count_rows(w, "bad-row"), 0);
}

static void got_flush(void *arg, size_t left)
{
    struct world *w = arg;
    w->flushed = true;
    w->left = left;
}

static void a_flush_waits_for_the_writes_but_not_for_ever(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    write_events(w, "feature.flush", 500);
    store_flush(w->store, 5 * SEC, got_flush, w);
    run_until(w, is_flushed);
    assert_int_equal(w->left, 0);
    test_pg_do(&w->pg, "stop");
    write_events(w, "feature.flush", 3);
    w->flushed = false;
    store_flush(w->store, 50 * MSEC, got_flush, w);
    run_until(w, is_flushed);
    assert_int_equal(w->left, 3);
}

/* Writes what it learned. */
static void on_late_answer(void *arg, enum err e, const struct rows *rows)
{
    struct world *w = arg;
    got_rows(arg, e, rows);
    assert_int_equal(write_end(w, "learned-abc", TITLE), OK);
}

static void a_flush_waits_for_answers_and_what_they_bring_about(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    assert_int_equal(ask(w, on_late_answer), OK);
    store_flush(w->store, 5 * SEC, got_flush, w);
    run_until(w, is_flushed);
    assert_int_equal(w->answers, 1);
    assert_int_equal(w->left, 0);
    assert_int_equal(count_rows(w, "learned-abc"), 1);
}

static void got_written(void *arg, enum err e)
{
    struct world *w = arg;
    w->answers++;
    w->answer = e;
}

static void who_waits_for_writes_hears_when_they_are_stored_or_when_the_database_goes(void **state)
{
    struct world *w = *state;
    struct store_counters n;
    assert_int_equal(store_when_written(w->store, got_written, w), ERR_IO); /* not connected yet */
    run_until(w, is_up);
    write_events(w, "feature.wait", 100);
    assert_int_equal(store_when_written(w->store, got_written, w), OK);
    assert_int_equal(w->answers, 0);
    run_until(w, is_answered);
    assert_int_equal(w->answer, OK);
    store_counters(w->store, &n);
    assert_int_equal(n.writes.len, 0);
    w->answers = 0;
    assert_int_equal(store_when_written(w->store, got_written, w), OK); /* nothing to wait for: on a later turn */
    assert_int_equal(w->answers, 0);
    run_until(w, is_answered);
    assert_int_equal(w->answer, OK);
    w->answers = 0;
    test_pg_do(&w->pg, "kill");
    write_events(w, "feature.wait", 100);
    assert_int_equal(store_when_written(w->store, got_written, w), OK);
    run_until(w, is_answered);
    assert_int_equal(w->answer, ERR_IO);
    assert_int_equal(w->answers, 1);
}

/* Stops or continues the postmaster and all of its children. */
static void signal_cluster(const struct world *w, const char *signal)
{
    char command[256];
    snprintf(command, sizeof command, "p=$(head -n 1 '%s/data/postmaster.pid') && kill -%s \"$p\" $(pgrep -P \"$p\")",
             w->pg.dir, signal);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a test's own command
}

static void a_database_that_hangs_is_given_up_and_found_again(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    signal_cluster(w, "STOP");
    usec_t asked = usec_monotonic();
    w->answers = 0;
    assert_int_equal(ask(w, got_rows), OK);
    run_until(w, is_answered);
    assert_int_equal(w->answer, ERR_IO);
    assert_true(usec_monotonic() - asked < 7 * SEC);
    signal_cluster(w, "CONT");
    run_until(w, is_up);
    is_asked_and_answers(w);
}

static void a_full_queue_refuses_statistics_before_history(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    test_pg_do(&w->pg, "stop");
    run_until(w, is_down);
    unsigned taken = 0;
    while (taken < 2000 && !write_event(w, "x"))
        taken++;
    assert_int_equal(taken, 750);
    assert_int_equal(write_end(w, "full-abc", TITLE), OK);
    struct store_counters n;
    store_counters(w->store, &n);
    assert_int_equal(n.writes.refused, 1);
}

/* A statement of ours, as the operator. */
static void psql(const struct world *w, const char *sql)
{
    char command[1024];
    snprintf(command, sizeof command, "psql -qX -o /dev/null -v ON_ERROR_STOP=1 -d '%s' -c \"%s\"", w->pg.url, sql);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a test's own command
}

static void a_question_that_ends_a_deadlock_is_asked_again(void **state)
{
    struct world *w = *state;
    struct sql_query change = sql_settings_set_rate(.rate_per_minute = sql_decimal(40, 4));
    run_until(w, is_up);
    psql(w, "CREATE SEQUENCE trips; CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
            "IF nextval(''trips'') <= 2 THEN RAISE ''chosen'' USING ERRCODE = ''40P01''; END IF; RETURN NEW; END'; "
            "CREATE TRIGGER tripping BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION trip()");
    assert_int_equal(store_ask(w->store, change, got_rows, w), OK);
    run_until(w, is_answered);
    assert_int_equal(w->answers, 1);
    assert_int_equal(w->answer, OK);
    w->answers = 0;
    psql(w, "SELECT setval('trips', 1, false); ALTER SEQUENCE trips INCREMENT BY -1 MINVALUE -99"); /* from now on */
    assert_int_equal(store_ask(w->store, change, got_rows, w), OK);
    run_until(w, is_answered);
    assert_int_equal(w->answer, ERR_IO);
    psql(w, "DROP TRIGGER tripping ON settings");
}

static void a_value_too_large_for_its_index_does_not_hold_up_the_others(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    char id[20001];
    random_text(id, sizeof id - 1, RANDOM_ALNUM);
    assert_int_equal(write_end(w, id, TITLE), OK);
    assert_int_equal(write_end(w, "small-abc", TITLE), OK);
    run_until(w, is_written);
    struct store_counters n;
    store_counters(w->store, &n);
    assert_int_equal(n.writes.lost, 1);
    assert_int_equal(count_rows(w, "small-abc"), 1);
}

/* What api/meetings/create.c does: it takes back what it isn't sure of. */
static void on_end(void *arg, enum err e, const struct rows *rows)
{
    struct world *w = arg;
    w->answers++;
    w->answer = e;
    assert_null(rows);
    assert_int_equal(ask(w, got_rows), ERR_IO);
    assert_int_equal(store_when_written(w->store, NULL, NULL), ERR_IO);
    assert_int_equal(write_end(w, "late-abc", TITLE), ERR_STATE);
}

static void who_is_answered_by_the_end_asks_and_writes_in_vain(void **state)
{
    struct world *w = *state;
    run_until(w, is_up);
    for (unsigned i = 0; i < 3; i++) /* two run, one waits */
        assert_int_equal(ask(w, on_end), OK);
    store_free(w->store);
    w->store = NULL;
    assert_int_equal(w->answers, 3);
    assert_int_equal(w->answer, ERR_IO);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int group_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->pg = test_pg_of(PG_CLUSTER);
    *state = w;
    return 0;
}

static int group_tear_down(void **state)
{
    struct world *w = *state;
    test_pg_do(&w->pg, "drop");
    free(w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(an_ended_meeting_reads_as_it_was_written),
        WITH_STORE(two_processes_that_start_together_migrate_once),
        WITH_STORE(what_is_written_while_postgresql_is_away_is_stored_when_it_is_back),
        WITH_STORE(a_crash_in_the_middle_stores_each_write_exactly_once),
        WITH_STORE(a_question_that_loses_its_connection_is_answered_once_with_an_error),
        WITH_STORE(a_row_that_the_schema_refuses_does_not_hold_up_the_others),
        WITH_STORE(a_flush_waits_for_the_writes_but_not_for_ever),
        WITH_STORE(a_flush_waits_for_answers_and_what_they_bring_about),
        WITH_STORE(who_waits_for_writes_hears_when_they_are_stored_or_when_the_database_goes),
        WITH_STORE(a_database_that_hangs_is_given_up_and_found_again),
        WITH_STORE(a_full_queue_refuses_statistics_before_history),
        WITH_STORE(a_question_that_ends_a_deadlock_is_asked_again),
        WITH_STORE(a_value_too_large_for_its_index_does_not_hold_up_the_others),
        WITH_STORE(who_is_answered_by_the_end_asks_and_writes_in_vain),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
