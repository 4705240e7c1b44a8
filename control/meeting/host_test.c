/* host.c, settings.c, waiting.c: what hosts do, over REST and over their sockets. */
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char A[PARTICIPANT_ID_CAP], B[PARTICIPANT_ID_CAP], C[PARTICIPANT_ID_CAP];

static struct meeting *three_in(struct world *w, struct meeting_config cfg)
{
    world_open(w);
    struct meeting *m = world_meeting(w, cfg);
    enter(w, 1, HOST, A);
    enter(w, 2, AUTO, B);
    enter(w, 3, "", C);
    return m;
}

static void only_hosts_may_do_host_actions(void **state)
{
    (void)state;
    static const char *const actions[][2] = {
        {"admin:mute", "{'participantId':'000000000001'}"},
        {"admin:unmute", "{'participantId':'000000000001'}"},
        {"admin:kick", "{'participantId':'000000000001'}"},
        {"admin:mute-all", "{}"},
        {"admin:lock", "{}"},
        {"admin:unlock", "{}"},
        {"admin:settings", "{'title':'x'}"},
        {"admin:end", "{}"},
        {"waiting-room:admit", "{'socketId':'sid9'}"},
        {"waiting-room:deny", "{'socketId':'sid9'}"},
    };
    struct world w;
    three_in(&w, (struct meeting_config){0});
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        send(&w, 2, actions[i][0], actions[i][1]);
        assert_string_equal(refusal(&w, 2), "forbidden");
        assert_int_equal(w.fx.n, 1);
        send_acked(&w, 9, actions[i][0], actions[i][1]);
        assert_string_equal(refusal(&w, 9), "not_joined");
    }
    world_close(&w);
}

static void a_forced_mute_is_told_to_the_muted_and_to_the_others(void **state)
{
    (void)state;
    struct world w;
    three_in(&w, (struct meeting_config){0});
    for (int rest = 0; rest < 2; rest++) {
        if (rest)
            command(&w, "admin:mute", "{'participantId':'000000000002'}");
        else
            send(&w, 1, "admin:mute", "{'participantId':'000000000002'}");
        assert_int_equal(w.fx.reply.code, CODE_OK);
        assert_true(json_is(got(&w, 2, "admin:mute"), "{}"));
        assert_null(got(&w, 2, "participant:updated"));
        assert_true(json_is(got(&w, 3, "participant:updated"), "{'participantId':'000000000002','isMuted':true}"));
        assert_non_null(got(&w, 1, "participant:updated"));
    }
    command(&w, "admin:unmute", "{'participantId':'000000000002'}");
    assert_non_null(got(&w, 2, "admin:unmute"));
    assert_true(heard_nothing(&w, 3));
    command(&w, "admin:mute", "{'participantId':'nobody'}");
    assert_int_equal(w.fx.reply.code, CODE_NOT_FOUND);
    command(&w, "admin:mute", NULL);
    assert_int_equal(w.fx.reply.code, CODE_BAD_REQUEST);
    world_close(&w);
}

static void mute_all_spares_only_the_host_who_asked(void **state)
{
    (void)state;
    struct world w;
    struct meeting *m = three_in(&w, (struct meeting_config){0});
    enter(&w, 4, HOST, NULL);
    send(&w, 1, "admin:mute-all", "{}");
    assert_null(got(&w, 1, "meeting:all-muted"));
    assert_non_null(got(&w, 2, "meeting:all-muted"));
    assert_non_null(got(&w, 4, "meeting:all-muted"));
    json_t *last = NULL;
    assert_int_equal(n_got(&w, 1, "participant:updated", &last), 3);
    assert_int_equal(n_got(&w, 2, "participant:updated", &last), 2);
    json_t *all = meeting_participants_json(m);
    assert_false(flag_of(json_array_get(all, 0), "isMuted"));
    assert_true(flag_of(json_array_get(all, 3), "isMuted"));
    json_decref(all);
    command(&w, "admin:mute-all", NULL);
    assert_non_null(got(&w, 1, "meeting:all-muted"));
    assert_int_equal(n_got(&w, 2, "participant:updated", &last), 1);
    world_close(&w);
}

