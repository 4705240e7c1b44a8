/* letter_test.c: every template, and what is escaped in it. */
#include "mail/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define URL "https://meet.example.org"

static struct letter letter_of(const char *template, const char *data)
{
    struct letter l = {0};
    json_t *json = json_loads(data, 0, NULL);
    assert_non_null(json);
    assert_int_equal(letter_write(template, json, URL, &l), OK);
    json_decref(json);
    return l;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" isn't in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in:\n%s", part, text);
}

static void a_reset_mail_has_the_link_in_both_forms(void **state)
{
    (void)state;
    struct letter l = letter_of("password_reset", "{\"token\":\"tok_Ab-9\"}");
    has(l.subject, "password");
    has(l.text, URL "/reset-password?token=tok_Ab-9\n");
    has(l.html, "href=\"" URL "/reset-password?token=tok_Ab-9\"");
    has(l.text, "one hour");
    has(l.text, "ignore this mail");
    letter_reset(&l);
}

static void a_company_is_told_its_invite_code(void **state)
{
    (void)state;
    struct letter l = letter_of(
        "welcome", "{\"accountType\":\"company\",\"companyName\":\"Acme & <Sons>\",\"inviteCode\":\"ACME-1\"}");
    has(l.text, "Acme & <Sons>");
    has(l.text, "invite code: ACME-1");
    has(l.html, "Acme &amp; &lt;Sons&gt;");
    has_not(l.html, "<Sons>");
    letter_reset(&l);
}

static void a_companys_name_is_no_letter_of_its_own(void **state)
{
    static const char *const unwelcome[] = {"see https://evil.example/login", "evil.example", "www evil",
                                            "a@evil.example"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unwelcome); i++) {
        char data[200];
        snprintf(data, sizeof data, "{\"companyName\":\"%s\",\"inviteCode\":\"A-1\"}", unwelcome[i]);
        struct letter l = letter_of("welcome", data);
        assert_null(strstr(l.text, unwelcome[i]));
        assert_null(strstr(l.html, unwelcome[i]));
        has(l.text, "your company");
        letter_reset(&l);
    }
    struct letter l = letter_of(
        "welcome", "{\"companyName\":\"Acme Ltd. Your account is suspended and will be deleted unless you call "
                   "us\",\"inviteCode\":\"A-1\"}");
    has(l.text, "Acme Ltd. Your account");
    assert_null(strstr(l.text, "unless"));
    letter_reset(&l);
}

static void a_person_is_welcomed_without_a_company(void **state)
{
    (void)state;
    struct letter l = letter_of("welcome", "{\"accountType\":\"personal\",\"companyName\":null,\"inviteCode\":null}");
    has(l.subject, "Welcome");
    has(l.text, "Sign in: " URL "/\n");
    has_not(l.text, "invite code");
    has_not(l.text, "(null)");
    letter_reset(&l);
}

static void a_low_balance_is_told_in_dollars(void **state)
{
    (void)state;
    struct letter l = letter_of("low_balance", "{\"balance\":\"1.9876\"}");
    has(l.text, "Your balance is $1.9876.");
    letter_reset(&l);
    l = letter_of("low_balance", "{\"balance\":\"-0.0120\"}");
    has(l.text, "Your balance is -$0.0120.");
    letter_reset(&l);
}

static void a_changed_password_says_what_to_do(void **state)
{
    (void)state;
    struct letter l = letter_of("password_changed", "{}");
    has(l.text, "was changed");
    has(l.text, URL "/forgot-password");
    letter_reset(&l);
}

static void html_is_escaped_wherever_words_come_from_outside(void **state)
{
    (void)state;
    struct letter l =
        letter_of("welcome", "{\"companyName\":\"\\\"><script>alert('1')<script>\",\"inviteCode\":\"<b>\"}");
    has_not(l.html, "<script>");
    has_not(l.html, "<b>");
    has(l.html, "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)");
    letter_reset(&l);
}

static void a_base_url_may_end_with_a_slash(void **state)
{
    (void)state;
    struct letter l = {0};
    json_t *json = json_loads("{\"token\":\"t\"}", 0, NULL);
    assert_int_equal(letter_write("password_reset", json, URL "/base//", &l), OK);
    has(l.text, URL "/base/reset-password?token=t\n");
    letter_reset(&l);
    json_decref(json);
}

struct row {
    const char *template, *data;
    enum err e;
};

static void what_is_missing_or_unknown_is_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"birthday", "{}", ERR_NOT_FOUND},
        {"", "{}", ERR_NOT_FOUND},
        {"password_reset", "{}", ERR_SYNTAX},
        {"password_reset", "{\"token\":\"\"}", ERR_SYNTAX},
        {"password_reset", "{\"token\":\"a b\"}", ERR_SYNTAX},
        {"password_reset", "{\"token\":\"a&b=c\"}", ERR_SYNTAX},
        {"password_reset", "{\"token\":7}", ERR_SYNTAX},
        {"low_balance", "{}", ERR_SYNTAX},
        {"low_balance", "{\"balance\":\"\"}", ERR_SYNTAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct letter l = {0};
        json_t *json = json_loads(rows[i].data, 0, NULL);
        assert_int_equal(letter_write(rows[i].template, json, URL, &l), rows[i].e);
        assert_null(l.text);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_mail_has_the_link_in_both_forms),
        cmocka_unit_test(a_company_is_told_its_invite_code),
        cmocka_unit_test(a_companys_name_is_no_letter_of_its_own),
        cmocka_unit_test(a_person_is_welcomed_without_a_company),
        cmocka_unit_test(a_low_balance_is_told_in_dollars),
        cmocka_unit_test(a_changed_password_says_what_to_do),
        cmocka_unit_test(html_is_escaped_wherever_words_come_from_outside),
        cmocka_unit_test(a_base_url_may_end_with_a_slash),
        cmocka_unit_test(what_is_missing_or_unknown_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
