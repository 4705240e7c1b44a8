#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char ID[10][PARTICIPANT_ID_CAP];

static void sfu(struct world *w, bool up, bool restarted)
{
    effects_reset(&w->fx);
    meetings_sfu(w->ms, w->now, up, restarted, &w->fx);
}

static void open_up(struct world *w, struct meeting_config cfg)
{
    world_open(w); /* a mesh has at most 3 */
    sfu(w, true, true);
    world_meeting(w, cfg);
}

static void many(struct world *w, uint64_t from, uint64_t to, const char *how)
{
    for (uint64_t s = from; s <= to; s++)
        assert_true(enter(w, s, how, ID[s]));
}

static const char *told_topology(const struct world *w, uint64_t socket)
{
    return text_of(got(w, socket, "joined"), "topology");
}

static void one_too_many_for_a_mesh_turns_it_to_the_sfu(void **state)
{
    (void)state;
    struct world w;
    char payload[128];
    open_up(&w, (struct meeting_config){0});
    many(&w, 1, 3, AUTO);
    assert_string_equal(told_topology(&w, 3), "mesh");
    assert_null(effect_of(&w, FX_SFU));
    many(&w, 4, 4, AUTO);
    assert_string_equal(told_topology(&w, 4), "sfu");
    assert_null(got(&w, 4, "topology:changed"));
    for (uint64_t s = 1; s <= 4; s++)
        assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[s]));
    for (uint64_t s = 1; s <= 3; s++)
        assert_true(json_is(got(&w, s, "topology:changed"), "{'topology':'sfu'}"));
    snprintf(payload, sizeof payload, "{'to':'%s','offer':{}}", ID[2]);
    send(&w, 1, "signal:offer", payload); /* the mesh goes on until media flows */
    assert_non_null(got(&w, 2, "signal:offer"));
    for (uint64_t s = 2; s <= 4; s++) {
        lose(&w, s, true);
        assert_non_null(sfu_was_told(&w, SFU_LEAVE, ID[s]));
    }
    assert_null(sfu_was_told(&w, SFU_END_ROOM, ""));
    many(&w, 5, 5, AUTO);
    assert_string_equal(told_topology(&w, 5), "sfu"); /* it stays one */
    lose(&w, 1, true);
    lose(&w, 5, true);
    assert_non_null(sfu_was_told(&w, SFU_END_ROOM, ""));
    many(&w, 6, 6, AUTO);
    assert_string_equal(told_topology(&w, 6), "mesh"); /* until it is empty */
    world_close(&w);
}

static void one_who_asks_for_the_sfu_turns_a_small_meeting_to_it(void **state)
{
    (void)state;
    struct world w;
    open_up(&w, (struct meeting_config){0});
    many(&w, 1, 1, AUTO);
    many(&w, 2, 2, BOT);
    assert_string_equal(told_topology(&w, 2), "sfu");
    assert_non_null(got(&w, 1, "topology:changed"));
    world_close(&w);
}

static void documented_clients_alone_never_switch_and_always_signal(void **state)
{
    (void)state;
    struct world w;
    char payload[128];
    open_up(&w, (struct meeting_config){0});
    many(&w, 1, 6, "");
    assert_null(effect_of(&w, FX_SFU));
    many(&w, 7, 7, AUTO);
    assert_string_equal(told_topology(&w, 7), "sfu");
    assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[7]));
    assert_null(sfu_was_told(&w, SFU_JOIN, ID[1]));
    assert_null(got(&w, 1, "topology:changed"));
    many(&w, 8, 8, "'topology':'mesh'");
    assert_string_equal(told_topology(&w, 8), "mesh");
    snprintf(payload, sizeof payload, "{'to':'%s','offer':{'type':'offer','sdp':'v=0'}}", ID[7]);
    send(&w, 8, "signal:offer", payload);
    assert_non_null(got(&w, 7, "signal:offer"));
    send(&w, 8, "signal:offer", "{'to':'sfu','offer':{'type':'offer','sdp':'v=0'}}");
    assert_string_equal(refusal(&w, 8), "bad_request");
    world_close(&w);
}

