/* Coming in: for the first time, again after a lost socket, and leaving by choice. */
#include "meeting/iso_time.h"
#include "meeting/meeting_priv.h"

#include <string.h>

enum meeting_code join_not_yet(struct call *c)
{
    char iso[ISO_TIME_CAP];
    iso_time_write(iso, c->m->scheduled_at);
    c->data = json_pack("{s:o, s:s}", "message", json_sprintf("The meeting starts at %s", iso), "scheduledAt", iso);
    return call_fail(c, CODE_SCHEDULED, "The meeting has not started yet");
}

/* What every joined client is told; participants are the others. The token is the one it has, or its new one. */
static json_t *joined_json(const struct call *c, const struct participant *p, const char *resume_token)
{
    const struct meeting *m = c->m;
    json_t *others = json_array();
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i] != p)
            json_array_append_new(others, participant_view(m->people[i]));
    json_t *joined = json_pack("{s:s, s:o, s:o, s:s, s:b, s:s}", "participantId", p->id, "participants", others,
                               "settings", meeting_settings_json(m), "title", m->settings.title, "isAdmin", p->admin,
                               "topology", topology_for(m, p));
    if (p->dialect != DIALECT_DOCUMENTED)
        json_object_set_new(joined, "resumeToken", json_string(resume_token));
    if (c->ev->ice_servers)
        json_object_set(joined, "iceServers", c->ev->ice_servers);
    return joined;
}

static void tell_joined(struct call *c, const struct participant *p, const char *resume_token)
{
    tell(c->m, p, "joined", joined_json(c, p, resume_token), c->fx);
    chat_tell_history(c->m, p, c->fx);
    recording_tell(c->m, p, c->fx);
    waiting_tell_host(c->m, p, c->fx);
    c->data = json_pack("{s:s}", "participantId", p->id);
}

/* Who comes in waits no more. Before it is present, so that it doesn't hear of itself. */
static void unqueue(struct call *c)
{
    struct waiting *queued = waiting_by_socket(c->m, c->ev->socket);
    if (queued)
        waiting_remove(c->m, queued, true, c->fx);
}

/* Back as itself, from a new socket. The old one may not have noticed yet that it is dead. */
static enum meeting_code resume(struct call *c, struct participant *p)
{
    if (p->socket)
        effects_close(c->fx, c->m->id, p->socket, 0);
    unqueue(c);
    p->socket = c->ev->socket;
    p->away_until = USEC_NEVER;
    p->lost_at = 0;
    tell_joined(c, p, field_str(c->payload, "resumeToken", ""));
    sfu_resumed(c->m, p, c->fx);
    return CODE_OK;
}

static void count_join(struct call *c, const struct participant *p)
{
    struct meeting *m = c->m;
    json_t *told =
        json_pack("{s:s, s:s, s:i}", "participantId", p->id, "name", p->name, "participantCount", (int)m->n_people);
    struct effect *e = keep(m, FX_PARTICIPANT_JOINED, told, c->fx);
    if (e) {
        text_copy(e->participant, sizeof e->participant, p->id);
        e->kept = restore_json(p);
        e->peak = m->peak;
        e->at = p->joined_at;
    }
    analytics(m, "meeting.participant_joined", p->id,
              json_pack("{s:s, s:i}", "meetingId", m->id, "participantCount", (int)m->n_people), c->fx);
}

static enum meeting_code enter(struct call *c, bool admin, enum dialect dialect)
{
    struct meeting *m = c->m;
    if (!*c->ev->fresh.id || people_by_id(m, c->ev->fresh.id))
        return call_fail(c, CODE_UNAVAILABLE, "Please try again");
    struct participant *p = people_add(m, c->ev->fresh.id);
    if (!p)
        return call_fail(c, CODE_UNAVAILABLE, "The server is out of memory");
    text_clean(p->name, sizeof p->name, field_str(c->payload, "name", ""), 100, "Guest");
    sha256_hex_of(p->resume_hash, c->ev->fresh.token);
    unqueue(c);
    p->socket = c->ev->socket;
    p->away_until = USEC_NEVER;
    p->joined_at = c->now.wall;
    p->dialect = dialect;
    p->admin = admin;
    p->muted = m->settings.mute_on_join && !admin;
    p->video_off = m->settings.video_off_on_join && !admin;
    participant_changed(p);
    m->empty_until = USEC_NEVER;
    topology_review(m, p, c->fx);
    tell_joined(c, p, c->ev->fresh.token);
    broadcast(m, p, "participant:joined", participant_view(p), c->fx);
    count_join(c, p);
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
static enum meeting_code pass_gate(struct call *c, bool admin, enum dialect dialect)
{
    struct meeting *m = c->m;
    const char *invite = field_str(c->payload, "inviteToken", field_str(c->payload, "invite", ""));
    const struct waiting *w = waiting_by_socket(m, c->ev->socket);
    bool invited = *invite && !admin && invite_find(m, invite);
    if (*invite && !admin && !invited)
        return call_fail(c, CODE_BAD_TOKEN, "The invitation is not valid any more");
    bool vouched = admin || invited || (w && w->admitted);
    if (!vouched && m->settings.locked)
        return call_fail(c, CODE_LOCKED, "The meeting is locked");
    if (!vouched && m->settings.waiting_room)
        return waiting_enter(c);
    if (m->n_people >= m->settings.max_participants)
        return call_fail(c, CODE_FULL, "The meeting is full");
    enum meeting_code code = enter(c, admin, dialect);
    if (code)
        return code;
    if (invited)
        invite_spend(m, invite, c->fx);
    return CODE_OK;
}

enum meeting_code join(struct call *c)
{
    const struct meeting *m = c->m;
    enum dialect dialect = DIALECT_DOCUMENTED;
    if (strcmp(field_str(c->payload, "meetingId", ""), m->id) != 0)
        return call_fail(c, CODE_NOT_FOUND, "Meeting not found");
    if (!dialect_of(field_str(c->payload, "topology", ""), &dialect))
        return call_fail(c, CODE_BAD_REQUEST, "topology must be auto, mesh or sfu");
    if (m->status == MEETING_SCHEDULED)
        return join_not_yet(c);
    struct participant *back = people_by_resume(m, field_str(c->payload, "resumeToken", ""));
    if (back)
        return resume(c, back);
    bool admin = field_bool(c->payload, "isAdmin", false);
    if (admin && !meeting_admin_token_ok(m, field_str(c->payload, "adminToken", NULL)))
        return call_fail(c, CODE_BAD_TOKEN, "The admin token is wrong");
    return pass_gate(c, admin, dialect);
}

enum meeting_code leave(struct call *c)
{
    people_leave(c->m, c->now, c->who, c->fx);
    return CODE_OK;
}
