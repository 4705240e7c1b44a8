/* websocket.c: a WebSocket on a connection: messages in, messages out, the closing handshake. */
#include "http/conn_priv.h"
#include "http/wsframe.h"
#include <stdlib.h>

struct ws {
    struct http *h;
    struct conn *conn;
    const struct ws_ops *ops;
    void *data;
    struct ws_id id;
    struct wsframe_reader reader;
    bool said_goodbye, open, closing, was_full; /* was_full: something was queued since the last drained() */
};

enum err ws_new(struct http *h, struct conn *conn, const struct ws_ops *ops, void *data, struct ws **out)
{
    struct ws *ws = calloc(1, sizeof *ws);
    if (!ws)
        return ERR_NOMEM;
    *ws = (struct ws){.h = h, .conn = conn, .ops = ops, .data = data};
    if (slots_put(&h->sockets, ws, UINT32_MAX, &ws->id.slot, &ws->id.generation)) {
        free(ws);
        return ERR_NOMEM;
    }
    wsframe_reader_init(&ws->reader, ops->message_max);
    h->counters.websockets++;
    h->counters.websockets_open++;
    *out = ws;
    return OK;
}

void ws_opened(struct ws *ws)
{
    ws->open = true;
    ws->ops->open(ws);
}

void ws_lost(struct ws *ws)
{
    ws->closing = true;
    if (ws->open)
        ws->ops->closed(ws);
    slots_remove(&ws->h->sockets, ws->id.slot);
    ws->h->counters.websockets_open--;
    wsframe_reader_reset(&ws->reader);
    free(ws);
}

static enum err frame_send(struct ws *ws, enum ws_opcode opcode, struct ws_msg *m)
{
    uint8_t header[WSFRAME_HEADER_MAX];
    size_t len = wsframe_header(header, opcode, ws_msg_payload(m).len);
    return conn_send(ws->conn, bytes_of(header, len), m);
}

static void control_send(struct ws *ws, enum ws_opcode opcode, struct bytes payload)
{
    struct ws_msg *m = ws_msg_new(payload, true);
    if (!m || frame_send(ws, opcode, m))
        ws_abort(ws);
    ws_msg_unref(m);
}

enum err ws_send_msg(struct ws *ws, struct ws_msg *m)
{
    if (ws->closing)
        return ERR_STATE;
    if (conn_queued(ws->conn) + ws_msg_payload(m).len > ws->ops->queue_max) {
        ws->h->counters.ws_queue_full++;
        return ERR_FULL;
    }
    enum err e = frame_send(ws, ws_msg_binary(m) ? WS_BINARY : WS_TEXT, m);
    if (e)
        return e;
    ws->was_full = true;
    ws->h->counters.ws_messages_out++;
    return OK;
}

enum err ws_send(struct ws *ws, struct bytes payload, bool binary)
{
    struct ws_msg *m = ws_msg_new(payload, binary);
    enum err e = m ? ws_send_msg(ws, m) : ERR_NOMEM;
    ws_msg_unref(m);
    return e;
}

size_t ws_queued(const struct ws *ws)
{
    return conn_queued(ws->conn);
}

void ws_close(struct ws *ws, unsigned code, const char *reason)
{
    uint8_t payload[125];
    struct wr w = wr_of(payload, sizeof payload);
    if (ws->closing)
        return;
    size_t len = reason ? strlen(reason) : 0;
    wr_u16(&w, (uint16_t)code);
    wr_bytes(&w, bytes_of(reason, len < 120 ? len : 120));
    control_send(ws, WS_CLOSE, bytes_of(payload, wr_len(&w)));
    ws->closing = true;
    conn_finish(ws->conn);
}

void ws_abort(struct ws *ws)
{
    ws->closing = true;
    conn_abort(ws->conn);
}

bool ws_said_goodbye(const struct ws *ws)
{
    return ws->said_goodbye;
}

/* RFC 6455 5.5.1: the code goes back; one that may not be sent, or half a code, is an error of the peer. */
static void close_received(struct ws *ws, struct bytes payload)
{
    struct rd r = rd_of(payload);
    unsigned code = payload.len >= 2 ? rd_u16(&r) : WS_CLOSE_NORMAL;
    ws->said_goodbye = code == WS_CLOSE_NORMAL || code == WS_CLOSE_GOING_AWAY;
    bool allowed = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                   (code >= 3000 && code <= 4999);
    ws_close(ws, allowed && payload.len != 1 ? code : WS_CLOSE_PROTOCOL, NULL);
}

static void event_take(struct ws *ws, const struct wsframe_event *event)
{
    switch (event->opcode) {
    case WS_PING:
        if (conn_queued(ws->conn) < 4096) /* answering a flood of pings would be one too */
            control_send(ws, WS_PONG, event->payload);
        break;
    case WS_CLOSE:
        close_received(ws, event->payload);
        break;
    case WS_TEXT:
    case WS_BINARY:
        ws->h->counters.ws_messages_in++;
        ws->ops->message(ws, event->payload, event->opcode == WS_BINARY);
        break;
    default:
        break;
    }
}

void ws_recv(struct ws *ws, struct rd *in)
{
    bool got = true;
    ws->reader.message_max = ws_is_settled(ws) ? ws->ops->message_max : ws->ops->stranger_max;
    while (got && !ws->closing && !turn_is_over(ws->conn)) {
        struct wsframe_event event;
        enum err e = wsframe_read(&ws->reader, in, &event, &got);
        if (e == ERR_FULL)
            ws->h->counters.ws_oversized++;
        if (e)
            ws_close(ws, e == ERR_FULL ? WS_CLOSE_TOO_BIG : e == ERR_UNSUPPORTED ? 1007 : WS_CLOSE_PROTOCOL, NULL);
        else if (got)
            event_take(ws, &event);
    }
}

size_t ws_kept(const struct ws *ws)
{
    return ws->reader.message.cap;
}

bool ws_is_settled(const struct ws *ws)
{
    return !ws->ops->is_settled || ws->ops->is_settled(ws);
}

void ws_drained(struct ws *ws)
{
    if (!ws->was_full || ws->closing)
        return;
    ws->was_full = false;
    if (ws->ops->drained)
        ws->ops->drained(ws);
}

struct ws_id ws_id(const struct ws *ws)
{
    return ws->id;
}

struct ws *ws_find(struct http *h, struct ws_id id)
{
    return slots_find(&h->sockets, id.slot, id.generation);
}

void *ws_data(const struct ws *ws)
{
    return ws->data;
}

void ws_set_data(struct ws *ws, void *data)
{
    ws->data = data;
}
