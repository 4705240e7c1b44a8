/* scan_world.h: for tests of scan.h: a chain and a database in memory, and a node that may be told to answer badly. */
#pragma once
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
    unsigned blind;      /* so many questions for logs are answered by none */
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

static inline void hash_of(const struct world *w, uint64_t block, char out[ETH_HASH_CAP])
{
    snprintf(out, ETH_HASH_CAP, "0x%032llx%032x", (unsigned long long)block, w->fork[block]);
}

static inline json_t *answer_block(const struct world *w, const json_t *params)
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

static inline json_t *log_of(const struct world *w, uint64_t block)
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

static inline json_t *answer_logs(struct world *w, const json_t *params)
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
    if (w->blind) {
        w->blind--;
        return logs;
    }
    for (uint64_t n = first; n <= last; n++)
        if (w->tx[n])
            json_array_append_new(logs, log_of(w, n));
    return logs;
}

static inline json_t *answer_of(struct world *w, const char *method, const json_t *params)
{
    char text[24];
    uint64_t value = strcmp(method, "eth_chainId") == 0 ? w->chain_id : w->head;
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    if (strcmp(method, "eth_getLogs") == 0)
        return answer_logs(w, params);
    return strcmp(method, "eth_getBlockByNumber") == 0 ? answer_block(w, params) : json_string(text);
}

static inline void node_answers(struct world *w, struct scan *s, usec_t now)
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
static inline bool record(struct world *w, const struct scan_order *o)
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

static inline void rewind_to(struct world *w, const struct scan_order *o)
{
    assert_true(o->before == w->block && o->last < w->block);
    w->block = o->last;
    w->has_hash = false;
    w->rewinds++;
}

static inline void addresses_told(const struct world *w, struct scan *s, usec_t now)
{
    for (unsigned i = 0; i < w->n_addresses; i++)
        assert_int_equal(scan_address(s, w->addresses[i]), OK);
    assert_int_equal(scan_address(s, "0xrubbish"), ERR_SYNTAX);
    scan_addresses_end(s, now);
}

static inline void step(struct world *w, struct scan *s, usec_t now)
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
static inline void round_of(struct world *w, struct scan *s)
{
    usec_t now = scan_order(s)->due;
    unsigned steps = 0;
    do {
        step(w, s, now);
        assert_true(++steps < 10000);
    } while (scan_order(s)->want != SCAN_WAIT);
    assert_true(scan_order(s)->due > now);
}

static inline struct world *world_new(uint64_t head)
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

static inline struct scan *scan_of(unsigned confirmations)
{
    struct scan_config cfg = {.confirmations = confirmations, .poll = POLL};
    struct scan *s = NULL;
    assert_int_equal(ethaddr_read(USDC, &cfg.token), OK);
    assert_int_equal(scan_new(&cfg, 0, &s), OK);
    return s;
}
