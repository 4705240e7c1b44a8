/* address.c: the networks that are nobody's business, as a table. */
#include "client/address.h"
#include "common/err.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct block_v4 {
    uint8_t start[4];
    unsigned bits;
};

static const struct block_v4 not_public_v4[] = {
    {{0}, 8},             /* "this network", RFC 791 */
    {{10}, 8},            /* private, RFC 1918 */
    {{100, 64}, 10},      /* carrier-grade NAT, RFC 6598 */
    {{127}, 8},           /* loopback, RFC 1122 */
    {{169, 254}, 16},     /* link-local, RFC 3927: also the clouds' metadata services */
    {{172, 16}, 12},      /* private, RFC 1918 */
    {{192, 0, 0}, 24},    /* protocol assignments, RFC 6890 */
    {{192, 0, 2}, 24},    /* documentation, RFC 5737 */
    {{192, 88, 99}, 24},  /* 6to4 relays, withdrawn by RFC 7526 */
    {{192, 168}, 16},     /* private, RFC 1918 */
    {{198, 18}, 15},      /* benchmarking, RFC 2544 */
    {{198, 51, 100}, 24}, /* documentation, RFC 5737 */
    {{203, 0, 113}, 24},  /* documentation, RFC 5737 */
    {{224}, 4},           /* multicast, RFC 5771 */
    {{240}, 4},           /* reserved, RFC 1112, and broadcast */
};

struct block_v6 {
    uint8_t start[16];
    unsigned bits;
};

static const struct block_v6 global_unicast = {{0x20}, 3}; /* RFC 4291 2.4: all that IANA gives out */

static const struct block_v6 not_public_v6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
    {{0x20, 0x02}, 16},             /* 6to4, RFC 3056: a way around, into private IPv4 too */
    {{0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};

/* What has an IPv4 address in its last four bytes. */
static const struct block_v6 carries_v4[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, /* IPv4-mapped, RFC 4291 2.5.5.2 */
    {{0x00, 0x64, 0xff, 0x9b}, 96},                   /* NAT64, RFC 6052 */
};

static bool prefix_eq(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool address_is_public_v4(uint32_t address)
{
    uint8_t a[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address};
    for (size_t i = 0; i < ARRAY_LEN(not_public_v4); i++)
        if (prefix_eq(a, not_public_v4[i].start, not_public_v4[i].bits))
            return false;
    return true;
}

bool address_is_public_v6(const uint8_t a[16])
{
    for (size_t i = 0; i < ARRAY_LEN(carries_v4); i++)
        if (prefix_eq(a, carries_v4[i].start, carries_v4[i].bits))
            return address_is_public_v4((uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 | a[15]);
    for (size_t i = 0; i < ARRAY_LEN(not_public_v6); i++)
        if (prefix_eq(a, not_public_v6[i].start, not_public_v6[i].bits))
            return false;
    return prefix_eq(a, global_unicast.start, global_unicast.bits);
}

bool address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof v4);
        return address_is_public_v4(ntohl(v4.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&v6, address, sizeof v6);
        return address_is_public_v6(v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}

bool address_is_public_text(const char *text)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, text, &v4) == 1)
        return address_is_public_v4(ntohl(v4.s_addr));
    return inet_pton(AF_INET6, text, &v6) == 1 && address_is_public_v6(v6.s6_addr);
}
