/* frame.h: one Engine.IO packet as it goes over a WebSocket: text with its type character ("4hello"), or raw bytes.
 * Counted, so that a broadcast is encoded once and shared by every session. One thread. */
#pragma once
#include "common/bytes.h"

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
