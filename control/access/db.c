/* db.c: questions of calls to PostgreSQL. */
#include "access/db.h"
#include "access/access_priv.h"

#include <stdlib.h>

struct question {
    struct access *access;
    struct call_id call;
    db_then *then; /* or: */
    db_outcome *outcome;
    void *arg;
    bool revokes;
};

void db_unavailable(struct call *c)
{
    call_set_header(c, "Retry-After", "5");
    call_error(c, 503, "The database is not available right now, please try again");
}

bool db_is_loading(struct call *c)
{
    const struct access *a = call_gate(c);
    bool is_loading = meetings_are_loading(a->cfg.meetings);
    if (is_loading)
        db_unavailable(c);
    return is_loading;
}

static struct question *question_new(struct call *c, db_then *then)
{
    struct question *q = malloc(sizeof *q);
    if (q)
        *q = (struct question){.access = call_gate(c), .call = call_defer(c), .then = then};
    return q;
}

static void on_rows(void *arg, enum err e, const struct rows *rows)
{
    struct question q = *(struct question *)arg;
    free(arg);
    struct call *c = q.access->http ? call_find(q.access->http, q.call) : NULL; /* we stop: nobody waits any more */
    if (q.revokes && (e || !c))
        who_memory_forget_everybody(q.access->memory);
    if (q.outcome)
        q.outcome(q.arg, c, e, rows);
    else if (c && e)
        db_unavailable(c);
    else if (c)
        q.then(c, rows);
}

/* Takes the question. False: 503 is answered. */
static bool question_ask(struct call *c, struct question *q, struct sql_query sql)
{
    if (q && store_ask(q->access->cfg.store, sql, on_rows, q) == OK)
        return true;
    free(q);
    db_unavailable(c);
    return false;
}

enum err db_ask(struct call *c, struct sql_query sql, db_then *then)
{
    (void)question_ask(c, question_new(c, then), sql);
    return OK;
}

enum err db_revoke(struct call *c, struct sql_query sql, db_then *then)
{
    struct question *q = question_new(c, then);
    if (q)
        q->revokes = true;
    (void)question_ask(c, q, sql);
    return OK;
}

bool db_attempt(struct call *c, struct sql_query sql, db_outcome *outcome, void *arg)
{
    struct question *q = question_new(c, NULL);
    if (q) {
        q->outcome = outcome;
        q->arg = arg;
    }
    return question_ask(c, q, sql);
}

void db_reply_row(struct call *c, unsigned status, const struct rows *rows)
{
    const char *json = rows_answer(rows);
    if (json)
        call_reply_json_text(c, status, json);
    else
        call_error(c, 404, "Not found");
}

static void reply_200(struct call *c, const struct rows *rows)
{
    db_reply_row(c, 200, rows);
}

static void reply_201(struct call *c, const struct rows *rows)
{
    db_reply_row(c, 201, rows);
}

enum err db_reply(struct call *c, unsigned status, struct sql_query sql)
{
    return db_ask(c, sql, status == 201 ? reply_201 : reply_200);
}

static void on_written(void *arg, enum err e)
{
    (void)e; /* queued still: it is stored later */
    on_rows(arg, OK, NULL);
}

enum err db_when_written(struct call *c, db_then *then)
{
    const struct access *a = call_gate(c);
    struct question *q = question_new(c, then);
    if (q && store_when_written(a->cfg.store, on_written, q) == OK)
        return OK;
    free(q);
    then(c, NULL);
    return OK;
}
