/* shell_test.c: what a hub and the shell around it owe each other: full outboxes, and messages that a hub can't handle.
 */
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const struct world_config quiet = {.n_hubs = 1, .delay = 10 * MSEC};

/* More than the outbox holds with one packet: the hub stops, and goes on when the outbox has been sent (world.c holds
 * it to refusing nothing). */
static void more_repeats_than_the_outbox_has_room_for_are_all_sent(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    w->clients[0].frame = 30;
    world_run(w, SEC);
    w->clients[0].frame = 0;
    world_run(w, 100 * MSEC);
    struct sim_slot *s = world_slot(w, 1, "4");
    uint16_t seqs[500];
    for (unsigned i = 0; i < ARRAY_LEN(seqs); i++)
        seqs[i] = (uint16_t)(s->seq.highest - ARRAY_LEN(seqs) + 1 + i);
    unsigned rtx = s->n_rtx;
    sim_client_nack(world_sim(w, 1), s, seqs, ARRAY_LEN(seqs), w->outbox);
    world_drain_client(w, 1);
    world_run(w, 100 * MSEC);
    assert_int_equal(s->n_rtx, rtx + ARRAY_LEN(seqs));
    world_free(w);
}

/* What the shell does when a call says that it's full, seen from close by. */
static void a_hub_that_is_full_goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    world_run(w, SEC);
    struct hub *h = w->hubs[0].hub;
    struct outbox *o = hub_outbox(h);
    w->clients[0].frame = w->clients[1].frame = 0;
    w->clients[0].talks = w->clients[1].talks = false;
    world_run(w, 100 * MSEC);
    unsigned before = world_slot(w, 1, "4")->n_packets;
    sim_client_send_video(world_sim(w, 0), 4, w->outbox);
    srtpseal_flush(w->mgr);
    for (unsigned k = 0; k < w->outbox->n_datagrams; k++)
        world_receive(w, 0, &w->clients[0].addr, w->outbox->arena + w->outbox->datagrams[k].offset,
                      w->outbox->datagrams[k].len);
    outbox_clear(w->outbox);
    while (outbox_has_room(o, 2, 0)) /* to nobody */
        outbox_put(o, &(struct addr){0}, "x", 1);
    assert_true(hub_forward(h, w->now));
    assert_true(hub_forward(h, w->now)); /* nothing was sent: nothing changes */
    assert_true(hub_tick(h, w->now, 0));
    outbox_clear(o);
    assert_false(hub_forward(h, w->now));
    assert_int_equal(o->n_datagrams, 4);
    world_run(w, 100 * MSEC);
    assert_int_equal(world_slot(w, 1, "4")->n_packets, before + 4);
    world_free(w);
}

static void what_a_hub_has_no_handler_for_is_refused(void **state)
{
    (void)state;
    struct world *w = world_two(&quiet);
    unsigned n_refused = 0;
    for (unsigned type = MSG_NONE; type <= MSG_TYPES; type++) {
        enum msg_way way = msg_way((enum msg_type)type);
        if (way == MSG_IS_REQUEST || way == MSG_IS_PEER)
            continue;
        struct msg *reply = world_ask(w, 0, msg_new((enum msg_type)type, "room", "ann"));
        assert_int_equal(reply->type, MSG_REPLY);
        assert_int_equal(reply->reply.err, ERR_UNSUPPORTED);
        msg_free(reply);
        n_refused++;
    }
    assert_int_equal(n_refused, 2 + 3 + 4); /* what is no message, replies, notes */
    world_free(w);
}

static void every_request_about_a_participant_has_a_handler(void **state)
{
    (void)state;
    static const enum msg_type types[] = {MSG_JOIN, MSG_LEAVE,       MSG_TRACKS,
                                          MSG_VIEW, MSG_BLOCK_AUDIO, MSG_SESSION_STATS};
    struct world *w = world_two(&quiet);
    for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
        struct msg *reply = world_ask(w, 0, msg_new(types[i], "room", "nobody"));
        enum err expected = types[i] == MSG_JOIN || types[i] == MSG_LEAVE ? OK : ERR_NOT_FOUND;
        assert_int_equal(reply->reply.err, expected);
        msg_free(reply);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_repeats_than_the_outbox_has_room_for_are_all_sent),
        cmocka_unit_test(a_hub_that_is_full_goes_on_where_it_stopped),
        cmocka_unit_test(what_a_hub_has_no_handler_for_is_refused),
        cmocka_unit_test(every_request_about_a_participant_has_a_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
