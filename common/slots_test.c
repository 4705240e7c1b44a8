/* slots.c and map.c: what is found by an id, and what no longer. */
#include "common/map.h"
#include "common/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

static void an_id_finds_its_object_until_it_goes_and_never_another(void **state)
{
    (void)state;
    struct slots s = {0};
    int a, b;
    uint32_t slot = 9, generation = 0, slot_b, generation_b;
    assert_null(slots_find(&s, 0, 0));
    assert_int_equal(slots_put(&s, &a, 1, &slot, &generation), OK);
    assert_int_not_equal(generation, 0);
    assert_ptr_equal(slots_find(&s, slot, generation), &a);
    assert_int_equal(slots_put(&s, &b, 1, &slot_b, &generation_b), ERR_FULL);
    slots_remove(&s, slot);
    assert_null(slots_find(&s, slot, generation));
    assert_int_equal(slots_put(&s, &b, 1, &slot_b, &generation_b), OK);
    assert_int_equal(slot_b, slot);
    assert_null(slots_find(&s, slot, generation));
    assert_ptr_equal(slots_find(&s, slot_b, generation_b), &b);
    s.entries[slot].generation = UINT32_MAX;
    slots_remove(&s, slot);
    assert_int_equal(slots_put(&s, &a, 1, &slot, &generation), OK);
    assert_int_equal(generation, 1); /* 0 is nobody's */
    slots_reset(&s);
    assert_null(slots_find(&s, slot, generation));
}

static void a_long_random_history_finds_what_is_there_and_nothing_else(void **state)
{
    (void)state;
    enum { MOST = 300 };
    struct slots s = {0};
    static struct {
        uint32_t slot, generation;
        bool there;
    } model[MOST];
    uint32_t seed = 5;
    unsigned n = 0;
    memset(model, 0, sizeof model);
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned i = (seed >> 8) % MOST;
        assert_ptr_equal(slots_find(&s, model[i].slot, model[i].generation), model[i].there ? &model[i] : NULL);
        if (model[i].there)
            slots_remove(&s, model[i].slot);
        else
            assert_int_equal(slots_put(&s, &model[i], MOST, &model[i].slot, &model[i].generation), OK);
        n += model[i].there ? -1U : 1;
        model[i].there = !model[i].there;
    }
    assert_true(s.n <= MOST);
    unsigned seen = 0;
    for (uint32_t i = 0; i < s.n; i++)
        seen += slots_at(&s, i) != NULL;
    assert_int_equal(seen, n);
    slots_reset(&s);
}

static void the_map_finds_all_that_was_not_removed(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct map map = {0};
    static char value[N];
    assert_null(map_find(&map, 1));
    map_remove(&map, 1);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(map_add(&map, i * 64 + 1, &value[i]), OK);
    assert_int_equal(map_add(&map, 65, value), ERR_STATE);
    assert_int_equal(map_add(&map, 0, value), ERR_STATE);
    for (uint64_t i = 0; i < N; i += 3)
        map_remove(&map, i * 64 + 1);
    for (uint64_t i = 0; i < N; i++)
        assert_ptr_equal(map_find(&map, i * 64 + 1), i % 3 ? &value[i] : NULL);
    size_t seen = 0;
    for (size_t at = 0; map_next(&map, &at);)
        seen++;
    assert_int_equal(seen, map.n);
    assert_int_equal(seen, N - (N + 2) / 3);
    map_reset(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_finds_its_object_until_it_goes_and_never_another),
        cmocka_unit_test(a_long_random_history_finds_what_is_there_and_nothing_else),
        cmocka_unit_test(the_map_finds_all_that_was_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
