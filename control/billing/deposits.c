/* deposits.c: does what the scan (scan.h) wants done: asks the node and the database, and tells it what they said. */
#include "billing/deposits.h"
#include "billing/scan.h"
#include "common/random.h"
#include "store/query.h"
#include <stdio.h>
#include <stdlib.h>

#define NODE_PATIENCE (20 * SEC)

struct deposits {
    struct deposits_config cfg;
    char token[ETHADDR_TEXT_CAP];
    struct scan *scan;
    struct loop_timer timer;
    unsigned failures; /* as of the last log line */
};

static void go_on(struct deposits *d);

static uint32_t random_32(void)
{
    uint32_t r = 0;
    random_fill(&r, sizeof r);
    return r;
}

static void failed(struct deposits *d, const char *why)
{
    scan_failed(d->scan, loop_now(d->cfg.loop), random_32(), why);
    go_on(d);
}

/* Trouble is told when it begins and when it is over. */
static void tell_trouble(struct deposits *d)
{
    unsigned failures = scan_failures(d->scan);
    char why[LOG_SAFE_CAP];
    if (failures && !d->failures)
        log_warn(d->cfg.log, "usdc_waiting", "reason=%s", log_safe(why, scan_why(d->scan)));
    else if (!failures && d->failures)
        log_info(d->cfg.log, "usdc_reading", "after_failures=%u", d->failures);
    d->failures = failures;
}

/* --- the node --- */

static void on_answer(void *arg, const struct client_answer *answer)
{
    struct deposits *d = arg;
    usec_t now = loop_now(d->cfg.loop);
    char why[64];
    if (answer->err) {
        failed(d, answer->reason);
        return;
    }
    if (answer->is_cut) {
        scan_too_large(d->scan, now, random_32());
    } else if (answer->status == 200 || (answer->body.len && answer->body.p[0] == '{')) {
        scan_answered(d->scan, now, random_32(), answer->body); /* some tell their errors with another status */
    } else {
        snprintf(why, sizeof why, "the node answered with status %u", answer->status);
        scan_failed(d->scan, now, random_32(), why);
    }
    go_on(d);
}

static void ask_node(struct deposits *d, const struct scan_order *o)
{
    static const struct client_header headers[] = {
        {"Content-Type", "application/json"},
        {"Accept", "application/json"},
    };
    struct client_request request = {
        .method = "POST",
        .url = d->cfg.rpc_url,
        .allow = URL_ALLOW_HTTP | URL_ALLOW_PRIVATE, /* the operator's own word */
        .headers = headers,
        .n_headers = ARRAY_LEN(headers),
        .body = bytes_str(o->request),
        .timeout = NODE_PATIENCE,
        .max_answer_body = CLIENT_BODY_MAX,
    };
    enum err e = client_send(d->cfg.client, &request, on_answer, d);
    if (e)
        failed(d, err_name(e));
}

/* --- the database --- */

static void ask_database(struct deposits *d, struct sql_query q, rows_fn *then)
{
    enum err e = store_ask(d->cfg.store, q, then, d);
    if (e)
        failed(d, "the database is away");
}

static void on_state(void *arg, enum err e, const struct rows *rows)
{
    struct deposits *d = arg;
    if (e) {
        failed(d, "the database is away");
        return;
    }
    struct sql_deposits_state_row r = sql_deposits_state_row(rows, 0);
    scan_state(d->scan, loop_now(d->cfg.loop), r.has_block_number, (uint64_t)r.block_number, r.block_hash,
               r.has_told_at ? r.told_at / SEC : -1);
    go_on(d);
}

static void on_addresses(void *arg, enum err e, const struct rows *rows)
{
    struct deposits *d = arg;
    for (unsigned i = 0; !e && i < rows_len(rows); i++)
        e = scan_address(d->scan, sql_deposits_addresses_row(rows, i).address);
    if (e) {
        failed(d, e == ERR_NOMEM ? "out of memory" : "the database is away");
        return;
    }
    scan_addresses_end(d->scan, loop_now(d->cfg.loop));
    go_on(d);
}

static void on_stored(void *arg, enum err e, const struct rows *rows)
{
    (void)rows;
    struct deposits *d = arg;
    if (e) {
        failed(d, "the database is away");
        return;
    }
    scan_stored(d->scan, loop_now(d->cfg.loop), true);
    go_on(d);
}

