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
    struct turn_queue *waits_in;           /* with input, for its turn; NULL: it doesn't */
    struct conn *next_waiting, *prev_waiting;
    uint32_t owed_time, owed_bytes; /* usec and bytes not yet counted for its address */
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
    bool keep_alive, paused, draining, has_place, was_used; /* was_used: it has made a request */
    bool is_stranger, muted;       /* it speaks Engine.IO, and is in no meeting; its address has had its share */
    struct holder place_of, whose; /* who has the connection (nobody: a proxy's), and whom it serves */
    size_t held;                   /* bytes, as taken from whose's share */
    char ip[IP_TEXT_MAX];
};

/* turns.c */
MUST_CHECK bool turn_begin(struct conn *conn);  /* false: not now; turn_wait() */
void turn_wait(struct conn *conn);              /* conn_run() comes when it is its turn */
void turn_end(struct conn *conn, size_t bytes); /* of input that were worked off, or kept */
bool turn_is_over(const struct conn *conn);     /* whoever runs should let others do so */
void turn_forget(struct conn *conn);

/* hold.c */
void conns_add(struct http *h, struct conn *conn);
void conns_remove(struct http *h, struct conn *conn);
bool conn_take_place(struct conn *conn);             /* false: its address has too many */
bool conn_hold(struct conn *conn);                   /* after what it keeps has changed. false: more than its share */
void conn_let_go(struct conn *conn);                 /* of its place and bytes: it is ending */
void conn_serves(struct conn *conn, const char *ip); /* this request is ip's (behind a proxy) */

void conn_on_received(void *owner, struct bytes in);
void conn_on_writable(void *owner);
void conn_on_closed(void *owner);
void conn_wake(struct conn *conn); /* there is something to send, or to do once all is sent: at the end of this turn */
void conn_set_state(struct conn *conn, enum conn_state state);
void conn_input_used(struct conn *conn, size_t len);
void conn_run(struct conn *conn);  /* it is its turn */
void conn_step(struct conn *conn); /* works off the input as far as it goes */

/* request.c. True: go on with the input. */
bool conn_read_head(struct conn *conn);
bool conn_read_body(struct conn *conn);
void conn_answer(struct conn *conn); /* queues the call's answer and ends the call */
void conn_refuse(struct conn *conn, unsigned status, const char *sentence); /* of what isn't a request; then closes */
