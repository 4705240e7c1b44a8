/* metrics.c: counters of every layer, as text. */
#include "app/metrics.h"
#include "api/admin/admin_api.h"
#include "app/app_priv.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define NAME_CAP     96
#define ASK_EVERY    SEC

/* One metric with one value. value may come from anywhere, so a table can't hold it: rows are calls. */
static void row(FILE *out, const char *type, const char *name, const char *help, double value)
{
    fprintf(out, "# HELP onepizza_%s %s\n# TYPE onepizza_%s %s\nonepizza_%s %.15g\n", name, help, name, type, name,
            value);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
    row(out, "gauge", name, help, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    row(out, "counter", name, help, (double)value);
}

static void write_process(FILE *out, const struct app *app)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    gauge(out, "control_resident_bytes", "Resident memory of the control process.", analytics_resident_bytes());
    row(out, "counter", "control_cpu_seconds_total", "CPU time of the control process.", cpu);
    gauge(out, "control_uptime_seconds", "Since the control process started.",
          (double)(usec_monotonic() - app->started_at) / SEC);
}

static void write_http(FILE *out, const struct app *app)
{
    static const char *const classes[] = {"dropped", NULL, "2xx", "3xx", "4xx", "5xx"};
    const struct http_counters *h = http_counters(app->http);
    fprintf(out, "# HELP onepizza_http_answers_total HTTP requests by the class of their answer.\n"
                 "# TYPE onepizza_http_answers_total counter\n");
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++)
        if (classes[i])
            fprintf(out, "onepizza_http_answers_total{class=\"%s\"} %" PRIu64 "\n", classes[i], h->answers[i]);
    counter(out, "http_requests_total", "HTTP requests.", h->requests);
    gauge(out, "http_connections_open", "Open connections.", (double)h->connections_open);
    gauge(out, "http_calls_open", "Requests that wait for their answer.", (double)h->calls_open);
    gauge(out, "websockets_open", "Open WebSockets.", (double)h->websockets_open);
    counter(out, "websocket_messages_in_total", "WebSocket messages received.", h->ws_messages_in);
    counter(out, "websocket_messages_out_total", "WebSocket messages sent.", h->ws_messages_out);
    counter(out, "websocket_queue_full_total", "WebSockets whose client didn't read.", h->ws_queue_full);
    counter(out, "bytes_in_total", "Bytes of bodies and messages received.", h->bytes_in);
    counter(out, "bytes_out_total", "Bytes of bodies and messages sent.", h->bytes_out);
}

static void write_meetings(FILE *out, const struct app *app)
{
    struct meetings_counts n = meetings_count(live_meetings(app->live));
    const struct eio_counters *eio = sio_counters(app->sio);
    struct live_counters live = live_counters(app->live);
    gauge(out, "sockets_open", "Engine.IO sessions.", eio->open);
    counter(out, "sockets_opened_total", "Engine.IO sessions since the start.", eio->opened);
    counter(out, "sockets_refused_total", "Engine.IO sessions refused because there were too many.", eio->refused);
    gauge(out, "meetings_active", "Active meetings.", n.active);
    gauge(out, "meetings_scheduled", "Scheduled meetings.", n.scheduled);
    gauge(out, "meetings_sfu", "Meetings carried by the media server.", n.sfu);
    gauge(out, "participants", "People in meetings.", n.participants);
    gauge(out, "recordings_active", "Meetings that are being recorded.", n.recordings);
    gauge(out, "screen_shares_active", "Screens being shared.", n.screen_shares);
    counter(out, "events_emitted_total", "Events sent to sockets.", live.emits);
    counter(out, "acknowledgements_total", "Acknowledgements sent to sockets.", live.acks);
    counter(out, "effects_lost_total", "Effects of meetings that couldn't be done for want of memory or room.",
            live.effects_lost);
}

