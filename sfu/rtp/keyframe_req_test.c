/* keyframe_req.c, and the quota and FIR numbers of its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "rtp/keyframe_req.h"

#define T0 (100 * SEC)

static void many_wishes_make_one_request(void **state)
{
    (void)state;
    struct keyframe_req k;
    keyframe_req_init(&k, 500 * MSEC);
    assert_false(keyframe_req_due(&k, T0));
    keyframe_req_want(&k, T0);
    keyframe_req_want(&k, T0);
    assert_int_equal(keyframe_req_deadline(&k), T0);
    assert_true(keyframe_req_due(&k, T0));
    keyframe_req_want(&k, T0);
    assert_false(keyframe_req_due(&k, T0 + 999 * MSEC));
    assert_true(keyframe_req_due(&k, T0 + SEC)); /* none came */
    keyframe_req_got(&k);
    assert_int_equal(keyframe_req_deadline(&k), USEC_NEVER);
    keyframe_req_want(&k, T0 + SEC + 2 * MSEC);
    assert_false(keyframe_req_due(&k, T0 + SEC + 499 * MSEC)); /* the gap */
    assert_true(keyframe_req_due(&k, T0 + SEC + 500 * MSEC));
}

static void it_gives_up_until_somebody_wishes_again(void **state)
{
    (void)state;
    struct keyframe_req k;
    unsigned n = 0;
    keyframe_req_init(&k, 200 * MSEC);
    keyframe_req_want(&k, T0);
    for (usec_t t = T0; t < T0 + 60 * SEC; t += 100 * MSEC)
        n += keyframe_req_due(&k, t);
    assert_int_equal(n, KEYFRAME_MAX_TRIES);
    keyframe_req_want(&k, T0 + 60 * SEC);
    assert_true(keyframe_req_due(&k, T0 + 60 * SEC));
}

static void one_receiver_has_three_in_ten_seconds(void **state)
{
    (void)state;
    struct keyframe_quota q = {0};
    struct fir_seen f = {0};
    for (unsigned i = 0; i < KEYFRAME_QUOTA; i++)
        assert_true(keyframe_quota_take(&q, T0 + i * SEC));
    assert_false(keyframe_quota_take(&q, T0 + KEYFRAME_WINDOW - 1));
    assert_true(keyframe_quota_take(&q, T0 + KEYFRAME_WINDOW));
    assert_false(keyframe_quota_take(&q, T0 + KEYFRAME_WINDOW));
    assert_true(fir_is_new(&f, 0));
    assert_false(fir_is_new(&f, 0));
    assert_true(fir_is_new(&f, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_wishes_make_one_request),
        cmocka_unit_test(it_gives_up_until_somebody_wishes_again),
        cmocka_unit_test(one_receiver_has_three_in_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
