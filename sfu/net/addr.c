/* addr.c: IPv4 and IPv6 addresses with their ports. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum err addr_parse(const char *ip, uint16_t port, struct addr *out)
{
    struct addr a = {0};
    if (inet_pton(AF_INET, ip, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, ip, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
    } else {
        return ERR_SYNTAX;
    }
    *out = a;
    return OK;
}

enum err addr_of_sockaddr(const struct sockaddr *sa, socklen_t len, struct addr *out)
{
    struct addr a = {0};
    if (sa->sa_family == AF_INET && len >= sizeof a.v4) {
        memcpy(&a.v4, sa, sizeof a.v4);
        memset(a.v4.sin_zero, 0, sizeof a.v4.sin_zero);
        *out = a;
        return OK;
    }
    if (sa->sa_family != AF_INET6 || len < sizeof a.v6)
        return ERR_UNSUPPORTED;
    memcpy(&a.v6, sa, sizeof a.v6);
    if (IN6_IS_ADDR_V4MAPPED(&a.v6.sin6_addr)) {
        struct addr v4 = {0};
        v4.v4.sin_family = AF_INET;
        v4.v4.sin_port = a.v6.sin6_port;
        memcpy(&v4.v4.sin_addr, a.v6.sin6_addr.s6_addr + 12, 4);
        a = v4;
    }
    *out = a;
    return OK;
}

const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT_CAP])
{
    const void *ip = a->sa.sa_family == AF_INET6 ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr;
    if (!inet_ntop(a->sa.sa_family == AF_INET6 ? AF_INET6 : AF_INET, ip, out, ADDR_TEXT_CAP))
        out[0] = '\0';
    return out;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT_CAP])
{
    char ip[ADDR_TEXT_CAP];
    addr_ip_text(a, ip);
    snprintf(out, ADDR_TEXT_CAP, a->sa.sa_family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u", ip, addr_port(a));
    return out;
}

uint16_t addr_port(const struct addr *a)
{
    return ntohs(a->sa.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    if (a->sa.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
           memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

uint64_t addr_hash(const struct addr *a, uint64_t seed)
{
    if (a->sa.sa_family != AF_INET6)
        return mix(mix(seed, (uint64_t)a->v4.sin_addr.s_addr << 16 | a->v4.sin_port), seed >> 32);
    uint64_t halves[2];
    memcpy(halves, &a->v6.sin6_addr, sizeof halves);
    return mix(mix(mix(seed, halves[0]), halves[1]), a->v6.sin6_port);
}
