/* track.c: a room's tracks: our own, and mirrors of those on other workers, by id; who gets each of them, and how. */
#include "common/vec.h"
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define MANY_VIEWERS  50
#define HISTORY_VIDEO 1024
#define HISTORY_AUDIO 128
#define HISTORY_KEEP  (2 * SEC) /* nobody asks for older ones, and a thousand tracks would hold the whole pool */
#define PAD_MAX       8
#define ENERGY_ALPHA  0.3
#define ENERGY_EXPIRE (300 * MSEC)

static enum err track_new(struct room *room, const char *participant, enum source source, bool is_video,
                          struct track **track)
{
    struct track *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    enum err e = history_new(is_video ? HISTORY_VIDEO : HISTORY_AUDIO, &t->history);
    if (e) {
        free(t);
        return e;
    }
    t->room = room;
    snprintf(t->participant, sizeof t->participant, "%s", participant);
    t->source = source;
    t->is_video = is_video;
    keyframe_req_init(&t->key, keyframe_gap(0, true, 0));
    *track = t;
    return OK;
}

static void track_free(struct track *t)
{
    if (!t)
        return;
    history_free(t->history);
    free(t->subs);
    free(t);
}

enum err track_subscribe(struct track *t, struct slot *s)
{
    enum err e = vec_reserve(t->subs, t->subs_cap, t->n_subs + 1, VEC_MOST);
    if (e)
        return e;
    slot_set_track(s, t->id, t->n_subs);
    t->subs[t->n_subs++] = s;
    return OK;
}

void track_unsubscribe(struct track *t, struct slot *s)
{
    struct slot *last = t->subs[--t->n_subs];
    t->subs[slot_place(s)] = last;
    slot_set_track(last, t->id, slot_place(s));
    slot_set_track(s, (struct track_id){0}, 0);
    slot_stop(s);
}

void track_heard(struct track *t, usec_t now, uint8_t level)
{
    double loud = 127 - (level & 127);
    double was = track_energy(t, now);
    t->energy = was + ENERGY_ALPHA * (loud - was);
    t->heard_at = now;
}

double track_energy(const struct track *t, usec_t now)
{
    return now - t->heard_at > ENERGY_EXPIRE ? 0 : t->energy;
}

/* Keeps what is new; a duplicate leaves the batch. */
static void remember(struct track *t, struct slot_batch *b, struct hub_counters *count)
{
    unsigned n = 0;
    for (unsigned i = 0; i < b->n; i++) {
        struct media *m = &b->list[i];
        struct history_meta meta = {.ts = m->ts, .payload_at = m->payload_at, .payload_len = m->payload_len};
        if (history_put(t->history, m->seq, m->pkt, &meta)) {
            if (n != i)
                b->list[n] = *m;
            n++;
        } else {
            count->n_duplicates++;
            pkt_unref(m->pkt);
        }
    }
    b->n = n;
}

/* Encoders split a frame evenly, to a byte or so; UDP_SEGMENT wants equal sizes, with only the last one shorter. */
static void even_out(struct slot_batch *b, unsigned first, unsigned end)
{
    uint16_t longest = 0;
    for (unsigned i = first; i < end; i++)
        longest = b->list[i].payload_len > longest ? b->list[i].payload_len : longest;
    for (unsigned i = first; i + 1 < end; i++)
        if (longest - b->list[i].payload_len > PAD_MAX)
            return;
    for (unsigned i = first; i + 1 < end; i++)
        b->list[i].pad_len = (uint8_t)(longest - b->list[i].payload_len);
}

static void even_out_frames(struct slot_batch *b)
{
    for (unsigned first = 0, end; first < b->n; first = end) {
        end = first + 1;
        while (end < b->n && b->list[end].ts == b->list[first].ts)
            end++;
        if (end - first > 1)
            even_out(b, first, end);
    }
}

/* Header, extensions, a rewritten descriptor, the tag of the seal: more than they ever are together. */
#define DATAGRAM_OVERHEAD 256

void track_begin(struct track *t, usec_t now, struct track_batch *b, struct hub_counters *count)
{
    remember(t, &b->media, count);
    history_expire(t->history, now - HISTORY_KEEP);
    if (t->is_video)
        even_out_frames(&b->media);
    b->of = t;
    b->next_sub = 0;
    b->n_bytes = 0;
    b->needs_key = false;
    for (unsigned i = 0; i < b->media.n; i++) {
        size_t len = DATAGRAM_OVERHEAD + (size_t)b->media.list[i].payload_len;
        b->n_bytes += len < OUTBOX_DATAGRAM_CAP ? len : OUTBOX_DATAGRAM_CAP;
        b->media.caches[i].of = NULL;
    }
}

bool track_forward(struct track *t, usec_t now, struct track_batch *b, struct outbox *out, struct hub_counters *count)
{
    for (; b->next_sub < t->n_subs; b->next_sub++) {
        if (!outbox_has_room(out, b->media.n, b->n_bytes))
            return true;
        b->needs_key |= slot_forward(t->subs[b->next_sub], now, &b->media, out, count->verdicts);
    }
    return false;
}

/* ---- by id, in a room ---- */

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
    struct msg *m = hub_msg(t->room->hub, type, t->room->name, t->participant);
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
