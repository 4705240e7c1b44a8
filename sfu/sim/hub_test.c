/* Whole calls through one hub, by simulated clients over a simulated network. */
#include "sim/world.h"
#include "rtp/keyframe_req.h"
#include "rtp/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const struct world_config quiet = {.n_hubs = 1, .delay = 10 * MSEC};

static void assert_clean(const struct sim_slot *s, unsigned at_least)
{
    assert_int_equal(s->n_bad_payload, 0);
    assert_int_equal(s->n_bad_start, 0);
    assert_int_equal(s->n_bad_pic, 0);
    assert_int_equal(s->n_bad_ts, 0);
    assert_int_equal(s->n_bad_marker, 0);
    assert_int_equal(s->n_bad_rtx, 0);
    assert_int_equal(s->n_duplicates, 0);
    assert_in_range(s->n_packets, at_least, 1000000);
}

static void assert_sees(struct world *w, unsigned who, unsigned whom, const char *audio, const char *video)
{
    struct sim_client *c = world_sim(w, who);
    assert_string_equal(world_slot_owner(w, who, audio), w->clients[whom].name);
    assert_string_equal(world_slot_owner(w, who, video), w->clients[whom].name);
    assert_clean(world_slot(w, who, audio), 40);
    assert_clean(world_slot(w, who, video), 60);
    assert_int_equal(world_slot(w, who, audio)->source, 100 + whom);
    assert_int_equal(world_slot(w, who, video)->source, 100 + whom);
    assert_int_equal(sim_slot_holes(world_slot(w, who, audio)), 0);
    assert_int_equal(sim_slot_holes(world_slot(w, who, video)), 0);
    assert_int_equal(world_slot(w, who, video)->n_bad_counter, 0);
    assert_int_equal(c->n_undecryptable, 0);
    assert_int_equal(c->n_unknown_ssrc, 0);
}

static void two_members_see_and_hear_each_other(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, 2 * SEC);
    assert_sees(w, 0, 1, "2", "4");
    assert_sees(w, 1, 0, "2", "4");
    assert_int_equal(world_slot(w, 0, "5")->n_packets, 0);
    assert_int_equal(world_slot(w, 0, "3")->n_packets, 0);
    assert_in_range(world_sim(w, 0)->n_sr, 2, 100);
    assert_in_range(world_sim(w, 0)->n_twcc, 10, 1000);
    assert_int_equal(world_find_note(w, MSG_STATE, "ann")->state.state, SESSION_OPEN);
    world_free(w);
}

static void nack(struct world *w, unsigned client, const struct sim_slot *s, uint16_t seq)
{
    sim_client_nack(world_sim(w, client), s, &seq, 1, w->outbox);
    world_drain_client(w, client);
}

static void pli(struct world *w, unsigned client)
{
    sim_client_pli(world_sim(w, client), world_slot(w, client, "4"), w->outbox);
    world_drain_client(w, client);
}

static void a_source_switch_keeps_numbers_and_picture_ids_running(void **state)
{
    (void)state;
    struct world *w = world_new(&quiet);
    struct sdp_client_plan narrow = world_both;
    narrow.n_video_slots = 1;
    unsigned viewer = world_add_client(w, 0, "room", "viewer", &narrow);
    assert_int_equal(world_join(w, viewer), OK);
    assert_int_equal(world_offer(w, viewer), OK);
    world_talk(w, world_enter(w, "ann"));
    world_talk(w, world_enter(w, "bob"));
    assert_true(world_connect(w));
    world_run(w, SEC);
    struct sim_slot *s = world_slot(w, viewer, "4");
    for (unsigned i = 0; i < 4; i++) {
        struct msg *m = msg_new(MSG_VIEW, "room", "viewer");
        m->view.list = calloc(1, sizeof *m->view.list);
        m->view.n = 1;
        m->view.max_video = -1;
        m->view.list[0].source = SOURCE_CAMERA;
        snprintf(m->view.list[0].participant, ROOM_NAME_CAP, "%s", i % 2 ? "ann" : "bob");
        msg_free(world_ask(w, 0, m));
        world_run(w, 500 * MSEC);
        assert_string_equal(world_slot_owner(w, viewer, "4"), i % 2 ? "ann" : "bob");
        assert_int_equal(s->source, i % 2 ? 101 : 102);
    }
    assert_in_range(s->n_switches, 4, 5);
    assert_clean(s, 200);
    world_free(w);
}

