/* meetings.c and the life of a meeting: scheduled, active, empty, ended; deadlines, counts, rates. */
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct meeting_ended *ended(const struct world *w)
{
    const struct effect *e = effect_of(w, FX_ENDED);
    return e ? e->ended : NULL;
}

static void an_emptied_meeting_ends_after_a_grace_that_is_not_charged(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.title = "T"});
    world_pass(&w, 60 * SEC);
    enter(&w, 1, "", NULL);
    enter(&w, 2, "", NULL);
    world_pass(&w, 30 * SEC);
    lose(&w, 1, false);
    lose(&w, 2, false);
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + MEETING_EMPTY_GRACE);
    world_pass(&w, 20 * SEC);
    tick(&w);
    assert_null(ended(&w));
    enter(&w, 3, "", NULL); /* in time */
    world_pass(&w, 60 * SEC);
    tick(&w);
    lose(&w, 3, false);
    world_pass(&w, MEETING_EMPTY_GRACE);
    tick(&w);
    const struct meeting_ended *row = ended(&w);
    assert_non_null(row);
    assert_int_equal(row->started_at, WORLD_WALL);
    assert_int_equal(row->ended_at, WORLD_WALL + 170 * SEC);
    assert_int_equal(row->duration_centiminutes, 283);
    assert_int_equal(row->peak_participants, 2);
    assert_int_equal(row->owner_user, 42);
    assert_string_equal(row->title, "T");
    assert_false(row->cancelled || row->guest);
    assert_null(meetings_find(w.ms, WORLD_ID));
    send(&w, 4, "join-meeting", "{'meetingId':'" WORLD_ID "'}");
    assert_string_equal(refusal(&w, 4), "ended");
    assert_int_equal(
        meetings_create(w.ms, &(struct meeting_config){.id = WORLD_ID, .admin_token_hash = SECRET_HASH}, w.now, NULL),
        ERR_STATE);
    world_close(&w);
}

static void who_vanished_is_charged_until_it_vanished(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, AUTO, NULL);
    world_pass(&w, 60 * SEC);
    lose(&w, 1, false);
    world_pass(&w, MEETING_RESUME_WINDOW);
    tick(&w);
    world_pass(&w, MEETING_EMPTY_GRACE);
    tick(&w);
    assert_int_equal(ended(&w)->duration_centiminutes, 100);
    world_close(&w);
}

static void ending_tells_and_closes_everybody_also_who_waits(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.waiting_room = true});
    enter(&w, 1, HOST, NULL);
    enter(&w, 2, HOST "," AUTO, NULL);
    enter(&w, 3, "", NULL);
    send_acked(&w, 1, "admin:end", "{'reason':'Done'}");
    assert_true(acked_ok(&w, 1));
    for (uint64_t s = 1; s <= 3; s++) {
        assert_true(json_is(got(&w, s, "meeting:ended"), "{'reason':'Done'}"));
        assert_null(got(&w, s, "participant:left"));
        assert_true(closes(&w, s));
    }
    assert_non_null(effect_of(&w, FX_PARTICIPANT_LEFT));
    assert_non_null(ended(&w));
    send(&w, 2, "chat:message", "{'text':'x'}");
    assert_string_equal(refusal(&w, 2), "not_joined");
    command(&w, "admin:lock", NULL);
    assert_int_equal(w.fx.reply.code, CODE_NOT_FOUND);
    lose(&w, 1, false);
    assert_int_equal(w.fx.n, 0);
    world_close(&w);
}

static void a_scheduled_meeting_opens_at_its_time_and_not_before(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct meeting *m = world_meeting(&w, (struct meeting_config){.scheduled_at = WORLD_WALL + 600 * SEC + 7 * MSEC});
    assert_int_equal(meeting_status(m), MEETING_SCHEDULED);
    assert_false(enter(&w, 1, HOST, NULL));
    assert_true(json_is(got(&w, 1, "error"),
                        "{'code':'scheduled','message':'The meeting starts at 2027-01-15T08:10:00.007Z',"
                        "'scheduledAt':'2027-01-15T08:10:00.007Z'}"));
    send(&w, 1, "waiting-room:join", "{'meetingId':'" WORLD_ID "'}");
    assert_string_equal(refusal(&w, 1), "scheduled");
    assert_int_equal(meetings_count(w.ms).scheduled, 1);
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 600 * SEC + 7 * MSEC);
    w.now.mono += 600 * SEC + 7 * MSEC; /* the wall clock was set back meanwhile */
    w.now.wall += 590 * SEC;
    tick(&w);
    assert_int_equal(meeting_status(m), MEETING_SCHEDULED);
    world_pass(&w, 10 * SEC + 7 * MSEC);
    tick(&w);
    assert_non_null(effect_of(&w, FX_STORE_ACTIVATED));
    assert_int_equal(meeting_started_at(m), w.now.wall);
    assert_true(enter(&w, 1, HOST, NULL));
    assert_int_equal(meetings_count(w.ms).active, 1);
    world_close(&w);
}

