/* store.c: the write queue is emptied by the writer, a batch a transaction; questions go to a reader that is idle. */
#include "store/store.h"
#include "store/pgconn.h"
#include "store/pulse.h"
#include "store/query.h"
#include "loop/loop.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define READERS_MAX   16
#define ASKS_MAX      1024
#define RETRY_AFTER   (500 * MSEC) /* when PostgreSQL refuses for a reason of its own: full disk, shutting down */
#define WRITE_TIMEOUT (30 * SEC)   /* the server's own statement_timeout is half of it */
#define ASK_TIMEOUT   (5 * SEC)    /* somebody waits for the answer: rather 503 than later */
#define WRITTEN_WAIT  (3 * SEC)
#define REFUSED_LOGS  1000 /* one line for so many refused writes */
#define ASK_TRIES     4    /* of a question that PostgreSQL chose to end a deadlock */

struct ask {
    struct ask *next;
    struct wqueue_statement *question; /* a copy, its own */
    rows_fn *fn;
    void *arg;
    unsigned tries;
};

struct barrier {
    struct barrier *next;
    uint64_t upto; /* so many writes must have left the queue */
    usec_t due;    /* or so long it waits */
    void (*fn)(void *arg, enum err e);
    void *arg;
};

struct store_reader {
    struct store *store;
    struct pgconn *conn;
    struct ask *running;
};

struct store {
    struct store_config cfg;
    struct wqueue *writes;
    struct pgconn *writer;
    struct pulse *pulse;
    size_t n_writing; /* the oldest so many are in the running batch */
    struct barrier *barriers, **last_barrier;
    struct loop_timer retry, flush_end, barriers_due;
    void (*flushed)(void *arg, size_t left);
    void *flush_arg;
    bool readers_open, told_up;
    bool ending; /* whoever is answered by store_free() may ask and write: that is refused */
    struct store_reader readers[READERS_MAX];
    struct ask *first, **last;
    unsigned n_waiting;
    uint64_t asks, asks_refused, asks_failed, outages;
};

/* ---- the write queue ---- */

/* Whoever waits for an answer may have something to write then. */
static bool is_quiet(const struct store *s)
{
    bool asks = s->n_waiting > 0;
    for (unsigned i = 0; i < s->cfg.n_readers; i++)
        asks = asks || s->readers[i].running;
    return !asks && !wqueue_len(s->writes);
}

static void flush_check(struct store *s, bool time_is_up)
{
    if (!s->flushed || (!time_is_up && !is_quiet(s)))
        return;
    void (*flushed)(void *arg, size_t left) = s->flushed;
    s->flushed = NULL;
    loop_timer_cancel(s->cfg.loop, &s->flush_end);
    flushed(s->flush_arg, wqueue_len(s->writes));
}

static uint64_t writes_gone(const struct store *s)
{
    const struct wqueue_counters *n = wqueue_counters(s->writes);
    return n->written + n->lost;
}

/* ERR_IO: none of the writes that are waited for may be waited for any longer. */
static void barriers_check(struct store *s, enum err e)
{
    usec_t now = loop_now(s->cfg.loop);
    while (s->barriers && (e || s->barriers->upto <= writes_gone(s) || s->barriers->due <= now)) {
        struct barrier *b = s->barriers;
        s->barriers = b->next;
        if (!s->barriers)
            s->last_barrier = &s->barriers;
        b->fn(b->arg, b->upto <= writes_gone(s) ? OK : ERR_IO);
        free(b);
    }
    if (s->barriers)
        loop_timer_set(s->cfg.loop, &s->barriers_due, s->barriers->due);
    else
        loop_timer_cancel(s->cfg.loop, &s->barriers_due);
}

static void on_barriers_due(void *arg)
{
    barriers_check(arg, OK);
}

