#include "api/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pipe {
    struct conn *conn;
    int other;
};

static struct pipe open_pipe(size_t line_max)
{
    int fds[2];
    struct pipe p;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(conn_new(fds[0], line_max, &p.conn), OK);
    p.other = fds[1];
    return p;
}

static void close_pipe(struct pipe *p)
{
    conn_free(p->conn);
    close(p->other);
}

static void feed(struct pipe *p, const char *text, size_t len)
{
    assert_int_equal(write(p->other, text, len), (ssize_t)len);
    assert_int_equal(conn_read(p->conn), OK);
}

static void lines_come_out_whole_however_they_come_in(void **state)
{
    (void)state;
    struct pipe p = open_pipe(100);
    static const char text[] = "one\n\ntwo three\nfour";
    const char *line;
    size_t len;
    char got[64] = "";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        feed(&p, text + i, 1);
        while (conn_next_line(p.conn, &line, &len)) {
            strncat(got, line, len);
            strcat(got, "|");
        }
    }
    assert_string_equal(got, "one||two three|");
    feed(&p, "\nfive\nsix\n", 10);
    static const char *const rest[] = {"four", "five", "six"};
    for (unsigned i = 0; i < 3; i++) {
        assert_true(conn_next_line(p.conn, &line, &len));
        assert_int_equal(len, strlen(rest[i]));
        assert_memory_equal(line, rest[i], len);
    }
    assert_false(conn_next_line(p.conn, &line, &len));
    close_pipe(&p);
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct pipe p = open_pipe(100);
    char many[200];
    memset(many, 'x', sizeof many);
    feed(&p, many, 100);
    assert_int_equal(conn_read(p.conn), OK); /* just as long as it may be */
    feed(&p, many, 1);
    assert_int_equal(conn_read(p.conn), ERR_FULL);
    close_pipe(&p);
}

static void the_peers_end_is_noticed(void **state)
{
    (void)state;
    struct pipe p = open_pipe(100);
    close(p.other);
    assert_int_equal(conn_read(p.conn), ERR_IO);
    assert_int_equal(conn_put(p.conn, strdup("x\n"), false), OK);
    assert_int_equal(conn_write(p.conn), ERR_IO);
    conn_free(p.conn);
}

static char *line_of(size_t len)
{
    char *line = malloc(len + 1);
    assert_non_null(line);
    memset(line, 'x', len);
    line[len - 1] = '\n';
    line[len] = '\0';
    return line;
}

static void a_slow_reader_loses_what_may_be_lost_and_is_told(void **state)
{
    (void)state;
    struct pipe p = open_pipe(100);
    assert_int_equal(conn_put(p.conn, line_of(CONN_OUT_SOFT + 1), false), OK);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(conn_put(p.conn, line_of(10), true), OK);
    assert_int_equal(conn_put(p.conn, line_of(10), false), OK); /* must not be lost */
    assert_int_equal(conn_take_lost(p.conn), 0);                /* not now: the queue is long */
    size_t n_read = 0;
    static char sink[65536];
    while (conn_wants_write(p.conn)) {
        assert_int_equal(conn_write(p.conn), OK);
        for (ssize_t n; (n = read(p.other, sink, sizeof sink)) > 0;)
            n_read += (size_t)n;
    }
    for (ssize_t n; (n = read(p.other, sink, sizeof sink)) > 0;)
        n_read += (size_t)n;
    assert_int_equal(n_read, CONN_OUT_SOFT + 1 + 10);
    assert_int_equal(conn_take_lost(p.conn), 5);
    assert_int_equal(conn_take_lost(p.conn), 0);
    assert_int_equal(conn_put(p.conn, line_of(10), true), OK);
    assert_true(conn_wants_write(p.conn));
    close_pipe(&p);
}

static void a_reader_that_would_lose_more_is_hung_up_on(void **state)
{
    (void)state;
    struct pipe p = open_pipe(100);
    size_t step = CONN_OUT_HARD / 4;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(conn_put(p.conn, line_of(step), false), OK);
    assert_int_equal(conn_put(p.conn, line_of(10), true), OK); /* dropped */
    assert_int_equal(conn_put(p.conn, line_of(10), false), ERR_FULL);
    assert_int_equal(conn_put(p.conn, NULL, false), OK);
    close_pipe(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_out_whole_however_they_come_in),
        cmocka_unit_test(a_line_that_is_too_long_is_refused),
        cmocka_unit_test(the_peers_end_is_noticed),
        cmocka_unit_test(a_slow_reader_loses_what_may_be_lost_and_is_told),
        cmocka_unit_test(a_reader_that_would_lose_more_is_hung_up_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
