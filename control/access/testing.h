/* testing.h: for tests of handlers: a server without sockets for the tables of one part of the API, with a PostgreSQL
 * that is away, so that what gets past the hook and asks it is answered 503. */
#pragma once
#include "access/access.h"
#include "http/http.h"
#include "loop/loop.h"
#include "store/store.h"

#define TESTING_SECRET "0123456789abcdef0123456789abcdef"

struct testing {
    struct loop *loop;
    struct log log;
    struct store *store;
    struct access *access;
    struct http *http;
};

/* First: what a part may need. */
static inline enum err testing_new(struct testing *t)
{
    *t = (struct testing){.log = {LOG_ERROR, LOG_TEXT, -1, "test"}};
    enum err e = loop_new(&t->loop);
    const struct store_config store = {
        .loop = t->loop,
        .log = &t->log,
        .url = "host=/nonexistent dbname=x",
        .n_readers = 1,
        .max_writes = 1000,
        .max_write_bytes = (size_t)1024 * 1024,
    };
    return e ? e : store_new(&store, &t->store);
}

/* Then: serves the tables. cfg: what isn't said is usual. */
static inline enum err testing_serve(struct testing *t, struct access_config cfg, const struct route_table *tables)
{
    cfg.loop = t->loop;
    cfg.store = t->store;
    cfg.session_secret = TESTING_SECRET;
    cfg.app_url = cfg.app_url ? cfg.app_url : "http://localhost:3000";
    enum err e = access_new(&cfg, &t->access);
    if (e)
        return e;
    const struct http_config http = {
        .tables = tables,
        .allowed_origins = cfg.allowed_origins,
        .may = access_may,
        .gate = t->access,
        .log = &t->log,
    };
    e = http_new(&http, t->loop, &t->http);
    if (!e)
        access_serve(t->access, t->http);
    return e;
}

/* Everything but the loop: what a part still has is freed before testing_free(). */
static inline void testing_end(struct testing *t)
{
    http_free(t->http);
    if (t->access)
        access_serve(t->access, NULL);
    store_free(t->store);
    access_free(t->access);
}

static inline void testing_free(struct testing *t)
{
    loop_free(t->loop);
}

/* The status. */
static inline unsigned testing_play(const struct testing *t, const struct http_play *request)
{
    struct http_answer answer;
    http_play(t->http, request, &answer);
    unsigned status = answer.status;
    http_answer_reset(&answer);
    return status;
}
