/* conn.c: one connection: requests in, answers out in the same order, then perhaps a WebSocket. */
#include "http/conn_priv.h"
#include <stdlib.h>
#include <unistd.h>

#define IDLE_MAX       (75 * SEC) /* between requests */
#define HEAD_TIME_MAX  (20 * SEC) /* for a whole head, however slowly it drips */
#define BODY_TIME_MAX  (60 * SEC)
#define STALL_MAX      (30 * SEC) /* for a client that doesn't read */
#define LINGER_MAX     (2 * SEC)
#define PIPELINE_BYTES 32768 /* buffered while an answer is awaited, or to be sent: then reading pauses */
#define INPUT_MAX      ((size_t)1024 * 1024) /* so it is never reached */

static void unwake(struct conn *conn)
{
    if (!conn->prev_woken)
        return;
    *conn->prev_woken = conn->next_woken;
    if (conn->next_woken)
        conn->next_woken->prev_woken = conn->prev_woken;
    conn->prev_woken = NULL;
}

static void conn_free(struct conn *conn)
{
    struct http *h = conn->h;
    unwake(conn);
    loop_timer_cancel(h->loop, &conn->timer);
    outq_reset(&conn->out);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        h->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    buf_reset(&conn->in);
    free(conn);
    http_conn_closed(h);
}

void conn_on_closed(void *owner)
{
    struct conn *conn = owner;
    conn->wire = NULL;
    if (conn->call)
        call_free(conn->call);
    if (conn->ws)
        ws_lost(conn->ws);
    conn_free(conn);
}

void conn_abort(struct conn *conn)
{
    conn->state = CONN_LINGER;
    outq_reset(&conn->out);
    wire_close(conn->wire);
}

/* --- time --- */
static void on_timer(void *arg)
{
    struct conn *conn = arg;
    if (conn->state == CONN_HEAD && conn->in.len && outq_bytes(&conn->out) == 0)
        conn_refuse(conn, 408, "Request took too long");
    else
        conn_abort(conn);
}

static void conn_arm(struct conn *conn)
{
    usec_t now = loop_now(conn->h->loop), due = USEC_NEVER;
    if (conn->state == CONN_LINGER)
        due = conn->since + LINGER_MAX;
    else if (outq_bytes(&conn->out))
        due = now + STALL_MAX;
    else if (conn->state == CONN_BODY)
        due = conn->since + BODY_TIME_MAX;
    else if (conn->state == CONN_HEAD)
        due = conn->since + (conn->in.len ? HEAD_TIME_MAX : IDLE_MAX);
    loop_timer_set(conn->h->loop, &conn->timer, due);
}

void conn_set_state(struct conn *conn, enum conn_state state)
{
    conn->state = state;
    conn->since = loop_now(conn->h->loop);
}

/* --- out --- */
static void linger(struct conn *conn)
{
    /* RFC 9112 9.6: a close with unread bytes would be a reset, and the answer lost */
    conn_set_state(conn, CONN_LINGER);
    conn_arm(conn);
    wire_half_close(conn->wire);
}

/* There is nothing left to send: what had to wait for that. */
static void drained(struct conn *conn)
{
    if (conn->state == CONN_FINISH)
        linger(conn);
    else if (conn->state == CONN_WS)
        ws_drained(conn->ws);
    else
        conn_step(conn);
    if (conn->draining && conn->state == CONN_HEAD && !conn->in.len && !outq_bytes(&conn->out))
        wire_close(conn->wire);
    conn_arm(conn);
}

void conn_on_writable(void *owner)
{
    struct conn *conn = owner;
    if (conn->state == CONN_ANSWER && conn->call->answer.status) {
        conn_answer(conn);
        conn_step(conn);
    }
    if (outq_bytes(&conn->out)) {
        size_t len = outq_take(&conn->out, wire_buffer(conn->wire), WIRE_WRITE_MAX);
        conn->h->counters.bytes_out += len;
        wire_write(conn->wire, len);
    }
    if (!outq_bytes(&conn->out) && wire_is_clear(conn->wire)) {
        drained(conn);
        return;
    }
    wire_want_write(conn->wire); /* comes when these bytes have left: then there is more, or we have drained */
    conn_arm(conn);
}

