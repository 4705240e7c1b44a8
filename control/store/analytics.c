#include "store/analytics.h"
#include "common/random.h"
#include "store/query.h"

enum err analytics_write(struct store *s, const struct analytics_event *e)
{
    char key[RANDOM_UUID_CAP];
    struct sql_args a = {0};
    random_uuid(key);
    args_text(&a, key);
    args_text(&a, e->type);
    args_text(&a, e->meta ? e->meta : "{}");
    args_id(&a, e->user_id);
    args_text(&a, e->actor);
    args_int(&a, e->at);
    return store_write(s, WQ_MAY_BE_LOST, SQL_ANALYTICS_EVENTS_INSERT, &a);
}

enum err analytics_count(struct store *s, const char *type, usec_t since, rows_fn *fn, void *arg)
{
    struct sql_args a = {0};
    args_text(&a, type);
    args_int(&a, since);
    return store_ask(s, SQL_ANALYTICS_EVENTS_COUNT, &a, fn, arg);
}
