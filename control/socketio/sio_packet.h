/* sio_packet.h: Socket.IO 5 packets as text, https://socket.io/docs/v4/socket-io-protocol/ "Packet encoding":
 *     <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
 * Pure functions. Binary stays out of the JSON: a {"_placeholder":true,"num":n} stands where attachment n belongs. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "socketio/eio_packet.h"
#include <jansson.h>

enum sio_type { SIO_CONNECT, SIO_DISCONNECT, SIO_EVENT, SIO_ACK, SIO_CONNECT_ERROR, SIO_BINARY_EVENT, SIO_BINARY_ACK };

struct sio_packet {
    enum sio_type type;
    unsigned n_attachments; /* of the binary types */
    bool has_id;
    uint64_t id;      /* up to 2^53: JavaScript has no more */
    struct bytes nsp; /* "/" if it is left out; borrowed from the text */
    json_t *data;     /* owned; NULL if there is none */
};

struct sio_limits {
    unsigned max_attachments;
    unsigned max_depth;  /* arrays and objects inside each other */
    unsigned max_values; /* JSON values in a packet: they cost more memory than their text */
};

/* Checks the whole grammar: the type's payload, and that placeholders name attachments that are announced. ERR_SYNTAX;
 * ERR_FULL: over a limit. Strings may hold U+0000: json_string_length(). */
MUST_CHECK enum err sio_packet_read(struct bytes text, const struct sio_limits *limits, struct sio_packet *p);
void sio_packet_reset(struct sio_packet *p);

/* A text frame, with Engine.IO's '4' before it. ERR_NOMEM; ERR_SYNTAX: data can't be written as JSON. */
MUST_CHECK enum err sio_packet_write(const struct sio_packet *p, struct eio_frame **frame);
/* The same of an event with one argument that is JSON already, in the place of p->data. ERR_NOMEM. */
MUST_CHECK enum err sio_packet_write_json(const struct sio_packet *p, struct bytes name, struct bytes json,
                                          struct eio_frame **frame);
