/* What the network may throw at a hub, and clients that change their minds: nothing breaks, and all of it is counted.
 */
#include "sim/world.h"
#include "rtp/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sdp_client_plan plan = {
    .send_audio = true, .send_video = true, .n_audio_slots = 2, .n_video_slots = 2};

static struct world *pair(void)
{
    const struct world_config cfg = {.n_hubs = 1, .delay = 10 * MSEC};
    struct world *w = world_new(&cfg);
    static const char *const names[] = {"ann", "bob"};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(world_add_client(w, 0, "room", names[i], &plan), i);
        assert_int_equal(world_join(w, i), OK);
        assert_int_equal(world_offer(w, i), OK);
        w->clients[i].talks = true;
        w->clients[i].frame = 3;
    }
    assert_true(world_connect(w));
    world_run(w, SEC);
    return w;
}

static struct sim_slot *slot(struct world *w, unsigned client, const char *mid)
{
    struct sim_slot *s = sim_client_slot(world_sim(w, client), mid);
    assert_non_null(s);
    return s;
}

static uint32_t random_of(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* Both still see and hear each other, without a fault. */
static void assert_all_is_well(struct world *w)
{
    unsigned before[2] = {slot(w, 0, "4")->n_packets, slot(w, 1, "4")->n_packets};
    unsigned audio[2] = {slot(w, 0, "2")->n_packets, slot(w, 1, "2")->n_packets};
    world_run(w, SEC);
    for (unsigned i = 0; i < 2; i++) {
        assert_in_range(slot(w, i, "4")->n_packets, before[i] + 80, before[i] + 100);
        assert_in_range(slot(w, i, "2")->n_packets, audio[i] + 45, audio[i] + 55);
        assert_int_equal(sim_slot_faults(slot(w, i, "4")), 0);
        assert_int_equal(sim_slot_holes(slot(w, i, "4")), 0);
    }
}

static uint64_t all_drops(const struct hub_counters *c)
{
    uint64_t n = c->n_unknown_path + c->n_not_ours;
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        n += c->drops[i];
    return n;
}

static void noise_from_anywhere_is_dropped_and_counted(void **state)
{
    (void)state;
    struct world *w = pair();
    struct addr stranger;
    assert_int_equal(addr_parse("203.0.113.9", 9, &stranger), OK);
    uint64_t seed = 7;
    struct hub_counters before = world_counters(w, 0);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[1600];
        size_t len = 1 + random_of(&seed) % (i % 10 ? 80 : sizeof bytes);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)random_of(&seed);
        if (i % 3 == 0)
            bytes[0] = 0x80;
        if (i % 7 == 0 && len > 1)
            bytes[1] = (uint8_t)(192 + i % 20);
        if (i % 11 == 0)
            bytes[0] = (uint8_t)(20 + i % 44);
        world_send_to_hub(w, 0, i % 2 ? &stranger : &w->clients[0].addr, bytes, len);
    }
    world_send_to_hub(w, 0, &stranger, "", 0);
    struct hub_counters after = world_counters(w, 0);
    assert_in_range(all_drops(&after) - all_drops(&before), 17500, 20000); /* OpenSSL drops records without a word */
    assert_all_is_well(w);
    world_free(w);
}

/* Every datagram of a running call again: cut, with one bit turned, and as it was. */
static void damaged_and_repeated_datagrams_change_nothing(void **state)
{
    (void)state;
    struct world *w = pair();
    uint64_t seed = 9;
    for (unsigned round = 0; round < 40; round++) {
        uint8_t copy[64][OUTBOX_DATAGRAM_CAP];
        size_t len[64];
        unsigned n = 0;
        sim_client_send_video(world_sim(w, 0), 3, w->outbox);
        sim_client_send_audio(world_sim(w, 0), 50, w->outbox);
        sim_client_pli(world_sim(w, 0), slot(w, 0, "5"), w->outbox);
        srtpseal_flush(w->mgr);
        for (unsigned k = 0; k < w->outbox->n_datagrams && n < 64; k++, n++) {
            len[n] = w->outbox->datagrams[k].len;
            memcpy(copy[n], w->outbox->arena + w->outbox->datagrams[k].offset, len[n]);
        }
        for (unsigned k = 0; k < n; k++) {
            uint8_t bytes[OUTBOX_DATAGRAM_CAP];
            size_t at = random_of(&seed) % len[k];
            memcpy(bytes, copy[k], len[k]);
            bytes[at] ^= (uint8_t)(1u << (random_of(&seed) & 7));
            world_send_to_hub(w, 0, &w->clients[0].addr, bytes, len[k]);
            world_send_to_hub(w, 0, &w->clients[0].addr, copy[k], random_of(&seed) % len[k]);
        }
        world_drain_client(w, 0);
        world_run(w, 20 * MSEC);
        for (unsigned k = 0; k < n; k++)
            world_send_to_hub(w, 0, &w->clients[0].addr, copy[k], len[k]);
    }
    struct hub_counters c = world_counters(w, 0);
    assert_in_range(c.drops[DROP_SRTP_AUTH], 100, 400);
    assert_in_range(c.drops[DROP_SRTP_REPLAY], 150, 170);
    assert_in_range(c.drops[DROP_RTCP_AUTH], 60, 200);
    assert_int_equal(slot(w, 1, "4")->n_duplicates, 0);
    assert_all_is_well(w);
    world_free(w);
}