static void who_is_kicked_is_told_why_and_closed(void **state)
{
    (void)state;
    struct world w;
    struct meeting *m = three_in(&w, (struct meeting_config){0});
    send_acked(&w, 1, "admin:kick", "{'participantId':'000000000003','reason':'Noise'}");
    assert_true(acked_ok(&w, 1));
    assert_true(json_is(got(&w, 3, "admin:kick"), "{'reason':'Noise'}"));
    assert_true(closes(&w, 3));
    assert_null(got(&w, 3, "participant:left"));
    assert_non_null(got(&w, 2, "participant:left"));
    assert_int_equal(meeting_n_participants(m), 2);
    send(&w, 3, "chat:message", "{'text':'still here?'}");
    assert_string_equal(refusal(&w, 3), "not_joined");
    lose(&w, 2, false); /* away */
    command(&w, "admin:kick", "{'participantId':'000000000002'}");
    assert_int_equal(meeting_n_participants(m), 1);
    assert_non_null(got(&w, 1, "participant:left"));
    world_close(&w);
}

static void a_reasons_length_is_of_characters(void **state)
{
    (void)state;
    struct world w;
    char said[300 * 4 + 1] = "", payload[sizeof said + 64], want[sizeof said + 16];
    three_in(&w, (struct meeting_config){0});
    for (unsigned i = 0; i < 300; i++)
        strcat(said, "\xf0\x9f\x8d\x95"); /* two UTF-16 units each */
    snprintf(payload, sizeof payload, "{'participantId':'000000000003','reason':'%s'}", said);
    snprintf(want, sizeof want, "{'reason':'%s'}", said);
    command(&w, "admin:kick", payload);
    assert_true(json_is(got(&w, 3, "admin:kick"), want));
    world_close(&w);
}

static void changed_settings_are_told_to_all_and_stored(void **state)
{
    (void)state;
    struct world w;
    struct meeting *m = three_in(&w, (struct meeting_config){0});
    static const char want[] = "{'muteOnJoin':true,'videoOffOnJoin':false,'maxParticipants':3,'locked':false,"
                               "'waitingRoom':false,'topology':'mesh','title':'New'}";
    command(&w, "admin:settings", "{'title':'New','muteOnJoin':true,'maxParticipants':3,'topology':'mesh','x':1}");
    for (uint64_t s = 1; s <= 3; s++)
        assert_true(json_is(got(&w, s, "meeting:settings-updated"), want));
    assert_true(json_is(effect_of(&w, FX_STORE_SETTINGS)->payload, want));
    assert_string_equal(meeting_title(m), "New");
    assert_int_equal(w.fx.reply.code, CODE_OK);
    assert_false(enter(&w, 4, "", NULL));
    assert_string_equal(refusal(&w, 4), "full");
    static const char *const wrong[] = {
        "{'title':'x','maxParticipants':0}",
        "{'title':'x','maxParticipants':1001}",
        "{'title':'x','maxParticipants':2.5}",
        "{'title':'x','maxParticipants':'9'}",
        "{'title':'x','topology':'star'}",
        "{'title':'x','locked':1}",
        "{'title':'','muteOnJoin':false}",
        "{'title':' ','muteOnJoin':false}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        command(&w, "admin:settings", wrong[i]);
        assert_int_equal(w.fx.reply.code, CODE_BAD_REQUEST);
        assert_int_equal(w.fx.n, 0);
    }
    json_t *settings = meeting_settings_json(m);
    assert_true(flag_of(settings, "muteOnJoin"));
    assert_string_equal(meeting_title(m), "New");
    json_decref(settings);
    world_close(&w);
}

static void a_title_has_200_characters_whatever_their_size(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\u00e9", "\U0001f44b"};
    struct world w;
    struct meeting *m = three_in(&w, (struct meeting_config){0});
    for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
        char title[201 * 4 + 1] = "", payload[900];
        for (int n = 0; n < 200; n++)
            strcat(title, characters[i]);
        snprintf(payload, sizeof payload, "{'title':'%s'}", title);
        command(&w, "admin:settings", payload);
        assert_int_equal(w.fx.reply.code, CODE_OK);
        assert_string_equal(meeting_title(m), title);
        snprintf(payload, sizeof payload, "{'title':'%s%s'}", title, characters[i]);
        command(&w, "admin:settings", payload);
        assert_int_equal(w.fx.reply.code, CODE_BAD_REQUEST);
    }
    world_close(&w);
}

