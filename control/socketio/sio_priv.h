/* sio_priv.h: what the files of the Socket.IO server share: clients and their sockets. */
#pragma once
#include "common/vec.h"
#include "socketio/sio_core.h"

struct sio_awaited { /* an acknowledgement */
    struct sio_awaited *next;
    uint64_t id, tag;
    usec_t deadline;
};

struct sio_socket {
    uint32_t generation;
    bool connected;
    char sid[EIO_SID_LEN + 1];
    uint32_t next_ack, n_awaited;
    struct sio_awaited *awaited;
};

struct sio_partial { /* a binary packet whose attachments are still coming */
    struct sio_packet packet;
    unsigned nsp, n_have;
    size_t bytes;
    usec_t until;
    struct eio_frame *attachments[];
};

struct sio_client { /* one Engine.IO session; same slot */
    uint32_t generation;
    uint32_t n_connected;
    bool ended; /* told to close: what it sent before it knew is not heard */
    usec_t connect_by, alarm;
    struct sio_partial *partial;
};

/* The socket of client slot c in namespace n has slot c * n_nsps + n: nothing to search, nothing to link. */
struct sio_core {
    struct sio_config cfg;
    unsigned n_nsps;
    struct eio *eio;
    struct sio_client *clients;
    struct sio_socket *sockets;
    struct fifo events; /* of struct sio_event; always with room for the DISCONNECTED of every connected socket */
    uint32_t n_connected;
};

/* sio_core.c */
struct sio_socket *sio_find(const struct sio_core *core, struct sio_id id);
struct sio_id sio_id_of(const struct sio_core *core, const struct sio_socket *s);
struct eio_id sio_session_of(const struct sio_core *core, const struct sio_socket *s);
unsigned sio_nsp_of(const struct sio_core *core, const struct sio_socket *s);
bool sio_events_reserve(struct sio_core *core, uint32_t n);             /* beside those that are promised */
void sio_push(struct sio_core *core, struct sio_event ev);              /* takes what it owns */
void sio_wake(struct sio_core *core, struct eio_id session, usec_t at); /* an alarm no later than that */
void sio_socket_gone(struct sio_core *core, struct sio_socket *s, enum sio_reason reason);

/* sio_feed.c */
void sio_partial_free(struct sio_partial *p);
