/* http.h: the HTTP/1.1 and WebSocket server of control, on a loop. Owns its sockets, calls and connections; one per
 * process. Without http_listen() it has no socket, and http_play() runs requests through it: how handlers are tested.
 * Loop thread only. */
#pragma once
#include "common/log.h"
#include "common/usec.h"
#include "http/call.h"
#include "http/route.h"
#include "http/ws.h"

struct loop;
struct shares;
struct forwarding_strangers;

struct http_config {
    const char *bind_address;                 /* NULL: every address, IPv4 and IPv6 */
    unsigned port;                            /* 0: any; see http_port() */
    const char *tls_cert_file, *tls_key_file; /* both or neither; reloaded when they change */
    const char *web_dir;                      /* the built web client; NULL: no static files */
    const char *allowed_origins;              /* comma-separated; "*": all; NULL: none */
    const char *trusted_proxies;              /* comma-separated addresses or CIDR blocks; NULL: none */
    const char *csp_connect;                  /* added to connect-src, e.g. a TURN or API origin; NULL */
    const struct route_table *tables;         /* ends with { 0 }; NULL */
    const struct prefix_route *prefixes;      /* ends with { 0 }; NULL */
    may_fn *may;                              /* NULL: only rows with auth 0 are let in */
    void *gate;                               /* may()'s own: call_gate() */
    /* Told once of each 5xx answer; not to answer; NULL. */
    void (*failed)(void *failed_arg, struct call *c, unsigned status);
    void *failed_arg;
    const struct log *log;
    unsigned max_connections; /* 0: what RLIMIT_NOFILE gives, less 256 */
    struct shares *shares;    /* of connections, bytes and time; NULL: nobody is limited (tests) */
    usec_t keep_alive;        /* how long a connection may be idle between requests; 0: 75 s */
};

struct http_counters {
    uint64_t requests, answers[6]; /* [2]: 2xx … [5]: 5xx; [0]: dropped unanswered */
    uint64_t connections, connections_open, connections_refused, calls_open;
    uint64_t websockets, websockets_open;
    uint64_t bytes_in, bytes_out; /* bodies and messages, as sent */
    uint64_t ws_messages_in, ws_messages_out, ws_oversized, ws_queue_full;
};

/* All of cfg is copied or borrowed for the life of the server (strings, tables). ERR_SYNTAX: a list in cfg is wrong. */
MUST_CHECK enum err http_new(const struct http_config *cfg, struct loop *loop, struct http **h);
MUST_CHECK enum err http_listen(struct http *h); /* ERR_IO: the port is taken, or the certificate is unreadable */
unsigned http_port(const struct http *h);

/* Stops listening, lets open calls be answered, closes WebSockets with 1001; calls done(arg) when nothing is left or 5
 * s have passed. A second call is ignored. */
void http_shutdown(struct http *h, void (*done)(void *arg), void *arg);
void http_free(struct http *h);

const struct http_counters *http_counters(const struct http *h);
const struct forwarding_strangers *http_strangers(const struct http *h);
const struct http_config *http_config(const struct http *h);

/* --- tests of handlers, without sockets --- */
struct http_pair {
    const char *name, *value;
};
struct http_play {
    const char *method, *target; /* "POST", "/api/meetings?limit=3" */
    const char *ip;              /* NULL: "127.0.0.1" */
    const char *body;            /* JSON unless a content-type header says otherwise; NULL */
    struct http_pair headers[16];
};
struct http_answer {
    unsigned status;                     /* 0: not answered yet */
    char *content_type, *body, *headers; /* headers: "name: value\r\n" each; freed by http_answer_reset() */
    size_t body_len;
};
/* Runs the request; a deferred one is answered into *answer later, so keep that alive until then. */
void http_play(struct http *h, const struct http_play *request, struct http_answer *answer);
void http_answer_reset(struct http_answer *answer);
