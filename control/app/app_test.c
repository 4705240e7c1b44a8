/* app_test.c: the routing table with its handlers, without sockets. PostgreSQL and the SFU are away, as they may be. */
#include "app/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int set_up(void **state)
{
    struct config cfg = testing_config();
    return testing_app(state, &cfg);
}

static unsigned play(struct app *app, const char *method, const char *target, const char *body,
                     struct http_answer *answer)
{
    struct http_play request = {.method = method, .target = target, .body = body};
    http_play(app->http, &request, answer);
    return answer->status;
}

/* Asks, checks the status, and gives the body as JSON. */
static json_t *play_json(struct app *app, const char *method, const char *target, const char *body, unsigned status)
{
    struct http_answer answer;
    assert_int_equal(play(app, method, target, body, &answer), status);
    json_t *json = json_loadb(answer.body, answer.body_len, 0, NULL);
    assert_non_null(json);
    http_answer_reset(&answer);
    return json;
}

static const char *member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    assert_non_null(text);
    return text;
}

#define GUEST "/api/meetings/guest"

static void the_sixth_guest_meeting_of_an_hour_is_refused_by_address(void **state)
{
    struct http_answer answer;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(play(*state, "POST", GUEST, NULL, &answer), 201);
        assert_non_null(strstr(answer.headers, "RateLimit-Limit: 5\r\n"));
        http_answer_reset(&answer);
    }
    assert_int_equal(play(*state, "POST", GUEST, NULL, &answer), 429);
    assert_non_null(strstr(answer.headers, "RateLimit-Remaining: 0\r\n"));
    assert_non_null(strstr(answer.headers, "Retry-After: 3600\r\n"));
    assert_non_null(strstr(answer.body, "\"error\""));
    http_answer_reset(&answer);
    struct http_play other = {.method = "POST", .target = GUEST, .ip = "192.0.2.7"};
    struct app *app = *state;
    http_play(app->http, &other, &answer);
    assert_int_equal(answer.status, 201);
    http_answer_reset(&answer);
    assert_int_equal(play(*state, "GET", "/healthz", NULL, &answer), 200);
    http_answer_reset(&answer);
}

static void rate_limits_can_be_switched_off(void **state)
{
    struct config cfg = testing_config();
    void *unlimited = NULL;
    (void)state;
    cfg.rate_limits = false;
    assert_int_equal(testing_app(&unlimited, &cfg), 0);
    for (unsigned i = 0; i < 50; i++) {
        struct http_answer answer;
        assert_int_equal(play(unlimited, "POST", GUEST, NULL, &answer), 201);
        http_answer_reset(&answer);
    }
    testing_app_free(&unlimited);
}

static void health_tells_what_is_down_and_that_we_stop(void **state)
{
    struct app *app = *state;
    json_t *json = play_json(app, "GET", "/healthz", NULL, 200);
    assert_true(json_is_true(json_object_get(json, "ok")));
    assert_string_equal(member(json, "database"), "down");
    assert_string_equal(member(json, "sfu"), "down");
    json_decref(json);
    app->stopping = true;
    json = play_json(app, "GET", "/healthz", NULL, 503);
    assert_true(json_is_false(json_object_get(json, "ok")));
    json_decref(json);
}

static void metrics_count_meetings_and_what_waits_for_the_database(void **state)
{
    struct http_answer answer;
    assert_int_equal(play(*state, "POST", GUEST, NULL, &answer), 201);
    http_answer_reset(&answer);
    assert_int_equal(play(*state, "GET", "/metrics", NULL, &answer), 200);
    assert_non_null(strstr(answer.content_type, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer.body, "\nonepizza_meetings_active 1\n"));
    assert_non_null(strstr(answer.body, "\nonepizza_db_write_queue 1\n")); /* meeting.created */
    assert_non_null(strstr(answer.body, "\nonepizza_db_up 0\n"));
    assert_non_null(strstr(answer.body, "\nonepizza_sfu_up 0\n"));
    assert_non_null(strstr(answer.body, "# TYPE onepizza_http_requests_total counter\n"));
    http_answer_reset(&answer);
}

