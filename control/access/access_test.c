/* access_test.c: who may, before anything is asked of PostgreSQL, which is away here: what gets past the hook is
 * answered 503. */
#include "access/access_priv.h"
#include "access/db.h"
#include "access/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
#define KEY   "mk_0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- rows of every class ---- */

static enum err ask(struct call *c)
{
    return db_reply(c, 200, sql_settings_list());
}

static enum err log_out(struct call *c)
{
    if (access_is_from_elsewhere(c))
        call_error(c, 403, "from elsewhere");
    else
        call_message(c, 200, "Logged out");
    return OK;
}

/* clang-format off */
static const struct route rows[] = {
    { "GET",  "/me",              ACCESS_SESSION_FREE, no_body, ask     },
    { "POST", "/keys",            ACCESS_SESSION,      no_body, ask     },
    { "GET",  "/keys",            ACCESS_SESSION,      no_body, ask     },
    { "GET",  "/members",         ACCESS_SESSION,      no_body, ask     },
    { "GET",  "/users",           ACCESS_ADMIN,        no_body, ask     },
    { "GET",  "/meetings",        ACCESS_KEY,          no_body, ask     },
    { "POST", "/guest",           ACCESS_GUEST_LIMIT,  no_body, log_out },
    { "POST", "/login",           ACCESS_LOGIN,        no_body, ask     },
    { "POST", "/register",        ACCESS_LOGIN,        no_body, ask     },
    { "POST", "/forgot-password", ACCESS_RESET,        no_body, ask     },
    { "POST", "/reset-password",  ACCESS_RESET,        no_body, ask     },
    { "POST", "/logout",          ACCESS_ANYONE,       no_body, log_out },
    { "POST", "/:meetingId/lock", ACCESS_TOKEN,        no_body, log_out },
    { 0 },
};
/* clang-format on */
static const struct route_table tables[] = {{rows, NULL}, {0}};

struct world {
    struct testing t;
    struct meetings *meetings;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct meetings_config meetings = {.loading = true};
    if (!w || testing_new(&w->t) || meetings_new(&meetings, &w->meetings))
        return -1;
    const struct access_config cfg = {
        .meetings = w->meetings,
        .app_url = "https://meet.example.org",
        .allowed_origins = "https://app.example.org",
        .rate_limits = true,
    };
    *state = w;
    return testing_serve(&w->t, cfg, tables) ? -1 : 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    testing_end(&w->t);
    meetings_free(w->meetings);
    testing_free(&w->t);
    free(w);
    return 0;
}

static unsigned play(const struct world *w, const struct http_play *request)
{
    return testing_play(&w->t, request);
}

/* ---- tests ---- */

static unsigned me_with(struct world *w, const char *cookie)
{
    struct http_play request = {.method = "GET", .target = "/me", .headers = {{"cookie", cookie}}};
    return play(w, &request);
}

static void a_cookie_is_read_before_the_database_is_asked(void **state)
{
    char cookie[SESSION_COOKIE_CAP], header[2 * SESSION_COOKIE_CAP];
    secret_cookie_of(cookie, TESTING_SECRET, TOKEN);
    snprintf(header, sizeof header, "a=b; sid=%s; c=d", cookie);
    assert_int_equal(me_with(*state, header), 503);
    assert_int_equal(me_with(*state, "sid=garbage"), 401);
    assert_int_equal(me_with(*state, "sid="), 401);
    assert_int_equal(me_with(*state, "xsid=a; siD=b"), 401);
    secret_cookie_of(cookie, "another secret of 32 characters!!", TOKEN);
    snprintf(header, sizeof header, "sid=%s", cookie);
    assert_int_equal(me_with(*state, header), 401);
    struct http_play none = {.method = "GET", .target = "/me"};
    assert_int_equal(play(*state, &none), 401);
}

static unsigned keys_with(struct world *w, const char *site, const char *origin)
{
    char cookie[SESSION_COOKIE_CAP], header[2 * SESSION_COOKIE_CAP];
    secret_cookie_of(cookie, TESTING_SECRET, TOKEN);
    snprintf(header, sizeof header, "sid=%s", cookie);
    struct http_play request = {.method = "POST", .target = "/keys", .headers = {{"cookie", header}}};
    unsigned n = 1;
    if (site)
        request.headers[n++] = (struct http_pair){"sec-fetch-site", site};
    if (origin)
        request.headers[n++] = (struct http_pair){"origin", origin};
    return play(w, &request);
}

static void a_change_by_cookie_comes_from_our_own_pages_or_from_no_page(void **state)
{
    struct world *w = *state;
    assert_int_equal(keys_with(w, NULL, NULL), 503);
    assert_int_equal(keys_with(w, "none", NULL), 503);
    assert_int_equal(keys_with(w, "same-origin", "https://meet.example.org"), 503);
    assert_int_equal(keys_with(w, NULL, "http://localhost"), 503);         /* our Host */
    assert_int_equal(keys_with(w, NULL, "https://meet.example.org"), 503); /* APP_URL */
    assert_int_equal(keys_with(w, NULL, "https://app.example.org"), 503);  /* ALLOWED_ORIGINS */
    assert_int_equal(keys_with(w, "cross-site", NULL), 403);
    assert_int_equal(keys_with(w, "same-site", NULL), 403);
    assert_int_equal(keys_with(w, "cross-site", "https://app.example.org"), 403);
    assert_int_equal(keys_with(w, NULL, "https://evil.example.com"), 403);
    assert_int_equal(keys_with(w, NULL, "https://meet.example.org.evil.com"), 403);
    assert_int_equal(keys_with(w, NULL, "https://meet.example"), 403);
    assert_int_equal(keys_with(w, NULL, "null"), 403);
    assert_int_equal(keys_with(w, NULL, ""), 403);
}

