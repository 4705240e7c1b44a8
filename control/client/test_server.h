/* test_server.h: an HTTP server with bad manners, in a thread of its own, for the tests of the client. What it does is
 * said by the path. Blocking; for test programs only. */
#pragma once
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEST_SERVER_CONNS 64

struct test_server {
    int listener, stop[2]; /* stop: a pipe; every thread leaves when it is closed */
    unsigned port;
    pthread_t accepting, serving[TEST_SERVER_CONNS];
    unsigned n_serving;
    _Atomic unsigned n_conns, n_requests, n_at_once, most_at_once;
    pthread_mutex_t last_is_free;
    char last[8192]; /* the last request, whole: see test_server_last() */
};

struct test_conn {
    struct test_server *server;
    int fd;
};

static inline bool test_send(int fd, const void *p, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, (const char *)p + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static inline bool test_say(int fd, const char *text)
{
    return test_send(fd, text, strlen(text));
}

/* Until the time is over, the server stops or, if asked, the client hangs up. True: the time is over. */
static inline bool test_wait(const struct test_conn *c, int ms)
{
    struct pollfd fds[2] = {{.fd = c->server->stop[0], .events = POLLIN}, {.fd = c->fd, .events = POLLRDHUP}};
    return poll(fds, 2, ms) == 0;
}

static inline bool test_read_request(const struct test_conn *c, char *out, size_t cap)
{
    size_t len = 0;
    for (;;) {
        struct pollfd fds[2] = {{.fd = c->server->stop[0], .events = POLLIN}, {.fd = c->fd, .events = POLLIN}};
        if (poll(fds, 2, -1) <= 0 || fds[0].revents)
            return false;
        ssize_t n = recv(c->fd, out + len, cap - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        out[len] = '\0';
        const char *end = strstr(out, "\r\n\r\n"), *length = strcasestr(out, "\r\ncontent-length:");
        if (end && (size_t)(out + len - (end + 4)) >= (length ? strtoul(length + 17, NULL, 10) : 0))
            return true;
        if (len == cap - 1)
            return false;
    }
}

static inline bool test_flood(const struct test_conn *c, const char *line, unsigned n)
{
    bool ok = true;
    for (unsigned i = 0; i < n && ok; i++)
        ok = test_say(c->fd, line);
    return ok;
}

/* True: the connection stays open for another request. */
static inline bool test_answer(const struct test_conn *c, const char *path)
{
    char text[512];
    if (strncmp(path, "/status/", 8) == 0) {
        snprintf(text, sizeof text, "HTTP/1.1 %.3s Said\r\nContent-Length: 4\r\n\r\nbody", path + 8);
        return test_say(c->fd, text);
    }
    if (strcmp(path, "/redirect") == 0) {
        snprintf(text, sizeof text,
                 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/status/200\r\nContent-Length: 0\r\n\r\n",
                 c->server->port);
        return test_say(c->fd, text);
    }
    if (strcmp(path, "/late") == 0)
        return test_wait(c, 150) && test_say(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
    if (strcmp(path, "/never") == 0)
        return test_wait(c, -1);
    if (strcmp(path, "/drip") == 0) {
        bool ok = test_say(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while (ok && test_wait(c, 20))
            ok = test_say(c->fd, "x");
        return false;
    }
    if (strcmp(path, "/huge") == 0) {
        static const char part[4097] = {[0 ... 4095] = 'h'};
        return test_say(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n") && test_flood(c, part, 250000);
    }
    if (strcmp(path, "/headers") == 0)
        return test_say(c->fd, "HTTP/1.1 200 OK\r\n") &&
               test_flood(c, "X-More: of the same, again and again\r\n", 1000000);
    if (strcmp(path, "/continue") == 0)
        return test_flood(c, "HTTP/1.1 100 Continue\r\n\r\n", 1000000);
    if (strcmp(path, "/half") == 0)
        test_say(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    if (strcmp(path, "/garbage") == 0)
        test_say(c->fd, "220 mail.example ESMTP\r\n");
    if (strcmp(path, "/chunks") == 0)
        return test_say(c->fd,
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    if (strcmp(path, "/badchunks") == 0)
        test_say(c->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
    return false; /* "/close" and those above that end here */
}

static inline void *test_serve(void *arg)
{
    struct test_conn *c = arg;
    struct test_server *s = c->server;
    static _Thread_local char request[sizeof s->last];
    char path[256];
    while (test_read_request(c, request, sizeof request)) {
        unsigned now = ++s->n_at_once, most = s->most_at_once;
        while (now > most && !atomic_compare_exchange_weak(&s->most_at_once, &most, now))
            ;
        s->n_requests++;
        pthread_mutex_lock(&s->last_is_free);
        memcpy(s->last, request, sizeof request);
        pthread_mutex_unlock(&s->last_is_free);
        bool more = sscanf(request, "%*s %255s", path) == 1 && test_answer(c, path);
        s->n_at_once--;
        if (!more)
            break;
    }
    close(c->fd);
    free(c);
    return NULL;
}

static inline void *test_accept(void *arg)
{
    struct test_server *s = arg;
    for (;;) {
        struct pollfd fds[2] = {{.fd = s->stop[0], .events = POLLIN}, {.fd = s->listener, .events = POLLIN}};
        if (poll(fds, 2, -1) <= 0 || fds[0].revents || s->n_serving == TEST_SERVER_CONNS)
            return NULL;
        struct test_conn *c = calloc(1, sizeof *c);
        if (!c)
            return NULL;
        c->server = s;
        c->fd = accept(s->listener, NULL, NULL);
        s->n_conns++;
        if (c->fd < 0 || pthread_create(&s->serving[s->n_serving], NULL, test_serve, c))
            free(c);
        else
            s->n_serving++;
    }
}

static inline bool test_server_start(struct test_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->last_is_free, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, len) || listen(s->listener, 64) ||
        getsockname(s->listener, (struct sockaddr *)&at, &len) || pipe(s->stop))
        return false;
    s->port = ntohs(at.sin_port);
    return pthread_create(&s->accepting, NULL, test_accept, s) == 0;
}

/* For when the server rests. */
static inline const char *test_server_last(struct test_server *s)
{
    pthread_mutex_lock(&s->last_is_free); /* what was written before is seen */
    pthread_mutex_unlock(&s->last_is_free);
    return s->last;
}

static inline void test_server_stop(struct test_server *s)
{
    close(s->stop[1]);
    pthread_join(s->accepting, NULL);
    for (unsigned i = 0; i < s->n_serving; i++)
        pthread_join(s->serving[i], NULL);
    pthread_mutex_destroy(&s->last_is_free);
    close(s->stop[0]);
    close(s->listener);
}
