/* route.h: the routing tables (REST rows, prefixes) and the hook that decides who may. Rows are static and borrowed.
 * Each table of rows has a part: all of the process that its handlers reach. The dispatcher answers 404, 405 with
 * Allow, 413, 415 and 400 itself; HEAD goes to GET rows; OPTIONS is answered for CORS. */
#pragma once
#include "common/fields.h"
#include "http/call.h"
#include "http/ws.h"

extern const struct field no_body[];  /* a body, if there is one, is bounded and ignored */
extern const struct field raw_body[]; /* any content type; the handler reads call_body() */

struct route {
    const char *method; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *path;   /* "/api/meetings/:meetingId/lock": a ":name" is one whole segment, 1…128 bytes */
    int auth;           /* means something only to http_config.may; 0 is "anyone" and isn't asked about */
    const struct field *body;
    enum err (*handler)(
        struct call *c); /* answers, or defers and returns OK; an error is answered by call_reply_err() */
    const char *page;    /* instead of a handler: this file of the web directory, e.g. "index.html" */
    size_t body_max;     /* bytes; 0: 64 KiB */
};

struct route_table {
    const struct route *rows; /* end with { 0 } */
    void *part;               /* call_part() of these rows */
};

enum may {
    MAY,         /* go on */
    MAY_NOT,     /* the hook has answered */
    MAY_BE_ASKED /* the hook has deferred the call and will call_continue() it, or answer it */
};
typedef enum may may_fn(struct call *c, int auth);

/* Everything under a prefix, all methods, undecorated: Engine.IO. */
struct prefix_route {
    const char *prefix;                 /* "/socket.io/"; "/socket.io" matches too */
    size_t (*body_max)(struct call *c); /* of this request, whose head is there */
    enum err (*handler)(struct call *c);
    const struct ws_ops *ws; /* NULL: upgrades are refused */
    void *part;              /* call_part() of its calls */
};
