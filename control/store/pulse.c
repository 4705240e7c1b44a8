/* pulse.c: asks again and again. */
#include "store/pulse.h"
#include "sql_embedded.h"
#include "store/pgconn.h"

#include <stdlib.h>

struct pulse {
    struct loop *loop;
    struct pgconn *conn;
    struct loop_timer next;
    bool is_open, is_silent;
};

static void ask(void *arg)
{
    struct pulse *p = arg;
    const struct wqueue_statement question = {.statement = SQL_HEALTH_PING}, *questions = &question;
    if (pgconn_is_idle(p->conn) && pgconn_run(p->conn, &questions, 1))
        p->is_silent = true; /* and lost() follows */
}

static void on_ready(void *arg)
{
    struct pulse *p = arg;
    p->is_silent = false;
    loop_timer_set(p->loop, &p->next, loop_now(p->loop) + PULSE_EVERY);
}

static void on_done(void *arg, struct pg_result *const *results, int failed)
{
    (void)arg;
    (void)results;
    (void)failed; /* an error is an answer too */
}

static void on_lost(void *arg)
{
    struct pulse *p = arg;
    p->is_silent = true;
    loop_timer_cancel(p->loop, &p->next);
}

enum err pulse_new(struct loop *loop, const char *url, struct pulse **p)
{
    struct pulse *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->loop = loop;
    made->is_silent = true;
    made->next = (struct loop_timer){.fire = ask, .arg = made};
    const struct pgconn_config cfg = {
        .loop = loop,
        .url = url,
        .batch_timeout = PULSE_WITHIN,
        .arg = made,
        .ready = on_ready,
        .done = on_done,
        .lost = on_lost,
    };
    enum err e = pgconn_new(&cfg, &made->conn);
    if (e)
        free(made);
    else
        *p = made;
    return e;
}

void pulse_free(struct pulse *p)
{
    if (!p)
        return;
    loop_timer_cancel(p->loop, &p->next);
    pgconn_free(p->conn);
    free(p);
}

void pulse_open(struct pulse *p)
{
    if (!p->is_open)
        pgconn_open(p->conn);
    p->is_open = true;
}

bool pulse_is_silent(const struct pulse *p)
{
    return p->is_silent;
}
