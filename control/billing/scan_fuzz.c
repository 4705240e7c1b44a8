/* A node and a database that answer as they like: the machine goes on, keeps within its bounds, and records only ranges
 * that follow what was read, whose deposits lie in them. Two bytes of input an answer: what kind, and a number. */
#include "billing/scan.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define USDC  "0x5fbdb2315678afecb367f032d93f642f64180aa3"
#define ALICE "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
#define TOPIC "0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8"
#define EVENT "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"

static void require_that(bool what)
{
    if (!what)
        abort();
}

/* The block that a request asks for, moved by a small number; 0 if it asks for none. */
static uint64_t block_near(const json_t *request, int off)
{
    const json_t *first = json_array_get(json_object_get(request, "params"), 0);
    uint64_t n = 0;
    if (eth_quantity(json_is_object(first) ? json_object_get(first, "fromBlock") : first, &n))
        return 0;
    return off < 0 && n < (uint64_t)-off ? 0 : n + (uint64_t)off;
}

/* Of a deposit to ALICE, or full. */
static json_t *bloom_of(bool is_full)
{
    struct bloom bloom = {{0}};
    char text[2 * BLOOM_LEN + 3] = "0x";
    json_t *log = json_pack("{s:s,s:[s,s,s]}", "address", USDC, "topics", EVENT, TOPIC, TOPIC);
    require_that(eth_log_bloom(log, &bloom) == OK);
    for (size_t i = 0; i < BLOOM_LEN; i++)
        snprintf(text + 2 + 2 * i, 3, "%02x", is_full ? 0xffU : bloom.bits[i]);
    json_decref(log);
    return json_string(text);
}

/* With its parent and bloom, if it is to tell them. */
static json_t *block_told(json_t *block, uint64_t n, unsigned number)
{
    char parent[ETH_HASH_CAP];
    snprintf(parent, sizeof parent, "0x%060llx%04x", (unsigned long long)n - 1, number >> 1 & 1);
    json_object_set_new(block, "parentHash", json_string(parent));
    json_object_set_new(block, "logsBloom", bloom_of(number & 4));
    return block;
}

static json_t *block_of(uint64_t n, unsigned fork)
{
    char number[24], hash[ETH_HASH_CAP];
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)n);
    snprintf(hash, sizeof hash, "0x%060llx%04x", (unsigned long long)n, fork);
    return json_pack("{s:s,s:s,s:s}", "number", number, "timestamp", number, "hash", hash);
}

static json_t *logs_of(uint64_t n, unsigned count, unsigned fork)
{
    char number[24], hash[ETH_HASH_CAP], data[ETH_HASH_CAP], tx[ETH_HASH_CAP];
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)n);
    snprintf(hash, sizeof hash, "0x%060llx%04x", (unsigned long long)n, fork);
    snprintf(data, sizeof data, "0x%064x", count * 1000003);
    json_t *logs = json_array();
    for (unsigned i = 0; i < count % 5; i++) {
        snprintf(tx, sizeof tx, "0x%064x", i / 2);
        json_array_append_new(logs, json_pack("{s:s,s:[s,s,s],s:s,s:s,s:s,s:s,s:s}", "address", USDC, "topics", EVENT,
                                              TOPIC, TOPIC, "data", data, "blockNumber", number, "blockHash", hash,
                                              "transactionHash", tx, "logIndex", number));
    }
    return logs;
}

static json_t *answer_of(const json_t *request, uint8_t kind, uint8_t number)
{
    char text[24];
    int off = kind & 0x10 ? (int)number % 7 - 3 : 0;
    snprintf(text, sizeof text, "0x%x", (unsigned)number << (kind >> 5));
    switch (kind % 8) {
    case 0:
        return json_null();
    case 1:
    case 2:
        return json_string(text);
    case 3:
    case 4:
    case 5:
        if (kind & 0x08)
            return block_told(block_of(block_near(request, off), number & 1), block_near(request, off), number);
        return block_of(block_near(request, off), number & 1);
    default:
        return logs_of(block_near(request, off), number, number & 1);
    }
}

static void node_answers(struct scan *s, uint8_t kind, uint8_t number)
{
    json_t *request = json_loads(scan_order(s)->request, 0, NULL);
    require_that(request != NULL);
    json_t *result = answer_of(request, kind, number);
    json_t *answer = kind == 255 ? json_pack("{s:{s:s}}", "error", "message", "no")
                                 : json_pack("{s:O,s:O}", "id", json_object_get(request, "id"), "result", result);
    char *text = json_dumps(answer, 0);
    if (kind == 254)
        scan_too_large(s, number, number);
    else
        scan_answered(s, number, number, bytes_str(text));
    free(text);
    json_decref(answer);
    json_decref(result);
    json_decref(request);
}

static void check_record(const struct scan_order *o)
{
    json_t *found = json_loads(o->found, 0, NULL), *one;
    size_t i;
    require_that(json_is_array(found) && o->before < o->last && o->last - o->before <= SCAN_SPAN_MAX);
    json_array_foreach(found, i, one) {
        uint64_t block = (uint64_t)json_integer_value(json_object_get(one, "block"));
        require_that(block > o->before && block <= o->last);
    }
    json_decref(found);
}

static void step(struct scan *s, uint8_t kind, uint8_t number)
{
    const struct scan_order *o = scan_order(s);
    switch (o->want) {
    case SCAN_WAIT:
        scan_wake(s, o->due);
        break;
    case SCAN_NODE:
        node_answers(s, kind, number);
        break;
    case SCAN_STATE:
        scan_state(s, 0, kind & 1, number, kind & 2 ? "0x00" : NULL, kind & 4 ? -1 : number);
        break;
    case SCAN_ADDRESSES:
        require_that(scan_address(s, ALICE) == OK);
        scan_addresses_end(s, 0);
        break;
    case SCAN_RECORD:
        check_record(o);
        scan_stored(s, 0, kind & 1);
        break;
    case SCAN_REWIND:
        require_that(o->last <= o->before);
        scan_stored(s, 0, true);
        break;
    case SCAN_START:
        scan_stored(s, 0, true);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_config cfg = {.confirmations = 2, .poll = SEC};
    struct scan *s = NULL;
    if (ethaddr_read(USDC, &cfg.token) || scan_new(&cfg, 0, &s))
        abort();
    for (size_t i = 0; i + 1 < size; i += 2) {
        if (data[i] == 253)
            scan_failed(s, 0, data[i + 1], "as told");
        else
            step(s, data[i], data[i + 1]);
    }
    scan_free(s);
    return 0;
}
