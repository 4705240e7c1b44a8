/* Which addresses the lite agent believes, and what it sends to those that it doesn't. */
#include "ice/ice_test_bench.h"

/* What goes to an address that sends a check now and answers none, and what came from it. */
static void silent_address(struct bench *b, usec_t now, const struct addr *from, bool checks, size_t *in, size_t *out)
{
    struct addr to;
    if (checks) {
        assert_int_equal(send_check(b, now, from, true), OK);
        *in += b->request_len;
        *out += b->reply_len;
    }
    while (asked(b, now, &to))
        *out += b->question_len;
    assert_int_equal(ice_lite_tick(&b->ice, now), ICE_NOTHING);
}

static void an_address_that_does_not_answer_is_never_the_path(void **state)
{
    (void)state;
    struct bench b;
    struct addr victim = addr("192.0.2.66", 1);
    bench_init(&b);
    size_t in = 0, out = 0;
    for (usec_t now = T0; now < T0 + 20 * SEC; now += 10 * MSEC) /* one check, and then only time */
        silent_address(&b, now, &victim, now == T0, &in, &out);
    assert_int_equal(b.ice.state, ICE_NEW);
    assert_in_range(out, b.reply_len + 1, ICE_UNPROVED_FACTOR * in); /* it was asked */
}

static void nor_is_it_for_its_checks(void **state)
{
    (void)state;
    struct bench b;
    struct addr victim = addr("192.0.2.66", 1);
    bench_init(&b);
    size_t in = 0, out = 0;
    for (usec_t now = T0; now < T0 + 29 * SEC; now += 100 * MSEC)
        silent_address(&b, now, &victim, true, &in, &out);
    assert_int_equal(b.ice.state, ICE_NEW);
    assert_in_range(out, 1, ICE_UNPROVED_FACTOR * in);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 30 * SEC), ICE_CONSENT_LOST); /* whatever it goes on to send */
}

static void a_nomination_from_a_silent_address_takes_nothing_from_the_path(void **state)
{
    (void)state;
    struct bench b;
    struct addr path = addr("192.0.2.1", 1), victim = addr("192.0.2.66", 1), to;
    bench_init(&b);
    assert_int_equal(check_and_answer(&b, T0, &path, true), ICE_PATH_CHANGED);
    assert_int_equal(send_check(&b, T0 + SEC, &victim, true), OK);
    for (usec_t now = T0 + SEC; now < T0 + 60 * SEC; now += 100 * MSEC) {
        while (asked(&b, now, &to)) /* only the path answers, and goes on with its own checks */
            if (addr_eq(&to, &path))
                assert_int_equal(answer_from(&b, now, &path), OK);
        if (now % (2 * SEC) == 0)
            assert_int_equal(send_check(&b, now, &path, false), OK);
        assert_true(addr_eq(&b.ice.path, &path));
        assert_int_equal(ice_lite_tick(&b.ice, now), ICE_NOTHING);
    }
}

static void checks_alone_do_not_renew_consent(void **state)
{
    (void)state;
    struct bench b;
    struct addr path = addr("192.0.2.1", 1), to;
    bench_init(&b);
    assert_int_equal(check_and_answer(&b, T0, &path, true), ICE_PATH_CHANGED);
    for (usec_t now = T0 + SEC; now < T0 + 30 * SEC; now += SEC) {
        assert_int_equal(send_check(&b, now, &path, false), OK);
        while (asked(&b, now, &to)) { /* the questions reach nobody */
        }
        assert_int_equal(ice_lite_tick(&b.ice, now), ICE_NOTHING);
    }
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 30 * SEC), ICE_CONSENT_LOST);
}

static void answers_alone_renew_it_for_as_long_as_they_come(void **state)
{
    (void)state;
    struct bench b;
    struct addr path = addr("192.0.2.1", 1), to;
    unsigned n = 0;
    bench_init(&b);
    assert_int_equal(check_and_answer(&b, T0, &path, true), ICE_PATH_CHANGED);
    for (usec_t now = T0 + MSEC; now < T0 + 300 * SEC; now += 50 * MSEC) {
        while (asked(&b, now, &to)) {
            assert_int_equal(answer_from(&b, now, &path), OK);
            n++;
        }
        assert_int_not_equal(ice_lite_tick(&b.ice, now), ICE_CONSENT_LOST);
    }
    assert_in_range(n, 300 / 6, 300 / 4);
}

static void an_answer_counts_once_from_where_it_was_asked_and_with_the_password(void **state)
{
    (void)state;
    struct bench b;
    struct addr from = addr("192.0.2.1", 1), other = addr("192.0.2.2", 2), to;
    bench_init(&b);
    assert_int_equal(send_check(&b, T0, &from, true), OK);
    assert_true(asked(&b, T0, &to));
    assert_true(addr_eq(&to, &from));
    assert_int_equal(answer_from(&b, T0, &other), ERR_STATE);
    struct ice_creds wrong = b.client;
    wrong.pwd[0] ^= 1;
    uint8_t bytes[ICE_REPLY_CAP];
    struct wr w = wr_of(bytes, sizeof(bytes));
    assert_int_equal(ice_check_answer(&wrong, &from, bytes_of(b.question, b.question_len), &w), ERR_AUTH);
    b.question[ICE_TXID_LEN] ^= 1; /* of another question */
    assert_int_equal(ice_check_answer(&b.client, &from, bytes_of(b.question, b.question_len), &w), ERR_AUTH);
    b.question[ICE_TXID_LEN] ^= 1;
    assert_int_equal(b.ice.state, ICE_NEW);
    assert_int_equal(answer_from(&b, T0, &from), OK);
    assert_true(b.res.learned);
    assert_int_equal(b.ice.state, ICE_CONNECTED);
    assert_int_equal(answer_from(&b, T0, &from), ERR_STATE);
}

