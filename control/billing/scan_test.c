/* The reading of a chain, against a chain and a database in memory: what is credited is what is there, once, whatever
 * the node and the database do in between. */
#include "billing/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define USDC   "0x5fbdb2315678afecb367f032d93f642f64180aa3"
#define ALICE  "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
#define BOB    "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"
#define POLL   (10 * SEC)
#define BLOCKS 6000

/* A deposit of 1 USDC is in each block for which this is not 0; the number is its transaction. */
struct world {
    unsigned fork[BLOCKS], tx[BLOCKS]; /* fork: makes another hash */
    uint64_t head;
    uint64_t chain_id;
    unsigned range_max;  /* the node refuses larger ones; 0: none */
    unsigned break_call; /* this call, and from then on, is answered by garbage; 0: none */
    unsigned calls, logs_asked, failures;

    bool is_read, has_hash; /* the database */
    uint64_t block;
    char hash[ETH_HASH_CAP];
    int64_t told_at_s;
    const char *addresses[2];
    unsigned n_addresses;
    unsigned credited[BLOCKS]; /* how often, by transaction */
    unsigned found_in[BLOCKS]; /* the block, by transaction */
    unsigned rewinds, records;
};

static void hash_of(const struct world *w, uint64_t block, char out[ETH_HASH_CAP])
{
    snprintf(out, ETH_HASH_CAP, "0x%032llx%032x", (unsigned long long)block, w->fork[block]);
}

static json_t *answer_block(const struct world *w, const json_t *params)
{
    uint64_t n = 0;
    char number[24], timestamp[24], hash[ETH_HASH_CAP];
    assert_int_equal(eth_quantity(json_array_get(params, 0), &n), OK);
    if (n > w->head)
        return json_null();
    hash_of(w, n, hash);
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)n);
    snprintf(timestamp, sizeof timestamp, "0x%llx", 1700000000ULL + n * 12);
    return json_pack("{s:s,s:s,s:s}", "number", number, "timestamp", timestamp, "hash", hash);
}

static json_t *log_of(const struct world *w, uint64_t block)
{
    char number[24], hash[ETH_HASH_CAP], tx[ETH_HASH_CAP];
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)block);
    snprintf(tx, sizeof tx, "0x%064x", w->tx[block]);
    hash_of(w, block, hash);
    return json_pack("{s:s,s:[s,s,s],s:s,s:s,s:s,s:s,s:s,s:b}", "address", USDC, "topics",
                     "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
                     "0x000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
                     "0x000000000000000000000000"
                     "70997970c51812dc3a010c7d01b50e0d17dc79c8",
                     "data", "0x00000000000000000000000000000000000000000000000000000000000f4240", "blockNumber",
                     number, "blockHash", hash, "transactionHash", tx, "logIndex", "0x0", "removed", 0);
}

static json_t *answer_logs(struct world *w, const json_t *params)
{
    uint64_t first = 0, last = 0;
    const json_t *filter = json_array_get(params, 0);
    assert_int_equal(eth_quantity(json_object_get(filter, "fromBlock"), &first), OK);
    assert_int_equal(eth_quantity(json_object_get(filter, "toBlock"), &last), OK);
    assert_true(first <= last && last <= w->head);
    w->logs_asked++;
    if (w->range_max && last - first + 1 > w->range_max)
        return NULL;
    json_t *logs = json_array();
    for (uint64_t n = first; n <= last; n++)
        if (w->tx[n])
            json_array_append_new(logs, log_of(w, n));
    return logs;
}

static json_t *answer_of(struct world *w, const char *method, const json_t *params)
{
    char text[24];
    uint64_t value = strcmp(method, "eth_chainId") == 0 ? w->chain_id : w->head;
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    if (strcmp(method, "eth_getLogs") == 0)
        return answer_logs(w, params);
    return strcmp(method, "eth_getBlockByNumber") == 0 ? answer_block(w, params) : json_string(text);
}

