/* sio.h: Socket.IO on the HTTP server: what the owner of the sockets uses. One struct sio for each path; loop thread
 * only.
 *
 * The owner gives http a prefix_route and makes its handler and its ws_ops.upgrade call sio_http() and sio_ws_upgrade()
 * with its struct sio; the rest of ws_ops is SIO_WS_OPS's. Events come from the loop and never out of a call of the
 * owner's, so any function here may be called anywhere; what it sends leaves at the end of the turn. Free http first:
 * its connections say goodbye through here. */
#pragma once
#include "common/log.h"
#include "http/http.h"
#include "socketio/sio_core.h"

struct sio;

struct sio_setup {
    struct eio_config eio;
    struct sio_config io; /* max_payload, max_sessions and random are taken from eio */
    bool raw;             /* Engine.IO only, as its own test suite wants it: on_message instead of on_event */
    void (*on_event)(void *ctx, struct sio *s, const struct sio_event *ev); /* borrowed for the call */
    bool (*in_use)(void *ctx, struct sio_id socket); /* it is no stranger's (eio.h). NULL: each is */
    void (*on_message)(void *ctx, struct sio *s, struct eio_id from, struct eio_frame *message);
    void *ctx;
    const struct log *log; /* NULL: says nothing */
};

#define SIO_MAX_PAYLOAD   ((size_t)1024 * 1024)
#define SIO_BODY_SLACK    ((size_t)64 * 1024) /* for prefix_route.body_max, so that we see what is a little too long */
#define SIO_STRANGER      ((size_t)64 * 1024) /* a message on a WebSocket that isn't in use */
#define SIO_STRANGER_BODY ((size_t)64 * 1024) /* several, in a POST */
#define SIO_WS_QUEUE      ((size_t)4 * 1024 * 1024) /* a client that lets more than this wait is closed */
#define SIO_POLL_QUEUE    ((size_t)1024 * 1024)     /* the same for one that polls */

struct sio_setup sio_defaults(void); /* pings every 25 s, 20 s to answer, as the reference server; 10 s to connect */

MUST_CHECK enum err sio_new(const struct sio_setup *setup, struct loop *loop, struct sio **s); /* ERR_NOMEM */
void sio_attach(struct sio *s, struct http *http);                                             /* before it listens */
void sio_stop(struct sio *s); /* tells every client, closes every session */
void sio_free(struct sio *s);

enum err sio_http(struct sio *s, struct call *c);
size_t sio_body_max(struct sio *s, struct call *c); /* for prefix_route.body_max */
enum err sio_ws_upgrade(struct sio *s, struct call *c, void **data);
void sio_ws_refused(void *data);
void sio_ws_open(struct ws *ws);
void sio_ws_message(struct ws *ws, struct bytes in, bool binary);
bool sio_ws_is_settled(const struct ws *ws);
void sio_ws_closed(struct ws *ws);
#define SIO_WS_OPS(upgrade_, payload)                                                                                  \
    {                                                                                                                  \
        .upgrade = (upgrade_), .refused = sio_ws_refused, .open = sio_ws_open, .message = sio_ws_message,              \
        .is_settled = sio_ws_is_settled, .closed = sio_ws_closed, .message_max = (payload),                            \
        .stranger_max = SIO_STRANGER, .queue_max = SIO_WS_QUEUE                                                        \
    }

/* As in sio_core.h; enum err likewise. */
enum err sio_emit(struct sio *s, struct sio_id to, const char *name, struct sio_args args);
enum err sio_call(struct sio *s, struct sio_id to, const char *name, struct sio_args args, usec_t timeout,
                  uint64_t tag);
enum err sio_ack(struct sio *s, struct sio_id to, uint64_t ack, struct sio_args args);
void sio_disconnect(struct sio *s, struct sio_id socket, bool whole);
const char *sio_ip(const struct sio *s, struct sio_id socket);
const char *sio_sid(const struct sio *s, struct sio_id socket);

/* One event for many sockets of namespace nsp, encoded once. How many took it; those that are gone are passed over. */
MUST_CHECK enum err sio_encode(const struct sio *s, unsigned nsp, const char *name, struct sio_args args,
                               struct sio_msg **msg);
/* The same of one argument that is JSON already (sio_core.h). */
MUST_CHECK enum err sio_encode_json(const struct sio *s, unsigned nsp, const char *name, struct bytes json,
                                    struct sio_msg **msg);
unsigned sio_send(struct sio *s, const struct sio_id *to, unsigned n_to, const struct sio_msg *msg);

/* Raw Engine.IO: a frame as on a WebSocket. */
enum err sio_send_raw(struct sio *s, struct eio_id to, struct eio_frame *message);

const struct eio_counters *sio_counters(const struct sio *s);
