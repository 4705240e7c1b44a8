/* The document's conversation over a real socket, with real workers. */
#include "api/server.h"
#include "net_io/udp.h"
#include "srtp/srtpctx.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct bench {
    struct server *server;
    pthread_t thread;
    char dir[64], path[96];
};

static void *run(void *server)
{
    server_run(server);
    return NULL;
}

static int bench_open(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    snprintf(b->dir, sizeof b->dir, "/tmp/sfu_server_test.XXXXXX");
    if (srtpctx_library_init() || !mkdtemp(b->dir))
        return -1;
    snprintf(b->path, sizeof b->path, "%s/sfu.sock", b->dir);
    const struct server_config cfg = {.path = b->path,
                                      .workers = {.n_workers = 2, .max_sessions = 10, .max_packets = 1024}};
    if (server_new(&cfg, &b->server) || pthread_create(&b->thread, NULL, run, b->server))
        return -1;
    *state = b;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *b = *state;
    const struct timespec at_once = {0};
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    kill(getpid(), SIGTERM);
    pthread_join(b->thread, NULL);
    sigtimedwait(&stop, NULL, &at_once); /* the server looks at it, but leaves it pending */
    server_free(b->server);
    struct stat st;
    bool gone = stat(b->path, &st) != 0; /* the socket is taken away */
    rmdir(b->dir);
    free(b);
    return gone ? 0 : -1;
}

static FILE *call(const struct bench *b)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", b->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    FILE *f = fdopen(fd, "r+");
    assert_non_null(f);
    return f;
}

/* The next line; NULL at the end. The caller drops it. */
static json_t *hear(FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    json_t *json = getline(&line, &cap, f) > 0 ? json_loads(line, 0, NULL) : NULL;
    free(line);
    return json;
}

/* The response to a request; notifications before it are passed over. */
static json_t *ask(FILE *f, int id, const char *fields)
{
    fprintf(f, "{\"id\":%d,%s}\n", id, fields);
    fflush(f);
    for (;;) {
        json_t *json = hear(f);
        assert_non_null(json);
        if (json_integer_value(json_object_get(json, "id")) == id)
            return json;
        json_decref(json);
    }
}

static void assert_code(json_t *response, const char *code)
{
    json_t *error = json_object_get(response, "error");
    assert_true(json_is_false(json_object_get(response, "ok")));
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    json_decref(response);
}

static void assert_ok(json_t *response)
{
    assert_true(json_is_true(json_object_get(response, "ok")));
    json_decref(response);
}

static void assert_flag(json_t *response, const char *name, bool value)
{
    assert_true(json_is_true(json_object_get(response, "ok")));
    assert_int_equal(json_is_true(json_object_get(response, name)), value);
    assert_true(json_is_boolean(json_object_get(response, name)));
    json_decref(response);
}

#define HELLO "\"op\":\"hello\",\"version\":1"
#define ANN   "\"room\":\"r\",\"participant\":\"ann\""

static void nothing_is_answered_before_hello(void **state)
{
    FILE *f = call(*state);
    assert_code(ask(f, 1, "\"op\":\"stats\""), "state");
    assert_code(ask(f, 2, "\"op\":\"hello\",\"version\":2"), "unsupported");
    assert_code(ask(f, 3, "\"op\":\"stats\""), "state");
    json_t *hello = ask(f, 4, HELLO);
    assert_int_equal(json_integer_value(json_object_get(hello, "workers")), 2);
    assert_int_equal(json_integer_value(json_object_get(hello, "pid")), getpid());
    assert_ok(hello);
    assert_code(ask(f, 5, "\"op\":\"format.disk\""), "unsupported");
    fclose(f);
}

