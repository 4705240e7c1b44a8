/* supervisor.c: a datagram to systemd, or a line in a pipe. */
#include "sandbox/supervisor.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int socket_to(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof a.sun_path)
        return -1;
    memcpy(a.sun_path, path, len);
    if (path[0] == '@') /* an abstract one */
        a.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
        close(fd);
        return -1;
    }
    return fd;
}

void supervisor_open(struct supervisor *s, const char *name)
{
    const char *socket_path = getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe): before any thread
    const char *pipe_path = getenv("ALIVE_PIPE");      // NOLINT(concurrency-mt-unsafe): before any thread
    *s = (struct supervisor){.fd = -1};
    if (socket_path && *socket_path) {
        s->fd = socket_to(socket_path);
    } else if (pipe_path && *pipe_path) {
        s->fd = open(pipe_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        s->name = name;
    }
}

void supervisor_close(struct supervisor *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void tell(const struct supervisor *s, const char *message)
{
    char line[64];
    if (!s || s->fd < 0)
        return;
    if (!s->name) {
        (void)!send(s->fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    int n = snprintf(line, sizeof line, "%s %s\n", s->name, message);
    (void)!write(s->fd, line, (size_t)n);
}

void supervisor_ready(const struct supervisor *s)
{
    tell(s, "READY=1");
}

void supervisor_alive(const struct supervisor *s)
{
    tell(s, "WATCHDOG=1");
}

void supervisor_stopping(const struct supervisor *s)
{
    tell(s, "STOPPING=1");
}
