#include "api/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void participants_are_spread_over_the_workers(void **state)
{
    (void)state;
    struct registry *r = NULL;
    unsigned load[3] = {0};
    assert_int_equal(registry_new(3, &r), OK);
    for (unsigned i = 0; i < 30; i++) {
        char name[16];
        unsigned worker = 9;
        bool created = false;
        snprintf(name, sizeof name, "p%u", i);
        assert_int_equal(registry_add(r, i % 2 ? "a" : "b", name, &worker, &created), OK);
        assert_true(created && worker < 3);
        load[worker]++;
    }
    assert_true(load[0] == 10 && load[1] == 10 && load[2] == 10);
    unsigned worker = 9, again = 9;
    bool created = true;
    assert_int_equal(registry_find(r, "a", "p1", &worker), OK);
    assert_int_equal(registry_add(r, "a", "p1", &again, &created), OK);
    assert_false(created);
    assert_int_equal(worker, again);
    registry_drop(r, "a", "p1"); /* its worker now has the fewest */
    registry_drop(r, "a", "p1");
    registry_drop(r, "nowhere", "p1");
    assert_int_equal(registry_find(r, "a", "p1", &again), ERR_NOT_FOUND);
    assert_int_equal(registry_add(r, "c", "new", &again, &created), OK);
    assert_int_equal(worker, again);
    registry_free(r);
}

static void a_dropped_room_takes_its_load_along(void **state)
{
    (void)state;
    struct registry *r = NULL;
    unsigned worker;
    bool created;
    assert_int_equal(registry_new(2, &r), OK);
    assert_true(registry_add_room(r, "a"));
    assert_false(registry_add_room(r, "a"));
    for (unsigned i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        assert_int_equal(registry_add(r, "a", name, &worker, &created), OK);
    }
    assert_true(registry_drop_room(r, "a"));
    assert_false(registry_drop_room(r, "a"));
    assert_int_equal(registry_add(r, "b", "p", &worker, &created), OK);
    assert_int_equal(worker, 0); /* all loads are zero again */
    registry_free(r);
}

static void the_dump_tells_rooms_participants_and_states(void **state)
{
    (void)state;
    struct registry *r = NULL;
    unsigned worker;
    bool created;
    assert_int_equal(registry_new(1, &r), OK);
    assert_int_equal(registry_add(r, "a", "p", &worker, &created), OK);
    registry_set_state(r, "a", "p", "open");
    registry_set_state(r, "a", "stranger", "open");
    json_t *dump = registry_dump(r);
    char *text = json_dumps(dump, JSON_COMPACT);
    assert_string_equal(text, "[{\"room\":\"a\",\"participants\":[{\"participant\":\"p\",\"state\":\"open\"}]}]");
    free(text);
    json_decref(dump);
    registry_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(participants_are_spread_over_the_workers),
        cmocka_unit_test(a_dropped_room_takes_its_load_along),
        cmocka_unit_test(the_dump_tells_rooms_participants_and_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
