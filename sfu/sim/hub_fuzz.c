/* Hubs with several sessions under datagrams from anywhere: paths are learned, move and are forgotten, sessions come
 * and go, and anything may be sent from anybody's address. All sessions and packets are gone when all have left. The
 * input is rows of | what 1 | who 1 | length 1 | bytes … |; each run begins with everybody joined anew, nobody
 * connected. */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CLIENTS   3
#define ADDRESSES 6
#define MAX_STEPS 64

static void must(bool b)
{
    if (!b)
        abort();
}

static void join(struct world *w, unsigned client)
{
    (void)world_leave(w, client); /* it may not be there */
    must(world_join(w, client) == OK);
    must(world_offer(w, client) == OK);
}

static struct world *the_world(void)
{
    static struct world *w;
    if (w)
        return w;
    const struct sdp_client_plan plan = {
        .send_audio = true,
        .send_video = true,
        .n_audio_slots = 1,
        .n_video_slots = 1,
        .audio_ssrc = 1,
        .video_ssrc = 2,
        .video_rtx_ssrc = 3,
    };
    w = world_new(&(struct world_config){.n_hubs = 2, .max_packets = 2048});
    for (unsigned i = 0; i < CLIENTS; i++) {
        char name[8];
        snprintf(name, sizeof name, "c%u", i);
        must(world_add_client(w, i == 2, "room", name, &plan) == i);
    }
    return w;
}

/* What flew and what was told is of no interest. */
static void forget(struct world *w)
{
    for (unsigned i = 0; i < WORLD_FLYING; i++)
        w->flying[i].at = 0;
    world_forget_notes(w);
}

/* A client's checks, from any address. */
static void checks(struct world *w, unsigned client, const struct addr *from)
{
    uint8_t copy[OUTBOX_DATAGRAM_CAP];
    w->clients[client].sim->check_at = 0;
    sim_client_tick(w->clients[client].sim, w->now, 7ull << 32, w->outbox);
    srtpseal_flush(w->mgr);
    for (unsigned k = 0; k < w->outbox->n_datagrams; k++) {
        const struct outbox_datagram *d = &w->outbox->datagrams[k];
        memcpy(copy, w->outbox->arena + d->offset, d->len);
        world_send_to_hub(w, w->clients[client].hub, from, copy, d->len);
    }
    outbox_clear(w->outbox);
}

static void pass(struct world *w, usec_t us)
{
    w->now += us;
    for (unsigned i = 0; i < 2; i++) {
        bool more = hub_tick(w->hubs[i].hub, w->now, 7ull << 32);
        outbox_clear(hub_outbox(w->hubs[i].hub));
        while (more) {
            more = hub_forward(w->hubs[i].hub, w->now);
            outbox_clear(hub_outbox(w->hubs[i].hub));
        }
    }
}

static void step(struct world *w, uint8_t what, uint8_t who, struct bytes in)
{
    struct addr from;
    unsigned client = who % CLIENTS;
    must(addr_parse("198.51.100.7", (uint16_t)(5000 + who / CLIENTS % ADDRESSES), &from) == OK);
    switch (what % 8) {
    case 0:
    case 1:
        checks(w, client, &from);
        break;
    case 2:
        pass(w, (usec_t)in.len * 100 * MSEC);
        break;
    case 3:
        join(w, client);
        break;
    case 4:
        (void)world_leave(w, client);
        (void)world_join(w, client);
        break;
    default:
        world_send_to_hub(w, w->clients[client].hub, &from, in.p, in.len);
    }
    w->now += MSEC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world *w = the_world();
    struct rd rd = rd_of(bytes_of(data, len));
    for (unsigned i = 0; i < CLIENTS; i++)
        join(w, i);
    for (unsigned i = 0; i < MAX_STEPS && rd_left(&rd) >= 3; i++) {
        uint8_t what = rd_u8(&rd), who = rd_u8(&rd);
        size_t n = rd_u8(&rd);
        step(w, what, who, rd_bytes(&rd, n < rd_left(&rd) ? n : rd_left(&rd)));
        must(world_counters(w, 0).n_sessions <= 2 && world_counters(w, 1).n_sessions <= 1);
    }
    forget(w);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)world_leave(w, i);
    must(world_counters(w, 0).n_sessions == 0 && world_counters(w, 1).n_sessions == 0);
    must(world_in_use(w, 0) == 0 && world_in_use(w, 1) == 0);
    forget(w);
    return 0;
}
