/* assign.c: who is shown in which slot. Sticky: a source keeps its slot as long as it is wanted, so that a tile doesn't
 * jump and no key frame is asked for without need; only the slots of unwanted sources are given away. */
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* The most wanted sources of one kind for one member, most wanted first. */
struct wanted {
    unsigned n;
    struct track *list[SESSION_SLOTS];
};

static bool is_wanted(const struct wanted *w, const struct track *t)
{
    for (unsigned i = 0; i < w->n; i++)
        if (w->list[i] == t)
            return true;
    return false;
}

static void want(struct wanted *w, unsigned max, struct track *t)
{
    if (w->n < max && !is_wanted(w, t))
        w->list[w->n++] = t;
}

static bool is_own(const struct member *m, const struct track *t)
{
    return t->owner == m || strcmp(t->participant, m->name) == 0;
}

/* Screens first; then who speaks now, then whoever spoke last, then whoever came first. */
static int by_rank(const void *pa, const void *pb)
{
    const struct track *a = *(struct track *const *)pa, *b = *(struct track *const *)pb;
    bool sa = a->source == SOURCE_SCREEN, sb = b->source == SOURCE_SCREEN;
    if (sa != sb)
        return sa ? -1 : 1;
    if (a->speaking != b->speaking)
        return a->speaking ? -1 : 1;
    if (a->spoke_at != b->spoke_at)
        return a->spoke_at > b->spoke_at ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* A video track ranks as its participant's microphone does. */
static void spread_speech(struct room *r)
{
    for (unsigned i = 0; i < r->n_tracks; i++)
        if (r->tracks[i]->is_video)
            r->tracks[i]->speaking = false;
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct track *audio = r->tracks[i];
        if (audio->is_video || !audio->spoke_at)
            continue;
        for (unsigned k = 0; k < r->n_tracks; k++) {
            struct track *video = r->tracks[k];
            if (video->is_video && strcmp(video->participant, audio->participant) == 0) {
                video->spoke_at = audio->spoke_at;
                video->speaking = audio->speaking;
            }
        }
    }
}

static struct track *find_source(struct room *r, const struct msg_view *v)
{
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct track *t = r->tracks[i];
        if (t->is_video && t->source == v->source && strcmp(t->participant, v->participant) == 0)
            return t;
    }
    return NULL;
}

static void wanted_by_rank(const struct member *m, struct track **ranked, unsigned n, bool is_video, unsigned max,
                           struct wanted *w)
{
    for (unsigned i = 0; i < n && w->n < max; i++)
        if (ranked[i]->is_video == is_video && !is_own(m, ranked[i]))
            want(w, max, ranked[i]);
}

static void wanted_by_view(const struct member *m, unsigned max, struct wanted *w)
{
    for (unsigned pass = 0; pass < 2; pass++) /* pinned ones first */
        for (unsigned i = 0; i < m->n_views; i++) {
            struct track *t = m->views[i].pinned == (pass == 0) ? find_source(m->room, &m->views[i]) : NULL;
            if (t && !is_own(m, t))
                want(w, max, t);
        }
}

static void give(struct slot *s, struct track *t, usec_t now)
{
    if (track_subscribe(t, s))
        return;
    track_set_wanted(t);
    if (slot_is_open(s)) /* else it is asked for when the handshake is done, so that it isn't sent in vain */
        track_want_key(t, now);
}

static bool has_slot(struct session *session, struct track_id id)
{
    struct slot *s;
    for (unsigned i = 0; (s = session_slot_at(session, i)); i++)
        if (track_id_eq(slot_track(s), id))
            return true;
    return false;
}

static void take_unwanted(struct hub *h, struct session *session, bool is_video, const struct wanted *w)
{
    struct slot *s;
    for (unsigned i = 0; (s = session_slot_at(session, i)); i++) {
        struct track *t = hub_find_track(h, slot_track(s));
        if (!t || slot_is_video(s) != is_video || (slot_is_active(s) && is_wanted(w, t)))
            continue;
        track_unsubscribe(t, s);
        track_set_wanted(t);
    }
}

