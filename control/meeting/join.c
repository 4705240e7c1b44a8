/* join.c: coming in: for the first time, again after a lost socket or a restart of control; and leaving by choice.
 * Who was here when control was restarted comes back with the resume token it has, and its media, which the SFU went on
 * forwarding, never stops. Documented clients can't come back as themselves: they leave. */
#include "meeting/iso_time.h"
#include "meeting/meeting_priv.h"

#include <string.h>

enum meeting_code join_check_start(struct deed *d)
{
    char iso[ISO_TIME_CAP];
    meeting_start_if_due(d->m, d->now, d->fx);
    if (d->m->status != MEETING_SCHEDULED)
        return CODE_OK;
    iso_time_write(iso, d->m->scheduled_at);
    d->data = json_pack("{s:o, s:s}", "message", json_sprintf("The meeting starts at %s", iso), "scheduledAt", iso);
    return deed_fail(d, CODE_SCHEDULED, "The meeting has not started yet");
}

/* What every joined client is told; participants are the others. The token is the one it has, or its new one. */
static json_t *joined_json(const struct deed *d, const struct participant *p, const char *resume_token)
{
    const struct meeting *m = d->m;
    json_t *others = people_views(m, p);
    json_t *joined = json_pack("{s:s, s:o, s:o, s:s, s:b, s:s}", "participantId", p->id, "participants", others,
                               "settings", meeting_settings_json(m), "title", m->settings.title, "isAdmin", p->admin,
                               "topology", topology_for(m, p));
    if (p->dialect != DIALECT_DOCUMENTED)
        json_object_set_new(joined, "resumeToken", json_string(resume_token));
    if (d->ev->ice_servers)
        json_object_set(joined, "iceServers", d->ev->ice_servers);
    return joined;
}

static void tell_joined(struct deed *d, const struct participant *p, const char *resume_token)
{
    struct effect *e = effects_begin(d->fx, d->m->id, "joined", joined_json(d, p, resume_token));
    if (e)
        e->people = people_views_text(d->m, p);
    effects_target(d->fx, e, p->socket);
    effects_finish(d->fx, e);
    chat_tell_history(d, p);
    recording_tell(d->m, p, d->fx);
    waiting_tell_host(d->m, p, d->fx);
    d->data = json_pack("{s:s}", "participantId", p->id);
}

/* Who comes in waits no more. Before it is present, so that it doesn't hear of itself. */
static void unqueue(struct deed *d)
{
    struct waiting *queued = waiting_by_socket(d->m, d->ev->socket);
    if (queued)
        waiting_remove(d->m, queued, true, d->fx);
}

/* Back as itself, from a new socket. The old one may not have noticed yet that it is dead. */
static enum meeting_code resume(struct deed *d, struct participant *p)
{
    if (p->socket)
        effects_close(d->fx, d->m->id, p->socket, 0);
    unqueue(d);
    p->socket = d->ev->socket;
    p->away_until = USEC_NEVER;
    p->lost_at = 0;
    tell_joined(d, p, field_str(d->payload, "resumeToken", ""));
    sfu_resumed(d->m, p, d->fx);
    return CODE_OK;
}

static void count_join(struct deed *d, const struct participant *p)
{
    struct meeting *m = d->m;
    json_t *told =
        json_pack("{s:s, s:s, s:i}", "participantId", p->id, "name", p->name, "participantCount", (int)m->n_people);
    struct effect *e = meeting_keep(m, FX_PARTICIPANT_JOINED, told, d->fx);
    if (e) {
        text_copy(e->participant, sizeof e->participant, p->id);
        e->kept = restore_json(p);
        e->peak = m->peak;
        e->at = p->joined_at;
        e->attended = meeting_attended(m, d->now.mono);
    }
    meeting_analytics(m, "meeting.participant_joined", p->id,
                      json_pack("{s:s, s:i}", "meetingId", m->id, "participantCount", (int)m->n_people), d->fx);
}

static enum meeting_code enter(struct deed *d, bool admin, enum dialect dialect)
{
    struct meeting *m = d->m;
    if (!*d->ev->fresh.id || people_by_id(m, d->ev->fresh.id))
        return deed_fail(d, CODE_UNAVAILABLE, "Please try again");
    struct participant *p = people_add(m, d->ev->fresh.id);
    if (!p)
        return deed_fail(d, CODE_UNAVAILABLE, "The server is out of memory");
    text_clean(p->name, sizeof p->name, field_str(d->payload, "name", ""), 100, "Guest");
    sha256_hex_of(p->resume_hash, d->ev->fresh.token);
    unqueue(d);
    p->socket = d->ev->socket;
    p->away_until = USEC_NEVER;
    p->joined_at = meeting_wall(m, d->now.mono);
    p->dialect = dialect;
    p->admin = admin;
    p->muted = m->settings.mute_on_join && !admin;
    p->video_off = m->settings.video_off_on_join && !admin;
    people_changed(p);
    m->empty_until = USEC_NEVER;
    topology_review(m, p, d->fx);
    tell_joined(d, p, d->ev->fresh.token);
    people_tell_all(m, p, "participant:joined", people_view(p), d->fx);
    count_join(d, p);
    return CODE_OK;
}

