/* hub.c: a worker's part of all rooms: the way of a datagram and of time through it. Messages are in rooms.c. */
#include "room/hub_priv.h"
#include "ice/ice_lite.h"
#include "rtp/rtcp.h"
#include "rtp/rtp_packet.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define STEP_DATAGRAMS 64

static enum err hub_alloc(struct hub *h)
{
    h->links_cap = h->cfg.max_sessions < 0xffff ? h->cfg.max_sessions + 1 : 0x10000; /* one that replaces another */
    h->links = calloc(h->links_cap, sizeof(struct link *));
    h->waiting = calloc(HUB_BATCH, sizeof *h->waiting);
    h->batch = calloc(1, sizeof *h->batch);
    h->sdp = malloc(sizeof *h->sdp);
    h->answer = malloc(SDP_TEXT_MAX + 1);
    h->out.crossings = calloc(HUB_CROSSINGS, sizeof *h->out.crossings);
    if (!h->links || !h->waiting || !h->batch || !h->sdp || !h->answer || !h->out.crossings)
        return ERR_NOMEM;
    return paths_new(h->cfg.seed, &h->paths);
}

enum err hub_new(const struct hub_config *cfg, struct outbox *outbox, struct hub **hub)
{
    struct hub *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_NOMEM;
    h->cfg = *cfg;
    dtls_identity_ref(h->cfg.identity);
    h->outbox = outbox;
    msg_list_init(&h->out.messages);
    enum err e = hub_alloc(h);
    if (e) {
        hub_free(h);
        return e;
    }
    *hub = h;
    return OK;
}

/* Every step may take this room for granted: one received datagram, one timer, one goodbye, one repeated packet. */
bool hub_is_full(const struct hub *h)
{
    return !outbox_has_room(h->outbox, STEP_DATAGRAMS, (size_t)STEP_DATAGRAMS * OUTBOX_DATAGRAM_CAP);
}

/* The others keep their order. */
void hub_forget_waiting(struct hub *h, const struct track *t)
{
    unsigned n = 0;
    for (unsigned i = h->waiting_at; i < h->n_waiting; i++) {
        struct waiting *w = &h->waiting[i];
        if (w->track && t && w->track != t)
            h->waiting[n++] = *w;
        else if (w->track)
            pkt_unref(w->media.pkt);
    }
    h->waiting_at = 0;
    h->n_waiting = n;
    if (!h->batch || !h->batch->of || (t && h->batch->of != t))
        return;
    for (unsigned i = 0; i < h->batch->media.n; i++)
        pkt_unref(h->batch->media.list[i].pkt);
    h->batch->of = NULL;
}

bool hub_close(struct hub *h, usec_t now)
{
    for (size_t at = 0;; at = 0) { /* from the start: a map may have moved its values when one was taken out */
        struct room *r = map_next(&h->rooms, &at);
        if (!r)
            return false;
        if (room_close(r, now))
            return true;
    }
}

void hub_free(struct hub *h)
{
    if (!h)
        return;
    hub_forget_waiting(h, NULL);
    while (hub_close(h, 0))
        outbox_clear(h->outbox);
    for (unsigned i = 0; i < h->out.n_crossings; i++)
        pkt_unref(h->out.crossings[i].media.pkt);
    for (struct msg *m; (m = msg_list_take(&h->out.messages));)
        msg_free(m);
    paths_free(h->paths);
    free(h->links);
    map_reset(&h->rooms);
    map_reset(&h->mirrors);
    slots_reset(&h->own_tracks);
    free(h->waiting);
    free(h->batch);
    free(h->sdp);
    free(h->answer);
    free(h->out.crossings);
    dtls_identity_unref(h->cfg.identity);
    free(h);
}

void hub_set_identity(struct hub *h, struct dtls_identity *identity)
{
    dtls_identity_ref(identity);
    dtls_identity_unref(h->cfg.identity);
    h->cfg.identity = identity;
}

struct hub_out *hub_out(struct hub *h)
{
    return &h->out;
}

void hub_seal(struct hub *h)
{
    srtpseal_flush(h->cfg.mgr);
}

struct outbox *hub_outbox(struct hub *h)
{
    hub_seal(h);
    return h->outbox;
}

struct msg *hub_msg(struct hub *h, enum msg_type type, const char *room, const char *participant)
{
    struct msg *m = msg_new(type, room, participant);
    h->counters.n_messages_lost += !m;
    return m;
}

void hub_say(struct hub *h, struct msg *m, unsigned to)
{
    if (!m)
        return;
    m->from = h->cfg.worker;
    m->to = to;
    msg_list_put(&h->out.messages, m);
}

void hub_tell_others(struct hub *h, const struct msg *m)
{
    for (unsigned i = 0; i < h->cfg.n_workers; i++) {
        if (i == h->cfg.worker)
            continue;
        struct msg *copy = malloc(sizeof *copy);
        if (copy)
            *copy = *m;
        else
            h->counters.n_messages_lost++;
        hub_say(h, copy, i);
    }
}

