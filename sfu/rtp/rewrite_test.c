/* rewrite.c, and squeeze.c under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/rewrite.h"

#define T0 (100 * SEC)

static struct rewrite started(bool video)
{
    struct rewrite r;
    rewrite_init(&r, &(struct rewrite_config){
                         .first_seq = 1000, .first_ts = 5000, .video = video, .clock_hz = 90000, .frame_ticks = 3000});
    assert_int_equal(rewrite_switch(&r, T0, &(struct rewrite_switch){.seq = 70000, .ts = 900}), OK);
    return r;
}

static uint64_t pass(struct rewrite *r, uint64_t seq)
{
    struct rewrite_out out = {0};
    enum rewrite_verdict v = rewrite_packet(r, T0, seq, 900, true, &out);
    assert_true(v == REWRITE_OK || v == REWRITE_LATE);
    return out.index;
}

static void nothing_passes_before_a_source_is_chosen(void **state)
{
    (void)state;
    struct rewrite r;
    struct rewrite_out out;
    rewrite_init(&r, &(struct rewrite_config){.first_seq = 1, .clock_hz = 48000, .frame_ticks = 960});
    assert_int_equal(rewrite_packet(&r, T0, 65536, 0, true, &out), REWRITE_UNANCHORED);
}

static void the_first_packet_has_the_number_and_time_we_were_given(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    assert_int_equal(rewrite_packet(&r, T0, 70000, 900, true, &out), REWRITE_OK);
    assert_int_equal(out.index, 1000);
    assert_int_equal(out.ts, 5000);
}

static void what_we_drop_leaves_no_hole(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    assert_int_equal(pass(&r, 70000), 1000);
    rewrite_drop(&r, 70001);
    rewrite_drop(&r, 70001);
    rewrite_drop(&r, 70002);
    assert_int_equal(pass(&r, 70003), 1001);
}

static void what_was_lost_before_us_keeps_its_hole_and_fills_it_late(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    assert_int_equal(pass(&r, 70000), 1000);
    rewrite_drop(&r, 70002); /* 70001 is lost */
    assert_int_equal(pass(&r, 70003), 1002);
    rewrite_drop(&r, 70004);
    assert_int_equal(pass(&r, 70005), 1003);
    assert_int_equal(rewrite_packet(&r, T0, 70001, 900, true, &out), REWRITE_LATE);
    assert_int_equal(out.index, 1001);
    assert_int_equal(rewrite_packet(&r, T0, 70001, 900, true, &out), REWRITE_DUP);
    assert_int_equal(rewrite_packet(&r, T0, 70002, 900, true, &out), REWRITE_DUP);
    assert_int_equal(rewrite_packet(&r, T0, 69999, 900, true, &out), REWRITE_OLD);
}

static void no_index_is_given_twice_whatever_comes(void **state)
{
    (void)state;
    static bool used[1 << 16];
    struct rewrite r = started(true);
    uint32_t rng = 1;
    uint64_t head = 70000, source = 70000;
    for (unsigned i = 0; i < 20000; i++) {
        struct rewrite_out out;
        rng = rng * 1664525 + 1013904223;
        unsigned what = rng >> 16 & 63;
        if (what == 0) {
            source = head = head + 1000;
            assert_int_equal(rewrite_switch(&r, T0 + i, &(struct rewrite_switch){.seq = head, .ts = rng}), OK);
            continue;
        }
        uint64_t seq = what < 40 ? ++head : head - (rng >> 22) % 300;
        if (what > 55) {
            rewrite_drop(&r, seq);
            continue;
        }
        enum rewrite_verdict v = rewrite_packet(&r, T0 + i, seq, rng, what & 1, &out);
        if (v != REWRITE_OK && v != REWRITE_LATE)
            continue;
        assert_true(seq >= source && out.index < sizeof used);
        assert_false(used[out.index]);
        used[out.index] = true;
    }
}

static void a_switch_in_mid_frame_leaves_one_hole_and_audio_never(void **state)
{
    (void)state;
    struct rewrite video = started(true), audio = started(false);
    struct rewrite_out out;
    struct rewrite_switch to = {.seq = 90000, .ts = 77};
    (void)rewrite_packet(&video, T0, 70000, 900, false, &out);
    (void)rewrite_packet(&audio, T0, 70000, 900, false, &out);
    assert_int_equal(rewrite_switch(&video, T0, &to), OK);
    assert_int_equal(rewrite_switch(&audio, T0, &to), OK);
    assert_int_equal(pass(&video, 90000), 1002);
    assert_int_equal(pass(&audio, 90000), 1001);
}

