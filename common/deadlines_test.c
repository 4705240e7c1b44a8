/* deadlines.c: the order in which deadlines come out. */
#include "common/deadlines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define N 200

static void the_first_due_comes_first(void **state)
{
    (void)state;
    struct deadlines ds = {0};
    struct deadline a = {0}, b = {0}, c = {0};
    assert_true(deadlines_next(&ds) == USEC_NEVER);
    deadlines_set(&ds, &a, 30);
    deadlines_set(&ds, &b, 10);
    deadlines_set(&ds, &c, 20);
    assert_ptr_equal(ds.first, &b);
    deadlines_set(&ds, &b, 40); /* moved */
    assert_ptr_equal(ds.first, &c);
    deadlines_set(&ds, &c, USEC_NEVER); /* removed */
    deadlines_cancel(&ds, &c);
    assert_false(c.set);
    assert_int_equal(deadlines_next(&ds), 30);
    assert_null(deadlines_take_due(&ds, 29));
    assert_ptr_equal(deadlines_take_due(&ds, 30), &a);
    assert_false(a.set);
    assert_ptr_equal(deadlines_take_due(&ds, 1000), &b);
    assert_null(deadlines_take_due(&ds, USEC_NEVER - 1));
}

static void those_due_at_once_all_come_out(void **state)
{
    (void)state;
    struct deadlines ds = {0};
    struct deadline all[N] = {0};
    for (unsigned i = 0; i < N; i++)
        deadlines_set(&ds, &all[i], 5);
    for (unsigned i = 0; i < N; i++)
        assert_non_null(deadlines_take_due(&ds, 5));
    assert_null(ds.first);
}

/* Every node that is set is in the heap once, after its parent, and the links agree. */
static unsigned count_checked(const struct deadline *d, const struct deadline *parent)
{
    unsigned n = 0;
    const struct deadline *before = parent;
    for (; d; before = d, d = d->next) {
        assert_true(d->set);
        assert_ptr_equal(d->prev, before);
        if (parent)
            assert_true(d->due >= parent->due);
        n += 1 + count_checked(d->child, d);
    }
    return n;
}

/* Against the plain way: look at all of them. */
static void a_long_random_history_keeps_the_order(void **state)
{
    (void)state;
    struct deadlines ds = {0};
    struct deadline all[N];
    usec_t model[N];
    uint32_t seed = 1;
    memset(all, 0, sizeof all);
    for (unsigned i = 0; i < N; i++)
        model[i] = USEC_NEVER;
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned i = (seed >> 8) % N;
        if (seed >> 16 & 8) { /* to a little later, as most are moved */
            model[i] = model[i] == USEC_NEVER ? 0 : model[i] + (seed >> 28);
            deadlines_set(&ds, &all[i], model[i]);
        } else if (seed >> 16 & 4) {
            struct deadline *d = deadlines_take_due(&ds, seed >> 16);
            if (d)
                model[d - all] = USEC_NEVER;
        } else {
            model[i] = seed % 5 == 0 ? USEC_NEVER : (usec_t)(seed >> 16);
            deadlines_set(&ds, &all[i], model[i]);
        }
        usec_t least = USEC_NEVER;
        unsigned n = 0;
        for (unsigned k = 0; k < N; k++) {
            least = model[k] < least ? model[k] : least;
            n += model[k] != USEC_NEVER;
        }
        assert_true(deadlines_next(&ds) == least);
        if (step % 16 == 0)
            assert_int_equal(count_checked(ds.first, NULL), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_due_comes_first),
        cmocka_unit_test(those_due_at_once_all_come_out),
        cmocka_unit_test(a_long_random_history_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
