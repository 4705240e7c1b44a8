/* hub.c: a worker's part of all rooms: the way of a datagram and of time through it. Messages are in rooms.c. */
#include "room/hub_priv.h"
#include "ice/ice_lite.h"
#include "rtp/rtp_packet.h"

#include <stddef.h>
#include <stdlib.h>

#define ROOM_BUCKETS 1024

static enum err hub_alloc(struct hub *h)
{
    h->links_cap = h->cfg.max_sessions < 0xffff ? h->cfg.max_sessions + 1 : 0x10000; /* one that replaces another */
    h->rooms_cap = ROOM_BUCKETS;
    h->mirrors_cap = 64;
    h->links = calloc(h->links_cap, sizeof(struct link *));
    h->rooms = calloc(h->rooms_cap, sizeof(struct room *));
    h->mirrors = calloc(h->mirrors_cap, sizeof(struct track *));
    h->waiting = calloc(HUB_BATCH, sizeof *h->waiting);
    h->batch = calloc(1, sizeof *h->batch);
    h->sdp = malloc(sizeof *h->sdp);
    h->answer = malloc(SDP_TEXT_MAX + 1);
    h->out.crossings = calloc(HUB_CROSSINGS, sizeof *h->out.crossings);
    if (!h->links || !h->rooms || !h->mirrors || !h->waiting || !h->batch || !h->sdp || !h->answer || !h->out.crossings)
        return ERR_NOMEM;
    return paths_new(h->cfg.seed, &h->paths);
}

enum err hub_new(const struct hub_config *cfg, struct outbox *outbox, struct hub **hub)
{
    struct hub *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_NOMEM;
    h->cfg = *cfg;
    h->out.outbox = outbox;
    msg_list_init(&h->out.messages);
    enum err e = hub_alloc(h);
    if (e) {
        hub_free(h);
        return e;
    }
    *hub = h;
    return OK;
}

static void forget_waiting(struct hub *h)
{
    for (unsigned i = 0; i < h->n_waiting; i++)
        pkt_unref(h->waiting[i].media.pkt);
    h->n_waiting = 0;
}

void hub_free(struct hub *h)
{
    if (!h)
        return;
    forget_waiting(h);
    for (unsigned i = 0; h->rooms && i < h->rooms_cap; i++)
        while (h->rooms[i])
            room_close(h->rooms[i], 0, "left");
    for (unsigned i = 0; i < h->out.n_crossings; i++)
        pkt_unref(h->out.crossings[i].media.pkt);
    for (struct msg *m; (m = msg_list_take(&h->out.messages));)
        msg_free(m);
    paths_free(h->paths);
    free(h->links);
    free(h->rooms);
    free(h->mirrors);
    free(h->tracks_by_id);
    free(h->waiting);
    free(h->batch);
    free(h->sdp);
    free(h->answer);
    free(h->out.crossings);
    free(h);
}

struct hub_out *hub_out(struct hub *h)
{
    return &h->out;
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
        struct msg *copy = i == h->cfg.worker ? NULL : malloc(sizeof *copy);
        if (!copy)
            continue;
        *copy = *m;
        hub_say(h, copy, i);
    }
}

/* ---- datagrams ---- */

static void recv_stun(struct hub *h, usec_t now, const struct addr *from, struct bytes in)
{
    struct bytes ufrag;
    struct link *l = ice_peek_username(in, &ufrag) == OK ? hub_find_ufrag(h, ufrag) : NULL;
    if (!l) {
        h->counters.n_not_ours++;
        return;
    }
    struct session_news news;
    session_recv_stun(l->session, now, from, in, h->out.outbox, &news);
    link_take_news(l, now, from, &news);
}

static void wait_for_batch(struct hub *h, usec_t now, struct track *t, const struct media *m)
{
    if (h->n_waiting == HUB_BATCH) { /* received bursts can be larger */
        h->counters.n_batch_full++;
        hub_forward(h, now);
    }
    h->waiting[h->n_waiting++] = (struct waiting){t, *m};
}

