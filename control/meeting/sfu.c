/* sfu.c: topology, and the participants' side of the SFU: what they ask of it and what it tells them. */
#include "meeting/meeting_priv.h"

#include <stdint.h>
#include <string.h>

#define SFU_VIEWS_MAX 64 /* that the SFU takes; the most wanted come first */
#define RESTARTED     "The media server was restarted"

static struct effect *sfu_do(struct meeting *m, const struct participant *p, enum sfu_op op, json_t *payload,
                             struct effects *fx)
{
    struct effect *e = effects_add(fx, FX_SFU, m->id);
    if (!e) {
        json_decref(payload);
        return NULL;
    }
    e->op = op;
    e->payload = payload;
    if (p)
        text_copy(e->participant, sizeof e->participant, p->id);
    return e;
}

const char *topology_for(const struct meeting *m, const struct participant *p)
{
    return m->sfu_on && p->dialect != DIALECT_DOCUMENTED ? "sfu" : "mesh";
}

static bool wants_sfu(const struct meeting *m)
{
    unsigned able = 0, asked = 0;
    for (unsigned i = 0; i < m->n_people; i++) {
        able += m->people[i]->dialect != DIALECT_DOCUMENTED;
        asked += m->people[i]->dialect == DIALECT_SFU;
    }
    if (m->settings.topology == TOPOLOGY_MESH || !able)
        return false;
    if (m->settings.topology == TOPOLOGY_SFU)
        return true;
    return m->sfu_up && (asked || m->n_people > m->mesh_max);
}

void topology_review(struct meeting *m, const struct participant *newcomer, struct effects *fx)
{
    bool turns = !m->sfu_on && wants_sfu(m);
    if (turns)
        meeting_keep(m, FX_STORE_SFU, json_true(), fx);
    m->sfu_on = m->sfu_on || turns;
    if (!m->sfu_on)
        return;
    for (unsigned i = 0; i < m->n_people; i++) {
        struct participant *p = m->people[i];
        if (p->dialect == DIALECT_DOCUMENTED || p->in_sfu)
            continue;
        sfu_enter(m, p, fx);
        if (p != newcomer)
            people_tell(m, p, "topology:changed", json_pack("{s:s}", "topology", "sfu"), fx);
    }
}

void sfu_enter(struct meeting *m, struct participant *p, struct effects *fx)
{
    p->in_sfu = true;
    sfu_do(m, p, SFU_JOIN, NULL, fx);
    if (p->audio_blocked)
        sfu_do(m, p, SFU_AUDIO_BLOCKED, json_true(), fx);
}

void sfu_leave(struct meeting *m, struct participant *p, struct effects *fx)
{
    if (p->in_sfu)
        sfu_do(m, p, SFU_LEAVE, NULL, fx);
    p->in_sfu = false;
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->in_sfu)
            return;
    if (m->sfu_on && m->n_people == 1)
        sfu_do(m, NULL, SFU_END_ROOM, NULL, fx);
}

void sfu_block_audio(struct meeting *m, struct participant *p, bool blocked, struct effects *fx)
{
    if (p->audio_blocked == blocked)
        return;
    p->audio_blocked = blocked;
    if (p->in_sfu)
        sfu_do(m, p, SFU_AUDIO_BLOCKED, json_boolean(blocked), fx);
}

static void tell_restart(struct meeting *m, const struct participant *p, const char *reason, struct effects *fx)
{
    people_tell(m, p, "sfu:restart", json_pack("{s:s}", "reason", reason), fx);
}

/* What changed while its socket was away was told to nobody. */
void sfu_resumed(struct meeting *m, struct participant *p, struct effects *fx)
{
    const char *mid;
    json_t *slot;
    if (p->restart_due) {
        p->restart_due = false;
        tell_restart(m, p, RESTARTED, fx);
    }
    if (!p->slots)
        return;
    json_t *slots = json_array();
    json_object_foreach(p->slots, mid, slot)
        json_array_append(slots, slot);
    people_tell(m, p, "sfu:slots", json_pack("{s:o}", "slots", slots), fx);
}

static enum meeting_code sfu_usable(struct deed *d)
{
    if (!d->who->in_sfu)
        return deed_fail(d, CODE_BAD_REQUEST, "The SFU is not in use for you: see joined.topology");
    if (!d->m->sfu_up)
        return deed_fail(d, CODE_UNAVAILABLE, "The media server is down; wait for sfu:restart");
    return CODE_OK;
}

enum meeting_code sfu_offer(struct deed *d, const char *sdp)
{
    struct participant *p = d->who;
    enum meeting_code code = sfu_usable(d);
    if (code)
        return code;
    if (p->n_offers == OFFERS_PENDING)
        return deed_fail(d, CODE_RATE_LIMITED, "Too many offers wait for their answer");
    struct effect *e = sfu_do(d->m, p, SFU_OFFER, json_string(sdp), d->fx);
    if (!e)
        return deed_fail(d, CODE_UNAVAILABLE, "The server is out of memory");
    e->request = ++d->m->last_request;
    p->offers[p->n_offers++] = (struct pending_offer){e->request, d->ev->socket, d->ev->ack};
    return CODE_PENDING;
}

