/* create_test.c: guest meetings, which need no database; and what else is answered without one. */
#include "access/testing.h"
#include "api/meetings/meetings_api.h"
#include "live/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct world {
    struct testing t;
    struct live *live;
    struct meetings_api api;
    struct route_table tables[4];
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w || testing_new(&w->t))
        return -1;
    const struct live_config live = {
        .loop = w->t.loop,
        .log = &w->t.log,
        .store = w->t.store,
        .participants_cap = 1000,
        .mesh_max = 4,
        .empty_grace = 30 * SEC,
    };
    if (live_new(&live, &w->live))
        return -1;
    w->api = (struct meetings_api){&w->t.log, w->live, 1000};
    w->tables[0] = (struct route_table){create_routes, &w->api};
    w->tables[1] = (struct route_table){show_routes, &w->api};
    w->tables[2] = (struct route_table){host_routes, &w->api};
    *state = w;
    return testing_serve(&w->t, (struct access_config){.meetings = live_meetings(w->live)}, w->tables) ? -1 : 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    testing_end(&w->t);
    live_free(w->live);
    testing_free(&w->t);
    free(w);
    return 0;
}

static unsigned play(const struct world *w, const char *method, const char *target, const char *body,
                     struct http_answer *answer)
{
    struct http_play request = {.method = method, .target = target, .body = body};
    http_play(w->t.http, &request, answer);
    return answer->status;
}

/* Asks, checks the status, and gives the body as JSON. */
static json_t *play_json(const struct world *w, const char *method, const char *target, const char *body,
                         unsigned status)
{
    struct http_answer answer;
    assert_int_equal(play(w, method, target, body, &answer), status);
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
    const struct world *w = *state;
    const struct meeting *m = meetings_find(live_meetings(w->live), id);
    assert_non_null(m);
    assert_true(meeting_is_guest(m));
    assert_true(meeting_id_is_guests(meeting_id(m)));
    assert_false(meeting_id_is_guests("abc-defg-hij"));
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
    const struct world *w = *state;
    char long_title[256];
    snprintf(long_title, sizeof long_title, "{\"title\":\"%0201d\"}", 7);
    const char *const bodies[] = {"{\"title\":5}", long_title, "{\"topology\":\"star\"}", "not json", "[]"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        json_t *json = play_json(w, "POST", GUEST, bodies[i], 400);
        assert_true(strlen(member(json, "error")) > 0);
        json_decref(json);
    }
    assert_int_equal(meetings_count(live_meetings(w->live)).active, 0);
}

static void a_topology_may_be_chosen(void **state)
{
    const struct world *w = *state;
    json_t *json = play_json(w, "POST", GUEST, "{\"topology\":\"sfu\"}", 201);
    json_t *settings = meeting_settings_json(meetings_find(live_meetings(w->live), member(json, "meetingId")));
    assert_string_equal(member(settings, "topology"), "sfu");
    json_decref(settings);
    json_decref(json);
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

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_guest_meeting_is_answered_with_the_four_documented_fields),
        WITH_WORLD(a_guest_meeting_without_a_title_is_a_quick_meeting),
        WITH_WORLD(a_wrong_body_is_refused_and_makes_no_meeting),
        WITH_WORLD(a_topology_may_be_chosen),
        WITH_WORLD(the_ice_servers_are_the_documented_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