static void a_key_frame_is_asked_for_once_for_many_subscribers(void **state)
{
    (void)state;
    struct world *w = world_new(&quiet);
    for (unsigned i = 0; i < 6; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", i);
        world_enter(w, name);
    }
    w->clients[0].frame = 3;
    assert_true(world_connect(w));
    world_run(w, SEC);
    unsigned before = world_sim(w, 0)->video.n_pli;
    for (unsigned i = 1; i < 6; i++) {
        pli(w, i);
        world_run(w, 10 * MSEC);
    }
    world_run(w, 150 * MSEC);
    assert_int_equal(world_sim(w, 0)->video.n_pli, before + 1);
    world_run(w, SEC); /* the key frame came: nothing more is asked for */
    assert_int_equal(world_sim(w, 0)->video.n_pli, before + 1);
    world_free(w);
}

static void a_client_that_begs_for_key_frames_is_held_back(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    unsigned before = world_sim(w, 0)->video.n_pli;
    for (unsigned i = 0; i < 80; i++) {
        pli(w, 1);
        world_run(w, 100 * MSEC);
    }
    assert_in_range(world_sim(w, 0)->video.n_pli, before + 1, before + KEYFRAME_QUOTA);
    world_free(w);
}

static void a_nack_is_answered_over_rtx_with_the_original(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    struct sim_slot *s = world_slot(w, 1, "4");
    uint64_t wanted = s->seq.highest - 4;
    s->recent[wanted % SIM_RECENT] = 0; /* as if it had never come */
    s->n_packets--;
    assert_int_equal(sim_slot_holes(s), 1);
    nack(w, 1, s, (uint16_t)wanted);
    world_run(w, 5 * MSEC);
    nack(w, 1, s, (uint16_t)wanted); /* within a round trip */
    world_run(w, 100 * MSEC);
    assert_int_equal(s->n_rtx, 1);
    assert_int_equal(s->last_osn, (uint16_t)wanted);
    assert_int_equal(s->n_rtx_useless, 0);
    assert_int_equal(sim_slot_holes(s), 0);
    for (unsigned i = 0; i < 20; i++) {
        nack(w, 1, s, (uint16_t)wanted);
        world_run(w, 100 * MSEC);
    }
    assert_in_range(s->n_rtx, 2, SENT_MAX_REPEATS);
    assert_clean(s, 100);
    assert_in_range(world_counters(w, 0).n_unanswered, 10, 30);
    world_free(w);
}

static void what_got_lost_on_the_way_up_is_asked_for_and_fills_the_hole_below(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    struct sim_slot *s = world_slot(w, 1, "4");
    world_sim(w, 0)->video.lose = 0x1a; /* three of the next five */
    world_run(w, 90 * MSEC);
    assert_int_equal(sim_slot_holes(s), 3);
    world_sim(w, 0)->cfg.repairs = true;
    world_run(w, 500 * MSEC);
    assert_in_range(world_sim(w, 0)->video.n_nacked, 6, 12);
    assert_in_range(world_sim(w, 0)->video.n_repeated, 3, 6);
    assert_int_equal(sim_slot_holes(s), 0);
    assert_clean(s, 100);
    world_free(w);
}

