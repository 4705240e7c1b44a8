#include "bytes.h"
#include "err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void reads_big_endian_numbers(void **state)
{
    (void)state;
    const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    struct rd r = rd_of(bytes_of(in, sizeof in));
    assert_int_equal(rd_u8(&r), 1);
    assert_int_equal(rd_u16(&r), 0x0203);
    assert_int_equal(rd_u24(&r), 0x040506);
    assert_int_equal(rd_u32(&r), 0x0708090a);
    assert_false(r.bad);
    assert_int_equal(rd_left(&r), 0);
}

static void a_reader_that_ran_out_stays_bad_and_reads_zeros(void **state)
{
    (void)state;
    const uint8_t in[] = {0xff, 0xff, 0xff};
    struct rd r = rd_of(bytes_of(in, sizeof in));
    assert_int_equal(rd_u32(&r), 0);
    assert_true(r.bad);
    assert_int_equal(rd_u8(&r), 0);
}

static void a_sub_cursor_cannot_read_its_neighbour(void **state)
{
    (void)state;
    const uint8_t in[] = {1, 2, 3, 4};
    struct rd r = rd_of(bytes_of(in, sizeof in));
    struct rd sub = rd_sub(&r, 2);
    assert_int_equal(rd_u16(&sub), 0x0102);
    assert_int_equal(rd_u8(&sub), 0);
    assert_true(sub.bad);
    assert_int_equal(rd_u16(&r), 0x0304);
    assert_false(r.bad);
}

static void a_full_writer_goes_bad_and_writes_no_more(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct wr w = wr_of(out, sizeof out);
    wr_u16(&w, 0x0102);
    wr_u24(&w, 0x030405);
    assert_true(w.bad);
    assert_int_equal(out[2], 0);
    wr_u8(&w, 9);
    assert_int_equal(wr_len(&w), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian_numbers),
        cmocka_unit_test(a_reader_that_ran_out_stays_bad_and_reads_zeros),
        cmocka_unit_test(a_sub_cursor_cannot_read_its_neighbour),
        cmocka_unit_test(a_full_writer_goes_bad_and_writes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
