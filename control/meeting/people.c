/* people.c: who is in the meeting: the list, what others see of each, and how they hear of changes. */
#include "meeting/meeting_priv.h"

#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

struct participant *people_by_id(const struct meeting *m, const char *id)
{
    for (unsigned i = 0; id && i < m->n_people; i++)
        if (strcmp(m->people[i]->id, id) == 0)
            return m->people[i];
    return NULL;
}

struct participant *people_by_socket(const struct meeting *m, uint64_t socket)
{
    for (unsigned i = 0; socket && i < m->n_people; i++)
        if (m->people[i]->socket == socket)
            return m->people[i];
    return NULL;
}

struct participant *people_by_resume(const struct meeting *m, const char *token)
{
    struct participant *found = NULL;
    char hash[DIGEST_HEX_CAP];
    if (!*token)
        return NULL;
    sha256_hex_of(hash, token);
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->dialect != DIALECT_DOCUMENTED && same_secret(m->people[i]->resume_hash, hash, sizeof hash))
            found = m->people[i];
    return found;
}

struct participant *people_add(struct meeting *m, const char *id)
{
    if (vec_reserve(m->people, m->people_cap, m->n_people + 1, VEC_MOST))
        return NULL;
    struct participant *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    strncpy(p->id, id, sizeof p->id - 1);
    m->people[m->n_people++] = p;
    if (m->n_people > m->peak)
        m->peak = m->n_people;
    return p;
}

static void participant_free(struct participant *p)
{
    json_decref(p->slots);
    json_decref(p->view);
    free(p->view_text);
    free(p);
}

void people_drop(struct meeting *m, struct participant *p)
{
    unsigned i = 0;
    while (m->people[i] != p)
        i++;
    m->n_people--;
    memmove(m->people + i, m->people + i + 1, (m->n_people - i) * sizeof(struct participant *));
    participant_free(p);
}

void people_free(struct meeting *m)
{
    for (unsigned i = 0; i < m->n_people; i++)
        participant_free(m->people[i]);
    free(m->people);
    m->people = NULL;
    m->n_people = m->people_cap = 0;
}

/* One object for each state, shared by every `participants[]` it is in: a joining storm of a thousand builds a
 * thousand of them, not a million. */
void people_changed(struct participant *p)
{
    json_decref(p->view);
    p->view = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I}", "participantId", p->id, "name", p->name, "isMuted",
                        p->muted, "isVideoOff", p->video_off, "isScreenSharing", p->sharing, "isHandRaised", p->hand,
                        "isAdmin", p->admin, "joinedAt", (json_int_t)(p->joined_at / MSEC));
    free(p->view_text);
    p->view_text = p->view ? json_dumps(p->view, JSON_COMPACT) : NULL;
}

json_t *people_view(const struct participant *p)
{
    return json_incref(p->view);
}

json_t *people_views(const struct meeting *m, const struct participant *except)
{
    json_t *all = json_array();
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i] != except)
            json_array_append_new(all, people_view(m->people[i]));
    return all;
}

char *people_views_text(const struct meeting *m, const struct participant *except)
{
    size_t len = sizeof "[]";
    for (unsigned i = 0; i < m->n_people; i++) {
        if (!m->people[i]->view_text)
            return NULL;
        len += strlen(m->people[i]->view_text) + 1;
    }
    char *text = malloc(len), *at = text;
    if (!text)
        return NULL;
    *at++ = '[';
    for (unsigned i = 0; i < m->n_people; i++) {
        if (m->people[i] == except)
            continue;
        if (at > text + 1)
            *at++ = ',';
        at = stpcpy(at, m->people[i]->view_text);
    }
    memcpy(at, "]", sizeof "]");
    return text;
}

void people_tell_all(struct meeting *m, const struct participant *except, const char *event, json_t *payload,
                     struct effects *fx)
{
    struct effect *e = effects_begin(fx, m->id, event, payload);
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i] != except && m->people[i]->socket)
            effects_target(fx, e, m->people[i]->socket);
    effects_finish(fx, e);
}

void people_tell_hosts(struct meeting *m, const char *event, json_t *payload, struct effects *fx)
{
    struct effect *e = effects_begin(fx, m->id, event, payload);
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->admin && m->people[i]->socket)
            effects_target(fx, e, m->people[i]->socket);
    effects_finish(fx, e);
}

void people_tell(struct meeting *m, const struct participant *p, const char *event, json_t *payload, struct effects *fx)
{
    if (p->socket)
        effects_emit(fx, m->id, p->socket, event, payload);
    else
        json_decref(payload);
}

void people_tell_updated(struct meeting *m, struct participant *p, const char *field, bool value, struct effects *fx)
{
    people_changed(p);
    people_tell_all(m, p, "participant:updated", json_pack("{s:s, s:b}", "participantId", p->id, field, value), fx);
}

static void store_left(struct meeting *m, const struct participant *p, usec_t now, struct effects *fx)
{
    json_t *told =
        json_pack("{s:s, s:s, s:i}", "participantId", p->id, "name", p->name, "participantCount", (int)m->n_people - 1);
    struct effect *e = meeting_keep(m, FX_PARTICIPANT_LEFT, told, fx);
    if (!e)
        return;
    text_copy(e->participant, sizeof e->participant, p->id);
    e->at = meeting_wall(m, p->lost_at);
    e->attended = meeting_attended(m, now);
}

/* Nobody is left. The meeting may still be joined for a while that isn't charged. */
static void became_empty(struct meeting *m, struct moment now, struct effects *fx)
{
    if (m->sfu_on && m->status != MEETING_ENDED)
        meeting_keep(m, FX_STORE_SFU, json_false(), fx);
    m->sfu_on = false;
    m->empty_until = now.mono + m->empty_grace;
    meeting_arm(m, m->empty_until);
}

void people_leave(struct meeting *m, struct moment now, struct participant *p, struct effects *fx)
{
    usec_t left_at = p->socket || !p->lost_at ? now.mono : p->lost_at;
    people_tell_all(m, p, "participant:left", json_pack("{s:s, s:s}", "participantId", p->id, "name", p->name), fx);
    p->lost_at = left_at;
    store_left(m, p, now.mono, fx);
    if (strcmp(m->recorder, p->id) == 0)
        recording_stop(m, p, fx);
    if (p->sharing)
        meeting_analytics(m, "feature.screen_share", p->id, json_pack("{s:s}", "action", "stop"), fx);
    sfu_leave(m, p, fx);
    people_drop(m, p);
    if (left_at > m->last_left)
        m->last_left = left_at;
    if (!m->n_people)
        became_empty(m, now, fx);
}