/* ---- datagrams ---- */

static void recv_stun(struct hub *h, usec_t now, const struct addr *from, struct bytes in)
{
    struct bytes ufrag;
    struct link *l = ice_peek_username(in, &ufrag) == OK ? hub_find_ufrag(h, ufrag)
                     : ice_peek_answer(in, &ufrag) == OK ? hub_link_at(h, ufrag)
                                                         : NULL;
    if (!l) {
        h->counters.n_not_ours++;
        return;
    }
    struct session_news news;
    session_recv_stun(l->session, now, from, in, h->outbox, &news);
    link_take_news(l, now, from, &news);
}

static void wait_for_batch(struct hub *h, struct track *t, const struct media *m)
{
    assert(h->n_waiting < HUB_BATCH);
    h->waiting[h->n_waiting++] = (struct waiting){t, *m};
    h->counters.n_batch_full += h->n_waiting == HUB_BATCH; /* received bursts can be larger */
}

/* Is there something that must be sent on, or finished, before more is taken in? */
static bool must_forward(const struct hub *h)
{
    return h->n_waiting == HUB_BATCH || h->asks_at < h->asks.n || h->closing || hub_is_full(h);
}

static void recv_rtp(struct hub *h, usec_t now, struct link *l, struct pkt *pkt)
{
    struct media m;
    struct uptrack *up = NULL;
    usec_t due = session_feedback_deadline(l->session);
    bool good = session_recv_rtp(l->session, now, pkt, &m, &up) == OK;
    if (session_feedback_deadline(l->session) < due) /* also what is no media may want feedback: probes */
        link_schedule(l, now);
    struct track *t = good ? hub_find_track(h, uptrack_track(up)) : NULL;
    bool blocked = t && !t->is_video && l->member->audio_blocked;
    if (!t || blocked) {
        h->counters.n_no_track += good && !t;
        h->counters.n_audio_blocked += blocked;
        if (blocked)
            t->held_back = true;
        pkt_unref(pkt);
        return;
    }
    m.resumed = t->held_back && !m.late;
    t->held_back = t->held_back && m.late;
    if (!t->is_video && ext_has(&m.exts, EXT_AUDIO_LEVEL))
        track_heard(t, now, m.exts.level);
    t->exts = *uptrack_exts(up);
    if (m.frame.key && m.frame.start)
        keyframe_req_got(&t->key);
    wait_for_batch(h, t, &m);
}

/* Repeats what was lost; true: the outbox has no room for the rest of it. */
static bool resend(struct hub *h, usec_t now, const struct session_ask *ask)
{
    struct track *t = hub_find_track(h, slot_track(ask->slot));
    uint16_t seqs[17];
    unsigned n = rtcp_nack_seqs((struct rtcp_nack){ask->pid, ask->blp}, seqs);
    for (; t && h->ask_seq_at < n; h->ask_seq_at++) {
        if (hub_is_full(h))
            return true;
        slot_resend(ask->slot, now, seqs[h->ask_seq_at], t->history, &t->exts, h->outbox);
    }
    h->ask_seq_at = 0;
    return false;
}

static bool answer_asks(struct hub *h, usec_t now)
{
    for (; h->asks_at < h->asks.n; h->asks_at++) {
        const struct session_ask *a = &h->asks.list[h->asks_at];
        if (a->what == ASK_RESEND && resend(h, now, a))
            return true;
        struct track *t = a->what == ASK_KEY ? hub_find_track(h, slot_track(a->slot)) : NULL;
        if (t)
            track_want_key(t, now);
    }
    return false;
}

static void recv_rtcp(struct hub *h, usec_t now, uint64_t ntp, struct link *l, struct pkt *pkt)
{
    session_recv_rtcp(l->session, now, ntp, pkt, &h->asks);
    h->asks_at = h->ask_seq_at = 0;
    (void)answer_asks(h, now);
    member_note_quality(l->member, now);
}

static void recv_media(struct hub *h, usec_t now, uint64_t ntp, struct link *l, struct bytes in)
{
    struct pkt *pkt = in.len <= PKT_CAP ? pkt_new(h->cfg.pool) : NULL;
    h->counters.n_not_ours += in.len > PKT_CAP;
    if (!pkt)
        return; /* an empty pool counts itself */
    memcpy(pkt->data, in.p, in.len);
    pkt->len = (uint16_t)in.len;
    pkt->arrived = now;
    if (!rtp_is_rtcp(in)) {
        recv_rtp(h, now, l, pkt);
        return;
    }
    recv_rtcp(h, now, ntp, l, pkt);
    pkt_unref(pkt);
}

