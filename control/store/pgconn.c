/* pgconn.c: a connection is a state machine that libpq's socket, its timers and the store drive. */
#include "store/pgconn.h"
#include "common/backoff.h"
#include "common/random.h"
#include "sql_embedded.h"
#include "store/bringup.h"
#include "store/resolve.h"
#include "loop/loop.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT (10 * SEC)
#define RESOLVE_EVERY   (20 * MSEC) /* libc has no descriptor to watch */
#define BRINGUP_TIMEOUT (600 * SEC) /* a migration may rewrite a large table, or wait for another process's */

enum pgconn_state {
    PG_CLOSED,     /* waits for the backoff timer */
    PG_RESOLVING,  /* waits for the name server */
    PG_CONNECTING, /* in PQconnectPoll() */
    PG_BRINGUP,    /* running a step's text */
    PG_PREPARING,  /* all of sql/, in one pipeline */
    PG_IDLE,
    PG_BUSY, /* running a batch */
};

struct pgconn {
    struct pgconn_config cfg;
    PGconn *pg;
    struct loop_watch *watch;
    struct loop_timer deadline, again;
    struct backoff backoff;
    struct resolve *resolve; /* while PG_RESOLVING */
    enum pgconn_state state;
    struct bringup up;
    unsigned n_sent, n_results;
    PGresult *results[SQL_STATEMENTS > PGCONN_BATCH_MAX ? SQL_STATEMENTS : PGCONN_BATCH_MAX];
    char why[256];
};

static void on_ready(void *arg, unsigned events);

static void results_clear(struct pgconn *c)
{
    for (unsigned i = 0; i < c->n_results; i++)
        PQclear(c->results[i]);
    c->n_results = c->n_sent = 0;
}

static void hang_up(struct pgconn *c)
{
    loop_timer_cancel(c->cfg.loop, &c->deadline);
    loop_timer_cancel(c->cfg.loop, &c->again);
    loop_watch_free(c->watch);
    c->watch = NULL;
    results_clear(c);
    resolve_free(c->resolve);
    c->resolve = NULL;
    if (c->pg)
        PQfinish(c->pg);
    c->pg = NULL;
    c->state = PG_CLOSED;
}

/* libpq's messages are several lines long; the log wants one. */
static void one_line(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; text && *text && n + 1 < cap; text++) {
        if (*text == '"')
            out[n++] = '\''; /* it will stand in quotes */
        else if ((unsigned char)*text >= ' ')
            out[n++] = *text;
        else if (text[1])
            out[n++] = ' ';
    }
    out[n] = '\0';
}

static void lose(struct pgconn *c, const char *why)
{
    char said[sizeof c->why];
    one_line(said, sizeof said, why && *why ? why : "connection closed by the server");
    bool was_up = c->state == PG_IDLE || c->state == PG_BUSY;
    bool is_news = was_up || strcmp(said, c->why) != 0;
    memcpy(c->why, said, sizeof said);
    if (is_news)
        log_warn(c->cfg.log, "db_down", "reason=\"%s\"", c->why);
    hang_up(c);
    uint32_t random;
    random_fill(&random, sizeof random);
    loop_timer_set(c->cfg.loop, &c->again, loop_now(c->cfg.loop) + backoff_next(&c->backoff, random));
    if (was_up)
        c->cfg.lost(c->cfg.arg);
}

/* We may have been late ourselves: the answer may be waiting in the socket. */
static void on_deadline(void *arg)
{
    struct pgconn *c = arg;
    if (c->state > PG_CONNECTING)
        on_ready(c, LOOP_READ);
    if (c->state != PG_CLOSED && c->state != PG_IDLE && !c->deadline.deadline.set)
        lose(c, "timed out");
}

static void quiet(void *arg, const PGresult *notice)
{
    (void)arg;
    (void)notice;
}

/* libpq may close its socket and open another while connecting, so each wait gets a watch of its own. */
static void watch_for(struct pgconn *c, unsigned events)
{
    loop_watch_free(c->watch);
    c->watch = NULL;
    if (loop_watch_new(c->cfg.loop, PQsocket(c->pg), events, on_ready, c, &c->watch))
        lose(c, "out of memory or descriptors");
}

/* to: the addresses of the host in the URL, or NULL: libpq needs no name server for it. */
static void connect_start(struct pgconn *c, const struct resolved *to)
{
    const char *const names[] = {"dbname",          "application_name", "keepalives_idle",      "tcp_user_timeout",
                                 "connect_timeout", to ? "host" : NULL, to ? "hostaddr" : NULL, NULL};
    const char *const values[] = {
        c->cfg.url, "onepizza-control", "30", "15000", "10", to ? to->hosts : NULL, to ? to->addresses : NULL, NULL};
    c->state = PG_CONNECTING;
    c->pg = PQconnectStartParams(names, values, 1);
    if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD) {
        lose(c, c->pg ? PQerrorMessage(c->pg) : "out of memory");
        return;
    }
    PQsetNoticeReceiver(c->pg, quiet, NULL);
    c->deadline.fire = on_deadline;
    loop_timer_set(c->cfg.loop, &c->deadline, loop_now(c->cfg.loop) + CONNECT_TIMEOUT);
    watch_for(c, LOOP_WRITE);
}

