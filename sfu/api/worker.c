/* worker.c: the shell around a hub: epoll, UDP, mailboxes, rings and the clock. */
#include "api/worker.h"
#include "common/random.h"
#include "net/ring.h"
#include "net_io/udp.h"
#include "rtp/ntp.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RING_CROSSINGS 2048
#define IDENTITY_LOOK  (60 * SEC)
#define RECEIVE_ROUNDS 4 /* batches taken before timers and messages get their turn */

struct worker {
    struct workers *all;
    unsigned index;
    pthread_t thread;
    bool started;
    int epoll;
    struct udp *udp;
    struct mailbox *box;
    struct ring **from; /* by worker: what it sends across to us; NULL for ourselves */
    bool *woke;         /* by worker: it has something new from us in this turn */
    struct pkt_pool *pool;
    struct srtpseal_mgr *mgr;
    struct outbox *outbox;
    struct hub *hub;
    struct sdp_local_candidate *candidates;
    struct dtls_identity *identity; /* a reference: the first is the process's, later ones its own */
    usec_t identity_at;             /* monotonic: when it is looked at next */
};

struct workers {
    struct workers_config cfg;
    struct mailbox *to_control;
    struct dtls_identity *identity;
    atomic_bool stopping;
    unsigned n;
    struct worker *list;
};

static void send_outbox(struct worker *w)
{
    struct outbox *out = hub_outbox(w->hub);
    if (out->n_datagrams)
        udp_flush(w->udp, out);
}

/* What waits is sent on: the hub stops whenever its outbox is full and goes on when that has left. */
static void forward(struct worker *w, usec_t now)
{
    while (hub_forward(w->hub, now))
        send_outbox(w);
}

/* What the hub can't know. */
static void add_own_stats(const struct worker *w, struct msg *m)
{
    if (!m->stats)
        return;
    udp_counters_show(udp_counters(w->udp), &m->stats->shell);
    counted_add(&m->stats->shell, "outbox_full", w->outbox->n_refused, true);
}

static void carry_messages(struct worker *w)
{
    for (struct msg *m; (m = msg_list_take(&hub_out(w->hub)->messages));) {
        if (m->type == MSG_STATS_REPLY)
            add_own_stats(w, m);
        if (m->to == MSG_TO_API)
            mailbox_put(w->all->to_control, m);
        else
            mailbox_put(w->all->list[m->to].box, m);
    }
}

static void carry_crossings(struct worker *w)
{
    struct hub_out *out = hub_out(w->hub);
    for (unsigned i = 0; i < out->n_crossings; i++) {
        const struct crossing *c = &out->crossings[i];
        struct worker *to = &w->all->list[c->to];
        if (!ring_put(to->from[w->index], c)) { /* it is too slow: its subscribers see loss and ask again */
            out->n_crossings_lost++;
            pkt_unref(c->media.pkt);
        }
        w->woke[c->to] = true;
    }
    if (out->n_crossings == 0)
        return;
    out->n_crossings = 0;
    for (unsigned i = 0; i < w->all->n; i++) {
        if (w->woke[i])
            mailbox_wake(w->all->list[i].box);
        w->woke[i] = false;
    }
}

static void carry(struct worker *w)
{
    send_outbox(w);
    carry_messages(w);
    carry_crossings(w);
}

static void receive(struct worker *w)
{
    for (unsigned round = 0; round < RECEIVE_ROUNDS; round++) {
        if (udp_receive(w->udp) == 0)
            return;
        usec_t now = usec_monotonic();
        uint64_t ntp = ntp_of_wall(usec_wall());
        struct addr from;
        const uint8_t *data = NULL;
        size_t len = 0;
        while (udp_next(w->udp, &from, &data, &len))
            if (hub_recv(w->hub, now, ntp, &from, data, len))
                forward(w, now);
        forward(w, now);
        carry(w);
    }
}

static void receive_crossings(struct worker *w)
{
    usec_t now = usec_monotonic();
    for (unsigned i = 0; i < w->all->n; i++) {
        struct crossing c;
        for (unsigned n = 0; w->from[i] && n < HUB_BATCH / 2 && ring_get(w->from[i], &c); n++)
            if (hub_cross(w->hub, &c))
                forward(w, now);
        forward(w, now);
    }
}

static void receive_messages(struct worker *w)
{
    struct msg_list list;
    msg_list_init(&list);
    mailbox_take_all(w->box, &list);
    for (struct msg *m; (m = msg_list_take(&list));) {
        usec_t now = usec_monotonic();
        if (hub_apply(w->hub, now, m))
            forward(w, now);
    }
}

