#include "store/resolve.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_CAP 256

struct resolve {
    struct gaicb request;
    struct addrinfo hints;
    char host[HOST_CAP];
};

static bool needs_resolving(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return *host && *host != '/' && *host != '@' && !strchr(host, ',') && strlen(host) < HOST_CAP &&
           strcmp(host, "localhost") != 0 && inet_pton(AF_INET, host, address) != 1 &&
           inet_pton(AF_INET6, host, address) != 1;
}

/* The host of the connection string, if it is one name; false otherwise. */
static bool host_of(const char *url, char out[HOST_CAP])
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    const char *host = "", *address = "";
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        if (strcmp(o->keyword, "host") == 0 && o->val)
            host = o->val;
        else if (strcmp(o->keyword, "hostaddr") == 0 && o->val)
            address = o->val;
    }
    bool needed = !*address && needs_resolving(host);
    if (needed)
        memcpy(out, host, strlen(host) + 1);
    PQconninfoFree(options);
    return needed;
}

enum err resolve_new(const char *url, struct resolve **r)
{
    char host[HOST_CAP];
    if (!host_of(url, host))
        return ERR_UNSUPPORTED;
    struct resolve *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    memcpy(made->host, host, sizeof made->host);
    made->hints.ai_socktype = SOCK_STREAM;
    made->hints.ai_flags = AI_ADDRCONFIG;
    made->request.ar_name = made->host;
    made->request.ar_request = &made->hints;
    struct gaicb *list[] = {&made->request};
    struct sigevent silent = {.sigev_notify = SIGEV_NONE};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, &silent)) {
        free(made);
        return ERR_NOMEM;
    }
    *r = made;
    return OK;
}

enum err resolve_poll(struct resolve *r, struct resolved *out)
{
    int e = gai_error(&r->request);
    if (e == EAI_INPROGRESS)
        return ERR_STATE;
    if (e)
        return ERR_NOT_FOUND;
    size_t hosts = 0, addresses = 0;
    unsigned n = 0;
    for (const struct addrinfo *a = r->request.ar_result; a && n < RESOLVE_ADDRESSES; a = a->ai_next) {
        char text[INET6_ADDRSTRLEN];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST))
            continue;
        const char *comma = n++ ? "," : "";
        hosts += (size_t)snprintf(out->hosts + hosts, sizeof out->hosts - hosts, "%s%s", comma, r->host);
        addresses +=
            (size_t)snprintf(out->addresses + addresses, sizeof out->addresses - addresses, "%s%s", comma, text);
    }
    return n ? OK : ERR_NOT_FOUND;
}

void resolve_free(struct resolve *r)
{
    if (!r || gai_cancel(&r->request) == EAI_NOTCANCELED)
        return; /* its thread still writes to it: a few hundred bytes, only when a connection is given up in that moment
                 */
    if (r->request.ar_result)
        freeaddrinfo(r->request.ar_result);
    free(r);
}