static void the_setting_decides_over_size_and_wishes(void **state)
{
    (void)state;
    struct world w;
    open_up(&w, (struct meeting_config){.settings.topology = TOPOLOGY_MESH});
    many(&w, 1, 5, BOT);
    assert_string_equal(told_topology(&w, 5), "mesh");
    command(&w, "admin:settings", "{'topology':'sfu'}");
    assert_non_null(got(&w, 5, "topology:changed"));
    assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[5]));
    world_close(&w);
    open_up(&w, (struct meeting_config){.settings.topology = TOPOLOGY_SFU});
    many(&w, 1, 1, AUTO);
    assert_string_equal(told_topology(&w, 1), "sfu");
    world_close(&w);
}

/* Two in the SFU: 1 and 2. */
static void two(struct world *w)
{
    open_up(w, (struct meeting_config){.settings.topology = TOPOLOGY_SFU});
    many(w, 1, 2, AUTO);
}

static uint64_t offer(struct world *w, uint64_t socket, bool with_ack)
{
    w->next_ack = with_ack;
    send(w, socket, "signal:offer", "{'to':'sfu','offer':{'type':'offer','sdp':'v=0 mine'}}");
    const struct effect *e = sfu_was_told(w, SFU_OFFER, ID[socket]);
    return e ? e->request : 0;
}

static void an_offer_is_acknowledged_when_the_sfu_has_answered(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    uint64_t request = offer(&w, 1, true);
    assert_string_equal(json_string_value(sfu_was_told(&w, SFU_OFFER, ID[1])->payload), "v=0 mine");
    assert_null(acked(&w, 1));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_ANSWER, .participant = ID[1], .request = request},
          "'v=0 answer'");
    assert_true(json_is(got(&w, 1, "signal:answer"), "{'from':'sfu','answer':{'type':'answer','sdp':'v=0 answer'}}"));
    assert_true(acked_ok(&w, 1));
    assert_true(heard_nothing(&w, 2));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_ANSWER, .participant = ID[1], .request = request}, "'again'");
    assert_int_equal(w.fx.n, 0);
    world_close(&w);
}

static void a_refused_offer_is_told_with_its_reason(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    uint64_t request = offer(&w, 1, true);
    struct meeting_event refused = {.type = MEETING_SFU_REFUSED, .participant = ID[1], .request = request};
    apply(&w, refused, "'no fingerprint'");
    assert_true(json_is(acked(&w, 1), "{'ok':false,'error':{'code':'bad_request','message':'no fingerprint'}}"));
    refused.request = offer(&w, 1, false);
    refused.unavailable = true;
    apply(&w, refused, "'draining'");
    assert_true(json_is(got(&w, 1, "error"), "{'code':'unavailable','message':'draining'}"));
    static const char *const wrong[] = {"{'to':'sfu','offer':{}}", "{'to':'sfu','offer':{'type':'answer','sdp':'x'}}",
                                        "{'to':'sfu','offer':'v=0'}", "{'to':'sfu','offer':{'type':'offer','sdp':1}}"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        send(&w, 1, "signal:offer", wrong[i]);
        assert_string_equal(refusal(&w, 1), "bad_request");
    }
    send(&w, 1, "signal:answer", "{'to':'sfu','answer':{}}");
    assert_string_equal(refusal(&w, 1), "bad_request");
    for (int i = 0; i < 4; i++)
        assert_int_not_equal(offer(&w, 1, true), 0);
    assert_int_equal(offer(&w, 1, true), 0);
    assert_string_equal(refusal(&w, 1), "rate_limited");
    world_close(&w);
}

