/* peers.c: places taken, kept and lost. */
#include "api/peers.h"
#include "api/codec.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

void peers_reset(struct peers *ps)
{
    for (unsigned i = 0; i < PEERS_MAX; i++)
        conn_free(ps->all[i].conn);
    *ps = (struct peers){.epoll = -1};
}

void peers_hang_up(struct peers *ps, struct peer *p, const char *why)
{
    log_info(ps->log, "control_gone", "reason=%s", why);
    conn_free(p->conn); /* closing its descriptor takes it out of the epoll set */
    *p = (struct peer){0};
}

/* Whether a loses its place rather than b. */
static bool goes_before(const struct peer *a, const struct peer *b)
{
    return a->greeted != b->greeted ? b->greeted : a->heard_at < b->heard_at;
}

/* NULL: everybody who is here has a better right to be. */
static struct peer *place_for_another(struct peers *ps, usec_t now)
{
    struct peer *first = &ps->all[0];
    for (struct peer *p = ps->all; p < ps->all + PEERS_MAX; p++) {
        if (!p->conn)
            return p;
        if (goes_before(p, first))
            first = p;
    }
    if (first->greeted && now - first->heard_at < PEERS_MAY_BE_IDLE)
        return NULL;
    peers_hang_up(ps, first, first->greeted ? "idle" : "displaced");
    return first;
}

void peers_add(struct peers *ps, usec_t now, int fd)
{
    struct peer *p = place_for_another(ps, now);
    if (!p) {
        log_warn(ps->log, "control_refused", "reason=full");
        close(fd);
        return;
    }
    if (conn_new(fd, API_LINE_MAX, &p->conn))
        return;
    p->generation = ++ps->generation;
    p->since = p->heard_at = now;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(ps->epoll, EPOLL_CTL_ADD, fd, &e))
        peers_hang_up(ps, p, "epoll");
}

void peers_expire(struct peers *ps, usec_t now)
{
    for (struct peer *p = ps->all; p < ps->all + PEERS_MAX; p++)
        if (p->conn && !p->greeted && now - p->since >= PEERS_HELLO_WITHIN)
            peers_hang_up(ps, p, "no_hello");
}

void peers_say(struct peers *ps, struct peer *p, char *line, bool droppable)
{
    if (!p->conn)
        free(line);
    else if (conn_put(p->conn, line, droppable))
        peers_hang_up(ps, p, "too_slow");
}

static void write_one(struct peers *ps, struct peer *p)
{
    unsigned long lost = conn_take_lost(p->conn);
    if (lost)
        peers_say(ps, p, api_notification_lost(lost), false);
    if (p->conn && conn_write(p->conn))
        peers_hang_up(ps, p, "closed");
    if (!p->conn)
        return;
    struct epoll_event e = {.events = EPOLLIN | (conn_wants_write(p->conn) ? EPOLLOUT : 0),
                            .data.fd = conn_fd(p->conn)};
    epoll_ctl(ps->epoll, EPOLL_CTL_MOD, conn_fd(p->conn), &e);
}

void peers_write(struct peers *ps)
{
    for (struct peer *p = ps->all; p < ps->all + PEERS_MAX; p++)
        if (p->conn)
            write_one(ps, p);
}