static unsigned metrics_from(struct app *app, const char *ip, const char *header, const char *value)
{
    struct http_answer answer;
    const struct http_play request = {.method = "GET", .target = "/metrics", .ip = ip, .headers = {{header, value}}};
    http_play(app->http, &request, &answer);
    unsigned status = answer.status;
    http_answer_reset(&answer);
    return status;
}

static void metrics_are_for_this_machine_and_for_who_has_the_token(void **state)
{
    struct config cfg = testing_config();
    void *with_token = NULL;
    assert_int_equal(metrics_from(*state, "192.0.2.7", NULL, NULL), 401);
    assert_int_equal(metrics_from(*state, "192.0.2.7", "Authorization", "Bearer "), 401);
    assert_int_equal(metrics_from(*state, "127.0.0.1", "X-Forwarded-For", "127.0.0.1"), 401);
    assert_int_equal(metrics_from(*state, "127.66.0.2", NULL, NULL), 200);
    assert_int_equal(metrics_from(*state, "::1", NULL, NULL), 200);
    assert_int_equal(metrics_from(*state, "::ffff:127.0.0.1", NULL, NULL), 200);
    cfg.metrics_token = "a token of many letters";
    assert_int_equal(testing_app(&with_token, &cfg), 0);
    assert_int_equal(metrics_from(with_token, "192.0.2.7", "Authorization", "bearer a token of many letters"), 200);
    assert_int_equal(metrics_from(with_token, "192.0.2.7", "Authorization", "Bearer a token of many letter"), 401);
    testing_app_free(&with_token);
}

static void guests_are_ended_and_queued_for_history_when_we_stop(void **state)
{
    struct app *app = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct http_answer answer;
        assert_int_equal(play(app, "POST", GUEST, NULL, &answer), 201);
        http_answer_reset(&answer);
    }
    live_stop(app->live);
    assert_int_equal(meetings_count(live_meetings(app->live)).active, 0);
    struct store_counters n;
    store_counters(app->store, &n);
    assert_int_equal(n.writes.len, 3 * 2); /* meeting.created, its end */
}

static void every_row_answers_a_stranger_without_an_error_of_ours(void **state)
{
    const struct app *app = *state;
    for (const struct route *r = parts_tables(app->parts)[0].rows; r->method; r++) {
        struct http_answer answer;
        unsigned status = play(*state, r->method, r->path, NULL, &answer);
        assert_in_range(status, 200, 499);
        http_answer_reset(&answer);
        status = play(*state, "DELETE", r->path, NULL, &answer);
        assert_int_equal(status, 405);
        http_answer_reset(&answer);
    }
}

/* In place of json_dumps(): without memory, if the test says so. */
static bool no_text;
char *__real_json_dumps(const json_t *json, size_t flags);
char *__wrap_json_dumps(const json_t *json, size_t flags);
char *__wrap_json_dumps(const json_t *json, size_t flags)
{
    return no_text ? NULL : __real_json_dumps(json, flags);
}

static void settings_that_cannot_be_kept_are_counted(void **state)
{
    struct app *app = *state;
    struct meeting *m = NULL;
    struct meeting_reply reply = {0};
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const struct meeting_config cfg = {.id = "abc-defg-hij", .admin_token_hash = hash, .owner_user = 1};
    assert_int_equal(live_create(app->live, &cfg, 1, &m), OK);
    uint64_t lost = live_counters(app->live).effects_lost;
    no_text = true;
    live_command(app->live, cfg.id, "admin:lock", NULL, &reply);
    no_text = false;
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(live_counters(app->live).effects_lost, lost + 1);
    json_decref(reply.data);
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, set_up, testing_app_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_APP(the_sixth_guest_meeting_of_an_hour_is_refused_by_address),
        cmocka_unit_test(rate_limits_can_be_switched_off),
        WITH_APP(health_tells_what_is_down_and_that_we_stop),
        WITH_APP(metrics_count_meetings_and_what_waits_for_the_database),
        WITH_APP(metrics_are_for_this_machine_and_for_who_has_the_token),
        WITH_APP(guests_are_ended_and_queued_for_history_when_we_stop),
        WITH_APP(settings_that_cannot_be_kept_are_counted),
        WITH_APP(every_row_answers_a_stranger_without_an_error_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
