/* range.c: one function for the answer to each question. */
#include "billing/range.h"
#include "common/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARDLY_CHANCE 0.05

void range_init(struct range *r)
{
    *r = (struct range){.step = RANGE_DONE};
    found_init(&r->found);
    addrset_init(&r->missing);
}

void range_reset(struct range *r)
{
    found_reset(&r->found);
    addrset_reset(&r->missing);
    free(r->keys);
    range_init(r);
}

void range_begin(struct range *r, const struct ethaddr *token, const struct addrset *addresses, uint64_t before,
                 const struct eth_hash *hash, uint64_t end)
{
    r->token = *token;
    r->addresses = addresses;
    r->before = before;
    r->end = end;
    r->last_hash = *hash;
    r->step = RANGE_END;
    r->asked = 0;
    r->n_refused = 0;
    r->n_keys = 0;
    found_clear(&r->found);
}

/* ---- questions ---- */

static struct eth_log_filter filter_of(const struct range *r, const struct addrset *to)
{
    size_t left = to->n - r->asked;
    return (struct eth_log_filter){
        .token = r->token,
        .first = r->before + 1,
        .last = r->end,
        .to = to->all + r->asked,
        .n_to = left < RANGE_ADDRESSES_MAX ? left : RANGE_ADDRESSES_MAX,
    };
}

char *range_request(const struct range *r, unsigned id)
{
    static const char block[] = "eth_getBlockByNumber", logs[] = "eth_getLogs";
    struct eth_log_filter filter;
    switch (r->step) {
    case RANGE_END:
        return eth_request(id, block, eth_params_block(r->end));
    case RANGE_BLOCKS:
        return eth_request(id, block, eth_params_block(r->at));
    case RANGE_LOGS:
        filter = filter_of(r, r->addresses);
        return eth_request(id, logs, eth_params_logs(&filter));
    case RANGE_AGAIN:
        if (r->is_proof)
            return eth_request(id, logs, eth_params_all_logs(&r->hash));
        filter = filter_of(r, &r->missing);
        filter.block = &r->hash;
        return eth_request(id, logs, eth_params_logs(&filter));
    case RANGE_DONE:
        break;
    }
    return NULL;
}

/* ---- logs ---- */

static enum err reorganised(char why[ETH_WHY_CAP])
{
    snprintf(why, ETH_WHY_CAP, "the chain was reorganised while it was read");
    return ERR_STATE;
}

static bool is_of_range(const struct range *r, const struct eth_transfer *t)
{
    return r->step == RANGE_AGAIN ? t->block == r->at : t->block > r->before && t->block <= r->end;
}

/* A log of the answer, if it is a deposit. */
static enum err log_take(struct range *r, const json_t *log, char why[ETH_WHY_CAP])
{
    struct eth_transfer t;
    enum err e = eth_transfer(log, &t);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    if (t.is_removed || !t.amount || memcmp(&t.token, &r->token, sizeof t.token) != 0 ||
        !addrset_has(r->addresses, &t.to))
        return OK;
    if (!is_of_range(r, &t))
        return ERR_SYNTAX;
    if (r->step == RANGE_AGAIN && strcmp(t.block_hash.text, r->hash.text) != 0)
        return reorganised(why);
    if (t.amount == ETH_AMOUNT_MAX) {
        r->n_refused++;
        return OK;
    }
    return found_add(&r->found, &t);
}

static enum err logs_take(struct range *r, const json_t *result, char why[ETH_WHY_CAP])
{
    if (!json_is_array(result))
        return ERR_SYNTAX;
    for (size_t i = 0; i < json_array_size(result); i++) {
        enum err e = log_take(r, json_array_get(result, i), why);
        if (e)
            return e;
    }
    r->asked += RANGE_ADDRESSES_MAX;
    return OK;
}

static enum err on_logs(struct range *r, const json_t *result, char why[ETH_WHY_CAP])
{
    enum err e = logs_take(r, result, why);
    if (e || r->asked < r->addresses->n)
        return e;
    r->at = r->before + 1;
    r->step = RANGE_BLOCKS;
    return OK;
}

/* ---- blocks, and what their blooms say ---- */

static struct bloom_key key_of(const struct ethaddr *a, size_t zeros)
{
    uint8_t word[32] = {0};
    memcpy(word + zeros, a->bytes, ETHADDR_LEN);
    return bloom_key(bytes_of(word, zeros + ETHADDR_LEN));
}

static enum err keys_make(struct range *r)
{
    if (r->n_keys)
        return OK;
    enum err e = vec_reserve(r->keys, r->keys_cap, (unsigned)r->addresses->n, VEC_MOST);
    if (e)
        return e;
    r->token_key = key_of(&r->token, 0);
    r->transfer_key = bloom_key(eth_transfer_topic());
    for (; r->n_keys < r->addresses->n; r->n_keys++)
        r->keys[r->n_keys] = key_of(&r->addresses->all[r->n_keys], 12); /* an address as a topic */
    return OK;
}

static bool is_found(const struct range *r, uint64_t block, const struct ethaddr *to)
{
    for (size_t i = 0; i < r->found.n; i++)
        if (r->found.all[i].transfer.block == block && memcmp(&r->found.all[i].transfer.to, to, sizeof *to) == 0)
            return true;
    return false;
}

