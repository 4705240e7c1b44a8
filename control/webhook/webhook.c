/* webhook.c: a delivery becomes a signed request, and its answer an outcome for the queue. */
#include "webhook/webhook.h"
#include "client/client.h"
#include "common/buf.h"
#include "dbqueue/dbqueue.h"
#include "loop/loop.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES       32
#define POLL         (1 * SEC)
#define TIMEOUT      (5 * SEC)
#define ANSWER_MAX   ((size_t)16 * 1024) /* nobody reads it; a short one leaves the connection usable */
#define FORGET_FIRST (60 * SEC)
#define FORGET_EVERY (3600 * SEC)

/* An attempt, in its place of the queue. */
struct webhook_attempt {
    struct webhooks *webhooks;
    int64_t id, webhook, number;
};

struct webhooks {
    struct webhooks_config cfg;
    struct dbqueue *queue;
    struct webhook_attempt attempts[PLACES];
    struct loop_timer forgetting;
    struct webhooks_counters n;
};

static unsigned allowed(const struct webhooks *w)
{
    return w->cfg.allow_insecure ? URL_ALLOW_HTTP | URL_ALLOW_PRIVATE : 0;
}

/* --- what came of it --- */
static const char *failure(const struct client_answer *a, char out[64])
{
    if (a->err)
        return a->reason;
    snprintf(out, 64, "answered %u%s", a->status, a->status / 100 == 3 ? "; redirects are not followed" : "");
    return out;
}

static void report(struct webhook_attempt *attempt, const struct client_answer *a)
{
    struct webhooks *w = attempt->webhooks;
    char text[64];
    bool ok = !a->err && a->status / 100 == 2;
    const char *error = ok ? NULL : failure(a, text);
    if (ok) {
        w->n.delivered++;
        log_debug(w->cfg.log, "webhook_delivered", "delivery=%" PRId64 " webhook=%" PRId64, attempt->id,
                  attempt->webhook);
    } else {
        w->n.failed++;
        log_info(w->cfg.log, "webhook_failed",
                 "delivery=%" PRId64 " webhook=%" PRId64 " attempt=%" PRId64 " reason=\"%s\"", attempt->id,
                 attempt->webhook, attempt->number, error);
    }
    dbqueue_done(w->queue, (unsigned)(attempt - w->attempts),
                 json_pack("{s:I,s:I,s:b,s:o,s:s?,s:I}", "webhook", (json_int_t)attempt->webhook, "attempt",
                           (json_int_t)attempt->number, "ok", (int)ok, "status",
                           a->err ? json_null() : json_integer(a->status), "error", error, "took",
                           (json_int_t)(a->took / MSEC)));
}

static void on_answer(void *arg, const struct client_answer *a)
{
    report(arg, a);
}

/* --- an attempt --- */
void signature_write(char out[SIGNATURE_CAP], const char *secret, struct bytes body)
{
    memcpy(out, "sha256=", 7);
    hmac_sha256_hex(out + 7, secret, strlen(secret), body.p, body.len);
}

/* Of the time too, so that what was overheard can't be sent again later: "timestamp.body". */
static enum err timed_signature_write(char out[SIGNATURE_CAP], const char *secret, const char *timestamp,
                                      const char *body)
{
    struct buf both = {0};
    buf_printf(&both, "%s.%s", timestamp, body);
    if (!both.bad)
        signature_write(out, secret, buf_bytes(&both));
    enum err e = both.bad ? ERR_NOMEM : OK;
    buf_reset(&both);
    return e;
}

