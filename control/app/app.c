/* app.c: what control is made of, in the order in which it needs each other; and how it opens and closes. */
#include "app/app_priv.h"
#include "access/email.h"
#include "app/budget.h"
#include "app/metrics.h"
#include "app/parts.h"
#include "common/random.h"
#include "offload/password.h"
#include "store/query.h"

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
#define REPORT_EVERY       (60 * SEC)

/* One line a minute for each thing that somebody was refused, however often. */
static void report_shares(void *arg)
{
    struct app *app = arg;
    struct share_report r;
    char whom[HOLDER_TEXT_CAP];
    while (shares_report(app->shares, &r)) {
        holder_text(&r.last, whom);
        log_warn(&app->log, "share_refused", "what=%s n=%llu last=\"%s\"", share_name(r.what),
                 (unsigned long long)r.refused, whom);
    }
    loop_timer_set(app->loop, &app->reporting, loop_now(app->loop) + REPORT_EVERY);
}

static enum err shares_start(struct app *app)
{
    struct shares_config cfg = {.people_per_address = (unsigned)app->cfg.people_per_address,
                                .unlimited = !app->cfg.rate_limits};
    budget_read(cfg.total);
    random_fill(cfg.seed, sizeof cfg.seed);
    enum err e = shares_new(&cfg, &app->shares);
    if (e)
        return e;
    app->reporting = (struct loop_timer){.fire = report_shares, .arg = app};
    report_shares(app);
    return OK;
}

