/* What is asked of a node, and what of its answers is believed. */
#include "billing/eth_rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define TRANSFER "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#define FROM     "0x000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define TO       "0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8"
#define USDC     "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
#define HASH     "0xABCDef0000000000000000000000000000000000000000000000000000000001"
#define TWENTY   "0x0000000000000000000000000000000000000000000000000000000001312d00"

static struct ethaddr address_of(const char *text)
{
    struct ethaddr a;
    assert_int_equal(ethaddr_read(text, &a), OK);
    return a;
}

static void assert_request(const char *method, json_t *params, const char *want)
{
    char *text = eth_request(7, method, params);
    assert_string_equal(text, want);
    free(text);
}

static void requests_are_json_rpc_2(void **state)
{
    (void)state;
    assert_request("eth_blockNumber", eth_params_none(),
                   "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_blockNumber\",\"params\":[]}");
    assert_request("eth_getBlockByNumber", eth_params_block(255),
                   "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0xff\",false]}");
    struct ethaddr to[] = {address_of("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")};
    struct eth_log_filter filter = {.token = address_of(USDC), .first = 16, .last = 31, .to = to, .n_to = 1};
    assert_request("eth_getLogs", eth_params_logs(&filter),
                   "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x10\","
                   "\"toBlock\":\"0x1f\",\"address\":\"0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48\","
                   "\"topics\":[\"" TRANSFER "\",null,[\"" TO "\"]]}]}");
}

static enum err result_of(const char *text, const char *want_why)
{
    json_t *root = NULL;
    const json_t *result = NULL;
    char why[ETH_WHY_CAP] = "";
    enum err e = eth_result(bytes_str(text), 7, &root, &result, why);
    assert_string_equal(why, want_why);
    if (!e)
        json_decref(root);
    return e;
}

static void an_answer_must_be_to_what_was_asked(void **state)
{
    (void)state;
    assert_int_equal(result_of("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x1\"}", ""), OK);
    assert_int_equal(result_of("{\"id\":7,\"result\":null}", ""), OK);
    static const char *const wrong[] = {
        "",           "<html>502 Bad Gateway</html>",  "[]",
        "{}",         "{\"id\":8,\"result\":\"0x1\"}", "{\"id\":\"7\",\"result\":1}",
        "{\"id\":7}", "{\"id\":7,\"result\":\"0x1\"",  "[{\"id\":7,\"result\":\"0x1\"}]",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(result_of(wrong[i], "not an answer to what was asked"), ERR_SYNTAX);
}

static void an_error_of_the_node_is_told_in_its_words(void **state)
{
    (void)state;
    assert_int_equal(
        result_of("{\"id\":7,\"error\":{\"code\":-32005,\"message\":\"too many results\"}}", "too many results"),
        ERR_DENIED);
    assert_int_equal(result_of("{\"id\":null,\"error\":{\"code\":-32700}}", "the node answered with an error"),
                     ERR_DENIED);
}

static void quantities_are_hexadecimal_and_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err e;
        uint64_t value;
    } rows[] = {
        {"0x0", OK, 0},
        {"0x7fFFffffffffffff", OK, INT64_MAX},
        {"0x10", OK, 16},
        {"0x8000000000000000", ERR_SYNTAX, 0},
        {"0x10000000000000000", ERR_SYNTAX, 0},
        {"0x", ERR_SYNTAX, 0},
        {"16", ERR_SYNTAX, 0},
        {"0x1g", ERR_SYNTAX, 0},
        {"0x-1", ERR_SYNTAX, 0},
        {"", ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t v = 0;
        json_t *text = json_string(rows[i].text);
        assert_int_equal(eth_quantity(text, &v), rows[i].e);
        assert_true(v == rows[i].value);
        json_decref(text);
    }
    uint64_t v = 9;
    assert_int_equal(eth_quantity(NULL, &v), ERR_SYNTAX);
    assert_int_equal(v, 9);
}

static void a_block_that_the_node_does_not_have_is_no_block(void **state)
{
    (void)state;
    struct eth_block b;
    json_t *null = json_null();
    assert_int_equal(eth_block(null, &b), ERR_NOT_FOUND);
    json_t *block = json_pack("{s:s,s:s,s:s}", "number", "0x10", "timestamp", "0x20", "hash", HASH);
    assert_int_equal(eth_block(block, &b), OK);
    assert_int_equal(b.number, 16);
    assert_int_equal(b.timestamp, 32);
    assert_string_equal(b.hash.text, "0xabcdef0000000000000000000000000000000000000000000000000000000001");
    json_object_del(block, "hash");
    assert_int_equal(eth_block(block, &b), ERR_SYNTAX);
    json_decref(block);
}

