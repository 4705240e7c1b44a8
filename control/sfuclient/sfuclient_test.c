#include "sfuclient/sfuclient.h"
#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

/* A fake SFU and the client under test on one loop. What the client tells is written to `told`, one word an event. */
struct world {
    struct loop *loop;
    struct sfuclient *client;
    char path[80];
    int listener, conn;
    struct loop_watch *accepting, *reading;
    const char *boot_id;
    bool is_deaf; /* the fake reads nothing after hello */
    bool is_hung; /* it answers no pulse */
    unsigned n_pulses;
    bool answers_backwards; /* it waits for two requests and answers the second first */
    json_int_t held;
    char line[4096];
    size_t line_len;
    char told[4096];
    struct loop_timer poll;
    const char *expected;
    usec_t until;
};

static void say(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct world *w, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_int_equal(send(w->conn, text, (size_t)n, MSG_NOSIGNAL), n);
}

static void answer(struct world *w, const char *line, size_t len)
{
    json_t *request = json_loadb(line, len, 0, NULL);
    assert_non_null(request);
    const char *op = json_string_value(json_object_get(request, "op"));
    json_int_t id = json_integer_value(json_object_get(request, "id"));
    bool is_pulse = strcmp(op, "stats") == 0;
    w->n_pulses += is_pulse;
    if (is_pulse && w->is_hung) {
        json_decref(request);
        return;
    }
    if (strcmp(op, "hello") == 0)
        say(w, "{\"id\":%lld,\"ok\":true,\"version\":1,\"bootId\":\"%s\"}\n", (long long)id, w->boot_id);
    else if (strcmp(op, "refuse") == 0)
        say(w, "{\"id\":%lld,\"ok\":false,\"error\":{\"code\":\"full\",\"message\":\"no\"}}\n", (long long)id);
    else if (strcmp(op, "ignore") == 0 || (w->answers_backwards && !w->held))
        w->held = id;
    else if (w->answers_backwards)
        say(w, "{\"id\":%lld,\"ok\":true}\n{\"id\":%lld,\"ok\":true}\n", (long long)id, (long long)w->held);
    else
        say(w, "{\"id\":%lld,\"ok\":true}\n", (long long)id);
    json_decref(request);
}

static void drop_conn(struct world *w)
{
    loop_watch_free(w->reading);
    w->reading = NULL;
    if (w->conn >= 0)
        close(w->conn);
    w->conn = -1;
    w->line_len = 0;
}

static void fake_read(void *arg, unsigned events)
{
    struct world *w = arg;
    (void)events;
    ssize_t n = recv(w->conn, w->line + w->line_len, sizeof w->line - w->line_len, MSG_DONTWAIT);
    if (n <= 0) {
        drop_conn(w);
        return;
    }
    w->line_len += (size_t)n;
    char *end;
    while ((end = memchr(w->line, '\n', w->line_len))) {
        size_t len = (size_t)(end - w->line);
        answer(w, w->line, len);
        w->line_len -= len + 1;
        memmove(w->line, end + 1, w->line_len);
    }
    if (w->is_deaf)
        loop_watch_set(w->reading, 0);
}

static void fake_accept(void *arg, unsigned events)
{
    struct world *w = arg;
    (void)events;
    drop_conn(w);
    w->conn = accept(w->listener, NULL, NULL);
    assert_true(w->conn >= 0);
    assert_int_equal(loop_watch_new(w->loop, w->conn, LOOP_READ, fake_read, w, &w->reading), OK);
}

static void on_event(void *arg, const struct sfuclient_event *ev)
{
    struct world *w = arg;
    size_t n = strlen(w->told);
    char *at = w->told + n;
    size_t cap = sizeof w->told - n;
    switch (ev->type) {
    case SFUCLIENT_UP:
        snprintf(at, cap, "up%s%s ", ev->first ? "-first" : "", ev->restarted ? "-restarted" : "");
        break;
    case SFUCLIENT_DOWN:
        snprintf(at, cap, "down ");
        break;
    case SFUCLIENT_ANSWER:
        snprintf(at, cap, "%s:%d ", ev->ok ? "ok" : ev->code, (int)ev->tag->request);
        break;
    case SFUCLIENT_NOTIFICATION:
        snprintf(at, cap, "%s ", ev->name);
        break;
    }
}

static bool ends_as_expected(const struct world *w)
{
    size_t told = strlen(w->told), expected = strlen(w->expected);
    return told >= expected && strcmp(w->told + told - expected, w->expected) == 0;
}

static void poll_fired(void *arg)
{
    struct world *w = arg;
    if (ends_as_expected(w) || usec_monotonic() > w->until)
        loop_stop(w->loop);
    else
        loop_timer_set(w->loop, &w->poll, loop_now(w->loop) + MSEC);
}

static void run_until_last(struct world *w, const char *told)
{
    w->expected = told;
    w->until = usec_monotonic() + 5 * SEC;
    w->poll = (struct loop_timer){.fire = poll_fired, .arg = w};
    loop_timer_set(w->loop, &w->poll, 0);
    loop_run(w->loop);
}

static void expect(struct world *w, const char *told)
{
    run_until_last(w, told);
    assert_string_equal(w->told, told);
    w->told[0] = '\0';
}

static enum err ask(struct world *w, const char *op, uint64_t request)
{
    return sfuclient_request(w->client, op, NULL, &(struct sfu_tag){.request = request});
}

static void fake_listen(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", w->path);
    unlink(w->path);
    w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(w->listener, 4), 0);
    assert_int_equal(loop_watch_new(w->loop, w->listener, LOOP_READ, fake_accept, w, &w->accepting), OK);
}

