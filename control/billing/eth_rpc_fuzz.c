/* Any answer of a node: what is read from it lies within its limits. */
#include "billing/eth_rpc.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hash(const struct eth_hash *h)
{
    if (strlen(h->text) != ETH_HASH_CAP - 1 || strspn(h->text + 2, "0123456789abcdef") != 64)
        abort();
}

static void check_transfer(const json_t *value)
{
    struct eth_transfer t;
    if (eth_transfer(value, &t))
        return;
    check_hash(&t.tx);
    check_hash(&t.block_hash);
    if (t.amount > ETH_AMOUNT_MAX || t.block > INT64_MAX || t.log_index > INT64_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = NULL;
    const json_t *result = NULL, *log;
    char why[ETH_WHY_CAP] = "";
    enum err e = eth_result(bytes_of(data, size), 1, &root, &result, why);
    if ((e != OK) != (*why != 0))
        abort();
    if (e)
        return 0;
    uint64_t quantity = 0;
    struct eth_block block;
    if (eth_quantity(result, &quantity) == OK && quantity > INT64_MAX)
        abort();
    if (eth_block(result, &block) == OK)
        check_hash(&block.hash);
    size_t i;
    json_array_foreach(result, i, log)
        check_transfer(log);
    json_decref(root);
    return 0;
}