/* The backoff is over, or a look whether the name server has answered. */
static void on_again(void *arg)
{
    struct pgconn *c = arg;
    struct resolved to;
    enum err e = OK;
    if (!c->resolve) {
        e = resolve_new(c->cfg.url, &c->resolve);
        c->state = PG_RESOLVING;
    }
    if (e == ERR_UNSUPPORTED) {
        connect_start(c, NULL);
        return;
    }
    if (!e)
        e = resolve_poll(c->resolve, &to);
    if (e == ERR_STATE)
        loop_timer_set(c->cfg.loop, &c->again, loop_now(c->cfg.loop) + RESOLVE_EVERY);
    else if (e)
        lose(c, e == ERR_NOMEM ? "out of memory" : "the host's name was not found");
    else {
        resolve_free(c->resolve);
        c->resolve = NULL;
        connect_start(c, &to);
    }
}

/* Sends what libpq has buffered, and asks to be told when more can go out. */
static void flush(struct pgconn *c)
{
    int left = PQflush(c->pg);
    if (left < 0) {
        lose(c, PQerrorMessage(c->pg));
        return;
    }
    loop_watch_set(c->watch, left ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static bool prepare_all(struct pgconn *c)
{
    if (!PQenterPipelineMode(c->pg))
        return false;
    for (unsigned i = 0; i < SQL_STATEMENTS; i++)
        if (!PQsendPrepare(c->pg, sql_statements[i].name, sql_statements[i].text, 0, NULL))
            return false;
    c->n_sent = SQL_STATEMENTS;
    return PQpipelineSync(c->pg);
}

static void bringup_step(struct pgconn *c)
{
    bool sent = false;
    if (c->up.step == BRINGUP_DONE) {
        c->state = PG_PREPARING;
        sent = prepare_all(c);
    } else {
        c->state = PG_BRINGUP;
        sent = PQsendQuery(c->pg, bringup_text(&c->up));
    }
    if (sent)
        flush(c);
    else
        lose(c, PQerrorMessage(c->pg));
}

static void connect_poll(struct pgconn *c)
{
    loop_watch_free(c->watch);
    c->watch = NULL;
    switch (PQconnectPoll(c->pg)) {
    case PGRES_POLLING_READING:
        watch_for(c, LOOP_READ);
        return;
    case PGRES_POLLING_WRITING:
        watch_for(c, LOOP_WRITE);
        return;
    case PGRES_POLLING_OK:
        break;
    default:
        lose(c, PQerrorMessage(c->pg));
        return;
    }
    watch_for(c, LOOP_READ);
    if (c->state != PG_CONNECTING)
        return;
    PQsetnonblocking(c->pg, 1);
    loop_timer_set(c->cfg.loop, &c->deadline, loop_now(c->cfg.loop) + BRINGUP_TIMEOUT);
    bringup_init(&c->up, c->cfg.migrate);
    bringup_step(c);
}

static bool is_success(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

static void bringup_result(struct pgconn *c, PGresult *r)
{
    if (is_success(r)) {
        for (int i = 0; c->up.step == BRINGUP_LIST && i < PQntuples(r); i++)
            bringup_saw_version(&c->up, PQgetvalue(r, i, 0));
        PQclear(r);
        return;
    }
    char said[200], why[256];
    one_line(said, sizeof said, PQresultErrorMessage(r));
    snprintf(why, sizeof why, "step %s: %s", bringup_name(&c->up), said);
    PQclear(r);
    lose(c, why);
}

static void bringup_stepped(struct pgconn *c)
{
    if (c->up.step == BRINGUP_APPLY)
        log_info(c->cfg.log, "db_migrated", "migration=%s", bringup_name(&c->up));
    bringup_advance(&c->up);
    if (c->up.step == BRINGUP_UNLOCK && c->up.is_newer)
        log_warn(c->cfg.log, "db_newer", "the database was migrated by a later release");
    bringup_step(c);
}

static int first_failed(const struct pgconn *c)
{
    for (unsigned i = 0; i < c->n_results; i++)
        if (!is_success(c->results[i]))
            return (int)i;
    return -1;
}

static void batch_finished(struct pgconn *c)
{
    int failed = first_failed(c);
    loop_timer_cancel(c->cfg.loop, &c->deadline);
    if (c->state == PG_PREPARING && failed >= 0) {
        char why[256];
        snprintf(why, sizeof why, "%s.sql: %s", sql_statements[failed].name, PQresultErrorMessage(c->results[failed]));
        lose(c, why);
        return;
    }
    bool came_up = c->state == PG_PREPARING;
    c->state = PG_IDLE;
    if (came_up) {
        results_clear(c);
        backoff_reset(&c->backoff);
        c->why[0] = '\0';
        log_info(c->cfg.log, "db_up", "server_version=%d", PQserverVersion(c->pg));
        c->cfg.ready(c->cfg.arg);
        return;
    }
    /* done() may run the next batch: give it an empty slate */
    PGresult *results[ARRAY_LEN(c->results)];
    unsigned n = c->n_results;
    for (unsigned i = 0; i < n; i++)
        results[i] = c->results[i];
    c->n_results = c->n_sent = 0;
    c->cfg.done(c->cfg.arg, results, failed);
    for (unsigned i = 0; i < n; i++)
        PQclear(results[i]);
    if (c->state == PG_IDLE)
        c->cfg.ready(c->cfg.arg);
}

/* In a pipeline each command gives its result and a NULL; the sync ends them all. */
static void batch_result(struct pgconn *c, PGresult *r)
{
    if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
        PQclear(r);
        batch_finished(c);
    } else if (c->n_results < c->n_sent) {
        c->results[c->n_results++] = r;
    } else {
        PQclear(r);
    }
}

static void read_results(struct pgconn *c)
{
    unsigned nulls = 0;
    while (c->pg && c->state > PG_CONNECTING && c->state != PG_IDLE && !PQisBusy(c->pg)) {
        PGresult *r = PQgetResult(c->pg);
        if (!r && PQstatus(c->pg) == CONNECTION_BAD) {
            lose(c, PQerrorMessage(c->pg));
        } else if (!r && c->state == PG_BRINGUP) {
            bringup_stepped(c);
        } else if (!r && ++nulls > 1) {
            return; /* nothing more until the socket says so */
        } else if (r) {
            nulls = 0;
            if (c->state == PG_BRINGUP)
                bringup_result(c, r);
            else
                batch_result(c, r);
        }
    }
}

static void on_ready(void *arg, unsigned events)
{
    struct pgconn *c = arg;
    if (c->state == PG_CONNECTING) {
        connect_poll(c);
        return;
    }
    if (events & (LOOP_READ | LOOP_ERROR) && !PQconsumeInput(c->pg)) {
        lose(c, PQerrorMessage(c->pg));
        return;
    }
    flush(c);
    read_results(c);
    if (c->state == PG_IDLE && PQstatus(c->pg) == CONNECTION_BAD)
        lose(c, PQerrorMessage(c->pg));
}

static void run_failed(void *arg)
{
    struct pgconn *c = arg;
    lose(c, c->pg ? PQerrorMessage(c->pg) : NULL);
}

enum err pgconn_run(struct pgconn *c, const struct wqueue_statement *const *commands, unsigned n)
{
    if (c->state != PG_IDLE || n == 0 || n > PGCONN_BATCH_MAX)
        return ERR_STATE;
    bool sent = true;
    for (unsigned i = 0; i < n && sent; i++)
        sent = PQsendQueryPrepared(c->pg, sql_statements[commands[i]->statement].name, (int)commands[i]->n_params,
                                   commands[i]->params, NULL, NULL, 0);
    c->state = PG_BUSY;
    if (!sent || !PQpipelineSync(c->pg) || PQflush(c->pg) < 0) {
        c->deadline.fire = run_failed;
        loop_timer_set(c->cfg.loop, &c->deadline, 0);
        return ERR_IO;
    }
    c->n_sent = n;
    c->deadline.fire = on_deadline;
    loop_timer_set(c->cfg.loop, &c->deadline, loop_now(c->cfg.loop) + c->cfg.batch_timeout);
    loop_watch_set(c->watch, LOOP_READ | LOOP_WRITE);
    return OK;
}

enum err pgconn_new(const struct pgconn_config *cfg, struct pgconn **c)
{
    struct pgconn *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    made->deadline = (struct loop_timer){.fire = on_deadline, .arg = made};
    made->again = (struct loop_timer){.fire = on_again, .arg = made};
    made->backoff = (struct backoff){100 * MSEC, 1 * SEC, 0}; /* while it is away people are refused */
    snprintf(made->why, sizeof made->why, "not connected yet");
    *c = made;
    return OK;
}

void pgconn_free(struct pgconn *c)
{
    if (!c)
        return;
    hang_up(c);
    free(c);
}

void pgconn_open(struct pgconn *c)
{
    if (c->state == PG_CLOSED && !c->again.deadline.set)
        loop_timer_set(c->cfg.loop, &c->again, 0);
}

bool pgconn_is_up(const struct pgconn *c)
{
    return c->state == PG_IDLE || c->state == PG_BUSY;
}

bool pgconn_is_idle(const struct pgconn *c)
{
    return c->state == PG_IDLE;
}

const char *pgconn_why_down(const struct pgconn *c)
{
    return c->why;
}
