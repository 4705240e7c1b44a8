/* usd_test.c: which amounts are taken, and which aren't. */
#include "billing/usd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static enum err read_json(const char *text, int64_t *out)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    enum err e = usd_of_json(value, out);
    json_decref(value);
    return e;
}

static void numbers_and_texts_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t value;
    } good[] = {
        {"20", 200000},
        {"20.5", 205000},
        {"0.0001", 1},
        {"0.1", 1000},
        {"1e3", 10000000},
        {"999999.9999", 9999999999},
        {"-0.0120", -120},
        {"\"20\"", 200000},
        {"\"20.5\"", 205000},
        {"\"0.0040\"", 40},
        {"\"-12.3456\"", -123456},
        {"\"0001.5\"", 15000},
        {"1000000000", USD(1000000000)},
        {"123456.7891", 1234567891},
        {"8.0", 80000},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t value = 7;
        assert_int_equal(read_json(good[i].json, &value), OK);
        assert_int_equal(value, good[i].value);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"true",    "null",    "[]",          "{}",     "\"\"",    "\"-\"",    "\"1.\"",
                                      "\".5\"",  "\"1,5\"", "\"1e3\"",     "\" 1\"", "\"1 \"",  "\"0x10\"", "\"1.2.3\"",
                                      "0.00001", "1.23456", "\"1.23456\"", "\"+1\"", "\"--1\"", "\"nan\"",  "1e-9"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t value = 7;
        assert_int_equal(read_json(bad[i], &value), ERR_SYNTAX);
        assert_int_equal(value, 7);
    }
}

static void amounts_are_bounded(void **state)
{
    (void)state;
    static const char *const big[] = {
        "1000000000.0001",    "1e300", "-1e12", "9223372036854775807", "\"99999999999999999999999999999999\"",
        "\"1000000000.0001\""};
    for (size_t i = 0; i < ARRAY_LEN(big); i++) {
        int64_t value = 7;
        assert_int_equal(read_json(big[i], &value), ERR_FULL);
        assert_int_equal(value, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_are_read_exactly),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(amounts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
