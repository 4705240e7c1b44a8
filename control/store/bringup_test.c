/* bringup_test.c: the steps of every start: first, later, after a later release. */
#include "store/bringup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void a_fresh_database_gets_every_migration_under_the_lock(void **state)
{
    (void)state;
    struct bringup b;
    bringup_init(&b, true);
    assert_int_equal(b.step, BRINGUP_LOCK);
    assert_non_null(strstr(bringup_text(&b), "pg_advisory_lock"));
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_LIST);
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_APPLY);
    assert_non_null(strstr(bringup_text(&b), "CREATE TABLE meeting_history"));
    assert_non_null(strstr(bringup_text(&b), "INSERT INTO schema_migrations (version, name) VALUES (1,"));
    while (b.step == BRINGUP_APPLY)
        bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_UNLOCK);
    assert_true(b.n_applied >= 1);
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_SESSION);
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_DONE);
    assert_null(bringup_text(&b));
}

static void what_was_applied_is_not_applied_again(void **state)
{
    (void)state;
    struct bringup b;
    bringup_init(&b, true);
    bringup_advance(&b);
    for (int v = 1; v < BRINGUP_VERSIONS; v++) {
        char text[8] = {(char)('0' + v / 100), (char)('0' + v / 10 % 10), (char)('0' + v % 10), '\0'};
        bringup_saw_version(&b, text);
    }
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_UNLOCK);
    assert_int_equal(b.n_applied, 0);
    assert_true(b.is_newer);
}

static void strange_versions_are_survived(void **state)
{
    (void)state;
    struct bringup b;
    bringup_init(&b, true);
    bringup_advance(&b);
    bringup_saw_version(&b, "-1");
    bringup_saw_version(&b, "99999999999999999999");
    bringup_saw_version(&b, "");
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_APPLY);
    assert_true(b.is_newer);
}

static void a_reader_only_sets_its_session_up(void **state)
{
    (void)state;
    struct bringup b;
    bringup_init(&b, false);
    assert_int_equal(b.step, BRINGUP_SESSION);
    bringup_advance(&b);
    assert_int_equal(b.step, BRINGUP_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_database_gets_every_migration_under_the_lock),
        cmocka_unit_test(what_was_applied_is_not_applied_again),
        cmocka_unit_test(strange_versions_are_survived),
        cmocka_unit_test(a_reader_only_sets_its_session_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
