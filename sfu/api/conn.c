/* conn.c: the Unix socket and its connections: lines in, lines out. */
#include "api/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 * 1024)

struct conn {
    int fd;
    size_t line_max;
    char *in;
    size_t in_len, in_cap, in_at; /* in_at: lines before it were given out */
    char *out;
    size_t out_len, out_cap, out_at;
    unsigned long n_lost;
};

int conn_listen(const char *path, int backlog)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    unlink(path); /* what a killed process left */
    mode_t before = umask(0117);
    bool good = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, backlog) == 0;
    umask(before);
    if (good)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool peer_is_allowed(int fd)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
        return false;
    return cred.uid == geteuid() || cred.uid == 0;
}

int conn_accept(int listener, bool *allowed)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        *allowed = peer_is_allowed(fd);
    return fd;
}

enum err conn_new(int fd, size_t line_max, struct conn **conn)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return ERR_NOMEM;
    }
    c->fd = fd;
    c->line_max = line_max;
    *conn = c;
    return OK;
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

int conn_fd(const struct conn *c)
{
    return c->fd;
}

static enum err reserve(char **buf, size_t *cap, size_t wanted)
{
    if (wanted <= *cap)
        return OK;
    size_t n = *cap ? *cap : READ_STEP;
    while (n < wanted)
        n *= 2;
    char *grown = realloc(*buf, n);
    if (!grown)
        return ERR_NOMEM;
    *buf = grown;
    *cap = n;
    return OK;
}

static void drop_front(char *buf, size_t *len, size_t *at)
{
    if (*at == 0)
        return;
    memmove(buf, buf + *at, *len - *at);
    *len -= *at;
    *at = 0;
}

enum err conn_read(struct conn *c)
{
    drop_front(c->in, &c->in_len, &c->in_at);
    if (c->in_len > c->line_max)
        return ERR_FULL;
    enum err e = reserve(&c->in, &c->in_cap, c->in_len + READ_STEP);
    if (e)
        return e;
    ssize_t n = recv(c->fd, c->in + c->in_len, READ_STEP, MSG_DONTWAIT);
    if (n > 0)
        c->in_len += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        return ERR_IO;
    return OK;
}

bool conn_next_line(struct conn *c, const char **line, size_t *len)
{
    size_t left = c->in_len - c->in_at;
    const char *from = c->in + c->in_at;
    const char *end = left ? memchr(from, '\n', left) : NULL;
    if (!end)
        return false;
    *line = from;
    *len = (size_t)(end - from);
    c->in_at += *len + 1;
    return true;
}

enum err conn_put(struct conn *c, char *line, bool droppable)
{
    size_t len = line ? strlen(line) : 0, queued = c->out_len - c->out_at;
    enum err e = OK;
    if (droppable && queued > CONN_OUT_SOFT) {
        c->n_lost++;
    } else if (queued + len > CONN_OUT_HARD) {
        e = ERR_FULL;
    } else if (len) {
        drop_front(c->out, &c->out_len, &c->out_at);
        e = reserve(&c->out, &c->out_cap, c->out_len + len);
        if (!e) {
            memcpy(c->out + c->out_len, line, len);
            c->out_len += len;
        }
    }
    free(line);
    return e;
}

enum err conn_write(struct conn *c)
{
    while (c->out_at < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return OK;
        if (n <= 0)
            return ERR_IO;
        c->out_at += (size_t)n;
    }
    c->out_at = c->out_len = 0;
    return OK;
}

bool conn_wants_write(const struct conn *c)
{
    return c->out_at < c->out_len;
}

unsigned long conn_take_lost(struct conn *c)
{
    if (c->n_lost == 0 || c->out_len - c->out_at > CONN_OUT_SOFT / 2)
        return 0;
    unsigned long n = c->n_lost;
    c->n_lost = 0;
    return n;
}
