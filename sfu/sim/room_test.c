/* Who sees and hears whom, and what the network's strangers can't do: rooms over one hub and over two. */
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* m-lines: 0 microphone, 1 camera, then two audio slots and as many video slots as asked for */
static unsigned add(struct world *w, unsigned hub, const char *name, unsigned n_video)
{
    struct sdp_client_plan plan = {
        .send_audio = true, .send_video = true, .n_audio_slots = 2, .n_video_slots = n_video};
    unsigned i = world_add_client(w, hub, "room", name, &plan);
    assert_int_equal(world_join(w, i), OK);
    assert_int_equal(world_offer(w, i), OK);
    return i;
}

static struct world *crowd(unsigned n_hubs, unsigned n, unsigned n_video)
{
    const struct world_config cfg = {.n_hubs = n_hubs, .delay = 10 * MSEC};
    struct world *w = world_new(&cfg);
    for (unsigned i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        add(w, i % n_hubs, name, n_video);
        w->clients[i].frame = 2;
        w->clients[i].talks = true; /* silence, until level says otherwise */
    }
    assert_true(world_connect(w));
    return w;
}

static void view(struct world *w, unsigned client, const char *const *names, unsigned n, unsigned pinned, int max)
{
    struct msg *m = msg_new(MSG_VIEW, "room", w->clients[client].name);
    m->view.list = calloc(n + 1, sizeof *m->view.list);
    m->view.n = n;
    m->view.max_video = max;
    for (unsigned i = 0; i < n; i++) {
        m->view.list[i].source = SOURCE_CAMERA;
        m->view.list[i].pinned = pinned >> i & 1;
        snprintf(m->view.list[i].participant, ROOM_NAME_CAP, "%s", names[i]);
    }
    struct msg *reply = world_ask(w, w->clients[client].hub, m);
    assert_int_equal(reply->reply.err, OK);
    msg_free(reply);
    world_run(w, 300 * MSEC);
}

static bool sees(struct world *w, unsigned client, const char *name, const char *const *mids, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(world_slot_owner(w, client, mids[i]), name) == 0)
            return true;
    return false;
}

static const char *const video_mids[] = {"4", "5"}, *const audio_mids[] = {"2", "3"};

static void views_say_who_is_seen_pinned_ones_first(void **state)
{
    (void)state;
    struct world *w = crowd(1, 5, 2);
    const char *const names[] = {"p1", "p2", "p3", "p4"};
    view(w, 0, names + 2, 2, 0, -1);
    assert_true(sees(w, 0, "p3", video_mids, 2) && sees(w, 0, "p4", video_mids, 2));
    view(w, 0, names, 4, 8, -1); /* p4 is pinned, of the others p1 comes first */
    assert_true(sees(w, 0, "p4", video_mids, 2) && sees(w, 0, "p1", video_mids, 2));
    view(w, 0, names, 4, 8, 1);
    assert_true(sees(w, 0, "p4", video_mids, 2));
    assert_int_equal(sees(w, 0, "", video_mids, 2), true);
    view(w, 0, names, 4, 8, 0);
    assert_string_equal(world_slot_owner(w, 0, "4"), "");
    assert_string_equal(world_slot_owner(w, 0, "5"), "");
    unsigned before = world_slot(w, 0, "4")->n_packets + world_slot(w, 0, "5")->n_packets;
    world_run(w, SEC);
    assert_int_equal(world_slot(w, 0, "4")->n_packets + world_slot(w, 0, "5")->n_packets, before);
    const char *const strangers[] = {"nobody", "p0"}; /* nor oneself */
    view(w, 0, strangers, 2, 0, -1);
    assert_string_equal(world_slot_owner(w, 0, "4"), "");
    assert_int_equal(world_slot(w, 0, "4")->n_bad_start + world_slot(w, 0, "5")->n_bad_start, 0);
    world_free(w);
}