/* RFC 7983. */
static void demultiplex(struct hub *h, usec_t now, uint64_t ntp, const struct addr *from, struct bytes in)
{
    uint8_t first = in.p[0];
    if (first < 4) {
        recv_stun(h, now, from, in);
        return;
    }
    struct link *l = paths_find(h->paths, from);
    if (!l) {
        h->counters.n_unknown_path++;
    } else if (first >= 20 && first < 64) {
        struct session_news news;
        session_recv_dtls(l->session, now, in, h->outbox, &news);
        link_take_news(l, now, NULL, &news);
    } else if (first >= 128 && first < 192) {
        recv_media(h, now, ntp, l, in);
    } else {
        h->counters.n_not_ours++;
    }
}

bool hub_recv(struct hub *h, usec_t now, uint64_t ntp, const struct addr *from, const uint8_t *data, size_t len)
{
    if (len)
        demultiplex(h, now, ntp, from, bytes_of(data, len));
    return must_forward(h);
}

bool hub_cross(struct hub *h, const struct crossing *c)
{
    struct track *t = hub_find_track(h, c->track);
    if (t) {
        t->exts = c->exts;
        wait_for_batch(h, t, &c->media);
    } else {
        h->counters.n_crossings_late++;
        pkt_unref(c->media.pkt);
    }
    return must_forward(h);
}

/* ---- forwarding ---- */

static void send_across(struct hub *h, const struct track *t, const struct media *m)
{
    for (unsigned i = 0; t->wanted_by && i < h->cfg.n_workers; i++) {
        if (!(t->wanted_by >> i & 1))
            continue;
        if (h->out.n_crossings == HUB_CROSSINGS) {
            h->counters.n_crossings_lost++;
            continue;
        }
        struct crossing *c = &h->out.crossings[h->out.n_crossings++];
        *c = (struct crossing){.to = i, .track = t->id, .exts = t->exts, .media = *m};
        pkt_ref(m->pkt);
        h->counters.n_crossings++;
    }
}

/* All packets of one track that wait, up to a batch, leave the row; *t is whose they are. False: none wait. */
static bool gather(struct hub *h, struct track **track)
{
    while (h->waiting_at < h->n_waiting && !h->waiting[h->waiting_at].track)
        h->waiting_at++;
    if (h->waiting_at == h->n_waiting) {
        h->waiting_at = h->n_waiting = 0;
        return false;
    }
    struct track *t = h->waiting[h->waiting_at].track;
    h->batch->media.n = 0;
    for (unsigned i = h->waiting_at; i < h->n_waiting && h->batch->media.n < SLOT_BATCH; i++) {
        if (h->waiting[i].track != t)
            continue;
        h->batch->media.list[h->batch->media.n++] = h->waiting[i].media;
        h->waiting[i].track = NULL;
    }
    *track = t;
    return true;
}

/* The batch that is under way goes on; true: the outbox is full. */
static bool forward_batch(struct hub *h, usec_t now)
{
    struct track *t = h->batch->of;
    if (track_forward(t, now, h->batch, h->outbox, &h->counters))
        return true;
    h->batch->of = NULL;
    if (h->batch->needs_key)
        track_want_key(t, now);
    for (unsigned i = 0; i < h->batch->media.n; i++) {
        if (t->owner)
            send_across(h, t, &h->batch->media.list[i]);
        pkt_unref(h->batch->media.list[i].pkt);
    }
    return false;
}

bool hub_forward(struct hub *h, usec_t now)
{
    if (answer_asks(h, now) || (h->closing && room_close(h->closing, now)))
        return true;
    if (h->batch->of && forward_batch(h, now))
        return true;
    for (struct track *t; gather(h, &t);) {
        track_begin(t, now, h->batch, &h->counters);
        if (forward_batch(h, now))
            return true;
    }
    return hub_is_full(h);
}

/* ---- time ---- */

static void link_tick(struct hub *h, usec_t now, uint64_t ntp, struct link *l)
{
    struct session_news news;
    session_tick(l->session, now, ntp, h->outbox, &news);
    link_take_news(l, now, NULL, &news);
}

bool hub_tick(struct hub *h, usec_t now, uint64_t ntp)
{
    struct deadline *d;
    while (!must_forward(h)) {
        d = deadlines_take_due(&h->deadlines, now);
        if (!d)
            return false;
        switch ((enum hub_timer)d->kind) {
        case TIMER_LINK:
            link_tick(h, now, ntp, DEADLINE_OWNER(d, struct link, timer));
            break;
        case TIMER_ASSIGN:
            room_assign(DEADLINE_OWNER(d, struct room, assign_timer), now);
            break;
        case TIMER_LEVELS:
            room_levels_tick(DEADLINE_OWNER(d, struct room, levels_timer), now);
            break;
        case TIMER_KEY:
            track_key_tick(DEADLINE_OWNER(d, struct track, key_timer), now);
            break;
        }
    }
    return true;
}

usec_t hub_deadline(const struct hub *h)
{
    return deadlines_next(&h->deadlines);
}
