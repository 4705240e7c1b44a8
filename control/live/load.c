/* load.c: after a start, the meetings that PostgreSQL kept are made again: with their settings, invitations and
 * the people who were in them, who may resume. Page by page, so that nothing else waits long. */
#include "app/app.h"
#include "common/text.h"
#include "live/keep.h"
#include "store/query.h"

#include <stdio.h>
#include <string.h>

#define PAGE        200
#define RETRY_AFTER SEC

static json_t *json_of(const char *text)
{
    return text ? json_loads(text, 0, NULL) : NULL;
}

/* What is missing or doesn't fit is as it is by default. */
static struct meeting_settings settings_of(const json_t *kept, const char *title)
{
    struct meeting_settings s = {0};
    fields_load(meeting_settings_fields, SETTING_STORED, kept, &s);
    text_copy(s.title, sizeof s.title, title ? title : "");
    return s;
}

static void restore_people(struct app *app, const char *id, const json_t *people)
{
    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *one = json_array_get(people, i);
        struct meeting_event ev = {
            .type = MEETING_RESTORE,
            .participant = json_string_value(json_array_get(one, 0)),
            .payload = json_array_get(one, 1),
        };
        meetings_apply(app->rt.meetings, realtime_moment(&app->rt), id, &ev, &app->rt.fx);
    }
}

static void restore(struct app *app, const struct rows *rows, unsigned row)
{
    struct sql_meetings_load_row r = sql_meetings_load_row(rows, row);
    json_t *settings = json_of(r.settings), *invites = json_of(r.invites), *people = json_of(r.participants);
    struct meeting_config cfg = {
        .id = r.meeting_id,
        .admin_token_hash = r.admin_token_hash,
        .owner_user = r.owner_id,
        .owner_company = r.company_id,
        .settings = settings_of(settings, r.title),
        .scheduled_at = r.is_scheduled ? r.scheduled_at : 0,
        .created_at = r.created_at,
        .started_at = r.started_at,
        .peak_participants = (unsigned)r.peak_participants,
        .seen_at = r.seen_at,
        .uses_sfu = r.uses_sfu,
        .invites = invites,
    };
    enum err e = meetings_create(app->rt.meetings, &cfg, realtime_moment(&app->rt), NULL);
    if (e)
        log_error(&app->log, "meeting_not_loaded", "meeting=%s reason=%s", r.meeting_id, err_name(e));
    else
        restore_people(app, r.meeting_id, people);
    json_decref(settings);
    json_decref(invites);
    json_decref(people);
}

static void all_loaded(struct app *app)
{
    struct meetings_counts n = meetings_count(app->rt.meetings);
    app->meetings_loaded = true;
    meetings_loaded(app->rt.meetings);
    log_info(&app->log, "meetings_loaded", "active=%u scheduled=%u participants=%u", n.active, n.scheduled,
             n.participants);
    realtime_rearm(&app->rt);
    if (sfuclient_is_up(app->sfu))
        sfu_sync_ask(app);
    keep_seen_start(&app->rt);
    app_open(app);
}

static void on_later(void *arg)
{
    meetings_load(arg);
}

static void load_later(struct app *app)
{
    if (app->stopping || !app->rt.app)
        return;
    app->rt.load = (struct loop_timer){.fire = on_later, .arg = app};
    loop_timer_set(app->loop, &app->rt.load, loop_now(app->loop) + RETRY_AFTER);
}

static void on_page(void *arg, enum err e, const struct rows *rows)
{
    struct app *app = arg;
    unsigned n = rows_len(rows);
    app->rt.loading = false;
    if (e) {
        load_later(app);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        restore(app, rows, i);
    if (n)
        snprintf(app->rt.loaded_upto, sizeof app->rt.loaded_upto, "%s", sql_meetings_load_row(rows, n - 1).meeting_id);
    if (n < PAGE)
        all_loaded(app);
    else
        meetings_load(app);
}

void meetings_load(struct app *app)
{
    if (app->meetings_loaded || app->rt.loading)
        return;
    loop_timer_cancel(app->loop, &app->rt.load);
    struct sql_query page = sql_meetings_load(.after_id = app->rt.loaded_upto, .most = PAGE);
    app->rt.loading = store_ask(app->store, page, on_page, app) == OK;
    if (!app->rt.loading)
        load_later(app);
}
