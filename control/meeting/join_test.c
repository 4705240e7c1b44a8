#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void who_joins_is_told_of_the_others_and_they_of_it(void **state)
{
    (void)state;
    struct world w;
    char a[PARTICIPANT_ID_CAP], b[PARTICIPANT_ID_CAP];
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.title = "Standup"});
    assert_true(enter(&w, 1, HOST, a));
    const json_t *joined = got(&w, 1, "joined");
    assert_int_equal(json_array_size(json_object_get(joined, "participants")), 0);
    assert_true(flag_of(joined, "isAdmin"));
    assert_string_equal(text_of(joined, "title"), "Standup");
    assert_string_equal(text_of(joined, "topology"), "mesh");
    assert_null(json_object_get(joined, "resumeToken"));
    assert_true(json_is(json_object_get(joined, "settings"),
                        "{'muteOnJoin':false,'videoOffOnJoin':false,'maxParticipants':50,'locked':false,"
                        "'waitingRoom':false,'topology':'auto'}"));

    w.ice = json_quoted("[{'urls':'stun:x'}]");
    assert_true(enter(&w, 2, "'isAdmin':false,'adminToken':null", b));
    joined = got(&w, 2, "joined");
    assert_string_equal(text_of(json_array_get(json_object_get(joined, "iceServers"), 0), "urls"), "stun:x");
    const char *alice = "{'participantId':'000000000001','name':'N1','isMuted':false,'isVideoOff':false,"
                        "'isScreenSharing':false,'isHandRaised':false,'isAdmin':true,'joinedAt':1800000000000}";
    assert_true(json_is(json_array_get(json_object_get(joined, "participants"), 0), alice));
    const json_t *told = got(&w, 1, "participant:joined");
    assert_string_equal(text_of(told, "participantId"), b);
    assert_false(flag_of(told, "isAdmin"));
    assert_null(got(&w, 2, "participant:joined"));
    assert_true(counted(&w, "meeting.participant_joined", "{'meetingId':'abc-defg-hij','participantCount':2}"));
    assert_true(json_is(effect_of(&w, FX_PARTICIPANT_JOINED)->payload,
                        "{'participantId':'000000000002','name':'N2','participantCount':2}"));
    world_close(&w);
}

static void a_name_is_trimmed_cut_and_never_empty(void **state)
{
    (void)state;
    static const struct {
        const char *given, *shown;
    } names[] = {
        /* clang-format off */
        {"''", "Guest"},
        {"'   '", "Guest"},
        {"null", "Guest"},
        {"'  Ann  Lee\\u00a0'", "Ann  Lee"},
        {"'a\\nb'", "a b"},
        {"'\\ud83d\\ude00'", "😀"},
        /* clang-format on */
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct world w;
        char payload[256];
        world_open(&w);
        world_meeting(&w, (struct meeting_config){0});
        enter(&w, 1, "", NULL);
        snprintf(payload, sizeof payload, "{'meetingId':'" WORLD_ID "','name':%s}", names[i].given);
        send(&w, 2, "join-meeting", payload);
        assert_string_equal(text_of(got(&w, 1, "participant:joined"), "name"), names[i].shown);
        world_close(&w);
    }
}

static void a_wrong_admin_token_does_not_join(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    assert_false(enter(&w, 1, "'isAdmin':true,'adminToken':'secreT'", NULL));
    assert_string_equal(refusal(&w, 1), "bad_token");
    assert_false(enter(&w, 1, "'isAdmin':true,'adminToken':''", NULL));
    assert_false(enter(&w, 1, "'isAdmin':true,'adminToken':null", NULL));
    assert_string_equal(refusal(&w, 1), "bad_token");
    assert_int_equal(meeting_n_participants(m), 0);
    assert_true(enter(&w, 1, "'isAdmin':false,'adminToken':'secret'", NULL));
    assert_false(flag_of(got(&w, 1, "joined"), "isAdmin"));
    world_close(&w);
}

static void joining_twice_or_speaking_before_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    send(&w, 1, "chat:message", "{'text':'x'}");
    assert_string_equal(refusal(&w, 1), "not_joined");
    enter(&w, 1, "", NULL);
    assert_false(enter(&w, 1, "", NULL));
    assert_string_equal(refusal(&w, 1), "already_joined");
    send_acked(&w, 1, "join-meeting", "{'meetingId':'" WORLD_ID "'}");
    assert_string_equal(refusal(&w, 1), "already_joined");
    assert_int_equal(meeting_n_participants(m), 1);
    send(&w, 2, "join-meeting", "{'meetingId':'no-such-one'}");
    assert_string_equal(refusal(&w, 2), "not_found");
    send(&w, 2, "join-meeting", "{'meetingId':'" WORLD_ID "','isAdmin':'yes'}");
    assert_string_equal(refusal(&w, 2), "bad_request");
    assert_string_equal(text_of(got(&w, 2, "error"), "field"), "isAdmin");
    send(&w, 2, "join-meeting", "[1]");
    assert_string_equal(refusal(&w, 2), "not_found");
    world_close(&w);
}

