/* eth_rpc.h: what we ask an Ethereum node by JSON-RPC 2.0, and its answers (Ethereum execution API). Pure. Everything
 * in an answer is checked: a value of the wrong shape makes the whole answer ERR_SYNTAX, since a node that garbles one
 * thing isn't believed in another. */
#pragma once
#include "billing/bloom.h"
#include "common/bytes.h"
#include "common/err.h"
#include "wallet/ethaddr.h"
#include <jansson.h>

#define ETH_HASH_CAP 67 /* "0x", 64 lower-case digits, NUL */

struct eth_hash {
    char text[ETH_HASH_CAP];
};

/* The text of a request; the caller frees it. NULL: no memory. params: a reference that is taken. */
char *eth_request(unsigned id, const char *method, json_t *params);
json_t *eth_params_none(void);
json_t *eth_params_block(uint64_t number); /* eth_getBlockByNumber: without its transactions */

struct eth_log_filter {
    struct ethaddr token;
    uint64_t first, last;     /* blocks */
    const struct ethaddr *to; /* transfers to any of these */
    size_t n_to;
    const struct eth_hash *block; /* of this block alone, whatever its number; NULL: of first…last */
};
json_t *eth_params_logs(const struct eth_log_filter *filter); /* eth_getLogs: its Transfer events */
json_t *eth_params_all_logs(const struct eth_hash *block);    /* eth_getLogs: all of a block, of all contracts */
struct bytes eth_transfer_topic(void);                        /* by which they are known: 32 bytes */

/* The result of the answer to request `id`; *root is to be released with json_decref() when OK.
 * ERR_SYNTAX: no such answer. ERR_DENIED: the node answered with an error; its message is in why. */
#define ETH_WHY_CAP 96
MUST_CHECK enum err eth_result(struct bytes body, unsigned id, json_t **root, const json_t **result,
                               char why[ETH_WHY_CAP]);

MUST_CHECK enum err eth_quantity(const json_t *value, uint64_t *out); /* "0x0"…"0x7fffffffffffffff" */

struct eth_block {
    uint64_t number, timestamp;   /* seconds since 1970 */
    struct eth_hash hash, parent; /* parent: "" if the node doesn't tell */
    bool has_bloom;
    struct bloom bloom;
};
/* ERR_NOT_FOUND: the node has no such block (yet). */
MUST_CHECK enum err eth_block(const json_t *value, struct eth_block *out);

/* Amounts from this on aren't dollars that anybody has: they are reported as it. 10^9 USDC. */
#define ETH_AMOUNT_MAX UINT64_C(1000000000000000)

struct eth_transfer {
    struct ethaddr token, to;
    uint64_t amount; /* in millionths of a USDC, at most ETH_AMOUNT_MAX */
    uint64_t block, log_index;
    struct eth_hash block_hash, tx;
    bool is_removed; /* a reorganisation took it back */
};
/* Adds what a log of any contract puts into its block's bloom: its address and topics. ERR_SYNTAX: no log. */
MUST_CHECK enum err eth_log_bloom(const json_t *log, struct bloom *b);
/* One element of the answer to eth_getLogs. ERR_NOT_FOUND: a log, but not of a transfer. */
MUST_CHECK enum err eth_transfer(const json_t *value, struct eth_transfer *out);
