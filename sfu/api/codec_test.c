#include "api/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static enum err read_line(const char *line, struct api_request *r, struct api_error *why)
{
    return api_request_read(line, strlen(line), r, why);
}

#define P "\"room\":\"r\",\"participant\":\"p\""

static void every_op_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum api_op op;
    } rows[] = {
        {"{\"id\":1,\"op\":\"hello\",\"version\":1}", OP_HELLO},
        {"{\"id\":1,\"op\":\"room.create\",\"room\":\"r\"}", OP_ROOM_CREATE},
        {"{\"id\":1,\"op\":\"room.close\",\"room\":\"r\"}", OP_ROOM_CLOSE},
        {"{\"id\":1,\"op\":\"participant.join\"," P "}", OP_PARTICIPANT_JOIN},
        {"{\"id\":1,\"op\":\"participant.leave\"," P "}", OP_PARTICIPANT_LEAVE},
        {"{\"id\":1,\"op\":\"session.tracks\"," P ",\"tracks\":[]}", OP_SESSION_TRACKS},
        {"{\"id\":1,\"op\":\"session.offer\"," P ",\"sdp\":\"v=0\"}", OP_SESSION_OFFER},
        {"{\"id\":1,\"op\":\"session.candidate\"," P ",\"candidate\":\"\"}", OP_SESSION_CANDIDATE},
        {"{\"id\":1,\"op\":\"session.view\"," P ",\"views\":[]}", OP_SESSION_VIEW},
        {"{\"id\":1,\"op\":\"participant.audio\"," P ",\"blocked\":true}", OP_PARTICIPANT_AUDIO},
        {"{\"id\":1,\"op\":\"session.stats\"," P "}", OP_SESSION_STATS},
        {"{\"id\":1,\"op\":\"stats\"}", OP_STATS},
        {"{\"id\":1,\"op\":\"state.dump\"}", OP_STATE_DUMP},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct api_request r;
        struct api_error why;
        assert_int_equal(read_line(rows[i].line, &r, &why), OK);
        assert_int_equal(r.op, rows[i].op);
        assert_int_equal(r.id, 1);
        api_request_reset(&r);
    }
    assert_int_equal(ARRAY_LEN(rows), API_OPS);
}

static void what_breaks_the_form_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum err e;
        bool has_id;
    } rows[] = {
        {"", ERR_SYNTAX, false},
        {"[]", ERR_SYNTAX, false},
        {"{\"id\":1,\"op\":\"stats\"} x", ERR_SYNTAX, false},
        {"{\"op\":\"stats\"}", ERR_SYNTAX, false},
        {"{\"id\":\"1\",\"op\":\"stats\"}", ERR_SYNTAX, false},
        {"{\"id\":1.5,\"op\":\"stats\"}", ERR_SYNTAX, false},
        {"{\"id\":1,\"id\":2,\"op\":\"stats\"}", ERR_SYNTAX, false},
        {"{\"id\":1}", ERR_NOT_FOUND, true},
        {"{\"id\":1,\"op\":\"format.disk\"}", ERR_NOT_FOUND, true},
        {"{\"id\":1,\"op\":7}", ERR_NOT_FOUND, true},
        {"{\"id\":1,\"op\":\"room.create\"}", ERR_DENIED, true},
        {"{\"id\":1,\"op\":\"room.create\",\"room\":\"\"}", ERR_DENIED, true},
        {"{\"id\":1,\"op\":\"room.create\",\"room\":5}", ERR_DENIED, true},
        {"{\"id\":1,\"op\":\"participant.join\",\"room\":\"r\"}", ERR_DENIED, true},
        {"{\"id\":1,\"op\":\"room.create\",\"room\":\"a\\u0000b\"}", ERR_DENIED, true},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct api_request r;
        struct api_error why = {"", ""};
        assert_int_equal(read_line(rows[i].line, &r, &why), rows[i].e);
        assert_int_equal(r.has_id, rows[i].has_id);
        assert_true(why.code[0] && why.text[0]);
        api_request_reset(&r);
    }
}

static void names_have_at_most_64_bytes(void **state)
{
    (void)state;
    for (size_t len = 64; len <= 65; len++) {
        char line[200], name[80] = "";
        struct api_request r;
        struct api_error why;
        memset(name, 'x', len);
        snprintf(line, sizeof line, "{\"id\":1,\"op\":\"room.create\",\"room\":\"%s\"}", name);
        assert_int_equal(read_line(line, &r, &why), len == 64 ? OK : ERR_DENIED);
        api_request_reset(&r);
    }
}