static void node_answers(struct world *w, struct scan *s, usec_t now)
{
    json_t *request = json_loads(scan_order(s)->request, 0, NULL);
    assert_non_null(request);
    if (w->break_call && ++w->calls >= w->break_call) {
        scan_answered(s, now, 0, BYTES_LIT("<html>"));
        json_decref(request);
        return;
    }
    json_t *result =
        answer_of(w, json_string_value(json_object_get(request, "method")), json_object_get(request, "params"));
    json_t *answer =
        result ? json_pack("{s:O,s:o}", "id", json_object_get(request, "id"), "result", result)
               : json_pack("{s:O,s:{s:s}}", "id", json_object_get(request, "id"), "error", "message", "too much");
    char *text = json_dumps(answer, 0);
    assert_non_null(text);
    scan_answered(s, now, 0, bytes_str(text));
    free(text);
    json_decref(answer);
    json_decref(request);
}

/* As the functions of sql/migrations/0005_billing.sql do. */
static bool record(struct world *w, const struct scan_order *o)
{
    if (w->block != o->before)
        return false;
    json_t *found = json_loads(o->found, 0, NULL), *one;
    size_t i;
    json_array_foreach(found, i, one) {
        unsigned long tx = strtoul(json_string_value(json_object_get(one, "tx")) + 2, NULL, 16);
        assert_string_equal(json_string_value(json_object_get(one, "amount")), "1.000000");
        assert_string_equal(json_string_value(json_object_get(one, "address")), ALICE);
        assert_int_equal(json_integer_value(json_object_get(one, "nth")), 0);
        if (!w->found_in[tx])
            w->credited[tx]++;
        w->found_in[tx] = (unsigned)json_integer_value(json_object_get(one, "block"));
    }
    json_decref(found);
    w->block = o->last;
    w->has_hash = true;
    strcpy(w->hash, o->hash);
    w->records++;
    return true;
}

static void rewind_to(struct world *w, const struct scan_order *o)
{
    assert_true(o->before == w->block && o->last < w->block);
    w->block = o->last;
    w->has_hash = false;
    w->rewinds++;
}

static void addresses_told(const struct world *w, struct scan *s, usec_t now)
{
    for (unsigned i = 0; i < w->n_addresses; i++)
        assert_int_equal(scan_address(s, w->addresses[i]), OK);
    assert_int_equal(scan_address(s, "0xrubbish"), ERR_SYNTAX);
    scan_addresses_end(s, now);
}

static void step(struct world *w, struct scan *s, usec_t now)
{
    const struct scan_order *o = scan_order(s);
    switch (o->want) {
    case SCAN_WAIT:
        scan_wake(s, now);
        break;
    case SCAN_NODE:
        node_answers(w, s, now);
        break;
    case SCAN_STATE:
        scan_state(s, now, w->is_read, w->block, w->has_hash ? w->hash : NULL, w->told_at_s);
        break;
    case SCAN_ADDRESSES:
        addresses_told(w, s, now);
        break;
    case SCAN_START:
        w->is_read = true;
        w->block = o->last;
        scan_stored(s, now, true);
        break;
    case SCAN_REWIND:
        rewind_to(w, o);
        scan_stored(s, now, true);
        break;
    case SCAN_RECORD:
        scan_stored(s, now, record(w, o));
        break;
    }
}

/* Until it wants to wait again. */
static void round_of(struct world *w, struct scan *s)
{
    usec_t now = scan_order(s)->due;
    unsigned steps = 0;
    do {
        step(w, s, now);
        assert_true(++steps < 10000);
    } while (scan_order(s)->want != SCAN_WAIT);
    assert_true(scan_order(s)->due > now);
}

static struct world *world_new(uint64_t head)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->head = head;
    w->chain_id = 31337;
    w->told_at_s = 1700000000;
    w->addresses[0] = ALICE;
    w->addresses[1] = BOB;
    w->n_addresses = 2;
    return w;
}

static struct scan *scan_of(unsigned confirmations)
{
    struct scan_config cfg = {.confirmations = confirmations, .poll = POLL};
    struct scan *s = NULL;
    assert_int_equal(ethaddr_read(USDC, &cfg.token), OK);
    assert_int_equal(scan_new(&cfg, 0, &s), OK);
    return s;
}

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
        cmocka_unit_test(real_usdc_is_only_looked_for_on_the_main_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
