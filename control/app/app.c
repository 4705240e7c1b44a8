#include "app/app.h"
#include "api/admin/analytics.h"
#include "app/routes.h"
#include "app/seed.h"

#include <stdlib.h>
#include <unistd.h>

#define DB_READERS         4
#define DB_MAX_WRITES      100000
#define DB_MAX_BYTES       ((size_t)64 * 1024 * 1024)
#define WORK_THREADS       4
#define WORK_MAX_WAITING   128
#define CLIENT_MAX_RUNNING 64
#define SHUTDOWN_DB_FLUSH  (5 * SEC)
#define SAY_GOODBYE        (100 * MSEC)
#define OPEN_ANYWAY        (3 * SEC)

static void on_store_up(void *arg)
{
    meetings_load(arg);
}

static enum err store_start(struct app *app)
{
    struct store_config cfg = {
        .loop = app->loop,
        .log = &app->log,
        .url = app->cfg.database_url,
        .n_readers = DB_READERS,
        .max_writes = DB_MAX_WRITES,
        .max_write_bytes = DB_MAX_BYTES,
        .up = on_store_up,
        .arg = app,
    };
    return store_new(&cfg, &app->store);
}

/* Each thread may take 19 MiB while it hashes. */
static enum err work_start(struct app *app)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN), threads = cores < WORK_THREADS ? cores : WORK_THREADS;
    struct work_config cfg = {
        .loop = app->loop, .n_threads = threads < 1 ? 1 : (unsigned)threads, .max_waiting = WORK_MAX_WAITING};
    return work_new(&cfg, &app->work);
}

/* Everything that is sent to others by HTTP. */
static enum err clients_start(struct app *app)
{
    const struct config *cfg = &app->cfg;
    const struct client_config client = {
        .loop = app->loop, .log = &app->log, .ca_file = cfg->client_ca_file, .max_running = CLIENT_MAX_RUNNING};
    enum err e = client_new(&client, &app->client);
    if (e)
        return e;
    const struct mail_config mail = {
        .loop = app->loop,
        .log = &app->log,
        .store = app->store,
        .client = app->client,
        .api_key = cfg->resend_api_key,
        .api_base = cfg->resend_api_base,
        .from = cfg->mail_from,
        .app_url = cfg->app_url,
    };
    e = mail_new(&mail, &app->mail);
    if (e)
        return e;
    const struct webhooks_config webhooks = {
        .loop = app->loop,
        .log = &app->log,
        .store = app->store,
        .client = app->client,
        .allow_insecure = cfg->webhook_allow_insecure,
    };
    return webhooks_new(&webhooks, &app->webhooks);
}

static enum err sfu_start(struct app *app)
{
    struct sfuclient_config cfg = {
        .loop = app->loop, .log = &app->log, .path = app->cfg.sfu_socket, .arg = app, .on_event = realtime_on_sfu};
    return sfuclient_new(&cfg, &app->sfu);
}

static enum err sio_start(struct app *app)
{
    struct sio_setup setup = sio_defaults();
    setup.on_event = realtime_on_socket;
    setup.ctx = app;
    setup.log = &app->log;
    return sio_new(&setup, app->loop, &app->sio);
}

static enum err http_start(struct app *app)
{
    struct http_config cfg = {
        .port = (unsigned)app->cfg.port,
        .tls_cert_file = app->cfg.tls_cert_file,
        .tls_key_file = app->cfg.tls_key_file,
        .web_dir = app->cfg.web_dir,
        .allowed_origins = app->cfg.allowed_origins,
        .trusted_proxies = app->cfg.trusted_proxies,
        .routes = api_routes,
        .prefixes = api_prefixes,
        .may = who_may,
        .failed = analytics_answer_failed,
        .app = app,
        .log = &app->log,
    };
    enum err e = http_new(&cfg, app->loop, &app->http);
    if (e == ERR_SYNTAX)
        log_error(&app->log, "config", "set ALLOWED_ORIGINS and TRUSTED_PROXIES to comma-separated lists");
    if (!e)
        sio_attach(app->sio, app->http);
    return e;
}