static void loss_and_reordering_on_the_way_up_are_repaired(void **state)
{
    (void)state;
    struct world_config lossy = {.n_hubs = 1, .delay = 10 * MSEC, .jitter = 8 * MSEC, .loss_up = 5};
    struct world *w = world_two(&lossy);
    world_sim(w, 0)->cfg.repairs = world_sim(w, 1)->cfg.repairs = true;
    world_run(w, 10 * SEC);
    struct sim_slot *s = world_slot(w, 1, "4");
    assert_int_equal(s->n_bad_payload, 0);
    assert_int_equal(s->n_duplicates, 0);
    assert_in_range(s->n_packets, 800, 1000);
    assert_in_range(world_sim(w, 0)->video.n_nacked, 20, 200);
    assert_in_range(sim_slot_holes(s), 0, 5); /* those under way just now */
    world_free(w);
}

static void another_number_space_with_aes_cm_works_too(void **state)
{
    (void)state;
    struct world_config cm = quiet;
    cm.profiles = "SRTP_AES128_CM_SHA1_80";
    struct world *w = world_two(&cm);
    world_run(w, 2 * SEC);
    assert_sees(w, 0, 1, "2", "4");
    assert_sees(w, 1, 0, "2", "4");
    world_free(w);
}

static void who_leaves_takes_everything_along(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    assert_int_equal(world_leave(w, 0), OK);
    world_run(w, 100 * MSEC);
    assert_string_equal(world_slot_owner(w, 1, "4"), "");
    const struct msg *gone = world_find_note(w, MSG_STATE, "ann");
    assert_int_equal(gone->state.state, SESSION_CLOSED);
    assert_string_equal(gone->state.reason, "left");
    assert_true(world_sim(w, 0)->ended);     /* close_notify */
    assert_int_equal(world_leave(w, 0), OK); /* again: fine */
    assert_int_equal(world_leave(w, 1), OK);
    w->clients[0].away = w->clients[1].away = true;
    world_run(w, SEC);
    struct hub_counters c = world_counters(w, 0);
    assert_int_equal(c.n_rooms + c.n_members + c.n_sessions + c.n_tracks + c.n_packets_in_use, 0);
    world_free(w);
}

static void who_leaves_while_packets_wait_leaves_nothing_dangling(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    for (unsigned i = 0; i < 5; i++) { /* received, but not forwarded yet */
        sim_client_send_video(world_sim(w, 0), 4, w->outbox);
        sim_client_send_audio(world_sim(w, 1), 20, w->outbox);
    }
    srtpseal_flush(w->mgr);
    struct outbox *o = w->outbox;
    for (unsigned k = 0; k < o->n_datagrams; k++)
        world_receive(w, 0, &w->clients[k % 5 == 4].addr, o->arena + o->datagrams[k].offset, o->datagrams[k].len);
    outbox_clear(o);
    assert_int_equal(world_leave(w, 0), OK);
    assert_false(hub_forward(w->hubs[0].hub, w->now));
    assert_int_equal(world_leave(w, 1), OK);
    assert_int_equal(world_in_use(w, 0), 0);
    world_free(w);
}

static void closing_a_room_closes_its_sessions(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    assert_false(hub_apply(w->hubs[0].hub, w->now, msg_new(MSG_ROOM_CLOSE, "room", NULL)));
    world_run(w, 100 * MSEC);
    assert_true(world_sim(w, 0)->ended && world_sim(w, 1)->ended);
    assert_int_equal(world_counters(w, 0).n_rooms, 0);
    assert_int_equal(world_in_use(w, 0), 0);
    assert_int_equal(world_offer(w, 0), ERR_NOT_FOUND);
    world_free(w);
}

static void an_ice_restart_keeps_the_media_running(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    unsigned states = world_count_notes(w, MSG_STATE, "ann");
    sim_client_restart_ice(world_sim(w, 0));
    world_sim(w, 0)->connected = true;
    assert_int_equal(world_offer(w, 0), OK);
    world_run(w, 2 * SEC);
    assert_sees(w, 0, 1, "2", "4");
    assert_sees(w, 1, 0, "2", "4");
    assert_int_equal(addr_parse("198.51.100.99", 6000, &w->clients[0].addr), OK); /* now it moves, too */
    sim_client_restart_ice(world_sim(w, 0));
    assert_int_equal(world_offer(w, 0), OK);
    unsigned before = world_slot(w, 0, "4")->n_packets;
    world_run(w, 2 * SEC);
    assert_clean(world_slot(w, 0, "4"), before + 150);
    assert_clean(world_slot(w, 1, "4"), before + 150);
    assert_int_equal(world_count_notes(w, MSG_STATE, "ann"), states);
    world_free(w);
}

