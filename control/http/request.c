/* request.c: HTTP on a connection: head, body, dispatch, answer, upgrade. */
#include "common/text.h"
#include "http/conn_priv.h"
#include <stdlib.h>

void conn_answer(struct conn *conn)
{
    struct call *c = conn->call;
    struct buf head = {0};
    bool keep = conn->keep_alive && !conn->draining;
    enum err e = answer_head(c, keep, &head);
    if (!e)
        e = outq_put(&conn->out, buf_bytes(&head), head.p);
    if (e)
        buf_reset(&head);
    struct bytes body = answer_body(c);
    if (!e && body.len) {
        e = outq_put(&conn->out, body, c->answer.body);
        if (!e)
            c->answer.body = NULL; /* the queue owns it now */
    }
    call_free(c);
    conn->call = NULL;
    if (e) {
        conn_abort(conn);
        return;
    }
    conn_set_state(conn, keep ? CONN_HEAD : CONN_FINISH);
    conn_wake(conn);
}

/* An answer to something that gave no call: a minimal request stands in, so that the answer has the usual headers. */
void conn_refuse(struct conn *conn, unsigned status, const char *sentence)
{
    struct h1_head nothing = {.method = BYTES_LIT("GET"), .target = BYTES_LIT("/")};
    if (call_new(conn->h, &nothing, conn->ip, &conn->call)) {
        conn_abort(conn);
        return;
    }
    conn->keep_alive = false;
    call_error(conn->call, status, "%s", sentence);
    conn_answer(conn);
}

static void refuse_head(struct conn *conn, enum err e, const struct h1_head *head)
{
    if (e == ERR_FULL)
        conn_refuse(conn, 431, "Too many or too large headers");
    else if (e == ERR_SHORT)
        conn_refuse(conn, 414, "URI too long");
    else if (e == ERR_UNSUPPORTED)
        conn_refuse(conn, head->chunked ? 501 : 505,
                    head->chunked ? "Unknown transfer coding" : "HTTP version not supported");
    else if (e == ERR_NOMEM)
        conn_refuse(conn, 503, "Out of memory");
    else
        conn_refuse(conn, 400, "Bad request");
}

static void wake(struct call *c)
{
    struct conn *conn = c->sink;
    if (conn->state == CONN_ANSWER)
        conn_wake(conn);
}

/* --- upgrade (RFC 6455 4.2) --- */
static bool upgrade_send(struct conn *conn, struct bytes key)
{
    char accept[32];
    struct buf t = {0};
    wire_accept_key(key, accept);
    buf_printf(&t,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
               "%s\r\n\r\n",
               accept);
    if (!t.bad && outq_put(&conn->out, buf_bytes(&t), t.p) == OK)
        return true;
    buf_reset(&t);
    return false;
}

static void upgrade_refused(struct conn *conn, enum err e)
{
    struct call *c = conn->call;
    if (!c->answer.status)
        call_reply_err(c, e ? e : ERR_STATE);
    conn_answer(conn);
}

static void upgrade(struct conn *conn, const struct h1_head *head)
{
    struct call *c = conn->call;
    const struct ws_ops *ops = c->prefix->ws;
    struct bytes key = h1_header(head, "sec-websocket-key");
    void *data = NULL;
    if (!bytes_eq(h1_header(head, "sec-websocket-version"), BYTES_LIT("13"))) {
        call_set_header(c, "Sec-WebSocket-Version", "13");
        call_error(c, 426, "WebSocket version 13 is needed");
    } else if (key.len != 24) {
        call_error(c, 400, "Bad Sec-WebSocket-Key");
    }
    enum err e = c->answer.status ? OK : ops->upgrade(c, &data);
    if (e || c->answer.status) {
        upgrade_refused(conn, e);
        return;
    }
    if (!upgrade_send(conn, key) || ws_new(conn->h, conn, ops, data, &conn->ws)) {
        if (ops->refused)
            ops->refused(data);
        call_reply_err(c, ERR_NOMEM);
        outq_reset(&conn->out);
        conn_abort(conn);
        return;
    }
    call_set_101(c);
    call_free(c);
    conn->call = NULL;
    conn_set_state(conn, CONN_WS);
    conn_wake(conn);
}

