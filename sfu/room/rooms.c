/* rooms.c: rooms and their members by name, and what each kind of message does to them. */
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct room *hub_find_room(struct hub *h, const char *name)
{
    struct room *r = map_find(&h->rooms, map_key_of_text(name));
    return r && strcmp(r->name, name) == 0 ? r : NULL;
}

struct room *hub_room(struct hub *h, const char *name)
{
    struct room *r = hub_find_room(h, name);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    uint64_t key = map_key_of_text(name);
    if (map_add(&h->rooms, key, r)) {
        free(r);
        return NULL;
    }
    r->hub = h;
    r->assign_timer.kind = TIMER_ASSIGN;
    r->levels_timer.kind = TIMER_LEVELS;
    r->home = (unsigned)(key >> 16) % h->cfg.n_workers;
    snprintf(r->name, sizeof r->name, "%s", name);
    h->counters.n_rooms++;
    return r;
}

void room_gc(struct room *r)
{
    if (r->members || r->n_tracks)
        return;
    struct hub *h = r->hub;
    map_remove(&h->rooms, map_key_of_text(r->name));
    deadlines_cancel(&h->deadlines, &r->assign_timer);
    deadlines_cancel(&h->deadlines, &r->levels_timer);
    free(r->tracks);
    free(r);
    h->counters.n_rooms--;
}

struct member *room_find_member(struct room *r, const char *name)
{
    struct member *m = r->members;
    while (m && strcmp(m->name, name) != 0)
        m = m->next;
    return m;
}

struct member *room_member(struct room *r, const char *name)
{
    struct member *m = room_find_member(r, name);
    if (m)
        return m;
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->room = r;
    m->max_video = -1;
    snprintf(m->name, sizeof m->name, "%s", name);
    m->next = r->members;
    r->members = m;
    r->n_members++;
    r->hub->counters.n_members++;
    return m;
}

void member_free(struct member *m, usec_t now, const char *reason)
{
    struct room *r = m->room;
    if (m->link)
        link_free(m->link, now, reason);
    struct member **at = &r->members;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    r->n_members--;
    r->hub->counters.n_members--;
    free(m->views);
    free(m);
}

bool room_close(struct room *r, usec_t now)
{
    struct hub *h = r->hub;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the member off the list before it frees it */
    for (; r->members; member_free(r->members, now, "left")) {
        if (!hub_is_full(h))
            continue;
        h->closing = r;
        return true;
    }
    h->closing = NULL;
    for (unsigned i = r->n_tracks; i > 0; i--)
        room_remove_track(r, r->tracks[i - 1]);
    room_gc(r);
    return false;
}

/* ---- messages ---- */

void hub_reply(struct hub *h, const struct msg *request, enum err e, const char *text)
{
    struct msg *m = hub_msg(h, MSG_REPLY, request->room, request->participant);
    if (!m)
        return;
    m->request = request->request;
    m->reply.err = e;
    m->reply.text = text ? strdup(text) : NULL;
    hub_say(h, m, MSG_TO_API);
}

static void on_join(struct hub *h, usec_t now, struct msg *m)
{
    struct room *r = hub_room(h, m->room);
    (void)now;
    if (!r || !room_member(r, m->participant))
        hub_reply(h, m, ERR_NOMEM, "out of memory");
    else
        hub_reply(h, m, OK, NULL);
}

static void on_leave(struct hub *h, usec_t now, struct msg *m)
{
    struct room *r = hub_find_room(h, m->room);
    struct member *member = r ? room_find_member(r, m->participant) : NULL;
    if (member) {
        member_free(member, now, "left");
        room_gc(r);
    }
    hub_reply(h, m, OK, NULL);
}

static void on_stats(struct hub *h, usec_t now, struct msg *m)
{
    (void)now;
    hub_reply_stats(h, m);
}

static void on_track_add(struct hub *h, usec_t now, struct msg *m)
{
    struct room *r = hub_room(h, m->room);
    if (!r)
        return;
    room_add_mirror(r, m);
    room_assign_soon(r, now);
    room_gc(r);
}

static void on_tracks(struct member *member, usec_t now, struct msg *m)
{
    (void)now;
    member->n_announced = m->tracks.n;
    memcpy(member->announced, m->tracks.list, sizeof member->announced);
    hub_reply(member->room->hub, m, OK, NULL);
}

static void on_offer(struct member *member, usec_t now, struct msg *m)
{
    member_offer(member, now, m);
}

