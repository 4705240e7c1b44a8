/* links.c: sessions of this worker: made by an offer, found by ufrag or 5-tuple, closed when their client is gone. */
#include "common/text.h"
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define INDEX_DIGITS 4 /* of a session's ufrag; ICE_UFRAG_MIN */
#define UFRAG_RANDOM 8
#define PWD_LEN      24
#define MIN_TICK     (500 * USEC)

_Static_assert(UFRAG_RANDOM + PWD_LEN + 3 * sizeof(uint64_t) <= MSG_ENTROPY, "a session's random bytes");

/* The ufrag says where the session is: four hexadecimal digits of its index, then random ones. */
static void make_creds(unsigned index, const uint8_t *entropy, struct ice_creds *c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; /* 64 ice-chars */
    int n = snprintf(c->ufrag, sizeof c->ufrag, "%04x", index & 0xffff);
    for (unsigned i = 0; i < UFRAG_RANDOM; i++)
        c->ufrag[n + (int)i] = alphabet[entropy[i] & 63];
    c->ufrag[n + UFRAG_RANDOM] = '\0';
    for (unsigned i = 0; i < PWD_LEN; i++)
        c->pwd[i] = alphabet[entropy[UFRAG_RANDOM + i] & 63];
    c->pwd[PWD_LEN] = '\0';
}

struct link *hub_link_at(struct hub *h, struct bytes text)
{
    unsigned index = 0;
    for (unsigned i = 0; i < INDEX_DIGITS; i++) {
        int digit = i < text.len ? text_hex_digit(text.p[i]) : -1;
        if (digit < 0)
            return NULL;
        index = index << 4 | (unsigned)digit;
    }
    return index < h->links_cap ? h->links[index] : NULL;
}

struct link *hub_find_ufrag(struct hub *h, struct bytes ufrag)
{
    struct link *l = hub_link_at(h, ufrag);
    return l && session_is_ufrag(l->session, ufrag) ? l : NULL;
}

/* replaces: the link that goes when this one is there, so that a page can be reloaded on a full server; or NULL. */
static struct link *link_new(struct hub *h, const struct link *replaces)
{
    unsigned i = 0, n_others = h->n_links - (replaces != NULL);
    while (i < h->links_cap && h->links[i])
        i++;
    if (i >= h->links_cap || n_others >= h->cfg.max_sessions)
        return NULL;
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->index = i;
    h->links[i] = l;
    h->n_links++;
    return l;
}

static void note_state(struct member *m, const char *reason)
{
    struct msg *note = hub_msg(m->room->hub, MSG_STATE, m->room->name, m->name);
    if (!note)
        return;
    note->state.state = reason ? SESSION_CLOSED : session_state(m->link->session);
    snprintf(note->state.reason, sizeof note->state.reason, "%s", reason ? reason : "");
    hub_say(m->room->hub, note, MSG_TO_API);
}

static void take_off(struct hub *h, struct link *l)
{
    for (unsigned i = 0; i < l->n_addrs; i++)
        paths_remove(h->paths, &l->addrs[i], l);
    deadlines_cancel(&h->deadlines, &l->timer);
    h->links[l->index] = NULL;
    h->n_links--;
}

static void leave_room(struct room *r, const struct uptrack *up)
{
    struct track *t = hub_find_track(r->hub, uptrack_track(up));
    if (t)
        room_remove_track(r, t);
}

void link_free(struct link *l, usec_t now, const char *reason)
{
    struct member *m = l->member;
    struct room *r = m->room;
    struct hub *h = r->hub;
    struct slot *slot;
    struct uptrack *up;
    session_close(l->session, h->outbox);
    hub_seal(h); /* its key goes */
    h->asks.n = 0;
    for (unsigned i = 0; (slot = session_slot_at(l->session, i)); i++) {
        struct track *t = hub_find_track(h, slot_track(slot));
        if (!t)
            continue;
        track_unsubscribe(t, slot);
        track_set_wanted(t);
    }
    for (unsigned i = 0; (up = session_uptrack_at(l->session, i)); i++)
        leave_room(r, up);
    note_state(m, reason);
    take_off(h, l);
    hub_count_session(&h->counters, l->session); /* its counts live on in the hub's */
    m->link = NULL;
    session_free(l->session);
    free(l);
    room_assign_soon(r, now);
}

void link_schedule(struct link *l, usec_t now)
{
    struct hub *h = l->member->room->hub;
    usec_t due = session_deadline(l->session);
    if (due < now + MIN_TICK) /* whatever a session says, a tick can't call for itself at once */
        due = now + MIN_TICK;
    deadlines_set(&h->deadlines, &l->timer, due);
}

static bool knows_addr(const struct link *l, const struct addr *a)
{
    for (unsigned i = 0; i < l->n_addrs; i++)
        if (addr_eq(&l->addrs[i], a))
            return true;
    return false;
}

/* Two sessions may have answered from one address: who is there and heard of keeps it. */
static bool may_take(const struct hub *h, const struct link *l, const struct addr *from, usec_t now)
{
    const struct link *owner = paths_find(h->paths, from);
    return owner != l && (!owner || now - session_heard(owner->session) > ICE_SOFT_SILENT);
}

