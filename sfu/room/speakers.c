/* speakers.c: who speaks. Each worker reports its loud tracks to the room's home worker, which ranks them and tells
 * all. The dominant speaker changes only for somebody clearly louder, so that two who talk at once don't make the
 * picture flicker. */
#include "room/hub_priv.h"

#include <stdio.h>

#define DOMINANT_LEAD  10.0         /* how much louder a challenger must be */
#define NOTE_INTERVAL  (250 * MSEC) /* to clients: at most four a second */
#define SILENT_REPORTS 4            /* silence is said for longer than a NOTE_INTERVAL, or nobody would be told */

static bool is_audio_of(const struct track *t)
{
    return !t->is_video && t->source == SOURCE_MICROPHONE;
}

/* The loudest first; n stays within the message. */
static void put_loud(struct msg *m, struct track_id id, double level)
{
    unsigned i = m->speakers.n < MSG_SPEAKERS ? m->speakers.n++ : MSG_SPEAKERS - 1;
    if (i == MSG_SPEAKERS - 1 && m->speakers.n == MSG_SPEAKERS && m->speakers.list[i].level >= (uint8_t)level &&
        m->speakers.list[i].track.generation)
        return;
    for (; i > 0 && m->speakers.list[i - 1].level < (uint8_t)level; i--)
        m->speakers.list[i] = m->speakers.list[i - 1];
    m->speakers.list[i] = (struct msg_speaker){.track = id, .level = (uint8_t)level};
}

static void report_levels(struct room *r, usec_t now)
{
    struct hub *h = r->hub;
    struct msg *m = hub_msg(h, MSG_LEVELS, r->name, NULL);
    if (!m)
        return;
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct track *t = r->tracks[i];
        double energy = t->owner && is_audio_of(t) ? track_energy(t, now) : 0;
        if (energy >= SPEAKING)
            put_loud(m, t->id, energy);
    }
    if (m->speakers.n == 0 && r->levels_left == 0) {
        msg_free(m);
        return;
    }
    r->levels_left = m->speakers.n ? SILENT_REPORTS : r->levels_left - 1;
    if (r->home == h->cfg.worker) {
        m->from = h->cfg.worker;
        room_take_levels(r, now, m);
        msg_free(m);
        return;
    }
    hub_say(h, m, r->home);
}

static bool has_own_audio(const struct room *r)
{
    for (unsigned i = 0; i < r->n_tracks; i++)
        if (r->tracks[i]->owner && is_audio_of(r->tracks[i]))
            return true;
    return false;
}

/* On the home worker: each other worker's last report counts until it sends another or its tracks are gone. */
static void rank(struct room *r, usec_t now, struct msg *out)
{
    struct track *loudest = NULL;
    for (unsigned i = 0; i < r->n_tracks; i++) {
        struct track *t = r->tracks[i];
        if (!is_audio_of(t) || t->energy < SPEAKING || now - t->heard_at > 3 * LEVELS_INTERVAL)
            continue;
        put_loud(out, t->id, t->energy);
        if (!loudest || t->energy > loudest->energy)
            loudest = t;
    }
    bool dominant_speaks =
        r->dominant && r->dominant->energy >= SPEAKING && now - r->dominant->heard_at <= 3 * LEVELS_INTERVAL;
    if (loudest && (!dominant_speaks || loudest->energy > r->dominant->energy + DOMINANT_LEAD))
        r->dominant = loudest;
    out->speakers.dominant = -1;
    for (unsigned i = 0; i < out->speakers.n; i++)
        if (r->dominant && track_id_eq(out->speakers.list[i].track, r->dominant->id))
            out->speakers.dominant = (int)i;
}

static bool note_is_news(const struct room *r, const struct msg *m)
{
    struct track_id dominant =
        m->speakers.dominant >= 0 ? m->speakers.list[m->speakers.dominant].track : (struct track_id){0};
    if (m->speakers.n != r->n_noted || !track_id_eq(dominant, r->noted_dominant))
        return true;
    for (unsigned i = 0; i < m->speakers.n; i++) {
        bool known = false;
        for (unsigned k = 0; k < r->n_noted; k++)
            known |= track_id_eq(m->speakers.list[i].track, r->noted[k]);
        if (!known)
            return true;
    }
    return false;
}

static void note_speakers(struct room *r, usec_t now, const struct msg *m)
{
    if (now - r->noted_at < NOTE_INTERVAL || !note_is_news(r, m))
        return;
    struct msg *note = hub_msg(r->hub, MSG_SPEAKERS_NOTE, r->name, NULL);
    if (!note)
        return;
    note->speakers = m->speakers;
    for (unsigned i = 0; i < note->speakers.n; i++) {
        const struct track *t = hub_find_track(r->hub, note->speakers.list[i].track);
        snprintf(note->speakers.list[i].participant, ROOM_NAME_CAP, "%s", t ? t->participant : "");
        r->noted[i] = note->speakers.list[i].track;
    }
    r->n_noted = note->speakers.n;
    r->noted_dominant = note->speakers.dominant >= 0 ? r->noted[note->speakers.dominant] : (struct track_id){0};
    r->noted_at = now;
    hub_say(r->hub, note, MSG_TO_API);
}

/* Levels of mirrors are kept where their own tracks keep them, so ranking reads one place. */
void room_take_levels(struct room *r, usec_t now, struct msg *m)
{
    struct hub *h = r->hub;
    if (m->from != h->cfg.worker) {
        for (unsigned i = 0; i < r->n_tracks; i++)
            if (r->tracks[i]->id.worker == m->from)
                r->tracks[i]->energy = 0;
        for (unsigned i = 0; i < m->speakers.n; i++) {
            struct track *t = hub_find_track(h, m->speakers.list[i].track);
            if (t && !t->owner && t->room == r) {
                t->energy = m->speakers.list[i].level;
                t->heard_at = now;
            }
        }
    }
    struct msg *are = hub_msg(h, MSG_SPEAKERS_ARE, r->name, NULL);
    if (!are)
        return;
    rank(r, now, are);
    hub_tell_others(h, are);
    room_take_speakers(r, now, are);
    note_speakers(r, now, are);
    msg_free(are);
}

void room_take_speakers(struct room *r, usec_t now, struct msg *m)
{
    bool somebody_new = false;
    for (unsigned i = 0; i < r->n_tracks; i++)
        r->tracks[i]->speaks = false;
    for (unsigned i = 0; i < m->speakers.n; i++) {
        struct track *t = hub_find_track(r->hub, m->speakers.list[i].track);
        if (!t || t->room != r)
            continue;
        t->speaks = true;
        t->spoke_at = now;
        somebody_new |= !t->speaking;
    }
    for (unsigned i = 0; i < r->n_tracks; i++)
        r->tracks[i]->speaking = r->tracks[i]->speaks;
    if (somebody_new) /* who falls silent keeps the slot until somebody else needs it */
        room_assign_soon(r, now);
}

void room_levels_tick(struct room *r, usec_t now)
{
    report_levels(r, now);
    if (has_own_audio(r) || r->levels_left)
        deadlines_set(&r->hub->deadlines, &r->levels_timer, now + LEVELS_INTERVAL);
}