static json_t *log_of(const char *data)
{
    return json_pack("{s:s,s:[sss],s:s,s:s,s:s,s:s,s:s,s:b}", "address", USDC, "topics", TRANSFER, FROM, TO, "data",
                     data, "blockNumber", "0x10", "blockHash", HASH, "transactionHash", HASH, "logIndex", "0x3",
                     "removed", 0);
}

static void a_transfer_says_to_whom_and_how_much(void **state)
{
    (void)state;
    struct eth_transfer t;
    char text[ETHADDR_TEXT_CAP];
    json_t *log = log_of(TWENTY);
    assert_int_equal(eth_transfer(log, &t), OK);
    assert_string_equal(ethaddr_text(&t.to, text), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    assert_string_equal(ethaddr_text(&t.token, text), USDC);
    assert_int_equal(t.amount, 20000000);
    assert_int_equal(t.block, 16);
    assert_int_equal(t.log_index, 3);
    assert_false(t.is_removed);
    json_object_set_new(log, "removed", json_true());
    assert_int_equal(eth_transfer(log, &t), OK);
    assert_true(t.is_removed);
    json_decref(log);
}

static void an_amount_that_nobody_has_is_the_largest(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        uint64_t amount;
    } rows[] = {
        {"0x0000000000000000000000000000000000000000000000000000000000000000", 0},
        {"0x0000000000000000000000000000000000000000000000000000000000000001", 1},
        {"0x00000000000000000000000000000000000000000000000000038d7ea4c67fff", ETH_AMOUNT_MAX - 1},
        {"0x00000000000000000000000000000000000000000000000000038d7ea4c68000", ETH_AMOUNT_MAX},
        {"0x0000000000000000000000000000000000000000000000010000000000000001", ETH_AMOUNT_MAX},
        {"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ETH_AMOUNT_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct eth_transfer t;
        json_t *log = log_of(rows[i].data);
        assert_int_equal(eth_transfer(log, &t), OK);
        assert_true(t.amount == rows[i].amount);
        json_decref(log);
    }
}

static enum err transfer_with(const char *name, json_t *value)
{
    struct eth_transfer t;
    json_t *log = log_of(TWENTY);
    json_object_set_new(log, name, value);
    enum err e = eth_transfer(log, &t);
    json_decref(log);
    return e;
}

static void a_log_of_the_wrong_shape_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"address",   "topics",          "data",    "blockNumber",
                                        "blockHash", "transactionHash", "logIndex"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(transfer_with(names[i], json_null()), ERR_SYNTAX);
        assert_int_equal(transfer_with(names[i], json_string("0x")), ERR_SYNTAX);
        assert_int_equal(transfer_with(names[i], json_integer(5)), ERR_SYNTAX);
    }
    struct eth_transfer t;
    json_t *text = json_string("log");
    assert_int_equal(eth_transfer(text, &t), ERR_SYNTAX);
    json_decref(text);
}

static void other_events_are_no_transfers(void **state)
{
    (void)state;
    assert_int_equal(transfer_with("topics", json_array()), ERR_NOT_FOUND);
    assert_int_equal(transfer_with("topics", json_pack("[sss]", HASH, FROM, TO)), ERR_NOT_FOUND);
    assert_int_equal(transfer_with("topics", json_pack("[ssss]", TRANSFER, FROM, TO, HASH)), ERR_NOT_FOUND);
    assert_int_equal(transfer_with("topics", json_pack("[sss]", TRANSFER, FROM, HASH)), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_json_rpc_2),
        cmocka_unit_test(an_answer_must_be_to_what_was_asked),
        cmocka_unit_test(an_error_of_the_node_is_told_in_its_words),
        cmocka_unit_test(quantities_are_hexadecimal_and_bounded),
        cmocka_unit_test(a_block_that_the_node_does_not_have_is_no_block),
        cmocka_unit_test(a_transfer_says_to_whom_and_how_much),
        cmocka_unit_test(an_amount_that_nobody_has_is_the_largest),
        cmocka_unit_test(a_log_of_the_wrong_shape_is_refused),
        cmocka_unit_test(other_events_are_no_transfers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
