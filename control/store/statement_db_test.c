/* statement_db_test.c: what the files of sql/queries/ say of themselves is what PostgreSQL says of them, and what it
 * answers is what C reads. */
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

/* PostgreSQL's name of a type: "bigint[]". */
static void type_name(struct world *w, Oid type, char out[64])
{
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT format_type(%u, NULL)", type);
    PGresult *r = run(w, sql);
    snprintf(out, 64, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
}

static void args_are_as_told(struct world *w, const struct sql_statement *s, const PGresult *told)
{
    if (PQnparams(told) != (int)s->n_args)
        fail_msg("%s has %d arguments, and says %u", s->name, PQnparams(told), s->n_args);
    for (unsigned i = 0; i < s->n_args; i++) {
        char type[64];
        type_name(w, PQparamtype(told, (int)i), type);
        if (strcmp(type, s->args[i].type) != 0)
            fail_msg("%s: $%u is %s, and %s says %s", s->name, i + 1, type, s->args[i].name, s->args[i].type);
    }
}

static void cols_are_as_told(struct world *w, const struct sql_statement *s, const PGresult *told)
{
    char type[64];
    int n = PQnfields(told);
    if (n == 1)
        type_name(w, PQftype(told, 0), type);
    if (n == 1 && strcmp(type, "void") == 0)
        n = 0; /* a function's that answers nothing: nobody reads it */
    if (n != (int)s->n_cols)
        fail_msg("%s answers %d columns, and says %u", s->name, n, s->n_cols);
    for (unsigned i = 0; i < s->n_cols; i++) {
        type_name(w, PQftype(told, (int)i), type);
        if (strcmp(PQfname(told, (int)i), s->cols[i].name) != 0 || strcmp(type, s->cols[i].type) != 0)
            fail_msg("%s: column %u is %s %s, and says %s %s", s->name, i, PQfname(told, (int)i), type, s->cols[i].name,
                     s->cols[i].type);
    }
}

static void every_statement_is_as_its_file_says(void **state)
{
    struct world *w = *state;
    assert_in_range(SQL_STATEMENTS, 50, 500);
    for (unsigned i = 0; i < SQL_STATEMENTS; i++) {
        const struct sql_statement *s = &sql_statements[i];
        PGresult *r = PQprepare(w->db, s->name, s->text, 0, NULL);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            fail_msg("%s: %s", s->name, PQerrorMessage(w->db));
        PQclear(r);
        r = PQdescribePrepared(w->db, s->name);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            fail_msg("%s: %s", s->name, PQerrorMessage(w->db));
        args_are_as_told(w, s, r);
        cols_are_as_told(w, s, r);
        PQclear(r);
    }
}

/* Asks as the store does. The caller clears rows->result. */
static struct rows ask(struct world *w, struct sql_query q)
{
    struct params p;
    const struct sql_statement *s = &sql_statements[q.id];
    params_of(&p, &q);
    PGresult *r = PQexecParams(w->db, s->text, (int)p.n, NULL, p.values, NULL, NULL, 0);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", s->name, PQerrorMessage(w->db));
    return (struct rows){r, s};
}

static void rows_clear(struct rows rows)
{
    PQclear((PGresult *)(void *)rows.result);
}

static void a_row_is_read_by_name(void **state)
{
    struct world *w = *state;
    PQclear(run(w, "INSERT INTO users (email, password_hash, account_type) VALUES ('a@example.org', '-', 'personal')"));
    PQclear(run(w, "INSERT INTO api_keys (user_id, key_hash, shown, last_used_at) VALUES "
                   "(1, 'unused', 'mk_1', NULL), (1, 'used', 'mk_2', timestamptz 'epoch' + interval '1.5 s')"));
    struct rows rows = ask(w, sql_api_keys_find(.key_hash = "used"));
    struct sql_api_keys_find_row r = sql_api_keys_find_row(&rows, 0);
    assert_int_equal(rows_len(&rows), 1);
    assert_int_equal(r.user_id, 1);
    assert_false(r.has_company_id);
    assert_int_equal(r.company_id, 0);
    assert_false(r.is_company_owner);
    assert_string_equal(r.email, "a@example.org");
    assert_string_equal(r.account_type, "personal");
    assert_int_equal(r.key_id, 2);
    assert_true(r.has_seen_at);
    assert_int_equal(r.seen_at, 1500000);
    r = sql_api_keys_find_row(&rows, 1); /* there is none */
    assert_null(r.email);
    rows_clear(rows);
    rows = ask(w, sql_api_keys_find(.key_hash = "unused"));
    r = sql_api_keys_find_row(&rows, 0);
    assert_int_equal(r.key_id, 1);
    assert_false(r.has_seen_at);
    rows_clear(rows);
}

static void a_session_is_read_as_a_key_is(void **state)
{
    struct world *w = *state;
    PQclear(run(w, "INSERT INTO companies (name, invite_code) VALUES ('Acme', 'code')"));
    PQclear(run(w, "INSERT INTO users (email, password_hash, account_type, company_id, company_role, is_admin) VALUES "
                   "('b@example.org', '-', 'company', 1, 'owner', true)"));
    PQclear(run(w, "INSERT INTO sessions (id_hash, user_id) SELECT 'session', id FROM users WHERE company_id = 1"));
    struct rows rows = ask(w, sql_sessions_find(.id_hash = "session"));
    struct sql_api_keys_find_row r = sql_api_keys_find_row(&rows, 0);
    assert_int_equal(r.key_id, 0);
    assert_true(r.has_company_id);
    assert_int_equal(r.company_id, 1);
    assert_true(r.is_company_owner);
    assert_true(r.is_admin);
    rows_clear(rows);
}

static void an_answer_is_the_only_column(void **state)
{
    struct world *w = *state;
    rows_clear(ask(w, sql_settings_set_rate(.rate_per_minute = sql_decimal(40, 4))));
    struct rows rows = ask(w, sql_settings_list());
    assert_string_equal(rows_answer(&rows), "{\"ratePerMinute\" : \"0.0040\"}");
    rows_clear(rows);
    rows = ask(w, sql_users_me(.user_id = 999));
    assert_null(rows_answer(&rows)); /* there is no such account */
    rows_clear(rows);
}

static int group_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->pg = test_pg_of(PG_CLUSTER);
    test_pg_do(&w->pg, "start");
    w->db = PQconnectdb(w->pg.url);
    assert_int_equal(PQstatus(w->db), CONNECTION_OK);
    PQclear(run(w, sql_schema_session));
    PQclear(run(w, sql_schema_list));
    for (unsigned i = 0; i < sql_n_migrations; i++)
        PQclear(run(w, sql_migrations[i].text));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_as_its_file_says),
        cmocka_unit_test(a_row_is_read_by_name),
        cmocka_unit_test(a_session_is_read_as_a_key_is),
        cmocka_unit_test(an_answer_is_the_only_column),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