static void a_cancelled_meeting_says_so(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.scheduled_at = WORLD_WALL + SEC});
    command(&w, "admin:end", NULL);
    assert_true(ended(&w)->cancelled);
    assert_int_equal(meetings_deadline(w.ms), USEC_NEVER);
    world_close(&w);
}

static void meetings_nobody_joins_go_after_an_hour_or_a_day(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    world_meeting(&w, (struct meeting_config){.id = "qwerty-abc", .guest = true});
    assert_string_equal(meeting_title(meetings_find(w.ms, "qwerty-abc")), "Quick Meeting");
    world_pass(&w, MEETING_GUEST_UNJOINED);
    tick(&w);
    assert_true(ended(&w)->guest);
    assert_null(meetings_find(w.ms, "qwerty-abc"));
    assert_non_null(meetings_find(w.ms, WORLD_ID));
    world_pass(&w, MEETING_API_UNJOINED - MEETING_GUEST_UNJOINED);
    tick(&w);
    assert_int_equal(ended(&w)->duration_centiminutes, 0);
    assert_int_equal(ended(&w)->peak_participants, 0);
    world_close(&w);
}

static void the_registry_keeps_thousands_and_their_deadlines_in_order(void **state)
{
    (void)state;
    struct world w;
    char id[MEETING_ID_CAP];
    world_open_with(&w, &(struct meetings_config){.max_meetings = 3000, .empty_grace = 5 * SEC});
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "m%u", i);
        world_meeting(&w, (struct meeting_config){.id = id, .scheduled_at = WORLD_WALL + (i * 7919 % 3000 + 1) * SEC});
    }
    struct meeting_config more = {.id = "more", .admin_token_hash = SECRET_HASH};
    assert_int_equal(meetings_create(w.ms, &more, w.now, NULL), ERR_FULL);
    for (unsigned s = 1; s <= 3000; s++) {
        assert_int_equal(meetings_deadline(w.ms), w.now.mono + SEC);
        world_pass(&w, SEC);
        tick(&w);
        assert_int_equal(w.fx.n, 1);
        assert_int_equal(meetings_count(w.ms).active, s);
    }
    unsigned seen = 0;
    for (size_t at = 0; meetings_next(w.ms, &at);)
        seen++;
    assert_int_equal(seen, 3000);
    for (unsigned i = 0; i < 3000; i += 2) {
        snprintf(id, sizeof id, "m%u", i);
        effects_reset(&w.fx);
        struct meeting_event end = {.type = MEETING_COMMAND, .verb = meeting_verb_find("admin:end")};
        meetings_apply(w.ms, w.now, id, &end, &w.fx);
    }
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "m%u", i);
        assert_int_equal(meetings_find(w.ms, id) != NULL, i % 2);
    }
    world_pass(&w, MEETING_API_UNJOINED);
    tick(&w);
    assert_int_equal(meetings_count(w.ms).active, 0);
    world_close(&w);
}

static void an_id_can_be_taken_once_and_must_fit(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    struct meeting_config cfg = {.id = WORLD_ID, .admin_token_hash = SECRET_HASH};
    assert_int_equal(meetings_create(w.ms, &cfg, w.now, NULL), ERR_STATE);
    cfg.id = "an-id-that-is-much-too-long";
    assert_int_equal(meetings_create(w.ms, &cfg, w.now, NULL), ERR_SYNTAX);
    cfg = (struct meeting_config){.id = "x"};
    assert_int_equal(meetings_create(w.ms, &cfg, w.now, NULL), ERR_SYNTAX);
    world_close(&w);
}

static void a_socket_that_talks_too_much_is_warned_then_closed(void **state)
{
    (void)state;
    struct world w;
    unsigned heard = 0, warned = 0;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, "", NULL);
    enter(&w, 2, "", NULL);
    for (int i = 0; i < 1000 && !closes(&w, 1); i++) {
        send(&w, 1, "chat:message", "{'text':'spam'}");
        heard += got(&w, 2, "chat:message") != NULL;
        warned += strcmp(refusal(&w, 1), "rate_limited") == 0;
    }
    assert_true(closes(&w, 1));
    assert_int_equal(heard, 20);
    assert_int_equal(warned, 101);
    send(&w, 1, "chat:message", "{'text':'spam'}");
    assert_int_equal(w.fx.n, 0); /* deaf */
    send(&w, 2, "chat:message", "{'text':'hi'}");
    assert_non_null(got(&w, 1, "chat:message"));
    world_close(&w);
}

