/* Socket.IO packets: what parses can be written, parses back, and is then written alike. */
#include "socketio/sio_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct sio_limits limits = {.max_attachments = 10, .max_depth = 32, .max_values = 1000};

static struct eio_frame *written(struct bytes text)
{
    struct sio_packet p;
    struct eio_frame *frame = NULL;
    if (sio_packet_read(text, &limits, &p))
        return NULL;
    if (sio_packet_write(&p, &frame))
        abort();
    sio_packet_reset(&p);
    return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct eio_frame *first = written(bytes_of(data, len));
    if (!first)
        return 0;
    struct eio_frame *second = written(bytes_of(first->data + 1, first->len - 1));
    if (!second || !bytes_eq(eio_frame_bytes(first), eio_frame_bytes(second)))
        abort();
    eio_frame_unref(first);
    eio_frame_unref(second);
    return 0;
}
