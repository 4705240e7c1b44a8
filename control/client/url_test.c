#include "client/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct row {
    const char *url;
    unsigned allow;
    enum err e;
    const char *why; /* a part of it */
};

static void each_is(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *why = "";
        enum err e = url_check(rows[i].url, rows[i].allow, &why);
        if (e != rows[i].e)
            fail_msg("%s: %s, %s", rows[i].url, err_name(e), why);
        if (e && !strstr(why, rows[i].why))
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].url, why, rows[i].why);
    }
}

static void public_https_urls_may_be_called(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://your-app.com/webhook", 0, OK, ""},
        {"HTTPS://Your-App.com", 0, OK, ""},
        {"https://your-app.com.:8443/a/b?c=d&e=%20#f", 0, OK, ""},
        {"https://xn--bcher-kva.example/", 0, OK, ""},
        {"https://8.8.8.8/", 0, OK, ""},
        {"https://[2001:4860:4860::8888]:443/", 0, OK, ""},
    };
    each_is(rows, ARRAY_LEN(rows));
}

static void what_is_no_https_url_is_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", 0, ERR_SYNTAX, "characters"},
        {"your-app.com/webhook", 0, ERR_SYNTAX, "https://"},
        {"//your-app.com", 0, ERR_SYNTAX, "https://"},
        {"https:your-app.com", 0, ERR_SYNTAX, "https://"},
        {"http://your-app.com/", 0, ERR_DENIED, "https://"},
        {"ftp://your-app.com/", URL_ALLOW_HTTP, ERR_SYNTAX, "https:// or http://"},
        {"file:///etc/passwd", URL_ALLOW_HTTP | URL_ALLOW_PRIVATE, ERR_SYNTAX, "https://"},
        {"javascript:alert(1)", 0, ERR_SYNTAX, "https://"},
        {" https://your-app.com/", 0, ERR_SYNTAX, "spaces"},
        {"https://your-app.com/a b", 0, ERR_SYNTAX, "spaces"},
        {"https://your-app.com/\r\nX-A: b", 0, ERR_SYNTAX, "spaces"},
        {"https://b\xc3\xbc"
         "cher.example/",
         0, ERR_SYNTAX, "ASCII"},
        {"https://your-app.com\\@10.0.0.1/", 0, ERR_SYNTAX, "ASCII"},
        {"https://your-app.com:99999/", 0, ERR_SYNTAX, "URL"},
        {"https://your-app.com:port/", 0, ERR_SYNTAX, "URL"},
        {"https://", 0, ERR_SYNTAX, "URL"},
        {"https://[::1", 0, ERR_SYNTAX, "URL"},
    };
    each_is(rows, ARRAY_LEN(rows));
}

static void credentials_have_no_place_in_a_url(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://user:secret@your-app.com/", 0, ERR_DENIED, "password"},
        {"https://user@your-app.com/", URL_ALLOW_PRIVATE, ERR_DENIED, "password"},
        {"https://your-app.com@127.0.0.1/", 0, ERR_DENIED, "password"},
    };
    each_is(rows, ARRAY_LEN(rows));
}

static void private_hosts_are_refused_in_every_spelling(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://10.0.0.7:8443/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.1.1",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://localhost/",
        "https://LOCALHOST:3000/",
        "https://localhost./",
        "https://api.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://db/",
        "https://%6c%6f%63%61%6c%68%6f%73%74/",
    };
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        const struct row row = {urls[i], URL_ALLOW_HTTP, ERR_DENIED, "public"};
        const struct row allowed = {urls[i], URL_ALLOW_PRIVATE, OK, ""};
        each_is(&row, 1);
        each_is(&allowed, 1);
    }
}

static void a_long_url_is_refused(void **state)
{
    (void)state;
    char url[URL_LEN_MAX + 2] = "https://your-app.com/";
    const char *why = NULL;
    memset(url + strlen(url), 'x', sizeof url - 1 - strlen(url));
    assert_int_equal(strlen(url), URL_LEN_MAX + 1);
    assert_int_equal(url_check(url, 0, &why), ERR_SYNTAX);
    url[URL_LEN_MAX] = '\0';
    assert_int_equal(url_check(url, 0, &why), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_https_urls_may_be_called),
        cmocka_unit_test(what_is_no_https_url_is_refused),
        cmocka_unit_test(credentials_have_no_place_in_a_url),
        cmocka_unit_test(private_hosts_are_refused_in_every_spelling),
        cmocka_unit_test(a_long_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
