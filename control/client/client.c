/* client.c: libcurl's "multi_socket" interface on our loop: it says which descriptors it wants watched and when it
 * wants to be called, and we call it when that happens. */
#include "client/client.h"
#include "client/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_CONNECTIONS 32L

/* A descriptor that libcurl wants watched: until it says CURL_POLL_REMOVE, which it does before it closes it. */
struct watched {
    struct client *client;
    curl_socket_t fd;
    struct loop_watch *watch;
};

struct client {
    struct client_config cfg;
    CURLM *multi;
    struct loop_timer timer;
    struct exchange *running;
    struct client_counters n;
};

/* --- what is over --- */
static void unlink_exchange(struct client *c, struct exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        c->running = x->next;
    if (x->next)
        x->next->prev = x->prev;
    c->n.running--;
}

static void finish(struct client *c, struct exchange *x, CURLcode code)
{
    struct client_answer a = exchange_answer(x, code, loop_now(c->cfg.loop));
    c->n.failures += a.err != OK;
    c->n.denials += a.err == ERR_DENIED;
    curl_multi_remove_handle(c->multi, x->easy);
    unlink_exchange(c, x);
    x->done(x->arg, &a);
    exchange_free(x);
}

static void finish_those_done(struct client *c)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
        char *x = NULL;
        CURLcode code = m->data.result;
        if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x) == CURLE_OK)
            finish(c, (struct exchange *)(void *)x, code);
    }
}

/* --- libcurl and the loop --- */
static void on_ready(void *arg, unsigned events)
{
    const struct watched *w = arg;
    struct client *c = w->client;
    int still, what = 0;
    if (events & LOOP_READ)
        what |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        what |= CURL_CSELECT_OUT;
    if (events & LOOP_ERROR)
        what |= CURL_CSELECT_ERR;
    (void)curl_multi_socket_action(c->multi, w->fd, what, &still); /* may free w */
    finish_those_done(c);
}

static void on_timer(void *arg)
{
    struct client *c = arg;
    int still;
    (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &still);
    finish_those_done(c);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct client *c = arg;
    (void)multi;
    if (timeout_ms < 0)
        loop_timer_cancel(c->cfg.loop, &c->timer);
    else
        loop_timer_set(c->cfg.loop, &c->timer, loop_now(c->cfg.loop) + timeout_ms * MSEC);
    return 0;
}

static void watched_free(struct watched *w)
{
    if (w)
        loop_watch_free(w->watch);
    free(w);
}

static struct watched *watched_new(struct client *c, curl_socket_t fd, unsigned events)
{
    struct watched *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (loop_watch_new(c->cfg.loop, fd, events, on_ready, w, &w->watch)) {
        free(w);
        return NULL;
    }
    w->client = c;
    w->fd = fd;
    return w;
}

/* Always 0: libcurl would give up everything, not only this one. What can't be watched runs into its deadline. */
static int set_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_this_fd)
{
    struct client *c = arg;
    struct watched *w = of_this_fd;
    unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        watched_free(w);
        (void)curl_multi_assign(c->multi, fd, NULL);
    } else if (w) {
        loop_watch_set(w->watch, events);
    } else {
        (void)curl_multi_assign(c->multi, fd, watched_new(c, fd, events));
    }
    return 0;
}

/* --- its life --- */
static bool multi_set_up(struct client *c)
{
    c->multi = curl_multi_init();
    return c->multi && !curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, set_watch) &&
           !curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) &&
           !curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer) &&
           !curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) &&
           !curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
}

enum err client_new(const struct client_config *cfg, struct client **out)
{
    if (curl_global_init(CURL_GLOBAL_ALL))
        return ERR_NOMEM;
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        curl_global_cleanup();
        return ERR_NOMEM;
    }
    c->cfg = *cfg;
    c->timer = (struct loop_timer){.fire = on_timer, .arg = c};
    if (!multi_set_up(c)) {
        client_free(c);
        return ERR_NOMEM;
    }
    *out = c;
    return OK;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    while (c->running) {
        struct exchange *x = c->running;
        curl_multi_remove_handle(c->multi, x->easy);
        unlink_exchange(c, x);
        exchange_free(x);
    }
    if (c->multi)
        curl_multi_cleanup(c->multi);
    loop_timer_cancel(c->cfg.loop, &c->timer);
    free(c);
    curl_global_cleanup();
}

enum err client_send(struct client *c, const struct client_request *request, client_fn *done, void *arg)
{
    struct exchange *x = NULL;
    if (c->n.running >= c->cfg.max_running)
        return ERR_FULL;
    enum err e = exchange_new(request, c->cfg.ca_file, &x);
    if (e)
        return e;
    x->done = done;
    x->arg = arg;
    x->started_at = loop_now(c->cfg.loop);
    if (curl_multi_add_handle(c->multi, x->easy)) {
        exchange_free(x);
        return ERR_NOMEM;
    }
    x->next = c->running;
    if (x->next)
        x->next->prev = x;
    c->running = x;
    c->n.running++;
    c->n.requests++;
    return OK;
}

enum err client_api_init(struct client_api *api, const char *base, const char *path, const char *key)
{
    size_t len = strlen(base);
    while (len && base[len - 1] == '/')
        len--;
    int url = snprintf(api->url, sizeof api->url, "%.*s%s", (int)len, base, path);
    int authorization = snprintf(api->authorization, sizeof api->authorization, "Bearer %s", key);
    return url < (int)sizeof api->url && authorization < (int)sizeof api->authorization ? OK : ERR_SYNTAX;
}

void client_counters(const struct client *c, struct client_counters *out)
{
    *out = c->n;
}
