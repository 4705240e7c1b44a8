/* eio_hold.c: what a session has of its address's share: its place, and the bytes that wait for its next poll. */
#include "socketio/eio_hold.h"
#include "socketio/eio_priv.h"

/* ---- all sessions, the oldest first ---- */

static void list_add(struct eio *e, struct eio_session *s)
{
    s->older = e->youngest;
    s->younger = NULL;
    if (e->youngest)
        e->youngest->younger = s;
    else
        e->oldest = s;
    e->youngest = s;
}

static void list_remove(struct eio *e, struct eio_session *s)
{
    if (s->older)
        s->older->younger = s->younger;
    else
        e->oldest = s->younger;
    if (s->younger)
        s->younger->older = s->older;
    else
        e->youngest = s->older;
}

/* ---- places ---- */

bool eio_may_open(struct eio *e, usec_t now, const char *ip)
{
    struct holder whose = holder_of_address(ip ? ip : "");
    return !e->cfg.shares || shares_spend(e->cfg.shares, now, SHARE_HANDSHAKES, &whose, 1) == OK;
}

bool eio_take_place(struct eio *e, usec_t now, struct eio_session *s, const char *ip)
{
    s->whose = holder_of_address(ip ? ip : "");
    s->has_place = !e->cfg.shares || !shares_take(e->cfg.shares, now, SHARE_SESSIONS, &s->whose, 1);
    if (s->has_place)
        list_add(e, s);
    return s->has_place;
}

void eio_let_go(struct eio *e, struct eio_session *s)
{
    if (!s->has_place)
        return;
    s->has_place = false;
    list_remove(e, s);
    if (!e->cfg.shares)
        return;
    shares_give(e->cfg.shares, SHARE_SESSIONS, &s->whose, 1);
    if (s->held)
        shares_give(e->cfg.shares, SHARE_BYTES, &s->whose, s->held);
    s->held = 0;
}

bool eio_hold(struct eio *e, usec_t now, struct eio_session *s)
{
    return !e->cfg.shares || !s->has_place || !shares_keep(e->cfg.shares, now, &s->whose, &s->held, s->queued);
}

/* ---- giving way ---- */

static bool is_in_use(const struct eio *e, const struct eio_session *s)
{
    return s->state == EIO_LIVE && (!e->cfg.in_use || e->cfg.in_use(e->cfg.ctx, eio_id_of(e, s)));
}

static struct eio_session *oldest_unused_of(const struct eio *e, const struct holder *whose)
{
    for (struct eio_session *s = e->oldest; s; s = s->younger)
        if (holder_eq(&s->whose, whose) && !is_in_use(e, s))
            return s;
    return NULL;
}

static struct eio_session *largest_of(const struct eio *e, const struct holder *whose)
{
    struct eio_session *largest = NULL;
    for (struct eio_session *s = e->oldest; s; s = s->younger)
        if (s->held > (largest ? largest->held : 0) && holder_eq(&s->whose, whose))
            largest = s;
    return largest;
}

bool eio_displace(struct eio *e, usec_t now, enum share what, const struct holder *whose)
{
    struct eio_session *s = what == SHARE_SESSIONS ? oldest_unused_of(e, whose)
                            : what == SHARE_BYTES  ? largest_of(e, whose)
                                                   : NULL;
    if (!s)
        return false;
    if (s->state == EIO_LINGER) /* its end was told */
        eio_session_forget(e, s);
    else
        eio_session_end(e, now, s, what == SHARE_BYTES ? EIO_END_SLOW : EIO_END_TRANSPORT);
    eio_let_go(e, s); /* without memory for its end it is still there, but has nothing any more */
    return true;
}

bool eio_in_use(const struct eio *e, struct eio_id session)
{
    const struct eio_session *s = eio_find(e, session);
    return s && is_in_use(e, s);
}

size_t eio_body_max(const struct eio *e, const char *sid)
{
    const struct eio_session *s = eio_find_sid(e, sid);
    return !e->cfg.in_use || (s && is_in_use(e, s)) ? e->cfg.max_payload : e->cfg.stranger_payload;
}