/* The message of a request with these fields. */
static enum err message(const char *op, const char *fields, struct msg **m, struct api_error *why)
{
    char line[4000];
    struct api_request r;
    snprintf(line, sizeof line, "{\"id\":9,\"op\":\"%s\"," P "%s%s}", op, fields[0] ? "," : "", fields);
    assert_int_equal(read_line(line, &r, why), OK);
    enum err e = api_request_msg(&r, m, why);
    api_request_reset(&r);
    return e;
}

static void requests_become_messages(void **state)
{
    (void)state;
    struct api_error why;
    struct msg *m = NULL;
    assert_int_equal(message("participant.join", "", &m, &why), OK);
    assert_int_equal(m->type, MSG_JOIN);
    assert_string_equal(m->room, "r");
    assert_string_equal(m->participant, "p");
    msg_free(m);
    assert_int_equal(message("session.offer", "\"sdp\":\"v=0\\r\\n\"", &m, &why), OK);
    assert_string_equal(m->offer.sdp, "v=0\r\n");
    msg_free(m);
    assert_int_equal(message("participant.audio", "\"blocked\":true", &m, &why), OK);
    assert_true(m->audio.blocked);
    msg_free(m);
    assert_int_equal(message("session.tracks", "\"tracks\":[{\"mid\":\"3\",\"source\":\"screen\"}]", &m, &why), OK);
    assert_int_equal(m->tracks.n, 1);
    assert_string_equal(m->tracks.list[0].mid, "3");
    assert_int_equal(m->tracks.list[0].source, SOURCE_SCREEN);
    msg_free(m);
    assert_int_equal(message("session.view",
                             "\"views\":[{\"participantId\":\"q\",\"source\":\"screen\",\"width\":1e9,\"height\":-4,"
                             "\"pinned\":true}],\"maxVideo\":3",
                             &m, &why),
                     OK);
    assert_int_equal(m->view.n, 1);
    assert_int_equal(m->view.max_video, 3);
    assert_string_equal(m->view.list[0].participant, "q");
    assert_int_equal(m->view.list[0].width, 65535);
    assert_int_equal(m->view.list[0].height, 0);
    assert_true(m->view.list[0].pinned);
    msg_free(m);
    assert_int_equal(message("session.view", "\"views\":[]", &m, &why), OK);
    assert_int_equal(m->view.max_video, -1);
    msg_free(m);
}

static void wrong_fields_are_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"session.offer", ""},
        {"session.offer", "\"sdp\":7"},
        {"participant.audio", ""},
        {"participant.audio", "\"blocked\":1"},
        {"session.tracks", ""},
        {"session.tracks", "\"tracks\":{}"},
        {"session.tracks", "\"tracks\":[7]"},
        {"session.tracks", "\"tracks\":[{\"mid\":\"1\"}]"},
        {"session.tracks", "\"tracks\":[{\"mid\":\"1\",\"source\":\"smell\"}]"},
        {"session.tracks", "\"tracks\":[{\"mid\":\"12345678901234567\",\"source\":\"camera\"}]"},
        {"session.tracks", "\"tracks\":[1,2,3,4,5,6,7,8,9]"},
        {"session.view", ""},
        {"session.view", "\"views\":7"},
        {"session.view", "\"views\":[7]"},
        {"session.view", "\"views\":[{\"participantId\":\"\"}]"},
        {"session.view", "\"views\":[{\"participantId\":\"q\",\"source\":\"smell\"}]"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct api_error why = {"", ""};
        struct msg *m = NULL;
        assert_int_equal(message(rows[i][0], rows[i][1], &m, &why), ERR_DENIED);
        assert_null(m);
        assert_string_equal(why.code, "bad_request");
        assert_true(why.text[0]);
    }
    char many[2000] = "\"views\":[";
    for (unsigned i = 0; i <= MSG_VIEWS; i++)
        strcat(many, i ? ",1" : "1");
    strcat(many, "]");
    struct api_error why;
    struct msg *m = NULL;
    assert_int_equal(message("session.view", many, &m, &why), ERR_DENIED);
}

