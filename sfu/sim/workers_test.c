/* Real worker threads on loopback: clients come and go while media crosses between workers. Says little about what is
 * right (hub_test.c does), but much about what is shared between threads: run it under ThreadSanitizer. */
#include "api/worker.h"
#include "common/random.h"
#include "rtp/ntp.h"
#include "sim/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_WORKERS 4
#define N_CLIENTS 8
#define RUN       (4 * SEC)

struct guest {
    struct sim_client *sim; /* NULL: not there now */
    int fd;
    unsigned worker, number;
    uint64_t request;
    bool asked;
    char name[16];
    usec_t audio_at, video_at, since;
};

struct party {
    struct workers *workers;
    struct mailbox *box;
    struct srtpseal_mgr *mgr;
    struct dtls_identity *identity;
    struct outbox *outbox;
    struct guest guests[N_CLIENTS];
    uint64_t next_request;
    unsigned n_came, n_went, n_open, n_states, n_stats;
    uint64_t n_audio, n_video, n_faults, n_undecryptable, n_sources_seen;
};

static const struct sdp_client_plan plan = {
    .send_audio = true,
    .send_video = true,
    .n_audio_slots = 4,
    .n_video_slots = 4,
    .audio_ssrc = 1,
    .video_ssrc = 2,
    .video_rtx_ssrc = 3,
};

static void tell(struct party *p, struct guest *g, enum msg_type type)
{
    struct msg *m = msg_new(type, "party", g->name);
    assert_non_null(m);
    m->request = g->request = ++p->next_request;
    if (type == MSG_OFFER) {
        m->offer.sdp = sim_client_offer(g->sim);
        random_fill(m->offer.entropy, sizeof m->offer.entropy);
    }
    workers_tell(p->workers, g->worker, m);
}

static void come(struct party *p, unsigned i)
{
    struct guest *g = &p->guests[i];
    struct sim_client_config cfg = {.plan = plan, .source = 100 + i, .identity = p->identity, .mgr = p->mgr};
    cfg.seed = ++p->n_came;
    cfg.repairs = true;
    *g = (struct guest){.worker = i % N_WORKERS, .since = usec_monotonic()};
    snprintf(g->name, sizeof g->name, "guest%u", i);
    assert_int_equal(sim_client_new(&cfg, &g->sim), OK);
    assert_int_equal(addr_parse("127.0.0.1", workers_port(p->workers, g->worker), &g->sim->server), OK);
    g->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(g->fd >= 0);
    assert_int_equal(connect(g->fd, &g->sim->server.sa, addr_len(&g->sim->server)), 0);
    tell(p, g, MSG_JOIN);
    tell(p, g, MSG_OFFER);
}

static void count(struct party *p, struct guest *g)
{
    for (unsigned i = 0; i < g->sim->n_slots; i++) {
        const struct sim_slot *s = &g->sim->slots[i];
        *(s->is_video ? &p->n_video : &p->n_audio) += s->n_packets;
        p->n_faults += s->n_bad_payload + s->n_bad_start + s->n_duplicates;
        p->n_sources_seen += s->n_packets && s->source % N_WORKERS != (g->worker + 100) % N_WORKERS;
    }
    p->n_open += g->sim->open;
    p->n_undecryptable += g->sim->n_undecryptable;
}

static void go(struct party *p, unsigned i, bool says_so)
{
    struct guest *g = &p->guests[i];
    if (says_so)
        tell(p, g, MSG_LEAVE);
    count(p, g);
    sim_client_free(g->sim);
    close(g->fd);
    *g = (struct guest){0};
    p->n_went++;
}

static void hear_control(struct party *p)
{
    struct msg_list list;
    msg_list_init(&list);
    mailbox_take_all(p->box, &list);
    for (struct msg *m; (m = msg_list_take(&list)); msg_free(m)) {
        p->n_states += m->type == MSG_STATE;
        p->n_stats += m->type == MSG_STATS_REPLY;
        if (m->type != MSG_REPLY || !m->reply.text)
            continue;
        for (unsigned i = 0; i < N_CLIENTS; i++)
            if (p->guests[i].sim && p->guests[i].request == m->request) {
                assert_int_equal(m->reply.err, OK);
                assert_int_equal(sim_client_answer(p->guests[i].sim, m->reply.text), OK);
            }
    }
}

static void flush(struct party *p, struct guest *g)
{
    srtpseal_flush(p->mgr);
    for (unsigned i = 0; i < p->outbox->n_datagrams; i++)
        (void)!send(g->fd, p->outbox->arena + p->outbox->datagrams[i].offset, p->outbox->datagrams[i].len, 0);
    outbox_clear(p->outbox);
}

