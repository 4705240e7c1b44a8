/* server_test.c: the whole server on a loopback port, its loop in a thread; the tests are clients with raw sockets. */
#include "http/http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct loop *loop;
    struct http *http;
    struct loop_watch *tap;
    pthread_t thread;
    int tap_fd; /* written to by a test: answer what was deferred, or shut down */
    unsigned port;
    struct call_id deferred;
    atomic_uint gone, ws_opened, ws_closed, found, shut_down, tapped;
    atomic_bool shutdown_now;
    char dir[64];
};
static struct fixture fx;

/* --- the application under the server --- */
static enum err hello(struct call *c)
{
    call_reply_json(c, 200, json_pack("{s:s}", "hello", call_query(c, "name") ? call_query(c, "name") : "nobody"));
    return OK;
}

static enum err echo_body(struct call *c)
{
    call_reply(c, 200, "application/octet-stream", call_body(c));
    return OK;
}

static enum err echo_title(struct call *c)
{
    call_reply_json(c, 201, json_pack("{s:s, s:s}", "id", call_param(c, "id"), "title", call_str(c, "title")));
    return OK;
}

static enum err big(struct call *c)
{
    size_t len = 3000000;
    char *text = malloc(len);
    memset(text, 'x', len);
    call_no_compress(c);
    call_reply(c, 200, "text/plain", bytes_of(text, len));
    free(text);
    return OK;
}

static enum err long_text(struct call *c)
{
    char text[5000];
    memset(text, 'y', sizeof text);
    call_reply(c, 200, "text/plain; charset=utf-8", bytes_of(text, sizeof text));
    return OK;
}

static void on_gone(void *arg)
{
    (void)arg;
    fx.gone++;
}

static enum err later(struct call *c)
{
    fx.deferred = call_defer(c);
    call_on_gone(c, on_gone, NULL);
    fx.found = 1;
    return OK;
}

static enum err ip(struct call *c)
{
    call_reply(c, 200, "text/plain", bytes_str(call_ip(c)));
    return OK;
}

static const struct field title_body[] = {
    {"title",   FIELD_STR, REQUIRED, 1, 20},
    {0}
};
static const struct route routes[] = {
    {"GET",  "/hello", 0, no_body, hello},
    {"POST",     "/hello", 0, no_body, hello},
    {"GET", "/big", 0, no_body, big},
    {"GET", "/text", 0, no_body, long_text},
    {"GET",     "/later", 0, no_body, later},
    {"GET", "/ip", 0, no_body, ip},
    {"POST",  "/raw", 0, raw_body, echo_body, .body_max = 100000},
    {"DELETE",     "/raw", 0, raw_body, echo_body},
    {"PATCH",   "/things/:id", 0, title_body, echo_title},
    {"GET",  "/join/:id", 0, no_body, .page = "index.html"},
    {0    },
};
static const struct route *const tables[] = {routes, NULL};

static enum err polling(struct call *c)
{
    call_reply(c, 200, "text/plain", call_query(c, "sid") ? bytes_str(call_query(c, "sid")) : BYTES_LIT("none"));
    return OK;
}

static enum err may_upgrade(struct call *c, void **data)
{
    *data = NULL;
    if (call_query(c, "no"))
        call_error(c, 400, "not you");
    return OK;
}

static void ws_open(struct ws *ws)
{
    (void)ws;
    fx.ws_opened++;
}

static void ws_echo(struct ws *ws, struct bytes in, bool binary)
{
    if (bytes_eq(in, BYTES_LIT("close me")))
        ws_close(ws, 4001, "bye");
    else if (ws_send(ws, in, binary))
        ws_abort(ws);
}

static void ws_ended(struct ws *ws)
{
    (void)ws;
    fx.ws_closed++;
}

static const struct ws_ops ws_ops = {.upgrade = may_upgrade,
                                     .open = ws_open,
                                     .message = ws_echo,
                                     .closed = ws_ended,
                                     .message_max = 100000,
                                     .queue_max = 1000000};
static const struct prefix_route prefixes[] = {
    {"/socket.io/", 100000, polling, &ws_ops},
    {0     }
};

static void on_shut_down(void *arg)
{
    (void)arg;
    fx.shut_down = 1;
    loop_stop(fx.loop);
}

