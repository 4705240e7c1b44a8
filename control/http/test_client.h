/* test_client.h: a client with raw sockets, for the tests of the server and of what is built on it: it can say what no
 * library would. Blocking, with assertions; for test programs only. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static inline int dial(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void send_all(int fd, const void *p, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, (const char *)p + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server has closed: what it answered is still to be read */
        at += (size_t)n;
    }
}

static inline void say(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

struct reply {
    int status;
    char head[8192];
    char *body;
    size_t len;
};

static inline bool read_exactly(int fd, void *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = recv(fd, (char *)to + at, len - at, 0);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static inline struct reply hear(int fd)
{
    static char body[4000000];
    struct reply r = {.body = body};
    size_t n = 0;
    while (n < sizeof r.head - 1 && read_exactly(fd, r.head + n, 1)) {
        n++;
        if (n >= 4 && !memcmp(r.head + n - 4, "\r\n\r\n", 4))
            break;
    }
    r.head[n] = '\0';
    if (sscanf(r.head, "HTTP/1.1 %d", &r.status) != 1)
        return r;
    const char *length = strstr(r.head, "Content-Length: ");
    r.len = length ? strtoul(length + 16, NULL, 10) : 0;
    assert_true(r.len < sizeof body);
    if (!read_exactly(fd, body, r.len))
        r.len = 0;
    body[r.len] = '\0';
    return r;
}

static inline struct reply ask(unsigned port, const char *request)
{
    int fd = dial(port);
    say(fd, request);
    struct reply r = hear(fd);
    close(fd);
    return r;
}

static inline bool at_end(int fd)
{
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

#define HOST "Host: h\r\n"

static inline void wait_for(atomic_uint *value, unsigned wanted)
{
    for (int i = 0; i < 1000 && *value != wanted; i++)
        usleep(10000);
    assert_int_equal(*value, wanted);
}

#define HOST "Host: h\r\n"

/* --- WebSocket --- */
#define WS_HEADERS                                                                                                     \
    HOST "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                      \
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static inline int ws_dial(unsigned port)
{
    int fd = dial(port);
    say(fd, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" WS_HEADERS);
    struct reply r = hear(fd);
    assert_int_equal(r.status, 101);
    assert_non_null(strstr(r.head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")); /* RFC 6455 1.3 */
    return fd;
}

static inline void ws_say(int fd, unsigned char b0, const void *p, size_t len)
{
    unsigned char h[14] = {b0}, mask[4] = {1, 2, 3, 4};
    size_t n = 2;
    if (len < 126) {
        h[1] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        h[1] = 0x80 | 126;
        h[2] = (unsigned char)(len >> 8);
        h[3] = (unsigned char)len;
        n = 4;
    } else {
        h[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            h[2 + i] = (unsigned char)(len >> (56 - 8 * i));
        n = 10;
    }
    memcpy(h + n, mask, 4);
    unsigned char *masked = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        masked[i] = ((const unsigned char *)p)[i] ^ mask[i & 3];
    send_all(fd, h, n + 4);
    send_all(fd, masked, len);
    free(masked);
}

/* One frame: its first byte, and the payload; -1 at the end. */
static inline int ws_hear(int fd, char *payload, size_t cap, size_t *len)
{
    unsigned char h[8];
    if (!read_exactly(fd, h, 2))
        return -1;
    int b0 = h[0];
    size_t n = h[1];
    assert_true(n < 128); /* a server doesn't mask */
    if (n == 126 && read_exactly(fd, h, 2))
        n = (size_t)h[0] << 8 | h[1];
    else if (n == 127 && read_exactly(fd, h, 8))
        n = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];
    assert_true(n < cap);
    assert_true(read_exactly(fd, payload, n));
    payload[n] = '\0';
    *len = n;
    return b0;
}