static void a_slot_keeps_its_source_while_it_is_wanted(void **state)
{
    (void)state;
    struct world *w = crowd(1, 5, 3);
    const char *const names[] = {"p1", "p2", "p3", "p4"}, *const turned[] = {"p3", "p2", "p4"};
    view(w, 0, names, 3, 0, -1);
    char at[8];
    snprintf(at, sizeof at, "%s", world_slot_owner(w, 0, "5"));
    assert_string_equal(at, "p2");
    unsigned switches = world_slot(w, 0, "5")->n_switches;
    view(w, 0, turned, 3, 0, -1);
    assert_string_equal(world_slot_owner(w, 0, "5"), "p2");
    assert_string_equal(world_slot_owner(w, 0, "6"), "p3");
    assert_string_equal(world_slot_owner(w, 0, "4"), "p4");
    assert_int_equal(world_slot(w, 0, "5")->n_switches, switches);
    world_free(w);
}

static void speakers_get_the_audio_slots(void **state)
{
    (void)state;
    for (unsigned n_hubs = 1; n_hubs <= 2; n_hubs++) {
        struct world *w = crowd(n_hubs, 6, 2);
        world_run(w, SEC);
        w->clients[4].level = w->clients[5].level = 10;
        world_run(w, SEC);
        for (unsigned i = 0; i < 4; i++)
            assert_true(sees(w, i, "p4", audio_mids, 2) && sees(w, i, "p5", audio_mids, 2));
        const struct msg *note = world_find_note(w, MSG_SPEAKERS_NOTE, NULL);
        assert_non_null(note);
        assert_int_equal(note->speakers.n, 2);
        assert_in_range(note->speakers.dominant, 0, 1);
        world_forget_notes(w);
        w->clients[4].level = w->clients[5].level = 127;
        world_run(w, 2 * SEC);
        note = world_find_note(w, MSG_SPEAKERS_NOTE, NULL);
        assert_non_null(note); /* that nobody speaks any longer is said, too */
        assert_int_equal(note->speakers.n, 0);
        assert_int_equal(note->speakers.dominant, -1);
        assert_in_range(world_count_notes(w, MSG_SPEAKERS_NOTE, NULL), 1, 8);
        world_free(w);
    }
}

static void silence_is_told_even_right_after_another_note(void **state)
{
    (void)state;
    for (unsigned wait = 100; wait <= 600; wait += 50) {
        struct world *w = crowd(1, 2, 1);
        w->clients[0].level = 0;
        world_run(w, wait * MSEC);
        w->clients[0].talks = false;
        world_run(w, 2 * SEC);
        const struct msg *note = world_find_note(w, MSG_SPEAKERS_NOTE, NULL);
        assert_true(!note || note->speakers.n == 0);
        world_free(w);
    }
}

static void blocked_audio_is_neither_forwarded_nor_a_speaker(void **state)
{
    (void)state;
    struct world *w = crowd(1, 2, 1);
    struct msg *m = msg_new(MSG_BLOCK_AUDIO, "room", "p0");
    m->audio.blocked = true;
    msg_free(world_ask(w, 0, m));
    world_run(w, 200 * MSEC);
    world_forget_notes(w);
    unsigned audio = world_slot(w, 1, "2")->n_packets, video = world_slot(w, 1, "4")->n_packets;
    w->clients[0].level = 0;
    world_run(w, SEC);
    assert_int_equal(world_slot(w, 1, "2")->n_packets, audio);
    assert_in_range(world_slot(w, 1, "4")->n_packets, video + 40, video + 80);
    assert_null(world_find_note(w, MSG_SPEAKERS_NOTE, NULL));
    m = msg_new(MSG_BLOCK_AUDIO, "room", "p0");
    msg_free(world_ask(w, 0, m));
    world_run(w, SEC);
    assert_in_range(world_slot(w, 1, "2")->n_packets, audio + 40, audio + 60);
    assert_int_equal(sim_slot_holes(world_slot(w, 1, "2")), 0);
    assert_non_null(world_find_note(w, MSG_SPEAKERS_NOTE, NULL));
    world_free(w);
}