enum err store_when_written(struct store *s, void (*fn)(void *arg, enum err e), void *arg)
{
    if (s->ending || !pgconn_is_up(s->writer))
        return ERR_IO;
    struct barrier *b = malloc(sizeof *b);
    if (!b)
        return ERR_NOMEM;
    *b = (struct barrier){
        .upto = wqueue_counters(s->writes)->queued, .due = loop_now(s->cfg.loop) + WRITTEN_WAIT, .fn = fn, .arg = arg};
    *s->last_barrier = b;
    s->last_barrier = &b->next;
    loop_timer_set(s->cfg.loop, &s->barriers_due, s->barriers->upto <= writes_gone(s) ? 0 : s->barriers->due);
    return OK;
}

static void write_some(struct store *s)
{
    const struct wqueue_statement *batch[PGCONN_BATCH_MAX];
    unsigned n = 0;
    size_t waiting = wqueue_len(s->writes);
    if (!waiting || s->retry.deadline.set || !pgconn_is_idle(s->writer))
        return;
    for (; n < waiting && n < PGCONN_BATCH_MAX; n++)
        batch[n] = wqueue_at(s->writes, n);
    if (pgconn_run(s->writer, batch, n) == OK)
        s->n_writing = n;
}

static bool is_of_class(const PGresult *r, const char *class)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return state && strncmp(state, class, strlen(class)) == 0;
}

/* Classes of SQLSTATE that will be the same the next time: bad data, a broken constraint, a statement that doesn't fit
 * the schema, a value too large for its index. All others (shutdown, full disk, deadlock, read-only) pass. */
static bool is_hopeless(const PGresult *r)
{
    return is_of_class(r, "22") || is_of_class(r, "23") || is_of_class(r, "42") || is_of_class(r, "54");
}

