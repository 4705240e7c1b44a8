#include "store/analytics.h"
#include "common/random.h"
#include "store/params.h"
#include "store/store_priv.h"

enum err analytics_write(struct store *s, const struct analytics_event *e)
{
    char key[RANDOM_UUID_CAP], user[PARAM_CAP], at[PARAM_CAP];
    random_uuid(key);
    const char *const params[] = {
        key,
        e->type,
        e->meta ? e->meta : "{}",
        e->user_id ? param_int(user, e->user_id) : NULL,
        e->actor,
        param_int(at, e->at),
    };
    return store_write(s, WQ_MAY_BE_LOST, SQL_ANALYTICS_EVENTS_INSERT, ARRAY_LEN(params), params);
}

enum err analytics_count(struct store *s, const char *type, usec_t since, rows_fn *fn, void *arg)
{
    char at[PARAM_CAP];
    const char *const params[] = {type, param_int(at, since)};
    return store_ask(s, SQL_ANALYTICS_EVENTS_COUNT, ARRAY_LEN(params), params, fn, arg);
}