static void another_certificate_is_another_connection(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    world_forget_notes(w);
    assert_int_equal(sim_client_new_dtls(world_sim(w, 0), w->other_identity), OK);
    assert_int_equal(world_offer(w, 0), OK);
    assert_int_equal(world_counters(w, 0).n_sessions, 1 + 1);
    bool replaced = false;
    for (unsigned i = 0; i < w->n_notes; i++)
        replaced |= w->notes[i]->type == MSG_STATE && strcmp(w->notes[i]->state.reason, "replaced") == 0;
    assert_true(replaced);
    assert_int_equal(world_find_note(w, MSG_STATE, "ann")->state.state, SESSION_CHECKING);
    assert_true(world_connect(w));
    world_run(w, 2 * SEC);
    assert_clean(world_slot(w, 0, "4"), 60);
    assert_clean(world_slot(w, 1, "4"), 60);
    assert_int_equal(world_slot(w, 1, "4")->source, 100);
    world_free(w);
}

static enum err offer_text(struct world *w, unsigned client, const char *text)
{
    struct msg *m = msg_new(MSG_OFFER, "room", w->clients[client].name);
    m->offer.sdp = strdup(text);
    struct msg *reply = world_ask(w, 0, m);
    enum err e = reply->reply.err;
    if (e)
        assert_true(reply->reply.text && reply->reply.text[0]);
    msg_free(reply);
    return e;
}

static void a_refused_offer_leaves_things_as_they_were(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    char *good = sim_client_offer(world_sim(w, 0));
    assert_int_not_equal(offer_text(w, 0, ""), OK);
    assert_int_not_equal(offer_text(w, 0, "v=0\r\n"), OK);
    for (size_t len = strlen(good) - 40; len > 0; len -= len > 97 ? 97 : len) {
        char *cut = strndup(good, len);
        (void)offer_text(w, 0, cut); /* whatever it answers, it lives on */
        free(cut);
    }
    char *fingerprint = strstr(good, "a=fingerprint:sha-256");
    memcpy(fingerprint, "a=fingerprint:sha-1  ", 21);
    assert_int_not_equal(offer_text(w, 0, good), OK);
    free(good);
    assert_int_equal(world_offer(w, 0), OK);
    world_run(w, 2 * SEC);
    assert_int_equal(world_find_note(w, MSG_STATE, "ann")->state.state, SESSION_OPEN);
    assert_clean(world_slot(w, 0, "4"), 60);
    assert_clean(world_slot(w, 1, "4"), 60);
    world_free(w);
}

static void a_silent_client_is_closed(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    w->clients[0].away = true;
    world_run(w, ICE_CONSENT + SEC);
    const struct msg *gone = world_find_note(w, MSG_STATE, "ann");
    assert_int_equal(gone->state.state, SESSION_CLOSED);
    assert_string_equal(gone->state.reason, "silent");
    assert_int_equal(world_counters(w, 0).n_sessions, 1);
    assert_string_equal(world_slot_owner(w, 1, "4"), "");
    w->clients[0].away = false; /* it comes back with a new offer */
    assert_int_equal(sim_client_new_dtls(world_sim(w, 0), w->client_identity), OK);
    assert_int_equal(world_offer(w, 0), OK);
    assert_true(world_connect(w));
    world_run(w, 2 * SEC);
    assert_clean(world_slot(w, 0, "4"), 60);
    world_free(w);
}

