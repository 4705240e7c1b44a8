/* load.c: rows of meetings_load.sql become meetings, and people in them. */
#include "live/load.h"
#include "common/text.h"
#include "live/live_priv.h"
#include "live/sfu_events.h"
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

static void restore_people(struct live *l, const char *id, const json_t *people)
{
    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *one = json_array_get(people, i);
        struct meeting_event ev = {
            .type = MEETING_RESTORE,
            .participant = json_string_value(json_array_get(one, 0)),
            .payload = json_array_get(one, 1),
        };
        meetings_apply(l->meetings, live_now(l), id, &ev, &l->fx);
    }
}

static void restore(struct live *l, const struct rows *rows, unsigned row)
{
    struct sql_meetings_load_row r = sql_meetings_load_row(rows, row);
    json_t *settings = json_of(r.settings), *invites = json_of(r.invites), *people = json_of(r.participants);
    struct meeting_config cfg = {
        .id = r.meeting_id,
        .admin_token_hash = r.admin_token_hash,
        .owner_user = r.owner_id,
        .owner_company = r.company_id,
        .payer_company = r.payer_company_id,
        .settings = settings_of(settings, r.title),
        .scheduled_at = r.is_scheduled ? r.scheduled_at : 0,
        .created_at = r.created_at,
        .started_at = r.started_at,
        .peak_participants = (unsigned)r.peak_participants,
        .seen_at = r.seen_at,
        .attended = r.attended,
        .uses_sfu = r.uses_sfu,
        .invites = invites,
    };
    enum err e = meetings_create(l->meetings, &cfg, live_now(l), NULL);
    if (e)
        log_error(l->cfg.log, "meeting_not_loaded", "meeting=%s reason=%s", r.meeting_id, err_name(e));
    else
        restore_people(l, r.meeting_id, people);
    json_decref(settings);
    json_decref(invites);
    json_decref(people);
}

static void all_loaded(struct live *l)
{
    struct meetings_counts n = meetings_count(l->meetings);
    meetings_loaded(l->meetings);
    log_info(l->cfg.log, "meetings_loaded", "active=%u scheduled=%u participants=%u", n.active, n.scheduled,
             n.participants);
    live_rearm(l);
    if (sfuclient_is_up(l->cfg.sfu))
        sfu_events_sync(l);
    keep_seen_start(l);
    credit_look(l);
    l->cfg.loaded(l->cfg.arg);
}

static void on_later(void *arg)
{
    live_load(arg);
}

static void load_later(struct live *l)
{
    if (l->stopping)
        return;
    l->load.retry = (struct loop_timer){.fire = on_later, .arg = l};
    loop_timer_set(l->cfg.loop, &l->load.retry, loop_now(l->cfg.loop) + RETRY_AFTER);
}

static void on_page(void *arg, enum err e, const struct rows *rows)
{
    struct live *l = arg;
    unsigned n = rows_len(rows);
    l->load.asking = false;
    if (e) {
        load_later(l);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        restore(l, rows, i);
    if (n)
        snprintf(l->load.upto, sizeof l->load.upto, "%s", sql_meetings_load_row(rows, n - 1).meeting_id);
    if (n < PAGE)
        all_loaded(l);
    else
        live_load(l);
}

void live_load(struct live *l)
{
    if (!meetings_are_loading(l->meetings) || l->load.asking)
        return;
    loop_timer_cancel(l->cfg.loop, &l->load.retry);
    struct sql_query page = sql_meetings_load(.after_id = l->load.upto, .most = PAGE);
    l->load.asking = store_ask(l->cfg.store, page, on_page, l) == OK;
    if (!l->load.asking)
        load_later(l);
}

void load_reset(struct live *l)
{
    loop_timer_cancel(l->cfg.loop, &l->load.retry);
}
