/* addr.h: a UDP or TCP peer address, IPv4 or IPv6, as a plain value. IPv4-mapped IPv6 addresses are folded to IPv4. */
#pragma once
#include "common/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

#define ADDR_TEXT_CAP 64 /* "[v6]:port" and a NUL */

MUST_CHECK enum err addr_parse(const char *ip, uint16_t port, struct addr *out); /* ERR_SYNTAX */
enum err addr_of_sockaddr(const struct sockaddr *sa, socklen_t len, struct addr *out);
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_CAP]); /* "127.0.0.1:40000", "[::1]:40000" */
const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT_CAP]);
uint16_t addr_port(const struct addr *a);
bool addr_eq(const struct addr *a, const struct addr *b);
uint64_t addr_hash(const struct addr *a,
                   uint64_t seed); /* not for secrets; seeded so that peers can't aim at one bucket */

static inline socklen_t addr_len(const struct addr *a)
{
    return a->sa.sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}
