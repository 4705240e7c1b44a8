/* routes.c: which part of the process the handlers of each table reach. */
#include "app/routes.h"
#include "access/access.h"
#include "app/app_priv.h"
#include "app/metrics.h"

#include <stddef.h>
#include <stdlib.h>

/* Pages of the web client, which also holds /docs/openapi.yaml and /docs/openapi.json; and what operators ask. */
/* clang-format off */
static const struct route rows[] = {
    /* method  path              who may        body     does         page */
    { "GET",  "/",                ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/join/:meetingId", ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/forgot-password", ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/reset-password",  ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/dashboard",       ACCESS_ANYONE, no_body, NULL,        "index.html" },
    { "GET",  "/docs",            ACCESS_ANYONE, no_body, NULL,        "docs/index.html" },
    { "GET",  "/healthz",         ACCESS_ANYONE, no_body, health_get,  NULL },
    { "GET",  "/metrics",         ACCESS_ANYONE, no_body, metrics_get, NULL },
    { 0 },
};

#define PART(member) offsetof(struct app, member)
static const struct part {
    const struct route *rows;
    size_t at; /* in struct app */
} parts[] = {
    { rows,             0              },
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

void routes_print(FILE *out)
{
    for (const struct part *p = parts; p < parts + ARRAY_LEN(parts); p++)
        for (const struct route *r = p->rows; r->method; r++)
            fprintf(out, "%s %s %s\n", r->method, r->path, r->page ? "page" : access_class_name(r->auth));
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

static enum err socketio_upgrade(struct call *c, void **data)
{
    return sio_ws_upgrade(call_part(c), c, data);
}

static const struct ws_ops socketio_ws = SIO_WS_OPS(socketio_upgrade, SIO_MAX_PAYLOAD);

enum err routes_new(struct app *app, struct route_table **tables)
{
    struct route_table *made = calloc(ARRAY_LEN(parts) + 1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        made[i] = (struct route_table){parts[i].rows, (char *)app + parts[i].at};
    *tables = made;
    return OK;
}

struct prefix_route routes_socketio(struct sio *sio)
{
    return (struct prefix_route){"/socket.io/", SIO_MAX_PAYLOAD + SIO_BODY_SLACK, socketio_call, &socketio_ws, sio};
}
