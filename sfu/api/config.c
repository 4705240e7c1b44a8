/* config.c: the media server's settings, from its environment. */
#include "api/config.h"
#include "api/worker.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *env_or(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v && *v ? v : otherwise;
}

static enum err read_number(const char *name, unsigned otherwise, unsigned min, unsigned max, unsigned *out,
                            char why[200])
{
    const char *v = getenv(name);
    *out = otherwise;
    if (!v || !*v)
        return OK;
    char *end;
    long n = strtol(v, &end, 10);
    if (*end || n < (long)min || n > (long)max) {
        snprintf(why, 200, "%s must be a whole number from %u to %u", name, min, max);
        return ERR_SYNTAX;
    }
    *out = (unsigned)n;
    return OK;
}

static enum err announce_listed(struct config *c, const char *list, char why[200])
{
    char copy[CONFIG_ANNOUNCE * ADDR_TEXT_CAP];
    bool whole = (size_t)snprintf(copy, sizeof copy, "%s", list) < sizeof copy;
    char *save = NULL;
    for (char *ip = strtok_r(copy, ", ", &save); ip; ip = strtok_r(NULL, ", ", &save)) {
        if (c->n_announce == CONFIG_ANNOUNCE || addr_parse(ip, 0, &c->announce[c->n_announce])) {
            snprintf(why, 200, "SFU_ANNOUNCE must be up to %d IP addresses, separated by commas", CONFIG_ANNOUNCE);
            return ERR_SYNTAX;
        }
        c->n_announce++;
    }
    if (whole && c->n_announce)
        return OK;
    snprintf(why, 200, "SFU_ANNOUNCE must be up to %d IP addresses, separated by commas", CONFIG_ANNOUNCE);
    return ERR_SYNTAX;
}

static void announce_interfaces(struct config *c, const struct ifaddrs *list, bool loopback)
{
    for (const struct ifaddrs *i = list; i && c->n_announce < CONFIG_ANNOUNCE; i = i->ifa_next) {
        struct addr a;
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || !(i->ifa_flags & IFF_LOOPBACK) == loopback)
            continue;
        bool v6 = i->ifa_addr->sa_family == AF_INET6;
        socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        if (addr_of_sockaddr(i->ifa_addr, len, &a) || (v6 && IN6_IS_ADDR_LINKLOCAL(&a.v6.sin6_addr)))
            continue;
        c->announce[c->n_announce++] = a;
    }
}

static void announce_local(struct config *c)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list))
        return;
    announce_interfaces(c, list, false);
    announce_interfaces(c, list, true);
    freeifaddrs(list);
}

enum err config_read(struct config *c, char why[200])
{
    *c = (struct config){.socket_path = env_or("SFU_SOCKET", "data/sfu.sock"), .sandbox = env_or("SANDBOX", NULL)};
    unsigned port, cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (log_init(&c->log, "sfu", getenv("LOG_LEVEL"), getenv("LOG_FORMAT"))) {
        snprintf(why, 200, "LOG_LEVEL must be debug, info, warn or error, and LOG_FORMAT text or json");
        return ERR_SYNTAX;
    }
    enum err e = read_number("SFU_PORT", 40000, 1, 65535 - WORKERS_MAX, &port, why);
    if (!e)
        e = read_number("SFU_WORKERS", cores < WORKERS_MAX ? cores : WORKERS_MAX, 1, WORKERS_MAX, &c->n_workers, why);
    if (!e)
        e = read_number("SFU_MAX_SESSIONS", 10000, 1, 65535, &c->max_sessions, why);
    if (e)
        return e;
    c->port = (uint16_t)port;
    const char *announce = env_or("SFU_ANNOUNCE", NULL);
    if (announce)
        return announce_listed(c, announce, why);
    announce_local(c);
    return OK;
}
