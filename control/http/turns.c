/* turns.c: whose input is worked off when. A turn of the loop has a slice of time for each class of connections, and a
 * connection a smaller one; what is left over waits for the next turn, behind whoever hasn't had one. So requests come
 * before meetings, and meetings before strangers, however much anybody sends; and an address that has used up its share
 * of the loop's time, or of bytes, is not heard until some of it has come back. */
#include "http/conn_priv.h"

#define RUN_MAX   (2 * MSEC) /* for a connection at a time, but for what can't be cut: a message, a request */
#define LATER     (20 * MSEC)
#define PAY_TIME  (200 * USEC) /* what is owed is counted in such steps: looking the holder up isn't free */
#define PAY_BYTES 4096

static const usec_t slices[TURN_CLASSES] = {
    [TURN_REQUESTS] = 20 * MSEC,
    [TURN_MEETINGS] = 10 * MSEC,
    [TURN_STRANGERS] = 5 * MSEC,
};

static enum turn_class class_of(const struct conn *conn)
{
    if (conn->state == CONN_WS)
        return ws_is_settled(conn->ws) ? TURN_MEETINGS : TURN_STRANGERS;
    return conn->is_stranger ? TURN_STRANGERS : TURN_REQUESTS;
}

/* ---- who waits ---- */

static void enqueue(struct turn_queue *q, struct conn *conn)
{
    conn->waits_in = q;
    conn->next_waiting = NULL;
    conn->prev_waiting = q->last;
    if (q->last)
        q->last->next_waiting = conn;
    else
        q->first = conn;
    q->last = conn;
}

void turn_forget(struct conn *conn)
{
    struct turn_queue *q = conn->waits_in;
    if (!q)
        return;
    if (conn->prev_waiting)
        conn->prev_waiting->next_waiting = conn->next_waiting;
    else
        q->first = conn->next_waiting;
    if (conn->next_waiting)
        conn->next_waiting->prev_waiting = conn->prev_waiting;
    else
        q->last = conn->prev_waiting;
    conn->waits_in = NULL;
}

void turn_wait(struct conn *conn)
{
    struct turns *t = &conn->h->turns;
    if (!conn->waits_in)
        enqueue(&t->queues[class_of(conn)], conn);
}

/* ---- what an address has left ---- */

static bool has_share(const struct conn *conn, usec_t now)
{
    const struct shares *shares = conn->h->cfg.shares;
    return !shares || (!shares_wait(shares, now, SHARE_LOOP, &conn->whose) &&
                       !shares_wait(shares, now, SHARE_INPUT, &conn->whose));
}

static void pay(struct conn *conn, usec_t now)
{
    struct shares *shares = conn->h->cfg.shares;
    if (!shares || (conn->owed_time < PAY_TIME && conn->owed_bytes < PAY_BYTES))
        return;
    shares_charge(shares, now, SHARE_LOOP, &conn->whose, conn->owed_time);
    shares_charge(shares, now, SHARE_INPUT, &conn->whose, conn->owed_bytes);
    conn->owed_time = conn->owed_bytes = 0;
    conn->muted = !has_share(conn, now);
}

/* Strangers are looked up each time; the others once what they did before was more than their share. Whom a proxy's
 * next request is for isn't known before its head is read. */
static bool is_heard(struct conn *conn, enum turn_class class, usec_t now)
{
    if (conn->place_of.kind == HOLDER_NOBODY && conn->state == CONN_HEAD)
        return true;
    if (class == TURN_STRANGERS || conn->muted)
        conn->muted = !has_share(conn, now);
    return !conn->muted;
}

/* ---- running ---- */

static bool begin(struct conn *conn)
{
    struct turns *t = &conn->h->turns;
    enum turn_class class = class_of(conn);
    usec_t now = loop_now(conn->h->loop);
    if (!is_heard(conn, class, now))
        return false;
    t->class = class;
    t->began = now;
    return true;
}

bool turn_begin(struct conn *conn)
{
    struct turns *t = &conn->h->turns;
    enum turn_class class = class_of(conn);
    bool others_first = t->queues[class].first && !t->serving; /* they came before */
    return !conn->waits_in && !others_first && t->used[class] < slices[class] && begin(conn);
}

bool turn_is_over(const struct conn *conn)
{
    return loop_now(conn->h->loop) - conn->h->turns.began >= RUN_MAX;
}

void turn_end(struct conn *conn, size_t bytes)
{
    struct turns *t = &conn->h->turns;
    usec_t now = loop_now(conn->h->loop), took = now - t->began;
    t->used[t->class] += took;
    conn->owed_time += (uint32_t)took;
    conn->owed_bytes += (uint32_t)bytes;
    pay(conn, now);
}

/* Once round, or until the slice is used up. Whose address has had its share moves aside. */
static void run_class(struct http *h, enum turn_class class)
{
    struct turn_queue *q = &h->turns.queues[class];
    const struct conn *last = q->last;
    bool more = last;
    h->turns.serving = true;
    while (more && q->first && h->turns.used[class] < slices[class]) {
        struct conn *conn = q->first;
        more = conn != last;
        turn_forget(conn);
        if (is_heard(conn, class, loop_now(h->loop)))
            conn_run(conn);
        else
            enqueue(&h->turns.later, conn);
    }
    h->turns.serving = false;
}

static void on_later(void *arg)
{
    struct http *h = arg;
    while (h->turns.later.first) {
        struct conn *conn = h->turns.later.first;
        turn_forget(conn);
        turn_wait(conn);
    }
}

static void on_wake(void *arg)
{
    (void)arg; /* the end of this turn runs them */
}

void turns_init(struct http *h)
{
    h->turns.wake = (struct loop_timer){.fire = on_wake, .arg = h};
    h->turns.look = (struct loop_timer){.fire = on_later, .arg = h};
}

void turns_stop(struct http *h)
{
    loop_timer_cancel(h->loop, &h->turns.wake);
    loop_timer_cancel(h->loop, &h->turns.look);
}

void turns_run(struct http *h)
{
    struct turns *t = &h->turns;
    for (unsigned class = 0; class < TURN_CLASSES; class ++) {
        run_class(h, (enum turn_class) class);
        t->used[class] = 0;
    }
}

void turns_sleep(struct http *h)
{
    struct turns *t = &h->turns;
    bool more = false;
    for (unsigned class = 0; class < TURN_CLASSES; class ++)
        more |= t->queues[class].first != NULL;
    if (more)
        loop_timer_set(h->loop, &t->wake, loop_now(h->loop));
    if (t->later.first && !t->look.deadline.set)
        loop_timer_set(h->loop, &t->look, loop_now(h->loop) + LATER);
}
