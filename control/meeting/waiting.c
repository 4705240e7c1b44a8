/* waiting.c: the waiting room: who queues for a host to admit, for ten minutes. An admission is for that connection,
 * one entry, five minutes. */
#include "meeting/meeting_priv.h"

#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

struct waiting *waiting_by_socket(const struct meeting *m, uint64_t socket)
{
    for (unsigned i = 0; i < m->n_queue; i++)
        if (m->queue[i].socket == socket)
            return &m->queue[i];
    return NULL;
}

static struct waiting *waiting_by_id(const struct meeting *m, const char *socket_id)
{
    for (unsigned i = 0; i < m->n_queue; i++)
        if (!m->queue[i].admitted && strcmp(m->queue[i].socket_id, socket_id) == 0)
            return &m->queue[i];
    return NULL;
}

unsigned waiting_count(const struct meeting *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->n_queue; i++)
        n += !m->queue[i].admitted;
    return n;
}

static json_t *waiting_json(const struct meeting *m, const struct waiting *w, bool removed)
{
    json_t *o = json_pack("{s:s, s:s, s:i}", "socketId", w->socket_id, "name", w->name, "count", (int)waiting_count(m));
    if (removed)
        json_object_set_new(o, "removed", json_true());
    return o;
}

/* Takes it out of those who wait (count is without it), and says so to the hosts. */
static void waiting_admit_one(struct meeting *m, struct moment now, struct waiting *w, struct effects *fx)
{
    w->admitted = true;
    w->until = now.mono + MEETING_ADMISSION;
    meeting_arm(m, w->until);
    effects_emit(fx, m->id, w->socket, "waiting-room:admitted", json_object());
    people_tell_hosts(m, "waiting-room:participant-waiting", waiting_json(m, w, true), fx);
}

void waiting_remove(struct meeting *m, struct waiting *w, bool tell_them, struct effects *fx)
{
    struct waiting gone = *w;
    size_t i = (size_t)(w - m->queue);
    m->n_queue--;
    memmove(w, w + 1, (m->n_queue - i) * sizeof *w);
    if (tell_them && !gone.admitted)
        people_tell_hosts(m, "waiting-room:participant-waiting", waiting_json(m, &gone, true), fx);
}

static void waiting_dismiss(struct meeting *m, struct waiting *w, const char *why, struct effects *fx)
{
    effects_emit(fx, m->id, w->socket, "waiting-room:denied", json_pack("{s:s}", "message", why));
    waiting_remove(m, w, true, fx);
}

static unsigned count_from(const struct meeting *m, const struct holder *from)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->n_queue; i++)
        n += !m->queue[i].admitted && holder_eq(&m->queue[i].from, from);
    return n;
}

/* The queue is full: the address with most of it gives its oldest place to whoever would have fewer. False: nobody has
 * more. */
static bool waiting_displace(struct meeting *m, const struct holder *newcomer, struct effects *fx)
{
    unsigned most = count_from(m, newcomer) + 1, at = m->n_queue;
    for (unsigned i = 0; i < m->n_queue; i++) {
        unsigned n = m->queue[i].admitted ? 0 : count_from(m, &m->queue[i].from);
        if (n > most) {
            most = n;
            at = i;
        }
    }
    if (at == m->n_queue)
        return false;
    waiting_dismiss(m, &m->queue[at], "Too many people are waiting", fx);
    return true;
}

static struct waiting *waiting_add(struct meeting *m)
{
    if (vec_reserve(m->queue, m->queue_cap, m->n_queue + 1, WAITING_MAX))
        return NULL;
    struct waiting *w = &m->queue[m->n_queue++];
    *w = (struct waiting){.until = USEC_NEVER};
    return w;
}

