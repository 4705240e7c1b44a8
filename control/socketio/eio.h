/* eio.h: an Engine.IO 4 server without IO: long-polling, WebSocket, the upgrade from one to the other, heartbeats.
 * https://socket.io/docs/v4/engine-io-protocol/; where it is silent we do as the reference server does.
 * Requests, messages and the time go in; eio_next() hands out what is to be answered, sent and told. Calls and
 * WebSockets are numbers of the caller's choosing (0: none). Owns its sessions and the frames that wait in them. One
 * thread.
 *
 * Bounds: max_sessions, and each address's share of sessions, handshakes and bytes that wait; max_payload for what
 * comes in; queue_max bytes wait for a polling client, and a session that would exceed it is closed (EIO_END_SLOW).
 * What waits for a WebSocket is bounded by whoever sends, who reports eio_overflow(). */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "common/usec.h"
#include "socketio/eio_packet.h"

struct eio;
struct shares;
struct eio_id {
    uint32_t slot, generation; /* generation 0: no session */
};

struct eio_config {
    usec_t ping_interval, ping_timeout, upgrade_timeout;
    size_t max_payload, queue_max;       /* bytes */
    size_t stranger_payload;             /* bytes of a request's body, of a session that isn't in use */
    unsigned max_sessions;               /* below 2^24 */
    void (*random)(void *p, size_t len); /* random_fill(); a test's own */
    struct shares *shares;               /* NULL: addresses aren't limited */
    /* Somebody uses this session, so it is no stranger's and doesn't give way to others. NULL: each is used. */
    bool (*in_use)(void *ctx, struct eio_id session);
    void *ctx;
};

#define EIO_SID_LEN 20 /* base64url of 15 bytes: the slot, and 96 random bits */
#define EIO_IP_CAP  46

struct eio_request {
    uint64_t call;
    const char *method, *transport, *version, *sid; /* of the query: transport, EIO, sid; NULL if absent */
    const char *ip;
    bool octets; /* content-type application/octet-stream */
    struct bytes body;
};

enum eio_end {
    EIO_END_CLIENT,    /* the client said so, or closed its WebSocket */
    EIO_END_TRANSPORT, /* its WebSocket broke, a poll was given up, or two were made at once */
    EIO_END_PING,      /* no pong in time */
    EIO_END_PARSE,     /* what it sent breaks the protocol */
    EIO_END_SLOW,      /* it doesn't take what we send */
    EIO_END_SERVER,    /* eio_close() */
    EIO_END_NOMEM,
    EIO_ENDS
};

enum eio_out_type {
    /* for the client */
    EIO_ANSWER,   /* answer call with status, content_type and frame's bytes */
    EIO_WS_SEND,  /* send frame on ws */
    EIO_WS_CLOSE, /* close ws when all is sent; eio_ws_closed() isn't needed any more */
    EIO_WS_ABORT, /* close ws at once */
    /* for the layer above */
    EIO_OPENED,   /* a session began */
    EIO_RECEIVED, /* a message came: frame, as on a WebSocket (text begins with '4') */
    EIO_ALARM,    /* what eio_set_alarm() asked for */
    EIO_CLOSED,   /* a session ended; its id is dead */
};

struct eio_out {
    enum eio_out_type type;
    enum eio_end end;
    unsigned status;
    struct eio_id session;
    uint64_t to;              /* the call or the ws */
    const char *content_type; /* a literal */
    struct eio_frame *frame;
};

static inline bool eio_is_for_client(const struct eio_out *out)
{
    return out->type < EIO_OPENED;
}

struct eio_counters {
    uint64_t opened, closed[EIO_ENDS], refused; /* refused: over max_sessions */
    uint64_t packets_in, packets_out, upgrades;
    uint32_t open;
};

MUST_CHECK enum err eio_new(const struct eio_config *cfg, struct eio **e); /* ERR_NOMEM */
void eio_free(struct eio *e);
const struct eio_counters *eio_counters(const struct eio *e);

/* The next thing to do, or false. The caller owns out->frame. Drain it after each call below. */
bool eio_next(struct eio *e, struct eio_out *out);
usec_t eio_deadline(const struct eio *e);
void eio_tick(struct eio *e, usec_t now);

/* A plain HTTP request: it is answered by an EIO_ANSWER now or later. ERR_NOMEM: it never will be. */
MUST_CHECK enum err eio_http(struct eio *e, usec_t now, const struct eio_request *rq);
void eio_poll_gone(struct eio *e, usec_t now, struct eio_id session, uint64_t call); /* the client gave it up */

/* The session whose poll this call now is; generation 0: it isn't one that waits. */
struct eio_id eio_polling(const struct eio *e, const char *sid, uint64_t call);

/* May this request become a WebSocket? If not: the status, and a frame with the answer's body (NULL without memory).
 * session: the one it wants to upgrade, generation 0 for a new one. */
MUST_CHECK enum err eio_ws_check(struct eio *e, usec_t now, const struct eio_request *rq, struct eio_id *session,
                                 unsigned *status, struct eio_frame **why);
/* It has. The session that ws now serves or probes; generation 0: none, and ws is being closed. */
struct eio_id eio_ws_open(struct eio *e, usec_t now, uint64_t ws, struct eio_id session, const char *ip);
void eio_ws_message(struct eio *e, usec_t now, struct eio_id session, uint64_t ws, struct bytes in, bool binary);
/* said: the client closed it; it didn't just break. */
void eio_ws_closed(struct eio *e, usec_t now, struct eio_id session, uint64_t ws, bool said);
/* What waits for ws is over its bound: the session ends. */
void eio_overflow(struct eio *e, usec_t now, struct eio_id session, uint64_t ws);

/* Takes a reference of its own. ERR_NOT_FOUND; ERR_FULL and ERR_NOMEM have closed the session. */
MUST_CHECK enum err eio_send(struct eio *e, struct eio_id session, struct eio_frame *frame);
/* Ends it after what was sent; EIO_CLOSED comes at once. Unknown sessions are fine. */
void eio_close(struct eio *e, usec_t now, struct eio_id session, enum eio_end why);
void eio_close_all(struct eio *e, usec_t now);
/* An EIO_ALARM at that time; an earlier one that is still to come is replaced. USEC_NEVER: none. */
void eio_set_alarm(struct eio *e, struct eio_id session, usec_t at);
/* The bytes that the body of a request of this session (NULL, unknown: a stranger's) may have. */
size_t eio_body_max(const struct eio *e, const char *sid);
bool eio_in_use(const struct eio *e, struct eio_id session);
const char *eio_ip(const struct eio *e, struct eio_id session); /* "" once it is gone */
void eio_sid(const struct eio *e, struct eio_id session, char out[EIO_SID_LEN + 1]);