static void tell_recorded(const struct deposits *d, const struct sql_deposits_record_row *r)
{
    const struct scan_order *o = scan_order(d->scan);
    if (r->n_new)
        log_info(d->cfg.log, "usdc_deposits", "new=%d credited_usd=%s up_to_block=%llu", r->n_new, r->credited,
                 (unsigned long long)o->last);
    if (r->n_vanished)
        log_error(d->cfg.log, "usdc_vanished", "deposits=%d up_to_block=%llu reason=reorganisation", r->n_vanished,
                  (unsigned long long)o->last);
    if (scan_n_refused(d->scan))
        log_error(d->cfg.log, "usdc_refused", "transfers=%u up_to_block=%llu reason=too_large", scan_n_refused(d->scan),
                  (unsigned long long)o->last);
}

static void on_recorded(void *arg, enum err e, const struct rows *rows)
{
    struct deposits *d = arg;
    if (e) {
        failed(d, "the database is away");
        return;
    }
    struct sql_deposits_record_row r = sql_deposits_record_row(rows, 0);
    if (r.stored)
        tell_recorded(d, &r);
    scan_stored(d->scan, loop_now(d->cfg.loop), r.stored);
    go_on(d);
}

static void record(struct deposits *d, const struct scan_order *o)
{
    struct sql_query q =
        sql_deposits_record(.chain_id = (int64_t)o->chain_id, .token = d->token, .before = (int64_t)o->before,
                            .last = (int64_t)o->last, .block_hash = o->hash, .found = o->found);
    ask_database(d, q, on_recorded);
}

static void rewind_to(struct deposits *d, const struct scan_order *o)
{
    struct sql_query q = sql_deposits_rewind(.chain_id = (int64_t)o->chain_id, .token = d->token,
                                             .before = (int64_t)o->before, .last = (int64_t)o->last);
    if (o->is_again)
        log_debug(d->cfg.log, "usdc_reading_again", "block=%llu from=%llu", (unsigned long long)o->before,
                  (unsigned long long)o->last + 1);
    else
        log_warn(d->cfg.log, "usdc_reorganised", "block=%llu read_again_from=%llu", (unsigned long long)o->before,
                 (unsigned long long)o->last + 1);
    ask_database(d, q, on_stored);
}

static void go_on(struct deposits *d)
{
    const struct scan_order *o = scan_order(d->scan);
    const int64_t chain_id = (int64_t)o->chain_id;
    switch (o->want) {
    case SCAN_WAIT:
        tell_trouble(d);
        loop_timer_set(d->cfg.loop, &d->timer, o->due);
        return;
    case SCAN_NODE:
        ask_node(d, o);
        return;
    case SCAN_STATE:
        ask_database(d, sql_deposits_state(.chain_id = chain_id, .token = d->token), on_state);
        return;
    case SCAN_ADDRESSES:
        ask_database(d, sql_deposits_addresses(), on_addresses);
        return;
    case SCAN_START:
        ask_database(d, sql_deposits_start(.chain_id = chain_id, .token = d->token, .block_number = (int64_t)o->last),
                     on_stored);
        return;
    case SCAN_REWIND:
        rewind_to(d, o);
        return;
    case SCAN_RECORD:
        record(d, o);
        return;
    }
}

static void on_timer(void *arg)
{
    struct deposits *d = arg;
    usec_t now = loop_now(d->cfg.loop);
    if (!store_is_up(d->cfg.store)) { /* which says so itself */
        loop_timer_set(d->cfg.loop, &d->timer, now + d->cfg.poll);
        return;
    }
    scan_wake(d->scan, now);
    go_on(d);
}

enum err deposits_new(const struct deposits_config *cfg, struct deposits **out)
{
    struct deposits *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_NOMEM;
    struct scan_config scan = {.token = cfg->token, .confirmations = cfg->confirmations, .poll = cfg->poll};
    enum err e = scan_new(&scan, loop_now(cfg->loop), &d->scan);
    if (e) {
        free(d);
        return e;
    }
    d->cfg = *cfg;
    ethaddr_lower(&cfg->token, d->token);
    d->timer = (struct loop_timer){.fire = on_timer, .arg = d};
    loop_timer_set(cfg->loop, &d->timer, scan_order(d->scan)->due);
    *out = d;
    return OK;
}

void deposits_free(struct deposits *d)
{
    if (!d)
        return;
    loop_timer_cancel(d->cfg.loop, &d->timer);
    scan_free(d->scan);
    free(d);
}
