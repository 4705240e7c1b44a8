/* eio_packet.h: Engine.IO 4 packets and long-polling payloads, as bytes.
 * https://socket.io/docs/v4/engine-io-protocol/ "Packet encoding". Pure functions; ranges are borrowed. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

/* One packet as it goes over a WebSocket: text with its type character ("4hello"), or raw bytes. Counted, so that a
 * broadcast is encoded once and shared by every session. One thread. */
struct eio_frame {
    uint32_t refs;
    bool binary;
    size_t len;
    uint8_t data[];
};

struct eio_frame *eio_frame_new(size_t len, bool binary); /* one reference, unfilled; NULL without memory */
struct eio_frame *eio_frame_of(char type, struct bytes payload, bool binary); /* binary: type is not written */
struct eio_frame *eio_frame_ref(struct eio_frame *f);
void eio_frame_unref(struct eio_frame *f); /* NULL is fine */

static inline struct bytes eio_frame_bytes(const struct eio_frame *f)
{
    return bytes_of(f->data, f->len);
}

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
