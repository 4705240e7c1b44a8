/* conn_priv.h: a connection's state, shared by conn.c (bytes and time), request.c (HTTP on it) and websocket.c. */
#pragma once
#include "http/http_priv.h"
#include "http/outq.h"
#include "http/wire.h"

enum conn_state {
    CONN_HEAD,   /* waiting for a request, or inside its head */
    CONN_BODY,   /* inside its body */
    CONN_ANSWER, /* the handler has it */
    CONN_WS,     /* a WebSocket now */
    CONN_FINISH, /* sending the rest, then closing */
    CONN_LINGER, /* sent: waiting for the client to close, reading nothing */
};

struct conn {
    struct http *h;
    struct conn *next, *prev;
    struct conn *next_woken, **prev_woken; /* prev_woken NULL: it isn't in http.woken */
    struct wire *wire;
    enum conn_state state;
    usec_t since; /* when this state, or this request, began */
    struct loop_timer timer;
    struct buf in; /* what has come of the next requests; an idle connection holds no memory */
    size_t scanned;
    struct h1_body body;
    struct call *call;
    struct ws *ws;
    struct outq out;
    bool keep_alive, paused, draining;
    char ip[IP_TEXT_MAX];
};

void conn_on_received(void *owner, struct bytes in);
void conn_on_writable(void *owner);
void conn_on_closed(void *owner);
void conn_wake(struct conn *conn); /* there is something to send, or to do once all is sent: at the end of this turn */
void conn_set_state(struct conn *conn, enum conn_state state);
void conn_input_used(struct conn *conn, size_t len);
void conn_step(struct conn *conn); /* works off the input as far as it goes */

/* request.c. True: go on with the input. */
bool conn_read_head(struct conn *conn);
bool conn_read_body(struct conn *conn);
void conn_answer(struct conn *conn); /* queues the call's answer and ends the call */
void conn_refuse(struct conn *conn, unsigned status, const char *sentence); /* of what isn't a request; then closes */