enum meeting_code sfu_candidate(struct deed *d, json_t *candidate)
{
    enum meeting_code code = sfu_usable(d);
    if (!code)
        sfu_do(d->m, d->who, SFU_CANDIDATE, json_incref(candidate), d->fx);
    return code;
}

static bool source_known(const json_t *source)
{
    static const char *const known[] = {"camera", "microphone", "screen", "screen-audio"};
    for (size_t i = 0; json_is_string(source) && i < ARRAY_LEN(known); i++)
        if (strcmp(json_string_value(source), known[i]) == 0)
            return true;
    return false;
}

/* What goes on to the SFU holds the named fields and nothing else: its length is ours to bound. */
static json_t *without_luggage(const json_t *list, size_t max, const char *const *names)
{
    json_t *out = json_array(), *element;
    size_t i;
    json_array_foreach(list, i, element) {
        if (i == max)
            break;
        json_t *copy = json_object();
        for (const char *const *name = names; *name; name++)
            if (json_object_get(element, *name))
                json_object_set(copy, *name, json_object_get(element, *name));
        json_array_append_new(out, copy);
    }
    return out;
}

enum meeting_code ev_sfu_tracks(struct deed *d)
{
    static const struct field track_fields[] = {
        {"mid", FIELD_UNITS, REQUIRED, 1, 16},
        {"source", FIELD_UNITS, REQUIRED, 1, 32},
        {0},
    };
    static const char *const names[] = {"mid", "source", NULL};
    json_t *tracks = json_object_get(d->payload, "tracks"), *track;
    size_t i;
    json_array_foreach(tracks, i, track)
        if (fields_check(track_fields, track, FIELDS_PAYLOAD, NULL) || !source_known(json_object_get(track, "source")))
            return deed_fail(d, CODE_BAD_REQUEST, "A track must be {mid, source}");
    enum meeting_code code = sfu_usable(d);
    if (!code)
        sfu_do(d->m, d->who, SFU_TRACKS, without_luggage(tracks, SIZE_MAX, names), d->fx);
    return code;
}

static bool pixels_fit(const json_t *v)
{
    return json_is_number(v) && json_number_value(v) >= 0 && json_number_value(v) <= 16384;
}

enum meeting_code ev_sfu_view(struct deed *d)
{
    static const struct field view_fields[] = {
        {"participantId", FIELD_UNITS, REQUIRED, 1, 64},
        {"source", FIELD_UNITS, REQUIRED, 1, 32},
        {"pinned", FIELD_BOOL, OPTIONAL, 0, 0},
        {0},
    };
    static const char *const names[] = {"participantId", "source", "width", "height", "pinned", NULL};
    json_t *views = json_object_get(d->payload, "views"), *view;
    size_t i;
    json_array_foreach(views, i, view) {
        bool ok = !fields_check(view_fields, view, FIELDS_PAYLOAD, NULL) &&
                  source_known(json_object_get(view, "source")) && pixels_fit(json_object_get(view, "width")) &&
                  pixels_fit(json_object_get(view, "height"));
        if (!ok)
            return deed_fail(d, CODE_BAD_REQUEST, "A view must be {participantId, source, width, height, pinned?}");
    }
    enum meeting_code code = sfu_usable(d);
    if (code)
        return code;
    json_t *wish = json_pack("{s:o}", "views", without_luggage(views, SFU_VIEWS_MAX, names));
    if (field_given(d->payload, "maxVideo"))
        json_object_set(wish, "maxVideo", json_object_get(d->payload, "maxVideo"));
    sfu_do(d->m, d->who, SFU_VIEW, wish, d->fx);
    return CODE_OK;
}

/* The pending offer's acknowledgement, if its socket is still the participant's. */
static void offer_answered(struct meeting *m, struct participant *p, unsigned at, enum meeting_code code,
                           const char *message, struct effects *fx)
{
    struct pending_offer o = p->offers[at];
    p->n_offers--;
    memmove(p->offers + at, p->offers + at + 1, (p->n_offers - at) * sizeof *p->offers);
    if (!p->socket || o.socket != p->socket)
        return;
    struct meeting_reply reply = {.code = code, .message = "The offer was refused", .only_acked = true};
    effects_answer(fx, m->id, o.socket, o.ack, &reply, message ? json_pack("{s:s}", "message", message) : NULL);
}

static unsigned offer_at(const struct participant *p, uint64_t request)
{
    unsigned i = 0;
    while (i < p->n_offers && p->offers[i].request != request)
        i++;
    return i;
}

static void fail_offers(struct meeting *m, struct participant *p, struct effects *fx)
{
    while (p->n_offers)
        offer_answered(m, p, 0, CODE_UNAVAILABLE, "The media server is down; wait for sfu:restart", fx);
}

static void on_answer(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    unsigned at = offer_at(p, ev->request);
    bool asked_here = at < p->n_offers && p->offers[at].socket == p->socket;
    if (asked_here)
        people_tell(m, p, "signal:answer",
                    json_pack("{s:s, s:{s:s, s:O}}", "from", "sfu", "answer", "type", "answer", "sdp", ev->payload),
                    fx);
    if (at < p->n_offers)
        offer_answered(m, p, at, CODE_OK, NULL, fx);
}