/* The certificate is renewed long before it ends; sessions keep theirs. */
static void renew_identity(struct worker *w, usec_t now)
{
    struct dtls_identity *fresh = NULL;
    if (now < w->identity_at)
        return;
    w->identity_at = now + IDENTITY_LOOK;
    if (!dtls_identity_is_old(w->identity, usec_wall()))
        return;
    if (dtls_identity_new(usec_wall(), &fresh)) {
        log_warn(w->all->cfg.log, "certificate", "worker=%u reason=nomem", w->index);
        return;
    }
    hub_set_identity(w->hub, fresh);
    dtls_identity_unref(w->identity);
    w->identity = fresh;
    log_info(w->all->cfg.log, "certificate", "worker=%u fingerprint=%s", w->index, dtls_identity_fingerprint(fresh));
}

static void tick(struct worker *w)
{
    usec_t now = usec_monotonic();
    renew_identity(w, now);
    while (hub_tick(w->hub, now, ntp_of_wall(usec_wall())))
        forward(w, now);
}

static int wait_ms(const struct worker *w)
{
    usec_t due = hub_deadline(w->hub);
    if (due == USEC_NEVER)
        return 1000;
    usec_t left = due - usec_monotonic();
    return left <= 0 ? 0 : left > SEC ? 1000 : (int)((left + MSEC - 1) / MSEC);
}

static bool ring_has_more(struct worker *w)
{
    for (unsigned i = 0; i < w->all->n; i++)
        if (w->from[i] && !ring_is_empty(w->from[i]))
            return true;
    return false;
}

static bool is_readable(const struct epoll_event *events, int n, int fd)
{
    for (int i = 0; i < n; i++)
        if (events[i].data.fd == fd)
            return true;
    return false;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    char name[16];
    snprintf(name, sizeof name, "worker-%u", w->index % 1000);
    pthread_setname_np(pthread_self(), name);
    while (!atomic_load_explicit(&w->all->stopping, memory_order_relaxed)) {
        struct epoll_event events[4];
        int n = epoll_wait(w->epoll, events, ARRAY_LEN(events), ring_has_more(w) ? 0 : wait_ms(w));
        if (n < 0 && errno != EINTR)
            break;
        receive(w);
        if (is_readable(events, n, mailbox_fd(w->box)))
            receive_messages(w);
        receive_crossings(w);
        tick(w);
        carry(w);
    }
    return NULL;
}

static bool watch(struct worker *w, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* Small buffers drop what comes in bursts, and nobody sees it but in udp_kernel_…: said once, by the first worker. */
static void warn_of_small_buffers(const struct worker *w)
{
    const struct udp_counters *c = udp_counters(w->udp);
    if (w->index == 0 && (c->recv_buffer < UDP_BUFFER || c->send_buffer < UDP_BUFFER))
        log_warn(w->all->cfg.log, "udp_buffers_small",
                 "wanted=%u receive=%llu send=%llu hint=\"sysctl -w net.core.rmem_max=%u net.core.wmem_max=%u\"",
                 UDP_BUFFER, (unsigned long long)c->recv_buffer, (unsigned long long)c->send_buffer, UDP_BUFFER,
                 UDP_BUFFER);
}

static enum err open_port(struct worker *w)
{
    const struct workers_config *cfg = &w->all->cfg;
    enum err e = udp_open(cfg->port ? (uint16_t)(cfg->port + w->index) : 0, &w->udp);
    if (e) {
        log_error(cfg->log, "port_taken", "port=%u error=%s", cfg->port + w->index, strerror(errno));
        return e;
    }
    warn_of_small_buffers(w);
    w->candidates = calloc(cfg->n_announce ? cfg->n_announce : 1, sizeof *w->candidates);
    if (!w->candidates)
        return ERR_NOMEM;
    for (unsigned i = 0; i < cfg->n_announce; i++) {
        struct addr *a = &w->candidates[i].addr;
        *a = cfg->announce[i];
        if (a->sa.sa_family == AF_INET6)
            a->v6.sin6_port = htons(udp_port(w->udp));
        else
            a->v4.sin_port = htons(udp_port(w->udp));
    }
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll < 0 || !watch(w, udp_fd(w->udp, 0)) || !watch(w, udp_fd(w->udp, 1)) || !watch(w, mailbox_fd(w->box)))
        return ERR_IO;
    return OK;
}