static void a_lock_keeps_out_all_but_hosts_and_the_invited(void **state)
{
    (void)state;
    struct world w;
    char invite[128];
    three_in(&w, (struct meeting_config){0});
    send(&w, 1, "admin:lock", "{}");
    assert_true(flag_of(got(&w, 2, "meeting:settings-updated"), "locked"));
    assert_false(enter(&w, 4, "", NULL));
    assert_string_equal(refusal(&w, 4), "locked");
    assert_true(enter(&w, 5, HOST, NULL));

    command(&w, "admin:invite", "{'name':'Bob & Ann'}");
    const char *token = text_of(w.fx.reply.data, "inviteToken"), *url = text_of(w.fx.reply.data, "joinUrl");
    assert_int_equal(strncmp(url, "/join/abc-defg-hij?invite=", 26), 0);
    assert_non_null(strstr(url, "&name=Bob%20%26%20Ann"));
    snprintf(invite, sizeof invite, "'inviteToken':'%s'", token);
    assert_true(enter(&w, 6, invite, NULL));
    assert_false(enter(&w, 7, invite, NULL)); /* spent */
    assert_string_equal(refusal(&w, 7), "bad_token");
    command(&w, "admin:invite", NULL);
    snprintf(invite, sizeof invite, "'invite':'%s'", text_of(w.fx.reply.data, "inviteToken"));
    assert_true(enter(&w, 7, invite, NULL));
    command(&w, "admin:unlock", NULL);
    assert_true(enter(&w, 8, "", NULL));
    world_close(&w);
}

static void an_invite_that_met_a_full_room_is_not_spent(void **state)
{
    (void)state;
    struct world w;
    char invite[128];
    three_in(&w, (struct meeting_config){.settings.max_participants = 3});
    command(&w, "admin:invite", NULL);
    snprintf(invite, sizeof invite, "'inviteToken':'%s'", text_of(w.fx.reply.data, "inviteToken"));
    assert_false(enter(&w, 4, invite, NULL));
    assert_string_equal(refusal(&w, 4), "full");
    lose(&w, 3, false);
    assert_true(enter(&w, 4, invite, NULL));
    world_close(&w);
}

static void who_waits_is_announced_admitted_and_then_joins(void **state)
{
    (void)state;
    struct world w;
    struct meeting *m = three_in(&w, (struct meeting_config){.settings.waiting_room = true});
    assert_int_equal(meeting_n_participants(m), 1); /* the host alone passed */
    const json_t *asked = got(&w, 1, "waiting-room:participant-waiting");
    assert_true(json_is(asked, "{'socketId':'sid3','name':'N3','count':2}"));
    assert_true(*text_of(got(&w, 3, "waiting-room:waiting"), "message"));
    send(&w, 4, "waiting-room:join", "{'meetingId':'" WORLD_ID "','name':'Dan'}");
    assert_true(json_is(got(&w, 1, "waiting-room:participant-waiting"), "{'socketId':'sid4','name':'Dan','count':3}"));
    send(&w, 4, "waiting-room:join", "{'meetingId':'" WORLD_ID "','name':'Dan'}"); /* again: told, not queued twice */
    assert_non_null(got(&w, 4, "waiting-room:waiting"));
    assert_true(heard_nothing(&w, 1));
    send(&w, 4, "chat:message", "{'text':'let me in'}");
    assert_string_equal(refusal(&w, 4), "not_joined");

    send_acked(&w, 1, "waiting-room:admit", "{'meetingId':'" WORLD_ID "','socketId':'sid4'}");
    assert_true(acked_ok(&w, 1));
    assert_non_null(got(&w, 4, "waiting-room:admitted"));
    assert_true(json_is(got(&w, 1, "waiting-room:participant-waiting"),
                        "{'socketId':'sid4','name':'Dan','count':2,'removed':true}"));
    assert_true(counted(&w, "feature.waiting_room", "{'action':'admit'}"));
    command(&w, "admin:lock", NULL);
    assert_true(enter(&w, 4, "", NULL));
    assert_false(enter(&w, 5, "", NULL)); /* one entry, that connection */
    command(&w, "admin:unlock", NULL);

    send(&w, 1, "waiting-room:deny", "{'meetingId':'" WORLD_ID "','socketId':'sid3'}");
    assert_true(*text_of(got(&w, 3, "waiting-room:denied"), "message"));
    assert_true(counted(&w, "feature.waiting_room", "{'action':'deny'}"));
    send_acked(&w, 1, "waiting-room:deny", "{'meetingId':'" WORLD_ID "','socketId':'sid3'}");
    assert_string_equal(refusal(&w, 1), "not_found");
    send_acked(&w, 1, "waiting-room:admit", "{'meetingId':'other','socketId':'sid2'}");
    assert_string_equal(refusal(&w, 1), "not_found");

    lose(&w, 2, false);
    assert_true(json_is(got(&w, 1, "waiting-room:participant-waiting"),
                        "{'socketId':'sid2','name':'N2','count':0,'removed':true}"));
    world_close(&w);
}

