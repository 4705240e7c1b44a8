#include "app/routes.h"
#include "app/app.h"
#include "api/meetings/guest.h"
#include "live/ice_servers.h"
#include "app/metrics.h"
#include "access/who.h"

static enum err ice_servers_get(struct call *c)
{
    const struct app *app = call_app(c);
    json_t *servers = ice_servers_json(&app->cfg, usec_wall(), "guest");
    call_reply_json(c, 200, servers ? json_pack("{s:o}", "iceServers", servers) : NULL);
    return OK;
}

/* clang-format off */
static const struct route rows[] = {
    /* method  path                       who may             body               does             page          */
    { "GET",  "/",                       ACCESS_ANYONE,      no_body,           NULL,            "index.html", 0 },
    { "GET",  "/join/:meetingId",        ACCESS_ANYONE,      no_body,           NULL,            "index.html", 0 },
    { "GET",  "/forgot-password",        ACCESS_ANYONE,      no_body,           NULL,            "index.html", 0 },
    { "GET",  "/reset-password",         ACCESS_ANYONE,      no_body,           NULL,            "index.html", 0 },
    { "GET",  "/dashboard",              ACCESS_ANYONE,      no_body,           NULL,            "index.html", 0 },
    { "POST", "/api/meetings/guest",     ACCESS_GUEST_LIMIT, guest_create_body, guest_create,    NULL,         0 },
    { "GET",  "/api/config/ice-servers", ACCESS_ANYONE,      no_body,           ice_servers_get, NULL,         0 },
    { "GET",  "/healthz",                ACCESS_ANYONE,      no_body,           health_get,      NULL,         0 },
    { "GET",  "/metrics",                ACCESS_ANYONE,      no_body,           metrics_get,     NULL,         0 },
    { 0 },
};
/* clang-format on */
const struct route *const api_routes[] = {rows,
                                          auth_routes,
                                          key_routes,
                                          meeting_routes,
                                          host_routes,
                                          history_routes,
                                          webhook_routes,
                                          company_routes,
                                          billing_routes,
                                          analytics_routes,
                                          admin_routes,
                                          docs_routes,
                                          NULL};

static const char *access_name(const struct route *r)
{
    static const char *const names[ACCESS_CLASSES] = {
        [ACCESS_ANYONE] = "anyone",
        [ACCESS_GUEST_LIMIT] = "guest-limit",
        [ACCESS_LOGIN] = "login",
        [ACCESS_RESET] = "reset",
        [ACCESS_API] = "api",
        [ACCESS_SESSION_FREE] = "session-free",
        [ACCESS_SESSION] = "session",
        [ACCESS_ADMIN] = "admin",
        [ACCESS_KEY] = "key",
        [ACCESS_TOKEN] = "token",
        [ACCESS_KEY_TOKEN] = "key-token",
    };
    return r->page ? "page" : names[r->auth];
}

void routes_print(FILE *out)
{
    for (const struct route *const *table = api_routes; *table; table++)
        for (const struct route *r = *table; r->method; r++)
            fprintf(out, "%s %s %s\n", r->method, r->path, access_name(r));
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
    const struct app *app = call_app(c);
    return sio_http(app->sio, c);
}

static enum err socketio_upgrade(struct call *c, void **data)
{
    const struct app *app = call_app(c);
    return sio_ws_upgrade(app->sio, c, data);
}

static const struct ws_ops socketio_ws = SIO_WS_OPS(socketio_upgrade, SIO_MAX_PAYLOAD);
const struct prefix_route api_prefixes[] = {
    {"/socket.io/", SIO_MAX_PAYLOAD + SIO_BODY_SLACK, socketio_call, &socketio_ws},
    {0},
};