static void learn(struct link *l, usec_t now, const struct addr *from, const struct session_news *news)
{
    struct hub *h = l->member->room->hub;
    if (news->ice.forgot) {
        paths_remove(h->paths, &news->ice.forgotten, l);
        for (unsigned i = 0; i < l->n_addrs; i++)
            if (addr_eq(&l->addrs[i], &news->ice.forgotten))
                l->addrs[i--] = l->addrs[--l->n_addrs];
    }
    if (!news->ice.learned || !may_take(h, l, from, now))
        return;
    if (!knows_addr(l, from)) {
        if (l->n_addrs == LINK_ADDRS)
            return;
        l->addrs[l->n_addrs++] = *from;
    }
    if (paths_put(h->paths, from, l))
        log_warn(h->cfg.log, "path", "session=%s reason=nomem", session_name(l->session));
}

/* When the handshake is done the publishers are asked for key frames at once, so that the first picture doesn't wait
 * for a round trip. */
static void opened(struct link *l, usec_t now)
{
    struct slot *slot;
    for (unsigned i = 0; (slot = session_slot_at(l->session, i)); i++) {
        struct track *t = hub_find_track(l->member->room->hub, slot_track(slot));
        if (t)
            track_want_key(t, now);
    }
}

void link_take_news(struct link *l, usec_t now, const struct addr *from, const struct session_news *news)
{
    struct member *m = l->member;
    if (from)
        learn(l, now, from, news);
    if (news->state_changed && session_state(l->session) == SESSION_CLOSED) {
        link_free(l, now, news->reason ? news->reason : "closed");
        return;
    }
    if (news->state_changed) {
        note_state(m, NULL);
        if (session_state(l->session) == SESSION_OPEN)
            opened(l, now);
    }
    link_schedule(l, now);
}

/* Which m-line is what: as announced, else by the order of signaling: first audio the microphone, first video the
 * camera, others the screen. */
static void name_sources(struct member *m)
{
    struct uptrack *up;
    unsigned n_audio = 0, n_video = 0;
    for (unsigned i = 0; (up = session_uptrack_at(m->link->session, i)); i++) {
        if (!uptrack_mid(up)[0]) /* its m-line was rejected */
            continue;
        enum source s = uptrack_is_video(up) ? (n_video++ ? SOURCE_SCREEN : SOURCE_CAMERA)
                                             : (n_audio++ ? SOURCE_SCREEN_AUDIO : SOURCE_MICROPHONE);
        for (unsigned k = 0; k < m->n_announced; k++)
            if (strcmp(m->announced[k].mid, uptrack_mid(up)) == 0)
                s = m->announced[k].source;
        uptrack_set_source(up, s);
    }
}

/* Tracks that came with the offer join the room; those that became inactive, or something else, leave it. */
static void sync_tracks(struct member *m, usec_t now)
{
    struct uptrack *up;
    for (unsigned i = 0; (up = session_uptrack_at(m->link->session, i)); i++) {
        struct track *t = hub_find_track(m->room->hub, uptrack_track(up));
        if (t && (!uptrack_is_active(up) || t->source != uptrack_source(up))) {
            room_remove_track(m->room, t);
            t = NULL;
        }
        if (!t && uptrack_is_active(up))
            room_add_own_track(m->room, now, m, up);
    }
}

static enum err open_link(struct member *m, usec_t now, const struct msg *request, struct wr *answer,
                          struct sdp_error *why)
{
    struct hub *h = m->room->hub;
    struct link *l = link_new(h, m->link);
    if (!l) {
        snprintf(why->text, sizeof why->text, "the server is full");
        return ERR_FULL;
    }
    char name[2 * ROOM_NAME_CAP + 1];
    snprintf(name, sizeof name, "%s/%s", m->room->name, m->name);
    struct session_config cfg = {
        .name = name,
        .identity = h->cfg.identity,
        .mgr = h->cfg.mgr,
        .candidates = h->cfg.candidates,
        .n_candidates = h->cfg.n_candidates,
        .log = h->cfg.log,
    };
    make_creds(l->index, request->offer.entropy, &cfg.creds);
    const uint8_t *left = request->offer.entropy + UFRAG_RANDOM + PWD_LEN;
    memcpy(&cfg.seed, left, sizeof cfg.seed);
    memcpy(&cfg.secret, left + sizeof cfg.seed, sizeof cfg.secret);
    enum err e = session_new(&cfg, now, h->sdp, answer, why, &l->session);
    if (e) {
        take_off(h, l);
        free(l);
        return e;
    }
    if (m->link)
        link_free(m->link, now, "replaced");
    m->link = l;
    l->member = m;
    note_state(m, NULL);
    return OK;
}

static enum err negotiate(struct member *m, usec_t now, const struct msg *request, struct wr *answer,
                          struct sdp_error *why)
{
    struct hub *h = m->room->hub;
    enum err e = sdp_parse(bytes_str(request->offer.sdp), SDP_OFFER, h->sdp, why);
    if (e)
        return e == ERR_FULL ? ERR_SYNTAX : e; /* too much of something in the offer: nothing here is full */
    if (!m->link || session_is_other(m->link->session, h->sdp))
        return open_link(m, now, request, answer, why);
    struct ice_creds fresh;
    make_creds(m->link->index, request->offer.entropy, &fresh);
    return session_renegotiate(m->link->session, h->sdp, &fresh, answer, why);
}

void member_offer(struct member *m, usec_t now, const struct msg *request)
{
    struct hub *h = m->room->hub;
    struct sdp_error why = {""};
    struct wr answer = wr_of(h->answer, SDP_TEXT_MAX);
    enum err e = negotiate(m, now, request, &answer, &why);
    if (e) {
        hub_reply(h, request, e, why.text);
        return;
    }
    h->answer[wr_len(&answer)] = '\0';
    name_sources(m);
    sync_tracks(m, now);
    hub_reply(h, request, OK, h->answer);
    link_schedule(m->link, now);
    room_assign_first(m, now);
    member_note_slots(m, true);
}