static void rooms_and_participants_come_and_go(void **state)
{
    FILE *f = call(*state);
    assert_ok(ask(f, 1, HELLO));
    assert_flag(ask(f, 2, "\"op\":\"room.create\",\"room\":\"r\""), "created", true);
    assert_flag(ask(f, 3, "\"op\":\"room.create\",\"room\":\"r\""), "created", false);
    assert_flag(ask(f, 4, "\"op\":\"participant.join\"," ANN), "created", true);
    assert_flag(ask(f, 5, "\"op\":\"participant.join\"," ANN), "created", false);
    assert_ok(ask(f, 6, "\"op\":\"session.tracks\"," ANN ",\"tracks\":[{\"mid\":\"0\",\"source\":\"camera\"}]"));
    assert_ok(ask(f, 7, "\"op\":\"session.view\"," ANN ",\"views\":[]"));
    assert_ok(ask(f, 8, "\"op\":\"participant.audio\"," ANN ",\"blocked\":true"));
    assert_ok(ask(f, 9, "\"op\":\"session.candidate\"," ANN ",\"candidate\":\"\""));
    assert_ok(ask(f, 10, "\"op\":\"session.stats\"," ANN));
    assert_code(ask(f, 11, "\"op\":\"session.offer\"," ANN ",\"sdp\":\"v=0\""), "bad_request");
    assert_code(ask(f, 12, "\"op\":\"session.view\",\"room\":\"r\",\"participant\":\"bob\",\"views\":[]"), "not_found");
    json_t *dump = ask(f, 13, "\"op\":\"state.dump\"");
    assert_int_equal(json_array_size(json_object_get(dump, "rooms")), 1);
    json_decref(dump);
    json_t *stats = ask(f, 14, "\"op\":\"stats\"");
    json_t *workers = json_object_get(stats, "workers");
    assert_int_equal(json_array_size(workers), 2);
    json_int_t n = 0;
    for (size_t i = 0; i < 2; i++)
        n += json_integer_value(json_object_get(json_array_get(workers, i), "participants"));
    assert_int_equal(n, 1);
    json_decref(stats);
    assert_ok(ask(f, 15, "\"op\":\"participant.leave\"," ANN));
    assert_ok(ask(f, 16, "\"op\":\"participant.leave\"," ANN));
    assert_flag(ask(f, 17, "\"op\":\"room.close\",\"room\":\"r\""), "closed", true);
    assert_flag(ask(f, 18, "\"op\":\"room.close\",\"room\":\"r\""), "closed", false);
    fclose(f);
}

/* In place of msg_new(): without memory, if the test says so. */
static _Atomic bool no_messages;
struct msg *__real_msg_new(enum msg_type type, const char *room, const char *participant);
struct msg *__wrap_msg_new(enum msg_type type, const char *room, const char *participant);
struct msg *__wrap_msg_new(enum msg_type type, const char *room, const char *participant)
{
    return no_messages ? NULL : __real_msg_new(type, room, participant);
}

static void statistics_are_refused_if_no_worker_can_be_asked(void **state)
{
    FILE *f = call(*state);
    assert_ok(ask(f, 1, HELLO));
    no_messages = true;
    assert_code(ask(f, 2, "\"op\":\"stats\""), "internal");
    no_messages = false;
    assert_ok(ask(f, 3, "\"op\":\"stats\""));
    fclose(f);
}

/* Every layer's reasons for dropping something, by the layer's own list of them. */
static void whatever_is_dropped_is_counted_in_the_statistics(void **state)
{
    FILE *f = call(*state);
    struct counted_list all = {0};
    unsigned n_drops = 0;
    assert_ok(ask(f, 1, HELLO));
    json_t *stats = ask(f, 2, "\"op\":\"stats\"");
    json_t *worker = json_array_get(json_object_get(stats, "workers"), 0), *drops = json_object_get(worker, "drops");
    hub_counters_show(&(struct hub_counters){0}, &all);
    udp_counters_show(&(struct udp_counters){0}, &all);
    for (unsigned i = 0; i < all.n; i++) {
        assert_true(json_is_integer(json_object_get(all.list[i].is_drop ? drops : worker, all.list[i].name)));
        n_drops += all.list[i].is_drop;
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(all.list[i].name, all.list[k].name);
    }
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        assert_true(json_is_integer(json_object_get(drops, session_drop_name((enum session_drop)i))));
    for (unsigned i = SLOT_SENT + 1; i < SLOT_VERDICTS; i++)
        assert_true(json_is_integer(json_object_get(drops, slot_verdict_name((enum slot_verdict)i))));
    assert_true(json_is_integer(json_object_get(drops, "outbox_full")));
    assert_int_equal(json_object_size(drops), n_drops + 1); /* and nothing but those */
    assert_true(all.n < COUNTED_MAX);
    json_decref(stats);
    fclose(f);
}

