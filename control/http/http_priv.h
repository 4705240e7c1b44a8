/* http_priv.h: what the files of this library know of each other's structs. Handlers don't include it. */
#pragma once
#include "common/buf.h"
#include "http/forwarding.h"
#include "http/h1.h"
#include "http/http.h"
#include "http/negotiate.h"
#include "common/slots.h"
#include "http/target.h"
#include "loop/loop.h"
#include "shares/shares.h"
#include <time.h>

struct statics;
struct wire_server;
struct conn;

enum turn_class { TURN_REQUESTS, TURN_MEETINGS, TURN_STRANGERS, TURN_CLASSES }; /* in the order of their turns */

struct turn_queue {
    struct conn *first, *last;
};

struct turns {                                     /* turns.c */
    struct turn_queue queues[TURN_CLASSES], later; /* later: whose address has had its share */
    usec_t used[TURN_CLASSES];                     /* of this turn's slices */
    enum turn_class class;                         /* of the connection that is running, since began */
    bool serving;                                  /* those who wait */
    usec_t began;
    struct loop_timer wake, look; /* look: at those for later, again */
};

struct http {
    struct http_config cfg;
    struct loop *loop;
    struct cidr_list trusted;
    struct forwarding_strangers strangers;
    struct http_counters counters;
    time_t date_of; /* the second that date says */
    char date[32];
    char *page_headers, *message_headers; /* for security: on every answer, on those of prefixes */
    struct statics *statics;
    struct slots calls, sockets;
    struct wire_server *wires;
    int listen_fd;
    unsigned port;
    struct loop_watch *listen_watch;
    struct conn *conns, *conns_last; /* a list; hold.c */
    struct turns turns;
    struct conn *woken; /* those that have something to send when this turn is over */
    struct loop_timer shutdown_timer, accept_timer;
    void (*shutdown_done)(void *arg);
    void *shutdown_arg;
};

struct call_answer {
    unsigned status; /* 0: none yet */
    char type[96];
    uint8_t *body;           /* owned, or NULL */
    const uint8_t *borrowed; /* or of a static file */
    size_t len;
    struct buf headers; /* set by the handler, "name: value\r\n" each */
    enum encoding encoding;
    bool no_compress, vary_encoding, has_cache_control;
};

struct call_header {
    const char *name, *value;
};

struct call {
    struct http *h;
    struct call_id id;
    void (*on_answer)(struct call *c); /* once; may not free the call */
    void *sink;                        /* on_answer's own */
    const char *method;
    bool is_head, deferred, running, is_from_here;
    char *block, *target_buf, *cookies; /* strings live here */
    size_t cookies_len;
    struct call_header *headers;
    unsigned n_headers;
    struct target target;
    const char *params[TARGET_MAX_SEGMENTS];
    unsigned n_params;
    char ip[IP_TEXT_MAX];
    struct buf body; /* of the request */
    size_t body_max; /* what it may be */
    json_t *json;
    const struct route *route;
    const struct prefix_route *prefix;
    void *part; /* of the row's table, or the prefix */
    struct call_answer answer;
    void (*gone)(void *arg);
    void *gone_arg;
    struct {
        void *data;
        void (*release)(void *data);
    } slots[2]; /* by enum call_slot */
};

/* call.c */
MUST_CHECK enum err call_new(struct http *h, const struct h1_head *head, const char *peer_ip, struct call **c);
MUST_CHECK enum err call_append_body(struct call *c, struct bytes part); /* ERR_FULL: over body_max */
void call_free(struct call *c);                                          /* tells gone() if it wasn't answered */

void call_set_101(struct call *c); /* it ended as a WebSocket */

/* router.c */
void call_route(struct call *c);    /* sets route or prefix, or answers (404, 405, preflight, a static file) */
void call_dispatch(struct call *c); /* after the body */

/* answer.c */
char *security_headers_new(const struct http_config *cfg, bool pages); /* NULL without memory */
/* The head of c's answer, after compressing the body when that pays. Owned by the caller; ERR_NOMEM. */
MUST_CHECK enum err answer_head(struct call *c, bool keep_alive, struct buf *head);
struct bytes answer_body(const struct call *c); /* empty for HEAD, 204, 304 */
const char *status_text(unsigned status);

/* compress.c: a copy of in, encoded; level 1 (fast) … 9. Owned by the caller. */
MUST_CHECK enum err compress_bytes(enum encoding e, unsigned level, struct bytes in, uint8_t **out, size_t *out_len);

/* statics.c */
MUST_CHECK enum err statics_load(const char *dir, struct statics **s); /* ERR_IO, ERR_FULL, ERR_NOMEM */
void statics_free(struct statics *s);
bool statics_answer(const struct statics *s, struct call *c, const char *path); /* false: no such file */

/* conn.c */
void conn_accept(struct http *h, int fd, const char *peer_ip); /* takes fd */
void conn_drain(struct conn *conn);                            /* shutting down: close when idle, 1001 for WebSockets */
void conn_abort(struct conn *conn);
void conn_on_turn_end(void *http);     /* for loop_on_turn_end(): sends what this turn has left to be sent */
void http_conn_closed(struct http *h); /* server.c: a connection less */

/* turns.c */
void turns_init(struct http *h);
void turns_stop(struct http *h);
void turns_run(struct http *h);   /* at the end of a turn: those who wait, within their slices */
void turns_sleep(struct http *h); /* before the loop sleeps: not at all if some still wait */

/* hold.c, for shares_register(): ends a connection of whose */
bool http_displace(void *http, enum share what, const struct holder *whose);

/* websocket.c */
MUST_CHECK enum err ws_new(struct http *h, struct conn *conn, const struct ws_ops *ops, void *data, struct ws **ws);
void ws_opened(struct ws *ws);
void ws_recv(struct ws *ws, struct rd *in); /* leaves the rest when its time is over */
void ws_drained(struct ws *ws);
size_t ws_kept(const struct ws *ws); /* bytes of a message that is arriving */
bool ws_is_settled(const struct ws *ws);
void ws_lost(struct ws *ws); /* the connection has gone: closed(), then freed */

/* conn.c, for websocket.c: the queue of what is to be sent. Takes its own reference of m. ERR_FULL: more than the
 * address may have kept for it; ERR_NOMEM */
MUST_CHECK enum err conn_send(struct conn *conn, struct bytes head, struct ws_msg *m);
size_t conn_queued(const struct conn *conn);
void conn_finish(struct conn *conn); /* close after what is queued */