static void on_refused(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    unsigned at = offer_at(p, ev->request);
    if (at < p->n_offers)
        offer_answered(m, p, at, ev->unavailable ? CODE_UNAVAILABLE : CODE_BAD_REQUEST, json_string_value(ev->payload),
                       fx);
}

static void on_slots(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    json_t *slot;
    size_t i;
    if (!p->slots)
        p->slots = json_object();
    json_array_foreach(ev->payload, i, slot)
        if (json_is_string(json_object_get(slot, "mid")))
            json_object_set(p->slots, json_string_value(json_object_get(slot, "mid")), slot);
    people_tell(m, p, "sfu:slots", json_pack("{s:O}", "slots", ev->payload), fx);
}

/* A new connection, please: what the SFU knew of this participant is gone. */
static void restart(struct meeting *m, struct participant *p, const char *reason, struct effects *fx)
{
    fail_offers(m, p, fx);
    json_decref(p->slots);
    p->slots = NULL;
    p->sfu_unsure = false;
    p->restart_due = !p->socket;
    sfu_enter(m, p, fx);
    tell_restart(m, p, reason, fx);
}

static void on_speakers(struct meeting *m, const struct meeting_event *ev, struct effects *fx)
{
    struct effect *e = effects_begin(fx, m->id, "sfu:speakers", json_incref(ev->payload));
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->in_sfu && m->people[i]->socket)
            effects_target(fx, e, m->people[i]->socket);
    effects_finish(fx, e);
}

static void on_up(struct meeting *m, const struct meeting_event *ev, struct effects *fx)
{
    m->sfu_up = true;
    for (unsigned i = 0; i < m->n_people; i++) {
        struct participant *p = m->people[i];
        if (p->in_sfu && ev->restarted)
            restart(m, p, RESTARTED, fx);
        else if (p->in_sfu)
            sfu_enter(m, p, fx);
    }
    topology_review(m, NULL, fx); /* an `auto` meeting may have waited for it */
}

static bool is_listed(const json_t *people, const char *participant)
{
    for (size_t i = 0; i < json_array_size(people); i++)
        if (strcmp(field_str(json_array_get(people, i), "participant", ""), participant) == 0)
            return true;
    return false;
}

/* We and the SFU were both restarted: who was restored in good faith has no connection. */
static void on_has(struct meeting *m, const struct meeting_event *ev, struct effects *fx)
{
    for (unsigned i = 0; i < m->n_people; i++) {
        struct participant *p = m->people[i];
        if (p->sfu_unsure && !is_listed(ev->payload, p->id))
            restart(m, p, RESTARTED, fx);
        p->sfu_unsure = false;
    }
}

static void on_down(struct meeting *m, const struct meeting_event *ev, struct effects *fx)
{
    (void)ev;
    m->sfu_up = false;
    for (unsigned i = 0; i < m->n_people; i++)
        fail_offers(m, m->people[i], fx);
}

static void on_candidate(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    people_tell(m, p, "signal:ice-candidate", json_pack("{s:s, s:O}", "from", "sfu", "candidate", ev->payload), fx);
}

static void on_quality(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    people_tell(m, p, "sfu:quality", json_incref(ev->payload), fx);
}

static void on_failed(struct meeting *m, struct participant *p, const struct meeting_event *ev, struct effects *fx)
{
    const char *reason = json_string_value(ev->payload);
    restart(m, p, reason ? reason : "The connection to the media server was lost", fx);
}

/* What the SFU says: of all, or of one participant, who may have left meanwhile. */
static const struct {
    void (*of_all)(struct meeting *, const struct meeting_event *, struct effects *);
    void (*of_one)(struct meeting *, struct participant *, const struct meeting_event *, struct effects *);
} said[] = {
    [MEETING_SFU_UP] = {.of_all = on_up},
    [MEETING_SFU_DOWN] = {.of_all = on_down},
    [MEETING_SFU_HAS] = {.of_all = on_has},
    [MEETING_SFU_SPEAKERS] = {.of_all = on_speakers},
    [MEETING_SFU_ANSWER] = {.of_one = on_answer},
    [MEETING_SFU_REFUSED] = {.of_one = on_refused},
    [MEETING_SFU_CANDIDATE] = {.of_one = on_candidate},
    [MEETING_SFU_SLOTS] = {.of_one = on_slots},
    [MEETING_SFU_QUALITY] = {.of_one = on_quality},
    [MEETING_SFU_SESSION_FAILED] = {.of_one = on_failed},
};

void sfu_event(struct meeting *m, const struct meeting_event *ev, struct effects *fx)
{
    if ((size_t)ev->type >= ARRAY_LEN(said))
        return;
    struct participant *p = said[ev->type].of_one ? people_by_id(m, ev->participant) : NULL;
    if (said[ev->type].of_all)
        said[ev->type].of_all(m, ev, fx);
    else if (p && p->in_sfu)
        said[ev->type].of_one(m, p, ev, fx);
}
