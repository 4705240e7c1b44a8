/* The reading of a chain, against a chain and a database in memory: what is credited is what is there, once, whatever
 * the node and the database do in between. */
#include "billing/scan_world.h"

static void assert_all_credited_once(const struct world *w, uint64_t up_to)
{
    for (uint64_t n = 0; n < BLOCKS; n++)
        if (w->tx[n])
            assert_int_equal(w->credited[w->tx[n]], n <= up_to);
}

static void a_deposit_is_credited_when_it_has_its_confirmations(void **state)
{
    (void)state;
    struct world *w = world_new(100);
    struct scan *s = scan_of(12);
    round_of(w, s);
    assert_int_equal(w->block, 89);
    w->tx[101] = 1;
    for (w->head = 101; w->head < 112; w->head++) {
        round_of(w, s);
        assert_int_equal(w->credited[1], 0);
    }
    round_of(w, s); /* 101 and the eleven after it */
    assert_int_equal(w->credited[1], 1);
    assert_int_equal(w->block, 101);
    round_of(w, s);
    assert_int_equal(w->credited[1], 1);
    scan_free(s);
    free(w);
}

static void before_the_chain_is_long_enough_nothing_is_read(void **state)
{
    (void)state;
    struct world *w = world_new(10);
    struct scan *s = scan_of(12);
    w->tx[0] = 1;
    round_of(w, s);
    assert_false(w->is_read);
    w->head = 11;
    round_of(w, s);
    assert_true(w->is_read);
    scan_free(s);
    free(w);
}

static void reading_begins_at_the_head_when_no_address_was_told(void **state)
{
    (void)state;
    struct world *w = world_new(5000);
    struct scan *s = scan_of(12);
    w->told_at_s = -1;
    w->n_addresses = 0;
    round_of(w, s);
    assert_true(w->is_read);
    assert_int_equal(w->block, 4989);
    assert_int_equal(w->logs_asked, 0);
    w->head = 5010;
    round_of(w, s);
    assert_int_equal(w->block, 4999); /* without a question for nobody's logs */
    assert_int_equal(w->logs_asked, 0);
    scan_free(s);
    free(w);
}

static void reading_begins_an_hour_before_the_first_address_was_told(void **state)
{
    (void)state;
    struct world *w = world_new(5000);
    struct scan *s = scan_of(12);
    w->told_at_s = 1700000000 + 4000 * 12; /* at block 4000; an hour is 300 blocks */
    w->tx[3699] = 1;
    w->tx[3700] = 2;
    w->tx[4001] = 3;
    round_of(w, s);
    assert_int_equal(w->block, 4989);
    assert_int_equal(w->credited[1], 0);
    assert_int_equal(w->credited[2], 1);
    assert_int_equal(w->credited[3], 1);
    scan_free(s);
    free(w);
}

static void what_came_while_nobody_read_is_found(void **state)
{
    (void)state;
    struct world *w = world_new(50);
    struct scan *s = scan_of(12);
    round_of(w, s);
    scan_free(s);
    for (unsigned n = 60; n < 5900; n += 97)
        w->tx[n] = n;
    w->head = 5900;
    s = scan_of(12);
    round_of(w, s);
    assert_all_credited_once(w, 5889);
    assert_int_equal(w->records, 2 + 2); /* 2000 blocks a range at most */
    scan_free(s);
    free(w);
}

static void a_range_that_is_too_large_for_the_node_is_halved(void **state)
{
    (void)state;
    static const unsigned limits[] = {1, 7, 100, 1999};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct world *w = world_new(50);
        struct scan *s = scan_of(12);
        round_of(w, s);
        w->range_max = limits[i];
        for (unsigned n = 60; n < 1000; n += 97)
            w->tx[n] = n;
        w->head = 1000;
        round_of(w, s);
        assert_all_credited_once(w, 989);
        assert_int_equal(scan_failures(s), 0);
        scan_free(s);
        free(w);
    }
}

static void a_reorganisation_after_reading_credits_nothing_twice(void **state)
{
    (void)state;
    struct world *w = world_new(1000);
    struct scan *s = scan_of(3);
    w->tx[900] = 1;
    w->tx[950] = 2;
    round_of(w, s);
    assert_int_equal(w->block, 998);
    for (unsigned n = 940; n < BLOCKS; n++)
        w->fork[n] = 1;
    w->tx[950] = 0;
    w->tx[960] = 2; /* the same transaction, later */
    w->tx[970] = 3; /* and a new one in what we had read */
    w->head = 1010;
    round_of(w, s);
    assert_int_equal(w->rewinds, 1);
    assert_int_equal(w->block, 1008);
    for (unsigned tx = 1; tx <= 3; tx++)
        assert_int_equal(w->credited[tx], 1);
    assert_int_equal(w->found_in[2], 960);
    scan_free(s);
    free(w);
}

static void a_node_that_is_behind_is_waited_for(void **state)
{
    (void)state;
    struct world *w = world_new(1000);
    struct scan *s = scan_of(1);
    round_of(w, s);
    w->head = 990;
    round_of(w, s);
    assert_int_equal(w->rewinds, 0);
    assert_int_equal(w->block, 1000);
    w->head = 1001;
    w->tx[1001] = 1;
    round_of(w, s);
    assert_int_equal(w->credited[1], 1);
    scan_free(s);
    free(w);
}

