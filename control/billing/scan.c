/* scan.c: reads a chain: rounds, where to begin, range after range (range.h), and what is recorded. */
#include "billing/scan.h"
#include "billing/range.h"
#include "common/backoff.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define WAIT_MOST     (60 * SEC)
#define GROW_AFTER    8 /* ranges without trouble */
#define MAINNET       1
#define MAINNET_USDC  "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
#define SEARCH_MARGIN 3600 /* seconds: our clock isn't the chain's */
#define AGAIN_BLOCKS  64   /* of what was read before this process */

enum phase {
    RESTING,
    ASKING_CHAIN,
    ASKING_HEAD,
    READING_STATE,
    SEARCHING, /* for the block of a time, by halving */
    STARTING,
    READING_ADDRESSES,
    CHECKING_ANCHOR, /* the last block that was read */
    REWINDING,
    READING_AGAIN, /* rewinding, though nothing is wrong */
    READING_RANGE,
    RECORDING,
};

struct scan {
    struct scan_config cfg;
    enum phase phase;
    struct scan_order order;
    char *request, *found_text;
    unsigned request_id;

    uint64_t chain_id, target; /* target: the last block with enough confirmations; chain_id 0: unknown */
    uint64_t block;            /* read up to this */
    struct eth_hash hash;      /* its; "" unknown */
    uint64_t low, high;        /* the search: the block of told_at_s lies in low…high */
    int64_t told_at_s;

    struct addrset addresses;
    uint64_t span;
    struct range range;
    unsigned good_ranges;

    usec_t again_at;        /* 0: it isn't known yet from where */
    uint64_t again_from[2]; /* up to where it had been read the last time, and the time before */

    struct backoff backoff;
    char why[ETH_WHY_CAP];
};

static void enter(struct scan *s, enum phase phase, usec_t now);

enum err scan_new(const struct scan_config *cfg, usec_t now, struct scan **out)
{
    struct scan *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->cfg = *cfg;
    s->span = SCAN_SPAN_MAX;
    s->backoff = (struct backoff){.first = cfg->poll, .most = cfg->poll > WAIT_MOST ? cfg->poll : WAIT_MOST};
    addrset_init(&s->addresses);
    range_init(&s->range);
    s->order = (struct scan_order){.want = SCAN_WAIT, .due = now};
    *out = s;
    return OK;
}

void scan_free(struct scan *s)
{
    if (!s)
        return;
    free(s->request);
    free(s->found_text);
    addrset_reset(&s->addresses);
    range_reset(&s->range);
    free(s);
}

const struct scan_order *scan_order(const struct scan *s)
{
    return &s->order;
}

unsigned scan_failures(const struct scan *s)
{
    return s->backoff.tries;
}

const char *scan_why(const struct scan *s)
{
    return s->why;
}

unsigned scan_n_refused(const struct scan *s)
{
    return s->range.n_refused;
}

static void rest(struct scan *s, usec_t due)
{
    s->phase = RESTING;
    s->order = (struct scan_order){.want = SCAN_WAIT, .due = due};
}

void scan_failed(struct scan *s, usec_t now, uint32_t random, const char *why)
{
    if (why != s->why)
        snprintf(s->why, sizeof s->why, "%s", why);
    s->chain_id = 0; /* it may be another node when it is back */
    rest(s, now + backoff_next(&s->backoff, random));
}

static void finish_round(struct scan *s, usec_t now)
{
    backoff_reset(&s->backoff);
    rest(s, now + s->cfg.poll);
}

/* --- what is asked of the node in each phase --- */

static char *request_of(const struct scan *s, enum phase phase)
{
    static const char block[] = "eth_getBlockByNumber";
    switch (phase) {
    case ASKING_CHAIN:
        return eth_request(s->request_id, "eth_chainId", eth_params_none());
    case ASKING_HEAD:
        return eth_request(s->request_id, "eth_blockNumber", eth_params_none());
    case SEARCHING:
        return eth_request(s->request_id, block, eth_params_block(s->low + (s->high - s->low) / 2));
    case CHECKING_ANCHOR:
        return eth_request(s->request_id, block, eth_params_block(s->block));
    case READING_RANGE:
        return range_request(&s->range, s->request_id);
    default:
        return NULL;
    }
}

static void enter_node(struct scan *s, enum phase phase, usec_t now)
{
    free(s->request);
    s->request_id = s->request_id % 1000000 + 1;
    s->request = request_of(s, phase);
    if (!s->request) {
        scan_failed(s, now, 0, "out of memory");
        return;
    }
    s->order = (struct scan_order){.want = SCAN_NODE, .request = s->request, .chain_id = s->chain_id};
}

static void enter_record(struct scan *s, usec_t now)
{
    free(s->found_text);
    s->found_text = found_json(&s->range.found);
    if (!s->found_text) {
        scan_failed(s, now, 0, "out of memory");
        return;
    }
    s->order = (struct scan_order){.want = SCAN_RECORD,
                                   .chain_id = s->chain_id,
                                   .before = s->block,
                                   .last = s->range.end,
                                   .hash = s->range.end_hash.text,
                                   .found = s->found_text};
}

