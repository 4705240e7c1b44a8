/* Frames read in one piece and byte by byte give the same events; no message is over its bound. */
#include "http/wsframe.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX 2000

struct summary {
    size_t events, bytes;
    uint32_t sum;
    enum err e;
};

static struct summary summary_of(struct bytes in, size_t piece)
{
    struct summary s = {0};
    struct wsframe_reader r;
    wsframe_reader_init(&r, MESSAGE_MAX);
    for (size_t at = 0; at < in.len && !s.e; at += piece) {
        struct rd rd = rd_of(bytes_of(in.p + at, piece < in.len - at ? piece : in.len - at));
        bool got = true;
        while (got && !s.e) {
            struct wsframe_event event;
            s.e = wsframe_read(&r, &rd, &event, &got);
            if (s.e || !got)
                break;
            if (event.payload.len > MESSAGE_MAX)
                abort();
            s.events++;
            s.bytes += event.payload.len;
            for (size_t i = 0; i < event.payload.len; i++)
                s.sum = s.sum * 31 + event.payload.p[i];
        }
    }
    wsframe_reader_reset(&r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct summary whole = summary_of(bytes_of(data, size), size ? size : 1),
                   bytes = summary_of(bytes_of(data, size), 1);
    if (whole.events != bytes.events || whole.bytes != bytes.bytes || whole.sum != bytes.sum || whole.e != bytes.e)
        abort();
    return 0;
}