static void turn(struct party *p, struct guest *g)
{
    uint8_t bytes[OUTBOX_DATAGRAM_CAP];
    usec_t now = usec_monotonic();
    uint64_t ntp = ntp_of_wall(usec_wall());
    for (ssize_t n; (n = recv(g->fd, bytes, sizeof bytes, 0)) > 0;)
        sim_client_recv(g->sim, now, ntp, bytes, (size_t)n, p->outbox);
    sim_client_tick(g->sim, now, ntp, p->outbox);
    if (now >= g->audio_at) {
        g->audio_at = now + 20 * MSEC;
        sim_client_send_audio(g->sim, (uint8_t)(g->worker * 10), p->outbox);
    }
    if (now >= g->video_at) {
        g->video_at = now + 33 * MSEC;
        sim_client_send_video(g->sim, 4, p->outbox);
    }
    flush(p, g);
}

static void ask_stats(struct party *p)
{
    for (unsigned i = 0; i < N_WORKERS; i++) {
        struct msg *m = msg_new(MSG_STATS, NULL, NULL);
        m->request = ++p->next_request;
        workers_tell(p->workers, i, m);
    }
}

static void party_open(struct party *p, const struct workers_config *cfg)
{
    *p = (struct party){0};
    assert_int_equal(srtpctx_library_init(), OK);
    assert_int_equal(mailbox_new(&p->box), OK);
    assert_int_equal(srtpseal_mgr_new(SRTPSEAL_FASTEST, &p->mgr), OK);
    assert_int_equal(dtls_identity_new(usec_wall(), &p->identity), OK);
    p->outbox = malloc(sizeof *p->outbox);
    assert_non_null(p->outbox);
    outbox_init(p->outbox);
    assert_int_equal(workers_start(cfg, p->box, &p->workers), OK);
}

static void party_close(struct party *p)
{
    workers_stop(p->workers);
    mailbox_free(p->box);
    srtpseal_mgr_free(p->mgr);
    dtls_identity_unref(p->identity);
    free(p->outbox);
}

static void guests_come_and_go_while_media_crosses_between_workers(void **state)
{
    (void)state;
    struct party p;
    struct addr loopback;
    assert_int_equal(addr_parse("127.0.0.1", 0, &loopback), OK);
    const struct workers_config cfg = {
        .n_workers = N_WORKERS, .announce = &loopback, .n_announce = 1, .max_sessions = 100, .max_packets = 20000};
    party_open(&p, &cfg);
    usec_t start = usec_monotonic(), change_at = start + SEC;
    unsigned who = 0;
    for (unsigned i = 0; i < N_CLIENTS; i++)
        come(&p, i);
    while (usec_monotonic() < start + RUN) {
        hear_control(&p);
        for (unsigned i = 0; i < N_CLIENTS; i++)
            turn(&p, &p.guests[i]);
        if (usec_monotonic() >= change_at) {
            change_at += 100 * MSEC;
            who = (who + 3) % N_CLIENTS;
            go(&p, who, true);
            come(&p, who);
            ask_stats(&p);
        }
        usleep(2000);
    }
    for (unsigned i = 0; i < N_CLIENTS; i++)
        go(&p, i, i % 2); /* the others are still there when the workers stop */
    party_close(&p);
    assert_in_range(p.n_went, N_CLIENTS + 5, 1000);
    assert_in_range(p.n_open, p.n_went / 2, 1000);
    assert_in_range(p.n_states, p.n_went, 100000);
    assert_in_range(p.n_stats, N_WORKERS, 100000);
    assert_in_range(p.n_audio, 100, 1000000); /* a starved machine under TSan manages a fifth of the usual */
    assert_in_range(p.n_video, 100, 1000000);
    assert_in_range(p.n_sources_seen, 5, 100000);
    assert_int_equal(p.n_faults, 0);
    assert_int_equal(p.n_undecryptable, 0);
}

static void workers_that_never_had_a_guest_stop_at_once(void **state)
{
    (void)state;
    struct party p;
    const struct workers_config cfg = {.n_workers = 2, .max_sessions = 1, .max_packets = 1};
    party_open(&p, &cfg);
    assert_int_equal(workers_count(p.workers), 2);
    assert_int_not_equal(workers_port(p.workers, 0), workers_port(p.workers, 1));
    party_close(&p);
}

static void a_taken_port_is_refused_and_leaves_nothing_open(void **state)
{
    (void)state;
    struct party p;
    struct workers_config cfg = {.n_workers = 1, .max_sessions = 1, .max_packets = 256};
    party_open(&p, &cfg);
    struct workers *more = NULL;
    cfg.port = workers_port(p.workers, 0);
    cfg.n_workers = 2;
    assert_int_equal(workers_start(&cfg, p.box, &more), ERR_IO);
    assert_null(more);
    party_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guests_come_and_go_while_media_crosses_between_workers),
        cmocka_unit_test(workers_that_never_had_a_guest_stop_at_once),
        cmocka_unit_test(a_taken_port_is_refused_and_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