static void on_tap(void *arg, unsigned events)
{
    uint64_t n;
    (void)arg;
    (void)events;
    if (read(fx.tap_fd, &n, sizeof n) != sizeof n)
        return;
    if (fx.shutdown_now) {
        http_shutdown(fx.http, on_shut_down, NULL);
        return;
    }
    struct call *c = call_find(fx.http, fx.deferred);
    fx.found = c ? 2 : 3;
    if (c)
        call_reply(c, 200, "text/plain", BYTES_LIT("at last"));
    fx.tapped++;
}

static void tap(void)
{
    uint64_t one = 1;
    assert_int_equal(write(fx.tap_fd, &one, sizeof one), sizeof one);
}

static void *run(void *arg)
{
    loop_run(arg);
    return NULL;
}

static void file_put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fx.dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int setup(void **state)
{
    (void)state;
    snprintf(fx.dir, sizeof fx.dir, "/tmp/http_test_XXXXXX");
    assert_non_null(mkdtemp(fx.dir));
    file_put("index.html", "<!doctype html><title>client</title>");
    file_put("app.js", "console.log(1)");
    file_put("app.js.br", "BROTLI");
    file_put("secret.txt", "secret");
    struct http_config cfg = {.bind_address = "127.0.0.1",
                              .web_dir = fx.dir,
                              .allowed_origins = "https://app.example, http://localhost:3000",
                              .trusted_proxies = "127.0.0.0/8",
                              .routes = tables,
                              .prefixes = prefixes};
    assert_int_equal(loop_new(&fx.loop), OK);
    assert_int_equal(http_new(&cfg, fx.loop, &fx.http), OK);
    assert_int_equal(http_listen(fx.http), OK);
    fx.port = http_port(fx.http);
    fx.tap_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_int_equal(loop_watch_new(fx.loop, fx.tap_fd, LOOP_READ, on_tap, NULL, &fx.tap), OK);
    return pthread_create(&fx.thread, NULL, run, fx.loop);
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    loop_stop(fx.loop);
    pthread_join(fx.thread, NULL);
    http_free(fx.http);
    loop_watch_free(fx.tap);
    loop_free(fx.loop);
    close(fx.tap_fd);
    snprintf(command, sizeof command, "rm -rf %s", fx.dir);
    return system(command);
}

/* --- the client --- */
static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fx.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void send_all(int fd, const void *p, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, (const char *)p + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server has closed: what it answered is still to be read */
        at += (size_t)n;
    }
}

static void say(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

struct reply {
    int status;
    char head[8192];
    char *body;
    size_t len;
};

static bool read_exactly(int fd, void *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = recv(fd, (char *)to + at, len - at, 0);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static struct reply hear(int fd)
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

static struct reply ask(const char *request)
{
    int fd = dial();
    say(fd, request);
    struct reply r = hear(fd);
    close(fd);
    return r;
}

static bool at_end(int fd)
{
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

#define HOST "Host: h\r\n"

/* --- requests --- */
static void a_request_split_into_single_bytes_is_answered(void **state)
{
    (void)state;
    const char *request = "PATCH /things/a%20b HTTP/1.1\r\n" HOST
                          "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"title\":\"abc\"}";
    int fd = dial();
    for (const char *p = request; *p; p++) {
        send_all(fd, p, 1);
        usleep(200);
    }
    struct reply r = hear(fd);
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"id\":\"a b\",\"title\":\"abc\"}");
    close(fd);
}

static void pipelined_requests_with_bodies_are_answered_in_order(void **state)
{
    (void)state;
    int fd = dial();
    say(fd,
        "DELETE /raw HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
        "POST /hello?name=two HTTP/1.1\r\n" HOST "\r\n"
        "POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n2;x=y\r\ngh\r\n0\r\nT: t\r\n\r\n"
        "HEAD /hello HTTP/1.1\r\n" HOST "\r\n"
        "GET /nowhere HTTP/1.1\r\n" HOST "\r\n"
        "GET /hello?name=last HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_string_equal(hear(fd).body, "abc");
    assert_string_equal(hear(fd).body, "{\"hello\":\"two\"}");
    assert_string_equal(hear(fd).body, "defgh");
    char head[4096] = {0};
    for (size_t n = 0; n < sizeof head - 1 && !strstr(head, "\r\n\r\n"); n++)
        assert_true(read_exactly(fd, head + n, 1));
    assert_non_null(strstr(head, "Content-Length: 18"));
    assert_int_equal(hear(fd).status, 404);
    assert_string_equal(hear(fd).body, "{\"hello\":\"last\"}");
    assert_true(at_end(fd));
    close(fd);
}

static void many_pipelined_requests_do_not_stall(void **state)
{
    (void)state;
    int fd = dial();
    for (int i = 0; i < 400; i++)
        say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 400; i++)
        assert_int_equal(hear(fd).status, 200);
    close(fd);
}

static void what_is_not_http_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"GARBAGE\r\n\r\n",                                                                                   400},
        {"GET / HTTP/1.1\r\n\r\n",                                                                            400}, /* no Host */
        {"GET / HTTP/2.0\r\n" HOST "\r\n",                                                                    505},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",                       400},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",              400},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n",                                              400},
        {"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",                                         501},
        {"GET / HTTP/1.1\r\n" HOST "Bad Name: x\r\n\r\n",                                                     400},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n folded\r\n\r\n",                                                 400},
        {"GET /a%00b HTTP/1.1\r\n" HOST "\r\n",                                                               400},
        {"GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n",                                                       400},
        {"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n",                                                   400},
        {"GET /..%5csecret.txt HTTP/1.1\r\n" HOST "\r\n",                                                     400},
        {"GET /x/..%2fsecret.txt HTTP/1.1\r\n" HOST "\r\n",                                                   404},
        {"BREW /hello HTTP/1.1\r\n" HOST "\r\n",                                                              405},
        {"DELETE /hello HTTP/1.1\r\n" HOST "\r\n",                                                            405},
        {"PATCH /things/1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",                                   415},
        {"PATCH /things/1 HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400},
        {"POST /raw HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n",                                      413},
        {"POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",                            400},
        {"GET /u HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",                            404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = ask(rows[i].request);
        if (r.status != rows[i].status)
            print_message("row %zu: %s", i, rows[i].request);
        assert_int_equal(r.status, rows[i].status);
        assert_non_null(strstr(r.body, "{\"error\":"));
        assert_non_null(strstr(r.head, "Content-Security-Policy: default-src 'self'"));
    }
}

