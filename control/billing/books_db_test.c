/* The functions of sql/ that move money, in a throw-away PostgreSQL: what they book, and that they book it once. */
#include "sql_embedded.h"
#include "store/testing.h"

#include <libpq-fe.h>
#include <string.h>

struct books {
    struct test_pg pg;
    PGconn *db;
    char cell[256];
};

static void run(struct books *b, const char *sql)
{
    PGresult *r = PQexec(b->db, sql);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s%s", PQerrorMessage(b->db), sql);
    PQclear(r);
}

/* The first column of the first row; "(null)", or "(none)" without a row. Good until the next one. */
static const char *ask(struct books *b, const char *sql)
{
    PGresult *r = PQexec(b->db, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s%s", PQerrorMessage(b->db), sql);
    const char *text = !PQntuples(r) ? "(none)" : PQgetisnull(r, 0, 0) ? "(null)" : PQgetvalue(r, 0, 0);
    snprintf(b->cell, sizeof b->cell, "%s", text);
    PQclear(r);
    return b->cell;
}

#define assert_sql(b, sql, want) assert_string_equal(ask(b, sql), want)

/* Two people, and a company with an owner and a member. */
static int set_up(void **state)
{
    struct books *b = *state;
    run(b,
        "TRUNCATE users, companies, transactions, mail_queue, meetings, meeting_history, analytics_events, deposits, "
        "deposit_addresses, deposit_scans RESTART IDENTITY CASCADE");
    run(b, "INSERT INTO companies (name, invite_code, balance) VALUES ('Acme', 'code', 10)");
    run(b, "INSERT INTO users (email, password_hash, account_type, balance, company_id, company_role) VALUES "
           "('one@example.org', '-', 'personal', 10, NULL, NULL), ('two@example.org', '-', 'personal', 0, NULL, NULL), "
           "('owner@example.org', '-', 'company', 0, 1, 'owner'), ('member@example.org', '-', 'personal', 0, 1, "
           "'member')");
    return 0;
}

/* Ends a meeting of this owner and company; key: a digit that tells ends apart. */
static void meeting(struct books *b, char key, const char *owner, const char *company, const char *minutes, int peak)
{
    char sql[1024];
    snprintf(sql, sizeof sql,
             "INSERT INTO meetings (meeting_id, owner_id, company_id, title, admin_token_hash, settings, status, "
             "created_at, started_at) VALUES ('abc-defg-hi%c', %s, %s, 'Standup', 'x', '{}', 'active', now(), now()) "
             "ON CONFLICT DO NOTHING",
             key, owner, company);
    run(b, sql);
    snprintf(sql, sizeof sql,
             "SELECT meeting_end('00000000-0000-4000-8000-00000000000%c', 'abc-defg-hi%c', false, %s, %s, 'Standup', "
             "now() - interval '1 hour', now(), %s, %d)",
             key, key, owner, company, minutes, peak);
    run(b, sql);
}

static void a_meeting_costs_minutes_times_people_times_the_rate(void **state)
{
    struct books *b = *state;
    meeting(b, '1', "1", "NULL", "30.00", 4); /* 30 x 4 x 0.004 */
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "9.5200");
    assert_sql(b, "SELECT amount_usd || ' ' || type || ' ' || description FROM transactions",
               "-0.4800 meeting_charge Meeting abc-defg-hi1 (30m, 4 participants)");
    assert_sql(b, "SELECT cost_usd FROM meeting_history", "0.4800");
    assert_sql(b, "SELECT count(*) FROM meetings", "0");
}

static void the_cost_is_rounded_to_four_places_once(void **state)
{
    struct books *b = *state;
    meeting(b, '1', "1", "NULL", "0.01", 1); /* 0.00004 */
    assert_sql(b, "SELECT cost_usd FROM meeting_history", "0.0000");
    assert_sql(b, "SELECT count(*) FROM transactions", "0"); /* nothing is no movement */
    meeting(b, '2', "1", "NULL", "0.02", 1);                 /* 0.00008 */
    assert_sql(b, "SELECT amount_usd FROM transactions", "-0.0001");
    meeting(b, '3', "1", "NULL", "7.33", 3); /* 0.08796 */
    assert_sql(b, "SELECT amount_usd FROM transactions ORDER BY id DESC", "-0.0880");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "9.9119");
    run(b, "UPDATE settings SET value = '0.0125' WHERE name = 'rate_per_minute'");
    meeting(b, '4', "1", "NULL", "0.02", 1); /* 0.00025: half away from zero */
    assert_sql(b, "SELECT amount_usd FROM transactions ORDER BY id DESC", "-0.0003");
    run(b, "UPDATE settings SET value = '0.0040' WHERE name = 'rate_per_minute'");
}