static void what_a_client_asks_of_the_sfu_is_checked_and_passed_on(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    send_acked(&w, 1, "sfu:tracks", "{'tracks':[{'mid':'0','source':'camera'}]}");
    assert_true(acked_ok(&w, 1));
    assert_true(json_is(sfu_was_told(&w, SFU_TRACKS, ID[1])->payload, "[{'mid':'0','source':'camera'}]"));
    send(&w, 1, "sfu:tracks", "{'tracks':[{'mid':'1','source':'screen','luggage':[1,2,3]}]}");
    assert_true(json_is(sfu_was_told(&w, SFU_TRACKS, ID[1])->payload, "[{'mid':'1','source':'screen'}]"));
    send(&w, 1, "sfu:view",
         "{'views':[{'participantId':'x','source':'camera','width':640,'height':360.5}],'maxVideo':9}");
    assert_int_equal(json_integer_value(json_object_get(sfu_was_told(&w, SFU_VIEW, ID[1])->payload, "maxVideo")), 9);
    send(&w, 1, "signal:ice-candidate", "{'to':'sfu','candidate':null}");
    assert_true(json_is_null(sfu_was_told(&w, SFU_CANDIDATE, ID[1])->payload));
    static const char *const wrong[][2] = {
        {"sfu:tracks", "{'tracks':[{'mid':'0','source':'cat'}]}"},
        {"sfu:tracks", "{'tracks':[5]}"},
        {"sfu:tracks", "{'tracks':{}}"},
        {"sfu:view", "{'views':[{'participantId':'x','source':'camera','width':-1,'height':1}]}"},
        {"sfu:view", "{'views':[{'participantId':'x','source':'camera','width':1,'height':'1'}]}"},
        {"sfu:view", "{'views':[],'maxVideo':-1}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        send(&w, 1, wrong[i][0], wrong[i][1]);
        assert_string_equal(refusal(&w, 1), "bad_request");
    }
    world_close(&w);
}

static void what_the_sfu_says_reaches_whom_it_concerns(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    many(&w, 3, 3, "");
    apply(&w, (struct meeting_event){.type = MEETING_SFU_SPEAKERS}, "{'speakers':[],'dominant':null}");
    assert_non_null(got(&w, 1, "sfu:speakers"));
    assert_non_null(got(&w, 2, "sfu:speakers"));
    assert_true(heard_nothing(&w, 3));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_QUALITY, .participant = ID[2]}, "{'score':4}");
    assert_true(json_is(got(&w, 2, "sfu:quality"), "{'score':4}"));
    assert_true(heard_nothing(&w, 1));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_CANDIDATE, .participant = ID[2]}, "{'candidate':'c'}");
    assert_true(json_is(got(&w, 2, "signal:ice-candidate"), "{'from':'sfu','candidate':{'candidate':'c'}}"));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_SLOTS, .participant = ID[2]}, "[{'mid':'5','kind':'video'}]");
    assert_true(json_is(got(&w, 2, "sfu:slots"), "{'slots':[{'mid':'5','kind':'video'}]}"));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_SLOTS, .participant = "gone"}, "[]");
    assert_int_equal(w.fx.n, 0);
    world_close(&w);
}

static void who_resumes_gets_the_slots_as_they_are_and_no_new_connection(void **state)
{
    (void)state;
    struct world w;
    char more[128];
    open_up(&w, (struct meeting_config){.settings.topology = TOPOLOGY_SFU});
    many(&w, 1, 1, AUTO);
    snprintf(more, sizeof more, AUTO ",'resumeToken':'%s'", text_of(got(&w, 1, "joined"), "resumeToken"));
    struct meeting_event slots = {.type = MEETING_SFU_SLOTS, .participant = ID[1]};
    apply(&w, slots, "[{'mid':'5','source':null},{'mid':'6','source':null}]");
    lose(&w, 1, false);
    assert_null(effect_of(&w, FX_SFU));
    apply(&w, slots, "[{'mid':'5','source':'camera'}]");
    assert_int_equal(w.fx.n, 0);
    assert_true(enter(&w, 2, more, NULL));
    assert_string_equal(told_topology(&w, 2), "sfu");
    assert_null(effect_of(&w, FX_SFU));
    assert_true(
        json_is(got(&w, 2, "sfu:slots"), "{'slots':[{'mid':'5','source':'camera'},{'mid':'6','source':null}]}"));
    world_close(&w);
}

