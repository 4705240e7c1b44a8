/* range.h: reading one range of blocks for deposits, as a machine without IO: range_request() says what to ask the node
 * next, range_take() is told its answer, until it is done. scan.h reads range after range.
 *
 * Questions: the last block; the range's logs; then each of its blocks: it follows the one before (parentHash), the
 * logs that name it name its hash, the last is still what it was, and each address that its logsBloom has is among its
 * logs. If one isn't, it may be there by chance, or for another contract's log; or the node has left out what it didn't
 * have yet. So all logs of the block are asked for, by its hash: together they make its bloom. If they don't, the range
 * isn't taken (ERR_STATE; it is read again later); after RANGE_DOUBTS_MAX readings the node is believed. Where chance
 * alone would have it in every few blocks (busy blocks, many addresses) only the logs of those addresses are asked for
 * again, by the block's hash. A node that tells no bloom or parent isn't held to them. */
#pragma once
#include "billing/bloom.h"
#include "billing/eth_rpc.h"
#include "billing/found.h"

#define RANGE_ADDRESSES_MAX 500 /* in one question */
#define RANGE_DOUBTS_MAX    20

enum range_step { RANGE_END, RANGE_LOGS, RANGE_BLOCKS, RANGE_AGAIN, RANGE_DONE };

struct range {
    struct ethaddr token;
    const struct addrset *addresses; /* borrowed */
    uint64_t before, end;            /* the blocks after `before` up to `end` */
    enum range_step step;
    struct eth_hash end_hash;
    struct found found; /* complete and in order when it is done */
    unsigned n_refused; /* transfers that no dollar can be: too large */
    size_t asked;       /* of how many addresses the logs are here; RANGE_AGAIN: of those that are missing */
    uint64_t at;        /* RANGE_BLOCKS, RANGE_AGAIN: this block */
    struct eth_hash hash, last_hash; /* its, and that of the one before; "" unknown */
    bool tells_nothing;              /* no bloom, no parent: it isn't asked for each block */
    struct addrset missing;          /* in its bloom and not in its logs */
    bool is_proof;                   /* RANGE_AGAIN: all logs are asked for, which make this bloom */
    struct bloom bloom;
    struct bloom_key token_key, transfer_key, *keys; /* of each address; made when first needed */
    size_t n_keys;
    unsigned keys_cap;
    uint64_t doubted; /* the block that was doubted last, and in how many readings */
    unsigned doubts;
};

void range_init(struct range *r);
void range_reset(struct range *r); /* frees it; it is as after range_init() */

/* hash: of `before`; "" unknown. Without addresses there is nothing to ask but the last block. */
void range_begin(struct range *r, const struct ethaddr *token, const struct addrset *addresses, uint64_t before,
                 const struct eth_hash *hash, uint64_t end);
char *range_request(const struct range *r, unsigned id); /* the caller frees it; NULL: no memory */
/* The result of what was asked. ERR_SYNTAX: it makes no sense. ERR_FULL: more than can be found at once: a smaller
 * range is to be begun. ERR_NOT_FOUND, ERR_STATE: why says what isn't as it should be: it is to be read again later. */
MUST_CHECK enum err range_take(struct range *r, const json_t *result, char why[ETH_WHY_CAP]);
/* The node answered with an error. ERR_DENIED: it is to be read again later. OK: it goes on without: the node has
 * refused what was only asked to be sure, again and again. */
MUST_CHECK enum err range_denied(struct range *r);
