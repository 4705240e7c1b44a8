/* Engine.IO payloads: what parses can be written, and parses back to the same. */
#include "socketio/eio_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FRAMES 64

static void check(bool ok)
{
    if (!ok)
        abort();
}

static unsigned read_frames(struct bytes payload, struct eio_frame *frames[FRAMES])
{
    unsigned n = 0;
    struct rd r = rd_of(payload);
    struct eio_packet p;
    while (n < FRAMES && eio_payload_next(&r, &p) == OK)
        if (eio_payload_frame(&p, &frames[n]) == OK)
            n++;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct eio_frame *frames[FRAMES], *again[FRAMES];
    unsigned n = read_frames(bytes_of(data, len), frames);
    if (n == 0)
        return 0;
    const struct eio_frame *const *list = (const struct eio_frame *const *)frames;
    size_t size = eio_payload_len(list, n);
    uint8_t *text = malloc(size);
    check(text);
    struct wr w = wr_of(text, size);
    eio_payload_write(&w, list, n);
    check(!w.bad && wr_len(&w) == size);
    check(read_frames(bytes_of(text, size), again) == n);
    for (unsigned i = 0; i < n; i++) {
        check(frames[i]->binary == again[i]->binary);
        check(bytes_eq(eio_frame_bytes(frames[i]), eio_frame_bytes(again[i])));
        eio_frame_unref(frames[i]);
        eio_frame_unref(again[i]);
    }
    free(text);
    return 0;
}
