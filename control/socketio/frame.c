#include "socketio/frame.h"

#include <stdlib.h>

struct eio_frame *eio_frame_new(size_t len, bool binary)
{
    struct eio_frame *f = malloc(sizeof *f + len);
    if (f)
        *f = (struct eio_frame){.refs = 1, .binary = binary, .len = len};
    return f;
}

struct eio_frame *eio_frame_of(char type, struct bytes payload, bool binary)
{
    struct eio_frame *f = eio_frame_new(payload.len + !binary, binary);
    if (!f)
        return NULL;
    if (!binary)
        f->data[0] = (uint8_t)type;
    if (payload.len)
        memcpy(f->data + !binary, payload.p, payload.len);
    return f;
}

struct eio_frame *eio_frame_ref(struct eio_frame *f)
{
    f->refs++;
    return f;
}

void eio_frame_unref(struct eio_frame *f)
{
    if (f && --f->refs == 0)
        free(f);
}