static void on_store_up(void *arg)
{
    const struct app *app = arg;
    live_load(app->live);
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
    enum err e = store_new(&cfg, &app->store);
    if (e)
        return e;
    app->retention = (struct retention){
        .loop = app->loop, .store = app->store, .log = &app->log, .analytics_days = (int)app->cfg.analytics_days};
    retention_start(&app->retention);
    return OK;
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

/* Queues that the account of ADMIN_EMAIL is made, with ADMIN_PASSWORD. One that is there becomes an administrator with
 * that password, unless it is one already. Written before anybody else's question is asked. */
static enum err seed_admin(struct app *app)
{
    uint8_t salt[PASSWORD_SALT_LEN];
    char email[EMAIL_CAP], hash[PASSWORD_HASH_CAP];
    if (!app->cfg.admin_email || !app->cfg.admin_password || email_fold(app->cfg.admin_email, email))
        return OK; /* a test's configuration: config_read() wants both */
    random_fill(salt, sizeof salt);
    enum err e = password_hash(bytes_str(app->cfg.admin_password), salt, hash);
    if (e)
        return e;
    return store_write(app->store, WQ_MUST_NOT_BE_LOST, sql_users_seed_admin(.email = email, .password_hash = hash));
}

static void on_sfu(void *arg, const struct sfuclient_event *ev)
{
    struct app *app = arg;
    if (ev->type == SFUCLIENT_ANSWER && ev->tag->kind == METRICS_SFU_STATS)
        metrics_answer(app, ev->ok ? ev->json : NULL);
    else
        live_on_sfu(app->live, ev);
}

static enum err sfu_start(struct app *app)
{
    struct sfuclient_config cfg = {
        .loop = app->loop, .log = &app->log, .path = app->cfg.sfu_socket, .arg = app, .on_event = on_sfu};
    return sfuclient_new(&cfg, &app->sfu);
}

static void on_socket(void *arg, struct sio *sio, const struct sio_event *ev)
{
    struct app *app = arg;
    if (!errors_of_client(&app->errors, sio, ev))
        live_on_socket(app->live, ev);
}

static bool is_in_meeting(void *arg, struct sio_id socket)
{
    const struct app *app = arg;
    return app->live && live_has(app->live, socket);
}

static enum err sio_start(struct app *app)
{
    struct sio_setup setup = sio_defaults();
    setup.on_event = on_socket;
    setup.in_use = is_in_meeting;
    setup.eio.shares = app->shares;
    setup.ctx = app;
    setup.log = &app->log;
    return sio_new(&setup, app->loop, &app->sio);
}

static void on_loaded(void *arg);

static void on_queued(void *arg)
{
    const struct app *app = arg;
    webhooks_poke(app->webhooks);
    mail_poke(app->mail); /* a charge may have brought the credit low */
}

static enum err live_start(struct app *app)
{
    const struct config *cfg = &app->cfg;
    const struct live_config live = {
        .loop = app->loop,
        .log = &app->log,
        .store = app->store,
        .sfu = app->sfu,
        .sio = app->sio,
        .shares = app->shares,
        .ice = {cfg->turn_urls, cfg->turn_username, cfg->turn_credential, cfg->turn_secret},
        .participants_cap = (unsigned)cfg->participants_cap,
        .mesh_max = (unsigned)cfg->mesh_max,
        .empty_grace = cfg->empty_grace_ms * MSEC,
        .max_debt_usd = (unsigned)cfg->max_debt_usd,
        .rate_limits = cfg->rate_limits,
        .loaded = on_loaded,
        .queued = on_queued,
        .arg = app,
    };
    return live_new(&live, &app->live);
}

static enum err access_start(struct app *app)
{
    const struct access_config access = {
        .loop = app->loop,
        .store = app->store,
        .meetings = live_meetings(app->live),
        .session_secret = app->cfg.session_secret,
        .app_url = app->cfg.app_url,
        .allowed_origins = app->cfg.allowed_origins,
        .metrics_token = app->cfg.metrics_token,
        .is_https = config_is_https(&app->cfg),
        .rate_limits = app->cfg.rate_limits,
        .shares = app->shares,
    };
    return access_new(&access, &app->access);
}

static enum err parts_start(struct app *app)
{
    app->errors = (struct errors){.loop = app->loop, .log = &app->log, .store = app->store};
    return parts_new(app, &app->parts);
}

/* Our own origin as WebSocket, which not every browser takes 'self' for. "" if APP_URL has what a policy can't say. */
static const char *ws_origin(struct app *app)
{
    const char *url = app->cfg.app_url, *authority = strstr(url, "://") + 3;
    size_t len = strcspn(authority, "/?#");
    bool is_plain =
        len && len == strspn(authority, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");
    app->ws_origin[0] = '\0';
    if (is_plain && len < sizeof app->ws_origin - 6)
        snprintf(app->ws_origin, sizeof app->ws_origin, "%s://%.*s", strncmp(url, "https", 5) == 0 ? "wss" : "ws",
                 (int)len, authority);
    return app->ws_origin[0] ? app->ws_origin : NULL;
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
        .tables = parts_tables(app->parts),
        .prefixes = parts_prefixes(app->parts),
        .may = access_may,
        .gate = app->access,
        .failed = errors_answer,
        .failed_arg = &app->errors,
        .log = &app->log,
        .shares = app->shares,
        .csp_connect = ws_origin(app),
        .keep_alive = app->cfg.keep_alive_s * SEC,
    };
    enum err e = http_new(&cfg, app->loop, &app->http);
    if (e == ERR_SYNTAX)
        log_error(&app->log, "config", "set ALLOWED_ORIGINS and TRUSTED_PROXIES to comma-separated lists");
    if (!e) {
        sio_attach(app->sio, app->http);
        access_serve(app->access, app->http);
    }
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
    static enum err (*const steps[])(struct app * app) = {
        shares_start, store_start, work_start,  clients_start, seed_admin, sfu_start,
        sio_start,    live_start,  parts_start, access_start,  http_start,
    };
    enum err e = loop_new(&made->loop);
    for (size_t i = 0; i < ARRAY_LEN(steps) && !e; i++)
        e = steps[i](made);
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
        loop_timer_cancel(app->loop, &app->beat);
        loop_timer_cancel(app->loop, &app->reporting);
    }
    work_free(app->work);
    http_free(app->http); /* its connections say goodbye through sio */
    if (app->access)
        access_serve(app->access, NULL);
    sio_free(app->sio);
    sfuclient_free(app->sfu);
    client_free(app->client);
    store_free(app->store); /* what was asked of it is told that there is no answer */
    retention_stop(&app->retention);
    live_free(app->live);
    access_free(app->access);
    webhooks_free(app->webhooks);
    mail_free(app->mail);
    parts_free(app->parts);
    metrics_reset(&app->metrics);
    shares_free(app->shares);
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
    supervisor_stopping(app->supervisor);
    webhooks_stop(app->webhooks);
    mail_stop(app->mail);
    live_stop(app->live);
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
        supervisor_ready(app->supervisor);
        log_info(&app->log, "serving", "port=%u version=%s", http_port(app->http), ONEPIZZA_VERSION);
        return;
    }
    log_error(&app->log, "listen", "port=%d reason=%s", (int)app->cfg.port, err_name(app->failed));
    loop_stop(app->loop);
}

/* The meetings are here: those who come now find them. */
static void on_loaded(void *arg)
{
    struct app *app = arg;
    if (!app->opening.deadline.set)
        return;
    loop_timer_cancel(app->loop, &app->opening);
    open_now(app);
}

static void on_beat(void *arg)
{
    struct app *app = arg;
    supervisor_alive(app->supervisor);
    log_tell_left_out(&app->log);
    loop_timer_set(app->loop, &app->beat, loop_now(app->loop) + SUPERVISOR_EVERY);
}

enum err app_run(struct app *app, const struct supervisor *supervisor)
{
    app->supervisor = supervisor;
    app->beat = (struct loop_timer){.fire = on_beat, .arg = app};
    enum err e = loop_on_signal(app->loop, on_signal, app);
    if (e)
        return e;
    app->opening = (struct loop_timer){.fire = open_now, .arg = app};
    loop_timer_set(app->loop, &app->beat, 0);
    loop_timer_set(app->loop, &app->opening, loop_now(app->loop) + OPEN_ANYWAY);
    loop_run(app->loop);
    log_info(&app->log, "stopped", "uptime_s=%lld", (long long)((usec_monotonic() - app->started_at) / SEC));
    return app->failed;
}
