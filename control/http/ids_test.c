#include "http/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void digits_alone_are_a_number(void **state)
{
    (void)state;
    assert_int_equal(id_of("1"), 1);
    assert_int_equal(id_of("42"), 42);
    assert_true(id_of("9223372036854775807") == INT64_MAX);
    assert_int_equal(number_of("0", 0, 10, -1), 0);
    assert_int_equal(number_of("10", 0, 10, -1), 10);
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "0",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1a",
                                        "a",
                                        "1.0",
                                        "0x10",
                                        "1e3",
                                        "9223372036854775808",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(id_of(wrong[i]), 0);
    assert_int_equal(id_of(NULL), 0);
    assert_int_equal(number_of("11", 0, 10, -1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_alone_are_a_number),
        cmocka_unit_test(anything_else_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
