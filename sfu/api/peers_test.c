/* Places of the Unix socket, over pairs of sockets and with a clock of the test's. */
#include "api/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define T0 (100 * SEC)

struct bench {
    struct peers peers;
    int far[64]; /* the other ends */
    unsigned n;
};

static int bench_open(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    b->peers = (struct peers){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    *state = b;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *b = *state;
    close(b->peers.epoll);
    peers_reset(&b->peers);
    for (unsigned i = 0; i < b->n; i++)
        close(b->far[i]);
    free(b);
    return 0;
}

/* Somebody connects; answers which one it is. */
static unsigned connect_at(struct bench *b, usec_t now)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    b->far[b->n] = pair[0];
    peers_add(&b->peers, now, pair[1]);
    return b->n++;
}

static bool is_connected(const struct bench *b, unsigned who)
{
    char byte;
    return recv(b->far[who], &byte, 1, MSG_DONTWAIT) != 0;
}

/* The newest, whose place is the one with the highest generation. */
static struct peer *newest(struct bench *b)
{
    struct peer *found = &b->peers.all[0];
    for (struct peer *p = b->peers.all; p < b->peers.all + PEERS_MAX; p++)
        if (p->generation > found->generation)
            found = p;
    return found;
}

static void who_says_no_hello_in_time_goes(void **state)
{
    struct bench *b = *state;
    unsigned silent = connect_at(b, T0), control = connect_at(b, T0);
    newest(b)->greeted = true;
    peers_expire(&b->peers, T0 + PEERS_HELLO_WITHIN - 1);
    assert_true(is_connected(b, silent));
    peers_expire(&b->peers, T0 + PEERS_HELLO_WITHIN);
    assert_false(is_connected(b, silent));
    assert_true(is_connected(b, control));
}

static void silent_connections_take_no_place_from_others(void **state)
{
    struct bench *b = *state;
    unsigned control = connect_at(b, T0);
    newest(b)->greeted = true;
    for (unsigned i = 0; i < 2 * PEERS_MAX; i++)
        connect_at(b, T0 + i);
    assert_true(is_connected(b, control));
    assert_false(is_connected(b, control + 1)); /* the oldest went first */
    unsigned another = connect_at(b, T0 + SEC);
    assert_true(is_connected(b, another));
}

static void who_said_hello_goes_only_after_a_long_silence(void **state)
{
    struct bench *b = *state;
    unsigned idle = connect_at(b, T0);
    newest(b)->greeted = true;
    for (unsigned i = 1; i < PEERS_MAX; i++) {
        connect_at(b, T0);
        newest(b)->greeted = true;
        newest(b)->heard_at = T0 + PEERS_MAY_BE_IDLE - SEC;
    }
    unsigned early = connect_at(b, T0 + PEERS_MAY_BE_IDLE - 1);
    assert_false(is_connected(b, early));
    assert_true(is_connected(b, idle));
    unsigned late = connect_at(b, T0 + PEERS_MAY_BE_IDLE);
    assert_true(is_connected(b, late));
    assert_false(is_connected(b, idle));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_says_no_hello_in_time_goes, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(silent_connections_take_no_place_from_others, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(who_said_hello_goes_only_after_a_long_silence, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