static void a_member_who_floods_with_rtcp_gets_bounded_answers(void **state)
{
    (void)state;
    struct world *w = pair();
    struct sim_slot *s = slot(w, 1, "4");
    uint64_t seed = 3, before = w->n_down;
    for (unsigned i = 0; i < 300; i++) {
        uint8_t bytes[1000];
        struct wr wr = wr_of(bytes, sizeof bytes);
        uint16_t seqs[200];
        for (unsigned k = 0; k < 200; k++) /* each of the last 200 packets, again and again */
            seqs[k] = (uint16_t)(s->seq.highest - 200 + k);
        rtcp_write_nack(&wr, 1, s->ssrc, seqs, 200);
        for (unsigned k = 0; k < 20; k++)
            rtcp_write_fir(&wr, 1, s->ssrc, (uint8_t)random_of(&seed));
        if (wr.bad)
            break;
        sim_client_send_rtcp(world_sim(w, 1), bytes, wr_len(&wr), w->outbox);
        world_drain_client(w, 1);
        world_run(w, MSEC);
    }
    assert_in_range(s->n_rtx, 200, 200 * SENT_MAX_REPEATS);
    assert_in_range(w->n_down - before, 200, 200 * SENT_MAX_REPEATS + 500);
    assert_in_range(world_sim(w, 0)->video.n_pli, 1, 6);
    for (unsigned i = 0; i < 2000; i++) { /* well sealed rubbish */
        uint8_t bytes[200];
        size_t len = 8 + random_of(&seed) % (sizeof bytes - 8);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)random_of(&seed);
        bytes[0] = (uint8_t)(0x80 | (bytes[0] & 31));
        bytes[1] = (uint8_t)(200 + bytes[1] % 8);
        bytes[2] = 0;
        bytes[3] = (uint8_t)(random_of(&seed) % (len / 4));
        sim_client_send_rtcp(world_sim(w, 1), bytes, len, w->outbox);
        world_drain_client(w, 1);
    }
    world_run(w, 500 * MSEC);
    assert_in_range(world_counters(w, 0).drops[DROP_RTCP_SYNTAX], 100, 2000);
    assert_all_is_well(w);
    world_free(w);
}

static void another_ssrc_on_the_same_line_goes_on_without_a_stop(void **state)
{
    (void)state;
    struct world *w = pair();
    struct sim_client *ann = world_sim(w, 0);
    ann->video.ssrc = 777; /* not signaled: its MID says whose it is */
    ann->video.stream = (struct srtpseal_stream){0};
    ann->video.index = 3; /* below what came before */
    ann->audio.ssrc = 778;
    ann->audio.stream = (struct srtpseal_stream){0};
    ann->audio.index = 60000;
    ann->key_wanted = true;
    unsigned holes = sim_slot_holes(slot(w, 1, "4"));
    assert_all_is_well(w);
    assert_int_equal(sim_slot_holes(slot(w, 1, "4")), holes);
    world_free(w);
}

static void copies_over_rtx_of_what_came_already_go_nowhere(void **state)
{
    (void)state;
    struct world *w = pair();
    struct sim_client *ann = world_sim(w, 0);
    ann->cfg.repairs = true;
    struct sim_slot *s = slot(w, 1, "4");
    unsigned before = s->n_packets;
    for (unsigned i = 1; i <= 20; i++)
        sim_client_repeat(ann, (uint16_t)(ann->video.index - i), w->outbox);
    world_drain_client(w, 0);
    world_run(w, 100 * MSEC);
    assert_int_equal(world_counters(w, 0).drops[DROP_RTX_EMPTY], 20);
    assert_in_range(s->n_packets, before, before + 15);
    assert_all_is_well(w);
    world_free(w);
}