static enum err open_rings(struct worker *w)
{
    w->from = calloc(w->all->n, sizeof(struct ring *));
    w->woke = calloc(w->all->n, sizeof(bool));
    if (!w->from || !w->woke)
        return ERR_NOMEM;
    for (unsigned i = 0; i < w->all->n; i++) {
        enum err e = i == w->index ? OK : ring_new(sizeof(struct crossing), RING_CROSSINGS, &w->from[i]);
        if (e)
            return e;
    }
    return OK;
}

static enum err worker_open(struct workers *all, unsigned index)
{
    struct worker *w = &all->list[index];
    w->all = all;
    w->index = index;
    w->epoll = -1;
    enum err e = mailbox_new(&w->box);
    if (!e)
        e = open_rings(w);
    if (!e)
        e = open_port(w);
    if (!e)
        e = pkt_pool_new(all->cfg.max_packets, &w->pool);
    if (!e)
        e = srtpseal_mgr_new(SRTPSEAL_FASTEST, &w->mgr);
    if (e)
        return e;
    w->outbox = malloc(sizeof *w->outbox);
    if (!w->outbox)
        return ERR_NOMEM;
    outbox_init(w->outbox);
    w->identity = dtls_identity_ref(all->identity);
    struct hub_config cfg = {
        .worker = index,
        .n_workers = all->n,
        .max_sessions = all->cfg.max_sessions,
        .identity = w->identity,
        .mgr = w->mgr,
        .pool = w->pool,
        .candidates = w->candidates,
        .n_candidates = all->cfg.n_announce,
        .log = all->cfg.log,
    };
    random_fill(&cfg.seed, sizeof cfg.seed);
    return hub_new(&cfg, w->outbox, &w->hub);
}

static void say_goodbye(struct worker *w)
{
    bool more = w->hub != NULL;
    while (more) {
        more = hub_close(w->hub, usec_monotonic());
        send_outbox(w);
    }
}

/* All hubs go before any pool, since each may hold the others' packets. */
static void workers_free(struct workers *all)
{
    struct crossing c;
    for (unsigned i = 0; all->list && i < all->n; i++) {
        struct worker *w = &all->list[i];
        for (unsigned k = 0; w->from && k < all->n; k++)
            while (w->from[k] && ring_get(w->from[k], &c))
                pkt_unref(c.media.pkt);
        say_goodbye(w);
        hub_free(w->hub);
        dtls_identity_unref(w->identity);
    }
    for (unsigned i = 0; all->list && i < all->n; i++) {
        struct worker *w = &all->list[i];
        for (unsigned k = 0; w->from && k < all->n; k++)
            ring_free(w->from[k]);
        free(w->from);
        free(w->woke);
        pkt_pool_free(w->pool);
        srtpseal_mgr_free(w->mgr);
        udp_close(w->udp);
        mailbox_free(w->box);
        if (w->all && w->epoll >= 0)
            close(w->epoll);
        free(w->outbox);
        free(w->candidates);
    }
    dtls_identity_unref(all->identity);
    free(all->list);
    free(all);
}

enum err workers_start(const struct workers_config *cfg, struct mailbox *to_control, struct workers **workers)
{
    struct workers *all = calloc(1, sizeof *all);
    if (!all)
        return ERR_NOMEM;
    all->cfg = *cfg;
    all->to_control = to_control;
    enum err e = ERR_NOMEM;
    all->list = calloc(cfg->n_workers, sizeof *all->list);
    if (all->list) {
        all->n = cfg->n_workers;
        e = dtls_identity_new(usec_wall(), &all->identity);
    }
    for (unsigned i = 0; !e && i < all->n; i++)
        e = worker_open(all, i);
    if (e) {
        workers_free(all);
        return e;
    }
    for (unsigned i = 0; !e && i < all->n; i++) {
        all->list[i].started = pthread_create(&all->list[i].thread, NULL, run, &all->list[i]) == 0;
        e = all->list[i].started ? OK : ERR_IO;
    }
    if (e) {
        workers_stop(all);
        return e;
    }
    *workers = all;
    return OK;
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    atomic_store(&w->stopping, true);
    for (unsigned i = 0; i < w->n; i++)
        mailbox_wake(w->list[i].box);
    for (unsigned i = 0; i < w->n; i++)
        if (w->list[i].started)
            pthread_join(w->list[i].thread, NULL);
    workers_free(w);
}

unsigned workers_count(const struct workers *w)
{
    return w->n;
}

uint16_t workers_port(const struct workers *w, unsigned i)
{
    return udp_port(w->list[i].udp);
}

void workers_tell(struct workers *w, unsigned i, struct msg *m)
{
    mailbox_put(w->list[i].box, m);
}