static void a_full_server_says_so_and_still_lets_a_page_reload(void **state)
{
    (void)state;
    struct world_config small = quiet;
    small.max_sessions = 2;
    struct world *w = world_two(&small);
    unsigned third = world_add_client(w, 0, "room", "cyd", &world_both);
    assert_int_equal(world_join(w, third), OK);
    assert_int_equal(world_offer(w, third), ERR_FULL);
    assert_int_equal(sim_client_new_dtls(world_sim(w, 0), w->other_identity), OK);
    assert_int_equal(world_offer(w, 0), OK);
    assert_int_equal(world_counters(w, 0).n_sessions, 2);
    assert_int_equal(world_leave(w, 1), OK);
    assert_int_equal(world_offer(w, third), OK);
    world_free(w);
}

/* In place of msg_new(): without memory, if the test says so. */
static bool no_messages;
struct msg *__real_msg_new(enum msg_type type, const char *room, const char *participant);
struct msg *__wrap_msg_new(enum msg_type type, const char *room, const char *participant);
struct msg *__wrap_msg_new(enum msg_type type, const char *room, const char *participant)
{
    return no_messages ? NULL : __real_msg_new(type, room, participant);
}

static void a_message_without_memory_is_counted_as_lost(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    assert_int_equal(world_counters(w, 0).n_messages_lost, 0);
    no_messages = true;
    world_run(w, 3 * SEC); /* the levels, ten times a second, and each member's quality */
    no_messages = false;
    assert_in_range(world_counters(w, 0).n_messages_lost, 30, 36);
    world_free(w);
}

static void the_certificate_is_renewed_and_those_who_are_here_keep_theirs(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    struct dtls_identity *fresh = NULL;
    assert_int_equal(dtls_identity_new(usec_wall(), &fresh), OK);
    hub_set_identity(w->hubs[0].hub, fresh);
    dtls_identity_unref(w->identity); /* the hub's old one lives on with the sessions alone */
    w->identity = fresh;
    sim_client_restart_ice(world_sim(w, 0)); /* ann's next answer must still name the old one */
    assert_int_equal(world_offer(w, 0), OK);
    unsigned cyd = world_enter(w, "cyd"); /* with the new one, or her handshake fails */
    world_talk(w, cyd);
    assert_true(world_connect(w));
    world_run(w, 2 * SEC);
    assert_clean(world_slot(w, 0, "4"), 60);
    assert_clean(world_slot(w, cyd, "4"), 40);
    assert_int_equal(world_counters(w, 0).n_sessions, 3);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_members_see_and_hear_each_other),
        cmocka_unit_test(a_source_switch_keeps_numbers_and_picture_ids_running),
        cmocka_unit_test(a_key_frame_is_asked_for_once_for_many_subscribers),
        cmocka_unit_test(a_client_that_begs_for_key_frames_is_held_back),
        cmocka_unit_test(a_nack_is_answered_over_rtx_with_the_original),
        cmocka_unit_test(what_got_lost_on_the_way_up_is_asked_for_and_fills_the_hole_below),
        cmocka_unit_test(loss_and_reordering_on_the_way_up_are_repaired),
        cmocka_unit_test(another_number_space_with_aes_cm_works_too),
        cmocka_unit_test(who_leaves_takes_everything_along),
        cmocka_unit_test(who_leaves_while_packets_wait_leaves_nothing_dangling),
        cmocka_unit_test(closing_a_room_closes_its_sessions),
        cmocka_unit_test(an_ice_restart_keeps_the_media_running),
        cmocka_unit_test(another_certificate_is_another_connection),
        cmocka_unit_test(a_refused_offer_leaves_things_as_they_were),
        cmocka_unit_test(a_silent_client_is_closed),
        cmocka_unit_test(a_full_server_says_so_and_still_lets_a_page_reload),
        cmocka_unit_test(a_message_without_memory_is_counted_as_lost),
        cmocka_unit_test(the_certificate_is_renewed_and_those_who_are_here_keep_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