static void on_view(struct member *member, usec_t now, struct msg *m)
{
    free(member->views);
    member->views = m->view.list;
    member->n_views = m->view.n;
    member->max_video = m->view.max_video;
    m->view.list = NULL;
    room_assign_soon(member->room, now);
    hub_reply(member->room->hub, m, OK, NULL);
}

static void on_block_audio(struct member *member, usec_t now, struct msg *m)
{
    (void)now;
    member->audio_blocked = m->audio.blocked;
    hub_reply(member->room->hub, m, OK, NULL);
}

static void on_session_stats(struct member *member, usec_t now, struct msg *m)
{
    (void)now;
    member_reply_stats(member, m);
}

static void on_room_close(struct room *r, usec_t now, struct msg *m)
{
    (void)m;
    (void)room_close(r, now); /* hub_forward() does the rest */
}

static void on_track_remove(struct track *t, usec_t now, struct msg *m)
{
    struct room *r = t->room;
    (void)m;
    if (t->owner)
        return;
    room_remove_track(r, t);
    room_assign_soon(r, now);
    room_gc(r); /* of a room that had mirrors only */
}

static void on_track_wanted(struct track *t, usec_t now, struct msg *m)
{
    uint64_t bit = 1ull << m->from;
    (void)now;
    if (t->owner)
        t->wanted_by = m->track.wanted ? t->wanted_by | bit : t->wanted_by & ~bit;
}

static void on_key_wanted(struct track *t, usec_t now, struct msg *m)
{
    (void)m;
    if (t->owner)
        track_want_key(t, now);
}

/* What a hub does with each kind of message: one of the four. */
static const struct handler {
    void (*hub)(struct hub *h, usec_t now, struct msg *m);
    void (*member)(struct member *member, usec_t now, struct msg *m); /* that must be there: else it is refused */
    void (*room)(struct room *r, usec_t now, struct msg *m);          /* whoever it is about may have gone: … */
    void (*track)(struct track *t, usec_t now, struct msg *m);        /* … then there is nothing to do */
} handlers[MSG_TYPES] = {
    [MSG_JOIN] = {.hub = on_join},
    [MSG_LEAVE] = {.hub = on_leave},
    [MSG_TRACKS] = {.member = on_tracks},
    [MSG_OFFER] = {.member = on_offer},
    [MSG_VIEW] = {.member = on_view},
    [MSG_BLOCK_AUDIO] = {.member = on_block_audio},
    [MSG_SESSION_STATS] = {.member = on_session_stats},
    [MSG_ROOM_CLOSE] = {.room = on_room_close},
    [MSG_STATS] = {.hub = on_stats},
    [MSG_TRACK_ADD] = {.hub = on_track_add},
    [MSG_TRACK_REMOVE] = {.track = on_track_remove},
    [MSG_SPEAKERS_ARE] = {.room = room_take_speakers},
    [MSG_TRACK_WANTED] = {.track = on_track_wanted},
    [MSG_KEY_WANTED] = {.track = on_key_wanted},
    [MSG_LEVELS] = {.room = room_take_levels},
};

static void refuse(struct hub *h, const struct msg *m)
{
    log_warn(h->cfg.log, "message_refused", "type=%s from=%u", msg_type_name(m->type), m->from);
    if (m->request)
        hub_reply(h, m, ERR_UNSUPPORTED, "a worker has no answer to this");
}

static void apply_to_member(struct hub *h, usec_t now, const struct handler *on, struct msg *m)
{
    struct room *r = hub_find_room(h, m->room);
    struct member *member = r ? room_find_member(r, m->participant) : NULL;
    if (member)
        on->member(member, now, m);
    else
        hub_reply(h, m, ERR_NOT_FOUND, "no such participant");
}

bool hub_apply(struct hub *h, usec_t now, struct msg *m)
{
    static const struct handler nothing = {0};
    const struct handler *on = (unsigned)m->type < MSG_TYPES ? &handlers[m->type] : &nothing;
    struct room *r = on->room ? hub_find_room(h, m->room) : NULL;
    struct track *t = on->track ? hub_find_track(h, m->track.id) : NULL;
    if (on->hub)
        on->hub(h, now, m);
    else if (on->member)
        apply_to_member(h, now, on, m);
    else if (r)
        on->room(r, now, m);
    else if (t)
        on->track(t, now, m);
    else if (!on->room && !on->track)
        refuse(h, m);
    msg_free(m);
    return h->closing || hub_is_full(h);
}
