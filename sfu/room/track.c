/* track.c: one published track: its history, and its packets written for each subscriber. */
#include "room/track.h"
#include "common/vec.h"

#include <stdio.h>
#include <stdlib.h>

#define HISTORY_VIDEO 1024
#define HISTORY_AUDIO 128
#define HISTORY_KEEP  (2 * SEC) /* nobody asks for older ones, and a thousand tracks would hold the whole pool */
#define PAD_MAX       8
#define ENERGY_ALPHA  0.3
#define ENERGY_EXPIRE (300 * MSEC)

enum err track_new(struct room *room, const char *participant, enum source source, bool is_video, struct track **track)
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

void track_free(struct track *t)
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