static void huge_heads_and_targets_are_refused(void **state)
{
    (void)state;
    static char request[40000];
    int len = snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" HOST "X: ");
    memset(request + len, 'a', 20000);
    snprintf(request + len + 20000, 10, "\r\n\r\n");
    assert_int_equal(ask(request).status, 431);
    len = snprintf(request, sizeof request, "GET /");
    memset(request + len, 'a', 5000);
    snprintf(request + len + 5000, 100, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(ask(request).status, 414);
    len = snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 70; i++)
        len += snprintf(request + len, 100, "X-%d: y\r\n", i);
    snprintf(request + len, 10, "\r\n");
    assert_int_equal(ask(request).status, 431);
}

static void a_large_answer_arrives_whole(void **state)
{
    (void)state;
    struct reply r = ask("GET /big HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.len, 3000000);
    assert_int_equal(strspn(r.body, "x"), 3000000);
}

static void a_413_reaches_a_client_that_is_still_sending(void **state)
{
    (void)state;
    static char junk[300000];
    int fd = dial();
    say(fd, "POST /raw HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n");
    send_all(fd, junk, sizeof junk);
    assert_int_equal(hear(fd).status, 413);
    close(fd);
}

static void a_client_that_expects_100_gets_it(void **state)
{
    (void)state;
    int fd = dial();
    char go_on[25];
    say(fd, "POST /raw HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_true(read_exactly(fd, go_on, sizeof go_on));
    assert_memory_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\n", sizeof go_on);
    say(fd, "ok");
    assert_string_equal(hear(fd).body, "ok");
    close(fd);
}

/* --- later --- */
static void wait_for(atomic_uint *value, unsigned wanted)
{
    for (int i = 0; i < 1000 && *value != wanted; i++)
        usleep(10000);
    assert_int_equal(*value, wanted);
}

static void a_deferred_call_is_answered_later(void **state)
{
    (void)state;
    fx.found = 0;
    int fd = dial();
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
    wait_for(&fx.found, 1);
    tap();
    assert_string_equal(hear(fd).body, "at last");
    assert_int_equal(hear(fd).status, 200); /* the next one had waited its turn */
    close(fd);
}

static void an_answer_to_a_client_that_has_gone_is_dropped(void **state)
{
    (void)state;
    fx.found = fx.gone = 0;
    int fd = dial();
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    wait_for(&fx.found, 1);
    close(fd);
    wait_for(&fx.gone, 1);
    tap();
    wait_for(&fx.found, 3);
}

/* --- files, headers --- */
static void files_and_pages_are_served(void **state)
{
    (void)state;
    struct reply r = ask("GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "<title>client"));
    assert_non_null(strstr(r.head, "Cache-Control: no-cache"));
    assert_non_null(strstr(r.head, "Content-Type: text/html"));
    assert_non_null(strstr(ask("GET /join/abc-defg-hij HTTP/1.1\r\n" HOST "\r\n").body, "<title>client"));
    r = ask("GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0.5, br\r\n\r\n");
    assert_string_equal(r.body, "BROTLI");
    assert_non_null(strstr(r.head, "Content-Encoding: br\r\n"));
    assert_non_null(strstr(r.head, "Vary: Origin, Accept-Encoding\r\n"));
    const char *etag = strstr(r.head, "ETag: ") + 6;
    char again[256];
    snprintf(again, sizeof again, "GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: br\r\nIf-None-Match: %.*s\r\n\r\n",
             (int)strcspn(etag, "\r"), etag);
    r = ask(again);
    assert_int_equal(r.status, 304);
    assert_null(strstr(r.head, "Content-Length"));
    assert_string_equal(ask("GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: br;q=0\r\n\r\n").body, "console.log(1)");
}

static void text_is_compressed_when_it_pays(void **state)
{
    (void)state;
    struct reply r = ask("GET /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    assert_non_null(strstr(r.head, "Content-Encoding: gzip\r\n"));
    assert_true(r.len < 200);
    assert_memory_equal(r.body, "\x1f\x8b", 2);
    r = ask("GET /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip, br\r\n\r\n");
    assert_non_null(strstr(r.head, "Content-Encoding: br\r\n"));
    r = ask("GET /text HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.len, 5000);
}

static void cors_is_for_listed_origins(void **state)
{
    (void)state;
    struct reply r = ask("GET /hello HTTP/1.1\r\n" HOST "Origin: https://app.example\r\n\r\n");
    assert_non_null(strstr(r.head, "Access-Control-Allow-Origin: https://app.example\r\n"));
    assert_non_null(strstr(r.head, "Access-Control-Allow-Credentials: true\r\n"));
    r = ask("GET /hello HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n\r\n");
    assert_null(strstr(r.head, "Access-Control"));
    r = ask("OPTIONS /hello HTTP/1.1\r\n" HOST "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
            "Access-Control-Request-Headers: x-api-key\r\n\r\n");
    assert_int_equal(r.status, 204);
    assert_non_null(strstr(r.head, "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"));
    assert_non_null(strstr(r.head, "Access-Control-Allow-Headers: x-api-key\r\n"));
}

static void forwarded_addresses_count_from_trusted_proxies(void **state)
{
    (void)state;
    assert_string_equal(ask("GET /ip HTTP/1.1\r\n" HOST "\r\n").body, "127.0.0.1");
    assert_string_equal(
        ask("GET /ip HTTP/1.1\r\n" HOST "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 127.0.0.3\r\n\r\n").body,
        "203.0.113.9");
}

/* --- WebSocket --- */
#define WS_HEADERS                                                                                                     \
    HOST "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                      \
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static int ws_dial(void)
{
    int fd = dial();
    say(fd, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" WS_HEADERS);
    struct reply r = hear(fd);
    assert_int_equal(r.status, 101);
    assert_non_null(strstr(r.head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")); /* RFC 6455 1.3 */
    return fd;
}

static void ws_say(int fd, unsigned char b0, const void *p, size_t len)
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
static int ws_hear(int fd, char *payload, size_t cap, size_t *len)
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

static void a_websocket_echoes_text_binary_and_fragments(void **state)
{
    (void)state;
    static char payload[200000], sent[70000];
    size_t len;
    int fd = ws_dial();
    ws_say(fd, 0x81, "hi", 2);
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x81);
    assert_string_equal(payload, "hi");
    memset(sent, 'b', sizeof sent);
    ws_say(fd, 0x82, sent, sizeof sent);
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x82);
    assert_int_equal(len, sizeof sent);
    assert_memory_equal(payload, sent, sizeof sent);
    ws_say(fd, 0x01, "one ", 4);
    ws_say(fd, 0x89, "ping", 4); /* control frames may come between */
    ws_say(fd, 0x80, "two", 3);
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x8a);
    assert_string_equal(payload, "ping");
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x81);
    assert_string_equal(payload, "one two");
    ws_say(fd, 0x88, "\x03\xe8", 2);
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x88);
    assert_memory_equal(payload, "\x03\xe8", 2);
    assert_true(at_end(fd));
    close(fd);
}

static void bad_frames_close_with_their_code(void **state)
{
    (void)state;
    static char big_text[100001];
    static const struct {
        unsigned char b0;
        size_t len;
        const char *text, *code;
    } rows[] = {
        {0x81, sizeof big_text, big_text,   "\x03\xf1"}, /* 1009 */
        {0x81, 2,               "\xc3\x28", "\x03\xef"}, /* 1007 */
        {0xc1, 2,               "hi",       "\x03\xea"}, /* 1002: RSV1 without an extension */
        {0x80, 2,               "hi",       "\x03\xea"}, /* 1002: a continuation of nothing */
        {0x83, 2,               "hi",       "\x03\xea"}, /* 1002: no such opcode */
        {0x81, 8,               "close me", "\x0f\xa1"}, /* 4001 */
        {0x88, 1,               "x",        "\x03\xea"}, /* 1002: half a code */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char payload[1000];
        size_t len = 0;
        int fd = ws_dial();
        ws_say(fd, rows[i].b0, rows[i].text, rows[i].len);
        assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x88);
        assert_memory_equal(payload, rows[i].code, 2);
        assert_true(at_end(fd));
        close(fd);
    }
}

static void an_upgrade_can_be_refused_with_a_status(void **state)
{
    (void)state;
    struct reply r = ask("GET /socket.io/?no=1 HTTP/1.1\r\n" WS_HEADERS);
    assert_int_equal(r.status, 400);
    assert_string_equal(r.body, "{\"error\":\"not you\"}");
    assert_int_equal(ask("GET /hello HTTP/1.1\r\n" WS_HEADERS).status, 200);
    assert_string_equal(ask("GET /socket.io?sid=42 HTTP/1.1\r\n" HOST "\r\n").body, "42");
}

static void every_opened_websocket_is_closed_once(void **state)
{
    (void)state;
    unsigned before = fx.ws_opened;
    int fds[200];
    for (int i = 0; i < 200; i++)
        fds[i] = ws_dial();
    assert_int_equal(fx.ws_opened, before + 200);
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    wait_for(&fx.ws_closed, fx.ws_opened);
}

/* Runs last: nothing answers afterwards. */
static void shutdown_answers_open_calls_and_closes_websockets_with_1001(void **state)
{
    (void)state;
    char payload[200];
    size_t len;
    int ws = ws_dial(), idle = dial(), waiting = dial();
    fx.found = 0;
    say(waiting, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    wait_for(&fx.found, 1);
    fx.shutdown_now = true;
    tap();
    assert_int_equal(ws_hear(ws, payload, sizeof payload, &len), 0x88);
    assert_memory_equal(payload, "\x03\xe9", 2);
    close(ws);
    assert_true(at_end(idle));
    assert_int_equal(fx.shut_down, 0);
    fx.shutdown_now = false;
    tap();
    struct reply r = hear(waiting);
    assert_string_equal(r.body, "at last");
    assert_non_null(strstr(r.head, "Connection: close"));
    close(waiting);
    close(idle);
    wait_for(&fx.shut_down, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_split_into_single_bytes_is_answered),
        cmocka_unit_test(pipelined_requests_with_bodies_are_answered_in_order),
        cmocka_unit_test(many_pipelined_requests_do_not_stall),
        cmocka_unit_test(what_is_not_http_is_refused),
        cmocka_unit_test(huge_heads_and_targets_are_refused),
        cmocka_unit_test(a_large_answer_arrives_whole),
        cmocka_unit_test(a_413_reaches_a_client_that_is_still_sending),
        cmocka_unit_test(a_client_that_expects_100_gets_it),
        cmocka_unit_test(a_deferred_call_is_answered_later),
        cmocka_unit_test(an_answer_to_a_client_that_has_gone_is_dropped),
        cmocka_unit_test(files_and_pages_are_served),
        cmocka_unit_test(text_is_compressed_when_it_pays),
        cmocka_unit_test(cors_is_for_listed_origins),
        cmocka_unit_test(forwarded_addresses_count_from_trusted_proxies),
        cmocka_unit_test(a_websocket_echoes_text_binary_and_fragments),
        cmocka_unit_test(bad_frames_close_with_their_code),
        cmocka_unit_test(an_upgrade_can_be_refused_with_a_status),
        cmocka_unit_test(every_opened_websocket_is_closed_once),
        cmocka_unit_test(shutdown_answers_open_calls_and_closes_websockets_with_1001),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