static void everybodys_origin_is_no_leave_to_use_cookies(void **state)
{
    struct world *w = *state;
    w->t.access->cfg.allowed_origins = "*";
    assert_int_equal(keys_with(w, NULL, "https://evil.example.com"), 403);
    assert_int_equal(keys_with(w, NULL, "https://meet.example.org"), 503);
    assert_int_equal(keys_with(w, NULL, NULL), 503);
}

static unsigned login_from(struct world *w, const char *target, const char *site)
{
    struct http_play request = {.method = "POST", .target = target, .headers = {{"sec-fetch-site", site}}};
    return play(w, &request);
}

static void another_site_can_log_nobody_in_or_out(void **state)
{
    assert_int_equal(login_from(*state, "/login", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/login", "same-origin"), 503);
    assert_int_equal(login_from(*state, "/register", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/forgot-password", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/logout", "cross-site"), 403);
    assert_int_equal(login_from(*state, "/logout", "same-origin"), 200);
}

static unsigned list_with(struct world *w, const char *target, const char *key)
{
    struct http_play request = {.method = "GET", .target = target, .headers = {{"x-api-key", key}}};
    return play(w, &request);
}

static void a_key_that_can_not_be_ours_is_refused_at_once(void **state)
{
    struct world *w = *state;
    w->t.access->cfg.rate_limits = false;
    assert_int_equal(list_with(w, "/meetings", KEY), 503);
    assert_int_equal(list_with(w, "/meetings", "mk_short"), 401);
    assert_int_equal(list_with(w, "/meetings", KEY "0"), 401);
    assert_int_equal(list_with(w, "/meetings", "xk_0123456789abcdef0123456789abcdef0123456789abcdef"), 401);
    assert_int_equal(list_with(w, "/meetings", ""), 401);
}

/* How many calls pass before one gets 429. */
static unsigned passes(struct world *w, const char *method, const char *target, const char *ip)
{
    struct http_play request = {.method = method, .target = target, .ip = ip};
    for (unsigned n = 0; n < 1000; n++)
        if (play(w, &request) == 429)
            return n;
    return 1000;
}

static void each_group_of_calls_has_its_own_limit_by_address(void **state)
{
    struct world *w = *state;
    assert_int_equal(passes(w, "POST", "/login", "192.0.2.1"), 10);
    assert_int_equal(passes(w, "POST", "/register", "192.0.2.1"), 0); /* one counter for both */
    assert_int_equal(passes(w, "POST", "/forgot-password", "192.0.2.1"), 3);
    assert_int_equal(passes(w, "POST", "/reset-password", "192.0.2.1"), 0);
    assert_int_equal(passes(w, "GET", "/keys", "192.0.2.1"), 100);
    assert_int_equal(passes(w, "GET", "/members", "192.0.2.1"), 0);
    assert_int_equal(passes(w, "POST", "/guest", "192.0.2.1"), 5);
    assert_int_equal(passes(w, "GET", "/me", "192.0.2.1"), 1000);
    assert_int_equal(passes(w, "GET", "/users", "192.0.2.1"), 1000);
    assert_int_equal(passes(w, "POST", "/register", "192.0.2.2"), 10);
}

static void a_refusal_says_when_to_come_back(void **state)
{
    struct http_play request = {.method = "POST", .target = "/forgot-password"};
    struct http_answer answer;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(play(*state, &request), 503);
    http_play(((struct world *)*state)->t.http, &request, &answer);
    assert_int_equal(answer.status, 429);
    assert_non_null(strstr(answer.headers, "RateLimit-Limit: 3\r\n"));
    assert_non_null(strstr(answer.headers, "RateLimit-Remaining: 0\r\n"));
    assert_non_null(strstr(answer.headers, "RateLimit-Reset: 900\r\n"));
    assert_non_null(strstr(answer.headers, "Retry-After: 900\r\n"));
    http_answer_reset(&answer);
}

static unsigned lock_with(struct world *w, const char *id, const char *token)
{
    char target[64];
    snprintf(target, sizeof target, "/%s/lock", id);
    struct http_play request = {.method = "POST", .target = target, .headers = {{"x-admin-token", token}}};
    return play(w, &request);
}

static void a_meeting_that_may_yet_be_loaded_is_not_said_to_be_unknown(void **state)
{
    struct world *w = *state;
    char hash[DIGEST_HEX_CAP];
    sha256_hex_of(hash, TOKEN);
    const struct meeting_config cfg = {.id = "qwerty-abc", .admin_token_hash = hash, .guest = true};
    assert_int_equal(lock_with(w, "qwerty-abc", TOKEN), 503);
    assert_int_equal(meetings_create(w->meetings, &cfg, (struct moment){0}, NULL), OK);
    meetings_loaded(w->meetings);
    assert_int_equal(lock_with(w, "qwerty-abc", TOKEN), 200);
    assert_int_equal(lock_with(w, "qwerty-abc", KEY), 403);
    assert_int_equal(lock_with(w, "qwerty-abd", TOKEN), 404);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_cookie_is_read_before_the_database_is_asked),
        WITH_WORLD(a_change_by_cookie_comes_from_our_own_pages_or_from_no_page),
        WITH_WORLD(everybodys_origin_is_no_leave_to_use_cookies),
        WITH_WORLD(another_site_can_log_nobody_in_or_out),
        WITH_WORLD(a_key_that_can_not_be_ours_is_refused_at_once),
        WITH_WORLD(each_group_of_calls_has_its_own_limit_by_address),
        WITH_WORLD(a_refusal_says_when_to_come_back),
        WITH_WORLD(a_meeting_that_may_yet_be_loaded_is_not_said_to_be_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
