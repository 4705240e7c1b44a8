/* stats.c: counters and quality, as values for the control side. */
#include "room/hub_priv.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void hub_count_session(struct hub_counters *into, struct session *s)
{
    const struct session_counters *c = session_counters(s);
    into->packets_in += c->packets_in;
    into->bytes_in += c->bytes_in;
    into->rtcp_in += c->rtcp_in;
    into->rtcp_out += c->rtcp_out;
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        into->drops[i] += c->drops[i];
    struct slot *slot;
    for (unsigned i = 0; (slot = session_slot_at(s, i)); i++) {
        struct mline_report r;
        slot_report(slot, &r);
        into->n_resent += r.resent;
        into->n_unanswered += r.unanswered;
    }
}

void hub_counters_show(const struct hub_counters *c, struct counted_list *into)
{
    static const struct counter_row rows[] = {
        {"packets_in", offsetof(struct hub_counters, packets_in), false},
        {"bytes_in", offsetof(struct hub_counters, bytes_in), false},
        {"packets_out", offsetof(struct hub_counters, verdicts[SLOT_SENT]), false},
        {"rtcp_in", offsetof(struct hub_counters, rtcp_in), false},
        {"rtcp_out", offsetof(struct hub_counters, rtcp_out), false},
        {"resent", offsetof(struct hub_counters, n_resent), false},
        {"unanswered", offsetof(struct hub_counters, n_unanswered), false},
        {"key_asked", offsetof(struct hub_counters, n_key_asked), false},
        {"crossings", offsetof(struct hub_counters, n_crossings), false},
        {"crossings_lost", offsetof(struct hub_counters, n_crossings_lost), false},
        {"batch_full", offsetof(struct hub_counters, n_batch_full), false},
        {"pool_empty", offsetof(struct hub_counters, n_pool_empty), false},
        {"unknown_path", offsetof(struct hub_counters, n_unknown_path), false},
        {"not_ours", offsetof(struct hub_counters, n_not_ours), false},
        {"rooms", offsetof(struct hub_counters, n_rooms), false},
        {"participants", offsetof(struct hub_counters, n_members), false},
        {"sessions", offsetof(struct hub_counters, n_sessions), false},
        {"sessions_open", offsetof(struct hub_counters, n_open), false},
        {"tracks", offsetof(struct hub_counters, n_tracks), false},
        {"packets_in_use", offsetof(struct hub_counters, n_packets_in_use), false},
        {"no_track", offsetof(struct hub_counters, n_no_track), true},
        {"audio_blocked", offsetof(struct hub_counters, n_audio_blocked), true},
        {"duplicate", offsetof(struct hub_counters, n_duplicates), true},
        {"crossing_late", offsetof(struct hub_counters, n_crossings_late), true},
        {"message_lost", offsetof(struct hub_counters, n_messages_lost), true},
    };
    COUNTER_ROWS_COVER(rows, sizeof *c - sizeof c->drops - (SLOT_VERDICTS - 1) * sizeof c->verdicts[0]);
    counted_add_rows(into, rows, ARRAY_LEN(rows), c);
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        counted_add(into, session_drop_name((enum session_drop)i), c->drops[i], true);
    for (unsigned i = SLOT_SENT + 1; i < SLOT_VERDICTS; i++)
        counted_add(into, slot_verdict_name((enum slot_verdict)i), c->verdicts[i], true);
}

/* Of the sessions that have ended, and of those that live. */
static void sum_up(const struct hub *h, struct hub_counters *c)
{
    *c = h->counters;
    for (unsigned i = 0; i < h->links_cap; i++) {
        if (!h->links[i])
            continue;
        hub_count_session(c, h->links[i]->session);
        c->n_open += session_state(h->links[i]->session) == SESSION_OPEN;
    }
    c->n_sessions = h->n_links;
    c->n_crossings_lost += h->out.n_crossings_lost;
    c->n_pool_empty = pkt_pool_n_empty(h->cfg.pool);
    c->n_packets_in_use = pkt_pool_in_use(h->cfg.pool);
}

void hub_reply_stats(struct hub *h, const struct msg *request)
{
    struct msg *m = hub_msg(h, MSG_STATS_REPLY, NULL, NULL);
    if (!m)
        return;
    m->request = request->request;
    m->stats = calloc(1, sizeof *m->stats);
    if (m->stats)
        sum_up(h, &m->stats->hub);
    hub_say(h, m, MSG_TO_API);
}

void member_note_quality(struct member *m, usec_t now)
{
    if (now < m->quality_at || !m->link || session_state(m->link->session) != SESSION_OPEN)
        return;
    m->quality_at = now + QUALITY_INTERVAL;
    struct msg *note = hub_msg(m->room->hub, MSG_QUALITY, m->room->name, m->name);
    if (!note)
        return;
    session_quality(m->link->session, &note->quality);
    hub_say(m->room->hub, note, MSG_TO_API);
}

static void gather(struct hub *h, struct session *s, struct session_stats *st)
{
    struct uptrack *up;
    struct slot *slot;
    st->state = session_state(s);
    st->counters = *session_counters(s);
    session_quality(s, &st->quality);
    for (unsigned i = 0; (up = session_uptrack_at(s, i)); i++) {
        struct mline_stats *to = &st->tracks[st->n_tracks++];
        snprintf(to->mid, sizeof to->mid, "%s", uptrack_mid(up));
        to->is_video = uptrack_is_video(up);
        to->source = uptrack_source(up);
        uptrack_report(up, &to->report);
    }
    for (unsigned i = 0; (slot = session_slot_at(s, i)); i++) {
        struct mline_stats *to = &st->tracks[st->n_tracks++];
        const struct track *t = hub_find_track(h, slot_track(slot));
        snprintf(to->mid, sizeof to->mid, "%s", slot_mid(slot));
        to->is_video = slot_is_video(slot);
        to->is_slot = true;
        slot_report(slot, &to->report);
        if (!t)
            continue;
        memcpy(to->participant, t->participant, sizeof to->participant);
        to->source = t->source;
    }
}

void member_reply_stats(struct member *m, const struct msg *request)
{
    struct msg *reply = hub_msg(m->room->hub, MSG_SESSION_STATS_REPLY, m->room->name, m->name);
    if (!reply)
        return;
    reply->request = request->request;
    reply->session = calloc(1, sizeof *reply->session);
    if (reply->session && m->link)
        gather(m->room->hub, m->link->session, reply->session);
    hub_say(m->room->hub, reply, MSG_TO_API);
}