static void a_storm_of_joiners_never_passes_the_cap(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){.settings.max_participants = 20});
    for (uint64_t s = 1; s <= 100; s++) {
        bool in = enter(&w, s, s % 3 ? "" : HOST, NULL);
        assert_int_equal(in, s <= 20);
        if (!in)
            assert_string_equal(refusal(&w, s), "full");
    }
    assert_int_equal(meeting_n_participants(m), 20);
    lose(&w, 7, false);
    assert_true(enter(&w, 101, "", NULL));
    assert_false(enter(&w, 102, "", NULL));
    world_close(&w);
}

static void a_documented_client_leaves_with_its_socket(void **state)
{
    (void)state;
    struct world w;
    char b[PARTICIPANT_ID_CAP];
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, "", NULL);
    enter(&w, 2, "", b);
    lose(&w, 2, false);
    const json_t *left = got(&w, 1, "participant:left");
    assert_string_equal(text_of(left, "participantId"), b);
    assert_string_equal(text_of(left, "name"), "N2");
    assert_true(json_is(effect_of(&w, FX_PARTICIPANT_LEFT)->payload,
                        "{'participantId':'000000000002','name':'N2','participantCount':1}"));
    world_close(&w);
}

static void our_client_resumes_as_itself_and_nobody_hears_of_it(void **state)
{
    (void)state;
    struct world w;
    char a[PARTICIPANT_ID_CAP], back[PARTICIPANT_ID_CAP], more[128];
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, HOST "," AUTO, a);
    snprintf(more, sizeof more, AUTO ",'resumeToken':'%s'", text_of(got(&w, 1, "joined"), "resumeToken"));
    enter(&w, 2, "", NULL);
    lose(&w, 1, false);
    assert_true(heard_nothing(&w, 2));
    assert_int_equal(meeting_n_participants(m), 2);
    send(&w, 2, "chat:message", "{'text':'while you were away'}");
    assert_true(heard_nothing(&w, 1));
    command(&w, "admin:lock", NULL);
    world_pass(&w, MEETING_RESUME_WINDOW - 1);
    tick(&w);
    assert_true(enter(&w, 3, more, back));
    assert_string_equal(a, back);
    assert_true(flag_of(got(&w, 3, "joined"), "isAdmin"));
    assert_non_null(got(&w, 3, "chat:history"));
    assert_true(heard_nothing(&w, 2));
    world_pass(&w, 3600 * SEC);
    tick(&w);
    assert_int_equal(meeting_n_participants(m), 2);
    send(&w, 3, "media:toggle-audio", "{'isMuted':true}");
    assert_string_equal(text_of(got(&w, 2, "participant:updated"), "participantId"), a);
    world_close(&w);
}

static void a_new_socket_takes_over_from_one_that_is_not_yet_known_to_be_dead(void **state)
{
    (void)state;
    struct world w;
    char more[128];
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, AUTO, NULL);
    snprintf(more, sizeof more, AUTO ",'resumeToken':'%s'", text_of(got(&w, 1, "joined"), "resumeToken"));
    assert_true(enter(&w, 2, more, NULL));
    assert_true(closes(&w, 1));
    lose(&w, 1, false);
    world_pass(&w, 60 * SEC);
    tick(&w);
    assert_int_equal(meeting_n_participants(m), 1);
    world_close(&w);
}

static void after_the_window_our_client_has_left_too(void **state)
{
    (void)state;
    struct world w;
    char a[PARTICIPANT_ID_CAP], back[PARTICIPANT_ID_CAP], more[128];
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, AUTO, a);
    snprintf(more, sizeof more, AUTO ",'resumeToken':'%s'", text_of(got(&w, 1, "joined"), "resumeToken"));
    enter(&w, 2, "", NULL);
    lose(&w, 1, false);
    assert_true(meetings_deadline(w.ms) <= w.now.mono + MEETING_RESUME_WINDOW);
    world_pass(&w, MEETING_RESUME_WINDOW);
    tick(&w);
    assert_string_equal(text_of(got(&w, 2, "participant:left"), "participantId"), a);
    assert_true(enter(&w, 3, more, back)); /* as somebody new */
    assert_string_not_equal(a, back);
    world_close(&w);
}

static void leaving_by_choice_is_at_once_for_everybody(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, AUTO, NULL);
    enter(&w, 2, AUTO, NULL);
    enter(&w, 3, AUTO, NULL);
    lose(&w, 1, true);
    assert_non_null(got(&w, 2, "participant:left"));
    send_acked(&w, 2, "leave-meeting", "{}");
    assert_true(acked_ok(&w, 2));
    assert_non_null(got(&w, 3, "participant:left"));
    assert_int_equal(meeting_n_participants(m), 1);
    assert_true(enter(&w, 2, "", NULL)); /* the socket may join again */
    world_close(&w);
}