/* What came behind the upgrade request are frames already. */
static void upgraded(struct conn *conn)
{
    if (conn->state != CONN_WS)
        return;
    struct buf rest = conn->in;
    conn->in = (struct buf){0};
    ws_opened(conn->ws);
    struct rd r = rd_of(buf_bytes(&rest));
    if (rest.len && conn->state == CONN_WS)
        ws_recv(conn->ws, &r);
    if (rd_left(&r) && conn->state == CONN_WS) {
        if (buf_put(&conn->in, rd_bytes(&r, rd_left(&r)), BUF_MOST))
            conn_abort(conn);
        else
            turn_wait(conn);
    }
    buf_reset(&rest);
}

/* --- requests --- */
static void dispatch(struct conn *conn)
{
    conn_set_state(conn, CONN_ANSWER);
    call_dispatch(conn->call);
    if (conn->state == CONN_ANSWER && conn->call->answer.status)
        conn_answer(conn);
}

/* The head is read and routed: now its body, or its answer. */
static bool begin(struct conn *conn, const struct h1_head *head, size_t head_len)
{
    struct call *c = conn->call;
    c->sink = conn;
    c->on_answer = wake;
    conn->keep_alive = head->keep_alive;
    conn->was_used = true;
    conn_serves(conn, c->ip);
    h1_body_init(&conn->body, head);
    call_route(c);
    conn->is_stranger = c->prefix != NULL;
    bool has_body = !h1_body_done(&conn->body);
    if (!c->answer.status && head->content_length > c->body_max)
        call_error(c, 413, "The body is too large");
    if (c->answer.status) {
        conn->keep_alive = conn->keep_alive && !has_body; /* we won't read it */
        conn_input_used(conn, head_len);
        conn_answer(conn);
        return true;
    }
    if (head->websocket && !has_body && c->prefix && c->prefix->ws) {
        upgrade(conn, head); /* head points into the input */
        conn_input_used(conn, head_len);
        upgraded(conn);
        return conn->state == CONN_HEAD;
    }
    conn_input_used(conn, head_len);
    if (!has_body) {
        dispatch(conn);
        return true;
    }
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (head->expect_continue && outq_put(&conn->out, bytes_of(go_on, sizeof go_on - 1), NULL) == OK)
        conn_wake(conn);
    conn_set_state(conn, CONN_BODY);
    return true;
}

bool conn_read_head(struct conn *conn)
{
    size_t blank = 0;
    struct bytes in = buf_bytes(&conn->in);
    while (in.len - blank >= 2 && !memcmp(in.p + blank, "\r\n", 2)) /* RFC 9112 2.2: before a request */
        blank += 2;
    if (blank)
        conn_input_used(conn, blank);
    in = text_after(in, blank);
    size_t len = h1_head_len(in, &conn->scanned);
    if (len > H1_HEAD_MAX || (!len && in.len > H1_HEAD_MAX)) {
        conn_refuse(conn, 431, "The headers are too large");
        return false;
    }
    if (!len)
        return false;
    struct h1_head head;
    enum err e = h1_parse(bytes_of(in.p, len), &head);
    if (!e)
        e = call_new(conn->h, &head, conn->ip, &conn->call);
    if (e) {
        refuse_head(conn, e, &head);
        return false;
    }
    return begin(conn, &head, len);
}

bool conn_read_body(struct conn *conn)
{
    struct rd in = rd_of(buf_bytes(&conn->in));
    enum err e = OK;
    while (!e && rd_left(&in) && !h1_body_done(&conn->body)) {
        struct bytes part;
        e = h1_body_read(&conn->body, &in, &part);
        if (!e)
            e = call_append_body(conn->call, part);
    }
    conn_input_used(conn, conn->in.len - rd_left(&in));
    if (e) {
        conn->keep_alive = false;
        call_error(conn->call, e == ERR_FULL ? 413 : 400, e == ERR_FULL ? "The body is too large" : "Bad request body");
        conn_answer(conn);
        return false;
    }
    if (!h1_body_done(&conn->body))
        return false;
    dispatch(conn);
    return true;
}
