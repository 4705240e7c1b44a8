/* keep.c: one statement for each effect that is kept. */
#include "live/keep.h"
#include "common/random.h"
#include "live/live_priv.h"
#include "shares/shares.h"
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_EVERY (10 * SEC)
#define SEEN_CHUNK 500 /* meetings in one write */

static void keep(struct live *l, struct sql_query change)
{
    l->n.effects_lost += store_write(l->cfg.store, WQ_MUST_NOT_BE_LOST, change) != OK;
}

/* As text, for free(); NULL: none, or no memory. */
static char *dumped(const json_t *json)
{
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* ---- webhooks: their events are queued in the database; the worker that sends them hears that there are new ---- */

static void hooks_ask(struct live *l);

static void on_hooks_stored(void *arg, enum err e)
{
    struct live *l = arg;
    l->keep.hooks_asked = false;
    if (e) /* not stored yet: the worker finds them when it looks by itself; or we stop */
        return;
    if (l->cfg.queued)
        l->cfg.queued(l->cfg.arg);
    if (l->keep.hooks_news)
        hooks_ask(l);
}

/* Once for all events that are queued together. */
static void hooks_ask(struct live *l)
{
    l->keep.hooks_news = l->keep.hooks_asked;
    if (!l->keep.hooks_asked)
        l->keep.hooks_asked = store_when_written(l->cfg.store, on_hooks_stored, l) == OK;
}

/* ---- the effects ---- */

enum err live_analytics(struct store *store, const char *type, const char *meta, int64_t user_id, const char *actor)
{
    char id[RANDOM_UUID_CAP];
    random_uuid(id);
    return store_write(store, WQ_MAY_BE_LOST,
                       sql_analytics_events_insert(.event_id = id, .event_type = type, .meta = meta ? meta : "{}",
                                                   .user_id = user_id, .actor = actor, .created_at = usec_wall()));
}

static void event_write(struct live *l, const char *type, const char *meta, int64_t user_id, const char *actor)
{
    l->n.effects_lost += live_analytics(l->cfg.store, type, meta, user_id, actor) != OK;
}

/* The account is the meeting's, the actor who did it. */
void keep_analytics(struct live *l, const struct effect *e)
{
    struct holder whose = l->cfg.shares ? shares_meeting(l->cfg.shares, e->meeting) : (struct holder){0};
    bool is_anybodys = strncmp(e->event, "feature.", strlen("feature.")) == 0; /* as often as a guest likes */
    if (is_anybodys && l->cfg.shares && shares_spend(l->cfg.shares, loop_now(l->cfg.loop), SHARE_EVENTS, &whose, 1))
        return;
    const struct meeting *m = meetings_find(l->meetings, e->meeting);
    char *meta = dumped(e->payload);
    int64_t owner = m && !meeting_is_guest(m) ? meeting_owner_user(m) : 0;
    event_write(l, e->event, meta, owner, *e->participant ? e->participant : NULL);
    free(meta);
}

void keep_created(struct live *l, int64_t user_id, const struct meeting *m)
{
    json_t *settings = meeting_settings_json(m);
    json_t *meta =
        json_pack("{s:b, s:O*, s:O*}", "scheduled", meeting_status(m) == MEETING_SCHEDULED, "muteOnJoin",
                  json_object_get(settings, "muteOnJoin"), "waitingRoom", json_object_get(settings, "waitingRoom"));
    if (meeting_status(m) == MEETING_SCHEDULED) /* the hour it is counted in */
        json_object_set_new(meta, "scheduledAt", json_integer(meeting_scheduled_at(m) / MSEC));
    char *text = dumped(meta);
    event_write(l, "meeting.created", text, user_id, NULL);
    free(text);
    json_decref(meta);
    json_decref(settings);
}

void live_take_back(struct live *l, const char *meeting)
{
    enum err e = store_write(l->cfg.store, WQ_MUST_NOT_BE_LOST, sql_meetings_delete(.meeting_id = meeting));
    log_info(l->cfg.log, "meeting_taken_back", "meeting=%s result=%s", meeting, err_name(e));
}

void keep_ended(struct live *l, const struct effect *e)
{
    const struct meeting_ended *m = e->ended;
    log_info(l->cfg.log, "meeting_ended", "meeting=%s cancelled=%d peak=%u duration_centiminutes=%lld", e->meeting,
             m->cancelled, m->peak_participants, (long long)m->duration_centiminutes);
    if (m->cancelled) { /* before it started: it leaves nothing behind */
        keep(l, sql_meetings_delete(.meeting_id = e->meeting));
        return;
    }
    char key[RANDOM_UUID_CAP];
    random_uuid(key);
    keep(l, sql_meetings_end(.ended_key = key, .meeting_id = e->meeting, .is_guest = m->guest,
                             .owner_id = m->guest ? 0 : m->owner_user, .company_id = m->guest ? 0 : m->owner_company,
                             .title = m->title, .started_at = m->started_at,
                             .ended_at = m->ended_at < m->started_at ? m->started_at : m->ended_at,
                             .minutes = sql_decimal(m->duration_centiminutes, 2),
                             .peak_participants = m->peak_participants));
    if (!m->guest)
        hooks_ask(l);
}

void keep_settings(struct live *l, const struct effect *e)
{
    char *settings = dumped(e->payload);
    if (settings)
        keep(l, sql_meetings_change(.meeting_id = e->meeting, .settings = settings));
    else
        l->n.effects_lost++;
    free(settings);
}

void keep_activated(struct live *l, const struct effect *e)
{
    log_info(l->cfg.log, "meeting_activated", "meeting=%s", e->meeting);
    keep(l, sql_meetings_activate(.meeting_id = e->meeting, .started_at = e->at));
}

void keep_sfu(struct live *l, const struct effect *e)
{
    keep(l, sql_meetings_switch(.meeting_id = e->meeting, .uses_sfu = json_is_true(e->payload)));
}

void keep_invite(struct live *l, const struct effect *e)
{
    const char *hash = json_string_value(e->payload);
    keep(l, e->type == FX_STORE_INVITE ? sql_meetings_invite(.meeting_id = e->meeting, .invite_hash = hash)
                                       : sql_meetings_spend(.meeting_id = e->meeting, .invite_hash = hash));
}

void keep_joined(struct live *l, const struct effect *e)
{
    char *kept = dumped(e->kept), *told = dumped(e->payload), event[RANDOM_UUID_CAP];
    random_uuid(event);
    keep(l, sql_meetings_joined(.event_id = event, .meeting_id = e->meeting, .participant_id = e->participant,
                                .payload = kept, .told = told, .peak = e->peak, .at = e->at, .attended = e->attended,
                                .seen_at = usec_wall()));
    hooks_ask(l);
    free(kept);
    free(told);
}

void keep_left(struct live *l, const struct effect *e)
{
    char *told = dumped(e->payload), event[RANDOM_UUID_CAP];
    random_uuid(event);
    keep(l, sql_meetings_left(.event_id = event, .meeting_id = e->meeting, .participant_id = e->participant,
                              .told = told, .at = e->at, .attended = e->attended, .seen_at = usec_wall()));
    hooks_ask(l);
    free(told);
}

/* ---- who is there ---- */

/* Takes the list: [[meeting, attended], …]. */
static void seen_write(struct live *l, json_t *list)
{
    char *text = json_array_size(list) ? dumped(list) : NULL;
    if (text && store_write(l->cfg.store, WQ_MAY_BE_LOST, sql_meetings_seen(.seen = text, .seen_at = usec_wall())))
        log_debug(l->cfg.log, "seen_lost", "reason=queue_full");
    free(text);
    json_decref(list);
}

static void seen_tell(struct live *l)
{
    usec_t now = loop_now(l->cfg.loop);
    json_t *list = json_array();
    size_t at = 0;
    for (const struct meeting *m; (m = meetings_next(l->meetings, &at));) {
        if (meeting_is_guest(m) || !meeting_is_attended(m))
            continue;
        json_array_append_new(list, json_pack("[s,I]", meeting_id(m), (json_int_t)meeting_attended(m, now)));
        if (json_array_size(list) < SEEN_CHUNK)
            continue;
        seen_write(l, list);
        list = json_array();
    }
    seen_write(l, list);
}

/* What is scheduled waits by the monotonic clock for a time of the wall's. */
static void clock_look(struct live *l)
{
    struct moment now = live_now(l);
    usec_t set_by = now.wall - now.mono - l->keep.wall_ahead;
    l->keep.wall_ahead += set_by;
    if (set_by > -SEC && set_by < SEC)
        return;
    log_warn(l->cfg.log, "clock_set", "by_ms=%lld", (long long)(set_by / MSEC));
    meetings_clock_set(l->meetings, now, &l->fx);
    live_settle(l);
}

static void on_seen_due(void *arg)
{
    struct live *l = arg;
    clock_look(l);
    if (store_is_up(l->cfg.store)) {
        seen_tell(l);
        owners_look(l);
        credit_look(l);
    }
    loop_timer_set(l->cfg.loop, &l->keep.seen, loop_now(l->cfg.loop) + SEEN_EVERY);
}

void keep_seen_start(struct live *l)
{
    struct moment now = live_now(l);
    l->keep.wall_ahead = now.wall - now.mono;
    l->keep.seen = (struct loop_timer){.fire = on_seen_due, .arg = l};
    loop_timer_set(l->cfg.loop, &l->keep.seen, now.mono + SEEN_EVERY);
}

void keep_reset(struct live *l)
{
    loop_timer_cancel(l->cfg.loop, &l->keep.seen);
}
