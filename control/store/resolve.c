/* resolve.c: the name server is asked before libpq, which would wait for it. */
#include "store/resolve.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_CAP 256

/* Shared with the thread that asks: whoever lets go last frees it. */
struct resolve {
    atomic_int n_owners;
    atomic_bool done;
    int result; /* of getaddrinfo(), once done */
    struct addrinfo *found;
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

static void let_go(struct resolve *r)
{
    if (atomic_fetch_sub(&r->n_owners, 1) != 1)
        return;
    if (r->found)
        freeaddrinfo(r->found);
    free(r);
}

static void *ask(void *arg)
{
    struct resolve *r = arg;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    r->result = getaddrinfo(r->host, NULL, &hints, &r->found);
    atomic_store(&r->done, true);
    let_go(r);
    return NULL;
}

/* Signals are the loop's: the thread is born with all of them blocked. */
static bool start_asking(struct resolve *r)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool started = pthread_create(&thread, NULL, ask, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
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
    atomic_init(&made->n_owners, 2);
    if (!start_asking(made)) {
        free(made);
        return ERR_NOMEM;
    }
    *r = made;
    return OK;
}

enum err resolve_poll(struct resolve *r, struct resolved *out)
{
    if (!atomic_load(&r->done))
        return ERR_STATE;
    if (r->result)
        return ERR_NOT_FOUND;
    size_t hosts = 0, addresses = 0;
    unsigned n = 0;
    for (const struct addrinfo *a = r->found; a && n < RESOLVE_ADDRESSES; a = a->ai_next) {
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
    if (r)
        let_go(r);
}