static void what_is_not_the_protocol_is_hung_up_on(void **state)
{
    static const char *const lines[] = {"GET / HTTP/1.1", "{}", "[1]", "{\"id\":null}"};
    for (unsigned i = 0; i < ARRAY_LEN(lines); i++) {
        FILE *f = call(*state);
        fprintf(f, "%s\n", lines[i]);
        fflush(f);
        assert_null(hear(f));
        fclose(f);
    }
    FILE *f = call(*state);
    for (unsigned i = 0; i < 2000 && fprintf(f, "%01000d", 0) > 0; i++) /* a line without an end */
        continue;
    fflush(f);
    assert_null(hear(f));
    fclose(f);
    f = call(*state);
    assert_ok(ask(f, 1, HELLO)); /* others are served all the same */
    fclose(f);
}

static void many_requests_at_once_are_all_answered(void **state)
{
    FILE *f = call(*state);
    bool seen[500] = {false};
    assert_ok(ask(f, 1000, HELLO));
    for (unsigned i = 0; i < 500; i++)
        fprintf(f, "{\"id\":%u,\"op\":\"participant.join\",\"room\":\"m%u\",\"participant\":\"p%u\"}\n", i, i % 7, i);
    fflush(f);
    for (unsigned n = 0; n < 500;) {
        json_t *json = hear(f);
        assert_non_null(json);
        if (json_object_get(json, "ok")) {
            json_int_t id = json_integer_value(json_object_get(json, "id"));
            assert_in_range(id, 0, 499);
            assert_false(seen[id]);
            seen[id] = true;
            n++;
        }
        json_decref(json);
    }
    fclose(f);
}

static void who_hangs_up_early_gets_no_answer_and_breaks_nothing(void **state)
{
    for (unsigned i = 0; i < 50; i++) { /* more than there are places for, one after another */
        FILE *f = call(*state);
        fprintf(f,
                "{\"id\":1," HELLO "}\n{\"id\":2,\"op\":\"stats\"}\n{\"id\":3,\"op\":\"participant.join\"," ANN "}\n");
        fflush(f);
        fclose(f);
    }
    FILE *f = call(*state);
    assert_ok(ask(f, 1, HELLO));
    assert_ok(ask(f, 2, "\"op\":\"stats\""));
    fclose(f);
}

static void silent_connections_keep_nobody_out(void **state)
{
    FILE *silent[40];
    for (unsigned i = 0; i < ARRAY_LEN(silent); i++)
        silent[i] = call(*state);
    FILE *f = call(*state);
    assert_ok(ask(f, 1, HELLO));
    assert_ok(ask(f, 2, "\"op\":\"stats\""));
    fclose(f);
    for (unsigned i = 0; i < ARRAY_LEN(silent); i++)
        fclose(silent[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_answered_before_hello, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(rooms_and_participants_come_and_go, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(statistics_are_refused_if_no_worker_can_be_asked, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(whatever_is_dropped_is_counted_in_the_statistics, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(what_is_not_the_protocol_is_hung_up_on, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(many_requests_at_once_are_all_answered, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(who_hangs_up_early_gets_no_answer_and_breaks_nothing, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(silent_connections_keep_nobody_out, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
