/* conn.c: one connection: requests in, answers out in the same order, then perhaps a WebSocket. */
#include "http/conn_priv.h"
#include <stdlib.h>
#include <unistd.h>

#define IDLE_MAX       (75 * SEC) /* between requests, unless configured */
#define FIRST_MAX      (10 * SEC) /* until the first request has begun */
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
    turn_forget(conn);
    loop_timer_cancel(h->loop, &conn->timer);
    outq_reset(&conn->out);
    conn_let_go(conn);
    conns_remove(h, conn);
    buf_reset(&conn->in);
    free(conn);
    http_conn_closed(h);
}

/* Somebody in a meeting left before it was their turn: what they said last counts. */
static void last_words(struct conn *conn)
{
    struct buf in = conn->in;
    conn->in = (struct buf){0};
    turn_forget(conn);
    if (in.len && ws_is_settled(conn->ws) && turn_begin(conn)) {
        struct rd r = rd_of(buf_bytes(&in));
        ws_recv(conn->ws, &r);
        turn_end(conn, in.len);
    }
    buf_reset(&in);
}

void conn_on_closed(void *owner)
{
    struct conn *conn = owner;
    conn->wire = NULL;
    if (conn->call)
        call_free(conn->call);
    if (conn->ws)
        last_words(conn);
    if (conn->ws)
        ws_lost(conn->ws);
    conn_free(conn);
}

void conn_abort(struct conn *conn)
{
    conn->state = CONN_LINGER;
    outq_reset(&conn->out);
    conn_let_go(conn);
    if (conn->wire) /* else it is closed already */
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

static usec_t idle_max(const struct conn *conn)
{
    usec_t most = conn->h->cfg.keep_alive ? conn->h->cfg.keep_alive : IDLE_MAX;
    return conn->was_used || most < FIRST_MAX ? most : FIRST_MAX;
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
        due = conn->since + (conn->in.len ? HEAD_TIME_MAX : idle_max(conn));
    loop_timer_set(conn->h->loop, &conn->timer, due);
}

void conn_set_state(struct conn *conn, enum conn_state state)
{
    conn->state = state;
    conn->since = loop_now(conn->h->loop);
    conns_remove(conn->h, conn);
    conns_add(conn->h, conn);
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
        (void)conn_hold(conn);
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
    turns_run(h);
    while (h->woken) { /* what drains may have more to say */
        struct conn *conn = h->woken;
        unwake(conn);
        if (wire_is_clear(conn->wire))
            conn_on_writable(conn);
        else
            wire_want_write(conn->wire);
    }
    turns_sleep(h);
}

enum err conn_send(struct conn *conn, struct bytes head, struct ws_msg *m)
{
    enum err e = outq_put_msg(&conn->out, head, m);
    if (e)
        return e;
    if (!conn_hold(conn))
        return ERR_FULL;
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

/* More is kept than its address may have. */
static void over_share(struct conn *conn)
{
    if (conn->state != CONN_BODY) {
        conn_abort(conn);
        return;
    }
    conn->keep_alive = false;
    call_error(conn->call, 503, "Too much is being sent from your address");
    conn_answer(conn);
}

/* What waits is bounded: then reading pauses. */
static void pause_or_go_on(struct conn *conn)
{
    bool wait = conn->in.len > PIPELINE_BYTES;
    if (wait == conn->paused || conn->state == CONN_FINISH || conn->state == CONN_LINGER)
        return;
    conn->paused = wait;
    wire_pause(conn->wire, wait);
}

static void conn_settle_input(struct conn *conn)
{
    pause_or_go_on(conn);
    if (!conn_hold(conn))
        over_share(conn);
    conn_arm(conn);
}

/* Frames, of a WebSocket that may run now; what it has no time for is kept for its next turn. */
static void frames_read(struct conn *conn, struct bytes in)
{
    struct rd r = rd_of(in);
    ws_recv(conn->ws, &r);
    struct bytes rest = rd_bytes(&r, rd_left(&r));
    turn_end(conn, in.len - rest.len);
    if (conn->state != CONN_WS || !rest.len)
        return;
    if (buf_put(&conn->in, rest, INPUT_MAX))
        conn_abort(conn);
    else
        turn_wait(conn);
}

void conn_run(struct conn *conn)
{
    if (conn->state == CONN_WS && !turn_begin(conn)) {
        turn_wait(conn);
    } else if (conn->state == CONN_WS) {
        struct buf in = conn->in;
        conn->in = (struct buf){0};
        frames_read(conn, buf_bytes(&in));
        buf_reset(&in);
    } else {
        conn_step(conn);
    }
    conn_settle_input(conn);
}

void conn_on_received(void *owner, struct bytes in)
{
    struct conn *conn = owner;
    conn->h->counters.bytes_in += in.len;
    if (conn->state == CONN_FINISH || conn->state == CONN_LINGER)
        return;
    if (conn->state == CONN_WS && !conn->in.len && turn_begin(conn)) {
        frames_read(conn, in);
        conn_settle_input(conn);
        return;
    }
    if (conn->state == CONN_HEAD && !conn->in.len && conn->was_used)
        conn->since = loop_now(conn->h->loop);
    if (buf_put(&conn->in, in, INPUT_MAX)) {
        conn_abort(conn);
        return;
    }
    if (conn->state == CONN_WS)
        turn_wait(conn);
    else
        conn_step(conn);
    conn_settle_input(conn);
}

static bool can_step(const struct conn *conn)
{
    return (conn->state == CONN_HEAD || conn->state == CONN_BODY) && conn->in.len &&
           outq_bytes(&conn->out) < PIPELINE_BYTES;
}

void conn_step(struct conn *conn)
{
    if (!can_step(conn))
        return;
    if (!turn_begin(conn)) {
        turn_wait(conn);
        return;
    }
    size_t before = conn->in.len;
    bool more = true;
    while (more && can_step(conn) && !turn_is_over(conn))
        more = conn->state == CONN_HEAD ? conn_read_head(conn) : conn_read_body(conn);
    turn_end(conn, before > conn->in.len ? before - conn->in.len : 0);
    if (more && can_step(conn))
        turn_wait(conn);
    pause_or_go_on(conn);
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
    if (!conn_take_place(conn)) {
        close(fd);
        free(conn);
        return;
    }
    if (wire_adopt(h->wires, fd, conn, &conn->wire)) {
        conn_let_go(conn);
        free(conn);
        return;
    }
    conns_add(h, conn);
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