static void write_store(FILE *out, const struct app *app)
{
    struct store_counters n;
    store_counters(app->store, &n);
    gauge(out, "db_up", "1 while PostgreSQL answers.", store_answers(app->store));
    gauge(out, "db_pool_total", "Connections that are up.", n.pool_total);
    gauge(out, "db_pool_idle", "Connections that are idle.", n.pool_idle);
    gauge(out, "db_asks_waiting", "Questions that wait for a connection.", n.asks_waiting);
    counter(out, "db_asks_total", "Questions asked.", n.asks);
    counter(out, "db_asks_refused_total", "Questions refused because PostgreSQL was away or busy.", n.asks_refused);
    counter(out, "db_asks_failed_total", "Questions that failed.", n.asks_failed);
    counter(out, "db_outages_total", "Times PostgreSQL went away.", n.outages);
    gauge(out, "db_write_queue", "Writes that wait.", (double)n.writes.len);
    gauge(out, "db_write_queue_bytes", "Their size.", (double)n.writes.bytes);
    counter(out, "db_writes_total", "Writes stored.", n.writes.written);
    counter(out, "db_writes_refused_total", "Writes refused because the queue was full.", n.writes.refused);
    counter(out, "db_writes_lost_total", "Writes that PostgreSQL will never take.", n.writes.lost);
}

static void write_sfu_client(FILE *out, const struct app *app)
{
    struct sfuclient_counters n;
    sfuclient_counters(app->sfu, &n);
    gauge(out, "sfu_up", "1 while the media server is connected.", n.is_up);
    counter(out, "sfu_connects_total", "Connections made to the media server.", n.connects);
    counter(out, "sfu_requests_total", "Requests to the media server.", n.requests);
    counter(out, "sfu_refusals_total", "Requests it refused.", n.refusals);
    counter(out, "sfu_timeouts_total", "Requests it didn't answer in time.", n.timeouts);
    counter(out, "sfu_unavailable_total", "Requests that couldn't be made.", n.refused_unavailable);
    counter(out, "sfu_notifications_total", "Notifications from the media server.", n.notifications);
    counter(out, "sfu_notifications_lost_total", "Notifications it had to leave out.", n.lost_notifications);
    gauge(out, "sfu_requests_pending", "Requests that wait for their answer.", n.pending);
}

static void write_deliveries(FILE *out, const struct app *app)
{
    struct client_counters n;
    struct webhooks_counters w;
    client_counters(app->client, &n);
    webhooks_counters(app->webhooks, &w);
    gauge(out, "client_running", "Requests to others under way: webhooks, mails, payments.", n.running);
    counter(out, "client_requests_total", "Requests to others.", n.requests);
    counter(out, "client_failures_total", "Requests that got no answer.", n.failures);
    counter(out, "client_denials_total", "Requests whose name led to a private address.", n.denials);
    gauge(out, "webhooks_running", "Webhook deliveries under way.", w.running);
    counter(out, "webhooks_delivered_total", "Webhook deliveries that were taken.", w.delivered);
    counter(out, "webhooks_failed_total", "Attempts to deliver that failed.", w.failed);
}

static void write_work(FILE *out, const struct app *app)
{
    struct work_counters n;
    work_counters(app->work, &n);
    gauge(out, "work_running", "Jobs on the thread pool: passwords being hashed.", (double)n.running);
    gauge(out, "work_waiting", "Jobs that wait for a thread.", (double)n.waiting);
    counter(out, "work_done_total", "Jobs done.", n.done);
    counter(out, "work_refused_total", "Jobs refused because too many waited.", n.refused);
}

/* Each share: a metric of each kind, a label for what is shared. */
static void write_shares(FILE *out, const struct app *app)
{
    static const struct {
        const char *type, *name, *help;
        size_t at; /* in struct share_counters */
        bool of_held;
    } metrics[] = {
        {"gauge", "share_held", "What is held for strangers.", offsetof(struct share_counters, held), true},
        {"gauge", "share_total", "What may be held at most; 0: no limit.", offsetof(struct share_counters, total),
         true},
        {"counter", "share_refused_total", "Refused because it was more than somebody's share.",
         offsetof(struct share_counters, refused), false},
        {"counter", "share_displaced_total", "Taken from who had most, for somebody else.",
         offsetof(struct share_counters, displaced), true},
    };
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
        fprintf(out, "# HELP onepizza_%s %s\n# TYPE onepizza_%s %s\n", metrics[i].name, metrics[i].help,
                metrics[i].name, metrics[i].type);
        for (unsigned what = 0; what < (metrics[i].of_held ? SHARES_HELD : SHARES); what++) {
            struct share_counters n = shares_counters(app->shares, (enum share)what);
            uint64_t value;
            memcpy(&value, (const char *)&n + metrics[i].at, sizeof value);
            fprintf(out, "onepizza_%s{what=\"%s\"} %" PRIu64 "\n", metrics[i].name, share_name((enum share)what),
                    value);
        }
    }
    gauge(out, "share_holders", "Addresses, accounts and meetings that something is counted for.",
          shares_holders(app->shares));
}