static void enter(struct scan *s, enum phase phase, usec_t now)
{
    s->phase = phase;
    switch (phase) {
    case READING_STATE:
        s->order = (struct scan_order){.want = SCAN_STATE, .chain_id = s->chain_id};
        return;
    case READING_ADDRESSES:
        addrset_clear(&s->addresses);
        s->order = (struct scan_order){.want = SCAN_ADDRESSES, .chain_id = s->chain_id};
        return;
    case STARTING:
        s->order = (struct scan_order){.want = SCAN_START, .chain_id = s->chain_id, .last = s->block};
        return;
    case REWINDING:
        s->order = (struct scan_order){.want = SCAN_REWIND,
                                       .chain_id = s->chain_id,
                                       .before = s->block,
                                       .last = s->block > SCAN_REWIND_BLOCKS ? s->block - SCAN_REWIND_BLOCKS : 0};
        return;
    case READING_AGAIN:
        s->order = (struct scan_order){.want = SCAN_REWIND,
                                       .chain_id = s->chain_id,
                                       .before = s->block,
                                       .last = s->again_from[1],
                                       .is_again = true};
        return;
    case RECORDING:
        enter_record(s, now);
        return;
    default:
        enter_node(s, phase, now);
    }
}

/* --- a round --- */

void scan_wake(struct scan *s, usec_t now)
{
    if (s->phase == RESTING)
        enter(s, s->chain_id ? ASKING_HEAD : ASKING_CHAIN, now);
}

/* --- the last blocks are read twice: what a node left out when they were new it may have by then --- */

static void again_begin(struct scan *s, usec_t now)
{
    s->again_at = now + SCAN_AGAIN_ROUNDS * s->cfg.poll;
    s->again_from[0] = s->block;
    s->again_from[1] = s->block > AGAIN_BLOCKS ? s->block - AGAIN_BLOCKS : 0;
}

static bool again_is_due(const struct scan *s, usec_t now)
{
    return now >= s->again_at && s->again_from[1] < s->block;
}

/* Next time from where this time began, so that each block is read again when it is a while old. */
static void again_end(struct scan *s, usec_t now)
{
    s->again_at = now + SCAN_AGAIN_ROUNDS * s->cfg.poll;
    s->again_from[1] = s->again_from[0];
    s->again_from[0] = s->block;
}

static void caught_up(struct scan *s, usec_t now)
{
    if (again_is_due(s, now))
        enter(s, READING_AGAIN, now);
    else
        finish_round(s, now);
}

static void span_begin(struct scan *s, usec_t now)
{
    if (s->block >= s->target) {
        caught_up(s, now);
        return;
    }
    uint64_t end = s->target - s->block > s->span ? s->block + s->span : s->target;
    range_begin(&s->range, &s->cfg.token, &s->addresses, s->block, &s->hash, end);
    enter(s, *s->hash.text ? CHECKING_ANCHOR : READING_RANGE, now);
}

/* The node won't or can't tell so much at once. False: it is one block already. */
static bool span_halve(struct scan *s, usec_t now)
{
    uint64_t n = s->range.end - s->block;
    s->good_ranges = 0;
    if (n <= 1)
        return false;
    s->span = n / 2;
    span_begin(s, now);
    return true;
}

static void span_grow(struct scan *s)
{
    if (++s->good_ranges < GROW_AFTER || s->span >= SCAN_SPAN_MAX)
        return;
    s->good_ranges = 0;
    s->span = s->span * 2 < SCAN_SPAN_MAX ? s->span * 2 : SCAN_SPAN_MAX;
}

void scan_state(struct scan *s, usec_t now, bool is_read, uint64_t block, const char *hash, int64_t told_at_s)
{
    assert(s->phase == READING_STATE);
    s->block = is_read ? block : s->target;
    snprintf(s->hash.text, sizeof s->hash.text, "%s", is_read && hash ? hash : "");
    if (is_read && !s->again_at)
        again_begin(s, now);
    if (is_read && s->block >= s->target) {
        caught_up(s, now);
    } else if (is_read) {
        enter(s, READING_ADDRESSES, now);
    } else if (told_at_s < 0) {
        enter(s, STARTING, now);
    } else {
        s->low = 0;
        s->high = s->target;
        s->told_at_s = told_at_s - SEARCH_MARGIN;
        enter(s, SEARCHING, now);
    }
}

enum err scan_address(struct scan *s, const char *address)
{
    assert(s->phase == READING_ADDRESSES);
    struct ethaddr a;
    return ethaddr_read(address, &a) ? ERR_SYNTAX : addrset_add(&s->addresses, &a);
}

void scan_addresses_end(struct scan *s, usec_t now)
{
    assert(s->phase == READING_ADDRESSES);
    addrset_sort(&s->addresses);
    span_begin(s, now);
}

