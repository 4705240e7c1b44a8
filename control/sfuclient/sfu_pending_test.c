#include "sfuclient/sfu_pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define T0 (1000 * SEC)

static int set_up(void **state)
{
    struct sfu_pending *p = NULL;
    assert_int_equal(sfu_pending_new(&p), OK);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    sfu_pending_free(*state);
    return 0;
}

static uint64_t add(struct sfu_pending *p, usec_t now, uint64_t request)
{
    uint64_t id = 0;
    assert_int_equal(sfu_pending_add(p, now, &(struct sfu_tag){.request = request}, &id), OK);
    return id;
}

static void an_answer_finds_its_request_once_in_any_order(void **state)
{
    struct sfu_pending *p = *state;
    struct sfu_tag tag;
    uint64_t a = add(p, T0, 10), b = add(p, T0, 20);
    assert_int_equal(sfu_pending_take(p, b, &tag), OK);
    assert_int_equal(tag.request, 20);
    assert_int_equal(sfu_pending_take(p, b, &tag), ERR_NOT_FOUND);
    assert_int_equal(sfu_pending_take(p, a, &tag), OK);
    assert_int_equal(tag.request, 10);
    assert_int_equal(sfu_pending_take(p, 0, &tag), ERR_NOT_FOUND);
    assert_int_equal(sfu_pending_take(p, b + 1, &tag), ERR_NOT_FOUND);
    assert_int_equal(sfu_pending_len(p), 0);
}

static void a_request_times_out_after_five_seconds_and_not_before(void **state)
{
    struct sfu_pending *p = *state;
    struct sfu_tag tag;
    assert_int_equal(sfu_pending_deadline(p), USEC_NEVER);
    uint64_t a = add(p, T0, 10);
    add(p, T0 + SEC, 20);
    assert_int_equal(sfu_pending_deadline(p), T0 + 5 * SEC);
    assert_false(sfu_pending_expire(p, T0 + 5 * SEC - 1, false, &tag));
    assert_true(sfu_pending_expire(p, T0 + 5 * SEC, false, &tag));
    assert_int_equal(tag.request, 10);
    assert_false(sfu_pending_expire(p, T0 + 5 * SEC, false, &tag));
    assert_int_equal(sfu_pending_take(p, a, &tag), ERR_NOT_FOUND);
    assert_int_equal(sfu_pending_deadline(p), T0 + 6 * SEC);
}

static void a_lost_connection_expires_all_that_wait(void **state)
{
    struct sfu_pending *p = *state;
    struct sfu_tag tag;
    for (unsigned i = 0; i < 5; i++)
        add(p, T0, i);
    unsigned n = 0;
    while (sfu_pending_expire(p, T0, true, &tag))
        assert_int_equal(tag.request, n++);
    assert_int_equal(n, 5);
}

static void is_bounded_and_goes_on_after_answers(void **state)
{
    struct sfu_pending *p = *state;
    struct sfu_tag tag = {0};
    uint64_t first = add(p, T0, 0), id = 0;
    for (unsigned i = 1; i < SFU_PENDING_MAX; i++)
        id = add(p, T0, i);
    assert_int_equal(sfu_pending_add(p, T0, &tag, &id), ERR_FULL);
    assert_int_equal(sfu_pending_take(p, first, &tag), OK);
    for (unsigned i = 0; i < 3 * SFU_PENDING_MAX; i++) {
        id = add(p, T0, i);
        assert_true(sfu_pending_expire(p, T0, true, &tag));
    }
    assert_int_equal(sfu_pending_len(p), SFU_PENDING_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_finds_its_request_once_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_times_out_after_five_seconds_and_not_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_connection_expires_all_that_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_bounded_and_goes_on_after_answers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
