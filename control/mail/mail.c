/* mail.c: a mail becomes a request to Resend, and its answer an outcome for the queue. */
#include "mail/mail.h"
#include "client/client.h"
#include "dbqueue/dbqueue.h"
#include "loop/loop.h"
#include "mail/letter.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES     4
#define POLL       (1 * SEC)
#define SKIP_EVERY (10 * SEC)
#define TIMEOUT    (15 * SEC)
#define ANSWER_MAX ((size_t)16 * 1024)

/* An attempt, in its place of the queue. */
struct mail_attempt {
    struct mail *mail;
    int64_t id, number;
    bool is_last;
};

struct mail {
    struct mail_config cfg;
    struct dbqueue *queue; /* NULL: mails are skipped */
    struct loop_timer skipping;
    struct mail_attempt attempts[PLACES];
    struct client_api api;
};

/* --- what came of it --- */
enum fate { FATE_SENT, FATE_LATER, FATE_REFUSED };

/* 409: another request with the same key is under way. */
static enum fate fate_of(const struct client_answer *a)
{
    if (a->err || a->status >= 500 || a->status == 429 || a->status == 408 || a->status == 409)
        return FATE_LATER;
    return a->status / 100 == 2 ? FATE_SENT : FATE_REFUSED;
}

static void over(struct mail_attempt *attempt, bool is_over)
{
    struct mail *m = attempt->mail;
    dbqueue_done(m->queue, (unsigned)(attempt - m->attempts),
                 json_pack("{s:I,s:b}", "attempt", (json_int_t)attempt->number, "over", (int)is_over));
}

static void on_answer(void *arg, const struct client_answer *a)
{
    struct mail_attempt *attempt = arg;
    const struct log *log = attempt->mail->cfg.log;
    enum fate fate = fate_of(a);
    bool is_over = fate != FATE_LATER || attempt->is_last;
    if (fate == FATE_SENT)
        log_info(log, "mail_sent", "mail=%" PRId64 " attempt=%" PRId64, attempt->id, attempt->number);
    else
        log_warn(log, is_over ? "mail_given_up" : "mail_failed",
                 "mail=%" PRId64 " attempt=%" PRId64 " status=%u reason=\"%s\"", attempt->id, attempt->number,
                 a->status, a->reason);
    over(attempt, is_over);
}

/* --- an attempt --- */
static char *request_body(const struct mail *m, const struct sql_mail_queue_turn_row *row, enum err *e)
{
    struct letter letter = {0};
    json_t *data = json_loads(row->data, 0, NULL);
    *e = letter_write(row->template, data, m->cfg.app_url, &letter);
    json_decref(data);
    if (*e)
        return NULL;
    json_t *json = json_pack("{s:s,s:[s],s:s,s:s,s:s}", "from", m->cfg.from, "to", row->recipient, "subject",
                             letter.subject, "html", letter.html, "text", letter.text);
    char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    letter_reset(&letter);
    if (!body)
        *e = ERR_NOMEM;
    return body;
}

static enum err send_row(struct mail *m, struct mail_attempt *attempt, const struct sql_mail_queue_turn_row *row)
{
    enum err e;
    char *body = request_body(m, row, &e);
    if (!body)
        return e;
    const struct client_header headers[] = {
        {"Content-Type", "application/json"},
        {"Authorization", m->api.authorization},
        {"Idempotency-Key", row->key},
    };
    /* The operator chose the URL: it may lead anywhere. */
    const struct client_request request = {
        .method = "POST",
        .url = m->api.url,
        .allow = URL_ALLOW_HTTP | URL_ALLOW_PRIVATE,
        .headers = headers,
        .n_headers = ARRAY_LEN(headers),
        .body = bytes_str(body),
        .timeout = TIMEOUT,
        .max_answer_body = ANSWER_MAX,
    };
    e = client_send(m->cfg.client, &request, on_answer, attempt);
    free(body);
    return e;
}

static enum err ask(void *arg, const struct dbqueue_turn *turn, rows_fn *fn, void *queue)
{
    struct mail *m = arg;
    struct sql_query q = sql_mail_queue_turn(.outcomes = turn->outcomes, .running = turn->running, .free = turn->free);
    return store_ask(m->cfg.store, q, fn, queue);
}

static int64_t id_at(const struct rows *rows, unsigned row)
{
    return sql_mail_queue_turn_row(rows, row).id;
}

static bool start(void *arg, unsigned place, const struct rows *rows, unsigned row)
{
    struct mail *m = arg;
    struct mail_attempt *attempt = &m->attempts[place];
    struct sql_mail_queue_turn_row r = sql_mail_queue_turn_row(rows, row);
    *attempt = (struct mail_attempt){m, r.id, r.attempt, r.is_last};
    enum err e = send_row(m, attempt, &r);
    if (e == ERR_FULL || e == ERR_NOMEM)
        return false;
    if (e) { /* nothing that a later attempt would mend */
        log_error(m->cfg.log, "mail_unwritable", "mail=%" PRId64 " template=%s reason=%s", attempt->id, r.template,
                  err_name(e));
        over(attempt, true);
    }
    return true;
}

/* --- its life --- */
static void skip(void *arg)
{
    struct mail *m = arg;
    loop_timer_set(m->cfg.loop, &m->skipping, loop_now(m->cfg.loop) + SKIP_EVERY);
    if (store_is_up(m->cfg.store) && store_write(m->cfg.store, WQ_MAY_BE_LOST, sql_mail_queue_skip()))
        log_debug(m->cfg.log, "mail_kept", "reason=full");
}

static enum err queue_start(struct mail *m)
{
    const char *why = "is too long";
    enum err e = client_api_init(&m->api, m->cfg.api_base, "/emails", m->cfg.api_key);
    if (!e)
        e = url_check(m->api.url, URL_ALLOW_HTTP | URL_ALLOW_PRIVATE, &why);
    if (e) {
        log_error(m->cfg.log, "config", "RESEND_API_BASE %s", why);
        return ERR_SYNTAX;
    }
    const struct dbqueue_config queue = {
        .loop = m->cfg.loop,
        .n_places = PLACES,
        .poll = POLL,
        .arg = m,
        .ask = ask,
        .id = id_at,
        .start = start,
    };
    return dbqueue_new(&queue, &m->queue);
}

enum err mail_new(const struct mail_config *cfg, struct mail **out)
{
    struct mail *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_NOMEM;
    m->cfg = *cfg;
    m->skipping = (struct loop_timer){.fire = skip, .arg = m};
    enum err e = OK;
    if (cfg->api_key)
        e = queue_start(m);
    else
        loop_timer_set(cfg->loop, &m->skipping, loop_now(cfg->loop) + POLL);
    if (e) {
        free(m);
        return e;
    }
    *out = m;
    return OK;
}

void mail_free(struct mail *m)
{
    if (!m)
        return;
    loop_timer_cancel(m->cfg.loop, &m->skipping);
    dbqueue_free(m->queue);
    free(m);
}

void mail_poke(struct mail *m)
{
    if (m->queue)
        dbqueue_poke(m->queue);
}

void mail_stop(struct mail *m)
{
    if (m->queue)
        dbqueue_stop(m->queue);
}