static void an_end_that_is_told_again_charges_nothing(void **state)
{
    struct books *b = *state;
    for (int i = 0; i < 3; i++)
        meeting(b, '1', "1", "NULL", "30", 4); /* the row of the meeting is there again each time */
    assert_sql(b, "SELECT count(*) || ' ' || sum(amount_usd) FROM transactions", "1 -0.4800");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "9.5200");
    assert_sql(b, "SELECT count(*) FROM meeting_history", "1");
}

static void a_company_pays_for_its_members(void **state)
{
    struct books *b = *state;
    meeting(b, '1', "4", "1", "60", 10);
    assert_sql(b, "SELECT balance FROM companies", "7.6000");
    assert_sql(b, "SELECT balance FROM users WHERE id = 4", "0.0000");
    assert_sql(b, "SELECT company_id || ' ' || (user_id IS NULL) FROM transactions", "1 true");
}

static void a_running_meeting_may_take_the_balance_below_zero(void **state)
{
    struct books *b = *state;
    meeting(b, '1', "1", "NULL", "600", 10);
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "-14.0000");
}

static void one_mail_is_sent_when_the_balance_falls_below_two_dollars(void **state)
{
    struct books *b = *state;
    meeting(b, '1', "1", "NULL", "200", 10); /* 10 - 8 = 2: not below */
    assert_sql(b, "SELECT count(*) FROM mail_queue", "0");
    meeting(b, '2', "1", "NULL", "0.03", 1); /* 0.0001 */
    assert_sql(b, "SELECT recipient || ' ' || template || ' ' || (data->>'balance') FROM mail_queue",
               "one@example.org low_balance 1.9999");
    meeting(b, '3', "1", "NULL", "30", 4);
    assert_sql(b, "SELECT count(*) FROM mail_queue", "1"); /* it is below already */
    run(b, "SELECT account_credit(1, 5, 'admin_credit', 'x', 'x')");
    meeting(b, '4', "1", "NULL", "300", 10);
    assert_sql(b, "SELECT count(*) FROM mail_queue", "2"); /* it fell again */
    meeting(b, '5', "4", "1", "250", 10);                  /* the company's: to its owner */
    assert_sql(b, "SELECT recipient FROM mail_queue ORDER BY id DESC", "owner@example.org");
}

static void a_credit_goes_to_the_company_of_its_account(void **state)
{
    struct books *b = *state;
    assert_sql(b, "SELECT account_credit(1, 20, 'stripe_topup', 'Stripe top-up $20', 'stripe:cs_1')", "t");
    assert_sql(b, "SELECT account_credit(1, 20, 'stripe_topup', 'Stripe top-up $20', 'stripe:cs_1')", "f");
    assert_sql(b, "SELECT account_credit(4, 20, 'stripe_topup', 'Stripe top-up $20', 'stripe:cs_2')", "t");
    assert_sql(b, "SELECT account_credit(99, 20, 'stripe_topup', 'Stripe top-up $20', 'stripe:cs_3')", "(null)");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "30.0000");
    assert_sql(b, "SELECT balance FROM companies", "30.0000");
    assert_sql(b, "SELECT balance FROM users WHERE id = 4", "0.0000");
    assert_sql(b, "SELECT count(*) FROM transactions", "2");
}

#define ALICE "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
#define ACME  "0x6810e10864b9225cabe3e52a0606eabb917a5fe4"

static void deposits_begin(struct books *b)
{
    run(b, "INSERT INTO deposit_addresses (address, user_id, company_id) VALUES ('" ALICE "', 1, NULL), ('" ACME
           "', NULL, 1)");
    run(b, "INSERT INTO deposit_scans VALUES (1, '0xusdc', 100, '0xh')");
}

/* "stored n_new credited n_vanished" of reading the blocks after `before` up to `upto`. */
static const char *record(struct books *b, int before, int upto, const char *found)
{
    char sql[2048];
    snprintf(sql, sizeof sql,
             "SELECT concat_ws(' ', stored, n_new, trim_scale(credited), n_vanished) "
             "FROM deposits_record(1, '0xusdc', %d, %d, '0xh%d', '%s')",
             before, upto, upto, found);
    return ask(b, sql);
}

#define FOUND(tx, address, amount, block)                                                                              \
    "{\"tx\":\"" tx "\",\"address\":\"" address "\",\"nth\":0,\"amount\":\"" amount "\",\"block\":" block              \
    ",\"block_hash\":\"0xb" block "\"}"

