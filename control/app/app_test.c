/* app_test.c: the routing table with its handlers, without sockets. PostgreSQL and the SFU are away, as they may be. */
#include "app/routes.h"
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

static void a_guest_meeting_is_answered_with_the_four_documented_fields(void **state)
{
    json_t *json = play_json(*state, "POST", GUEST, "{\"title\":\"Quick Sync\"}", 201);
    const char *id = member(json, "meetingId");
    char join_url[64];
    snprintf(join_url, sizeof join_url, "/join/%s", id);
    assert_int_equal(json_object_size(json), 4);
    assert_int_equal(strlen(id), 10);
    assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz"), 6);
    assert_int_equal(id[6], '-');
    assert_int_equal(strspn(id + 7, "abcdefghijklmnopqrstuvwxyz"), 3);
    assert_int_equal(strlen(member(json, "adminToken")), 36);
    assert_string_equal(member(json, "joinUrl"), join_url);
    assert_string_equal(member(json, "title"), "Quick Sync");
    struct app *app = *state;
    const struct meeting *m = meetings_find(app->rt.meetings, id);
    assert_non_null(m);
    assert_true(meeting_is_guest(m));
    assert_true(meeting_admin_token_ok(m, member(json, "adminToken")));
    json_decref(json);
}

static void a_guest_meeting_without_a_title_is_a_quick_meeting(void **state)
{
    static const char *const bodies[] = {NULL, "{}", "{\"title\":\"\"}", "{\"title\":null}", "{\"title\":\"  \"}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        json_t *json = play_json(*state, "POST", GUEST, bodies[i], 201);
        assert_string_equal(member(json, "title"), "Quick Meeting");
        json_decref(json);
    }
}

static void a_wrong_body_is_refused_and_makes_no_meeting(void **state)
{
    struct app *app = *state;
    char long_title[256];
    snprintf(long_title, sizeof long_title, "{\"title\":\"%0201d\"}", 7);
    const char *const bodies[] = {"{\"title\":5}", long_title, "{\"topology\":\"star\"}", "not json", "[]"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        json_t *json = play_json(app, "POST", GUEST, bodies[i], 400);
        assert_true(strlen(member(json, "error")) > 0);
        json_decref(json);
    }
    assert_int_equal(meetings_count(app->rt.meetings).active, 0);
}

static void a_topology_may_be_chosen(void **state)
{
    struct app *app = *state;
    json_t *json = play_json(app, "POST", GUEST, "{\"topology\":\"sfu\"}", 201);
    json_t *settings = meeting_settings_json(meetings_find(app->rt.meetings, member(json, "meetingId")));
    assert_string_equal(member(settings, "topology"), "sfu");
    json_decref(settings);
    json_decref(json);
}

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
    struct app *app = *state;
    app->cfg.rate_limits = false;
    for (unsigned i = 0; i < 50; i++) {
        struct http_answer answer;
        assert_int_equal(play(app, "POST", GUEST, NULL, &answer), 201);
        http_answer_reset(&answer);
    }
}

static void the_ice_servers_are_the_documented_default(void **state)
{
    json_t *json = play_json(*state, "GET", "/api/config/ice-servers", NULL, 200);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"iceServers\":[{\"urls\":\"stun:stun.l.google.com:19302\"},"
                              "{\"urls\":\"stun:stun1.l.google.com:19302\"}]}");
    free(text);
    json_decref(json);
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

static void guests_are_ended_and_queued_for_history_when_we_stop(void **state)
{
    struct app *app = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct http_answer answer;
        assert_int_equal(play(app, "POST", GUEST, NULL, &answer), 201);
        http_answer_reset(&answer);
    }
    realtime_end_guests(&app->rt);
    assert_int_equal(meetings_count(app->rt.meetings).active, 0);
    struct store_counters n;
    store_counters(app->store, &n);
    assert_int_equal(n.writes.len, 3 * 2); /* meeting.created, its end */
}

static void every_row_answers_a_stranger_without_an_error_of_ours(void **state)
{
    for (const struct route *r = api_routes[0]; r->method; r++) {
        struct http_answer answer;
        unsigned status = play(*state, r->method, r->path, NULL, &answer);
        assert_in_range(status, 200, 499);
        http_answer_reset(&answer);
        status = play(*state, "DELETE", r->path, NULL, &answer);
        assert_int_equal(status, 405);
        http_answer_reset(&answer);
    }
}

#define WITH_APP(test) cmocka_unit_test_setup_teardown(test, set_up, testing_app_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_APP(a_guest_meeting_is_answered_with_the_four_documented_fields),
        WITH_APP(a_guest_meeting_without_a_title_is_a_quick_meeting),
        WITH_APP(a_wrong_body_is_refused_and_makes_no_meeting),
        WITH_APP(a_topology_may_be_chosen),
        WITH_APP(the_sixth_guest_meeting_of_an_hour_is_refused_by_address),
        WITH_APP(rate_limits_can_be_switched_off),
        WITH_APP(the_ice_servers_are_the_documented_default),
        WITH_APP(health_tells_what_is_down_and_that_we_stop),
        WITH_APP(metrics_count_meetings_and_what_waits_for_the_database),
        WITH_APP(guests_are_ended_and_queued_for_history_when_we_stop),
        WITH_APP(every_row_answers_a_stranger_without_an_error_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
