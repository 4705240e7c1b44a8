/* analytics_test.c: which days may be asked about. */
#include "api/admin/admin_api.h"
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void days_are_a_whole_number_of_one_to_3650(void **state)
{
    static const char *const wrong[] = {"",    "0",   "-1",   "3651", "99999", "30d", "1.5",
                                        " 30", "30 ", "0x10", "1e3",  "+5",    "NaN", "00001"};
    int days = 0;
    (void)state;
    assert_int_equal(analytics_days(NULL, 90, &days), OK);
    assert_int_equal(days, 90);
    assert_int_equal(analytics_days("1", 90, &days), OK);
    assert_int_equal(days, 1);
    assert_int_equal(analytics_days("3650", 90, &days), OK);
    assert_int_equal(days, 3650);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        days = 77;
        assert_int_equal(analytics_days(wrong[i], 90, &days), ERR_SYNTAX);
        assert_int_equal(days, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(days_are_a_whole_number_of_one_to_3650)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
