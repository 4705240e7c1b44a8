/* server_test.c: the whole server on a loopback port, its loop in a thread; the tests are clients with raw sockets. */
#include "http/http.h"
#include "http/test_client.h"
#include "loop/loop.h"
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

struct fixture {
    struct loop *loop;
    struct http *http;
    struct loop_watch *tap;
    pthread_t thread;
    int tap_fd; /* written to by a test: answer what was deferred */
    unsigned port;
    struct call_id deferred;
    atomic_uint gone, found;
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
    {"title", FIELD_CHARS, REQUIRED, 1, 20},
    {0},
};
static const struct route routes[] = {
    {"GET", "/hello", 0, no_body, hello},
    {"POST", "/hello", 0, no_body, hello},
    {"GET", "/big", 0, no_body, big},
    {"GET", "/text", 0, no_body, long_text},
    {"GET", "/later", 0, no_body, later},
    {"GET", "/ip", 0, no_body, ip},
    {"POST", "/raw", 0, raw_body, echo_body, .body_max = 100000},
    {"DELETE", "/raw", 0, raw_body, echo_body},
    {"PATCH", "/things/:id", 0, title_body, echo_title},
    {"GET", "/join/:id", 0, no_body, .page = "index.html"},
    {0},
};
static const struct route_table tables[] = {{routes, NULL}, {0}};

