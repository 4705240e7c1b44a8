/* say.c, signal.c: what participants say to one another. */
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char A[PARTICIPANT_ID_CAP], B[PARTICIPANT_ID_CAP], C[PARTICIPANT_ID_CAP], D[PARTICIPANT_ID_CAP];

/* 1 is a host, 2 and 3 are not, and 9 is in another meeting. */
static void three(struct world *w)
{
    world_open(w);
    world_meeting(w, (struct meeting_config){0});
    world_meeting(w, (struct meeting_config){.id = "qwerty-abc", .guest = true});
    enter(w, 1, HOST, A);
    enter(w, 2, "", B);
    enter(w, 3, "", C);
    send(w, 9, "join-meeting", "{'meetingId':'qwerty-abc'}");
}

static void a_chat_message_reaches_all_and_its_sender(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send_acked(&w, 2, "chat:message", "{'text':'hello'}");
    assert_true(acked_ok(&w, 2));
    for (uint64_t s = 1; s <= 3; s++) {
        const json_t *m = got(&w, s, "chat:message");
        assert_string_equal(text_of(m, "from"), B);
        assert_string_equal(text_of(m, "name"), "N2");
        assert_string_equal(text_of(m, "text"), "hello");
        assert_string_equal(text_of(m, "id"), text_of(acked(&w, 2), "id"));
        assert_int_equal(json_integer_value(json_object_get(m, "timestamp")), WORLD_WALL / MSEC);
    }
    assert_true(heard_nothing(&w, 9));
    assert_true(counted(&w, "feature.chat", "{'length':5}"));
    world_close(&w);
}

static json_t *text_payload(const char *unit, size_t n)
{
    size_t len = strlen(unit);
    char *text = malloc(n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, unit, len);
    text[n * len] = '\0';
    json_t *o = json_pack("{s:s}", "text", text);
    free(text);
    return o;
}

static void a_chat_message_has_1_to_2000_utf16_units(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send_json(&w, 2, "chat:message", text_payload("x", 2000));
    assert_non_null(got(&w, 1, "chat:message"));
    send_json(&w, 2, "chat:message", text_payload("😀", 1000));
    assert_non_null(got(&w, 1, "chat:message"));
    send_json(&w, 2, "chat:message", text_payload("😀", 1001));
    assert_null(got(&w, 1, "chat:message"));
    assert_string_equal(refusal(&w, 2), "bad_request");
    assert_true(*text_of(got(&w, 2, "error"), "message"));
    static const char *const empty[] = {"{'text':''}", "{'text':' \\n '}", "{}", "{'text':5}", "null"};
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        send_acked(&w, 2, "chat:message", empty[i]);
        assert_string_equal(refusal(&w, 2), "bad_request");
        assert_true(heard_nothing(&w, 1));
        assert_null(got(&w, 2, "error"));
    }
    world_close(&w);
}

static void who_comes_late_gets_the_last_hundred_messages(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    for (int i = 0; i < 120; i++) {
        char text[64];
        snprintf(text, sizeof text, "{'text':'m%d'}", i);
        send(&w, 2, "chat:message", text);
        world_pass(&w, SEC);
    }
    enter(&w, 4, "", NULL);
    const json_t *messages = json_object_get(got(&w, 4, "chat:history"), "messages");
    assert_int_equal(json_array_size(messages), 100);
    assert_string_equal(text_of(json_array_get(messages, 0), "text"), "m20");
    assert_string_equal(text_of(json_array_get(messages, 99), "text"), "m119");
    assert_null(got(&w, 1, "chat:history"));
    world_close(&w);
}

static void reactions_come_back_to_their_sender(void **state)
{
    (void)state;
    struct world w;
    char payload[128];
    three(&w);
    send(&w, 2, "react", "{'emoji':'🎉'}");
    for (uint64_t s = 1; s <= 3; s++)
        assert_true(json_is(got(&w, s, "react"), "{'participantId':'000000000002','emoji':'🎉'}"));
    assert_true(counted(&w, "feature.reaction", "{'emoji':'🎉'}"));
    send_acked(&w, 1, "chat:message", "{'text':'x'}");
    snprintf(payload, sizeof payload, "{'messageId':'%s','emoji':'👍'}", text_of(acked(&w, 1), "id"));
    send(&w, 3, "chat:react", payload);
    for (uint64_t s = 1; s <= 3; s++)
        assert_string_equal(text_of(got(&w, s, "chat:react"), "participantId"), C);
    assert_true(counted(&w, "feature.chat_reaction", "{'emoji':'👍'}"));
    send(&w, 3, "chat:react", "{'messageId':'nope','emoji':'👍'}");
    assert_string_equal(refusal(&w, 3), "not_found");
    assert_true(heard_nothing(&w, 1));
    world_close(&w);
}

