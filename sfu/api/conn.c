/* conn.c: the Unix socket and its connections: lines in, lines out. */
/* conn.c: lines over a Unix socket, both ways bounded. */
#include "api/conn.h"
#include "common/buf.h"

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
    struct buf in, out;
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
    buf_reset(&c->in);
    buf_reset(&c->out);
    free(c);
}

int conn_fd(const struct conn *c)
{
    return c->fd;
}

enum err conn_read(struct conn *c)
{
    enum err e = buf_reserve(&c->in, READ_STEP, c->line_max + READ_STEP);
    if (e)
        return e;
    ssize_t n = recv(c->fd, buf_end(&c->in), READ_STEP, MSG_DONTWAIT);
    if (n > 0)
        buf_added(&c->in, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        return ERR_IO;
    return OK;
}

bool conn_next_line(struct conn *c, const char **line, size_t *len)
{
    const char *from = c->in.p + c->in.from, *end = c->in.len ? memchr(from, '\n', c->in.len) : NULL;
    if (!end)
        return false;
    *line = from;
    *len = (size_t)(end - from);
    buf_take(&c->in, *len + 1);
    return true;
}

enum err conn_put(struct conn *c, char *line, bool droppable)
{
    enum err e = OK;
    if (droppable && c->out.len > CONN_OUT_SOFT)
        c->n_lost++;
    else if (line)
        e = buf_put(&c->out, bytes_str(line), CONN_OUT_HARD);
    free(line);
    return e;
}

enum err conn_write(struct conn *c)
{
    while (c->out.len) {
        struct bytes left = buf_bytes(&c->out);
        ssize_t n = send(c->fd, left.p, left.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return OK;
        if (n <= 0)
            return ERR_IO;
        buf_take(&c->out, (size_t)n);
    }
    return OK;
}

bool conn_wants_write(const struct conn *c)
{
    return c->out.len > 0;
}

unsigned long conn_take_lost(struct conn *c)
{
    if (c->n_lost == 0 || c->out.len > CONN_OUT_SOFT / 2)
        return 0;
    unsigned long n = c->n_lost;
    c->n_lost = 0;
    return n;
}
