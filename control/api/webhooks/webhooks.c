/* webhooks.c: webhooks of an account and the log of their deliveries (API documentation §9, docs/webhooks.md). Another
 * account's webhook is as if it weren't there. */
#include "access/access.h"
#include "access/db.h"
#include "api/webhooks/webhooks_api.h"
#include "webhook/webhook.h"
#include "http/ids.h"
#include "access/secrets.h"

#include <stdlib.h>

#define WEBHOOKS_MAX 20
#define URL_MAX      2000
#define EVENTS       "meeting.ended|participant.joined|participant.left"

static const struct field webhook_create_body[] = {
    {"url", FIELD_CHARS, REQUIRED, 1, URL_MAX, NULL, .is_word = true},
    {"events", FIELD_STRLIST, REQUIRED, 1, 50, EVENTS},
    {0},
};

static enum err webhooks_get(struct call *c)
{
    return db_reply(c, 200, sql_webhooks_list(.user_id = access_who(c)->user_id));
}

static void on_created(struct call *c, const struct rows *rows)
{
    if (rows_len(rows) == 0)
        call_error(c, 400, "url: an account can have at most %d webhooks", WEBHOOKS_MAX);
    else
        db_reply_row(c, 201, rows);
}

static enum err webhook_create(struct call *c)
{
    const struct webhooks_api *api = call_part(c);
    const char *url = call_str(c, "url"), *why = "";
    char secret[WEBHOOK_SECRET_CAP];
    enum err e = webhooks_check_url(api->webhooks, url, &why);
    if (e == ERR_NOMEM)
        return e;
    if (e) {
        call_error(c, 400, "url %s", why);
        return OK;
    }
    char *events = json_dumps(json_object_get(call_json(c), "events"), JSON_COMPACT);
    if (!events)
        return ERR_NOMEM;
    secret_draw_webhook(secret);
    e = db_ask(c,
               sql_webhooks_insert(.user_id = access_who(c)->user_id, .url = url, .events = events, .secret = secret,
                                   .most = WEBHOOKS_MAX),
               on_created);
    free(events);
    return e;
}

static enum err webhook_delete(struct call *c)
{
    return db_reply(c, 200,
                    sql_webhooks_delete(.user_id = access_who(c)->user_id, .webhook_id = id_of(call_param(c, "id"))));
}

static enum err deliveries_get(struct call *c)
{
    return db_reply(
        c, 200,
        sql_webhook_deliveries_list(.user_id = access_who(c)->user_id, .webhook_id = id_of(call_param(c, "id"))));
}

static void on_redelivered(struct call *c, const struct rows *rows)
{
    const struct webhooks_api *api = call_part(c);
    if (rows_len(rows) > 0)
        webhooks_poke(api->webhooks);
    db_reply_row(c, 200, rows);
}

static enum err redeliver(struct call *c)
{
    return db_ask(c,
                  sql_webhook_deliveries_repeat(.user_id = access_who(c)->user_id,
                                                .webhook_id = id_of(call_param(c, "id")),
                                                .delivery_id = id_of(call_param(c, "deliveryId"))),
                  on_redelivered);
}

const struct route webhook_routes[] = {
    {"GET", "/api/webhooks", ACCESS_SESSION, no_body, webhooks_get},
    {"POST", "/api/webhooks", ACCESS_SESSION, webhook_create_body, webhook_create},
    {"DELETE", "/api/webhooks/:id", ACCESS_SESSION, no_body, webhook_delete},
    {"GET", "/api/webhooks/:id/deliveries", ACCESS_SESSION, no_body, deliveries_get},
    {"POST", "/api/webhooks/:id/deliveries/:deliveryId/redeliver", ACCESS_SESSION, no_body, redeliver},
    {0},
};
