/* world.c: what world.h promises. */
#include "sim/world.h"
#include "rtp/ntp.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP MSEC
#define WALL ((usec_t)1800000000 * SEC)

#define must(e)                                                                                                        \
    do {                                                                                                               \
        if (!(e)) {                                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #e);                                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static uint32_t world_random(struct world *w)
{
    w->rng = w->rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->rng >> 33);
}

static uint64_t ntp_now(const struct world *w)
{
    return ntp_of_wall(WALL + w->now);
}

/* ---- the network ---- */

static bool is_lost(struct world *w, const uint8_t *p, bool up)
{
    unsigned percent = up ? w->cfg.loss_up : w->cfg.loss_down;
    bool is_media = p[0] >= 128 && p[0] < 192 && !(p[1] >= 192 && p[1] <= 223);
    return is_media && percent && world_random(w) % 100 < percent;
}

static void fly(struct world *w, const struct world_packet *head, const uint8_t *p, size_t len)
{
    if (is_lost(w, p, head->up))
        return;
    unsigned tries = 0;
    while (w->flying[w->flying_at].at && tries++ < WORLD_FLYING)
        w->flying_at = (w->flying_at + 1) % WORLD_FLYING;
    struct world_packet *f = &w->flying[w->flying_at];
    must(!f->at); /* else somebody floods */
    f->to_client = head->to_client;
    f->hub = head->hub;
    f->up = head->up;
    f->from = head->from;
    f->len = (uint16_t)len;
    f->at = w->now + w->cfg.delay + (w->cfg.jitter ? world_random(w) % w->cfg.jitter : 0);
    memcpy(f->data, p, len);
}

static unsigned client_at(const struct world *w, const struct addr *a)
{
    unsigned i = 0;
    while (i < w->n_clients && !addr_eq(&w->clients[i].addr, a))
        i++;
    return i;
}

static void drain_hub(struct world *w, unsigned i)
{
    struct outbox *o = hub_outbox(w->hubs[i].hub);
    must(o->n_refused == 0);
    for (unsigned k = 0; k < o->n_datagrams; k++) {
        unsigned to = client_at(w, &o->datagrams[k].to);
        struct world_packet head = {.to_client = to, .hub = i};
        w->n_down++;
        if (to == w->n_clients)
            w->bytes_elsewhere += o->datagrams[k].len;
        if (to < w->n_clients && !w->clients[to].away)
            fly(w, &head, o->arena + o->datagrams[k].offset, o->datagrams[k].len);
    }
    outbox_clear(o);
}

static void forward(struct world *w, unsigned i)
{
    while (hub_forward(w->hubs[i].hub, w->now))
        drain_hub(w, i);
}

static void give_msg(struct world *w, unsigned i, struct msg *m)
{
    if (hub_apply(w->hubs[i].hub, w->now, m))
        forward(w, i);
}

void world_drain_client(struct world *w, unsigned client)
{
    struct world_packet head = {.hub = w->clients[client].hub, .up = true, .from = w->clients[client].addr};
    srtpseal_flush(w->mgr);
    must(w->outbox->n_refused == 0);
    for (unsigned k = 0; k < w->outbox->n_datagrams; k++) {
        w->n_up++;
        if (!w->clients[client].away)
            fly(w, &head, w->outbox->arena + w->outbox->datagrams[k].offset, w->outbox->datagrams[k].len);
    }
    outbox_clear(w->outbox);
}

static void carry_message(struct world *w, unsigned from, struct msg *m)
{
    if (m->to != MSG_TO_API) {
        must(m->to < w->cfg.n_hubs && m->to != from && m->from == from);
        give_msg(w, m->to, m);
        return;
    }
    must(w->n_notes < WORLD_NOTES);
    w->notes[w->n_notes++] = m;
}

/* What a worker's shell does after each turn, until there is nothing more to carry. */
static void carry(struct world *w)
{
    bool more = true;
    while (more) {
        more = false;
        for (unsigned i = 0; i < w->cfg.n_hubs; i++) {
            struct hub_out *out = hub_out(w->hubs[i].hub);
            drain_hub(w, i);
            for (struct msg *m; (m = msg_list_take(&out->messages)); more = true)
                carry_message(w, i, m);
            for (unsigned k = 0; k < out->n_crossings; k++, more = true)
                if (hub_cross(w->hubs[out->crossings[k].to].hub, &out->crossings[k]))
                    forward(w, out->crossings[k].to);
            out->n_crossings = 0;
        }
        for (unsigned i = 0; i < w->cfg.n_hubs; i++)
            forward(w, i);
    }
}

void world_receive(struct world *w, unsigned i, const struct addr *from, const uint8_t *p, size_t len)
{
    if (hub_recv(w->hubs[i].hub, w->now, ntp_now(w), from, p, len))
        forward(w, i);
}

static void deliver(struct world *w, const struct world_packet *f)
{
    if (f->up) {
        world_receive(w, f->hub, &f->from, f->data, f->len);
        return;
    }
    sim_client_recv(w->clients[f->to_client].sim, w->now, ntp_now(w), f->data, f->len, w->outbox);
    world_drain_client(w, f->to_client);
}

/* Those of one instant in the order they were sent. */
static void deliver_due(struct world *w)
{
    for (unsigned n = 0; n < WORLD_FLYING; n++) {
        struct world_packet *f = &w->flying[(w->flying_at + 1 + n) % WORLD_FLYING];
        if (!f->at || f->at > w->now)
            continue;
        f->at = 0;
        deliver(w, f);
    }
    for (unsigned i = 0; i < w->cfg.n_hubs; i++)
        forward(w, i);
}

static void client_step(struct world *w, unsigned i)
{
    struct world_client *c = &w->clients[i];
    if (c->talks && w->now >= c->audio_at) {
        c->audio_at = w->now + 20 * MSEC;
        sim_client_send_audio(c->sim, c->level, w->outbox);
    }
    if (c->frame && w->now >= c->video_at) {
        c->video_at = w->now + 33 * MSEC;
        sim_client_send_video(c->sim, c->frame, w->outbox);
    }
    sim_client_tick(c->sim, w->now, ntp_now(w), w->outbox);
    world_drain_client(w, i);
}

static void tick(struct world *w, unsigned i)
{
    while (hub_tick(w->hubs[i].hub, w->now, ntp_now(w)))
        forward(w, i);
}

void world_run(struct world *w, usec_t duration)
{
    for (usec_t end = w->now + duration; w->now < end; w->now += STEP) {
        deliver_due(w);
        for (unsigned i = 0; i < w->n_clients; i++)
            client_step(w, i);
        for (unsigned i = 0; i < w->cfg.n_hubs; i++)
            if (hub_deadline(w->hubs[i].hub) <= w->now)
                tick(w, i);
        carry(w);
    }
}

bool world_connect(struct world *w)
{
    for (unsigned n = 0; n < 100; n++) {
        unsigned n_open = 0;
        world_run(w, 50 * MSEC);
        for (unsigned i = 0; i < w->n_clients; i++)
            n_open += w->clients[i].sim->open;
        if (n_open == w->n_clients)
            return true;
    }
    return false;
}

void world_send_to_hub(struct world *w, unsigned hub, const struct addr *from, const void *p, size_t len)
{
    world_receive(w, hub, from, p, len);
    forward(w, hub);
    carry(w);
}

/* ---- beginning and end ---- */

static void open_hub(struct world *w, unsigned i)
{
    must(srtpseal_mgr_new(SRTPSEAL_FASTEST, &w->hubs[i].mgr) == OK);
    must(pkt_pool_new(w->cfg.max_packets ? w->cfg.max_packets : 65536, &w->hubs[i].pool) == OK);
    must(addr_parse("192.0.2.1", (uint16_t)(40000 + i), &w->hubs[i].candidate.addr) == OK);
    w->hubs[i].outbox = malloc(sizeof *w->hubs[i].outbox);
    must(w->hubs[i].outbox);
    outbox_init(w->hubs[i].outbox);
    struct hub_config cfg = {
        .worker = i,
        .n_workers = w->cfg.n_hubs,
        .max_sessions = w->cfg.max_sessions ? w->cfg.max_sessions : 100,
        .identity = w->identity,
        .mgr = w->hubs[i].mgr,
        .pool = w->hubs[i].pool,
        .candidates = &w->hubs[i].candidate,
        .n_candidates = 1,
        .seed = 5 + i,
    };
    must(hub_new(&cfg, w->hubs[i].outbox, &w->hubs[i].hub) == OK);
}

struct world *world_new(const struct world_config *cfg)
{
    struct world *w = calloc(1, sizeof *w);
    must(w && srtpctx_library_init() == OK);
    w->cfg = *cfg;
    w->now = WORLD_T0;
    w->rng = 42;
    w->flying = calloc(WORLD_FLYING, sizeof *w->flying);
    w->outbox = malloc(sizeof *w->outbox);
    must(w->flying && w->outbox);
    outbox_init(w->outbox);
    must(dtls_identity_new(usec_wall(), &w->identity) == OK);
    must(dtls_identity_new(usec_wall(), &w->client_identity) == OK);
    must(dtls_identity_new(usec_wall(), &w->other_identity) == OK);
    must(srtpseal_mgr_new(SRTPSEAL_FASTEST, &w->mgr) == OK);
    for (unsigned i = 0; i < cfg->n_hubs; i++)
        open_hub(w, i);
    return w;
}

void world_forget_notes(struct world *w)
{
    for (unsigned i = 0; i < w->n_notes; i++)
        msg_free(w->notes[i]);
    w->n_notes = 0;
}

void world_free(struct world *w)
{
    world_forget_notes(w);
    for (unsigned i = 0; i < w->n_clients; i++)
        sim_client_free(w->clients[i].sim);
    for (unsigned i = 0; i < w->cfg.n_hubs; i++)
        hub_free(w->hubs[i].hub);
    for (unsigned i = 0; i < w->cfg.n_hubs; i++) {
        must(pkt_pool_in_use(w->hubs[i].pool) == 0);
        pkt_pool_free(w->hubs[i].pool);
        srtpseal_mgr_free(w->hubs[i].mgr);
        free(w->hubs[i].outbox);
    }
    srtpseal_mgr_free(w->mgr);
    dtls_identity_unref(w->identity);
    dtls_identity_unref(w->client_identity);
    dtls_identity_unref(w->other_identity);
    free(w->outbox);
    free(w->flying);
    free(w);
}

/* ---- the control side ---- */

struct msg *world_ask(struct world *w, unsigned hub, struct msg *m)
{
    must(m);
    uint64_t number = m->request = 1 + world_random(w);
    give_msg(w, hub, m);
    carry(w);
    for (unsigned i = w->n_notes; i > 0; i--) {
        struct msg *n = w->notes[i - 1];
        if (msg_way(n->type) != MSG_IS_REPLY || n->request != number)
            continue;
        memmove(w->notes + i - 1, w->notes + i, (w->n_notes - i) * sizeof(struct msg *));
        w->n_notes--;
        return n;
    }
    must(number == 0); /* a request has one reply */
    return NULL;
}

unsigned world_add_client(struct world *w, unsigned hub, const char *room, const char *name,
                          const struct sdp_client_plan *plan)
{
    must(w->n_clients < WORLD_CLIENTS);
    unsigned i = w->n_clients++;
    struct world_client *c = &w->clients[i];
    struct sim_client_config cfg = {
        .plan = *plan,
        .source = 100 + i,
        .seed = 1000 + i,
        .identity = w->client_identity,
        .mgr = w->mgr,
        .profiles = w->cfg.profiles,
    };
    cfg.plan.audio_ssrc = 10 + 10 * i;
    cfg.plan.video_ssrc = 11 + 10 * i;
    cfg.plan.video_rtx_ssrc = 12 + 10 * i;
    *c = (struct world_client){.hub = hub, .level = 127, .audio_at = w->now + i * MSEC, .video_at = w->now + i * MSEC};
    snprintf(c->room, sizeof c->room, "%s", room);
    snprintf(c->name, sizeof c->name, "%s", name);
    char ip[32];
    snprintf(ip, sizeof ip, "198.51.100.%u", i + 1);
    must(addr_parse(ip, 5000, &c->addr) == OK);
    must(sim_client_new(&cfg, &c->sim) == OK);
    c->sim->server = w->hubs[hub].candidate.addr;
    return i;
}

static enum err simple_request(struct world *w, unsigned client, enum msg_type type)
{
    struct world_client *c = &w->clients[client];
    struct msg *reply = world_ask(w, c->hub, msg_new(type, c->room, c->name));
    enum err e = reply->reply.err;
    msg_free(reply);
    return e;
}

enum err world_join(struct world *w, unsigned client)
{
    return simple_request(w, client, MSG_JOIN);
}

enum err world_leave(struct world *w, unsigned client)
{
    return simple_request(w, client, MSG_LEAVE);
}

enum err world_offer(struct world *w, unsigned client)
{
    struct world_client *c = &w->clients[client];
    struct msg *m = msg_new(MSG_OFFER, c->room, c->name);
    must(m);
    m->offer.sdp = sim_client_offer(c->sim);
    must(m->offer.sdp);
    for (unsigned i = 0; i < MSG_ENTROPY; i++)
        m->offer.entropy[i] = (uint8_t)world_random(w);
    struct msg *reply = world_ask(w, c->hub, m);
    enum err e = reply->reply.err;
    if (!e)
        e = sim_client_answer(c->sim, reply->reply.text);
    msg_free(reply);
    return e;
}

struct sim_client *world_sim(struct world *w, unsigned client)
{
    return w->clients[client].sim;
}

unsigned world_in_use(struct world *w, unsigned hub)
{
    return pkt_pool_in_use(w->hubs[hub].pool);
}

struct hub_counters world_counters(struct world *w, unsigned hub)
{
    struct msg *reply = world_ask(w, hub, msg_new(MSG_STATS, NULL, NULL));
    must(reply->stats);
    struct hub_counters c = reply->stats->hub;
    msg_free(reply);
    return c;
}

const struct msg *world_find_note(const struct world *w, enum msg_type type, const char *participant)
{
    for (unsigned i = w->n_notes; i > 0; i--)
        if (w->notes[i - 1]->type == type && (!participant || strcmp(w->notes[i - 1]->participant, participant) == 0))
            return w->notes[i - 1];
    return NULL;
}

unsigned world_count_notes(const struct world *w, enum msg_type type, const char *participant)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->n_notes; i++)
        n += w->notes[i]->type == type && (!participant || strcmp(w->notes[i]->participant, participant) == 0);
    return n;
}