static void write_failed(struct store *s, const PGresult *r, unsigned i)
{
    const struct wqueue_statement *w = wqueue_at(s->writes, i);
    char said[LOG_SAFE_CAP];
    log_safe(said, PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
    if (is_hopeless(r)) {
        log_error(s->cfg.log, "db_write_lost", "statement=%s reason=%s", sql_statements[w->statement].name, said);
        wqueue_lose(s->writes, i);
        return;
    }
    log_warn(s->cfg.log, "db_write_retry", "statement=%s reason=%s", sql_statements[w->statement].name, said);
    loop_timer_set(s->cfg.loop, &s->retry, loop_now(s->cfg.loop) + RETRY_AFTER);
}

static void writer_done(void *arg, struct pg_result *const *results, int failed)
{
    struct store *s = arg;
    if (failed < 0)
        wqueue_written(s->writes, s->n_writing);
    else
        write_failed(s, results[failed], (unsigned)failed);
    s->n_writing = 0;
    flush_check(s, false);
    barriers_check(s, OK);
}

static void writer_ready(void *arg)
{
    struct store *s = arg;
    for (unsigned i = 0; i < s->cfg.n_readers && !s->readers_open; i++)
        pgconn_open(s->readers[i].conn);
    s->readers_open = true;
    pulse_open(s->pulse);
    write_some(s);
}

static void writer_lost(void *arg)
{
    struct store *s = arg;
    s->n_writing = 0;
    s->outages++;
    log_warn(s->cfg.log, "db_queueing", "queued=%zu", wqueue_len(s->writes));
    barriers_check(s, ERR_IO);
}

static void on_retry(void *arg)
{
    write_some(arg);
}

static void on_flush_end(void *arg)
{
    flush_check(arg, true);
}

/* p is what it points to. */
static struct wqueue_statement write_of(const struct sql_query *q, struct params *p)
{
    params_of(p, q);
    return (struct wqueue_statement){q->id, p->n, p->values};
}

enum err store_write(struct store *s, enum wqueue_class class, struct sql_query q)
{
    struct params p;
    struct wqueue_statement w = write_of(&q, &p);
    enum err e = s->ending ? ERR_STATE : wqueue_put(s->writes, class, &w);
    if (e) {
        uint64_t refused = wqueue_counters(s->writes)->refused;
        if (class == WQ_MUST_NOT_BE_LOST || refused % REFUSED_LOGS == 1)
            log_error(s->cfg.log, "db_write_refused", "statement=%s reason=%s refused=%llu", sql_statements[q.id].name,
                      err_name(e), (unsigned long long)refused);
        return e;
    }
    write_some(s);
    return OK;
}

void store_flush(struct store *s, usec_t within, void (*done)(void *arg, size_t left), void *arg)
{
    s->flushed = done;
    s->flush_arg = arg;
    loop_timer_set(s->cfg.loop, &s->flush_end, is_quiet(s) ? 0 : loop_now(s->cfg.loop) + within);
}

/* ---- questions ---- */

static void ask_free(struct ask *a)
{
    free(a->question);
    free(a);
}

static void ask_answer(struct store *s, struct ask *a, enum err e, const struct pg_result *r)
{
    struct rows rows = {r, &sql_statements[a->question->statement]};
    if (e)
        s->asks_failed++;
    a->fn(a->arg, e, e ? NULL : &rows);
    ask_free(a);
}

static void reader_ready(void *arg)
{
    struct store_reader *r = arg;
    struct store *s = r->store;
    if (!s->told_up) {
        s->told_up = true;
        if (s->cfg.up)
            s->cfg.up(s->cfg.arg);
    }
    struct ask *a = s->first;
    if (!a || !pgconn_is_idle(r->conn))
        return;
    const struct wqueue_statement *question = a->question;
    if (pgconn_run(r->conn, &question, 1))
        return;
    s->first = a->next;
    if (!s->first)
        s->last = &s->first;
    s->n_waiting--;
    r->running = a;
}

/* It was undone to end a deadlock: it may be made again. False: it has been often enough. */
static bool ask_again(struct store *s, struct ask *a, const PGresult *r)
{
    if (!is_of_class(r, "40P01") || ++a->tries == ASK_TRIES)
        return false;
    a->next = s->first;
    s->first = a;
    if (!a->next)
        s->last = &a->next;
    s->n_waiting++;
    return true;
}

static void reader_done(void *arg, struct pg_result *const *results, int failed)
{
    struct store_reader *r = arg;
    struct ask *a = r->running;
    r->running = NULL;
    if (!a || (failed >= 0 && ask_again(r->store, a, results[failed])))
        return;
    if (failed >= 0) {
        char said[LOG_SAFE_CAP];
        log_safe(said, PQresultErrorField(results[failed], PG_DIAG_MESSAGE_PRIMARY));
        log_error(r->store->cfg.log, "db_ask_failed", "statement=%s reason=%s",
                  sql_statements[a->question->statement].name, said);
    }
    ask_answer(r->store, a, failed < 0 ? OK : ERR_IO, failed < 0 ? results[0] : NULL);
    flush_check(r->store, false);
}

static unsigned readers_up(const struct store *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->cfg.n_readers; i++)
        n += pgconn_is_up(s->readers[i].conn);
    return n;
}

static void asks_fail(struct store *s)
{
    struct ask *a = s->first;
    s->first = NULL;
    s->last = &s->first;
    s->n_waiting = 0;
    while (a) {
        struct ask *next = a->next;
        ask_answer(s, a, ERR_IO, NULL);
        a = next;
    }
}

static void reader_lost(void *arg)
{
    struct store_reader *r = arg;
    struct ask *a = r->running;
    r->running = NULL;
    if (a)
        ask_answer(r->store, a, ERR_IO, NULL);
    if (!readers_up(r->store)) {
        r->store->told_up = false;
        asks_fail(r->store);
    }
    flush_check(r->store, false);
}

enum err store_ask(struct store *s, struct sql_query q, rows_fn *fn, void *arg)
{
    bool is_away = s->ending || !readers_up(s);
    if (is_away || s->n_waiting >= ASKS_MAX) {
        s->asks_refused++;
        return is_away ? ERR_IO : ERR_FULL;
    }
    struct ask *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    struct params p;
    struct wqueue_statement question = write_of(&q, &p);
    *a = (struct ask){.fn = fn, .arg = arg, .question = wqueue_statement_copy(&question)};
    if (!a->question) {
        ask_free(a);
        return ERR_NOMEM;
    }
    *s->last = a;
    s->last = &a->next;
    s->n_waiting++;
    s->asks++;
    for (unsigned i = 0; i < s->cfg.n_readers && s->first; i++)
        reader_ready(&s->readers[i]);
    return OK;
}