static enum err missing_find(struct range *r, const struct eth_block *b)
{
    addrset_clear(&r->missing);
    enum err e = keys_make(r);
    if (e || !bloom_has(&b->bloom, &r->token_key) || !bloom_has(&b->bloom, &r->transfer_key))
        return e;
    for (size_t i = 0; i < r->n_keys && !e; i++)
        if (bloom_has(&b->bloom, &r->keys[i]) && !is_found(r, b->number, &r->addresses->all[i]))
            e = addrset_add(&r->missing, &r->addresses->all[i]);
    r->is_proof = (double)r->n_keys * bloom_chance(&b->bloom) < HARDLY_CHANCE;
    r->bloom = b->bloom;
    return e;
}

/* The next, or if the node tells nothing of blocks but their hashes, the next that a log names, or the last. */
static uint64_t block_after(const struct range *r)
{
    uint64_t next = r->tells_nothing ? r->end : r->at + 1;
    for (size_t i = 0; i < r->found.n; i++) {
        uint64_t block = r->found.all[i].transfer.block;
        if (block > r->at && block < next)
            next = block;
    }
    return next;
}

static enum err block_end(struct range *r, char why[ETH_WHY_CAP])
{
    if (r->at == r->end && strcmp(r->hash.text, r->end_hash.text) != 0)
        return reorganised(why);
    r->last_hash = r->hash;
    if (r->at < r->end) {
        r->at = block_after(r);
        r->step = RANGE_BLOCKS;
        return OK;
    }
    found_sort(&r->found);
    r->step = RANGE_DONE;
    return OK;
}

static bool is_here(const struct range *r, const struct eth_block *b)
{
    if (*b->parent.text && *r->last_hash.text && strcmp(b->parent.text, r->last_hash.text) != 0)
        return false;
    for (size_t i = 0; i < r->found.n; i++)
        if (r->found.all[i].transfer.block == b->number &&
            strcmp(r->found.all[i].transfer.block_hash.text, b->hash.text) != 0)
            return false;
    return true;
}

static enum err on_one(struct range *r, const struct eth_block *b, char why[ETH_WHY_CAP])
{
    if (!is_here(r, b))
        return reorganised(why);
    r->hash = b->hash;
    r->tells_nothing = !b->has_bloom && !*b->parent.text;
    addrset_clear(&r->missing);
    enum err e = b->has_bloom ? missing_find(r, b) : OK;
    if (e || !r->missing.n)
        return e ? e : block_end(r, why);
    r->asked = 0;
    r->step = RANGE_AGAIN;
    return OK;
}

/* False: often enough. */
static bool doubt_counts(struct range *r)
{
    r->doubts = r->doubted == r->at ? r->doubts + 1 : 1;
    r->doubted = r->at;
    return r->doubts <= RANGE_DOUBTS_MAX;
}

static enum err doubt(struct range *r, char why[ETH_WHY_CAP])
{
    if (!doubt_counts(r))
        return OK;
    snprintf(why, ETH_WHY_CAP, "the node's logs leave out what the bloom of block %llu has", (unsigned long long)r->at);
    return ERR_STATE;
}

/* Whether these are all logs of the block. */
static enum err proof_check(struct range *r, const json_t *logs, char why[ETH_WHY_CAP])
{
    struct bloom all = {{0}};
    for (size_t i = 0; i < json_array_size(logs); i++) {
        enum err e = eth_log_bloom(json_array_get(logs, i), &all);
        if (e)
            return e;
    }
    return memcmp(&all, &r->bloom, sizeof all) == 0 ? OK : doubt(r, why);
}

static enum err on_again(struct range *r, const json_t *result, char why[ETH_WHY_CAP])
{
    enum err e = logs_take(r, result, why);
    if (!e && r->is_proof)
        e = proof_check(r, result, why);
    if (!e && !r->is_proof && r->asked < r->missing.n)
        return OK;
    return e ? e : block_end(r, why);
}

static enum err on_block(struct range *r, const json_t *result, char why[ETH_WHY_CAP])
{
    struct eth_block b;
    uint64_t asked = r->step == RANGE_END ? r->end : r->at;
    enum err e = eth_block(result, &b);
    if (e == ERR_NOT_FOUND)
        snprintf(why, ETH_WHY_CAP, "the node doesn't have block %llu yet", (unsigned long long)asked);
    if (e)
        return e;
    if (b.number != asked)
        return ERR_SYNTAX;
    if (r->step == RANGE_BLOCKS)
        return on_one(r, &b, why);
    r->end_hash = b.hash;
    r->step = r->addresses->n ? RANGE_LOGS : RANGE_DONE;
    return OK;
}

enum err range_take(struct range *r, const json_t *result, char why[ETH_WHY_CAP])
{
    switch (r->step) {
    case RANGE_LOGS:
        return on_logs(r, result, why);
    case RANGE_AGAIN:
        return on_again(r, result, why);
    default:
        return on_block(r, result, why);
    }
}

enum err range_denied(struct range *r)
{
    char why[ETH_WHY_CAP];
    return r->step != RANGE_AGAIN || doubt_counts(r) ? ERR_DENIED : block_end(r, why);
}