static void without_reports_time_goes_on_by_the_clock_and_at_least_a_frame(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)rewrite_packet(&r, T0, 70000, 900, true, &out);
    assert_int_equal(rewrite_switch(&r, T0 + MSEC, &(struct rewrite_switch){.seq = 90000, .ts = 4000000000u}), OK);
    (void)rewrite_packet(&r, T0 + MSEC, 90000, 4000000000u, true, &out);
    assert_int_equal(out.ts, 5000 + 3000);
    assert_int_equal(rewrite_switch(&r, T0 + SEC + MSEC, &(struct rewrite_switch){.seq = 70000, .ts = 1}), OK);
    (void)rewrite_packet(&r, T0 + SEC + MSEC, 70000, 1, true, &out);
    assert_int_equal(out.ts, 8000 + 90000);
}

/* The old layer: RTP 900 is NTP 10 s. The new: RTP 50000 is NTP 10 s + late. */
static enum err layer_switch(struct rewrite *r, uint32_t new_ts, usec_t elapsed, struct rewrite_out *out)
{
    struct sr_map from = {10ull << 32, 900}, to = {10ull << 32, 50000};
    struct rewrite_switch s = {.seq = 90000, .ts = new_ts, .from = &from, .to = &to};
    enum err e = rewrite_switch(r, T0 + elapsed, &s);
    if (e == OK)
        (void)rewrite_packet(r, T0 + elapsed, 90000, new_ts, true, out);
    return e;
}

static void layers_line_up_by_their_sender_reports(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)rewrite_packet(&r, T0, 70000, 900, true, &out);
    assert_int_equal(layer_switch(&r, 50000 + 2970, 40 * MSEC, &out), OK);
    assert_int_equal(out.ts, 5000 + 2970);
}

static void a_layer_that_lags_far_behind_is_refused_until_silence(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)rewrite_packet(&r, T0, 70000, 900, true, &out);
    assert_int_equal(layer_switch(&r, 50000 - 4501, 40 * MSEC, &out), ERR_STATE);
    assert_int_equal(layer_switch(&r, 50000 - 4501, 2 * SEC, &out), OK);
    assert_int_equal(out.ts, 5000 + 180000);
}

static void a_layer_that_lags_a_little_still_goes_forward_by_a_tick(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)rewrite_packet(&r, T0, 70000, 900, true, &out);
    assert_int_equal(layer_switch(&r, 50000 - 4500, 40 * MSEC, &out), OK);
    assert_int_equal(out.ts, 5001);
}

static void a_layer_that_runs_ahead_is_held_to_25_ms(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)rewrite_packet(&r, T0, 70000, 900, true, &out);
    assert_int_equal(layer_switch(&r, 50000 + 90000, 40 * MSEC, &out), OK);
    assert_int_equal(out.ts, 5000 + 3600 + 2250);
}

static void a_source_that_jumps_far_must_be_anchored_again(void **state)
{
    (void)state;
    struct rewrite r = started(true);
    struct rewrite_out out;
    (void)pass(&r, 70000);
    assert_int_equal(rewrite_packet(&r, T0, 70000 + SEQ_MAX_FORWARD + 1, 0, true, &out), REWRITE_UNANCHORED);
    assert_int_equal(pass(&r, 70000 + SEQ_MAX_FORWARD), 1000 + SEQ_MAX_FORWARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_passes_before_a_source_is_chosen),
        cmocka_unit_test(the_first_packet_has_the_number_and_time_we_were_given),
        cmocka_unit_test(what_we_drop_leaves_no_hole),
        cmocka_unit_test(what_was_lost_before_us_keeps_its_hole_and_fills_it_late),
        cmocka_unit_test(no_index_is_given_twice_whatever_comes),
        cmocka_unit_test(a_switch_in_mid_frame_leaves_one_hole_and_audio_never),
        cmocka_unit_test(without_reports_time_goes_on_by_the_clock_and_at_least_a_frame),
        cmocka_unit_test(layers_line_up_by_their_sender_reports),
        cmocka_unit_test(a_layer_that_lags_far_behind_is_refused_until_silence),
        cmocka_unit_test(a_layer_that_lags_a_little_still_goes_forward_by_a_tick),
        cmocka_unit_test(a_layer_that_runs_ahead_is_held_to_25_ms),
        cmocka_unit_test(a_source_that_jumps_far_must_be_anchored_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
