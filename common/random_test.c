#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void uuids_are_of_version_4_and_differ_rfc9562_5_4(void **state)
{
    (void)state;
    char a[RANDOM_UUID_CAP], b[RANDOM_UUID_CAP];
    random_uuid(a);
    random_uuid(b);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
    assert_string_not_equal(a, b);
}

static void text_has_its_length_and_only_its_alphabet(void **state)
{
    (void)state;
    char out[65];
    random_text(out, 64, "abc");
    assert_int_equal(strlen(out), 64);
    assert_int_equal(strspn(out, "abc"), 64);
    assert_non_null(strchr(out, 'a'));
    assert_non_null(strchr(out, 'c'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_are_of_version_4_and_differ_rfc9562_5_4),
        cmocka_unit_test(text_has_its_length_and_only_its_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
