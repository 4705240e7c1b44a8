#include "live/keep.h"
#include "app/app.h"
#include "api/webhooks/webhooks.h"
#include "common/random.h"
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_EVERY (10 * SEC)
#define SEEN_CHUNK 500 /* meetings in one write */

static void keep(struct realtime *rt, struct sql_query change)
{
    rt->effects_lost += store_write(rt->app->store, WQ_MUST_NOT_BE_LOST, change) != OK;
}

/* As text, for free(); NULL: none, or no memory. */
static char *dumped(const json_t *json)
{
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* ---- webhooks: their events are queued in the database; the worker that sends them hears that there are new ones ----
 */

static void hooks_ask(struct realtime *rt);

static void on_hooks_stored(void *arg, enum err e)
{
    struct realtime *rt = arg;
    rt->hooks_asked = false;
    if (e || !rt->app) /* not stored yet: the worker finds them when it looks by itself; or we stop */
        return;
    webhook_poke(rt->app);
    mail_poke(rt->app->mail); /* the charge may have brought the credit low */
    if (rt->hooks_news)
        hooks_ask(rt);
}

/* Once for all events that are queued together. */
static void hooks_ask(struct realtime *rt)
{
    rt->hooks_news = rt->hooks_asked;
    if (!rt->hooks_asked)
        rt->hooks_asked = store_when_written(rt->app->store, on_hooks_stored, rt) == OK;
}

/* ---- the effects ---- */

/* user_id 0, meta and actor NULL: none. */
static void event_write(struct realtime *rt, const char *type, const char *meta, int64_t user_id, const char *actor)
{
    char id[RANDOM_UUID_CAP];
    random_uuid(id);
    struct sql_query event = sql_analytics_events_insert(.event_id = id, .event_type = type, .meta = meta ? meta : "{}",
                                                         .user_id = user_id, .actor = actor, .created_at = usec_wall());
    rt->effects_lost += store_write(rt->app->store, WQ_MAY_BE_LOST, event) != OK;
}

/* The account is the meeting's, the actor who did it. */
void keep_analytics(struct realtime *rt, const struct effect *e)
{
    const struct meeting *m = meetings_find(rt->meetings, e->meeting);
    char *meta = dumped(e->payload);
    int64_t owner = m && !meeting_is_guest(m) ? meeting_owner_user(m) : 0;
    event_write(rt, e->event, meta, owner, *e->participant ? e->participant : NULL);
    free(meta);
}

void keep_created(struct realtime *rt, int64_t user_id, const struct meeting *m)
{
    json_t *settings = meeting_settings_json(m);
    json_t *meta =
        json_pack("{s:b, s:O*, s:O*}", "scheduled", meeting_status(m) == MEETING_SCHEDULED, "muteOnJoin",
                  json_object_get(settings, "muteOnJoin"), "waitingRoom", json_object_get(settings, "waitingRoom"));
    if (meeting_status(m) == MEETING_SCHEDULED) /* the hour it is counted in */
        json_object_set_new(meta, "scheduledAt", json_integer(meeting_scheduled_at(m) / MSEC));
    char *text = dumped(meta);
    event_write(rt, "meeting.created", text, user_id, NULL);
    free(text);
    json_decref(meta);
    json_decref(settings);
}

void keep_ended(struct realtime *rt, const struct effect *e)
{
    const struct meeting_ended *m = e->ended;
    log_info(&rt->app->log, "meeting_ended", "meeting=%s cancelled=%d peak=%u duration_centiminutes=%lld", e->meeting,
             m->cancelled, m->peak_participants, (long long)m->duration_centiminutes);
    if (m->cancelled) { /* before it started: it leaves nothing behind */
        keep(rt, sql_meetings_delete(.meeting_id = e->meeting));
        return;
    }
    char key[RANDOM_UUID_CAP];
    random_uuid(key);
    keep(rt, sql_meetings_end(.ended_key = key, .meeting_id = e->meeting, .is_guest = m->guest,
                              .owner_id = m->guest ? 0 : m->owner_user, .company_id = m->guest ? 0 : m->owner_company,
                              .title = m->title, .started_at = m->started_at,
                              .ended_at = m->ended_at < m->started_at ? m->started_at : m->ended_at,
                              .minutes = sql_decimal(m->duration_centiminutes, 2),
                              .peak_participants = m->peak_participants));
    if (!m->guest)
        hooks_ask(rt);
}

void keep_settings(struct realtime *rt, const struct effect *e)
{
    char *settings = dumped(e->payload);
    if (settings)
        keep(rt, sql_meetings_change(.meeting_id = e->meeting, .settings = settings));
    free(settings);
}

void keep_activated(struct realtime *rt, const struct effect *e)
{
    log_info(&rt->app->log, "meeting_activated", "meeting=%s", e->meeting);
    keep(rt, sql_meetings_activate(.meeting_id = e->meeting, .started_at = e->at));
}

void keep_sfu(struct realtime *rt, const struct effect *e)
{
    keep(rt, sql_meetings_switch(.meeting_id = e->meeting, .uses_sfu = json_is_true(e->payload)));
}

void keep_invite(struct realtime *rt, const struct effect *e)
{
    const char *hash = json_string_value(e->payload);
    keep(rt, e->type == FX_STORE_INVITE ? sql_meetings_invite(.meeting_id = e->meeting, .invite_hash = hash)
                                        : sql_meetings_spend(.meeting_id = e->meeting, .invite_hash = hash));
}

void keep_joined(struct realtime *rt, const struct effect *e)
{
    char *kept = dumped(e->kept), *told = dumped(e->payload), event[RANDOM_UUID_CAP];
    random_uuid(event);
    keep(rt, sql_meetings_joined(.event_id = event, .meeting_id = e->meeting, .participant_id = e->participant,
                                 .payload = kept, .told = told, .peak = e->peak, .at = e->at));
    hooks_ask(rt);
    free(kept);
    free(told);
}

void keep_left(struct realtime *rt, const struct effect *e)
{
    char *told = dumped(e->payload), event[RANDOM_UUID_CAP];
    random_uuid(event);
    keep(rt, sql_meetings_left(.event_id = event, .meeting_id = e->meeting, .participant_id = e->participant,
                               .told = told, .at = e->at));
    hooks_ask(rt);
    free(told);
}

/* ---- who is there ---- */

static void seen_write(struct realtime *rt, const char *ids)
{
    if (*ids &&
        store_write(rt->app->store, WQ_MAY_BE_LOST, sql_meetings_seen(.meeting_ids = ids, .seen_at = usec_wall())))
        log_debug(&rt->app->log, "seen_lost", "reason=queue_full");
}

static void on_seen_due(void *arg)
{
    struct realtime *rt = arg;
    char ids[SEEN_CHUNK * MEETING_ID_CAP];
    size_t len = 0, at = 0;
    ids[0] = '\0';
    for (const struct meeting *m; store_is_up(rt->app->store) && (m = meetings_next(rt->meetings, &at));) {
        if (meeting_is_guest(m) || !meeting_is_attended(m))
            continue;
        if (len + MEETING_ID_CAP + 1 > sizeof ids) {
            seen_write(rt, ids);
            len = 0;
        }
        if (len)
            ids[len++] = ' ';
        size_t id_len = strlen(meeting_id(m));
        memcpy(ids + len, meeting_id(m), id_len + 1);
        len += id_len;
    }
    seen_write(rt, ids);
    loop_timer_set(rt->app->loop, &rt->seen, loop_now(rt->app->loop) + SEEN_EVERY);
}

void keep_seen_start(struct realtime *rt)
{
    rt->seen = (struct loop_timer){.fire = on_seen_due, .arg = rt};
    loop_timer_set(rt->app->loop, &rt->seen, loop_now(rt->app->loop) + SEEN_EVERY);
}
