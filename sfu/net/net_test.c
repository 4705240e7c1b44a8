/* The small containers that every worker stands on. */
#include "net/addr.h"
#include "net/outbox.h"
#include "net/pkt.h"
#include "net/ring.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void addresses_are_parsed_and_shown_alike(void **state)
{
    (void)state;
    char text[ADDR_TEXT_CAP];
    struct addr a, b;
    assert_int_equal(addr_parse("127.0.0.1", 40000, &a), OK);
    assert_string_equal(addr_text(&a, text), "127.0.0.1:40000");
    assert_int_equal(addr_parse("::1", 7, &b), OK);
    assert_string_equal(addr_text(&b, text), "[::1]:7");
    assert_false(addr_eq(&a, &b));
    assert_int_equal(addr_parse("localhost", 7, &b), ERR_SYNTAX);
}

static void a_mapped_address_is_the_same_peer_as_the_plain_one(void **state)
{
    (void)state;
    struct addr plain, mapped, folded;
    assert_int_equal(addr_parse("10.1.2.3", 99, &plain), OK);
    assert_int_equal(addr_parse("::ffff:10.1.2.3", 99, &mapped), OK);
    assert_int_equal(addr_of_sockaddr(&mapped.sa, addr_len(&mapped), &folded), OK);
    assert_true(addr_eq(&plain, &folded));
    assert_int_equal(addr_hash(&plain, 5), addr_hash(&folded, 5));
}

static void a_packet_returns_to_its_pool_with_its_last_reference(void **state)
{
    (void)state;
    struct pkt_pool *pool = NULL;
    assert_int_equal(pkt_pool_new(256, &pool), OK);
    struct pkt *all[256];
    for (unsigned i = 0; i < 256; i++)
        assert_non_null(all[i] = pkt_new(pool));
    assert_null(pkt_new(pool));
    assert_int_equal(pkt_pool_n_empty(pool), 1);
    pkt_ref(all[0]);
    pkt_unref(all[0]);
    assert_null(pkt_new(pool));
    for (unsigned i = 0; i < 256; i++)
        pkt_unref(all[i]);
    assert_int_equal(pkt_pool_in_use(pool), 0);
    struct pkt *again = pkt_new(pool);
    assert_non_null(again);
    pkt_unref(again);
    pkt_pool_free(pool);
}

static void *drain(void *arg)
{
    struct ring *ring = arg;
    struct pkt *p = NULL;
    for (unsigned n = 0; n < 100000;) {
        if (!ring_get(ring, &p))
            continue;
        assert_int_equal(p->len, n % 1000);
        pkt_unref(p);
        n++;
    }
    return NULL;
}

static void packets_cross_to_another_worker_in_order_and_come_back(void **state)
{
    (void)state;
    struct pkt_pool *pool = NULL;
    struct ring *ring = NULL;
    assert_int_equal(pkt_pool_new(1024, &pool), OK);
    assert_int_equal(ring_new(sizeof(struct pkt *), 64, &ring), OK);
    pthread_t consumer;
    assert_int_equal(pthread_create(&consumer, NULL, drain, ring), 0);
    for (unsigned n = 0; n < 100000; n++) {
        struct pkt *p = NULL;
        while (!(p = pkt_new(pool)))
            ;
        p->len = (uint16_t)(n % 1000);
        while (!ring_put(ring, &p))
            ;
    }
    pthread_join(consumer, NULL);
    assert_int_equal(pkt_pool_in_use(pool), 0);
    ring_free(ring);
    pkt_pool_free(pool);
}

static void a_full_outbox_refuses_and_counts(void **state)
{
    (void)state;
    struct outbox *out = malloc(sizeof *out);
    struct addr to;
    assert_int_equal(addr_parse("127.0.0.1", 1, &to), OK);
    outbox_init(out);
    for (unsigned i = 0; i < OUTBOX_DATAGRAMS + 3; i++)
        outbox_put(out, &to, "hello", 5);
    assert_int_equal(out->n_datagrams, OUTBOX_DATAGRAMS);
    assert_int_equal(out->n_refused, 3);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_parsed_and_shown_alike),
        cmocka_unit_test(a_mapped_address_is_the_same_peer_as_the_plain_one),
        cmocka_unit_test(a_packet_returns_to_its_pool_with_its_last_reference),
        cmocka_unit_test(packets_cross_to_another_worker_in_order_and_come_back),
        cmocka_unit_test(a_full_outbox_refuses_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