static bool dialect_of(const char *topology, enum dialect *d)
{
    int t = *topology ? field_choice(MEETING_TOPOLOGIES, topology, strlen(topology)) : TOPOLOGY_MESH;
    if (t < 0)
        return false;
    *d = t == TOPOLOGY_MESH ? DIALECT_DOCUMENTED : t == TOPOLOGY_AUTO ? DIALECT_AUTO : DIALECT_SFU;
    return true;
}

/* Locked, waiting room and cap, for somebody new. `vouched`: a host, an invite or an admission passes the first two. */
static enum meeting_code pass_gate(struct deed *d, bool admin, enum dialect dialect)
{
    struct meeting *m = d->m;
    const char *invite = field_str(d->payload, "inviteToken", field_str(d->payload, "invite", ""));
    const struct waiting *w = waiting_by_socket(m, d->ev->socket);
    bool invited = *invite && !admin && invite_find(m, invite);
    if (*invite && !admin && !invited)
        return deed_fail(d, CODE_BAD_TOKEN, "The invitation is not valid any more");
    bool vouched = admin || invited || (w && w->admitted);
    if (!vouched && m->settings.locked)
        return deed_fail(d, CODE_LOCKED, "The meeting is locked");
    if (!vouched && m->settings.waiting_room)
        return waiting_enter(d);
    if (m->n_people >= m->settings.max_participants)
        return deed_fail(d, CODE_FULL, "The meeting is full");
    if (d->ev->peak_stays && m->n_people >= m->peak)
        return deed_fail(d, CODE_FULL, "The organizer's credit doesn't pay for more people");
    enum meeting_code code = enter(d, admin, dialect);
    if (code)
        return code;
    if (invited)
        invite_spend(m, invite, d->fx);
    return CODE_OK;
}

enum meeting_code ev_join_meeting(struct deed *d)
{
    const struct meeting *m = d->m;
    enum dialect dialect = DIALECT_DOCUMENTED;
    if (strcmp(field_str(d->payload, "meetingId", ""), m->id) != 0)
        return deed_fail(d, CODE_NOT_FOUND, "Meeting not found");
    if (!dialect_of(field_str(d->payload, "topology", ""), &dialect))
        return deed_fail(d, CODE_BAD_REQUEST, "topology must be auto, mesh or sfu");
    enum meeting_code early = join_check_start(d);
    if (early)
        return early;
    struct participant *back = people_by_resume(m, field_str(d->payload, "resumeToken", ""));
    if (back)
        return resume(d, back);
    bool admin = field_bool(d->payload, "isAdmin", false);
    if (admin && !meeting_admin_token_ok(m, field_str(d->payload, "adminToken", NULL)))
        return deed_fail(d, CODE_BAD_TOKEN, "The admin token is wrong");
    return pass_gate(d, admin, dialect);
}

enum meeting_code ev_leave_meeting(struct deed *d)
{
    people_leave(d->m, d->now, d->who, d->fx);
    return CODE_OK;
}

/* ---- after a restart of control ---- */

static const char *const dialect_names[] = {
    [DIALECT_DOCUMENTED] = "mesh",
    [DIALECT_AUTO] = "auto",
    [DIALECT_SFU] = "sfu",
};

json_t *restore_json(const struct participant *p)
{
    return json_pack("{s:s, s:b, s:s, s:s, s:I}", "name", p->name, "isAdmin", p->admin, "topology",
                     dialect_names[p->dialect], "resumeHash", p->resume_hash, "joinedAt",
                     (json_int_t)(p->joined_at / MSEC));
}

static enum dialect dialect_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(dialect_names); i++)
        if (strcmp(dialect_names[i], name) == 0)
            return (enum dialect)i;
    return DIALECT_DOCUMENTED;
}

void restore_apply(struct meeting *m, struct moment now, const struct meeting_event *ev)
{
    bool usable = m->status == MEETING_ACTIVE && ev->participant && *ev->participant &&
                  strlen(ev->participant) < PARTICIPANT_ID_CAP && !people_by_id(m, ev->participant);
    struct participant *p = usable ? people_add(m, ev->participant) : NULL;
    if (!p)
        return;
    text_clean(p->name, sizeof p->name, field_str(ev->payload, "name", ""), 100, "Guest");
    text_copy(p->resume_hash, sizeof p->resume_hash, field_str(ev->payload, "resumeHash", ""));
    p->admin = field_bool(ev->payload, "isAdmin", false);
    p->dialect = dialect_named(field_str(ev->payload, "topology", ""));
    json_int_t joined_ms = json_integer_value(json_object_get(ev->payload, "joinedAt"));
    p->joined_at = joined_ms > 0 && joined_ms < USEC_NEVER / MSEC ? (usec_t)joined_ms * MSEC : 0;
    p->lost_at = m->last_left;
    p->away_until = p->dialect == DIALECT_DOCUMENTED ? now.mono : now.mono + MEETING_RESUME_WINDOW;
    p->in_sfu = p->sfu_unsure = m->sfu_on && p->dialect != DIALECT_DOCUMENTED;
    people_changed(p);
    m->empty_until = USEC_NEVER;
    meeting_arm(m, p->away_until);
}