static void a_proof_does_not_last_for_ever(void **state)
{
    (void)state;
    struct bench b;
    struct addr path = addr("192.0.2.1", 1), once = addr("192.0.2.66", 1), to;
    bench_init(&b);
    (void)check_and_answer(&b, T0, &once, false); /* and then it is somebody else's */
    (void)check_and_answer(&b, T0, &path, true);
    size_t in = 0, out = 0;
    for (usec_t now = T0 + 50 * MSEC; now < T0 + 100 * SEC; now += 50 * MSEC) {
        if (now > T0 + 40 * SEC && now % SEC == 0) {
            assert_int_equal(send_check(&b, now, &once, true), OK);
            in += b.request_len;
            out += b.reply_len;
        }
        while (asked(&b, now, &to)) {
            if (addr_eq(&to, &path))
                assert_int_equal(answer_from(&b, now, &path), OK);
            else
                out += b.question_len;
        }
    }
    assert_true(addr_eq(&b.ice.path, &path));
    assert_true(in > 0 && out <= ICE_UNPROVED_FACTOR * in);
}

static void the_id_of_a_question_tells_whose_its_answer_is(void **state)
{
    (void)state;
    struct bench b;
    struct addr from = addr("192.0.2.1", 1), to;
    struct bytes head;
    uint8_t bytes[ICE_REPLY_CAP];
    struct wr w = wr_of(bytes, sizeof(bytes));
    bench_init(&b);
    assert_int_equal(send_check(&b, T0, &from, true), OK);
    assert_true(asked(&b, T0, &to));
    assert_int_equal(ice_peek_answer(bytes_of(b.question, b.question_len), &head), ERR_NOT_FOUND);
    assert_int_equal(ice_check_answer(&b.client, &from, bytes_of(b.question, b.question_len), &w), OK);
    assert_int_equal(ice_peek_answer(bytes_of(bytes, wr_len(&w)), &head), OK);
    assert_true(bytes_eq(head, bytes_of(b.server.ufrag, ICE_UFRAG_MIN)));
}

static void a_path_that_went_silent_is_left_for_the_address_that_is_heard(void **state)
{
    (void)state;
    struct bench b;
    struct addr dead = addr("192.0.2.1", 1), alive = addr("192.0.2.2", 2), to;
    bench_init(&b);
    (void)check_and_answer(&b, T0, &alive, false);
    assert_int_equal(check_and_answer(&b, T0, &dead, true), ICE_PATH_CHANGED); /* nominated last, and then unplugged */
    usec_t left = 0;
    for (usec_t now = T0 + SEC; now < T0 + 20 * SEC && !left; now += 50 * MSEC) {
        if (now % (2 * SEC) == 0)
            assert_int_equal(send_check(&b, now, &alive, false), OK);
        while (asked(&b, now, &to))
            if (addr_eq(&to, &alive))
                assert_int_equal(answer_from(&b, now, &alive), OK);
        if (addr_eq(&b.ice.path, &alive))
            left = now;
    }
    assert_in_range(left, T0 + SEC, T0 + 8 * SEC);
    assert_int_equal(b.ice.state, ICE_CONNECTED);
}

static void an_address_heard_beside_the_path_is_not_taken_for_it(void **state)
{
    (void)state;
    struct bench b;
    struct addr path = addr("192.0.2.1", 1), other = addr("192.0.2.2", 2);
    bench_init(&b);
    (void)check_and_answer(&b, T0, &path, true);
    for (usec_t now = T0 + MSEC; now < T0 + 100 * SEC; now += 500 * MSEC) {
        (void)check_and_answer(&b, now, &other, false);
        assert_true(addr_eq(&b.ice.path, &path));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_does_not_answer_is_never_the_path),
        cmocka_unit_test(nor_is_it_for_its_checks),
        cmocka_unit_test(a_nomination_from_a_silent_address_takes_nothing_from_the_path),
        cmocka_unit_test(checks_alone_do_not_renew_consent),
        cmocka_unit_test(answers_alone_renew_it_for_as_long_as_they_come),
        cmocka_unit_test(an_answer_counts_once_from_where_it_was_asked_and_with_the_password),
        cmocka_unit_test(a_proof_does_not_last_for_ever),
        cmocka_unit_test(the_id_of_a_question_tells_whose_its_answer_is),
        cmocka_unit_test(a_path_that_went_silent_is_left_for_the_address_that_is_heard),
        cmocka_unit_test(an_address_heard_beside_the_path_is_not_taken_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