static enum err limits_new(struct app *app)
{
    static const struct rate_limit_config limits[LIMITS] = {
        [LIMIT_GUEST] = {5, 3600 * SEC},
        [LIMIT_LOGIN] = {10, 900 * SEC},
        [LIMIT_RESET] = {3, 900 * SEC},
        [LIMIT_API] = {100, 900 * SEC},
    };
    enum err e = OK;
    for (unsigned i = LIMIT_NONE + 1; i < LIMITS && !e; i++)
        e = rate_limit_new(&limits[i], &app->limits[i]);
    return e;
}

enum err app_new(const struct config *cfg, const struct log *log, struct app **app)
{
    struct app *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    made->log = *log;
    made->started_at = usec_monotonic();
    enum err e = loop_new(&made->loop);
    if (!e)
        e = limits_new(made);
    if (!e)
        e = who_memory_new(&made->who);
    if (!e)
        e = realtime_init(&made->rt, made);
    if (!e)
        e = store_start(made);
    if (!e)
        e = work_start(made);
    if (!e)
        e = clients_start(made);
    if (!e)
        e = seed_admin(made);
    if (!e)
        e = billing_init(made);
    if (!e)
        e = sfu_start(made);
    if (!e)
        e = sio_start(made);
    if (!e)
        e = http_start(made);
    if (e) {
        app_free(made);
        return e;
    }
    *app = made;
    return OK;
}

void app_free(struct app *app)
{
    if (!app)
        return;
    if (app->loop) {
        loop_timer_cancel(app->loop, &app->opening);
        loop_timer_cancel(app->loop, &app->closing);
    }
    work_free(app->work);
    http_free(app->http); /* its connections say goodbye through sio */
    app->http = NULL;
    realtime_reset(&app->rt);
    sio_free(app->sio);
    sfuclient_free(app->sfu);
    client_free(app->client);
    store_free(app->store);
    webhooks_free(app->webhooks);
    mail_free(app->mail);
    billing_reset(app);
    for (unsigned i = 0; i < LIMITS; i++)
        rate_limit_free(app->limits[i]);
    who_memory_free(app->who);
    loop_free(app->loop);
    free(app);
}

static void on_flushed(void *arg, size_t left)
{
    struct app *app = arg;
    if (left)
        log_error(&app->log, "writes_lost", "n=%zu reason=database_away", left);
    loop_stop(app->loop);
}

static void on_http_done(void *arg)
{
    struct app *app = arg;
    store_flush(app->store, SHUTDOWN_DB_FLUSH, on_flushed, app);
}

static void close_http(void *arg)
{
    struct app *app = arg;
    http_shutdown(app->http, on_http_done, app);
}

static void on_signal(void *arg)
{
    struct app *app = arg;
    if (app->stopping)
        return;
    app->stopping = true;
    log_info(&app->log, "stopping", "reason=signal");
    webhooks_stop(app->webhooks);
    mail_stop(app->mail);
    realtime_end_guests(&app->rt);
    sio_stop(app->sio); /* what it says leaves with the end of this turn */
    app->closing = (struct loop_timer){.fire = close_http, .arg = app};
    loop_timer_set(app->loop, &app->closing, loop_now(app->loop) + SAY_GOODBYE);
}

static void open_now(void *arg)
{
    struct app *app = arg;
    if (app->stopping)
        return;
    app->failed = http_listen(app->http);
    if (!app->failed) {
        log_info(&app->log, "serving", "port=%u version=%s", http_port(app->http), ONEPIZZA_VERSION);
        return;
    }
    log_error(&app->log, "listen", "port=%d reason=%s", (int)app->cfg.port, err_name(app->failed));
    loop_stop(app->loop);
}

void app_open(struct app *app)
{
    if (!app->opening.deadline.set)
        return;
    loop_timer_cancel(app->loop, &app->opening);
    open_now(app);
}

enum err app_run(struct app *app)
{
    enum err e = loop_on_signal(app->loop, on_signal, app);
    if (e)
        return e;
    app->opening = (struct loop_timer){.fire = open_now, .arg = app};
    loop_timer_set(app->loop, &app->opening, loop_now(app->loop) + OPEN_ANYWAY);
    loop_run(app->loop);
    log_info(&app->log, "stopped", "uptime_s=%lld", (long long)((usec_monotonic() - app->started_at) / SEC));
    return app->failed;
}