/* ---- the SFU's own counters: names are its own, so they are cleaned and every number is passed on ---- */

static const char *clean_name(char out[NAME_CAP], const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < NAME_CAP; name++)
        out[n++] = isalnum((unsigned char)*name) ? *name : '_';
    out[n] = '\0';
    return out;
}

/* Each number in the object: before, its cleaned name, after, its value. */
static void write_numbers(FILE *out, json_t *object, const char *before, const char *after)
{
    char name[NAME_CAP];
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        if (json_is_number(value) && strcmp(key, "id") != 0)
            fprintf(out, "%s%s%s %.15g\n", before, clean_name(name, key), after, json_number_value(value));
    }
}

static void write_sfu(FILE *out, json_t *stats)
{
    const json_t *workers = json_object_get(stats, "workers");
    write_numbers(out, stats, "onepizza_sfu_", "");
    write_numbers(out, json_object_get(stats, "drops"), "onepizza_sfu_drops_total{reason=\"", "\"}");
    for (size_t i = 0; i < json_array_size(workers); i++) {
        char label[48], before[96];
        json_t *worker = json_array_get(workers, i);
        snprintf(label, sizeof label, "{worker=\"%zu\"}", i);
        snprintf(before, sizeof before, "onepizza_sfu_worker_drops_total{worker=\"%zu\",reason=\"", i);
        write_numbers(out, worker, "onepizza_sfu_worker_", label);
        write_numbers(out, json_object_get(worker, "drops"), before, "\"}");
    }
}

static void metrics_reply(const struct app *app, struct call *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        call_reply_err(c, ERR_NOMEM);
        return;
    }
    write_process(out, app);
    write_http(out, app);
    write_meetings(out, app);
    write_store(out, app);
    write_sfu_client(out, app);
    write_deliveries(out, app);
    write_work(out, app);
    write_shares(out, app);
    if (app->metrics.stats && sfuclient_is_up(app->sfu))
        write_sfu(out, app->metrics.stats);
    if (fclose(out) == 0)
        call_reply(c, 200, CONTENT_TYPE, bytes_of(text, len));
    else
        call_reply_err(c, ERR_NOMEM);
    free(text);
}

void metrics_reset(struct metrics *m)
{
    json_decref(m->stats);
    *m = (struct metrics){0};
}

void metrics_answer(struct app *app, json_t *stats)
{
    struct metrics *m = &app->metrics;
    m->is_asking = false;
    json_decref(m->stats);
    m->stats = json_incref(stats);
    for (unsigned i = 0; i < m->n_waiting; i++) {
        struct call *c = call_find(app->http, m->waiting[i]);
        if (c)
            metrics_reply(app, c);
    }
    m->n_waiting = 0;
}

/* True: an answer of the SFU's will come. */
static bool sfu_is_asked(struct app *app)
{
    struct metrics *m = &app->metrics;
    const struct sfu_tag tag = {.kind = METRICS_SFU_STATS};
    usec_t now = loop_now(app->loop);
    if (m->is_asking || (m->asked_at && now - m->asked_at < ASK_EVERY))
        return m->is_asking;
    m->asked_at = now;
    m->is_asking = sfuclient_request(app->sfu, "stats", NULL, &tag) == OK;
    return m->is_asking;
}

enum err metrics_get(struct call *c)
{
    struct app *app = call_part(c);
    struct metrics *m = &app->metrics;
    if (sfuclient_is_up(app->sfu) && sfu_is_asked(app) && m->n_waiting < METRICS_WAITING_MAX)
        m->waiting[m->n_waiting++] = call_defer(c);
    else
        metrics_reply(app, c);
    return OK;
}

enum err health_get(struct call *c)
{
    const struct app *app = call_part(c);
    call_set_header(c, "Cache-Control", "no-store");
    call_reply_json(c, app->stopping ? 503 : 200,
                    json_pack("{s:b,s:s,s:s,s:s}", "ok", !app->stopping, "database",
                              store_answers(app->store) ? "up" : "down", "sfu",
                              sfuclient_is_up(app->sfu) ? "up" : "down", "version", ONEPIZZA_VERSION));
    return OK;
}
