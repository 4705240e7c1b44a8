#include "socketio/deadlines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define N 200

static void the_first_due_comes_first(void **state)
{
    (void)state;
    struct deadlines *d = NULL;
    assert_int_equal(deadlines_new(4, &d), OK);
    assert_int_equal(deadlines_first(d, NULL), USEC_NEVER);
    uint32_t slot = 9;
    deadlines_set(d, 2, 30);
    deadlines_set(d, 0, 10);
    deadlines_set(d, 3, 20);
    assert_int_equal(deadlines_first(d, &slot), 10);
    assert_int_equal(slot, 0);
    deadlines_set(d, 0, 40); /* moved */
    assert_int_equal(deadlines_first(d, &slot), 20);
    assert_int_equal(slot, 3);
    deadlines_set(d, 3, USEC_NEVER); /* removed */
    deadlines_set(d, 3, USEC_NEVER);
    assert_int_equal(deadlines_at(d, 3), USEC_NEVER);
    assert_int_equal(deadlines_first(d, &slot), 30);
    deadlines_free(d);
}

/* Against the plain way: look at all of them. */
static void a_long_random_history_keeps_the_order(void **state)
{
    (void)state;
    struct deadlines *d = NULL;
    usec_t model[N];
    uint32_t seed = 1;
    assert_int_equal(deadlines_new(N, &d), OK);
    for (unsigned i = 0; i < N; i++)
        model[i] = USEC_NEVER;
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t slot = (seed >> 8) % N;
        model[slot] = seed % 5 == 0 ? USEC_NEVER : (usec_t)(seed >> 16);
        deadlines_set(d, slot, model[slot]);
        usec_t least = USEC_NEVER;
        for (unsigned i = 0; i < N; i++)
            least = model[i] < least ? model[i] : least;
        uint32_t first = 0;
        assert_int_equal(deadlines_first(d, &first), least);
        if (least != USEC_NEVER)
            assert_int_equal(model[first], least);
    }
    deadlines_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_due_comes_first),
        cmocka_unit_test(a_long_random_history_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
