/* eio_packet.c: frames, and the payloads that long-polling packs them in. */
#include "socketio/eio_packet.h"
#include "socketio/base64.h"

#include <stdlib.h>

/* --- frames --- */
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

/* --- packets --- */
static enum err packet_of_text(struct bytes text, struct eio_packet *packet)
{
    if (text.len == 0 || text.p[0] < '0' || text.p[0] > '6')
        return ERR_SYNTAX;
    *packet = (struct eio_packet){(enum eio_type)(text.p[0] - '0'), false, bytes_of(text.p + 1, text.len - 1)};
    return OK;
}

enum err eio_payload_next(struct rd *payload, struct eio_packet *packet)
{
    size_t left = rd_left(payload);
    if (payload->bad)
        return ERR_NOT_FOUND;
    const uint8_t *end = left ? memchr(payload->p, EIO_SEPARATOR, left) : NULL;
    struct bytes text = rd_bytes(payload, end ? (size_t)(end - payload->p) : left);
    rd_skip(payload, 1); /* the separator; past the last packet this marks the end */
    if (text.len > 0 && text.p[0] == 'b') {
        *packet = (struct eio_packet){EIO_MESSAGE, true, bytes_of(text.p + 1, text.len - 1)};
        return OK;
    }
    return packet_of_text(text, packet);
}

enum err eio_packet_read(struct bytes message, bool binary, struct eio_packet *packet)
{
    if (!binary)
        return packet_of_text(message, packet);
    *packet = (struct eio_packet){EIO_MESSAGE, true, message};
    return OK;
}

enum err eio_payload_frame(const struct eio_packet *packet, struct eio_frame **frame)
{
    struct eio_frame *f = packet->binary ? eio_frame_new(BASE64_DECODED(packet->data.len), true)
                                         : eio_frame_of((char)('0' + packet->type), packet->data, false);
    if (!f)
        return ERR_NOMEM;
    if (packet->binary) {
        struct wr w = wr_of(f->data, f->len);
        enum err e = base64_read(packet->data, &w);
        if (e) {
            eio_frame_unref(f);
            return e;
        }
        f->len = wr_len(&w);
    }
    *frame = f;
    return OK;
}

size_t eio_payload_len(const struct eio_frame *const *frames, unsigned n_frames)
{
    size_t len = n_frames - 1;
    for (unsigned i = 0; i < n_frames; i++)
        len += frames[i]->binary ? 1 + BASE64_LEN(frames[i]->len) : frames[i]->len;
    return len;
}

void eio_payload_write(struct wr *w, const struct eio_frame *const *frames, unsigned n_frames)
{
    for (unsigned i = 0; i < n_frames; i++) {
        if (i > 0)
            wr_u8(w, EIO_SEPARATOR);
        if (frames[i]->binary) {
            wr_u8(w, 'b');
            base64_write(w, eio_frame_bytes(frames[i]));
        } else {
            wr_bytes(w, eio_frame_bytes(frames[i]));
        }
    }
}