/* ---- life ---- */

static enum err conns_new(struct store *s)
{
    struct pgconn_config cfg = {
        .loop = s->cfg.loop,
        .log = s->cfg.log,
        .url = s->cfg.url,
        .batch_timeout = WRITE_TIMEOUT,
        .migrate = true,
        .arg = s,
        .ready = writer_ready,
        .done = writer_done,
        .lost = writer_lost,
    };
    enum err e = pgconn_new(&cfg, &s->writer);
    if (!e)
        e = pulse_new(s->cfg.loop, s->cfg.url, &s->pulse);
    cfg.migrate = false;
    cfg.batch_timeout = ASK_TIMEOUT;
    cfg.log = NULL; /* the writer's lines are enough: they all come and go with the server */
    cfg.ready = reader_ready;
    cfg.done = reader_done;
    cfg.lost = reader_lost;
    for (unsigned i = 0; i < s->cfg.n_readers && !e; i++) {
        s->readers[i].store = s;
        cfg.arg = &s->readers[i];
        e = pgconn_new(&cfg, &s->readers[i].conn);
    }
    return e;
}

enum err store_new(const struct store_config *cfg, struct store **s)
{
    if (cfg->n_readers == 0 || cfg->n_readers > READERS_MAX)
        return ERR_SYNTAX;
    struct store *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    made->last = &made->first;
    made->last_barrier = &made->barriers;
    made->barriers_due = (struct loop_timer){.fire = on_barriers_due, .arg = made};
    made->retry = (struct loop_timer){.fire = on_retry, .arg = made};
    made->flush_end = (struct loop_timer){.fire = on_flush_end, .arg = made};
    enum err e = wqueue_new(cfg->max_writes, cfg->max_write_bytes, &made->writes);
    if (!e)
        e = conns_new(made);
    if (e) {
        store_free(made);
        return e;
    }
    pgconn_open(made->writer);
    *s = made;
    return OK;
}

void store_free(struct store *s)
{
    if (!s)
        return;
    s->ending = true;
    loop_timer_cancel(s->cfg.loop, &s->retry);
    loop_timer_cancel(s->cfg.loop, &s->flush_end);
    loop_timer_cancel(s->cfg.loop, &s->barriers_due);
    barriers_check(s, ERR_IO);
    for (unsigned i = 0; i < s->cfg.n_readers; i++)
        if (s->readers[i].running)
            ask_answer(s, s->readers[i].running, ERR_IO, NULL);
    asks_fail(s);
    for (unsigned i = 0; i < s->cfg.n_readers; i++)
        pgconn_free(s->readers[i].conn);
    pgconn_free(s->writer);
    pulse_free(s->pulse);
    wqueue_free(s->writes);
    free(s);
}

bool store_is_up(const struct store *s)
{
    return pgconn_is_up(s->writer);
}

bool store_answers(const struct store *s)
{
    return store_is_up(s) && !pulse_is_silent(s->pulse);
}

const char *store_why_down(const struct store *s)
{
    return pgconn_why_down(s->writer);
}

void store_counters(const struct store *s, struct store_counters *out)
{
    unsigned idle = pgconn_is_idle(s->writer);
    for (unsigned i = 0; i < s->cfg.n_readers; i++)
        idle += pgconn_is_idle(s->readers[i].conn);
    *out = (struct store_counters){.writes = *wqueue_counters(s->writes),
                                   .pool_total = readers_up(s) + pgconn_is_up(s->writer),
                                   .pool_idle = idle,
                                   .asks_waiting = s->n_waiting,
                                   .asks = s->asks,
                                   .asks_refused = s->asks_refused,
                                   .asks_failed = s->asks_failed,
                                   .outages = s->outages};
}