static void fill(struct session *session, bool is_video, const struct wanted *w, usec_t now)
{
    struct slot *s;
    unsigned next = 0;
    for (unsigned i = 0; (s = session_slot_at(session, i)); i++) {
        if (slot_is_video(s) != is_video || !slot_is_active(s) || track_id_is_set(slot_track(s)))
            continue;
        while (next < w->n && has_slot(session, w->list[next]->id))
            next++;
        if (next == w->n)
            return;
        give(s, w->list[next++], now);
    }
}

static unsigned count_slots(struct session *session, bool is_video)
{
    struct slot *s;
    unsigned n = 0;
    for (unsigned i = 0; (s = session_slot_at(session, i)); i++)
        n += slot_is_video(s) == is_video && slot_is_active(s);
    return n;
}

/* Audio is sticky in a way of its own: who has a slot and isn't outranked by a speaker without one keeps it. Since the
 * ranking puts speakers first and then whoever spoke last, the first n of it are just those. */
static void member_assign(struct member *m, struct track **ranked, unsigned n, usec_t now)
{
    struct session *session = m->link->session;
    for (unsigned kind = 0; kind < 2; kind++) {
        bool is_video = kind == 1;
        struct wanted w = {0};
        unsigned max = count_slots(session, is_video);
        if (is_video && m->max_video >= 0 && (unsigned)m->max_video < max)
            max = (unsigned)m->max_video;
        if (is_video && m->views)
            wanted_by_view(m, max, &w);
        else
            wanted_by_rank(m, ranked, n, is_video, max, &w);
        take_unwanted(m->room->hub, session, is_video, &w);
        fill(session, is_video, &w, now);
    }
    member_note_slots(m, false);
}

/* For free(): the room's tracks, those that are to be heard and seen first at the front. NULL without memory. */
static struct track **rank(struct room *r)
{
    struct track **ranked = malloc((r->n_tracks + 1) * sizeof(struct track *));
    if (!ranked)
        return NULL;
    spread_speech(r);
    if (r->n_tracks)
        memcpy(ranked, r->tracks, r->n_tracks * sizeof(struct track *));
    qsort(ranked, r->n_tracks, sizeof(struct track *), by_rank);
    return ranked;
}

void room_assign(struct room *r, usec_t now)
{
    deadlines_cancel(&r->hub->deadlines, &r->assign_timer);
    struct track **ranked = r->members ? rank(r) : NULL;
    for (struct member *m = r->members; ranked && m; m = m->next)
        if (m->link)
            member_assign(m, ranked, r->n_tracks, now);
    free(ranked);
}

void room_assign_first(struct member *m, usec_t now)
{
    struct track **ranked = m->link ? rank(m->room) : NULL;
    if (ranked)
        member_assign(m, ranked, m->room->n_tracks, now);
    free(ranked);
    room_assign_soon(m->room, now);
}

void room_assign_soon(struct room *r, usec_t now)
{
    if (!r->assign_timer.set)
        deadlines_set(&r->hub->deadlines, &r->assign_timer, now + ASSIGN_DELAY);
}

void member_note_slots(struct member *m, bool all)
{
    struct session *session = m->link->session;
    struct msg_slot changed[SESSION_SLOTS];
    struct slot *s;
    unsigned n = 0;
    for (unsigned i = 0; (s = session_slot_at(session, i)); i++) {
        struct track_id id = slot_track(s);
        const struct track *t = hub_find_track(m->room->hub, id);
        if (!all && track_id_eq(id, m->noted[i]))
            continue;
        m->noted[i] = id;
        if (!slot_mid(s)[0]) /* its m-line was rejected */
            continue;
        changed[n] = (struct msg_slot){.is_video = slot_is_video(s)};
        snprintf(changed[n].mid, sizeof changed[n].mid, "%s", slot_mid(s));
        if (t) {
            memcpy(changed[n].participant, t->participant, sizeof changed[n].participant);
            changed[n].source = t->source;
        }
        n++;
    }
    struct msg *note = n ? hub_msg(m->room->hub, MSG_SLOTS, m->room->name, m->name) : NULL;
    if (!note)
        return;
    note->slots.list = malloc(n * sizeof *note->slots.list);
    if (!note->slots.list) {
        m->room->hub->counters.n_messages_lost++;
        msg_free(note);
        return;
    }
    memcpy(note->slots.list, changed, n * sizeof *changed);
    note->slots.n = n;
    hub_say(m->room->hub, note, MSG_TO_API);
}