static void a_forced_mute_also_blocks_the_audio_until_the_muted_unmutes_itself(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    command(&w, "admin:mute", "{'participantId':'000000000001'}");
    assert_true(json_is_true(sfu_was_told(&w, SFU_AUDIO_BLOCKED, ID[1])->payload));
    send(&w, 1, "media:toggle-audio", "{'isMuted':true}");
    assert_null(effect_of(&w, FX_SFU));
    sfu(&w, true, true);
    assert_true(json_is_true(sfu_was_told(&w, SFU_AUDIO_BLOCKED, ID[1])->payload));
    send(&w, 1, "media:toggle-audio", "{'isMuted':false}");
    assert_true(json_is_false(sfu_was_told(&w, SFU_AUDIO_BLOCKED, ID[1])->payload));
    send(&w, 2, "media:toggle-audio", "{'isMuted':true}");
    command(&w, "admin:mute-all", NULL);
    assert_non_null(sfu_was_told(&w, SFU_AUDIO_BLOCKED, ID[2]));
    world_close(&w);
}

static void a_restarted_sfu_costs_nobody_the_meeting(void **state)
{
    (void)state;
    struct world w;
    two(&w);
    many(&w, 3, 3, "");
    uint64_t request = offer(&w, 1, true);
    assert_int_not_equal(request, 0);
    sfu(&w, false, false);
    assert_string_equal(refusal(&w, 1), "unavailable");
    assert_int_equal(offer(&w, 1, true), 0);
    assert_string_equal(refusal(&w, 1), "unavailable");
    sfu(&w, true, true);
    for (uint64_t s = 1; s <= 2; s++) {
        assert_true(*text_of(got(&w, s, "sfu:restart"), "reason"));
        assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[s]));
    }
    assert_true(heard_nothing(&w, 3));
    assert_int_equal(meetings_count(w.ms).participants, 3);
    sfu(&w, false, false);
    sfu(&w, true, false); /* only our connection to it was lost */
    assert_true(heard_nothing(&w, 1));
    assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[1]));
    apply(&w, (struct meeting_event){.type = MEETING_SFU_SESSION_FAILED, .participant = ID[2]}, "'consent'");
    assert_true(json_is(got(&w, 2, "sfu:restart"), "{'reason':'consent'}"));
    assert_true(heard_nothing(&w, 1));
    world_close(&w);
}

static void without_the_sfu_an_auto_meeting_stays_a_mesh_until_it_is_there(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    many(&w, 1, 5, AUTO);
    assert_string_equal(told_topology(&w, 5), "mesh");
    sfu(&w, true, true);
    assert_non_null(got(&w, 5, "topology:changed"));
    assert_non_null(sfu_was_told(&w, SFU_JOIN, ID[5]));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_too_many_for_a_mesh_turns_it_to_the_sfu),
        cmocka_unit_test(one_who_asks_for_the_sfu_turns_a_small_meeting_to_it),
        cmocka_unit_test(documented_clients_alone_never_switch_and_always_signal),
        cmocka_unit_test(the_setting_decides_over_size_and_wishes),
        cmocka_unit_test(an_offer_is_acknowledged_when_the_sfu_has_answered),
        cmocka_unit_test(a_refused_offer_is_told_with_its_reason),
        cmocka_unit_test(what_a_client_asks_of_the_sfu_is_checked_and_passed_on),
        cmocka_unit_test(what_the_sfu_says_reaches_whom_it_concerns),
        cmocka_unit_test(who_resumes_gets_the_slots_as_they_are_and_no_new_connection),
        cmocka_unit_test(a_forced_mute_also_blocks_the_audio_until_the_muted_unmutes_itself),
        cmocka_unit_test(a_restarted_sfu_costs_nobody_the_meeting),
        cmocka_unit_test(without_the_sfu_an_auto_meeting_stays_a_mesh_until_it_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