static enum err send_row(struct webhooks *w, struct webhook_attempt *attempt,
                         const struct sql_webhook_deliveries_turn_row *row)
{
    char signature[SIGNATURE_CAP], timed[SIGNATURE_CAP], timestamp[24], delivery[24], sequence[24];
    struct bytes body = bytes_str(row->body);
    signature_write(signature, row->secret, body);
    snprintf(timestamp, sizeof timestamp, "%" PRId64, loop_wall(w->cfg.loop) / MSEC);
    snprintf(delivery, sizeof delivery, "%" PRId64, row->id);
    snprintf(sequence, sizeof sequence, "%" PRId64, row->sequence);
    enum err e = timed_signature_write(timed, row->secret, timestamp, row->body);
    if (e)
        return e;
    const struct client_header headers[] = {
        {"Content-Type", "application/json"},
        {"X-Event", row->event},
        {"X-Delivery", delivery},
        {"X-Sequence", sequence},
        {"X-Timestamp", timestamp},
        {"X-Signature", signature},
        {"X-Timestamp-Signature", timed},
    };
    const struct client_request request = {
        .method = "POST",
        .url = row->url,
        .allow = allowed(w),
        .headers = headers,
        .n_headers = ARRAY_LEN(headers),
        .body = body,
        .timeout = TIMEOUT,
        .max_answer_body = ANSWER_MAX,
    };
    return client_send(w->cfg.client, &request, on_answer, attempt);
}

static enum err ask(void *arg, const struct dbqueue_turn *turn, rows_fn *fn, void *queue)
{
    struct webhooks *w = arg;
    struct sql_query q =
        sql_webhook_deliveries_turn(.outcomes = turn->outcomes, .running = turn->running, .free = turn->free);
    return store_ask(w->cfg.store, q, fn, queue);
}

static int64_t id_at(const struct rows *rows, unsigned row)
{
    return sql_webhook_deliveries_turn_row(rows, row).id;
}

static bool start(void *arg, unsigned place, const struct rows *rows, unsigned row)
{
    struct webhooks *w = arg;
    struct webhook_attempt *attempt = &w->attempts[place];
    struct sql_webhook_deliveries_turn_row r = sql_webhook_deliveries_turn_row(rows, row);
    *attempt = (struct webhook_attempt){w, r.id, r.webhook_id, r.attempt};
    enum err e = send_row(w, attempt, &r);
    if (e == ERR_FULL || e == ERR_NOMEM)
        return false;
    if (e) /* registered when WEBHOOK_ALLOW_INSECURE was set, and now it isn't */
        report(attempt, &(struct client_answer){.err = e, .reason = "this URL may not be called"});
    return true;
}

/* --- its life --- */
static void forget(void *arg)
{
    struct webhooks *w = arg;
    loop_timer_set(w->cfg.loop, &w->forgetting, loop_now(w->cfg.loop) + FORGET_EVERY);
    enum err e = store_write(w->cfg.store, WQ_MAY_BE_LOST, sql_webhook_deliveries_forget());
    if (e)
        log_debug(w->cfg.log, "webhook_log_kept", "reason=%s", err_name(e));
}

enum err webhooks_new(const struct webhooks_config *cfg, struct webhooks **out)
{
    struct webhooks *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    w->cfg = *cfg;
    w->forgetting = (struct loop_timer){.fire = forget, .arg = w};
    const struct dbqueue_config queue = {
        .loop = cfg->loop,
        .n_places = PLACES,
        .poll = POLL,
        .arg = w,
        .ask = ask,
        .id = id_at,
        .start = start,
    };
    enum err e = dbqueue_new(&queue, &w->queue);
    if (e) {
        free(w);
        return e;
    }
    loop_timer_set(cfg->loop, &w->forgetting, loop_now(cfg->loop) + FORGET_FIRST);
    *out = w;
    return OK;
}

void webhooks_free(struct webhooks *w)
{
    if (!w)
        return;
    loop_timer_cancel(w->cfg.loop, &w->forgetting);
    dbqueue_free(w->queue);
    free(w);
}

void webhooks_poke(struct webhooks *w)
{
    dbqueue_poke(w->queue);
}

void webhooks_stop(struct webhooks *w)
{
    dbqueue_stop(w->queue);
}

enum err webhooks_check_url(const struct webhooks *w, const char *url, const char **why)
{
    return url_check(url, allowed(w), why);
}

void webhooks_counters(const struct webhooks *w, struct webhooks_counters *out)
{
    *out = w->n;
    out->running = dbqueue_running(w->queue);
}
