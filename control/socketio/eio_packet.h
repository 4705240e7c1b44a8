/* eio_packet.h: Engine.IO 4 packets and long-polling payloads, as bytes.
 * https://socket.io/docs/v4/engine-io-protocol/ "Packet encoding". Pure functions; ranges are borrowed. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "socketio/frame.h"

enum eio_type { EIO_OPEN, EIO_CLOSE, EIO_PING, EIO_PONG, EIO_MESSAGE, EIO_UPGRADE, EIO_NOOP };

#define EIO_SEPARATOR 0x1e /* between the packets of a payload */

struct eio_packet {
    enum eio_type type;
    bool binary;       /* a message of raw bytes; data is still base64 if it came in a payload */
    struct bytes data; /* without the type character */
};

/* The next packet of a payload. ERR_NOT_FOUND: there are no more; ERR_SYNTAX: it has no type. */
MUST_CHECK enum err eio_payload_next(struct rd *payload, struct eio_packet *packet);
/* A WebSocket message. ERR_SYNTAX: text without a type. */
MUST_CHECK enum err eio_packet_read(struct bytes message, bool binary, struct eio_packet *packet);

/* A message packet of a payload as a frame of its own: base64 is undone. ERR_SYNTAX, ERR_NOMEM. */
MUST_CHECK enum err eio_payload_frame(const struct eio_packet *packet, struct eio_frame **frame);

/* One payload out of n_frames > 0 frames. */
size_t eio_payload_len(const struct eio_frame *const *frames, unsigned n_frames);
void eio_payload_write(struct wr *w, const struct eio_frame *const *frames, unsigned n_frames);