static void captions_go_to_the_others_and_are_counted_once(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send(&w, 2, "caption", "{'text':'so','final':false}");
    assert_true(json_is(got(&w, 1, "caption"), "{'from':'000000000002','name':'N2','text':'so','final':false}"));
    assert_non_null(got(&w, 3, "caption"));
    assert_true(heard_nothing(&w, 2));
    assert_true(counted(&w, "feature.captions", "{}"));
    send(&w, 2, "caption", "{'text':'so it is','final':true}");
    assert_false(counted(&w, "feature.captions", "{}"));
    world_close(&w);
}

static void state_changes_go_to_the_others_only(void **state)
{
    (void)state;
    static const struct {
        const char *event, *field, *feature, *on, *off;
    } toggles[] = {
        {"media:toggle-audio", "isMuted", NULL, NULL, NULL},
        {"media:toggle-video", "isVideoOff", NULL, NULL, NULL},
        {"media:screen-share", "isScreenSharing", "feature.screen_share", "{'action':'start'}", "{'action':'stop'}"},
        {"raise-hand", "isHandRaised", "feature.hand_raise", "{'raised':true}", "{'raised':false}"},
    };
    struct world w;
    char payload[128], want[128];
    three(&w);
    for (size_t i = 0; i < ARRAY_LEN(toggles); i++)
        for (int on = 1; on >= 0; on--) {
            snprintf(payload, sizeof payload, "{'%s':%s}", toggles[i].field, on ? "true" : "false");
            snprintf(want, sizeof want, "{'participantId':'%s','%s':%s}", B, toggles[i].field, on ? "true" : "false");
            send_acked(&w, 2, toggles[i].event, payload);
            assert_true(acked_ok(&w, 2));
            assert_true(json_is(got(&w, 1, "participant:updated"), want));
            assert_true(json_is(got(&w, 3, "participant:updated"), want));
            assert_true(heard_nothing(&w, 2) && heard_nothing(&w, 9));
            if (toggles[i].feature)
                assert_true(counted(&w, toggles[i].feature, on ? toggles[i].on : toggles[i].off));
            snprintf(payload, sizeof payload, "{'%s':'yes'}", toggles[i].field);
            send(&w, 2, toggles[i].event, payload);
            assert_string_equal(refusal(&w, 2), "bad_request");
        }
    send(&w, 2, "raise-hand", "{'isHandRaised':true}");
    send(&w, 2, "raise-hand", "{'isHandRaised':true}");
    assert_false(counted(&w, "feature.hand_raise", "{'raised':true}"));
    enter(&w, 4, "", NULL);
    const json_t *b = json_array_get(json_object_get(got(&w, 4, "joined"), "participants"), 1);
    assert_true(flag_of(b, "isHandRaised"));
    world_close(&w);
}

static void signals_reach_the_one_they_are_for(void **state)
{
    (void)state;
    static const char *const signals[][2] = {
        {"signal:offer", "offer"},
        {"signal:answer", "answer"},
        {"signal:ice-candidate", "candidate"},
    };
    struct world w;
    char payload[256], want[256];
    three(&w);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        snprintf(payload, sizeof payload, "{'to':'%s','%s':{'type':'x','sdp':'v=0'}}", C, signals[i][1]);
        snprintf(want, sizeof want, "{'from':'%s','%s':{'type':'x','sdp':'v=0'}}", B, signals[i][1]);
        send_acked(&w, 2, signals[i][0], payload);
        assert_true(acked_ok(&w, 2));
        assert_true(json_is(got(&w, 3, signals[i][0]), want));
        assert_true(heard_nothing(&w, 1) && heard_nothing(&w, 2));

        snprintf(payload, sizeof payload, "{'to':'nobody','%s':{}}", signals[i][1]);
        send_acked(&w, 2, signals[i][0], payload);
        assert_string_equal(refusal(&w, 2), "not_found");
        send(&w, 2, signals[i][0], payload);
        assert_int_equal(w.fx.n, 0); /* dropped in silence */
        send(&w, 2, signals[i][0], "{'to':5}");
        assert_string_equal(refusal(&w, 2), "bad_request");
    }
    snprintf(payload, sizeof payload, "{'to':'%s','candidate':null}", C);
    send(&w, 2, "signal:ice-candidate", payload);
    assert_true(json_is_null(json_object_get(got(&w, 3, "signal:ice-candidate"), "candidate")));
    enter(&w, 4, AUTO, D);
    lose(&w, 4, false);
    snprintf(payload, sizeof payload, "{'to':'%s','candidate':null}", D); /* who is away gets nothing */
    send(&w, 2, "signal:ice-candidate", payload);
    assert_int_equal(w.fx.n, 0);
    snprintf(payload, sizeof payload, "{'to':'%s','offer':{}}", B);
    send(&w, 9, "signal:offer", payload); /* from another meeting */
    assert_true(heard_nothing(&w, 2));
    world_close(&w);
}