static void an_address_in_use_can_not_be_stolen(void **state)
{
    (void)state;
    struct world *w = pair();
    struct addr mine = w->clients[1].addr;
    unsigned before = slot(w, 0, "4")->n_packets;
    w->clients[1].addr = w->clients[0].addr; /* bob's next check says that it is from ann's address */
    world_sim(w, 1)->check_at = 0;
    sim_client_tick(world_sim(w, 1), w->now, 0, w->outbox);
    world_drain_client(w, 1);
    w->clients[1].addr = mine;
    world_run(w, SEC);
    struct hub_counters c = world_counters(w, 0);
    assert_int_equal(c.drops[DROP_SRTP_AUTH], 0); /* ann's packets are still opened with ann's key */
    assert_in_range(slot(w, 0, "4")->n_packets, before + 80, before + 100);
    assert_int_equal(sim_slot_faults(slot(w, 0, "4")), 0);
    world_free(w);
}

/* A check as the client itself would send it, but from an address that isn't its own. */
static size_t forge_check(struct world *w, unsigned client, const struct addr *from, bool nominates, uint64_t n)
{
    struct ice_check check = world_sim(w, client)->check;
    uint8_t bytes[ICE_REQUEST_CAP];
    struct wr out = wr_of(bytes, sizeof bytes);
    memcpy(check.txid, &n, sizeof n);
    check.use_candidate = nominates;
    assert_int_equal(ice_check_write(&check, &out), OK);
    world_send_to_hub(w, 0, from, bytes, wr_len(&out));
    return wr_len(&out);
}

/* The client's own checks go on meanwhile. */
static void media_is_not_redirected_to_an_address_that_does_not_answer(void **state)
{
    (void)state;
    struct world *w = pair();
    struct addr victim;
    assert_int_equal(addr_parse("203.0.113.66", 53, &victim), OK);
    size_t sent = forge_check(w, 1, &victim, true, 1);
    for (unsigned i = 0; i < 40; i++)
        world_run(w, SEC);
    assert_in_range(w->bytes_elsewhere, 1, ICE_UNPROVED_FACTOR * sent);
    for (unsigned i = 0; i < 100; i++) {
        sent += forge_check(w, 1, &victim, i % 2, 2 + i);
        world_run(w, 100 * MSEC);
    }
    assert_in_range(w->bytes_elsewhere, 1, ICE_UNPROVED_FACTOR * sent);
    assert_all_is_well(w);
    world_free(w);
}

/* Ann's session is good for a check, but bob's address answers none of its questions. */
static void who_was_silent_for_a_while_keeps_the_address(void **state)
{
    (void)state;
    struct world *w = pair();
    w->clients[1].away = true;
    world_run(w, 7 * SEC);
    for (unsigned i = 0; i < 20; i++) {
        forge_check(w, 0, &w->clients[1].addr, true, 1000 + i);
        world_run(w, 50 * MSEC);
    }
    w->clients[1].away = false;
    world_run(w, 2 * SEC);
    unsigned from_bob = slot(w, 0, "4")->n_packets, to_bob = slot(w, 1, "4")->n_packets;
    world_run(w, SEC);
    assert_in_range(slot(w, 0, "4")->n_packets, from_bob + 80, from_bob + 100);
    assert_in_range(slot(w, 1, "4")->n_packets, to_bob + 80, to_bob + 100);
    world_free(w);
}

static void a_client_that_answers_no_check_is_sent_nothing_more_after_30_s(void **state)
{
    (void)state;
    struct world *w = pair();
    world_sim(w, 1)->cfg.is_deaf = true;
    world_run(w, 35 * SEC);
    uint64_t down = w->n_down;
    unsigned video = slot(w, 1, "4")->n_packets;
    world_run(w, 5 * SEC);
    assert_int_equal(slot(w, 1, "4")->n_packets, video);
    assert_true(w->n_down - down < 500); /* reports to ann */
    assert_non_null(world_find_note(w, MSG_STATE, "bob"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_from_anywhere_is_dropped_and_counted),
        cmocka_unit_test(damaged_and_repeated_datagrams_change_nothing),
        cmocka_unit_test(a_member_who_floods_with_rtcp_gets_bounded_answers),
        cmocka_unit_test(another_ssrc_on_the_same_line_goes_on_without_a_stop),
        cmocka_unit_test(copies_over_rtx_of_what_came_already_go_nowhere),
        cmocka_unit_test(an_address_in_use_can_not_be_stolen),
        cmocka_unit_test(media_is_not_redirected_to_an_address_that_does_not_answer),
        cmocka_unit_test(who_was_silent_for_a_while_keeps_the_address),
        cmocka_unit_test(a_client_that_answers_no_check_is_sent_nothing_more_after_30_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