void scan_stored(struct scan *s, usec_t now, bool moved)
{
    if (s->phase == READING_AGAIN)
        again_end(s, now);
    if (s->phase != RECORDING || !moved) {
        enter(s, READING_STATE, now);
        return;
    }
    s->block = s->range.end;
    s->hash = s->range.end_hash;
    span_grow(s);
    span_begin(s, now);
}

/* --- what the node answers --- */

static enum err on_chain(struct scan *s, usec_t now, const json_t *result)
{
    uint64_t id = 0;
    enum err e = eth_quantity(result, &id);
    if (e)
        return e;
    struct ethaddr usdc;
    bool is_usdc = ethaddr_read(MAINNET_USDC, &usdc) == OK && memcmp(&usdc, &s->cfg.token, sizeof usdc) == 0;
    if (!id || (is_usdc && id != MAINNET)) {
        snprintf(s->why, sizeof s->why, "the node is of chain %llu, not of Ethereum's main chain",
                 (unsigned long long)id);
        return ERR_DENIED;
    }
    s->chain_id = id;
    enter(s, ASKING_HEAD, now);
    return OK;
}

static enum err on_head(struct scan *s, usec_t now, const json_t *result)
{
    uint64_t head = 0;
    enum err e = eth_quantity(result, &head);
    if (e)
        return e;
    if (head + 1 < s->cfg.confirmations) {
        finish_round(s, now);
        return OK;
    }
    s->target = head + 1 - s->cfg.confirmations;
    enter(s, READING_STATE, now);
    return OK;
}

static enum err on_search(struct scan *s, usec_t now, const struct eth_block *b)
{
    if ((int64_t)b->timestamp < s->told_at_s)
        s->low = b->number + 1;
    else
        s->high = b->number;
    if (s->low < s->high) {
        enter(s, SEARCHING, now);
        return OK;
    }
    s->block = s->low ? s->low - 1 : 0;
    enter(s, STARTING, now);
    return OK;
}

static uint64_t block_asked(const struct scan *s)
{
    if (s->phase == SEARCHING)
        return s->low + (s->high - s->low) / 2;
    return s->block;
}

static enum err on_block(struct scan *s, usec_t now, const json_t *result)
{
    struct eth_block b;
    enum err e = eth_block(result, &b);
    if (e == ERR_NOT_FOUND)
        snprintf(s->why, sizeof s->why, "the node doesn't have block %llu yet", (unsigned long long)block_asked(s));
    if (e)
        return e;
    if (b.number != block_asked(s))
        return ERR_SYNTAX;
    if (s->phase == SEARCHING)
        return on_search(s, now, &b);
    enter(s, strcmp(b.hash.text, s->hash.text) == 0 ? READING_RANGE : REWINDING, now);
    return OK;
}

static enum err on_range(struct scan *s, usec_t now, const json_t *result)
{
    enum err e = range_take(&s->range, result, s->why);
    if (e == ERR_FULL && span_halve(s, now))
        return OK;
    if (!e)
        enter(s, s->range.step == RANGE_DONE ? RECORDING : READING_RANGE, now);
    return e;
}

static enum err on_range_denied(struct scan *s, usec_t now)
{
    enum err e = range_denied(&s->range);
    if (!e)
        enter(s, s->range.step == RANGE_DONE ? RECORDING : READING_RANGE, now);
    return e;
}

static enum err on_result(struct scan *s, usec_t now, const json_t *result)
{
    switch (s->phase) {
    case ASKING_CHAIN:
        return on_chain(s, now, result);
    case ASKING_HEAD:
        return on_head(s, now, result);
    case READING_RANGE:
        return on_range(s, now, result);
    default:
        return on_block(s, now, result);
    }
}

static bool is_asking_logs(const struct scan *s)
{
    return s->phase == READING_RANGE && s->range.step == RANGE_LOGS;
}

void scan_too_large(struct scan *s, usec_t now, uint32_t random)
{
    if (s->phase == READING_RANGE && s->range.step == RANGE_AGAIN && !on_range_denied(s, now))
        return;
    if (!is_asking_logs(s) || !span_halve(s, now))
        scan_failed(s, now, random, "the node's answer is too large");
}

void scan_answered(struct scan *s, usec_t now, uint32_t random, struct bytes body)
{
    assert(s->order.want == SCAN_NODE);
    json_t *root = NULL;
    const json_t *result = NULL;
    enum err e = eth_result(body, s->request_id, &root, &result, s->why);
    if (e == ERR_DENIED && is_asking_logs(s) && span_halve(s, now))
        return;
    if (e == ERR_DENIED && s->phase == READING_RANGE)
        e = on_range_denied(s, now);
    else if (!e)
        e = on_result(s, now, result);
    json_decref(root);
    if (e == ERR_SYNTAX)
        scan_failed(s, now, random, "the node's answer makes no sense");
    else if (e)
        scan_failed(s, now, random, e == ERR_NOMEM ? "out of memory" : s->why);
}
