/* errors_test.c: which answers of ours become events. PostgreSQL is away, so what is to be stored waits in the
 * queue. */
#include "app/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int set_up(void **state)
{
    struct config cfg = testing_config();
    cfg.rate_limits = false;
    return testing_app(state, &cfg);
}

static unsigned play(struct app *app, const char *method, const char *target, const char *body)
{
    struct http_answer answer;
    http_play(app->http, &(struct http_play){.method = method, .target = target, .body = body}, &answer);
    unsigned status = answer.status;
    http_answer_reset(&answer);
    return status;
}

static size_t waiting(const struct app *app)
{
    struct store_counters n;
    store_counters(app->store, &n);
    return n.writes.len;
}

#define LOGIN "{\"email\":\"anna@example.org\",\"password\":\"secret123\"}"

static void a_5xx_answer_is_an_event_and_a_refusal_is_none(void **state)
{
    struct app *app = *state;
    assert_int_equal(play(app, "GET", "/api/no/such/thing", NULL), 404);
    assert_int_equal(play(app, "POST", "/api/auth/login", "{}"), 400);
    assert_int_equal(play(app, "GET", "/admin/api/analytics/health", NULL), 401);
    assert_int_equal(waiting(app), 0);
    assert_int_equal(play(app, "POST", "/api/auth/login", LOGIN), 503);
    assert_int_equal(waiting(app), 1);
}

static void a_second_of_failing_is_ten_events(void **state)
{
    struct app *app = *state;
    for (unsigned i = 0; i < 3 * ERRORS_A_SECOND; i++)
        assert_int_equal(play(app, "POST", "/api/auth/login", LOGIN), 503);
    assert_int_equal(waiting(app), ERRORS_A_SECOND); /* the loop hasn't turned: its time stands still */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_5xx_answer_is_an_event_and_a_refusal_is_none, set_up, testing_app_free),
        cmocka_unit_test_setup_teardown(a_second_of_failing_is_ten_events, set_up, testing_app_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