/* Into the queue, once for each connection. */
enum meeting_code waiting_enter(struct deed *d)
{
    struct meeting *m = d->m;
    struct waiting *w = waiting_by_socket(m, d->ev->socket);
    bool again = w != NULL;
    if (!w && m->n_queue >= WAITING_MAX && !waiting_displace(m, &d->ev->from, d->fx))
        return deed_fail(d, CODE_FULL, "Too many people are waiting");
    if (!w)
        w = waiting_add(m);
    if (!w)
        return deed_fail(d, CODE_UNAVAILABLE, "The server is out of memory");
    if (!again) {
        const char *id = d->ev->socket_id && *d->ev->socket_id ? d->ev->socket_id : d->ev->fresh.id;
        w->socket = d->ev->socket;
        w->from = d->ev->from;
        w->until = d->now.mono + MEETING_WAITING;
        meeting_arm(m, w->until);
        snprintf(w->socket_id, sizeof w->socket_id, "%s", id);
        text_clean(w->name, sizeof w->name, field_str(d->payload, "name", ""), 100, "Guest");
        people_tell_hosts(m, "waiting-room:participant-waiting", waiting_json(m, w, false), d->fx);
    }
    d->data = json_pack("{s:b}", "waiting", 1);
    effects_emit(d->fx, m->id, d->ev->socket, "waiting-room:waiting",
                 json_pack("{s:s}", "message", "Please wait: the host will let you in soon"));
    return CODE_OK;
}

enum meeting_code ev_waiting_room_join(struct deed *d)
{
    struct meeting *m = d->m;
    const struct waiting *w = waiting_by_socket(m, d->ev->socket);
    if (strcmp(field_str(d->payload, "meetingId", ""), m->id) != 0)
        return deed_fail(d, CODE_NOT_FOUND, "Meeting not found");
    enum meeting_code early = join_check_start(d);
    if (early)
        return early;
    bool admitted = w && w->admitted;
    if (m->settings.locked && !admitted)
        return deed_fail(d, CODE_LOCKED, "The meeting is locked");
    if (m->settings.waiting_room && !admitted)
        return waiting_enter(d);
    effects_emit(d->fx, m->id, d->ev->socket, "waiting-room:admitted", json_object());
    d->data = json_pack("{s:b}", "waiting", 0);
    return CODE_OK;
}

static struct waiting *waiting_named(struct deed *d)
{
    const char *meeting = field_str(d->payload, "meetingId", d->m->id);
    if (strcmp(meeting, d->m->id) != 0)
        return NULL;
    return waiting_by_id(d->m, field_str(d->payload, "socketId", ""));
}

enum meeting_code ev_waiting_room_admit(struct deed *d)
{
    struct waiting *w = waiting_named(d);
    if (!w)
        return deed_fail(d, CODE_NOT_FOUND, "Nobody of this id is waiting");
    waiting_admit_one(d->m, d->now, w, d->fx);
    meeting_analytics(d->m, "feature.waiting_room", d->who->id, json_pack("{s:s}", "action", "admit"), d->fx);
    return CODE_OK;
}

enum meeting_code ev_waiting_room_deny(struct deed *d)
{
    struct waiting *w = waiting_named(d);
    if (!w)
        return deed_fail(d, CODE_NOT_FOUND, "Nobody of this id is waiting");
    effects_emit(d->fx, d->m->id, w->socket, "waiting-room:denied",
                 json_pack("{s:s}", "message", "The host did not let you in"));
    waiting_remove(d->m, w, true, d->fx);
    meeting_analytics(d->m, "feature.waiting_room", d->who->id, json_pack("{s:s}", "action", "deny"), d->fx);
    return CODE_OK;
}

/* The waiting room was switched off. */
void waiting_admit_all(struct meeting *m, struct moment now, struct effects *fx)
{
    for (unsigned i = 0; i < m->n_queue; i++)
        if (!m->queue[i].admitted)
            waiting_admit_one(m, now, &m->queue[i], fx);
}

void waiting_tell_host(struct meeting *m, const struct participant *host, struct effects *fx)
{
    for (unsigned i = 0; host->admin && i < m->n_queue; i++)
        if (!m->queue[i].admitted)
            people_tell(m, host, "waiting-room:participant-waiting", waiting_json(m, &m->queue[i], false), fx);
}

/* Admissions that weren't used in time, and who waited in vain. */
void waiting_tick(struct meeting *m, struct moment now, struct effects *fx)
{
    for (unsigned i = m->n_queue; i-- > 0;) {
        struct waiting *w = &m->queue[i];
        if (w->until > now.mono)
            meeting_arm(m, w->until);
        else if (w->admitted)
            waiting_remove(m, w, false, NULL);
        else
            waiting_dismiss(m, w, "Nobody let you in: please try again later", fx);
    }
}