/* One line that is one JSON object; the caller drops it. */
static json_t *parsed(char *line)
{
    assert_non_null(line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *json = json_loads(line, 0, NULL);
    assert_true(json_is_object(json));
    free(line);
    return json;
}

static void responses_carry_id_and_outcome(void **state)
{
    (void)state;
    json_t *j = parsed(api_response_ok(7, json_pack("{s:i}", "x", 1)));
    assert_int_equal(json_integer_value(json_object_get(j, "id")), 7);
    assert_true(json_is_true(json_object_get(j, "ok")));
    assert_int_equal(json_integer_value(json_object_get(j, "x")), 1);
    json_decref(j);
    struct msg *m = msg_new(MSG_REPLY, "r", "p");
    m->reply.text = strdup("v=0\r\n");
    j = parsed(api_response_of(8, m));
    assert_string_equal(json_string_value(json_object_get(j, "sdp")), "v=0\r\n");
    json_decref(j);
    m->reply.err = ERR_SYNTAX;
    j = parsed(api_response_of(8, m));
    assert_true(json_is_false(json_object_get(j, "ok")));
    json_t *error = json_object_get(j, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "bad_request");
    assert_string_equal(json_string_value(json_object_get(error, "message")), "v=0\r\n");
    json_decref(j);
    msg_free(m);
}

static void error_codes_are_those_of_the_document(void **state)
{
    (void)state;
    static const char *const codes[] = {"bad_request", "not_found", "state", "full", "unsupported", "internal"};
    for (int e = ERR_SHORT; e <= ERR_IO; e++) {
        bool known = false;
        for (unsigned i = 0; i < ARRAY_LEN(codes); i++)
            known |= strcmp(api_error_code((enum err)e), codes[i]) == 0;
        assert_true(known);
    }
}

static void notifications_say_what_happened(void **state)
{
    (void)state;
    struct msg *m = msg_new(MSG_STATE, "r", "p");
    m->state.state = SESSION_CLOSED;
    strcpy(m->state.reason, "silent");
    json_t *j = parsed(api_notification_of(m));
    assert_string_equal(json_string_value(json_object_get(j, "event")), "session.state");
    assert_string_equal(json_string_value(json_object_get(j, "state")), "closed");
    assert_string_equal(json_string_value(json_object_get(j, "reason")), "silent");
    json_decref(j);
    m->state.reason[0] = '\0';
    j = parsed(api_notification_of(m));
    assert_null(json_object_get(j, "reason"));
    json_decref(j);
    msg_free(m);

    m = msg_new(MSG_SLOTS, "r", "p");
    m->slots.n = 2;
    m->slots.list = calloc(2, sizeof *m->slots.list);
    strcpy(m->slots.list[0].mid, "4");
    strcpy(m->slots.list[0].participant, "q");
    m->slots.list[0].is_video = true;
    m->slots.list[0].source = SOURCE_SCREEN;
    strcpy(m->slots.list[1].mid, "2");
    j = parsed(api_notification_of(m));
    json_t *slots = json_object_get(j, "slots");
    assert_int_equal(json_array_size(slots), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(slots, 0), "source")), "screen");
    assert_string_equal(json_string_value(json_object_get(json_array_get(slots, 0), "kind")), "video");
    assert_true(json_is_null(json_object_get(json_array_get(slots, 1), "participantId")));
    json_decref(j);
    msg_free(m);

    m = msg_new(MSG_SPEAKERS_NOTE, "r", NULL);
    m->speakers.n = 1;
    m->speakers.dominant = -1;
    strcpy(m->speakers.list[0].participant, "q");
    m->speakers.list[0].level = 99;
    j = parsed(api_notification_of(m));
    assert_true(json_is_null(json_object_get(j, "dominant")));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(j, "speakers"), 0), "level")),
                     99);
    json_decref(j);
    msg_free(m);

    m = msg_new(MSG_QUALITY, "r", "p");
    m->quality = (struct session_quality){.uplink_loss = 0.5, .rtt_ms = 20};
    j = parsed(api_notification_of(m));
    assert_true(json_is_real(json_object_get(json_object_get(j, "uplink"), "loss")));
    double score = json_number_value(json_object_get(j, "score"));
    assert_true(score >= 1 && score <= 5);
    json_decref(j);
    msg_free(m);

    j = parsed(api_notification_lost(12));
    assert_int_equal(json_integer_value(json_object_get(j, "n")), 12);
    json_decref(j);
}

static void statistics_have_a_line_for_each_track_and_drop(void **state)
{
    (void)state;
    struct msg *m = msg_new(MSG_SESSION_STATS_REPLY, "r", "p");
    m->session = calloc(1, sizeof *m->session);
    m->session->n_tracks = SESSION_STATS_TRACKS;
    for (unsigned i = 0; i < m->session->n_tracks; i++)
        m->session->tracks[i].is_slot = i % 2;
    json_t *j = parsed(api_response_of(1, m));
    assert_int_equal(json_array_size(json_object_get(j, "tracks")), SESSION_STATS_TRACKS);
    assert_int_equal(json_object_size(json_object_get(json_object_get(j, "session"), "drops")), SESSION_DROPS);
    json_decref(j);
    msg_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_is_read),
        cmocka_unit_test(what_breaks_the_form_is_refused),
        cmocka_unit_test(names_have_at_most_64_bytes),
        cmocka_unit_test(requests_become_messages),
        cmocka_unit_test(wrong_fields_are_named),
        cmocka_unit_test(responses_carry_id_and_outcome),
        cmocka_unit_test(error_codes_are_those_of_the_document),
        cmocka_unit_test(notifications_say_what_happened),
        cmocka_unit_test(statistics_have_a_line_for_each_track_and_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
