#include "room/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#define N_ADDRS  300
#define N_OWNERS 7

static void it_agrees_with_a_plain_list_whatever_is_done(void **state)
{
    (void)state;
    struct paths *p = NULL;
    struct addr addrs[N_ADDRS];
    int model[N_ADDRS], owners[N_OWNERS];
    uint64_t seed = 5;
    assert_int_equal(paths_new(77, &p), OK);
    for (unsigned i = 0; i < N_ADDRS; i++) {
        char ip[40];
        snprintf(ip, sizeof ip, i % 2 ? "192.0.2.%u" : "2001:db8::%u", i % 250);
        assert_int_equal(addr_parse(ip, (uint16_t)(1000 + i), &addrs[i]), OK);
        model[i] = -1;
    }
    for (unsigned n = 0; n < 20000; n++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned i = (unsigned)(seed >> 33) % N_ADDRS, o = (unsigned)(seed >> 20) % N_OWNERS;
        bool grows = n / 2000 % 2 == 0; /* by turns it fills and empties */
        if (seed >> 60 < (grows ? 12 : 3)) {
            assert_int_equal(paths_put(p, &addrs[i], &owners[o]), OK);
            model[i] = (int)o;
        } else {
            paths_remove(p, &addrs[i], &owners[o]);
            if (model[i] == (int)o)
                model[i] = -1;
        }
        for (unsigned k = 0; n % 50 == 0 && k < N_ADDRS; k++)
            assert_ptr_equal(paths_find(p, &addrs[k]), model[k] < 0 ? NULL : &owners[model[k]]);
    }
    paths_free(p);
}

static void only_its_owner_can_remove_an_address(void **state)
{
    (void)state;
    struct paths *p = NULL;
    struct addr a, other_port;
    int ann, bob;
    assert_int_equal(paths_new(1, &p), OK);
    assert_int_equal(addr_parse("192.0.2.1", 5, &a), OK);
    assert_int_equal(addr_parse("192.0.2.1", 6, &other_port), OK);
    assert_int_equal(paths_put(p, &a, &ann), OK);
    assert_null(paths_find(p, &other_port));
    assert_int_equal(paths_put(p, &a, &bob), OK);
    paths_remove(p, &a, &ann); /* late: it is bob's by now */
    assert_ptr_equal(paths_find(p, &a), &bob);
    paths_remove(p, &a, &bob);
    assert_null(paths_find(p, &a));
    paths_remove(p, &a, &bob);
    paths_free(p);
    paths_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_a_plain_list_whatever_is_done),
        cmocka_unit_test(only_its_owner_can_remove_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
