/* range_test.c: a range of four blocks, read from a node that lies: what it leaves out is seen in the blooms, what
 * isn't of the chain in the hashes. */
#include "billing/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define USDC  "0x5fbdb2315678afecb367f032d93f642f64180aa3"
#define OTHER "0x00000000000000000000000000000000000000aa"
#define ALICE "70997970c51812dc3a010c7d01b50e0d17dc79c8"
#define BOB   "3c44cdddb6a900fa2b585dd299e03d12fa4293bc"
#define CARL  "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define MOVES "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#define FIRST 101
#define LAST  104

/* What the chain holds: a log for each row. */
struct row {
    uint64_t block;
    const char *token, *from, *to;
    unsigned amount;
};

struct world {
    struct row rows[8];
    unsigned n_rows;
    unsigned hide_first,
        hide; /* the rows that answers by range, and those that any answer leaves out: a bit for each */
    bool no_blooms, no_hash_questions;
    uint64_t forked,
        orphan; /* this block has another parent than the one before; that block's logs name another hash */
    struct addrset addresses;
    struct range range;
    unsigned questions;
};

static json_t *hash_json(uint64_t block, unsigned fork)
{
    return json_sprintf("0x%060x%04x", (unsigned)block, fork);
}

static json_t *row_json(const struct world *w, unsigned i)
{
    const struct row *r = &w->rows[i];
    return json_pack("{s:s,s:[s,o,o],s:o,s:o,s:o,s:o,s:o}", "address", r->token, "topics", MOVES,
                     json_sprintf("0x%024d%s", 0, r->from), json_sprintf("0x%024d%s", 0, r->to), "data",
                     json_sprintf("0x%064x", r->amount), "blockNumber", json_sprintf("0x%x", (unsigned)r->block),
                     "blockHash", hash_json(r->block, r->block == w->orphan), "transactionHash",
                     json_sprintf("0x%064x", i + 1), "logIndex", json_sprintf("0x%x", i));
}

static json_t *bloom_json(const struct world *w, uint64_t block)
{
    struct bloom bloom = {{0}};
    char text[2 * BLOOM_LEN + 3] = "0x";
    for (unsigned i = 0; i < w->n_rows; i++) {
        json_t *log = row_json(w, i);
        if (w->rows[i].block == block)
            assert_int_equal(eth_log_bloom(log, &bloom), OK);
        json_decref(log);
    }
    for (size_t i = 0; i < BLOOM_LEN; i++)
        snprintf(text + 2 + 2 * i, 3, "%02x", bloom.bits[i]);
    return json_string(text);
}

static json_t *block_json(const struct world *w, uint64_t block)
{
    json_t *b = json_pack("{s:o,s:s,s:o,s:o}", "number", json_sprintf("0x%x", (unsigned)block), "timestamp", "0x1",
                          "hash", hash_json(block, 0), "parentHash", hash_json(block - 1, block == w->forked));
    if (!w->no_blooms)
        json_object_set_new(b, "logsBloom", bloom_json(w, block));
    return b;
}

/* By range: of USDC, to whom is asked for; by hash: all of the block. NULL: an error. */
static json_t *logs_json(const struct world *w, const json_t *filter)
{
    const char *hash = json_string_value(json_object_get(filter, "blockHash"));
    json_t *list = json_array();
    if (hash && w->no_hash_questions) {
        json_decref(list);
        return NULL;
    }
    for (unsigned i = 0; i < w->n_rows; i++) {
        json_t *log = row_json(w, i);
        bool is_of_block = hash && strcmp(json_string_value(json_object_get(log, "blockHash")), hash) == 0;
        bool is_of_range = !hash && strcmp(w->rows[i].token, USDC) == 0 && !(w->hide_first >> i & 1);
        if ((is_of_block || is_of_range) && !(w->hide >> i & 1))
            json_array_append(list, log);
        json_decref(log);
    }
    return list;
}

static json_t *answer_of(const struct world *w, const json_t *request)
{
    const json_t *param = json_array_get(json_object_get(request, "params"), 0);
    uint64_t n = 0;
    if (strcmp(json_string_value(json_object_get(request, "method")), "eth_getLogs") == 0)
        return logs_json(w, param);
    assert_int_equal(eth_quantity(param, &n), OK);
    return block_json(w, n);
}

/* One reading; why it wasn't taken, or "". */
static const char *reading(struct world *w)
{
    static char why[ETH_WHY_CAP];
    struct ethaddr usdc;
    struct eth_hash before;
    json_t *hash = hash_json(FIRST - 1, 0);
    strcpy(before.text, json_string_value(hash));
    json_decref(hash);
    assert_int_equal(ethaddr_read(USDC, &usdc), OK);
    range_begin(&w->range, &usdc, &w->addresses, FIRST - 1, &before, LAST);
    enum err e = OK;
    why[0] = '\0';
    for (w->questions = 0; !e && w->range.step != RANGE_DONE; w->questions++) {
        char *text = range_request(&w->range, 1);
        json_t *request = json_loads(text, 0, NULL), *result = answer_of(w, request);
        e = result ? range_take(&w->range, result, why) : range_denied(&w->range);
        json_decref(result);
        json_decref(request);
        free(text);
    }
    if (e && !*why)
        snprintf(why, sizeof why, "%s", err_name(e));
    return e ? why : "";
}

