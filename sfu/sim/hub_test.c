/* Whole calls through one hub, by simulated clients over a simulated network. */
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* m-lines: 0 microphone, 1 camera, 2 and 3 audio slots, 4 and 5 video slots */
static const struct sdp_client_plan both = {
    .send_audio = true, .send_video = true, .n_audio_slots = 2, .n_video_slots = 2};

static unsigned add(struct world *w, const char *name)
{
    unsigned i = world_add_client(w, 0, "room", name, &both);
    assert_int_equal(world_join(w, i), OK);
    assert_int_equal(world_offer(w, i), OK);
    return i;
}

static struct sim_slot *slot(struct world *w, unsigned client, const char *mid)
{
    struct sim_slot *s = sim_client_slot(world_sim(w, client), mid);
    assert_non_null(s);
    return s;
}

static void talk(struct world *w, unsigned client)
{
    w->clients[client].talks = true;
    w->clients[client].level = 20;
    w->clients[client].frame = 3;
}

static struct world *two_in_a_room(const struct world_config *cfg)
{
    struct world *w = world_new(cfg);
    add(w, "ann");
    add(w, "bob");
    talk(w, 0);
    talk(w, 1);
    assert_true(world_connect(w));
    return w;
}

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
    assert_clean(slot(w, who, audio), 40);
    assert_clean(slot(w, who, video), 60);
    assert_int_equal(slot(w, who, audio)->source, 100 + whom);
    assert_int_equal(slot(w, who, video)->source, 100 + whom);
    assert_int_equal(sim_slot_holes(slot(w, who, audio)), 0);
    assert_int_equal(sim_slot_holes(slot(w, who, video)), 0);
    assert_int_equal(slot(w, who, video)->n_bad_counter, 0);
    assert_int_equal(c->n_undecryptable, 0);
    assert_int_equal(c->n_unknown_ssrc, 0);
}

static void two_members_see_and_hear_each_other(void **state)
{
    (void)state;
    struct world *w = two_in_a_room(&quiet);
    world_run(w, 2 * SEC);
    assert_sees(w, 0, 1, "2", "4");
    assert_sees(w, 1, 0, "2", "4");
    assert_int_equal(slot(w, 0, "5")->n_packets, 0);
    assert_int_equal(slot(w, 0, "3")->n_packets, 0);
    assert_in_range(world_sim(w, 0)->n_sr, 2, 100);
    assert_in_range(world_sim(w, 0)->n_twcc, 10, 1000);
    assert_int_equal(world_find_note(w, MSG_STATE, "ann")->state.state, SESSION_OPEN);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_members_see_and_hear_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
