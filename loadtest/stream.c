/* stream.c: a socket with a queue each way. */
#include "loadtest/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE 16384

void stream_init(struct stream *s, int fd, size_t max)
{
    *s = (struct stream){.fd = fd, .max = max};
}

void stream_reset(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    buf_reset(&s->in);
    buf_reset(&s->out);
    *s = (struct stream){.fd = -1};
}

void stream_take(struct stream *s, size_t len)
{
    buf_take(&s->in, len);
}

void stream_put(struct stream *s, struct bytes b)
{
    s->failed = s->failed || buf_put(&s->out, b, s->max);
}

void stream_flush(struct stream *s)
{
    while (stream_wants_write(s)) {
        struct bytes left = buf_bytes(&s->out);
        ssize_t n = send(s->fd, left.p, left.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            s->failed = errno != EAGAIN && errno != EINTR;
            return;
        }
        buf_take(&s->out, (size_t)n);
    }
}

void stream_read(struct stream *s)
{
    while (!s->failed) {
        if (buf_reserve(&s->in, READ_AT_ONCE, s->max)) {
            s->failed = true;
            return;
        }
        ssize_t n = recv(s->fd, buf_end(&s->in), READ_AT_ONCE, MSG_DONTWAIT);
        if (n < 0) {
            s->failed = errno != EAGAIN && errno != EINTR;
            return;
        }
        if (n == 0)
            s->failed = true;
        buf_added(&s->in, (size_t)n);
        if (n < READ_AT_ONCE)
            return;
    }
}
