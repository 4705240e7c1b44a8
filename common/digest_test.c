#include "common/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void sha256_is_that_of_fips_180_4(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_CAP];
    sha256_hex_of(hex, "abc");
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(hex, "", 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_is_that_of_rfc_4231(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_CAP];
    hmac_sha256_hex(hex, "Jefe", 4, "what do ya want for nothing?", 28);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(same_secret("abcd", "abcd", 4));
    assert_false(same_secret("abcd", "abce", 4));
    assert_false(same_secret("abcd", "bbcd", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_fips_180_4),
        cmocka_unit_test(hmac_is_that_of_rfc_4231),
        cmocka_unit_test(secrets_are_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
