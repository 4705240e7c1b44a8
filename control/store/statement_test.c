/* statement_test.c: what becomes of arguments. Rows need PostgreSQL: statement_db_test.c. */
#include "sql_embedded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void decimals_are_exact(void **state)
{
    (void)state;
    char out[PARAM_CAP];
    assert_string_equal(param_decimal(out, sql_decimal(0, 2)), "0.00");
    assert_string_equal(param_decimal(out, sql_decimal(3000, 2)), "30.00");
    assert_string_equal(param_decimal(out, sql_decimal(7, 2)), "0.07");
    assert_string_equal(param_decimal(out, sql_decimal(-150, 4)), "-0.0150");
    assert_string_equal(param_decimal(out, sql_decimal(INT64_MAX, 4)), "922337203685477.5807");
    assert_string_equal(param_decimal(out, sql_decimal(INT64_MIN, 4)), "-922337203685477.5808");
}

static void arguments_come_in_the_order_of_the_statement(void **state)
{
    (void)state;
    struct params p;
    struct sql_query q = sql_meetings_end(.peak_participants = 7, .minutes = sql_decimal(150, 2), .ended_at = INT64_MAX,
                                          .started_at = INT64_MIN, .title = "Standup", .company_id = 42, .owner_id = 41,
                                          .is_guest = false, .meeting_id = "abc", .ended_key = "key");
    params_of(&p, &q);
    const char *const want[] = {
        "key", "abc", "f", "41", "42", "Standup", "-9223372036854775808", "9223372036854775807", "1.50", "7",
    };
    assert_int_equal(p.n, ARRAY_LEN(want));
    for (unsigned i = 0; i < p.n; i++)
        assert_string_equal(p.values[i], want[i]);
}

static void a_zero_is_null_where_null_may_be(void **state)
{
    (void)state;
    struct params p;
    struct sql_query q = sql_meeting_history_list(.user_id = 0, .company_id = 0, .most = 0, .before_id = 9);
    params_of(&p, &q);
    assert_string_equal(p.values[0], "0");
    assert_null(p.values[1]);
    assert_string_equal(p.values[2], "0");
    assert_string_equal(p.values[3], "9");
}

static void a_text_is_null_where_there_is_none(void **state)
{
    (void)state;
    struct params p;
    struct sql_query q = sql_users_rehash(.user_id = 1, .password_hash = NULL, .rehash = "");
    params_of(&p, &q);
    assert_null(p.values[1]);
    assert_string_equal(p.values[2], "");
}

static void a_statement_without_arguments_has_none(void **state)
{
    (void)state;
    struct params p;
    struct sql_query q = sql_settings_list();
    params_of(&p, &q);
    assert_int_equal(p.n, 0);
}

static void no_rows_are_an_empty_row(void **state)
{
    (void)state;
    assert_int_equal(rows_len(NULL), 0);
    assert_null(rows_answer(NULL));
    struct sql_deposits_state_row r = sql_deposits_state_row(NULL, 0);
    assert_false(r.has_block_number);
    assert_int_equal(r.block_number, 0);
    assert_null(r.block_hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(arguments_come_in_the_order_of_the_statement),
        cmocka_unit_test(a_zero_is_null_where_null_may_be),
        cmocka_unit_test(a_text_is_null_where_there_is_none),
        cmocka_unit_test(a_statement_without_arguments_has_none),
        cmocka_unit_test(no_rows_are_an_empty_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
