/* who_test.c: who may, before anything is asked of PostgreSQL, which is away here: what gets past the hook is answered
 * 503. */
#include "access/session.h"
#include "app/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
#define KEY   "mk_0123456789abcdef0123456789abcdef0123456789abcdef"

static int set_up(void **state)
{
    struct config cfg = testing_config();
    cfg.app_url = "https://meet.example.org";
    cfg.allowed_origins = "https://app.example.org";
    return testing_app(state, &cfg);
}

static unsigned play(struct app *app, const struct http_play *request)
{
    struct http_answer answer;
    http_play(app->http, request, &answer);
    unsigned status = answer.status;
    http_answer_reset(&answer);
    return status;
}

static unsigned me_with(struct app *app, const char *cookie)
{
    struct http_play request = {.method = "GET", .target = "/api/auth/me", .headers = {{"cookie", cookie}}};
    return play(app, &request);
}

static void a_cookie_is_read_before_the_database_is_asked(void **state)
{
    char cookie[SESSION_COOKIE_CAP], header[2 * SESSION_COOKIE_CAP];
    session_cookie_of(cookie, TESTING_SECRET, TOKEN);
    snprintf(header, sizeof header, "a=b; sid=%s; c=d", cookie);
    assert_int_equal(me_with(*state, header), 503);
    assert_int_equal(me_with(*state, "sid=garbage"), 401);
    assert_int_equal(me_with(*state, "sid="), 401);
    assert_int_equal(me_with(*state, "xsid=a; siD=b"), 401);
    session_cookie_of(cookie, "another secret of 32 characters!!", TOKEN);
    snprintf(header, sizeof header, "sid=%s", cookie);
    assert_int_equal(me_with(*state, header), 401);
    struct http_play none = {.method = "GET", .target = "/api/auth/me"};
    assert_int_equal(play(*state, &none), 401);
}

static unsigned keys_with(struct app *app, const char *site, const char *origin)
{
    char cookie[SESSION_COOKIE_CAP], header[2 * SESSION_COOKIE_CAP];
    session_cookie_of(cookie, TESTING_SECRET, TOKEN);
    snprintf(header, sizeof header, "sid=%s", cookie);
    struct http_play request = {.method = "POST", .target = "/api/user/keys", .headers = {{"cookie", header}}};
    unsigned n = 1;
    if (site)
        request.headers[n++] = (struct http_pair){"sec-fetch-site", site};
    if (origin)
        request.headers[n++] = (struct http_pair){"origin", origin};
    return play(app, &request);
}

static void a_change_by_cookie_comes_from_our_own_pages_or_from_no_page(void **state)
{
    struct app *app = *state;
    assert_int_equal(keys_with(app, NULL, NULL), 503);
    assert_int_equal(keys_with(app, "none", NULL), 503);
    assert_int_equal(keys_with(app, "same-origin", "https://meet.example.org"), 503);
    assert_int_equal(keys_with(app, NULL, "http://localhost"), 503);         /* our Host */
    assert_int_equal(keys_with(app, NULL, "https://meet.example.org"), 503); /* APP_URL */
    assert_int_equal(keys_with(app, NULL, "https://app.example.org"), 503);  /* ALLOWED_ORIGINS */
    assert_int_equal(keys_with(app, "cross-site", NULL), 403);
    assert_int_equal(keys_with(app, "same-site", NULL), 403);
    assert_int_equal(keys_with(app, "cross-site", "https://app.example.org"), 403);
    assert_int_equal(keys_with(app, NULL, "https://evil.example.com"), 403);
    assert_int_equal(keys_with(app, NULL, "https://meet.example.org.evil.com"), 403);
    assert_int_equal(keys_with(app, NULL, "https://meet.example"), 403);
    assert_int_equal(keys_with(app, NULL, "null"), 403);
    assert_int_equal(keys_with(app, NULL, ""), 403);
}

static void everybodys_origin_is_no_leave_to_use_cookies(void **state)
{
    struct app *app = *state;
    app->cfg.allowed_origins = "*";
    assert_int_equal(keys_with(app, NULL, "https://evil.example.com"), 403);
    assert_int_equal(keys_with(app, NULL, "https://meet.example.org"), 503);
    assert_int_equal(keys_with(app, NULL, NULL), 503);
}

#define LOGIN "{\"email\":\"a@b.co\",\"password\":\"secret123\"}"

static unsigned login_from(struct app *app, const char *target, const char *site)
{
    struct http_play request = {
        .method = "POST", .target = target, .body = LOGIN, .headers = {{"sec-fetch-site", site}}};
    return play(app, &request);
}

