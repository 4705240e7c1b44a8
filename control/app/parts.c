/* parts.c: the parts of the API. A new one is here a member, what it reaches, and a row for each of its tables. */
#include "app/parts.h"
#include "access/access.h"
#include "api/accounts/accounts_api.h"
#include "api/admin/admin_api.h"
#include "api/meetings/meetings_api.h"
#include "api/payments/payments_api.h"
#include "api/webhooks/webhooks_api.h"
#include "app/app_priv.h"
#include "app/metrics.h"

#include <stddef.h>
#include <stdlib.h>

/* Pages of the web client, which also holds /docs/openapi.yaml and /docs/openapi.json; and what operators ask. */
/* clang-format off */
static const struct route pages[] = {
    /* method  path              who may        body     does         page */
    { "GET",  "/",                ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/join/:meetingId", ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/forgot-password", ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/reset-password",  ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/dashboard",       ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/docs",            ACCESS_ANYONE, no_body, NULL,        "docs/index.html" },
    { "GET",  "/healthz",         ACCESS_ANYONE, no_body, health_get,  NULL },
    { "GET",  "/metrics",         ACCESS_OPERATOR, no_body, metrics_get, NULL },
    { 0 },
};

/* clang-format on */

#define TABLES_MAX 32 /* the pages, the API's, and the end */

struct parts {
    struct accounts_api accounts;
    struct meetings_api meetings;
    struct payments_api payments;
    struct webhooks_api webhooks;
    struct admin_api admin;
    struct route_table tables[TABLES_MAX];
    struct prefix_route socketio[2]; /* Engine.IO, and the end */
};

/* clang-format off */
#define PART(member) offsetof(struct parts, member)
static const struct part {
    const struct route *rows;
    size_t at; /* in struct parts */
} api[] = {
    { auth_routes,      PART(accounts) },
    { password_routes,  PART(accounts) },
    { key_routes,       PART(accounts) },
    { company_routes,   PART(accounts) },
    { create_routes,    PART(meetings) },
    { show_routes,      PART(meetings) },
    { host_routes,      PART(meetings) },
    { payment_routes,   PART(payments) },
    { webhook_routes,   PART(webhooks) },
    { admin_routes,     PART(admin)    },
    { analytics_routes, PART(admin)    },
};
/* clang-format on */

_Static_assert(ARRAY_LEN(api) + 2 <= TABLES_MAX, "room for the pages, each table and the end");

static void rows_print(FILE *out, const struct route *rows)
{
    for (const struct route *r = rows; r->method; r++)
        fprintf(out, "%s %s %s\n", r->method, r->path, r->page ? "page" : access_class_name(r->auth));
}

void routes_print(FILE *out)
{
    rows_print(out, pages);
    for (const struct part *p = api; p < api + ARRAY_LEN(api); p++)
        rows_print(out, p->rows);
}

enum err settings_print(FILE *out)
{
    json_t *schema = meeting_settings_schema();
    enum err e = !schema ? ERR_NOMEM : json_dumpf(schema, out, JSON_INDENT(2)) ? ERR_IO : OK;
    json_decref(schema);
    return e;
}

static enum err socketio_call(struct call *c)
{
    return sio_http(call_part(c), c);
}

static size_t socketio_body_max(struct call *c)
{
    return sio_body_max(call_part(c), c);
}

static enum err socketio_upgrade(struct call *c, void **data)
{
    return sio_ws_upgrade(call_part(c), c, data);
}

static const struct ws_ops socketio_ws = SIO_WS_OPS(socketio_upgrade, SIO_MAX_PAYLOAD);

static enum err payments_start(struct parts *parts, const struct app *app)
{
    const struct config *cfg = &app->cfg;
    const struct payments_config payments = {
        .loop = app->loop,
        .log = &app->log,
        .store = app->store,
        .client = app->client,
        .app_url = cfg->app_url,
        .stripe_secret_key = cfg->stripe_secret_key,
        .stripe_webhook_secret = cfg->stripe_webhook_secret,
        .stripe_price_id = cfg->stripe_price_id,
        .stripe_api_base = cfg->stripe_api_base,
        .mnemonic = cfg->crypto_mnemonic,
        .eth_rpc_url = cfg->eth_rpc_url,
        .usdc_contract = cfg->usdc_contract,
        .eth_confirmations = (unsigned)cfg->eth_confirmations,
        .eth_poll = cfg->eth_poll_ms * MSEC,
    };
    return payments_init(&parts->payments, &payments);
}

/* What each part reaches. */
static enum err parts_fill(struct parts *parts, const struct app *app)
{
    parts->accounts = (struct accounts_api){
        .log = &app->log,
        .store = app->store,
        .work = app->work,
        .mail = app->mail,
        .live = app->live,
        .sends_mail = app->cfg.resend_api_key != NULL,
    };
    parts->meetings = (struct meetings_api){&app->log, app->live, (unsigned)app->cfg.participants_cap};
    parts->webhooks = (struct webhooks_api){app->webhooks};
    parts->admin = (struct admin_api){&app->log, live_meetings(app->live), app->store, app->started_at};
    return payments_start(parts, app);
}

enum err parts_new(struct app *app, struct parts **parts)
{
    struct parts *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->tables[0] = (struct route_table){pages, app};
    for (size_t i = 0; i < ARRAY_LEN(api); i++)
        made->tables[i + 1] = (struct route_table){api[i].rows, (char *)made + api[i].at};
    made->socketio[0] = (struct prefix_route){
        .prefix = "/socket.io/",
        .body_max = socketio_body_max,
        .handler = socketio_call,
        .ws = &socketio_ws,
        .part = app->sio,
    };
    enum err e = parts_fill(made, app);
    if (e)
        parts_free(made);
    else
        *parts = made;
    return e;
}

void parts_free(struct parts *parts)
{
    if (!parts)
        return;
    payments_reset(&parts->payments);
    free(parts);
}

const struct route_table *parts_tables(const struct parts *parts)
{
    return parts->tables;
}

const struct prefix_route *parts_prefixes(const struct parts *parts)
{
    return parts->socketio;
}
