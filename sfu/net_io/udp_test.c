#include "net_io/udp.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

/* Datagram n of a run is lens[n] bytes, all of them n. */
static void check_datagram(unsigned n, uint16_t wanted_len, const uint8_t *data, size_t len)
{
    assert_int_equal(len, wanted_len);
    assert_int_equal(data[0], n & 0xff);
    assert_int_equal(data[len - 1], n & 0xff);
}

static void receive_exactly(struct udp *u, unsigned n_wanted, const uint16_t *lens)
{
    unsigned n = 0;
    while (n < n_wanted) {
        struct pollfd p[2] = {{udp_fd(u, 0), POLLIN, 0}, {udp_fd(u, 1), POLLIN, 0}};
        assert_true(poll(p, 2, 5000) > 0);
        udp_receive(u);
        struct addr from;
        const uint8_t *data = NULL;
        size_t len = 0;
        for (; udp_next(u, &from, &data, &len); n++)
            check_datagram(n, n < n_wanted ? lens[n] : 0, data, len);
    }
    assert_int_equal(n, n_wanted);
}

static void put_run(struct outbox *out, const struct addr *to, unsigned n, const uint16_t *lens)
{
    uint8_t data[1500];
    for (unsigned i = 0; i < n; i++) {
        memset(data, (int)(i & 0xff), sizeof data);
        outbox_put(out, to, data, lens[i]);
    }
}

static void bursts_and_single_datagrams_arrive_whole_and_in_order(void **state)
{
    (void)state;
    static const uint16_t lens[] = {1200, 1200, 1200, 900, 900, 100, 1200, 50, 50, 50, 60, 1400, 1400, 1399, 1};
    struct udp *a = NULL, *b = NULL;
    struct outbox *out = malloc(sizeof *out);
    assert_int_equal(udp_open(0, &a), OK);
    assert_int_equal(udp_open(0, &b), OK);
    const char *ips[] = {"127.0.0.1", "::1"};
    for (unsigned i = 0; i < 2 && udp_fd(b, i) >= 0; i++) {
        struct addr to;
        assert_int_equal(addr_parse(ips[i], udp_port(b), &to), OK);
        outbox_init(out);
        put_run(out, &to, ARRAY_LEN(lens), lens);
        udp_flush(a, out);
        receive_exactly(b, ARRAY_LEN(lens), lens);
    }
    assert_int_equal(udp_counters(a)->n_send_errors, 0);
    assert_true(udp_counters(a)->n_messages < udp_counters(a)->n_out);
    free(out);
    udp_close(a);
    udp_close(b);
}

static void a_refused_peer_costs_only_its_own_datagrams(void **state)
{
    (void)state;
    struct udp *a = NULL, *b = NULL;
    struct outbox *out = malloc(sizeof *out);
    struct addr good, broadcast;
    static const uint16_t lens[] = {10, 10};
    assert_int_equal(udp_open(0, &a), OK);
    assert_int_equal(udp_open(0, &b), OK);
    assert_int_equal(addr_parse("127.0.0.1", udp_port(b), &good), OK);
    assert_int_equal(addr_parse("255.255.255.255", 9, &broadcast), OK); /* EACCES without SO_BROADCAST */
    outbox_init(out);
    outbox_put(out, &broadcast, "x", 1);
    put_run(out, &good, 2, lens);
    outbox_put(out, &broadcast, "x", 1);
    udp_flush(a, out);
    receive_exactly(b, 2, lens);
    assert_int_equal(udp_counters(a)->n_send_errors, 2);
    free(out);
    udp_close(a);
    udp_close(b);
}

/* A namespace of this process's own, with a loopback of this MTU. */
static bool small_loopback(int mtu)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) && unshare(CLONE_NEWNET))
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = {.ifr_name = "lo"};
    r.ifr_mtu = mtu;
    bool ok = fd >= 0 && ioctl(fd, SIOCSIFMTU, &r) == 0;
    r.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
    close(fd);
    return ok;
}

/* The last test: there is no way back from the namespace. */
static void bursts_that_a_path_is_too_narrow_for_arrive_singly_and_others_stay_bursts(void **state)
{
    (void)state;
    static const uint16_t wide[] = {1100, 1100, 1100, 1100, 1100, 1100, 1100, 1100},
                          small[] = {500, 500, 500, 500, 500, 500, 500, 500};
    if (!small_loopback(1000))
        skip();
    struct udp *a = NULL, *b = NULL, *c = NULL;
    struct outbox *out = malloc(sizeof *out);
    assert_non_null(out);
    assert_int_equal(udp_open(0, &a), OK);
    assert_int_equal(udp_open(0, &b), OK);
    assert_int_equal(udp_open(0, &c), OK);
    struct addr far, near;
    assert_int_equal(addr_parse("127.0.0.1", udp_port(b), &far), OK);
    assert_int_equal(addr_parse("127.0.0.1", udp_port(c), &near), OK);
    for (unsigned round = 0; round < 40; round++) {
        outbox_init(out);
        put_run(out, &far, ARRAY_LEN(wide), wide);
        put_run(out, &near, ARRAY_LEN(small), small);
        udp_flush(a, out);
        receive_exactly(b, ARRAY_LEN(wide), wide);
        receive_exactly(c, ARRAY_LEN(small), small);
    }
    const struct udp_counters *n = udp_counters(a);
    assert_int_equal(n->n_send_errors, 0);
    assert_int_equal(n->n_narrow, 1); /* refused once, and learned */
    assert_int_equal(n->n_unsegmented, 40 * ARRAY_LEN(wide));
    assert_in_range(n->n_messages, 40, 40 + 39 * ARRAY_LEN(wide)); /* the near one's are bursts to the end */
    free(out);
    udp_close(a);
    udp_close(b);
    udp_close(c);
}

static void the_buffers_that_the_kernel_grants_are_read_back(void **state)
{
    (void)state;
    struct udp *a = NULL;
    unsigned long max = 0;
    FILE *f = fopen("/proc/sys/net/core/rmem_max", "r");
    assert_int_equal(udp_open(0, &a), OK);
    if (f && fscanf(f, "%lu", &max) == 1)
        assert_int_equal(udp_counters(a)->recv_buffer, max < UDP_BUFFER ? max : UDP_BUFFER);
    assert_in_range(udp_counters(a)->send_buffer, 1024, UDP_BUFFER);
    if (f)
        (void)fclose(f);
    udp_close(a);
}

static void a_taken_port_is_an_error(void **state)
{
    (void)state;
    struct udp *a = NULL, *b = NULL;
    assert_int_equal(udp_open(0, &a), OK);
    assert_int_equal(udp_open(udp_port(a), &b), ERR_IO);
    assert_null(b);
    udp_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts_and_single_datagrams_arrive_whole_and_in_order),
        cmocka_unit_test(a_refused_peer_costs_only_its_own_datagrams),
        cmocka_unit_test(a_taken_port_is_an_error),
        cmocka_unit_test(the_buffers_that_the_kernel_grants_are_read_back),
        cmocka_unit_test(bursts_that_a_path_is_too_narrow_for_arrive_singly_and_others_stay_bursts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