static void who_joins_muted_by_setting_is_muted_unless_a_host(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings = {.mute_on_join = true, .video_off_on_join = true}});
    enter(&w, 1, HOST, NULL);
    enter(&w, 2, "", NULL);
    const json_t *told = got(&w, 1, "participant:joined");
    assert_true(flag_of(told, "isMuted") && flag_of(told, "isVideoOff"));
    const json_t *host = json_array_get(json_object_get(got(&w, 2, "joined"), "participants"), 0);
    assert_false(flag_of(host, "isMuted") || flag_of(host, "isVideoOff"));
    world_close(&w);
}

static bool waits(struct world *w, uint64_t socket, const char *ip)
{
    w->from = holder_of_address(ip);
    send_acked(w, socket, "waiting-room:join", "{'meetingId':'" WORLD_ID "','name':'N'}");
    return acked_ok(w, socket);
}

static void waiting_room(struct world *w)
{
    world_open_with(w, &(struct meetings_config){.rates_off = true});
    world_meeting(w, (struct meeting_config){.settings.waiting_room = true});
    enter(w, 1, HOST, NULL);
}

static void a_full_waiting_room_has_a_place_for_somebody_else(void **state)
{
    (void)state;
    struct world w;
    waiting_room(&w);
    for (uint64_t socket = 2; socket < 502; socket++)
        assert_true(waits(&w, socket, "192.0.2.1"));
    assert_false(waits(&w, 600, "192.0.2.1"));
    assert_string_equal(refusal(&w, 600), "full");
    assert_true(waits(&w, 601, "192.0.2.2"));
    assert_non_null(got(&w, 2, "waiting-room:denied"));
    assert_non_null(got(&w, 601, "waiting-room:waiting"));
    assert_true(heard_nothing(&w, 3));
    world_close(&w);
}

static void who_waits_for_ten_minutes_is_told_that_it_is_over(void **state)
{
    (void)state;
    struct world w;
    waiting_room(&w);
    assert_true(waits(&w, 2, "192.0.2.1"));
    world_pass(&w, 599 * SEC);
    tick(&w);
    assert_true(heard_nothing(&w, 2));
    world_pass(&w, SEC);
    tick(&w);
    assert_non_null(got(&w, 2, "waiting-room:denied"));
    assert_true(flag_of(got(&w, 1, "waiting-room:participant-waiting"), "removed"));
    world_close(&w);
}

static void lose_by(struct world *w, uint64_t socket, enum meeting_loss loss)
{
    effects_reset(&w->fx);
    meetings_socket_lost(w->ms, w->now, socket, loss, &w->fx);
}

static void a_closed_page_leaves_within_five_seconds_and_a_broken_one_keeps_its_place(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, HOST, NULL);
    enter(&w, 2, AUTO, NULL);
    enter(&w, 3, AUTO, NULL);
    lose_by(&w, 2, LOSS_CLOSED);
    lose_by(&w, 3, LOSS_BROKEN);
    assert_true(heard_nothing(&w, 1));
    world_pass(&w, 5 * SEC);
    tick(&w);
    assert_string_equal(text_of(got(&w, 1, "participant:left"), "name"), "N2");
    world_pass(&w, 25 * SEC);
    tick(&w);
    assert_string_equal(text_of(got(&w, 1, "participant:left"), "name"), "N3");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_joins_is_told_of_the_others_and_they_of_it),
        cmocka_unit_test(a_name_is_trimmed_cut_and_never_empty),
        cmocka_unit_test(a_wrong_admin_token_does_not_join),
        cmocka_unit_test(joining_twice_or_speaking_before_is_refused_and_changes_nothing),
        cmocka_unit_test(a_storm_of_joiners_never_passes_the_cap),
        cmocka_unit_test(a_documented_client_leaves_with_its_socket),
        cmocka_unit_test(our_client_resumes_as_itself_and_nobody_hears_of_it),
        cmocka_unit_test(a_new_socket_takes_over_from_one_that_is_not_yet_known_to_be_dead),
        cmocka_unit_test(after_the_window_our_client_has_left_too),
        cmocka_unit_test(leaving_by_choice_is_at_once_for_everybody),
        cmocka_unit_test(who_joins_muted_by_setting_is_muted_unless_a_host),
        cmocka_unit_test(a_full_waiting_room_has_a_place_for_somebody_else),
        cmocka_unit_test(who_waits_for_ten_minutes_is_told_that_it_is_over),
        cmocka_unit_test(a_closed_page_leaves_within_five_seconds_and_a_broken_one_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
