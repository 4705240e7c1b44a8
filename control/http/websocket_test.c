/* websocket_test.c: WebSockets and the server's end, over loopback; the server's loop runs in a thread. */
#include "http/http.h"
#include "http/test_client.h"
#include "loop/loop.h"
#include <pthread.h>
#include <sys/eventfd.h>

struct fixture {
    struct loop *loop;
    struct http *http;
    struct loop_watch *tap;
    pthread_t thread;
    int tap_fd; /* written to by a test: shut down, or answer what was deferred */
    unsigned port;
    struct call_id deferred;
    atomic_uint opened, closed, drained, full, found, shut_down;
    atomic_bool shutdown_now;
};
static struct fixture fx;

static enum err hello(struct call *c)
{
    call_reply_empty(c, 204);
    return OK;
}

static enum err later(struct call *c)
{
    fx.deferred = call_defer(c);
    fx.found = 1;
    return OK;
}

static const struct route routes[] = {
    {"GET", "/hello", 0, no_body, hello},
    {"GET", "/later", 0, no_body, later},
    {0},
};
static const struct route_table tables[] = {{routes, NULL}, {0}};

static enum err polling(struct call *c)
{
    call_reply(c, 200, "text/plain", call_query(c, "sid") ? bytes_str(call_query(c, "sid")) : BYTES_LIT("none"));
    return OK;
}

static enum err may_upgrade(struct call *c, void **data)
{
    *data = &fx;
    if (call_query(c, "no"))
        call_error(c, 400, "not you");
    return OK;
}

static void on_open(struct ws *ws)
{
    assert_ptr_equal(ws_data(ws), &fx);
    assert_ptr_equal(ws_find(fx.http, ws_id(ws)), ws);
    fx.opened++;
}

/* One message to many is one buffer; it stops when the queue of this connection is full. */
static void flood(struct ws *ws)
{
    static uint8_t payload[50000];
    struct ws_msg *m = ws_msg_new(bytes_of(payload, sizeof payload), true);
    enum err e = OK;
    assert_non_null(m);
    while (!e)
        e = ws_send_msg(ws, m);
    ws_msg_unref(m);
    assert_int_equal(e, ERR_FULL);
    assert_true(ws_queued(ws) <= 1000000);
    fx.full++;
}

static void on_message(struct ws *ws, struct bytes in, bool binary)
{
    if (bytes_eq(in, BYTES_LIT("close me")))
        ws_close(ws, 4001, "bye");
    else if (bytes_eq(in, BYTES_LIT("flood")))
        flood(ws);
    else if (ws_send(ws, in, binary))
        ws_abort(ws);
}

static void on_drained(struct ws *ws)
{
    assert_int_equal(ws_queued(ws), 0);
    fx.drained++;
}

static void on_closed(struct ws *ws)
{
    assert_int_equal(ws_send(ws, BYTES_LIT("too late"), false), ERR_STATE);
    fx.closed++;
}

static const struct ws_ops ws_ops = {
    .upgrade = may_upgrade,
    .open = on_open,
    .message = on_message,
    .drained = on_drained,
    .closed = on_closed,
    .message_max = 100000,
    .queue_max = 1000000,
};
static size_t body_max(struct call *c)
{
    return call_query(c, "small") ? 10 : 100000;
}

static const struct prefix_route prefixes[] = {
    {"/socket.io/", body_max, polling, &ws_ops},
    {0},
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

static int setup(void **state)
{
    (void)state;
    struct http_config cfg = {.bind_address = "127.0.0.1", .tables = tables, .prefixes = prefixes};
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
    loop_stop(fx.loop);
    pthread_join(fx.thread, NULL);
    http_free(fx.http);
    loop_watch_free(fx.tap);
    loop_free(fx.loop);
    return close(fx.tap_fd);
}

static void a_websocket_echoes_text_binary_and_fragments(void **state)
{
    (void)state;
    static char payload[200000], sent[70000];
    size_t len = 0;
    int fd = ws_dial(fx.port);
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
        {0x81, sizeof big_text, big_text, "\x03\xf1"}, /* 1009 */
        {0x81, 2, "\xc3\x28", "\x03\xef"},             /* 1007 */
        {0xc1, 2, "hi", "\x03\xea"},                   /* 1002: RSV1 without an extension */
        {0x80, 2, "hi", "\x03\xea"},                   /* 1002: a continuation of nothing */
        {0x83, 2, "hi", "\x03\xea"},                   /* 1002: no such opcode */
        {0x81, 8, "close me", "\x0f\xa1"},             /* 4001 */
        {0x88, 1, "x", "\x03\xea"},                    /* 1002: half a code */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char payload[1000];
        size_t len = 0;
        int fd = ws_dial(fx.port);
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
    struct reply r = ask(fx.port, "GET /socket.io/?no=1 HTTP/1.1\r\n" WS_HEADERS);
    assert_int_equal(r.status, 400);
    assert_string_equal(r.body, "{\"error\":\"not you\"}");
    assert_int_equal(ask(fx.port, "GET /hello HTTP/1.1\r\n" WS_HEADERS).status, 204);
    assert_string_equal(ask(fx.port, "GET /socket.io?sid=42 HTTP/1.1\r\n" HOST "\r\n").body, "42");
}

static void every_opened_websocket_is_closed_once(void **state)
{
    (void)state;
    unsigned before = fx.opened;
    int fds[200];
    for (int i = 0; i < 200; i++)
        fds[i] = ws_dial(fx.port);
    assert_int_equal(fx.opened, before + 200);
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    wait_for(&fx.closed, fx.opened);
}

static void a_full_queue_refuses_and_a_drained_one_says_so(void **state)
{
    (void)state;
    static char payload[60000];
    size_t len = 0, total = 0;
    int fd = ws_dial(fx.port);
    unsigned drained = fx.drained;
    ws_say(fd, 0x81, "flood", 5);
    wait_for(&fx.full, 1);
    while (total < 950000) {
        assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x82);
        total += len;
    }
    wait_for(&fx.drained, drained + 1);
    assert_int_equal(total, 950000);
    ws_say(fd, 0x81, "hi", 2);
    assert_int_equal(ws_hear(fd, payload, sizeof payload, &len), 0x81);
    close(fd);
}

/* Runs last: nothing answers afterwards. */
static void shutdown_answers_open_calls_and_closes_websockets_with_1001(void **state)
{
    (void)state;
    char payload[200];
    size_t len = 0;
    int ws = ws_dial(fx.port), idle = dial(fx.port), waiting = dial(fx.port);
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
        cmocka_unit_test(a_websocket_echoes_text_binary_and_fragments),
        cmocka_unit_test(bad_frames_close_with_their_code),
        cmocka_unit_test(an_upgrade_can_be_refused_with_a_status),
        cmocka_unit_test(a_full_queue_refuses_and_a_drained_one_says_so),
        cmocka_unit_test(every_opened_websocket_is_closed_once),
        cmocka_unit_test(shutdown_answers_open_calls_and_closes_websockets_with_1001),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
