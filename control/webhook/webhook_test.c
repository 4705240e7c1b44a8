/* webhook_test.c: signatures. What is sent when: tests/api/webhooks.test.mjs. */
#include "webhook/webhook.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4231_test_case_2),
        cmocka_unit_test(every_byte_of_body_and_secret_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
