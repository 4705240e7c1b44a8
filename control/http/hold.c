/* hold.c: what a connection has of its address's share: its place, and the bytes that are kept for it. */
#include "http/conn_priv.h"

/* ---- which connections there are: the one that began something last is first ---- */

void conns_add(struct http *h, struct conn *conn)
{
    conn->prev = NULL;
    conn->next = h->conns;
    if (conn->next)
        conn->next->prev = conn;
    else
        h->conns_last = conn;
    h->conns = conn;
}

void conns_remove(struct http *h, struct conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        h->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    else
        h->conns_last = conn->prev;
}

/* ---- a place ---- */

bool conn_take_place(struct conn *conn)
{
    struct http *h = conn->h;
    bool proxy = cidr_list_has(&h->trusted, conn->ip); /* it has connections of many */
    conn->whose = holder_of_address(conn->ip);
    conn->place_of = proxy ? (struct holder){0} : conn->whose;
    if (h->cfg.shares && shares_take(h->cfg.shares, loop_now(h->loop), SHARE_CONNECTIONS, &conn->place_of, 1)) {
        h->counters.connections_refused++;
        return false;
    }
    conn->has_place = true;
    return true;
}

/* ---- bytes ---- */

static size_t bytes_kept(const struct conn *conn)
{
    size_t bytes = conn->in.cap + outq_own_bytes(&conn->out);
    if (conn->call)
        bytes += conn->call->body.cap;
    if (conn->ws)
        bytes += ws_kept(conn->ws);
    return bytes;
}

bool conn_hold(struct conn *conn)
{
    struct shares *shares = conn->h->cfg.shares;
    return !shares || !conn->has_place ||
           !shares_keep(shares, loop_now(conn->h->loop), &conn->whose, &conn->held, bytes_kept(conn));
}

void conn_let_go(struct conn *conn)
{
    struct shares *shares = conn->h->cfg.shares;
    if (!shares || !conn->has_place)
        return;
    conn->has_place = false;
    shares_give(shares, SHARE_CONNECTIONS, &conn->place_of, 1);
    if (conn->held)
        shares_give(shares, SHARE_BYTES, &conn->whose, conn->held);
    conn->held = 0;
}

void conn_serves(struct conn *conn, const char *ip)
{
    struct holder whose = holder_of_address(ip);
    if (holder_eq(&whose, &conn->whose))
        return;
    if (conn->held)
        shares_give(conn->h->cfg.shares, SHARE_BYTES, &conn->whose, conn->held);
    conn->held = 0;
    conn->whose = whose;
    conn->muted = false;
    conn->owed_time = conn->owed_bytes = 0;
}

/* ---- giving way ---- */

static bool is_at_work(const struct conn *conn)
{
    return conn->state == CONN_ANSWER || (conn->state == CONN_WS && ws_is_settled(conn->ws));
}

static struct conn *oldest_unused_of(const struct http *h, const struct holder *whose)
{
    for (struct conn *conn = h->conns_last; conn; conn = conn->prev)
        if (conn->has_place && !is_at_work(conn) && holder_eq(&conn->place_of, whose))
            return conn;
    return NULL;
}

static struct conn *largest_of(const struct http *h, const struct holder *whose)
{
    struct conn *largest = NULL;
    for (struct conn *conn = h->conns; conn; conn = conn->next)
        if (conn->held > (largest ? largest->held : 0) && holder_eq(&conn->whose, whose))
            largest = conn;
    return largest;
}

bool http_displace(void *http, enum share what, const struct holder *whose)
{
    const struct http *h = http;
    struct conn *conn = what == SHARE_CONNECTIONS ? oldest_unused_of(h, whose)
                        : what == SHARE_BYTES     ? largest_of(h, whose)
                                                  : NULL;
    if (!conn)
        return false;
    conn_abort(conn);
    return true;
}
