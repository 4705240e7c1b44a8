/* retention_db_test.c: what is thrown away when its time is over, and what stays: rows_forget() and the log of
 * deliveries, asked of a throw-away PostgreSQL. */
#include "sql_embedded.h"
#include "store/testing.h"

#include <libpq-fe.h>
#include <string.h>

struct world {
    struct test_pg pg;
    PGconn *db;
};

static PGresult *run(struct world *w, const char *sql)
{
    PGresult *r = PQexec(w->db, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s%s", PQerrorMessage(w->db), sql);
    return r;
}

static void do_all(struct world *w, const char *sql)
{
    PQclear(run(w, sql));
}

static int count(struct world *w, const char *sql)
{
    PGresult *r = run(w, sql);
    int n = atoi(PQgetvalue(r, 0, 0)); // NOLINT(cert-err34-c): a count
    PQclear(r);
    return n;
}

static PGresult *ask(struct world *w, struct sql_query q)
{
    struct params p;
    const struct sql_statement *s = &sql_statements[q.id];
    params_of(&p, &q);
    PGresult *r = PQexecParams(w->db, s->text, (int)p.n, NULL, p.values, NULL, NULL, 0);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", s->name, PQerrorMessage(w->db));
    return r;
}

static int forget(struct world *w, int days, int most)
{
    PGresult *r = ask(w, sql_rows_forget(.analytics_days = days, .most = most));
    int n = atoi(PQgetvalue(r, 0, 0)); // NOLINT(cert-err34-c): a count
    PQclear(r);
    return n;
}

/* What administrators are answered, all in one text. */
static void answers(struct world *w, char out[65536])
{
    int hours = count(w, "SELECT extract(epoch FROM now())::bigint / 3600");
    const struct sql_query all[] = {
        sql_analytics_features(.days = 3650, .now_hours = hours),
        sql_analytics_features(.days = 30, .now_hours = hours),
        sql_analytics_errors(.days = 350, .now_hours = hours),
        sql_analytics_peak_hours(.days = 3650, .now_hours = hours),
        sql_analytics_retention(),
    };
    size_t at = 0;
    for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
        PGresult *r = ask(w, all[i]);
        at += (size_t)snprintf(out + at, 65536 - at, "%s\n", PQgetvalue(r, 0, 0));
        assert_true(at < 65536);
        PQclear(r);
    }
}

static void add_events(struct world *w)
{
    do_all(w, "INSERT INTO analytics_events (event_id, event_type, meta, user_id, actor, created_at) "
              "SELECT gen_random_uuid(), kind, '{\"message\":\"m\",\"route\":\"/r\"}', 1 + d % 7, 'actor' || d, "
              "now() - d * interval '1 day' FROM generate_series(0, 299) d, "
              "unnest('{feature.chat,meeting.created,error.webrtc}'::text[]) kind");
}

static void old_events_go_and_every_answer_stays(void **state)
{
    struct world *w = *state;
    static char before[65536], after[65536];
    add_events(w);
    answers(w, before);
    assert_non_null(strstr(before, "\"total_uses\":300"));
    assert_int_equal(forget(w, 90, 1000), 627); /* of the days 91 to 299 (and 90, a moment ago) × 3 */
    answers(w, after);
    assert_string_equal(after, before);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_events WHERE created_at < now() - interval '91 days'"),
                     0);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_events"), 3 * 90 + 3);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_feature_actors"), 91);
    assert_int_equal(forget(w, 90, 1000), 0);
}

static void what_is_to_go_goes_in_pieces(void **state)
{
    struct world *w = *state;
    add_events(w);
    assert_int_equal(forget(w, 90, 100), 100);
    assert_int_equal(forget(w, 90, 100), 100);
    int more = 0;
    while (forget(w, 90, 100) == 100)
        more++;
    assert_in_range(more, 3, 5);
}

static void with_0_days_the_analytics_are_kept(void **state)
{
    struct world *w = *state;
    add_events(w);
    assert_int_equal(forget(w, 0, 10000), 0);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_events"), 900);
}

static void errors_of_long_ago_go_with_their_words(void **state)
{
    struct world *w = *state;
    do_all(w, "INSERT INTO analytics_events (event_id, event_type, meta, created_at) SELECT gen_random_uuid(), "
              "'error.app', jsonb_build_object('message', 'text ' || n, 'route', '/'), now() - d * interval '1 day' "
              "FROM generate_series(1, 50) n, unnest('{500,30}'::int[]) d WHERE d = 500 OR n = 1");
    forget(w, 90, 1000);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_error_kinds"), 1);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_error_days"), 2);
    assert_int_equal(count(w, "SELECT count(*) FROM analytics_error_months"), 2);
}