static void deposits_are_credited_when_five_dollars_have_come_together(void **state)
{
    struct books *b = *state;
    deposits_begin(b);
    assert_string_equal(record(b, 100, 110, "[" FOUND("0xaaaaaaaaaaaa", ALICE, "4.999999", "101") "]"), "t 1 0 0");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "10.0000");
    assert_string_equal(record(b, 110, 120, "[" FOUND("0xbbbbbbbbbbbb", ALICE, "0.000151", "111") "]"), "t 1 5.0001 0");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "15.0001");
    assert_sql(b, "SELECT uncredited FROM deposit_addresses WHERE user_id = 1", "0.000050");
    assert_sql(b, "SELECT type || ' ' || description FROM transactions",
               "usdc_deposit USDC deposit $5.0001 (0xbbbbbb…bbbb)");
    assert_string_equal(record(b, 120, 130, "[" FOUND("0xcccccccccccc", ALICE, "4.99995", "121") "]"), "t 1 5 0");
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "20.0001");
    assert_sql(b, "SELECT uncredited FROM deposit_addresses WHERE user_id = 1", "0.000000");
    assert_sql(b, "SELECT count(*) FROM deposits WHERE credited_at IS NULL", "0");
    assert_sql(b, "SELECT sum(amount) - 10.0001 FROM deposits", "0.000000");
}

static void a_block_is_recorded_once(void **state)
{
    struct books *b = *state;
    deposits_begin(b);
    static const char found[] = "[" FOUND("0xaaaaaaaaaaaa", ALICE, "20.000000", "101") "]";
    assert_string_equal(record(b, 100, 110, found), "t 1 20 0");
    assert_string_equal(record(b, 100, 110, found), "f 0 0 0"); /* read by somebody else meanwhile */
    run(b, "UPDATE deposit_scans SET block_number = 100");
    assert_string_equal(record(b, 100, 110, found), "t 0 0 0"); /* read again */
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "30.0000");
    assert_sql(b, "SELECT block_number || ' ' || block_hash FROM deposit_scans", "110 0xh110");
}

static void a_companys_address_credits_the_company_and_a_members_too(void **state)
{
    struct books *b = *state;
    deposits_begin(b);
    assert_string_equal(record(b, 100, 110, "[" FOUND("0xaaaaaaaaaaaa", ACME, "20.000000", "101") "]"), "t 1 20 0");
    run(b, "UPDATE users SET company_id = 1, company_role = 'member' WHERE id = 1"); /* after the address was told */
    assert_string_equal(record(b, 110, 120, "[" FOUND("0xbbbbbbbbbbbb", ALICE, "7.000000", "111") "]"), "t 1 7 0");
    assert_sql(b, "SELECT balance FROM companies", "37.0000");
}

static void what_a_reorganisation_takes_away_is_counted_again_when_it_comes_back(void **state)
{
    struct books *b = *state;
    deposits_begin(b);
    assert_string_equal(record(b, 100, 110,
                               "[" FOUND("0xaaaaaaaaaaaa", ALICE, "3.000000", "101") "," FOUND("0xbbbbbbbbbbbb", ACME,
                                                                                               "20.000000", "102") "]"),
                        "t 2 20 0");
    run(b, "UPDATE deposit_scans SET block_number = 100, block_hash = NULL");
    assert_string_equal(record(b, 100, 110, "[]"), "t 0 0 2");
    assert_sql(b, "SELECT uncredited FROM deposit_addresses WHERE user_id = 1", "0.000000");
    assert_sql(b, "SELECT tx_hash FROM deposits WHERE vanished_at IS NOT NULL", "0xbbbbbbbbbbbb");
    assert_string_equal(record(b, 110, 120,
                               "[" FOUND("0xaaaaaaaaaaaa", ALICE, "3.000000", "111") "," FOUND("0xbbbbbbbbbbbb", ACME,
                                                                                               "20.000000", "112") "]"),
                        "t 1 0 0");
    assert_sql(b, "SELECT uncredited FROM deposit_addresses WHERE user_id = 1", "3.000000");
    assert_sql(b, "SELECT count(*) FROM deposits WHERE vanished_at IS NOT NULL", "0");
    assert_sql(b, "SELECT balance FROM companies", "30.0000"); /* once */
}