static void an_admission_is_good_for_five_minutes(void **state)
{
    (void)state;
    struct world w;
    three_in(&w, (struct meeting_config){.settings.waiting_room = true});
    send(&w, 1, "waiting-room:admit", "{'socketId':'sid2'}");
    send(&w, 1, "waiting-room:admit", "{'socketId':'sid3'}");
    world_pass(&w, MEETING_ADMISSION - 1);
    tick(&w);
    assert_true(enter(&w, 2, "", NULL));
    world_pass(&w, 1);
    tick(&w);
    assert_false(enter(&w, 3, "", NULL));
    assert_non_null(got(&w, 3, "waiting-room:waiting"));
    world_close(&w);
}

static void a_host_who_comes_later_hears_of_all_who_wait(void **state)
{
    (void)state;
    struct world w;
    json_t *last = NULL;
    three_in(&w, (struct meeting_config){.settings.waiting_room = true});
    enter(&w, 5, HOST, NULL);
    assert_int_equal(n_got(&w, 5, "waiting-room:participant-waiting", &last), 2);
    assert_int_equal(json_integer_value(json_object_get(last, "count")), 2);
    assert_null(got(&w, 1, "waiting-room:participant-waiting"));
    enter(&w, 3, HOST, NULL); /* it waited itself: it hears of the one that still does */
    assert_true(json_is(got(&w, 3, "waiting-room:participant-waiting"), "{'socketId':'sid2','name':'N2','count':1}"));
    assert_true(flag_of(got(&w, 1, "waiting-room:participant-waiting"), "removed"));
    world_close(&w);
}

static void switching_the_waiting_room_off_admits_all(void **state)
{
    (void)state;
    struct world w;
    three_in(&w, (struct meeting_config){.settings.waiting_room = true});
    send(&w, 1, "admin:settings", "{'waitingRoom':false}");
    assert_non_null(got(&w, 2, "waiting-room:admitted"));
    assert_non_null(got(&w, 3, "waiting-room:admitted"));
    assert_true(enter(&w, 2, "", NULL));
    send(&w, 4, "waiting-room:join", "{'meetingId':'" WORLD_ID "'}");
    assert_non_null(got(&w, 4, "waiting-room:admitted"));
    send(&w, 1, "admin:lock", "{}");
    send(&w, 5, "waiting-room:join", "{'meetingId':'" WORLD_ID "'}");
    assert_string_equal(refusal(&w, 5), "locked");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_hosts_may_do_host_actions),
        cmocka_unit_test(a_forced_mute_is_told_to_the_muted_and_to_the_others),
        cmocka_unit_test(mute_all_spares_only_the_host_who_asked),
        cmocka_unit_test(who_is_kicked_is_told_why_and_closed),
        cmocka_unit_test(a_reasons_length_is_of_characters),
        cmocka_unit_test(changed_settings_are_told_to_all_and_stored),
        cmocka_unit_test(a_title_has_200_characters_whatever_their_size),
        cmocka_unit_test(a_lock_keeps_out_all_but_hosts_and_the_invited),
        cmocka_unit_test(an_invite_that_met_a_full_room_is_not_spent),
        cmocka_unit_test(who_waits_is_announced_admitted_and_then_joins),
        cmocka_unit_test(an_admission_is_good_for_five_minutes),
        cmocka_unit_test(a_host_who_comes_later_hears_of_all_who_wait),
        cmocka_unit_test(switching_the_waiting_room_off_admits_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