static void an_sdp_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct world w;
    char *sdp = malloc(MEETING_SDP_MAX + 2);
    memset(sdp, 'a', MEETING_SDP_MAX + 1);
    sdp[MEETING_SDP_MAX + 1] = '\0';
    three(&w);
    send_json(&w, 2, "signal:offer", json_pack("{s:s, s:{s:s}}", "to", C, "offer", "sdp", sdp));
    assert_string_equal(refusal(&w, 2), "bad_request");
    assert_true(heard_nothing(&w, 3));
    sdp[MEETING_SDP_MAX] = '\0';
    send_json(&w, 2, "signal:offer", json_pack("{s:s, s:{s:s}}", "to", C, "offer", "sdp", sdp));
    assert_non_null(got(&w, 3, "signal:offer"));
    free(sdp);
    world_close(&w);
}

/* 2 MiB at once, then 256 KiB a second: less than may wait for the one who gets it. */
static void long_signals_to_one_person_are_slowed_down(void **state)
{
    (void)state;
    struct world w;
    char sdp[200001];
    unsigned n = 0;
    memset(sdp, 'a', sizeof sdp - 1);
    sdp[sizeof sdp - 1] = '\0';
    three(&w);
    do {
        send_json(&w, 2, "signal:offer", json_pack("{s:s, s:{s:s}}", "to", C, "offer", "sdp", sdp));
        n += got(&w, 3, "signal:offer") != NULL;
    } while (n < 100 && got(&w, 3, "signal:offer"));
    assert_int_equal(n, 10);
    assert_string_equal(refusal(&w, 2), "rate_limited");
    send_json(&w, 1, "signal:offer", json_pack("{s:s, s:{s:s}}", "to", C, "offer", "sdp", sdp));
    assert_non_null(got(&w, 3, "signal:offer")); /* somebody else's bucket */
    world_pass(&w, SEC);
    send_json(&w, 2, "signal:offer", json_pack("{s:s, s:{s:s}}", "to", C, "offer", "sdp", sdp));
    assert_non_null(got(&w, 3, "signal:offer"));
    world_close(&w);
}

static void that_a_host_records_is_told_to_the_others_and_to_who_comes_later(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send(&w, 2, "recording:broadcast-started", "{'hostName':'Bob'}");
    assert_string_equal(refusal(&w, 2), "forbidden");
    send(&w, 1, "recording:broadcast-started", "{'hostName':'Ann'}");
    assert_true(json_is(got(&w, 2, "recording:started"), "{'hostName':'Ann'}"));
    assert_true(heard_nothing(&w, 1));
    assert_true(counted(&w, "feature.recording", "{'action':'start'}"));
    enter(&w, 4, "", NULL);
    assert_true(json_is(got(&w, 4, "recording:started"), "{'hostName':'Ann'}"));
    assert_int_equal(meetings_count(w.ms).recordings, 1);
    send(&w, 1, "recording:broadcast-stopped", "{}");
    assert_true(json_is(got(&w, 4, "recording:stopped"), "{'hostName':'Ann'}"));
    assert_true(counted(&w, "feature.recording", "{'action':'stop'}"));
    send(&w, 1, "recording:broadcast-started", "{}");
    assert_true(json_is(got(&w, 2, "recording:started"), "{'hostName':'N1'}"));
    lose(&w, 1, false);
    assert_non_null(got(&w, 2, "recording:stopped"));
    assert_int_equal(meetings_count(w.ms).recordings, 0);
    world_close(&w);
}