static void world_open(struct world *w)
{
    static const char *const ours[] = {"0x" ALICE, "0x" BOB};
    *w = (struct world){.rows =
                            {
                                {102, USDC, CARL, ALICE, 5000000},
                                {102, USDC, CARL, BOB, 7000000},
                                {103, USDC, CARL, CARL, 9000000},
                            },
                        .n_rows = 3};
    addrset_init(&w->addresses);
    range_init(&w->range);
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        struct ethaddr a;
        assert_int_equal(ethaddr_read(ours[i], &a), OK);
        assert_int_equal(addrset_add(&w->addresses, &a), OK);
    }
    addrset_sort(&w->addresses);
}

static void world_close(struct world *w)
{
    range_reset(&w->range);
    addrset_reset(&w->addresses);
}

static void an_honest_node_is_asked_for_each_block_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    assert_string_equal(reading(&w), "");
    assert_int_equal(w.range.found.n, 2);
    assert_int_equal(w.questions, 1 + 1 + 4);
    w.no_blooms = true;
    assert_string_equal(reading(&w), "");
    assert_int_equal(w.range.found.n, 2);
    world_close(&w);
}

static void what_an_answer_leaves_out_is_asked_for_again(void **state)
{
    (void)state;
    for (unsigned left_out = 1; left_out < 4; left_out++) { /* a deposit, the other, both */
        struct world w;
        world_open(&w);
        w.hide_first = left_out;
        assert_string_equal(reading(&w), "");
        assert_int_equal(w.range.found.n, 2);
        assert_int_equal(w.range.found.all[1].transfer.amount, 7000000);
        world_close(&w);
    }
}

static void as_long_as_it_is_left_out_the_range_is_not_taken(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.hide = 1;
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(reading(&w), "the node's logs leave out what the bloom of block 102 has");
    w.hide = 0;
    assert_string_equal(reading(&w), "");
    assert_int_equal(w.range.found.n, 2);
    w.hide = 1;
    unsigned doubts = 0;
    while (*reading(&w))
        assert_true(++doubts < 100);
    assert_int_equal(doubts, RANGE_DOUBTS_MAX - 5); /* and then it is believed: reading goes on */
    assert_int_equal(w.range.found.n, 1);
    world_close(&w);
}

static void a_bloom_may_have_an_address_for_another_reason(void **state)
{
    (void)state;
    static const struct row others[] = {
        {101, OTHER, CARL, ALICE, 5000000}, /* another token, in a block with a transfer of USDC */
        {101, USDC, CARL, CARL, 1},
        {103, USDC, BOB, CARL, 5000000}, /* somebody spends from it */
        {104, USDC, CARL, BOB, 0},       /* nothing at all is sent */
    };
    struct world w;
    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        w.rows[w.n_rows++] = others[i];
    assert_string_equal(reading(&w), "");
    assert_int_equal(w.range.found.n, 2);
    assert_int_equal(w.questions, 1 + 1 + 4 + 3);
    world_close(&w);
}

static void a_node_that_takes_no_hash_is_believed_in_the_end(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.hide_first = 1;
    w.no_hash_questions = true;
    unsigned refused = 0;
    for (; *reading(&w); refused++)
        assert_true(refused < 100);
    assert_int_equal(refused, RANGE_DOUBTS_MAX);
    world_close(&w);
}

static void blocks_follow_one_another_and_logs_are_of_them(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    for (w.forked = FIRST; w.forked <= LAST; w.forked++)
        assert_string_equal(reading(&w), "the chain was reorganised while it was read");
    w.forked = 0;
    w.orphan = 102;
    assert_string_equal(reading(&w), "the chain was reorganised while it was read");
    w.orphan = 0;
    assert_string_equal(reading(&w), "");
    world_close(&w);
}

static void nonsense_is_not_an_answer(void **state)
{
    (void)state;
    static const char *const bad[] = {"null", "{}", "[7]", "[{}]", "\"0x\"", "[null]"};
    struct world w;
    char why[ETH_WHY_CAP];
    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        w.range.step = RANGE_LOGS;
        w.range.asked = 0;
        assert_int_equal(range_take(&w.range, json, why), ERR_SYNTAX);
        json_decref(json);
    }
    json_t *block = block_json(&w, 102);
    w.range.step = RANGE_BLOCKS;
    w.range.at = 103; /* it answers for another block */
    assert_int_equal(range_take(&w.range, block, why), ERR_SYNTAX);
    w.range.at = 102;
    json_object_set_new(block, "logsBloom", json_string("0x00"));
    assert_int_equal(range_take(&w.range, block, why), ERR_SYNTAX);
    json_decref(block);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_node_is_asked_for_each_block_once),
        cmocka_unit_test(what_an_answer_leaves_out_is_asked_for_again),
        cmocka_unit_test(as_long_as_it_is_left_out_the_range_is_not_taken),
        cmocka_unit_test(a_bloom_may_have_an_address_for_another_reason),
        cmocka_unit_test(a_node_that_takes_no_hash_is_believed_in_the_end),
        cmocka_unit_test(blocks_follow_one_another_and_logs_are_of_them),
        cmocka_unit_test(nonsense_is_not_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
