/* twcc.c: what is written is read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/twcc.h"

#define T0 (1000 * SEC)

static struct rtcp_twcc written(struct twcc_recorder *r, uint8_t p[1500])
{
    struct wr w = wr_of(p, 1500);
    struct rtcp_iter it;
    struct rtcp_item item;
    assert_true(twcc_recorder_write(r, &w, 1, 2));
    rtcp_iter_init(&it, bytes_of(p, wr_len(&w)));
    assert_true(rtcp_next(&it, &item));
    assert_int_equal(item.type, RTCP_TWCC);
    return item.twcc;
}

static void what_was_recorded_is_read_back_to_a_quarter_millisecond(void **state)
{
    (void)state;
    static struct twcc_recorder r;
    static const struct {
        uint16_t seq;
        usec_t at;
    } saw[] = {{65534, 0}, {65535, 10 * MSEC}, {3, 9 * MSEC}, {2, 200 * MSEC}, {40, 201 * MSEC}, {41, 201 * MSEC}};
    uint8_t p[1500];
    struct twcc_iter it;
    struct twcc_packet out;
    usec_t base = -1, at[42] = {0};
    unsigned n = 0, n_received = 0;
    twcc_recorder_init(&r);
    for (unsigned i = 0; i < ARRAY_LEN(saw); i++)
        twcc_recorder_saw(&r, T0 + saw[i].at, saw[i].seq);
    struct rtcp_twcc fb = written(&r, p);
    assert_int_equal(fb.base_seq, 65534);
    assert_int_equal(fb.n_seqs, 44);
    assert_int_equal(twcc_iter_init(&it, &fb), OK);
    for (; twcc_next(&it, &out); n++) {
        assert_int_equal(out.seq, (uint16_t)(65534 + n));
        if (!out.received)
            continue;
        n_received++;
        base = base < 0 ? out.at : base;
        at[(out.seq + 2) & 63 & 31] = out.at - base;
    }
    assert_int_equal(n, 44);
    assert_int_equal(n_received, 6);
    assert_int_equal(at[1], 10 * MSEC);
    assert_int_equal(at[5], 9 * MSEC);
    assert_int_equal(at[4], 200 * MSEC);
    assert_int_equal(at[10], 201 * MSEC);
}

static void nothing_is_reported_twice_and_nothing_new_says_nothing(void **state)
{
    (void)state;
    static struct twcc_recorder r;
    uint8_t p[1500];
    struct wr w = wr_of(p, sizeof p);
    twcc_recorder_init(&r);
    assert_false(twcc_recorder_write(&r, &w, 1, 2));
    twcc_recorder_saw(&r, T0, 5);
    twcc_recorder_saw(&r, T0 + MSEC, 5);
    assert_int_equal(written(&r, p).n_seqs, 1);
    assert_false(twcc_recorder_write(&r, &w, 1, 2));
    twcc_recorder_saw(&r, T0, 4);
    assert_false(twcc_recorder_write(&r, &w, 1, 2));
    twcc_recorder_saw(&r, T0, 7);
    struct rtcp_twcc fb = written(&r, p);
    assert_int_equal(fb.base_seq, 6);
    assert_int_equal(fb.n_seqs, 2);
    assert_int_equal(fb.feedback_count, 1);
}

static void a_delta_that_does_not_fit_begins_a_new_message(void **state)
{
    (void)state;
    static struct twcc_recorder r;
    uint8_t p[1500];
    twcc_recorder_init(&r);
    twcc_recorder_saw(&r, T0, 1);
    twcc_recorder_saw(&r, T0 + 9 * SEC, 2);
    assert_int_equal(written(&r, p).n_seqs, 1);
    struct rtcp_twcc fb = written(&r, p);
    assert_int_equal(fb.base_seq, 2);
    assert_int_equal(fb.n_seqs, 1);
}

static void a_long_gap_is_stepped_over(void **state)
{
    (void)state;
    static struct twcc_recorder r;
    uint8_t p[1500];
    twcc_recorder_init(&r);
    twcc_recorder_saw(&r, T0, 1);
    (void)written(&r, p);
    twcc_recorder_saw(&r, T0, 401);
    struct rtcp_twcc fb = written(&r, p);
    assert_true(fb.n_seqs <= TWCC_MAX_PACKETS);
    assert_int_equal((uint16_t)(fb.base_seq + fb.n_seqs - 1), 401);
    twcc_recorder_saw(&r, T0, 30000);
    assert_int_equal((uint16_t)(written(&r, p).base_seq), 30000 - TWCC_MAX_PACKETS + 1);
}

static void a_hand_made_message_is_read(void **state) /* run of 2 small; vector 1-bit: 0 1; deltas 4, 8, 2 ticks */
{
    (void)state;
    static const uint8_t body[] = {0x20, 0x02, 0x90, 0x00, 4, 8, 2, 0};
    struct rtcp_twcc fb = {.base_seq = 65535, .n_seqs = 4, .reference_time = 2, .chunks = {body, sizeof body}};
    struct twcc_iter it;
    struct twcc_packet a = {0}, b = {0}, c = {0}, d = {0}, none;
    assert_int_equal(twcc_iter_init(&it, &fb), OK);
    assert_true(twcc_next(&it, &a) && twcc_next(&it, &b) && twcc_next(&it, &c) && twcc_next(&it, &d));
    assert_false(twcc_next(&it, &none));
    assert_int_equal(a.at, 128 * MSEC + 1000);
    assert_int_equal(b.at, 128 * MSEC + 3000);
    assert_int_equal(b.seq, 0);
    assert_false(c.received);
    assert_true(d.received);
    assert_int_equal(d.at, 128 * MSEC + 3500);
}

static void broken_messages_are_refused_before_reading(void **state)
{
    (void)state;
    static const uint8_t few[] = {0x20, 0x04, 4, 8, 2}, reserved[] = {0x60, 0x01, 0, 0}, empty[] = {0x20, 0x00, 0, 0};
    const struct {
        struct bytes chunks;
        uint16_t n_seqs;
        enum err e;
    } cases[] = {
        {{few, sizeof few}, 4, ERR_SHORT}, /* three deltas for four packets */
        {{few, sizeof few}, 9, ERR_SHORT}, /* the deltas, read as a chunk, ask for more of them */
        {{reserved, 4}, 1, ERR_SYNTAX},    {{empty, 4}, 1, ERR_SYNTAX}, /* a run of nothing */
        {{few, 2}, 0, ERR_SYNTAX},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct twcc_iter it;
        struct rtcp_twcc fb = {.n_seqs = cases[i].n_seqs, .chunks = cases[i].chunks};
        assert_int_equal(twcc_iter_init(&it, &fb), cases[i].e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_recorded_is_read_back_to_a_quarter_millisecond),
        cmocka_unit_test(nothing_is_reported_twice_and_nothing_new_says_nothing),
        cmocka_unit_test(a_delta_that_does_not_fit_begins_a_new_message),
        cmocka_unit_test(a_long_gap_is_stepped_over),
        cmocka_unit_test(a_hand_made_message_is_read),
        cmocka_unit_test(broken_messages_are_refused_before_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
