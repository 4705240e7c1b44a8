#include "client/address.h"
#include "common/err.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

static void each_is(const char *const *texts, size_t n, bool is_public)
{
    for (size_t i = 0; i < n; i++) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        const struct sockaddr *address = NULL;
        if (inet_pton(AF_INET, texts[i], &v4.sin_addr) == 1)
            address = (const struct sockaddr *)&v4;
        else if (inet_pton(AF_INET6, texts[i], &v6.sin6_addr) == 1)
            address = (const struct sockaddr *)&v6;
        assert_non_null(address);
        if (address_is_public(address) != is_public || address_is_public_text(texts[i]) != is_public)
            fail_msg("%s is %spublic", texts[i], is_public ? "" : "not ");
    }
}

/* The first and the last of each block, and their neighbours outside. */
static void special_ipv4_blocks_are_not_public(void **state)
{
    (void)state;
    static const char *const inside[] = {
        "0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255", "100.64.0.0",      "100.127.255.255",
        "127.0.0.1",       "127.0.0.0",      "127.255.255.255", "169.254.0.0",    "169.254.169.254", "169.254.255.255",
        "172.16.0.0",      "172.31.255.255", "192.0.0.0",       "192.0.0.255",    "192.0.2.0",       "192.0.2.255",
        "192.88.99.1",     "192.168.0.0",    "192.168.255.255", "198.18.0.0",     "198.19.255.255",  "198.51.100.0",
        "198.51.100.255",  "203.0.113.0",    "203.0.113.255",   "224.0.0.0",      "239.255.255.255", "240.0.0.0",
        "255.255.255.255",
    };
    each_is(inside, ARRAY_LEN(inside), false);
}

static void their_ipv4_neighbours_are_public(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "1.0.0.0",         "1.1.1.1",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",      "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",   "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255",  "198.20.0.0",      "198.51.99.255", "198.51.101.0",
        "203.0.112.255",   "203.0.114.0",     "223.255.255.255",
    };
    each_is(outside, ARRAY_LEN(outside), true);
}

static void special_ipv6_blocks_are_not_public(void **state)
{
    (void)state;
    static const char *const inside[] = {
        "::",
        "::1",
        "::127.0.0.1", /* IPv4-compatible, withdrawn */
        "::8.8.8.8",
        "100::1",       /* discard-only, RFC 6666 */
        "64:ff9b:1::1", /* local NAT64, RFC 8215 */
        "64:ff9b:0:1::808:808",
        "1fff:ffff::1",
        "2001::1",    /* Teredo */
        "2001:2::1",  /* benchmarking */
        "2001:10::1", /* ORCHID */
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::1",
        "2002:808:808::1", /* 6to4 */
        "2002:7f00:1::1",
        "3fff::1",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::1",
        "febf::1",
        "fec0::1", /* site-local, withdrawn */
        "ff02::1",
        "ff0e::1",
    };
    each_is(inside, ARRAY_LEN(inside), false);
}

static void other_global_unicast_is_public(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "2000::1", "2001:200::1",     "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
        "2003::1", "2606:4700::1111", "2a00:1450:4001::1",    "3ffe:ffff::1",     "3fff:1000::1",
    };
    each_is(outside, ARRAY_LEN(outside), true);
}

static void an_address_inside_an_address_is_judged_by_itself(void **state)
{
    (void)state;
    static const char *const inside[] = {"::ffff:127.0.0.1",    "::ffff:10.1.2.3",       "::ffff:169.254.169.254",
                                         "::ffff:0.0.0.0",      "64:ff9b::127.0.0.1",    "64:ff9b::192.168.1.1",
                                         "64:ff9b::100.64.0.1", "::ffff:255.255.255.255"};
    static const char *const outside[] = {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};
    each_is(inside, ARRAY_LEN(inside), false);
    each_is(outside, ARRAY_LEN(outside), true);
}

static void what_is_no_internet_address_is_not_public(void **state)
{
    (void)state;
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(address_is_public((const struct sockaddr *)&local));
    static const char *const texts[] = {"", "localhost", "8.8.8", "8.8.8.8 ", "0x08080808", "fe80::1%lo", "[2000::1]"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(address_is_public_text(texts[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_ipv4_blocks_are_not_public),
        cmocka_unit_test(their_ipv4_neighbours_are_public),
        cmocka_unit_test(special_ipv6_blocks_are_not_public),
        cmocka_unit_test(other_global_unicast_is_public),
        cmocka_unit_test(an_address_inside_an_address_is_judged_by_itself),
        cmocka_unit_test(what_is_no_internet_address_is_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
