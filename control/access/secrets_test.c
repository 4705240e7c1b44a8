#include "access/secrets.h"
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void keys_have_their_prefix_and_192_bits(void **state)
{
    (void)state;
    char key[API_KEY_CAP], other[API_KEY_CAP], support[SUPPORT_KEY_CAP];
    draw_api_key(key);
    draw_api_key(other);
    draw_support_key(support);
    assert_memory_equal(key, "mk_", 3);
    assert_int_equal(strspn(key + 3, "0123456789abcdef"), 48);
    assert_int_equal(strlen(key), API_KEY_LEN);
    assert_string_not_equal(key, other);
    assert_memory_equal(support, "sup_", 4);
    assert_int_equal(strlen(support + 4), 48);
}

static void webhook_secrets_have_128_bits_and_are_never_the_same(void **state)
{
    (void)state;
    char a[WEBHOOK_SECRET_CAP], b[WEBHOOK_SECRET_CAP];
    draw_webhook_secret(a);
    draw_webhook_secret(b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), WEBHOOK_SECRET_CAP - 1);
    assert_int_equal(strncmp(a, "whsec_", 6), 0);
    assert_int_equal(strspn(a + 6, "0123456789abcdef"), 32);
}

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void tokens_and_codes_are_letters_and_digits(void **state)
{
    (void)state;
    char token[TOKEN_CAP], other[TOKEN_CAP], code[INVITE_CODE_CAP];
    draw_token(token);
    draw_token(other);
    draw_invite_code(code);
    assert_int_equal(strlen(token), 43);
    assert_int_equal(strspn(token, ALNUM), 43);
    assert_string_not_equal(token, other);
    assert_int_equal(strlen(code), 12);
    assert_int_equal(strspn(code, ALNUM), 12);
}

static void a_list_shows_the_beginning_and_the_end_of_a_key(void **state)
{
    (void)state;
    char shown[SECRET_SHOWN_CAP];
    secret_shown(shown, "mk_abc1234567890123456789012345678901234567890129f2e");
    assert_string_equal(shown, "mk_abc1…9f2e");
    secret_shown(shown, "mk_abc19f2e");
    assert_string_equal(shown, "mk_abc1…9f2e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_prefix_and_192_bits),
        cmocka_unit_test(webhook_secrets_have_128_bits_and_are_never_the_same),
        cmocka_unit_test(tokens_and_codes_are_letters_and_digits),
        cmocka_unit_test(a_list_shows_the_beginning_and_the_end_of_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