static void balances_are_the_sums_of_their_movements(void **state)
{
    struct books *b = *state;
    deposits_begin(b);
    run(b, "UPDATE users SET balance = 0");
    run(b, "UPDATE companies SET balance = 0");
    for (int i = 1; i <= 9; i++) {
        meeting(b, (char)('0' + i), i % 2 ? "1" : "4", i % 2 ? "NULL" : "1", "7.77", i);
        run(b, "SELECT account_credit(1 + 3 * (random() * 0.9)::int, 1.2345, 'x', 'x', gen_random_uuid()::text)");
    }
    assert_string_equal(record(b, 100, 110, "[" FOUND("0xaaaaaaaaaaaa", ALICE, "12.345678", "101") "]"),
                        "t 1 12.3456 0");
    assert_sql(
        b, "SELECT sum(u.balance) - (SELECT sum(amount_usd) FROM transactions WHERE user_id IS NOT NULL) FROM users u",
        "0.0000");
    assert_sql(b,
               "SELECT c.balance - (SELECT sum(amount_usd) FROM transactions WHERE company_id = c.id) FROM companies c",
               "0.0000");
}

static void an_end_is_booked_while_a_webhook_is_being_deleted(void **state)
{
    struct books *b = *state;
    PGconn *ender = PQconnectdb(b->pg.url);
    assert_int_equal(PQstatus(ender), CONNECTION_OK);
    run(b,
        "INSERT INTO webhooks (user_id, url, events, secret) VALUES (1, 'https://a.example', '{meeting.ended}', 's'), "
        "(1, 'https://b.example', '{meeting.ended}', 's')");
    run(b, "INSERT INTO meetings (meeting_id, owner_id, title, admin_token_hash, settings, status, created_at, "
           "started_at) "
           "VALUES ('abc-defg-hij', 1, 'Standup', 'x', '{}', 'active', now(), now())");
    run(b, "BEGIN");
    run(b, "DELETE FROM webhooks WHERE url LIKE '%a.example'");
    assert_true(PQsendQuery(ender, "SELECT meeting_end(gen_random_uuid(), 'abc-defg-hij', false, 1, NULL, 'Standup', "
                                   "now() - interval '1 hour', now(), 30.00, 4)"));
    for (unsigned i = 0; i < 300 && PQconsumeInput(ender) && PQisBusy(ender); i++)
        usleep(10000); /* it waits for the one that deletes, or doesn't need to */
    run(b, "COMMIT");
    PGresult *r = PQgetResult(ender);
    assert_string_equal(PQresultErrorMessage(r), "");
    PQclear(r);
    PQfinish(ender);
    assert_sql(b, "SELECT balance FROM users WHERE id = 1", "9.5200");
    assert_sql(b, "SELECT count(*) FROM meetings", "0");
    assert_sql(b, "SELECT count(*) || min(w.url) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id",
               "1https://b.example");
}

static int group_set_up(void **state)
{
    struct books *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->pg = test_pg_of(PG_CLUSTER);
    test_pg_do(&b->pg, "start");
    b->db = PQconnectdb(b->pg.url);
    assert_int_equal(PQstatus(b->db), CONNECTION_OK);
    run(b, sql_schema_session);
    run(b, sql_schema_list);
    for (unsigned i = 0; i < sql_n_migrations; i++)
        run(b, sql_migrations[i].text);
    *state = b;
    return 0;
}

static int group_tear_down(void **state)
{
    struct books *b = *state;
    PQfinish(b->db);
    test_pg_do(&b->pg, "drop");
    free(b);
    return 0;
}

#define WITH_BOOKS(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOOKS(a_meeting_costs_minutes_times_people_times_the_rate),
        WITH_BOOKS(the_cost_is_rounded_to_four_places_once),
        WITH_BOOKS(an_end_that_is_told_again_charges_nothing),
        WITH_BOOKS(a_company_pays_for_its_members),
        WITH_BOOKS(a_running_meeting_may_take_the_balance_below_zero),
        WITH_BOOKS(one_mail_is_sent_when_the_balance_falls_below_two_dollars),
        WITH_BOOKS(a_credit_goes_to_the_company_of_its_account),
        WITH_BOOKS(deposits_are_credited_when_five_dollars_have_come_together),
        WITH_BOOKS(a_block_is_recorded_once),
        WITH_BOOKS(a_companys_address_credits_the_company_and_a_members_too),
        WITH_BOOKS(what_a_reorganisation_takes_away_is_counted_again_when_it_comes_back),
        WITH_BOOKS(balances_are_the_sums_of_their_movements),
        WITH_BOOKS(an_end_is_booked_while_a_webhook_is_being_deleted),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
