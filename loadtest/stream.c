#include "loadtest/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_LEAST 16384

void stream_init(struct stream *s, int fd, size_t max)
{
    *s = (struct stream){.fd = fd, .max = max};
}

void stream_reset(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->in.p);
    free(s->out.p);
    *s = (struct stream){.fd = -1};
}

/* Room for len more; what was taken is moved over first. */
static bool queue_reserve(struct queue *q, size_t len, size_t max)
{
    if (q->cap - q->to >= len)
        return true;
    size_t used = q->to - q->from;
    if (q->from) {
        memmove(q->p, q->p + q->from, used);
        q->from = 0;
        q->to = used;
    }
    if (q->cap - q->to >= len)
        return true;
    if (used + len > max)
        return false;
    size_t cap = q->cap ? q->cap : READ_AT_LEAST;
    while (cap < used + len)
        cap *= 2;
    uint8_t *p = realloc(q->p, cap);
    if (!p)
        return false;
    q->p = p;
    q->cap = cap;
    return true;
}

static void queue_take(struct queue *q, size_t len)
{
    q->from += len;
    if (q->from == q->to)
        q->from = q->to = 0;
}

void stream_take(struct stream *s, size_t len)
{
    queue_take(&s->in, len);
}

void stream_put(struct stream *s, struct bytes b)
{
    if (s->failed || b.len == 0)
        return;
    if (!queue_reserve(&s->out, b.len, s->max)) {
        s->failed = true;
        return;
    }
    memcpy(s->out.p + s->out.to, b.p, b.len);
    s->out.to += b.len;
}

void stream_flush(struct stream *s)
{
    while (stream_wants_write(s)) {
        ssize_t n = send(s->fd, s->out.p + s->out.from, s->out.to - s->out.from, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            s->failed = errno != EAGAIN && errno != EINTR;
            return;
        }
        queue_take(&s->out, (size_t)n);
    }
}

void stream_read(struct stream *s)
{
    while (!s->failed) {
        if (!queue_reserve(&s->in, READ_AT_LEAST, s->max)) {
            s->failed = true;
            return;
        }
        ssize_t n = recv(s->fd, s->in.p + s->in.to, s->in.cap - s->in.to, MSG_DONTWAIT);
        if (n < 0) {
            s->failed = errno != EAGAIN && errno != EINTR;
            return;
        }
        if (n == 0)
            s->failed = true;
        s->in.to += (size_t)n;
        if (s->in.to < s->in.cap)
            return;
    }
}
