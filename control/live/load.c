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

enum column {
    MEETING_ID,
    OWNER_ID,
    COMPANY_ID,
    TITLE,
    TOKEN_HASH,
    SETTINGS,
    IS_SCHEDULED,
    SCHEDULED_AT,
    CREATED_AT,
    STARTED_AT,
    PEAK,
    SEEN_AT,
    USES_SFU,
    INVITES,
    PARTICIPANTS,
};

static json_t *json_at(const struct rows *rows, unsigned row, enum column column)
{
    const char *text = rows_text(rows, row, column);
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
    const char *id = rows_text(rows, row, MEETING_ID);
    json_t *settings = json_at(rows, row, SETTINGS), *invites = json_at(rows, row, INVITES);
    json_t *people = json_at(rows, row, PARTICIPANTS);
    bool is_scheduled = rows_bool(rows, row, IS_SCHEDULED);
    struct meeting_config cfg = {
        .id = id,
        .admin_token_hash = rows_text(rows, row, TOKEN_HASH),
        .owner_user = rows_int(rows, row, OWNER_ID, 0),
        .owner_company = rows_int(rows, row, COMPANY_ID, 0),
        .settings = settings_of(settings, rows_text(rows, row, TITLE)),
        .scheduled_at = is_scheduled ? rows_int(rows, row, SCHEDULED_AT, 0) : 0,
        .created_at = rows_int(rows, row, CREATED_AT, 0),
        .started_at = rows_int(rows, row, STARTED_AT, 0),
        .peak_participants = (unsigned)rows_int(rows, row, PEAK, 0),
        .seen_at = rows_int(rows, row, SEEN_AT, 0),
        .uses_sfu = rows_bool(rows, row, USES_SFU),
        .invites = invites,
    };
    enum err e = meetings_create(app->rt.meetings, &cfg, realtime_moment(&app->rt), NULL);
    if (e)
        log_error(&app->log, "meeting_not_loaded", "meeting=%s reason=%s", id, err_name(e));
    else
        restore_people(app, id, people);
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
        snprintf(app->rt.loaded_upto, sizeof app->rt.loaded_upto, "%s", rows_text(rows, n - 1, MEETING_ID));
    if (n < PAGE)
        all_loaded(app);
    else
        meetings_load(app);
}

void meetings_load(struct app *app)
{
    struct sql_args a = {0};
    args_text(&a, app->rt.loaded_upto);
    args_int(&a, PAGE);
    if (app->meetings_loaded || app->rt.loading)
        return;
    loop_timer_cancel(app->loop, &app->rt.load);
    app->rt.loading = store_ask(app->store, SQL_MEETINGS_LOAD, &a, on_page, app) == OK;
    if (!app->rt.loading)
        load_later(app);
}
