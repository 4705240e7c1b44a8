#include "access/session.h"
#include "common/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define TOKEN  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

static void a_cookie_that_was_given_names_its_session_by_the_hash_of_its_token(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], id_hash[DIGEST_HEX_CAP], expected[DIGEST_HEX_CAP];
    session_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(session_of_cookie(SECRET, cookie, id_hash), OK);
    sha256_hex_of(expected, TOKEN);
    assert_string_equal(id_hash, expected);
    assert_null(strstr(cookie, id_hash));
}

static void every_changed_byte_of_a_cookie_is_seen(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], id_hash[DIGEST_HEX_CAP] = "untouched";
    session_cookie_of(cookie, SECRET, TOKEN);
    for (size_t i = 0; i < strlen(cookie); i++) {
        cookie[i] ^= 1;
        assert_int_equal(session_of_cookie(SECRET, cookie, id_hash), ERR_AUTH);
        cookie[i] ^= 1;
    }
    assert_string_equal(id_hash, "untouched");
}

static void a_cookie_of_another_secret_or_length_is_refused(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], longer[SESSION_COOKIE_CAP + 1], id_hash[DIGEST_HEX_CAP];
    session_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(session_of_cookie("another secret of 32 characters!!", cookie, id_hash), ERR_AUTH);
    snprintf(longer, sizeof longer, "%sa", cookie);
    assert_int_equal(session_of_cookie(SECRET, longer, id_hash), ERR_AUTH);
    for (size_t len = strlen(cookie); len-- > 0;) {
        cookie[len] = '\0';
        assert_int_equal(session_of_cookie(SECRET, cookie, id_hash), ERR_AUTH);
    }
}

static void the_header_keeps_scripts_other_sites_and_plain_http_away(void **state)
{
    (void)state;
    char header[SESSION_HEADER_CAP];
    session_header_of(header, "token.signature", true);
    assert_string_equal(header, "sid=token.signature; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure");
    session_header_of(header, "token.signature", false);
    assert_string_equal(header, "sid=token.signature; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
    session_header_of(header, "", true);
    assert_string_equal(header, "sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
}

static void the_longest_cookie_fits_its_header(void **state)
{
    (void)state;
    char cookie[SESSION_COOKIE_CAP], header[SESSION_HEADER_CAP];
    session_cookie_of(cookie, SECRET, TOKEN);
    assert_int_equal(strlen(cookie), SESSION_TOKEN_LEN + 1 + DIGEST_HEX_CAP - 1);
    session_header_of(header, cookie, true);
    assert_non_null(strstr(header, "; Secure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_that_was_given_names_its_session_by_the_hash_of_its_token),
        cmocka_unit_test(every_changed_byte_of_a_cookie_is_seen),
        cmocka_unit_test(a_cookie_of_another_secret_or_length_is_refused),
        cmocka_unit_test(the_header_keeps_scripts_other_sites_and_plain_http_away),
        cmocka_unit_test(the_longest_cookie_fits_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