const char *world_slot_owner(const struct world *w, unsigned client, const char *mid)
{
    for (unsigned i = w->n_notes; i > 0; i--) {
        const struct msg *m = w->notes[i - 1];
        if (m->type != MSG_SLOTS || strcmp(m->participant, w->clients[client].name) != 0)
            continue;
        for (unsigned k = 0; k < m->slots.n; k++)
            if (strcmp(m->slots.list[k].mid, mid) == 0)
                return m->slots.list[k].participant;
    }
    return "";
}

/* ---- what is usual ---- */

const struct sdp_client_plan world_both = {
    .send_audio = true, .send_video = true, .n_audio_slots = 2, .n_video_slots = 2};

unsigned world_enter(struct world *w, const char *name)
{
    unsigned i = world_add_client(w, 0, "room", name, &world_both);
    must(world_join(w, i) == OK);
    must(world_offer(w, i) == OK);
    return i;
}

void world_talk(struct world *w, unsigned client)
{
    w->clients[client].talks = true;
    w->clients[client].level = 20;
    w->clients[client].frame = 3;
}

struct world *world_two(const struct world_config *cfg)
{
    struct world *w = world_new(cfg);
    world_enter(w, "ann");
    world_enter(w, "bob");
    world_talk(w, 0);
    world_talk(w, 1);
    must(world_connect(w));
    return w;
}

struct sim_slot *world_slot(struct world *w, unsigned client, const char *mid)
{
    struct sim_slot *s = sim_client_slot(world_sim(w, client), mid);
    must(s);
    return s;
}