static void fake_stop(struct world *w)
{
    drop_conn(w);
    loop_watch_free(w->accepting);
    w->accepting = NULL;
    close(w->listener);
    unlink(w->path);
}

static int set_up_with(void **state, usec_t pulse_every, usec_t silent_after)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->path, sizeof w->path, "/tmp/onepizza-sfuclient-test-%d.sock", (int)getpid());
    w->conn = -1;
    w->boot_id = "boot-1";
    assert_int_equal(loop_new(&w->loop), OK);
    fake_listen(w);
    struct sfuclient_config cfg = {.loop = w->loop,
                                   .path = w->path,
                                   .pulse_every = pulse_every,
                                   .silent_after = silent_after,
                                   .arg = w,
                                   .on_event = on_event};
    assert_int_equal(sfuclient_new(&cfg, &w->client), OK);
    *state = w;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 0, 0);
}

static int set_up_quick(void **state)
{
    return set_up_with(state, 2 * MSEC, 200 * MSEC);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    sfuclient_free(w->client);
    fake_stop(w);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void answers_find_their_requests_in_any_order(void **state)
{
    struct world *w = *state;
    assert_int_equal(ask(w, "early", 1), ERR_IO);
    expect(w, "up-first ");
    w->answers_backwards = true;
    assert_int_equal(ask(w, "a", 1), OK);
    assert_int_equal(ask(w, "b", 2), OK);
    expect(w, "ok:2 ok:1 ");
    assert_int_equal(ask(w, "refuse", 3), OK);
    expect(w, "full:3 ");
}

static void notifications_come_in_their_order_and_late_answers_are_dropped(void **state)
{
    struct world *w = *state;
    expect(w, "up-first ");
    say(w, "{\"event\":\"session.state\"}\n{\"id\":77,\"ok\":true}\n{\"event\":\"lost\",\"n\":3}\n{\"event\":\"x\"}\n");
    expect(w, "session.state x ");
    struct sfuclient_counters n;
    sfuclient_counters(w->client, &n);
    assert_int_equal(n.lost_notifications, 3);
}

static void a_lost_connection_fails_what_waits_and_comes_back(void **state)
{
    struct world *w = *state;
    expect(w, "up-first ");
    assert_int_equal(ask(w, "ignore", 1), OK);
    assert_int_equal(ask(w, "ignore", 2), OK);
    drop_conn(w);
    expect(w, "unavailable:1 unavailable:2 down up ");
    drop_conn(w);
    expect(w, "down up ");
}

static void another_boot_id_is_a_restart(void **state)
{
    struct world *w = *state;
    expect(w, "up-first ");
    fake_stop(w);
    expect(w, "down ");
    assert_int_equal(ask(w, "a", 1), ERR_IO);
    w->boot_id = "boot-2";
    fake_listen(w);
    expect(w, "up-restarted ");
}

static void a_peer_that_does_not_speak_the_protocol_is_left(void **state)
{
    struct world *w = *state;
    expect(w, "up-first ");
    say(w, "HTTP/1.1 400 Bad Request\n");
    expect(w, "down up ");
}

static void a_peer_that_does_not_read_is_left_before_memory_grows(void **state)
{
    struct world *w = *state;
    w->is_deaf = true;
    expect(w, "up-first ");
    char *sdp = malloc(200001);
    assert_non_null(sdp);
    memset(sdp, 'v', 200000);
    sdp[200000] = '\0';
    json_t *fields = json_pack("{s:s}", "sdp", sdp);
    enum err e = OK;
    for (unsigned i = 0; i < 200 && !e; i++) {
        e = sfuclient_request(w->client, "session.offer", fields, &(struct sfu_tag){.request = 1});
        struct sfuclient_counters n;
        sfuclient_counters(w->client, &n);
        assert_true(n.out_len <= SFUCLIENT_OUT_MAX);
    }
    assert_int_equal(e, ERR_FULL);
    assert_int_equal(ask(w, "a", 1), ERR_IO);
    json_decref(fields);
    free(sdp);
    w->is_deaf = false;
    run_until_last(w, "unavailable:1 down up ");
    assert_true(ends_as_expected(w));
}

static bool has_a_pulse(struct world *w, unsigned n)
{
    usec_t until = usec_monotonic() + 5 * SEC;
    while (w->n_pulses < n && usec_monotonic() < until)
        run_until_last(w, ""); /* a turn or so */
    return w->n_pulses >= n;
}

static void one_that_hangs_is_taken_for_lost_and_found_again(void **state)
{
    struct world *w = *state;
    expect(w, "up-first ");
    assert_true(has_a_pulse(w, 3));
    assert_string_equal(w->told, "");
    assert_int_equal(ask(w, "ignore", 1), OK);
    w->is_hung = true;
    run_until_last(w, "unavailable:1 down up ");
    assert_true(ends_as_expected(w));
    w->is_hung = false;
    w->told[0] = '\0';
    assert_true(has_a_pulse(w, w->n_pulses + 3));
    assert_true(sfuclient_is_up(w->client));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(answers_find_their_requests_in_any_order),
        IN_WORLD(notifications_come_in_their_order_and_late_answers_are_dropped),
        IN_WORLD(a_lost_connection_fails_what_waits_and_comes_back),
        IN_WORLD(another_boot_id_is_a_restart),
        IN_WORLD(a_peer_that_does_not_speak_the_protocol_is_left),
        IN_WORLD(a_peer_that_does_not_read_is_left_before_memory_grows),
        cmocka_unit_test_setup_teardown(one_that_hangs_is_taken_for_lost_and_found_again, set_up_quick, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
