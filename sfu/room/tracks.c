/* tracks.c: the tracks of a room: our own, and mirrors of those on other workers, by id. */
#include "common/vec.h"
#include "room/hub_priv.h"

#include <stdlib.h>

#define MANY_VIEWERS 50

static uint64_t mirror_key(struct track_id id)
{
    return (uint64_t)id.generation << 32 | (uint64_t)id.worker << 16 | id.index;
}

struct track *hub_find_track(struct hub *h, struct track_id id)
{
    return id.worker == h->cfg.worker ? slots_find(&h->own_tracks, id.index, id.generation)
                                      : map_find(&h->mirrors, mirror_key(id));
}

static enum err room_take_track(struct room *r, struct track *t)
{
    enum err e = vec_reserve(r->tracks, r->tracks_cap, r->n_tracks + 1, VEC_MOST);
    if (e)
        return e;
    t->order = ++r->hub->track_order;
    r->tracks[r->n_tracks++] = t;
    r->hub->counters.n_tracks++;
    return OK;
}

static enum err give_own_id(struct hub *h, struct track *t)
{
    uint32_t slot, generation;
    enum err e = slots_put(&h->own_tracks, t, UINT16_MAX + 1, &slot, &generation);
    if (!e)
        t->id = (struct track_id){(uint16_t)h->cfg.worker, (uint16_t)slot, generation};
    return e;
}

static struct msg *track_msg(enum msg_type type, const struct track *t)
{
    struct msg *m = msg_new(type, t->room->name, t->participant);
    if (!m)
        return NULL;
    m->track.id = t->id;
    m->track.source = t->source;
    m->track.is_video = t->is_video;
    return m;
}

void room_add_own_track(struct room *r, usec_t now, struct member *owner, struct uptrack *up)
{
    struct track *t = NULL;
    if (track_new(r, owner->name, uptrack_source(up), uptrack_is_video(up), &t))
        return;
    if (give_own_id(r->hub, t) || room_take_track(r, t)) {
        if (t->id.generation)
            slots_remove(&r->hub->own_tracks, t->id.index);
        track_free(t);
        return;
    }
    t->owner = owner;
    t->key_timer.kind = TIMER_KEY;
    t->up = up;
    t->exts = *uptrack_exts(up);
    uptrack_set_track(up, t->id);
    if (!t->is_video && !r->levels_timer.set)
        room_levels_tick(r, now);
    struct msg *m = track_msg(MSG_TRACK_ADD, t);
    if (m)
        hub_tell_others(r->hub, m);
    msg_free(m);
}

void room_add_mirror(struct room *r, const struct msg *m)
{
    struct hub *h = r->hub;
    struct track *t = NULL;
    if (hub_find_track(h, m->track.id))
        return;
    if (track_new(r, m->participant, m->track.source, m->track.is_video, &t))
        return;
    t->id = m->track.id;
    if (map_add(&h->mirrors, mirror_key(t->id), t)) {
        track_free(t);
    } else if (room_take_track(r, t)) {
        map_remove(&h->mirrors, mirror_key(t->id));
        track_free(t);
    }
}

void room_remove_track(struct room *r, struct track *t)
{
    struct hub *h = r->hub;
    while (t->n_subs)
        track_unsubscribe(t, t->subs[t->n_subs - 1]);
    hub_forget_waiting(h, t);
    deadlines_cancel(&h->deadlines, &t->key_timer);
    if (t->owner) {
        struct msg *m = track_msg(MSG_TRACK_REMOVE, t);
        if (m)
            hub_tell_others(h, m);
        msg_free(m);
        uptrack_set_track(t->up, (struct track_id){0});
        slots_remove(&h->own_tracks, t->id.index);
    } else {
        map_remove(&h->mirrors, mirror_key(t->id));
    }
    if (r->dominant == t)
        r->dominant = NULL;
    unsigned i = 0;
    while (r->tracks[i] != t)
        i++;
    memmove(r->tracks + i, r->tracks + i + 1, (r->n_tracks - i - 1) * sizeof(struct track *));
    r->n_tracks--;
    h->counters.n_tracks--;
    track_free(t);
}

void track_key_tick(struct track *t, usec_t now)
{
    struct hub *h = t->room->hub;
    if (keyframe_req_due(&t->key, now) && t->owner->link) {
        session_ask_key(t->owner->link->session, t->up, h->outbox);
        h->counters.n_key_asked++;
    }
    deadlines_set(&h->deadlines, &t->key_timer, keyframe_req_deadline(&t->key));
}

void track_want_key(struct track *t, usec_t now)
{
    if (!t->is_video)
        return;
    if (!t->owner) {
        if (t->key.n_asked && now - t->key.asked_at < 50 * MSEC) /* one message for all who wait here */
            return;
        t->key.asked_at = now;
        t->key.n_asked++;
        hub_say(t->room->hub, track_msg(MSG_KEY_WANTED, t), t->id.worker);
        return;
    }
    keyframe_req_set_gap(&t->key, keyframe_gap(uptrack_rtt(t->up), t->n_subs <= MANY_VIEWERS, t->n_subs));
    keyframe_req_want(&t->key, now);
    deadlines_set(&t->room->hub->deadlines, &t->key_timer, keyframe_req_deadline(&t->key));
}

void track_set_wanted(struct track *t)
{
    bool wanted = t->n_subs > 0;
    if (t->owner || wanted == t->wanted)
        return;
    struct msg *m = track_msg(MSG_TRACK_WANTED, t);
    if (!m)
        return;
    m->track.wanted = t->wanted = wanted;
    if (!wanted)
        history_clear(t->history); /* it would hold another worker's packets for nothing */
    hub_say(t->room->hub, m, t->id.worker);
}
