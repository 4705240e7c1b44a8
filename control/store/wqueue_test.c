/* wqueue_test.c: order, copies and bounds of the queue. */
#include "store/wqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static enum err put(struct wqueue *q, enum wqueue_class class, const char *a, const char *b)
{
    const char *params[] = {a, b};
    return wqueue_put(q, class, &(struct wqueue_statement){7, 2, params});
}

static void gives_back_copies_oldest_first(void **state)
{
    (void)state;
    struct wqueue *q = NULL;
    assert_int_equal(wqueue_new(3, 4096, &q), OK);
    char text[] = "one";
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, text, NULL), OK);
    text[0] = 'X';
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "two", ""), OK);
    assert_int_equal(wqueue_len(q), 2);
    assert_int_equal(wqueue_at(q, 0)->statement, 7);
    assert_string_equal(wqueue_at(q, 0)->params[0], "one");
    assert_null(wqueue_at(q, 0)->params[1]);
    assert_string_equal(wqueue_at(q, 1)->params[1], "");
    wqueue_free(q);
}

static void refuses_and_counts_when_full_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct wqueue *q = NULL;
    assert_int_equal(wqueue_new(2, 4096, &q), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "one", "x"), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "two", "x"), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "three", "x"), ERR_FULL);
    assert_int_equal(wqueue_counters(q)->refused, 1);
    assert_string_equal(wqueue_at(q, 0)->params[0], "one");
    assert_string_equal(wqueue_at(q, 1)->params[0], "two");
    wqueue_free(q);
}

static void bounds_the_bytes_too(void **state)
{
    (void)state;
    struct wqueue *q = NULL;
    char big[900];
    snprintf(big, sizeof big, "%0800d", 1);
    assert_int_equal(wqueue_new(100, 1000, &q), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, big, NULL), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, big, NULL), ERR_FULL);
    wqueue_written(q, 1);
    assert_int_equal(wqueue_counters(q)->bytes, 0);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, big, NULL), OK);
    wqueue_free(q);
}

static void statistics_leave_the_last_quarter_to_what_must_not_be_lost(void **state)
{
    (void)state;
    struct wqueue *q = NULL;
    assert_int_equal(wqueue_new(8, 1 << 20, &q), OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(put(q, WQ_MAY_BE_LOST, "x", "y"), OK);
    assert_int_equal(put(q, WQ_MAY_BE_LOST, "x", "y"), ERR_FULL);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "x", "y"), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "x", "y"), OK);
    assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "x", "y"), ERR_FULL);
    wqueue_free(q);
}

static void a_write_that_cannot_be_stored_is_taken_out_of_the_middle(void **state)
{
    (void)state;
    struct wqueue *q = NULL;
    assert_int_equal(wqueue_new(4, 4096, &q), OK);
    for (int round = 0; round < 5; round++) { /* goes round the ring */
        assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "a", NULL), OK);
        assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "b", NULL), OK);
        assert_int_equal(put(q, WQ_MUST_NOT_BE_LOST, "c", NULL), OK);
        wqueue_lose(q, 1);
        assert_int_equal(wqueue_len(q), 2);
        assert_string_equal(wqueue_at(q, 0)->params[0], "a");
        assert_string_equal(wqueue_at(q, 1)->params[0], "c");
        wqueue_written(q, 2);
    }
    assert_int_equal(wqueue_counters(q)->lost, 5);
    assert_int_equal(wqueue_counters(q)->written, 10);
    assert_int_equal(wqueue_counters(q)->bytes, 0);
    wqueue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_copies_oldest_first),
        cmocka_unit_test(refuses_and_counts_when_full_and_keeps_what_it_has),
        cmocka_unit_test(bounds_the_bytes_too),
        cmocka_unit_test(statistics_leave_the_last_quarter_to_what_must_not_be_lost),
        cmocka_unit_test(a_write_that_cannot_be_stored_is_taken_out_of_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
