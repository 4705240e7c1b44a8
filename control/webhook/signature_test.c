#include "webhook/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* RFC 4231 4.3: key "Jefe". */
static void rfc4231_test_case_2(void **state)
{
    (void)state;
    char out[SIGNATURE_CAP];
    signature_write(out, "Jefe", BYTES_LIT("what do ya want for nothing?"));
    assert_string_equal(out, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void every_byte_of_body_and_secret_counts(void **state)
{
    (void)state;
    char a[SIGNATURE_CAP], b[SIGNATURE_CAP];
    signature_write(a, "whsec_1", BYTES_LIT("{\"a\":1}"));
    signature_write(b, "whsec_1", BYTES_LIT("{\"a\": 1}"));
    assert_string_not_equal(a, b);
    signature_write(b, "whsec_2", BYTES_LIT("{\"a\":1}"));
    assert_string_not_equal(a, b);
    signature_write(b, "whsec_1", BYTES_LIT("{\"a\":1}"));
    assert_string_equal(a, b);
}

static void secrets_are_long_and_never_the_same(void **state)
{
    (void)state;
    char a[WEBHOOK_SECRET_CAP], b[WEBHOOK_SECRET_CAP];
    webhook_secret_draw(a);
    webhook_secret_draw(b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), WEBHOOK_SECRET_CAP - 1);
    assert_int_equal(strncmp(a, "whsec_", 6), 0);
    assert_int_equal(strspn(a + 6, "0123456789abcdef"), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4231_test_case_2),
        cmocka_unit_test(every_byte_of_body_and_secret_counts),
        cmocka_unit_test(secrets_are_long_and_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
