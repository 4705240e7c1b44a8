/* secrets_test.c: what is drawn, and which cookies are taken. */
#include "access/secrets.h"
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void keys_have_their_prefix_and_192_bits(void **state)
{
    (void)state;
    char key[API_KEY_CAP], other[API_KEY_CAP], support[SUPPORT_KEY_CAP];
    secret_draw_api_key(key);
    secret_draw_api_key(other);
    secret_draw_support_key(support);
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
    secret_draw_webhook(a);
    secret_draw_webhook(b);
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
    secret_draw_token(token);
    secret_draw_token(other);
    secret_draw_invite_code(code);
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

/* ---- the cookie ---- */

#define SECRET "0123456789abcdef0123456789abcdef"
#define TOKEN  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

static void a_cookie_that_was_given_names_its_session_by_the_hash_of_its_token(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], id_hash[DIGEST_HEX_CAP], expected[DIGEST_HEX_CAP];
    secret_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(secret_of_cookie(SECRET, cookie, id_hash), OK);
    sha256_hex_of(expected, TOKEN);
    assert_string_equal(id_hash, expected);
    assert_null(strstr(cookie, id_hash));
}

static void every_changed_byte_of_a_cookie_is_seen(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], id_hash[DIGEST_HEX_CAP] = "untouched";
    secret_cookie_of(cookie, SECRET, TOKEN);
    for (size_t i = 0; i < strlen(cookie); i++) {
        cookie[i] ^= 1;
        assert_int_equal(secret_of_cookie(SECRET, cookie, id_hash), ERR_AUTH);
        cookie[i] ^= 1;
    }
    assert_string_equal(id_hash, "untouched");
}

static void a_cookie_of_another_secret_or_length_is_refused(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], longer[SESSION_COOKIE_CAP + 1], id_hash[DIGEST_HEX_CAP];
    secret_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(secret_of_cookie("another secret of 32 characters!!", cookie, id_hash), ERR_AUTH);
    snprintf(longer, sizeof longer, "%sa", cookie);
    assert_int_equal(secret_of_cookie(SECRET, longer, id_hash), ERR_AUTH);
    for (size_t len = strlen(cookie); len-- > 0;) {
        cookie[len] = '\0';
        assert_int_equal(secret_of_cookie(SECRET, cookie, id_hash), ERR_AUTH);
    }
}

static void the_header_keeps_scripts_other_sites_and_plain_http_away(void **state)
{
    (void)state;
    char header[SESSION_HEADER_CAP];
    secret_cookie_header(header, "token.signature", true);
    assert_string_equal(header, "__Host-sid=token.signature; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure");
    secret_cookie_header(header, "token.signature", false);
    assert_string_equal(header, "sid=token.signature; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
    secret_cookie_header(header, "", true);
    assert_string_equal(header, "__Host-sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
}

static void the_longest_cookie_fits_its_header(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], header[SESSION_HEADER_CAP];
    secret_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(strlen(cookie), TOKEN_LEN + 1 + DIGEST_HEX_CAP - 1);
    secret_cookie_header(header, cookie, true);
    assert_non_null(strstr(header, "; Secure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_prefix_and_192_bits),
        cmocka_unit_test(webhook_secrets_have_128_bits_and_are_never_the_same),
        cmocka_unit_test(tokens_and_codes_are_letters_and_digits),
        cmocka_unit_test(a_list_shows_the_beginning_and_the_end_of_a_key),
        cmocka_unit_test(a_cookie_that_was_given_names_its_session_by_the_hash_of_its_token),
        cmocka_unit_test(every_changed_byte_of_a_cookie_is_seen),
        cmocka_unit_test(a_cookie_of_another_secret_or_length_is_refused),
        cmocka_unit_test(the_header_keeps_scripts_other_sites_and_plain_http_away),
        cmocka_unit_test(the_longest_cookie_fits_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