static void who_leaves_shares_no_screen_any_more(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send(&w, 2, "media:screen-share", "{'isScreenSharing':true}");
    assert_true(counted(&w, "feature.screen_share", "{'action':'start'}"));
    assert_false(counted(&w, "feature.screen_share", "{'action':'stop'}"));
    lose(&w, 2, true);
    assert_true(counted(&w, "feature.screen_share", "{'action':'stop'}"));
    unsigned n = 0;
    for (size_t i = 0; i < w.fx.n; i++)
        n += w.fx.list[i].type == FX_ANALYTICS;
    assert_int_equal(n, 1);
    lose(&w, 3, true);
    assert_false(counted(&w, "feature.screen_share", "{'action':'stop'}"));
    world_close(&w);
}

static void an_unknown_event_is_refused(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send_acked(&w, 2, "no-such-event", "{}");
    assert_string_equal(refusal(&w, 2), "bad_request");
    send(&w, 1, "admin:invite", "{}"); /* REST only */
    assert_string_equal(refusal(&w, 1), "bad_request");
    world_close(&w);
}

static void fill_history(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        world_pass(w, SEC);
        send_json(w, 2, "chat:message", text_payload("\xe2\x82\xac", 2000));
        MUST(got(w, 2, "chat:message"));
    }
}

static void newcomers_share_one_history_of_64_kilobytes_until_somebody_speaks(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    fill_history(&w, 30);
    enter(&w, 4, "", D);
    json_t *first = json_incref(got(&w, 4, "chat:history"));
    assert_true(json_dumpb(first, NULL, 0, JSON_COMPACT) <= 64 * 1024);
    assert_int_equal(json_array_size(json_object_get(first, "messages")), 10);
    enter(&w, 5, "", D);
    assert_ptr_equal(got(&w, 5, "chat:history"), first);
    fill_history(&w, 1);
    enter(&w, 6, "", D);
    assert_ptr_not_equal(got(&w, 6, "chat:history"), first);
    json_decref(first);
    world_close(&w);
}

static void who_leaves_and_joins_again_is_told_only_what_is_new(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    fill_history(&w, 1);
    enter(&w, 4, "", D);
    assert_non_null(got(&w, 4, "chat:history"));
    send(&w, 4, "leave-meeting", "{}");
    assert_true(enter(&w, 4, "", D));
    assert_null(got(&w, 4, "chat:history"));
    send(&w, 4, "leave-meeting", "{}");
    fill_history(&w, 1);
    assert_true(enter(&w, 4, "", D));
    assert_non_null(got(&w, 4, "chat:history"));
    send(&w, 4, "leave-meeting", "{}");
    world_pass(&w, 11 * SEC);
    assert_true(enter(&w, 4, "", D));
    assert_non_null(got(&w, 4, "chat:history"));
    world_close(&w);
}

static void the_people_of_joined_are_there_as_text_too(void **state)
{
    (void)state;
    struct world w;
    three(&w);
    send(&w, 2, "media:toggle-audio", "{'isMuted':true}");
    enter(&w, 4, "", D);
    for (size_t i = 0; i < w.fx.n; i++) {
        const struct effect *e = &w.fx.list[i];
        if (e->type != FX_EMIT || strcmp(e->event, "joined") != 0)
            continue;
        json_t *text = json_of(e->people);
        assert_true(json_equal(text, json_object_get(e->payload, "participants")));
        assert_int_equal(json_array_size(text), 3);
        json_decref(text);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chat_message_reaches_all_and_its_sender),
        cmocka_unit_test(a_chat_message_has_1_to_2000_utf16_units),
        cmocka_unit_test(who_comes_late_gets_the_last_hundred_messages),
        cmocka_unit_test(reactions_come_back_to_their_sender),
        cmocka_unit_test(captions_go_to_the_others_and_are_counted_once),
        cmocka_unit_test(state_changes_go_to_the_others_only),
        cmocka_unit_test(signals_reach_the_one_they_are_for),
        cmocka_unit_test(an_sdp_over_the_limit_is_refused),
        cmocka_unit_test(long_signals_to_one_person_are_slowed_down),
        cmocka_unit_test(that_a_host_records_is_told_to_the_others_and_to_who_comes_later),
        cmocka_unit_test(who_leaves_shares_no_screen_any_more),
        cmocka_unit_test(an_unknown_event_is_refused),
        cmocka_unit_test(newcomers_share_one_history_of_64_kilobytes_until_somebody_speaks),
        cmocka_unit_test(who_leaves_and_joins_again_is_told_only_what_is_new),
        cmocka_unit_test(the_people_of_joined_are_there_as_text_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
