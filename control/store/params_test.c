#include "store/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void decimals_are_exact(void **state)
{
    (void)state;
    char out[PARAM_CAP];
    assert_string_equal(param_decimal(out, 0, 2), "0.00");
    assert_string_equal(param_decimal(out, 3000, 2), "30.00");
    assert_string_equal(param_decimal(out, 7, 2), "0.07");
    assert_string_equal(param_decimal(out, -150, 4), "-0.0150");
    assert_string_equal(param_decimal(out, INT64_MAX, 4), "922337203685477.5807");
    assert_string_equal(param_decimal(out, INT64_MIN, 4), "-922337203685477.5808");
}

static void whole_numbers_keep_their_sign(void **state)
{
    (void)state;
    char out[PARAM_CAP];
    assert_string_equal(param_int(out, INT64_MIN), "-9223372036854775808");
    assert_string_equal(param_int(out, 42), "42");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(whole_numbers_keep_their_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