static void guests_history_goes_and_accounts_history_stays(void **state)
{
    struct world *w = *state;
    do_all(
        w,
        "INSERT INTO meeting_history (ended_key, meeting_id, is_guest, owner_id, title, started_at, ended_at, "
        "duration_minutes, peak_participants) SELECT gen_random_uuid(), 'm' || n, n < 5, "
        "CASE WHEN n < 5 THEN NULL ELSE 1 END, 't', now() - interval '100 days', "
        "now() - CASE n WHEN 0 THEN interval '1 day' ELSE interval '99 days' END, 1, 1 FROM generate_series(0, 9) n");
    forget(w, 90, 1000);
    assert_int_equal(count(w, "SELECT count(*) FROM meeting_history WHERE is_guest"), 1);
    assert_int_equal(count(w, "SELECT count(*) FROM meeting_history WHERE NOT is_guest"), 5);
}

static void what_gave_somebody_a_right_goes_when_it_is_over(void **state)
{
    struct world *w = *state;
    do_all(w, "INSERT INTO sessions (id_hash, user_id, seen_at) VALUES ('old', 1, now() - interval '31 days'), "
              "('used', 1, now() - interval '29 days')");
    do_all(w, "INSERT INTO password_resets VALUES ('old', 1, now() - interval '2 days'), "
              "('new', 1, now() + interval '1 hour')");
    do_all(w, "INSERT INTO support_keys (key_hash, user_id, expires_at, redeemed_at) VALUES "
              "('old', 1, now() - interval '2 days', NULL), ('new', 1, now() + interval '1 day', NULL), "
              "('redeemed', 1, now() - interval '2 days', now() - interval '3 days')");
    do_all(w, "INSERT INTO admin_credits (key_hash, request_hash, created_at) VALUES "
              "('old', '-', now() - interval '91 days'), ('new', '-', now())");
    forget(w, 90, 1000);
    assert_int_equal(count(w, "SELECT count(*) FROM sessions WHERE id_hash = 'used'"), 1);
    assert_int_equal(count(w, "SELECT count(*) FROM sessions"), 1);
    assert_int_equal(count(w, "SELECT count(*) FROM password_resets"), 1);
    assert_int_equal(count(w, "SELECT count(*) FROM support_keys WHERE key_hash <> 'old'"), 2);
    assert_int_equal(count(w, "SELECT count(*) FROM support_keys"), 2);
    assert_int_equal(count(w, "SELECT count(*) FROM admin_credits"), 1);
}

static void a_webhooks_log_has_its_newest_thousand(void **state)
{
    struct world *w = *state;
    do_all(w, "INSERT INTO webhooks (user_id, url, events, secret) VALUES (1, 'https://a', '{}', 's'), "
              "(1, 'https://b', '{}', 's')");
    do_all(
        w,
        "INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body, status, created_at) "
        "SELECT 1, gen_random_uuid(), 'e', 'm', n, '{}', CASE WHEN n = 3 THEN 'pending' ELSE 'delivered' END, "
        "now() - interval '2 hours' FROM generate_series(1, 1500) n");
    do_all(
        w,
        "INSERT INTO webhook_deliveries (webhook_id, event_id, event, meeting_id, sequence, body, status, created_at) "
        "SELECT 2, gen_random_uuid(), 'e', 'm', n, '{}', 'failed', now() - CASE n WHEN 1 THEN interval '31 days' "
        "ELSE interval '29 days' END FROM generate_series(1, 10) n");
    PQclear(ask(w, sql_webhook_deliveries_forget()));
    assert_int_equal(count(w, "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = 1"), 1001);
    assert_int_equal(count(w, "SELECT min(sequence) FROM webhook_deliveries WHERE webhook_id = 1 AND sequence <> 3"),
                     501);
    assert_int_equal(count(w, "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = 2"), 9);
}

static int set_up(void **state)
{
    struct world *w = *state;
    do_all(w, "BEGIN");
    do_all(w, "INSERT INTO users (id, email, password_hash, account_type) OVERRIDING SYSTEM VALUE "
              "VALUES (1, 'a@example.org', '-', 'personal')");
    return 0;
}

static int tear_down(void **state)
{
    do_all(*state, "ROLLBACK");
    return 0;
}

static int group_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->pg = test_pg_of(PG_CLUSTER);
    test_pg_do(&w->pg, "start");
    w->db = PQconnectdb(w->pg.url);
    assert_int_equal(PQstatus(w->db), CONNECTION_OK);
    do_all(w, sql_schema_session);
    do_all(w, sql_schema_list);
    for (unsigned i = 0; i < sql_n_migrations; i++)
        do_all(w, sql_migrations[i].text);
    *state = w;
    return 0;
}

static int group_tear_down(void **state)
{
    struct world *w = *state;
    PQfinish(w->db);
    test_pg_do(&w->pg, "drop");
    free(w);
    return 0;
}

#define IN_A_TRANSACTION(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_TRANSACTION(old_events_go_and_every_answer_stays),
        IN_A_TRANSACTION(what_is_to_go_goes_in_pieces),
        IN_A_TRANSACTION(with_0_days_the_analytics_are_kept),
        IN_A_TRANSACTION(errors_of_long_ago_go_with_their_words),
        IN_A_TRANSACTION(guests_history_goes_and_accounts_history_stays),
        IN_A_TRANSACTION(what_gave_somebody_a_right_goes_when_it_is_over),
        IN_A_TRANSACTION(a_webhooks_log_has_its_newest_thousand),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