static void one_who_was_warned_may_go_on_more_slowly(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, "", NULL);
    for (int i = 0; i < 21; i++)
        send(&w, 1, "react", "{'emoji':'x'}");
    assert_string_equal(refusal(&w, 1), "rate_limited");
    for (int i = 0; i < 500; i++) {
        world_pass(&w, 200 * MSEC);
        send(&w, 1, "react", "{'emoji':'x'}");
        assert_non_null(got(&w, 1, "react"));
    }
    world_close(&w);
}

static void tokens_cannot_be_guessed_fast(void **state)
{
    (void)state;
    struct world w;
    unsigned tried = 0;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    for (int i = 0; i < 100; i++) {
        enter(&w, 1, "'isAdmin':true,'adminToken':'guess'", NULL);
        tried += strcmp(refusal(&w, 1), "bad_token") == 0;
    }
    assert_int_equal(tried, 10);
    world_close(&w);
}

static void counts_are_of_what_is_going_on(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, HOST, NULL);
    enter(&w, 2, "", NULL);
    send(&w, 2, "media:screen-share", "{'isScreenSharing':true}");
    send(&w, 1, "recording:broadcast-started", "{}");
    struct meetings_counts n = meetings_count(w.ms);
    assert_int_equal(n.participants, 2);
    assert_int_equal(n.screen_shares, 1);
    assert_int_equal(n.recordings, 1);
    assert_int_equal(n.sockets, 2);
    lose(&w, 2, true);
    assert_int_equal(meetings_count(w.ms).screen_shares, 0);
    assert_int_equal(meetings_count(w.ms).sockets, 1);
    world_close(&w);
}

/* How many reactions are let through before the first refusal. */
static unsigned reacts(struct world *w, uint64_t socket)
{
    unsigned n = 0;
    for (send(w, socket, "react", "{'emoji':'x'}"); !*refusal(w, socket); n++)
        send(w, socket, "react", "{'emoji':'x'}");
    return n;
}

static void a_new_socket_of_the_same_address_has_no_full_buckets(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    unsigned all = 0;
    for (uint64_t socket = 1; socket <= 20; socket++) {
        enter(&w, socket, "", NULL);
        all += reacts(&w, socket);
        send(&w, socket, "leave-meeting", "{}");
        lose(&w, socket, true);
    }
    assert_int_equal(all, 40); /* of two people */
    world_close(&w);
}

static void everybody_of_an_office_may_say_as_much_as_anybody(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.max_participants = 500});
    for (uint64_t socket = 1; socket <= 200; socket++)
        assert_true(enter(&w, socket, "", NULL));
    for (uint64_t socket = 1; socket <= 200; socket++)
        assert_int_equal(reacts(&w, socket), 20);
    world_close(&w);
}

static void offers_to_the_media_server_have_a_rate_of_their_own(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, BOT, NULL);
    unsigned n = 0;
    while (strcmp(refusal(&w, 1), "rate_limited") != 0 && n < 100) {
        send(&w, 1, "signal:offer", "{'to':'sfu','offer':{'type':'offer','sdp':'v=0'}}");
        n++;
    }
    assert_int_equal(n, 21);
    send_acked(&w, 1, "signal:offer", "{'to':'nobody','offer':{'type':'offer','sdp':'v=0'}}");
    assert_string_equal(refusal(&w, 1), "not_found");
    world_pass(&w, 200 * MSEC);
    send(&w, 1, "signal:offer", "{'to':'sfu','offer':{'type':'offer','sdp':'v=0'}}");
    assert_string_not_equal(refusal(&w, 1), "rate_limited");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_emptied_meeting_ends_after_a_grace_that_is_not_charged),
        cmocka_unit_test(who_vanished_is_charged_until_it_vanished),
        cmocka_unit_test(ending_tells_and_closes_everybody_also_who_waits),
        cmocka_unit_test(a_scheduled_meeting_opens_at_its_time_and_not_before),
        cmocka_unit_test(a_cancelled_meeting_says_so),
        cmocka_unit_test(meetings_nobody_joins_go_after_an_hour_or_a_day),
        cmocka_unit_test(the_registry_keeps_thousands_and_their_deadlines_in_order),
        cmocka_unit_test(an_id_can_be_taken_once_and_must_fit),
        cmocka_unit_test(a_socket_that_talks_too_much_is_warned_then_closed),
        cmocka_unit_test(one_who_was_warned_may_go_on_more_slowly),
        cmocka_unit_test(tokens_cannot_be_guessed_fast),
        cmocka_unit_test(counts_are_of_what_is_going_on),
        cmocka_unit_test(a_new_socket_of_the_same_address_has_no_full_buckets),
        cmocka_unit_test(everybody_of_an_office_may_say_as_much_as_anybody),
        cmocka_unit_test(offers_to_the_media_server_have_a_rate_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
