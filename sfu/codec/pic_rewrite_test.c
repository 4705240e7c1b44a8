/* pic_rewrite.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/pic_rewrite.h"

static uint16_t pass(struct pic_rewrite *p, uint16_t pic, uint8_t tl0)
{
    struct pic_ids out;
    assert_true(pic_rewrite_pass(p, (struct pic_ids){pic, tl0, 4}, true, &out));
    return out.pic;
}

static void a_switch_goes_on_by_one_in_every_field(void **state)
{
    (void)state;
    struct pic_rewrite p;
    struct pic_ids out;
    pic_rewrite_init(&p, 100, 50);
    assert_true(pic_rewrite_pass(&p, (struct pic_ids){9000, 200, 30}, true, &out));
    assert_int_equal(out.pic, 101);
    assert_int_equal(out.tl0, 51);
    assert_int_equal(out.keyidx, 1);
    assert_true(pic_rewrite_pass(&p, (struct pic_ids){9001, 201, 31}, true, &out));
    pic_rewrite_switch(&p);
    assert_true(pic_rewrite_pass(&p, (struct pic_ids){5, 0, 0}, true, &out));
    assert_int_equal(out.pic, 103);
    assert_int_equal(out.tl0, 53);
    assert_int_equal(out.keyidx, 3);
}

static void all_packets_of_a_picture_get_one_id(void **state)
{
    (void)state;
    struct pic_rewrite p;
    pic_rewrite_init(&p, 100, 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(pass(&p, 7, 0), 101);
    assert_int_equal(pass(&p, 8, 0), 102);
}

static void dropped_pictures_leave_no_hole_and_lost_ones_do(void **state)
{
    (void)state;
    struct pic_rewrite p;
    struct pic_ids out;
    pic_rewrite_init(&p, 100, 0);
    assert_int_equal(pass(&p, 7, 0), 101);
    pic_rewrite_drop(&p, 8, true);
    pic_rewrite_drop(&p, 8, true);
    assert_int_equal(pass(&p, 10, 0), 103); /* 9 was lost … */
    pic_rewrite_drop(&p, 11, true);
    assert_int_equal(pass(&p, 12, 0), 104);
    assert_int_equal(pass(&p, 9, 0), 102); /* … and comes late */
    assert_int_equal(pass(&p, 7, 0), 101);
    assert_false(pic_rewrite_pass(&p, (struct pic_ids){8, 0, 0}, true, &out));
    assert_false(pic_rewrite_pass(&p, (struct pic_ids){6, 0, 0}, true, &out)); /* before the switch */
    assert_int_equal(pass(&p, 13, 0), 105);
}

static void ids_wrap_at_both_ends(void **state)
{
    (void)state;
    struct pic_rewrite p;
    struct pic_ids out;
    pic_rewrite_init(&p, 32766, 255);
    assert_int_equal(pass(&p, 32767, 3), 32767);
    assert_int_equal(pass(&p, 0, 4), 0);
    assert_int_equal(pass(&p, 32767, 3), 32767);
    pic_rewrite_switch(&p);
    assert_true(pic_rewrite_pass(&p, (struct pic_ids){127, 0, 0}, false, &out));
    assert_int_equal(out.pic, 1);
    assert_true(pic_rewrite_pass(&p, (struct pic_ids){0, 0, 0}, false, &out)); /* 7 bits */
    assert_int_equal(out.pic, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_goes_on_by_one_in_every_field),
        cmocka_unit_test(all_packets_of_a_picture_get_one_id),
        cmocka_unit_test(dropped_pictures_leave_no_hole_and_lost_ones_do),
        cmocka_unit_test(ids_wrap_at_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