static void recv_rtp(struct hub *h, usec_t now, struct link *l, struct pkt *pkt)
{
    struct media m;
    struct uptrack *up = NULL;
    usec_t due = session_deadline(l->session);
    bool good = session_recv_rtp(l->session, now, pkt, &m, &up) == OK && up->room_track;
    if (session_deadline(l->session) < due) /* also what is no media may want feedback: probes */
        link_schedule(l, now);
    struct track *t = good ? up->room_track : NULL;
    bool blocked = t && !t->is_video && l->member->audio_blocked;
    if (!t || blocked) {
        if (blocked)
            t->held_back = true;
        pkt_unref(pkt);
        return;
    }
    m.resumed = t->held_back && !m.late;
    t->held_back = t->held_back && m.late;
    if (!t->is_video && ext_has(&m.exts, EXT_AUDIO_LEVEL))
        track_heard(t, now, m.exts.level);
    t->exts = up->exts;
    if (m.frame.key && m.frame.start)
        keyframe_req_got(&t->key, now);
    wait_for_batch(h, now, t, &m);
}

static void resend(struct hub *h, usec_t now, const struct session_ask *ask)
{
    struct track *t = ask->slot->room_track;
    uint16_t seqs[17];
    unsigned n = rtcp_nack_seqs((struct rtcp_nack){ask->pid, ask->blp}, seqs);
    for (unsigned i = 0; t && i < n; i++)
        slot_resend(ask->slot, now, seqs[i], t->history, &t->exts, h->out.outbox);
}

static void recv_rtcp(struct hub *h, usec_t now, uint64_t ntp, struct link *l, struct pkt *pkt)
{
    struct session_asks asks;
    session_recv_rtcp(l->session, now, ntp, pkt, &asks);
    for (unsigned i = 0; i < asks.n; i++) {
        const struct session_ask *a = &asks.list[i];
        if (a->what == ASK_RESEND)
            resend(h, now, a);
        else if (a->what == ASK_KEY && a->slot->room_track)
            track_want_key(a->slot->room_track, now);
    }
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
void hub_recv(struct hub *h, usec_t now, uint64_t ntp, const struct addr *from, const uint8_t *data, size_t len)
{
    struct bytes in = bytes_of(data, len);
    if (len == 0)
        return;
    if (data[0] < 4) {
        recv_stun(h, now, from, in);
        return;
    }
    struct link *l = paths_find(h->paths, from);
    if (!l) {
        h->counters.n_unknown_path++;
    } else if (data[0] >= 20 && data[0] < 64) {
        struct session_news news;
        session_recv_dtls(l->session, now, in, h->out.outbox, &news);
        link_take_news(l, now, NULL, &news);
    } else if (data[0] >= 128 && data[0] < 192) {
        recv_media(h, now, ntp, l, in);
    } else {
        h->counters.n_not_ours++;
    }
}

void hub_cross(struct hub *h, usec_t now, const struct crossing *c)
{
    struct track *t = hub_find_track(h, c->track);
    if (!t) {
        pkt_unref(c->media.pkt);
        return;
    }
    t->exts = c->exts;
    wait_for_batch(h, now, t, &c->media);
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

/* All packets of one track that wait, up to a batch, leave the row. */
static struct track *gather(struct hub *h, unsigned *first)
{
    struct track *t = h->waiting[*first].track;
    h->batch->n = 0;
    for (unsigned i = *first; i < h->n_waiting && h->batch->n < TRACK_BATCH; i++) {
        if (h->waiting[i].track != t)
            continue;
        h->batch->list[h->batch->n++] = h->waiting[i].media;
        h->waiting[i].track = NULL;
    }
    while (*first < h->n_waiting && !h->waiting[*first].track)
        ++*first;
    return t;
}

void hub_forward(struct hub *h, usec_t now)
{
    for (unsigned i = 0; i < h->n_waiting;) {
        struct track *t = gather(h, &i);
        if (track_forward(t, now, h->batch, h->out.outbox, &h->counters.packets_out))
            track_want_key(t, now);
        for (unsigned k = 0; k < h->batch->n; k++) {
            if (t->owner)
                send_across(h, t, &h->batch->list[k]);
            pkt_unref(h->batch->list[k].pkt);
        }
    }
    h->n_waiting = 0;
    hub_seal(h);
}

void hub_seal(struct hub *h)
{
    srtpseal_flush(h->cfg.mgr);
}

/* ---- time ---- */

static void link_tick(struct hub *h, usec_t now, uint64_t ntp, struct link *l)
{
    struct session_news news;
    session_tick(l->session, now, ntp, h->out.outbox, &news);
    link_take_news(l, now, NULL, &news);
}

void hub_tick(struct hub *h, usec_t now, uint64_t ntp)
{
    struct deadline *d;
    while ((d = deadlines_take_due(&h->deadlines, now))) {
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
    hub_seal(h);
}

usec_t hub_deadline(const struct hub *h)
{
    return deadlines_next(&h->deadlines);
}
