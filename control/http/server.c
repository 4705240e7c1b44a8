/* server.c: the listening socket, and the server's beginning and end. */
#include "http/conn_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHUTDOWN_MAX   (5 * SEC)
#define ACCEPT_RETRY   (100 * MSEC)
#define ACCEPT_BATCH   64
#define FILES_MAX      65536 /* libwebsockets keeps a table of this size */
#define FILES_RESERVED 256   /* for the database, the SFU, logs */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void on_accept_timer(void *arg)
{
    struct http *h = arg;
    if (h->listen_watch)
        loop_watch_set(h->listen_watch, LOOP_READ);
}

enum err http_new(const struct http_config *cfg, struct loop *loop, struct http **out)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_NOMEM;
    h->cfg = *cfg;
    h->loop = loop;
    h->listen_fd = -1;
    turns_init(h);
    h->accept_timer = (struct loop_timer){.fire = on_accept_timer, .arg = h};
    enum err e = cidr_list_parse(cfg->trusted_proxies, &h->trusted);
    if (!e && cfg->web_dir)
        e = statics_load(cfg->web_dir, &h->statics);
    h->page_headers = security_headers_new(cfg, true);
    h->message_headers = security_headers_new(cfg, false);
    if (!e && (!h->page_headers || !h->message_headers))
        e = ERR_NOMEM;
    if (e) {
        http_free(h);
        return e;
    }
    *out = h;
    return OK;
}

/* --- listening --- */
static int listen_open(const struct http_config *cfg)
{
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)cfg->port), .sin6_addr = in6addr_any};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)cfg->port)};
    bool is_v4 = cfg->bind_address && inet_pton(AF_INET, cfg->bind_address, &v4.sin_addr) == 1;
    if (cfg->bind_address && !is_v4 && inet_pton(AF_INET6, cfg->bind_address, &v6.sin6_addr) != 1)
        return -1;
    int fd = is_v4 ? -1 : socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && !(cfg->bind_address && !is_v4)) { /* a host without IPv6 has no AF_INET6 sockets */
        is_v4 = true;
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!is_v4 && !cfg->bind_address)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    int failed = is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof v4) : bind(fd, (struct sockaddr *)&v6, sizeof v6);
    if (failed || listen(fd, 1024) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void address_text(const union address *from, char out[IP_TEXT_MAX])
{
    out[0] = '\0';
    if (from->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &from->v4.sin_addr, out, IP_TEXT_MAX);
    else if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr))
        inet_ntop(AF_INET, &from->v6.sin6_addr.s6_addr[12], out, IP_TEXT_MAX);
    else
        inet_ntop(AF_INET6, &from->v6.sin6_addr, out, IP_TEXT_MAX);
}

/* Out of descriptors: trying at once again would spin. */
static void accept_later(struct http *h)
{
    loop_watch_set(h->listen_watch, 0);
    loop_timer_set(h->loop, &h->accept_timer, loop_now(h->loop) + ACCEPT_RETRY);
}

static void on_connection(void *arg, unsigned events)
{
    struct http *h = arg;
    (void)events;
    for (unsigned i = 0; i < ACCEPT_BATCH && h->listen_watch; i++) {
        union address from = {.v6 = {0}};
        socklen_t len = sizeof from;
        char ip[IP_TEXT_MAX];
        int on = 1;
        int fd = accept4(h->listen_fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                accept_later(h);
            return;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        address_text(&from, ip);
        conn_accept(h, fd, ip);
    }
}

void http_conn_closed(struct http *h)
{
    h->counters.connections_open--;
    if (h->shutdown_timer.deadline.set && !h->conns)
        loop_timer_set(h->loop, &h->shutdown_timer, loop_now(h->loop));
    if (h->listen_watch)
        loop_watch_set(h->listen_watch, LOOP_READ);
}

static unsigned files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    rlim_t wanted = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    limit.rlim_cur = wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return (unsigned)wanted;
}

enum err http_listen(struct http *h)
{
    unsigned files = files_raise(), most = files > 2 * FILES_RESERVED ? files - FILES_RESERVED : files / 2;
    unsigned connections = h->cfg.max_connections && h->cfg.max_connections < most ? h->cfg.max_connections : most;
    if (h->cfg.shares) {
        shares_set_total(h->cfg.shares, SHARE_CONNECTIONS, connections);
        shares_register(h->cfg.shares, http_displace, h);
    }
    struct wire_config wires = {
        .tls_cert_file = h->cfg.tls_cert_file,
        .tls_key_file = h->cfg.tls_key_file,
        .log = h->cfg.log,
        .received = conn_on_received,
        .writable = conn_on_writable,
        .closed = conn_on_closed,
    };
    enum err e = wire_server_new(&wires, h->loop, &h->wires);
    if (e)
        return e;
    loop_on_turn_end(h->loop, conn_on_turn_end, h);
    h->listen_fd = listen_open(&h->cfg);
    union address at = {.v6 = {0}};
    socklen_t len = sizeof at;
    if (h->listen_fd < 0 || getsockname(h->listen_fd, &at.any, &len) < 0)
        return ERR_IO;
    h->port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
    return loop_watch_new(h->loop, h->listen_fd, LOOP_READ, on_connection, h, &h->listen_watch);
}

unsigned http_port(const struct http *h)
{
    return h->port;
}

/* --- the end --- */
static void listen_close(struct http *h)
{
    loop_timer_cancel(h->loop, &h->accept_timer);
    loop_watch_free(h->listen_watch);
    h->listen_watch = NULL;
    if (h->listen_fd >= 0)
        close(h->listen_fd);
    h->listen_fd = -1;
}

static void on_shutdown_timer(void *arg)
{
    struct http *h = arg;
    for (struct conn *conn = h->conns; conn; conn = conn->next)
        conn_abort(conn);
    h->shutdown_done(h->shutdown_arg);
}

void http_shutdown(struct http *h, void (*done)(void *arg), void *arg)
{
    if (h->shutdown_done)
        return;
    h->shutdown_done = done;
    h->shutdown_arg = arg;
    h->shutdown_timer = (struct loop_timer){.fire = on_shutdown_timer, .arg = h};
    listen_close(h);
    for (struct conn *conn = h->conns, *next; conn; conn = next) { /* which moves it in the list */
        next = conn->next;
        conn_drain(conn);
    }
    loop_timer_set(h->loop, &h->shutdown_timer, loop_now(h->loop) + (h->conns ? SHUTDOWN_MAX : 0));
}

void http_free(struct http *h)
{
    if (!h)
        return;
    loop_timer_cancel(h->loop, &h->shutdown_timer);
    turns_stop(h);
    listen_close(h);
    loop_on_turn_end(h->loop, NULL, NULL);
    wire_server_free(h->wires);
    for (uint32_t i = 0; i < h->calls.n; i++)
        call_free(slots_at(&h->calls, i)); /* those of http_play() */
    slots_reset(&h->calls);
    slots_reset(&h->sockets);
    statics_free(h->statics);
    free(h->page_headers);
    free(h->message_headers);
    free(h);
}

const struct http_counters *http_counters(const struct http *h)
{
    return &h->counters;
}

const struct forwarding_strangers *http_strangers(const struct http *h)
{
    return &h->strangers;
}

const struct http_config *http_config(const struct http *h)
{
    return &h->cfg;
}
