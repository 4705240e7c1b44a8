#include "access/email.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void addresses_are_kept_in_lower_case(void **state)
{
    (void)state;
    char out[EMAIL_CAP];
    assert_int_equal(email_read("You@Example.COM", out), OK);
    assert_string_equal(out, "you@example.com");
}

static void spaces_that_were_pasted_with_an_address_are_taken_off(void **state)
{
    (void)state;
    static const char *const pasted[] = {"a@b.co ",
                                         " a@b.co",
                                         "\ta@b.co\r\n",
                                         "a@b.co\xc2\xa0",
                                         "\xe2\x80\xaf"
                                         "a@b.co",
                                         "a@b.co\xe3\x80\x80",
                                         "\xef\xbb\xbf"
                                         "a@b.co\xe2\x80\x8b"};
    for (size_t i = 0; i < ARRAY_LEN(pasted); i++) {
        char out[EMAIL_CAP];
        assert_int_equal(email_read(pasted[i], out), OK);
        assert_string_equal(out, "a@b.co");
        assert_int_equal(email_fold(pasted[i], out), OK);
        assert_string_equal(out, "a@b.co");
    }
}

static void usual_and_unusual_addresses_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a@b.co",  "first.last@example.com", "x+tag@sub.example.org",  "o'neil@a-b.co.uk",
        "1@2.3de", "{curly}@example.museum", "x@xn--bcher-kva.example"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char out[EMAIL_CAP];
        assert_int_equal(email_read(good[i], out), OK);
        assert_string_equal(out, good[i]);
    }
}

static void what_has_not_the_form_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "plain",          "@example.com",   "a@",          "a@b",
        "a@b.",       "a@.b.com",       "a@b..com",       "a@-b.com",    "a@b-.com",
        "a@b_c.com",  "a@1.2.3.4",      "a@[1.2.3.4]",    "a b@c.com",   ".a@b.com",
        "a.@b.com",   "a..b@c.com",     "a@b@c.com",      "\"a\"@b.com", "a@b.com\r\nBcc: x@y.com",
        "a<b>@c.com", "\xc3\xa4@b.com", "a@b.com,c@d.com"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char out[EMAIL_CAP] = "untouched";
        assert_int_equal(email_read(bad[i], out), ERR_SYNTAX);
        assert_string_equal(out, "untouched");
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char text[400], out[EMAIL_CAP];
    snprintf(text, sizeof text, "%064d@example.com", 1);
    assert_int_equal(email_read(text, out), OK);
    snprintf(text, sizeof text, "%065d@example.com", 1);
    assert_int_equal(email_read(text, out), ERR_SYNTAX);
    snprintf(text, sizeof text, "a@%063d.com", 1);
    assert_int_equal(email_read(text, out), OK);
    snprintf(text, sizeof text, "a@%064d.com", 1);
    assert_int_equal(email_read(text, out), ERR_SYNTAX);
    snprintf(text, sizeof text, "a@%063d.%063d.%063d.%056d.co", 1, 1, 1, 1);
    assert_int_equal(strlen(text), 253);
    assert_int_equal(email_read(text, out), OK);
    snprintf(text, sizeof text, "a@%063d.%063d.%063d.%058d.co", 1, 1, 1, 1);
    assert_int_equal(strlen(text), 255);
    assert_int_equal(email_read(text, out), ERR_SYNTAX);
    assert_int_equal(email_fold(text, out), ERR_SYNTAX);
}

static void folding_takes_any_form(void **state)
{
    (void)state;
    char out[EMAIL_CAP];
    assert_int_equal(email_fold("Admin@LocalHost", out), OK);
    assert_string_equal(out, "admin@localhost");
    assert_int_equal(email_fold("", out), OK);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_that_were_pasted_with_an_address_are_taken_off),
        cmocka_unit_test(addresses_are_kept_in_lower_case),
        cmocka_unit_test(usual_and_unusual_addresses_are_taken),
        cmocka_unit_test(what_has_not_the_form_is_refused),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(folding_takes_any_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
