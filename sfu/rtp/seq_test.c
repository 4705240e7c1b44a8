/* seq.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rtp/seq.h"

static void a_number_keeps_growing_over_the_wrap(void **state)
{
    (void)state;
    struct seq s = {0};
    uint64_t a, b, c;
    assert_int_equal(seq_update(&s, 65534, &a), SEQ_NEXT);
    assert_int_equal(seq_update(&s, 1, &b), SEQ_NEXT);
    assert_int_equal(b - a, 3);
    assert_int_equal(seq_update(&s, 65535, &c), SEQ_LATE);
    assert_int_equal(c - a, 1);
    assert_int_equal((uint16_t)b, 1);
}

static void a_packet_before_the_first_has_a_number_too(void **state)
{
    (void)state;
    struct seq s = {0};
    uint64_t a, b;
    seq_update(&s, 0, &a);
    assert_int_equal(seq_update(&s, 65535, &b), SEQ_LATE);
    assert_int_equal(a - b, 1);
}

static void one_wild_jump_is_only_suspect(void **state)
{
    (void)state;
    struct seq s = {0};
    uint64_t a, b = 7;
    seq_update(&s, 100, &a);
    assert_int_equal(seq_update(&s, 100 + SEQ_MAX_FORWARD + 1, &b), SEQ_SUSPECT);
    assert_int_equal(b, 7);
    assert_int_equal(seq_update(&s, 101, &b), SEQ_NEXT);
    assert_int_equal(b, a + 1);
    assert_int_equal(seq_update(&s, 100 + SEQ_MAX_FORWARD + 2, &b), SEQ_SUSPECT); /* not in a row */
}

static void two_wild_jumps_in_a_row_are_a_restart_that_goes_on_upwards(void **state)
{
    (void)state;
    struct seq s = {0};
    uint64_t a, b;
    seq_update(&s, 5000, &a);
    assert_int_equal(seq_update(&s, 5000 - SEQ_MAX_BACK - 100, &b), SEQ_SUSPECT);
    assert_int_equal(seq_update(&s, 5000 - SEQ_MAX_BACK - 99, &b), SEQ_RESTART);
    assert_true(b > a);
    assert_int_equal((uint16_t)b, 5000 - SEQ_MAX_BACK - 99);
    assert_int_equal(seq_update(&s, 5000 - SEQ_MAX_BACK - 98, &a), SEQ_NEXT);
    assert_int_equal(a, b + 1);
}

static void the_limits_themselves_are_no_jump(void **state)
{
    (void)state;
    struct seq s = {0};
    uint64_t a;
    seq_update(&s, 10000, &a);
    assert_int_equal(seq_update(&s, 10000 + SEQ_MAX_FORWARD, &a), SEQ_NEXT);
    assert_int_equal(seq_update(&s, 10000 + SEQ_MAX_FORWARD - SEQ_MAX_BACK, &a), SEQ_LATE);
}

static void timestamps_unwrap_both_ways(void **state)
{
    (void)state;
    struct ts_unwrap u = {0};
    uint64_t a = ts_unwrap(&u, 0xffffff00u), b = ts_unwrap(&u, 0x100), c = ts_unwrap(&u, 0xffffff80u);
    assert_int_equal(b - a, 0x200);
    assert_int_equal(c - a, 0x80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_keeps_growing_over_the_wrap),
        cmocka_unit_test(a_packet_before_the_first_has_a_number_too),
        cmocka_unit_test(one_wild_jump_is_only_suspect),
        cmocka_unit_test(two_wild_jumps_in_a_row_are_a_restart_that_goes_on_upwards),
        cmocka_unit_test(the_limits_themselves_are_no_jump),
        cmocka_unit_test(timestamps_unwrap_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
