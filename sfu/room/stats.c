/* stats.c: counters and quality, as values for the control side. */
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

void hub_count_session(struct hub *h, struct session *s)
{
    const struct session_counters *c = session_counters(s);
    h->counters.packets_in += c->packets_in;
    h->counters.bytes_in += c->bytes_in;
    h->counters.rtcp_in += c->rtcp_in;
    h->counters.rtcp_out += c->rtcp_out;
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        h->counters.drops[i] += c->drops[i];
    struct slot *slot;
    for (unsigned i = 0; (slot = session_slot_at(s, i)); i++) {
        h->counters.n_resent += slot->n_resent;
        h->counters.n_unanswered += slot->n_unanswered;
    }
}

void hub_reply_stats(struct hub *h, const struct msg *request)
{
    struct msg *m = msg_new(MSG_STATS_REPLY, NULL, NULL);
    if (!m)
        return;
    m->request = request->request;
    struct hub_counters closed = h->counters; /* live sessions are added to the closed ones' sum, for this reply only */
    m->counters = malloc(sizeof *m->counters);
    if (m->counters) {
        for (unsigned i = 0; i < h->links_cap; i++) {
            if (!h->links[i])
                continue;
            hub_count_session(h, h->links[i]->session);
            h->counters.n_open += session_state(h->links[i]->session) == SESSION_OPEN;
        }
        h->counters.n_sessions = h->n_links;
        h->counters.n_crossings_lost += h->out.n_crossings_lost;
        h->counters.n_pool_empty = pkt_pool_n_empty(h->cfg.pool);
        h->counters.n_packets_in_use = pkt_pool_in_use(h->cfg.pool);
        *m->counters = h->counters;
        h->counters = closed;
    }
    hub_say(h, m, MSG_TO_API);
}

void member_note_quality(struct member *m, usec_t now)
{
    if (now < m->quality_at || !m->link || session_state(m->link->session) != SESSION_OPEN)
        return;
    m->quality_at = now + QUALITY_INTERVAL;
    struct msg *note = msg_new(MSG_QUALITY, m->room->name, m->name);
    if (!note)
        return;
    session_quality(m->link->session, &note->quality);
    hub_say(m->room->hub, note, MSG_TO_API);
}

static void describe(struct session_stats *st, const char *mid, bool is_video, bool is_slot)
{
    snprintf(st->tracks[st->n_tracks].mid, sizeof st->tracks[0].mid, "%s", mid);
    st->tracks[st->n_tracks].is_video = is_video;
    st->tracks[st->n_tracks].is_slot = is_slot;
}

static void gather(struct session *s, struct session_stats *st)
{
    struct uptrack *up;
    struct slot *slot;
    st->state = session_state(s);
    st->counters = *session_counters(s);
    session_quality(s, &st->quality);
    for (unsigned i = 0; (up = session_uptrack_at(s, i)); i++) {
        describe(st, up->mid, up->is_video, false);
        st->tracks[st->n_tracks].source = up->source;
        st->tracks[st->n_tracks].ssrc = up->ssrc;
        st->tracks[st->n_tracks].packets = up->stats.n_packets;
        st->tracks[st->n_tracks].bytes = up->stats.n_bytes;
        st->tracks[st->n_tracks].lost = up->nack_gen.n_given_up;
        st->tracks[st->n_tracks++].recovered = up->nack_gen.n_recovered;
    }
    for (unsigned i = 0; (slot = session_slot_at(s, i)); i++) {
        const struct track *t = slot->room_track;
        describe(st, slot->mid, slot->is_video, true);
        if (t) {
            memcpy(st->tracks[st->n_tracks].participant, t->participant, ROOM_NAME_CAP);
            st->tracks[st->n_tracks].source = t->source;
        }
        st->tracks[st->n_tracks].ssrc = slot->ssrc;
        st->tracks[st->n_tracks].packets = slot->stats.n_packets_total;
        st->tracks[st->n_tracks].bytes = slot->stats.n_octets;
        st->tracks[st->n_tracks].lost = slot->stats.total_lost > 0 ? (uint64_t)slot->stats.total_lost : 0;
        st->tracks[st->n_tracks++].resent = slot->n_resent;
    }
}

void member_reply_stats(struct member *m, const struct msg *request)
{
    struct msg *reply = msg_new(MSG_SESSION_STATS_REPLY, m->room->name, m->name);
    if (!reply)
        return;
    reply->request = request->request;
    reply->session = calloc(1, sizeof *reply->session);
    if (reply->session && m->link)
        gather(m->link->session, reply->session);
    hub_say(m->room->hub, reply, MSG_TO_API);
}
