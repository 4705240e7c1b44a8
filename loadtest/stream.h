/* stream.h: a non-blocking byte stream (TCP or Unix socket) with a queue each way. Owns its socket and both queues.
 * What comes in is kept until it is taken; full (at the bound given): the stream has failed. */
#pragma once
#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>

struct stream {
    int fd; /* -1: closed */
    size_t max;
    struct buf in, out;
    bool failed; /* or ended by the other side */
};

void stream_init(struct stream *s, int fd, size_t max); /* takes fd, which is non-blocking */
void stream_reset(struct stream *s);
void stream_put(struct stream *s, struct bytes b); /* queues; stream_flush() sends */
void stream_flush(struct stream *s);               /* what can go now */
void stream_read(struct stream *s);                /* what is there now */

static inline bool stream_wants_write(const struct stream *s)
{
    return s->out.len && !s->failed;
}

static inline struct bytes stream_peek(const struct stream *s)
{
    return buf_bytes(&s->in);
}

void stream_take(struct stream *s, size_t len); /* len bytes of stream_peek() are done with */