static void another_site_can_log_nobody_in_or_out(void **state)
{
    assert_int_equal(login_from(*state, "/api/auth/login", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/api/auth/login", "same-origin"), 503);
    assert_int_equal(login_from(*state, "/api/auth/register", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/api/auth/forgot-password", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/api/auth/logout", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/api/auth/logout", "same-origin"), 200);
}

static unsigned list_with(struct app *app, const char *target, const char *key)
{
    struct http_play request = {.method = "GET", .target = target, .headers = {{"x-api-key", key}}};
    return play(app, &request);
}

static void a_key_that_can_not_be_ours_is_refused_at_once(void **state)
{
    struct app *app = *state;
    app->cfg.rate_limits = false;
    assert_int_equal(list_with(app, "/api/meetings", KEY), 503);
    assert_int_equal(list_with(app, "/api/meetings", "mk_short"), 401);
    assert_int_equal(list_with(app, "/api/meetings", KEY "0"), 401);
    assert_int_equal(list_with(app, "/api/meetings", "xk_0123456789abcdef0123456789abcdef0123456789abcdef"), 401);
    assert_int_equal(list_with(app, "/api/meetings", ""), 401);
}

/* How many calls pass before one gets 429. */
static unsigned passes(struct app *app, const char *method, const char *target, const char *ip)
{
    struct http_play request = {.method = method, .target = target, .ip = ip};
    for (unsigned n = 0; n < 1000; n++)
        if (play(app, &request) == 429)
            return n;
    return 1000;
}

static void each_group_of_calls_has_its_own_limit_by_address(void **state)
{
    struct app *app = *state;
    assert_int_equal(passes(app, "POST", "/api/auth/login", "192.0.2.1"), 10);
    assert_int_equal(passes(app, "POST", "/api/auth/register", "192.0.2.1"), 0); /* one counter for both */
    assert_int_equal(passes(app, "POST", "/api/auth/forgot-password", "192.0.2.1"), 3);
    assert_int_equal(passes(app, "POST", "/api/auth/reset-password", "192.0.2.1"), 0);
    assert_int_equal(passes(app, "GET", "/api/user/keys", "192.0.2.1"), 100);
    assert_int_equal(passes(app, "GET", "/api/company/members", "192.0.2.1"), 0);
    assert_int_equal(passes(app, "POST", "/api/meetings/guest", "192.0.2.1"), 5);
    assert_int_equal(passes(app, "GET", "/api/auth/me", "192.0.2.1"), 1000);
    assert_int_equal(passes(app, "GET", "/admin/api/users", "192.0.2.1"), 1000);
    assert_int_equal(passes(app, "POST", "/api/auth/register", "192.0.2.2"), 10);
}

static void a_refusal_says_when_to_come_back(void **state)
{
    struct http_play request = {.method = "POST", .target = "/api/auth/forgot-password"};
    struct http_answer answer;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(play(*state, &request), 400);
    http_play(((struct app *)*state)->http, &request, &answer);
    assert_int_equal(answer.status, 429);
    assert_non_null(strstr(answer.headers, "RateLimit-Limit: 3\r\n"));
    assert_non_null(strstr(answer.headers, "RateLimit-Remaining: 0\r\n"));
    assert_non_null(strstr(answer.headers, "RateLimit-Reset: 900\r\n"));
    assert_non_null(strstr(answer.headers, "Retry-After: 900\r\n"));
    http_answer_reset(&answer);
}

static void bodies_are_looked_at_before_the_database_is_asked(void **state)
{
    static const struct {
        const char *target, *body;
    } wrong[] = {
        {"/api/auth/register", "{}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"short12\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":12345678}"},
        {"/api/auth/register", "{\"email\":\"ab.co\",\"password\":\"secret123\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"club\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\"}"},
        {"/api/auth/register",
         "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\",\"companyName\":\"  \"}"},
        {"/api/auth/register",
         "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\",\"companyName\":\"a\\nb\"}"},
        {"/api/auth/login", "{\"email\":\"a@b.co\"}"},
        {"/api/auth/login", "{\"email\":\"a@b.co\",\"password\":\"\"}"},
        {"/api/auth/forgot-password", "{}"},
        {"/api/auth/reset-password", "{\"token\":\"x\"}"},
        {"/api/auth/reset-password", "{\"token\":\"x\",\"password\":\"short12\"}"},
    };
    struct app *app = *state;
    app->cfg.rate_limits = false;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct http_play request = {.method = "POST", .target = wrong[i].target, .body = wrong[i].body};
        assert_int_equal(play(app, &request), 400);
    }
    char body[3000];
    int len = snprintf(body, sizeof body, "{\"email\":\"a@b.co\",\"password\":\"");
    for (unsigned i = 0; i < 513; i++) /* 513 characters of 2 bytes each */
        len += snprintf(body + len, sizeof body - (size_t)len, "\xc3\xa4");
    snprintf(body + len, sizeof body - (size_t)len, "\"}");
    struct http_play request = {.method = "POST", .target = "/api/auth/register", .body = body};
    assert_int_equal(play(app, &request), 400);
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, set_up, testing_app_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_APP(a_cookie_is_read_before_the_database_is_asked),
        WITH_APP(a_change_by_cookie_comes_from_our_own_pages_or_from_no_page),
        WITH_APP(everybodys_origin_is_no_leave_to_use_cookies),
        WITH_APP(another_site_can_log_nobody_in_or_out),
        WITH_APP(a_key_that_can_not_be_ours_is_refused_at_once),
        WITH_APP(each_group_of_calls_has_its_own_limit_by_address),
        WITH_APP(a_refusal_says_when_to_come_back),
        WITH_APP(bodies_are_looked_at_before_the_database_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