static void a_round_may_break_off_at_any_answer(void **state)
{
    (void)state;
    unsigned broke = 0;
    for (unsigned at = 1; at < 40; at++) {
        struct world *w = world_new(50);
        struct scan *s = scan_of(12);
        round_of(w, s);
        for (unsigned n = 60; n < 5900; n += 997)
            w->tx[n] = n;
        w->head = 5900;
        w->break_call = at;
        round_of(w, s);
        if (scan_failures(s)) {
            broke++;
            usec_t first = scan_order(s)->due;
            round_of(w, s);
            assert_int_equal(scan_failures(s), 2);
            assert_true(scan_order(s)->due - first > POLL); /* it waits longer */
            assert_string_equal(scan_why(s), "the node's answer makes no sense");
        }
        w->break_call = 0;
        round_of(w, s);
        assert_int_equal(scan_failures(s), 0);
        assert_all_credited_once(w, 5889);
        scan_free(s);
        free(w);
    }
    assert_true(broke > 10);
}

static void a_database_that_fails_is_asked_again(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 30; at++) {
        struct world *w = world_new(100);
        struct scan *s = scan_of(1);
        w->tx[50] = 1;
        w->told_at_s = 1700000000;
        for (unsigned i = 0; i < at; i++)
            step(w, s, i);
        if (scan_order(s)->want != SCAN_WAIT)
            scan_failed(s, at, 0, "the database is away");
        for (unsigned i = 0; i < 3; i++)
            round_of(w, s);
        assert_int_equal(w->credited[1], 1);
        assert_int_equal(w->block, 100);
        scan_free(s);
        free(w);
    }
}

static void another_reader_of_the_same_database_is_respected(void **state)
{
    (void)state;
    struct world *w = world_new(100);
    struct scan *s = scan_of(1);
    round_of(w, s);
    w->head = 200;
    w->tx[150] = 1;
    scan_wake(s, scan_order(s)->due);
    while (scan_order(s)->want != SCAN_RECORD)
        step(w, s, 0);
    struct scan *other = scan_of(1);
    round_of(w, other);
    assert_int_equal(w->credited[1], 1);
    while (scan_order(s)->want != SCAN_WAIT)
        step(w, s, 0);
    assert_int_equal(w->credited[1], 1);
    assert_int_equal(w->block, 200);
    scan_free(other);
    scan_free(s);
    free(w);
}

static void real_usdc_is_only_looked_for_on_the_main_chain(void **state)
{
    (void)state;
    struct world *w = world_new(100);
    struct scan_config cfg = {.confirmations = 1, .poll = POLL};
    struct scan *s = NULL;
    assert_int_equal(ethaddr_read("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", &cfg.token), OK);
    assert_int_equal(scan_new(&cfg, 0, &s), OK);
    round_of(w, s);
    assert_int_equal(scan_failures(s), 1);
    assert_string_equal(scan_why(s), "the node is of chain 31337, not of Ethereum's main chain");
    assert_false(w->is_read);
    w->chain_id = 1;
    round_of(w, s);
    assert_int_equal(scan_failures(s), 0);
    assert_true(w->is_read);
    scan_free(s);
    free(w);
}

static void what_a_node_left_out_is_found_when_the_last_blocks_are_read_again(void **state)
{
    (void)state;
    struct world *w = world_new(1000);
    struct scan *s = scan_of(12);
    round_of(w, s);
    w->tx[995] = 1;
    w->head = 1010;
    w->blind = 1; /* and no bloom that would tell */
    round_of(w, s);
    assert_int_equal(w->block, 999);
    assert_int_equal(w->credited[1], 0);
    unsigned rounds = 0;
    for (; !w->credited[1] && rounds < 100; rounds++)
        round_of(w, s);
    assert_int_equal(w->credited[1], 1);
    assert_true(rounds <= SCAN_AGAIN_ROUNDS);
    for (rounds = 0; rounds < 5 * SCAN_AGAIN_ROUNDS; rounds++) {
        w->head++;
        round_of(w, s);
    }
    assert_int_equal(w->credited[1], 1);
    assert_true(w->rewinds >= 5 && w->rewinds <= 7);
    assert_int_equal(w->block, w->head - 11);
    scan_free(s);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deposit_is_credited_when_it_has_its_confirmations),
        cmocka_unit_test(before_the_chain_is_long_enough_nothing_is_read),
        cmocka_unit_test(reading_begins_at_the_head_when_no_address_was_told),
        cmocka_unit_test(reading_begins_an_hour_before_the_first_address_was_told),
        cmocka_unit_test(what_came_while_nobody_read_is_found),
        cmocka_unit_test(a_range_that_is_too_large_for_the_node_is_halved),
        cmocka_unit_test(a_reorganisation_after_reading_credits_nothing_twice),
        cmocka_unit_test(a_node_that_is_behind_is_waited_for),
        cmocka_unit_test(a_round_may_break_off_at_any_answer),
        cmocka_unit_test(a_database_that_fails_is_asked_again),
        cmocka_unit_test(another_reader_of_the_same_database_is_respected),
        cmocka_unit_test(what_a_node_left_out_is_found_when_the_last_blocks_are_read_again),
        cmocka_unit_test(real_usdc_is_only_looked_for_on_the_main_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