static void on_tap(void *arg, unsigned events)
{
    uint64_t n;
    (void)arg;
    (void)events;
    if (read(fx.tap_fd, &n, sizeof n) != sizeof n)
        return;
    struct call *c = call_find(fx.http, fx.deferred);
    fx.found = c ? 2 : 3;
    if (c)
        call_reply(c, 200, "text/plain", BYTES_LIT("at last"));
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
    struct http_config cfg = {
        .bind_address = "127.0.0.1",
        .web_dir = fx.dir,
        .allowed_origins = "https://app.example, http://localhost:3000",
        .trusted_proxies = "127.0.0.0/8",
        .tables = tables,
    };
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

/* --- requests --- */
static void a_request_split_into_single_bytes_is_answered(void **state)
{
    (void)state;
    const char *request = "PATCH /things/a%20b HTTP/1.1\r\n" HOST
                          "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"title\":\"abc\"}";
    int fd = dial(fx.port);
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
    int fd = dial(fx.port);
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
    int fd = dial(fx.port);
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
        {"GARBAGE\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400}, /* no Host */
        {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"GET / HTTP/1.1\r\n" HOST "Bad Name: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "A: b\r\n folded\r\n\r\n", 400},
        {"GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /..%5csecret.txt HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /x/..%2fsecret.txt HTTP/1.1\r\n" HOST "\r\n", 404},
        {"BREW /hello HTTP/1.1\r\n" HOST "\r\n", 405},
        {"DELETE /hello HTTP/1.1\r\n" HOST "\r\n", 405},
        {"PATCH /things/1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415},
        {"PATCH /things/1 HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400},
        {"POST /raw HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n", 413},
        {"POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"GET /u HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = ask(fx.port, rows[i].request);
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
    assert_int_equal(ask(fx.port, request).status, 431);
    len = snprintf(request, sizeof request, "GET /");
    memset(request + len, 'a', 5000);
    snprintf(request + len + 5000, 100, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(ask(fx.port, request).status, 414);
    len = snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 70; i++)
        len += snprintf(request + len, 100, "X-%d: y\r\n", i);
    snprintf(request + len, 10, "\r\n");
    assert_int_equal(ask(fx.port, request).status, 431);
}

static void a_large_answer_arrives_whole(void **state)
{
    (void)state;
    struct reply r = ask(fx.port, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.len, 3000000);
    assert_int_equal(strspn(r.body, "x"), 3000000);
}

static void a_413_reaches_a_client_that_is_still_sending(void **state)
{
    (void)state;
    static char junk[300000];
    int fd = dial(fx.port);
    say(fd, "POST /raw HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n");
    send_all(fd, junk, sizeof junk);
    assert_int_equal(hear(fd).status, 413);
    close(fd);
}

static void a_client_that_expects_100_gets_it(void **state)
{
    (void)state;
    int fd = dial(fx.port);
    char go_on[25];
    say(fd, "POST /raw HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_true(read_exactly(fd, go_on, sizeof go_on));
    assert_memory_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\n", sizeof go_on);
    say(fd, "ok");
    assert_string_equal(hear(fd).body, "ok");
    close(fd);
}

/* --- later --- */
static void a_deferred_call_is_answered_later(void **state)
{
    (void)state;
    fx.found = 0;
    int fd = dial(fx.port);
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
    int fd = dial(fx.port);
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
    struct reply r = ask(fx.port, "GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "<title>client"));
    assert_non_null(strstr(r.head, "Cache-Control: no-cache"));
    assert_non_null(strstr(r.head, "Content-Type: text/html"));
    assert_non_null(strstr(ask(fx.port, "GET /join/abc-defg-hij HTTP/1.1\r\n" HOST "\r\n").body, "<title>client"));
    r = ask(fx.port, "GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0.5, br\r\n\r\n");
    assert_string_equal(r.body, "BROTLI");
    assert_non_null(strstr(r.head, "Content-Encoding: br\r\n"));
    assert_non_null(strstr(r.head, "Vary: Origin, Accept-Encoding\r\n"));
    const char *etag = strstr(r.head, "ETag: ") + 6;
    char again[256];
    snprintf(again, sizeof again, "GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: br\r\nIf-None-Match: %.*s\r\n\r\n",
             (int)strcspn(etag, "\r"), etag);
    r = ask(fx.port, again);
    assert_int_equal(r.status, 304);
    assert_null(strstr(r.head, "Content-Length"));
    assert_string_equal(ask(fx.port, "GET /app.js HTTP/1.1\r\n" HOST "Accept-Encoding: br;q=0\r\n\r\n").body,
                        "console.log(1)");
}

static void text_is_compressed_when_it_pays(void **state)
{
    (void)state;
    struct reply r = ask(fx.port, "GET /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    assert_non_null(strstr(r.head, "Content-Encoding: gzip\r\n"));
    assert_true(r.len < 200);
    assert_memory_equal(r.body, "\x1f\x8b", 2);
    r = ask(fx.port, "GET /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip, br\r\n\r\n");
    assert_non_null(strstr(r.head, "Content-Encoding: br\r\n"));
    r = ask(fx.port, "GET /text HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.len, 5000);
}

static void cors_is_for_listed_origins(void **state)
{
    (void)state;
    struct reply r = ask(fx.port, "GET /hello HTTP/1.1\r\n" HOST "Origin: https://app.example\r\n\r\n");
    assert_non_null(strstr(r.head, "Access-Control-Allow-Origin: https://app.example\r\n"));
    assert_non_null(strstr(r.head, "Access-Control-Allow-Credentials: true\r\n"));
    r = ask(fx.port, "GET /hello HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n\r\n");
    assert_null(strstr(r.head, "Access-Control"));
    r = ask(fx.port,
            "OPTIONS /hello HTTP/1.1\r\n" HOST "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
            "Access-Control-Request-Headers: x-api-key\r\n\r\n");
    assert_int_equal(r.status, 204);
    assert_non_null(strstr(r.head, "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"));
    assert_non_null(strstr(r.head, "Access-Control-Allow-Headers: x-api-key\r\n"));
}

static void forwarded_addresses_count_from_trusted_proxies(void **state)
{
    (void)state;
    assert_string_equal(ask(fx.port, "GET /ip HTTP/1.1\r\n" HOST "\r\n").body, "127.0.0.1");
    assert_string_equal(
        ask(fx.port, "GET /ip HTTP/1.1\r\n" HOST "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 127.0.0.3\r\n\r\n").body,
        "203.0.113.9");
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
