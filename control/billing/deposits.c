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

static void ask_database(struct deposits *d, enum sql_id id, const struct sql_args *args, rows_fn *then)
{
    enum err e = store_ask(d->cfg.store, id, args, then, d);
    if (e)
        failed(d, "the database is away");
}

static void args_scan(const struct deposits *d, const struct scan_order *o, struct sql_args *args)
{
    args_int(args, (int64_t)o->chain_id);
    args_text(args, d->token);
}

static void on_state(void *arg, enum err e, const struct rows *rows)
{
    struct deposits *d = arg;
    if (e) {
        failed(d, "the database is away");
        return;
    }
    int64_t block = rows_int(rows, 0, 0, -1), told_at = rows_int(rows, 0, 2, -SEC);
    scan_state(d->scan, loop_now(d->cfg.loop), block >= 0, (uint64_t)(block < 0 ? 0 : block), rows_text(rows, 0, 1),
               told_at / SEC);
    go_on(d);
}

static void on_addresses(void *arg, enum err e, const struct rows *rows)
{
    struct deposits *d = arg;
    for (unsigned i = 0; !e && i < rows_len(rows); i++)
        e = scan_address(d->scan, rows_text(rows, i, 0));
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

static void tell_recorded(const struct deposits *d, const struct rows *rows)
{
    const struct scan_order *o = scan_order(d->scan);
    int64_t n_new = rows_int(rows, 0, 1, 0), n_vanished = rows_int(rows, 0, 3, 0);
    if (n_new)
        log_info(d->cfg.log, "usdc_deposits", "new=%lld credited_usd=%s up_to_block=%llu", (long long)n_new,
                 rows_text(rows, 0, 2), (unsigned long long)o->last);
    if (n_vanished)
        log_error(d->cfg.log, "usdc_vanished", "deposits=%lld up_to_block=%llu reason=reorganisation",
                  (long long)n_vanished, (unsigned long long)o->last);
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
    bool moved = rows_bool(rows, 0, 0);
    if (moved)
        tell_recorded(d, rows);
    scan_stored(d->scan, loop_now(d->cfg.loop), moved);
    go_on(d);
}

static void record(struct deposits *d, const struct scan_order *o)
{
    struct sql_args args = {0};
    args_scan(d, o, &args);
    args_int(&args, (int64_t)o->before);
    args_int(&args, (int64_t)o->last);
    args_text(&args, o->hash);
    args_text(&args, o->found);
    ask_database(d, SQL_DEPOSITS_RECORD, &args, on_recorded);
}

static void move(struct deposits *d, const struct scan_order *o)
{
    struct sql_args args = {0};
    args_scan(d, o, &args);
    if (o->want == SCAN_REWIND) {
        log_warn(d->cfg.log, "usdc_reorganised", "block=%llu read_again_from=%llu", (unsigned long long)o->before,
                 (unsigned long long)o->last + 1);
        args_int(&args, (int64_t)o->before);
    }
    args_int(&args, (int64_t)o->last);
    ask_database(d, o->want == SCAN_REWIND ? SQL_DEPOSITS_REWIND : SQL_DEPOSITS_START, &args, on_stored);
}

static void go_on(struct deposits *d)
{
    const struct scan_order *o = scan_order(d->scan);
    struct sql_args args = {0};
    switch (o->want) {
    case SCAN_WAIT:
        tell_trouble(d);
        loop_timer_set(d->cfg.loop, &d->timer, o->due);
        return;
    case SCAN_NODE:
        ask_node(d, o);
        return;
    case SCAN_STATE:
        args_scan(d, o, &args);
        ask_database(d, SQL_DEPOSITS_STATE, &args, on_state);
        return;
    case SCAN_ADDRESSES:
        ask_database(d, SQL_DEPOSITS_ADDRESSES, NULL, on_addresses);
        return;
    case SCAN_START:
    case SCAN_REWIND:
        move(d, o);
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