void conn_wake(struct conn *conn)
{
    struct http *h = conn->h;
    if (conn->prev_woken)
        return;
    conn->next_woken = h->woken;
    conn->prev_woken = &h->woken;
    if (conn->next_woken)
        conn->next_woken->prev_woken = &conn->next_woken;
    h->woken = conn;
}

void conn_on_turn_end(void *http)
{
    struct http *h = http;
    while (h->woken) { /* what drains may have more to say */
        struct conn *conn = h->woken;
        unwake(conn);
        if (wire_is_clear(conn->wire))
            conn_on_writable(conn);
        else
            wire_want_write(conn->wire);
    }
}

enum err conn_send(struct conn *conn, struct bytes head, struct ws_msg *m)
{
    enum err e = outq_put_msg(&conn->out, head, m);
    if (e)
        return e;
    conn_wake(conn);
    if (!conn->timer.deadline.set)
        conn_arm(conn);
    return OK;
}

size_t conn_queued(const struct conn *conn)
{
    return outq_bytes(&conn->out);
}

void conn_finish(struct conn *conn)
{
    if (conn->state == CONN_FINISH || conn->state == CONN_LINGER)
        return;
    conn_set_state(conn, CONN_FINISH);
    conn_wake(conn);
    conn_arm(conn);
}

/* --- in --- */
void conn_input_used(struct conn *conn, size_t len)
{
    buf_take(&conn->in, len);
    conn->scanned = 0;
    if (!conn->in.len)
        buf_reset(&conn->in);
}

void conn_on_received(void *owner, struct bytes in)
{
    struct conn *conn = owner;
    conn->h->counters.bytes_in += in.len;
    if (conn->state == CONN_FINISH || conn->state == CONN_LINGER)
        return;
    if (conn->state == CONN_WS) {
        struct rd r = rd_of(in);
        ws_recv(conn->ws, &r);
        conn_arm(conn);
        return;
    }
    if (conn->state == CONN_HEAD && !conn->in.len)
        conn->since = loop_now(conn->h->loop);
    if (buf_put(&conn->in, in, INPUT_MAX)) {
        conn_abort(conn);
        return;
    }
    conn_step(conn);
    bool wait = conn->in.len > PIPELINE_BYTES;
    if (wait != conn->paused && conn->state != CONN_WS) {
        conn->paused = wait;
        wire_pause(conn->wire, wait);
    }
    conn_arm(conn);
}

void conn_step(struct conn *conn)
{
    bool more = true;
    while (more && outq_bytes(&conn->out) < PIPELINE_BYTES) {
        if (conn->state == CONN_HEAD)
            more = conn_read_head(conn);
        else if (conn->state == CONN_BODY)
            more = conn_read_body(conn);
        else
            more = false;
    }
    if (conn->paused && conn->in.len <= PIPELINE_BYTES && conn->state != CONN_FINISH) {
        conn->paused = false;
        wire_pause(conn->wire, false);
    }
}

/* --- coming and going --- */
void conn_accept(struct http *h, int fd, const char *peer_ip)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        close(fd);
        return;
    }
    conn->h = h;
    memcpy(conn->ip, peer_ip, strnlen(peer_ip, sizeof conn->ip - 1));
    conn->timer = (struct loop_timer){.fire = on_timer, .arg = conn};
    if (wire_adopt(h->wires, fd, conn, &conn->wire)) {
        free(conn);
        return;
    }
    conn->next = h->conns;
    if (conn->next)
        conn->next->prev = conn;
    h->conns = conn;
    h->counters.connections++;
    h->counters.connections_open++;
    conn_set_state(conn, CONN_HEAD);
    conn_arm(conn);
}

void conn_drain(struct conn *conn)
{
    conn->draining = true;
    if (conn->state == CONN_WS)
        ws_close(conn->ws, WS_CLOSE_GOING_AWAY, "server is shutting down");
    else if (conn->state == CONN_HEAD && !conn->in.len && !outq_bytes(&conn->out))
        wire_close(conn->wire);
}
