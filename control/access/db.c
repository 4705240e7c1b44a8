#include "access/db.h"
#include "app/app.h"

#include <stdlib.h>

struct question {
    struct app *app;
    struct call_id call;
    db_then *then;
    bool revokes;
};

void db_unavailable(struct call *c)
{
    call_set_header(c, "Retry-After", "5");
    call_error(c, 503, "The database is not available right now, please try again");
}

static struct question *question_new(struct call *c, db_then *then)
{
    struct question *q = malloc(sizeof *q);
    if (q)
        *q = (struct question){call_app(c), call_defer(c), then, false};
    return q;
}

static void on_rows(void *arg, enum err e, const struct rows *rows)
{
    struct question q = *(struct question *)arg;
    free(arg);
    struct call *c = q.app->http ? call_find(q.app->http, q.call) : NULL; /* we stop: nobody waits any more */
    if (q.revokes && (e || !c))
        who_forget_everybody(q.app->who);
    if (!c)
        return;
    if (e)
        db_unavailable(c);
    else
        q.then(c, rows);
}

/* Takes the question. */
static enum err question_ask(struct call *c, struct question *q, struct sql_query sql)
{
    if (q && store_ask(q->app->store, sql, on_rows, q) == OK)
        return OK;
    free(q);
    db_unavailable(c);
    return OK;
}

enum err db_ask(struct call *c, struct sql_query sql, db_then *then)
{
    return question_ask(c, question_new(c, then), sql);
}

enum err db_revoke(struct call *c, struct sql_query sql, db_then *then)
{
    struct question *q = question_new(c, then);
    if (q)
        q->revokes = true;
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
    const struct app *app = call_app(c);
    struct question *q = question_new(c, then);
    if (q && store_when_written(app->store, on_written, q) == OK)
        return OK;
    free(q);
    then(c, NULL);
    return OK;
}
