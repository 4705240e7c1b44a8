/* sio_core.h: a Socket.IO 5 server without IO, on an Engine.IO server: namespaces, their sockets, events,
 * acknowledgements, binary. https://socket.io/docs/v4/socket-io-protocol/. eio_next()'s outputs go in, events come out.
 * One thread. Owns its sockets; the Engine.IO server is borrowed and outlives it. A socket is one client in one
 * namespace.
 *
 * Bounds: limits on each packet; attachments of one packet together max_payload bytes, complete within connect_timeout;
 * max_acks acknowledgements awaited by a socket; one socket for each client and namespace. Who breaks one is closed. */
#pragma once
#include "socketio/eio.h"
#include "socketio/sio_packet.h"

struct sio_core;
struct sio_id {
    uint32_t slot, generation; /* generation 0: no socket */
};

/* A socket as one number, for those who know no Socket.IO; and back. */
static inline uint64_t sio_id_number(struct sio_id id)
{
    return (uint64_t)id.generation << 32 | id.slot;
}

static inline struct sio_id sio_id_of_number(uint64_t number)
{
    return (struct sio_id){(uint32_t)number, (uint32_t)(number >> 32)};
}

struct sio_config {
    const char *const *namespaces; /* borrowed; "/" and others; ends with NULL */
    usec_t connect_timeout;        /* a client that is in no namespace is closed then */
    size_t max_payload;            /* as the Engine.IO server's */
    unsigned max_sessions;         /* as the Engine.IO server's */
    unsigned max_acks;
    struct sio_limits limits, stranger_limits; /* strangers: sessions that aren't in use (eio.h) */
    void (*random)(void *p, size_t len);
};

enum sio_reason {
    SIO_TRANSPORT_CLOSE, /* in the order of enum eio_end */
    SIO_TRANSPORT_ERROR,
    SIO_PING_TIMEOUT,
    SIO_PARSE_ERROR,
    SIO_SLOW,
    SIO_SERVER,
    SIO_NOMEM,
    SIO_CLIENT_LEFT /* it sent DISCONNECT */
};
const char *sio_reason_name(enum sio_reason reason); /* "ping timeout": the words of the reference server */

enum sio_event_type { SIO_CONNECTED, SIO_RECEIVED, SIO_ANSWERED, SIO_DISCONNECTED };

struct sio_event {
    enum sio_event_type type;
    enum sio_reason reason; /* DISCONNECTED; after it the id is dead */
    struct sio_id socket;
    unsigned nsp;     /* index in config.namespaces */
    const char *name; /* RECEIVED: valid UTF-8; of name_value */
    json_t *name_value;
    json_t *args; /* CONNECTED: the auth object. RECEIVED, ANSWERED: an array. ANSWERED NULL: none came in time */
    struct eio_frame **attachments; /* what the placeholders in args stand for */
    unsigned n_attachments;
    bool wants_ack;
    uint64_t ack; /* RECEIVED: for sio_core_ack() if wants_ack. ANSWERED: the tag given to sio_core_call() */
};
void sio_event_reset(struct sio_event *ev);

/* Args of an event or answer: an array, borrowed, with placeholders for its attachments. list NULL: []. */
struct sio_args {
    const json_t *list;
    struct eio_frame *const *attachments;
    unsigned n_attachments;
};

MUST_CHECK enum err sio_core_new(const struct sio_config *cfg, struct eio *eio, struct sio_core **core); /* ERR_NOMEM */
void sio_core_free(struct sio_core *core);

/* OPENED, RECEIVED, ALARM and CLOSED of eio_next(); takes out->frame. */
void sio_core_feed(struct sio_core *core, usec_t now, const struct eio_out *out);
bool sio_core_next(struct sio_core *core, struct sio_event *ev); /* the caller resets it */

/* --- sending; unknown sockets are ERR_NOT_FOUND --- */

/* An event, encoded once, for as many sockets of that namespace as there are. Counted. ERR_NOMEM, ERR_SYNTAX. */
struct sio_msg;
MUST_CHECK enum err sio_msg_new(const struct sio_core *core, unsigned nsp, const char *name, struct sio_args args,
                                struct sio_msg **msg);
/* The same of one argument that is JSON already; name needs no escapes. ERR_NOMEM. */
MUST_CHECK enum err sio_msg_of_json(const struct sio_core *core, unsigned nsp, const char *name, struct bytes json,
                                    struct sio_msg **msg);
struct sio_msg *sio_msg_ref(struct sio_msg *msg);
void sio_msg_unref(struct sio_msg *msg); /* NULL is fine */

MUST_CHECK enum err sio_core_send(struct sio_core *core, struct sio_id socket, const struct sio_msg *msg);
MUST_CHECK enum err sio_core_emit(struct sio_core *core, struct sio_id socket, const char *name, struct sio_args args);
/* Emits, and one ANSWERED with tag follows: the client's answer, or NULL args at the deadline; none after DISCONNECTED.
 * ERR_FULL: max_acks. */
MUST_CHECK enum err sio_core_call(struct sio_core *core, struct sio_id socket, const char *name, struct sio_args args,
                                  usec_t deadline, uint64_t tag);
MUST_CHECK enum err sio_core_ack(struct sio_core *core, struct sio_id socket, uint64_t ack, struct sio_args args);
/* Tells the client, which doesn't come back by itself. whole: its connection with all its sockets. DISCONNECTED
 * follows. */
void sio_core_disconnect(struct sio_core *core, usec_t now, struct sio_id socket, bool whole);

/* The client's socket in a namespace, generation 0 if there is none; false: there is no such namespace. */
bool sio_core_socket(const struct sio_core *core, struct eio_id session, unsigned nsp, struct sio_id *socket);
const char *sio_core_ip(const struct sio_core *core, struct sio_id socket); /* "" once it is gone */
const char *sio_core_sid(const struct sio_core *core, struct sio_id socket);