static void a_room_over_two_workers_is_one_room(void **state)
{
    (void)state;
    struct world *w = crowd(2, 4, 3);
    world_run(w, 2 * SEC);
    for (unsigned i = 0; i < 4; i++) {
        char other[16];
        for (unsigned k = 0; k < 4; k++) {
            snprintf(other, sizeof other, "p%u", k);
            const char *const mids[] = {"4", "5", "6"};
            assert_int_equal(sees(w, i, other, mids, 3), k != i);
        }
        for (unsigned k = 4; k <= 6; k++) {
            snprintf(other, sizeof other, "%u", k);
            struct sim_slot *s = world_slot(w, i, other);
            assert_int_equal(sim_slot_faults(s), 0);
            assert_int_equal(sim_slot_holes(s), 0);
            assert_in_range(s->n_packets, 80, 300);
        }
        assert_int_equal(world_sim(w, i)->n_undecryptable, 0);
    }
    /* A PLI of p0 (hub 0) for p1 (hub 1). */
    unsigned before = world_sim(w, 1)->video.n_pli;
    for (unsigned k = 4; k <= 6; k++) {
        char mid[16];
        snprintf(mid, sizeof mid, "%u", k);
        if (strcmp(world_slot_owner(w, 0, mid), "p1") == 0)
            sim_client_pli(world_sim(w, 0), world_slot(w, 0, mid), w->outbox);
    }
    world_drain_client(w, 0);
    world_run(w, 300 * MSEC);
    assert_int_equal(world_sim(w, 1)->video.n_pli, before + 1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(world_leave(w, i), OK);
    for (unsigned i = 0; i < 2; i++) {
        struct hub_counters c = world_counters(w, i);
        assert_int_equal(c.n_rooms + c.n_members + c.n_sessions + c.n_tracks, 0);
        assert_int_equal(c.n_crossings_lost, 0);
        assert_in_range(c.n_crossings, 200, 10000);
    }
    world_run(w, 100 * MSEC);
    assert_int_equal(world_in_use(w, 0) + world_in_use(w, 1), 0);
    world_free(w);
}

static void what_nobody_wants_doesnt_cross_and_holds_no_packets(void **state)
{
    (void)state;
    struct world *w = crowd(2, 2, 1);
    world_run(w, SEC);
    assert_in_range(world_counters(w, 0).n_crossings, 50, 1000);
    const char *const nobody[] = {""};
    view(w, 0, nobody, 0, 0, -1);
    view(w, 1, nobody, 0, 0, -1);
    w->clients[0].talks = w->clients[1].talks = false;
    world_run(w, SEC);
    uint64_t before = world_counters(w, 0).n_crossings;
    world_run(w, 3 * SEC);
    assert_int_equal(world_counters(w, 0).n_crossings, before);
    assert_in_range(world_in_use(w, 0), 0, 128 + 2 * 2 * 31 + 10); /* audio, and two seconds of video */
    world_free(w);
}

static void a_burst_larger_than_a_batch_is_forwarded_whole(void **state)
{
    (void)state;
    struct world *w = crowd(1, 2, 1);
    world_run(w, SEC);
    w->clients[0].frame = w->clients[1].frame = 0;
    world_run(w, 200 * MSEC);
    unsigned before = world_slot(w, 1, "4")->n_packets;
    for (unsigned round = 0; round < 4; round++) {
        sim_client_send_video(world_sim(w, 0), 300, w->outbox);
        srtpseal_flush(w->mgr);
        for (unsigned k = 0; k < w->outbox->n_datagrams; k++)
            world_receive(w, 0, &w->clients[0].addr, w->outbox->arena + w->outbox->datagrams[k].offset,
                          w->outbox->datagrams[k].len);
        outbox_clear(w->outbox);
        if (round % 2)
            world_run(w, 20 * MSEC);
        if (round == 1)
            world_sim(w, 0)->key_wanted = false;
    }
    world_run(w, 100 * MSEC);
    assert_int_equal(world_slot(w, 1, "4")->n_packets, before + 1200);
    assert_int_equal(sim_slot_faults(world_slot(w, 1, "4")), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_say_who_is_seen_pinned_ones_first),
        cmocka_unit_test(a_slot_keeps_its_source_while_it_is_wanted),
        cmocka_unit_test(speakers_get_the_audio_slots),
        cmocka_unit_test(silence_is_told_even_right_after_another_note),
        cmocka_unit_test(blocked_audio_is_neither_forwarded_nor_a_speaker),
        cmocka_unit_test(a_room_over_two_workers_is_one_room),
        cmocka_unit_test(what_nobody_wants_doesnt_cross_and_holds_no_packets),
        cmocka_unit_test(a_burst_larger_than_a_batch_is_forwarded_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
