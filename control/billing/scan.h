/* scan.h: reading a chain for deposits, as a machine without IO: scan_order() says what is to be done next, and one of
 * the functions below tells it what came of that. deposits.c is its hands.
 *
 * A round: how far is the chain (less the confirmations that are asked for), how far have we read, which addresses are
 * there; then, range after range: is the last block that we read still the same; the range (range.h); record. What is
 * recorded is a range of blocks with all its deposits, in one transaction with how far we have read, so that a round
 * may break off anywhere. Every block is read again when it is a while old: a node that is one of many behind one
 * address may have left out what it didn't have yet.
 *
 * The head is asked for before the addresses: a deposit in a block up to the head went to an address that was told
 * before. A last block that has become another is a reorganisation deeper than the confirmations: SCAN_REWIND_BLOCKS
 * are read again, and recording knows what it has credited. A range that the node finds too large is halved. */
#pragma once
#include "billing/eth_rpc.h"
#include "common/usec.h"

#define SCAN_REWIND_BLOCKS 256
#define SCAN_SPAN_MAX      2000 /* blocks in a range */
#define SCAN_AGAIN_ROUNDS  20   /* after so many waits between rounds the last blocks are read again */

struct scan;

struct scan_config {
    struct ethaddr token;
    unsigned confirmations; /* 1…: the block itself is the first */
    usec_t poll;            /* between rounds; after a failure it is the first wait, doubling up to a minute */
};
MUST_CHECK enum err scan_new(const struct scan_config *cfg, usec_t now, struct scan **s);
void scan_free(struct scan *s);

enum scan_want {
    SCAN_WAIT,      /* until `due`; then scan_wake() */
    SCAN_NODE,      /* post `request` to the node; then scan_answered() */
    SCAN_STATE,     /* read how far the chain has been read; then scan_state() */
    SCAN_ADDRESSES, /* read all addresses; then scan_address() for each and scan_addresses_end() */
    SCAN_START,     /* store that it is read from the block after `last`; then scan_stored() */
    SCAN_REWIND,    /* store that it was read up to `last` only, not up to `before`; then scan_stored() */
    SCAN_RECORD,    /* store that the blocks after `before` up to `last` hold `found`; then scan_stored() */
};

struct scan_order {
    enum scan_want want;
    usec_t due;
    const char *request; /* borrowed until the machine moves, as are the texts below */
    uint64_t chain_id, before, last;
    const char *hash;  /* of block `last`: SCAN_RECORD */
    const char *found; /* JSON: SCAN_RECORD */
    bool is_again;     /* SCAN_REWIND: nothing is wrong, it is time to look again */
};
const struct scan_order *scan_order(const struct scan *s);

/* `random`: any 32 random bits, for the wait after a failure. Whatever is waited for may fail instead. */
void scan_wake(struct scan *s, usec_t now);
void scan_answered(struct scan *s, usec_t now, uint32_t random, struct bytes body);
void scan_too_large(struct scan *s, usec_t now, uint32_t random); /* the answer was cut */
void scan_failed(struct scan *s, usec_t now, uint32_t random, const char *why);

/* is_read false: never yet. hash NULL: unknown. told_at_s: when the first address was told, -1: none was. */
void scan_state(struct scan *s, usec_t now, bool is_read, uint64_t block, const char *hash, int64_t told_at_s);
MUST_CHECK enum err scan_address(struct scan *s, const char *address); /* ERR_SYNTAX: no address; ERR_NOMEM */
void scan_addresses_end(struct scan *s, usec_t now);
/* moved false: somebody else has read on meanwhile; nothing was stored. */
void scan_stored(struct scan *s, usec_t now, bool moved);

/* For the log. */
unsigned scan_failures(const struct scan *s);  /* in a row; 0: the last round came to its end, or is on its way */
const char *scan_why(const struct scan *s);    /* of the last failure */
unsigned scan_n_refused(const struct scan *s); /* transfers of the range that no dollar can be: too large */
