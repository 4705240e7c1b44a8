/* buf.c and vec.c: growing. */
#include "common/buf.h"
#include "common/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void a_buf_gives_back_what_was_put_in_order(void **state)
{
    (void)state;
    static uint8_t model[4096];
    struct buf b = {0};
    size_t len = 0, moves = 0;
    uint32_t seed = 3;
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        size_t n = (seed >> 8) % 300;
        if (seed >> 30) {
            uint8_t in[300];
            memset(in, (int)(seed >> 16 & 0xff), sizeof in);
            enum err e = buf_put(&b, bytes_of(in, n), sizeof model);
            assert_int_equal(e, n > sizeof model - len ? ERR_FULL : OK);
            if (!e) {
                memcpy(model + len, in, n);
                len += n;
            }
        } else {
            n = n * 8 < len ? n * 8 : len;
            buf_take(&b, n);
            len -= n;
            memmove(model, model + n, len);
            moves += b.from > 0;
        }
        assert_true(bytes_eq(buf_bytes(&b), bytes_of(model, len)));
        assert_true(!b.p || *buf_end(&b) == '\0');
        assert_true(b.cap <= sizeof model + 1);
    }
    assert_true(moves > 100);
    buf_reset(&b);
    assert_null(b.p);
}

static void what_is_read_into_its_room_is_in_it(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(buf_reserve(&b, 5, 4), ERR_FULL);
    assert_null(b.p);
    assert_int_equal(buf_reserve(&b, 4, 4), OK);
    memcpy(buf_end(&b), "ab", 2);
    buf_added(&b, 2);
    assert_int_equal(buf_reserve(&b, 3, 4), ERR_FULL);
    assert_string_equal(b.p, "ab");
    buf_reset(&b);
}

static void text_is_written_whatever_its_length(void **state)
{
    (void)state;
    struct buf b = {0};
    char expected[4000] = "";
    for (unsigned i = 0; i < 60; i++) {
        buf_printf(&b, "%0*u,", (int)i + 1, i);
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%0*u,", (int)i + 1, i);
    }
    buf_add(&b, "end", 3);
    assert_int_equal(b.len, strlen(expected) + 3);
    char *text = buf_give(&b);
    assert_memory_equal(text, expected, strlen(expected));
    assert_string_equal(text + strlen(expected), "end");
    free(text);
    assert_null(buf_give(&b));
}

static void a_text_that_went_bad_is_not_given(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add(&b, "x", 1);
    b.bad = true;
    buf_printf(&b, "more");
    buf_add(&b, "more", 4);
    assert_int_equal(b.len, 1);
    assert_null(buf_give(&b));
    assert_null(b.p);
}

static void an_array_grows_up_to_its_bound(void **state)
{
    (void)state;
    uint64_t *list = NULL;
    unsigned n = 0, cap = 0, grown = 0;
    enum err e = OK;
    while (!(e = vec_reserve(list, cap, n + 1, 1000))) {
        grown += n == 0 || n + 1 == cap / 2 + 1;
        list[n] = n;
        n++;
    }
    assert_int_equal(e, ERR_FULL);
    assert_int_equal(n, 1000);
    assert_int_equal(cap, 1000);
    assert_true(grown < 12);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(list[i], i);
    free(list);
}

static void an_array_too_large_for_the_address_space_is_no_memory(void **state)
{
    (void)state;
    char(*list)[SIZE_MAX / 1024] = NULL;
    unsigned cap = 0;
    assert_int_equal(vec_reserve(list, cap, 4000, VEC_MOST), ERR_NOMEM);
    assert_null(list);
    assert_int_equal(cap, 0);
    assert_int_equal(vec_grow(&list, &cap, (size_t)UINT32_MAX + 1, 1, SIZE_MAX), ERR_FULL);
}

static void a_queue_gives_in_order_what_was_put_in(void **state)
{
    (void)state;
    struct fifo f = {0};
    uint64_t put = 0, taken = 0, out;
    uint32_t seed = 11;
    assert_false(fifo_take(&f, &out, sizeof out));
    for (unsigned step = 0; step < 5000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned n = (seed >> 8) % 20;
        if (seed >> 31) {
            assert_int_equal(fifo_reserve(&f, n, sizeof put), OK);
            for (; n; n--, put++)
                fifo_put(&f, &put, sizeof put);
        } else {
            for (; n && fifo_take(&f, &out, sizeof out); n--)
                assert_int_equal(out, taken++);
        }
        assert_int_equal(f.n, put - taken);
    }
    assert_true(taken > 1000);
    assert_int_equal(fifo_reserve(&f, UINT32_MAX, sizeof put), ERR_NOMEM);
    fifo_reset(&f);
    assert_null(f.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buf_gives_back_what_was_put_in_order),
        cmocka_unit_test(what_is_read_into_its_room_is_in_it),
        cmocka_unit_test(text_is_written_whatever_its_length),
        cmocka_unit_test(a_text_that_went_bad_is_not_given),
        cmocka_unit_test(an_array_grows_up_to_its_bound),
        cmocka_unit_test(a_queue_gives_in_order_what_was_put_in),
        cmocka_unit_test(an_array_too_large_for_the_address_space_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
