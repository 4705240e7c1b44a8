/* hub.h: all that one worker has of all rooms: its sessions, its members, its own tracks and the mirrors of those on
 * other workers. Sans-IO: messages and datagrams go in with the time; datagrams, messages and crossings come out and
 * the shell carries them. One per worker; never shared between threads. Limits are set at creation. */
#pragma once
#include "net/outbox.h"
#include "net/pkt.h"
#include "common/deadlines.h"
#include "room/msg.h"

#define HUB_CROSSINGS 4096
#define HUB_BATCH     512

struct hub;

/* A packet on its way to another worker: with its one reference. */
struct crossing {
    unsigned to;
    struct track_id track;
    struct ext_map exts;
    struct media media;
};

struct hub_config {
    unsigned worker, n_workers;
    unsigned max_sessions;
    struct dtls_identity *identity; /* the hub takes a reference */
    struct srtpseal_mgr *mgr;
    struct pkt_pool *pool;
    const struct sdp_local_candidate *candidates; /* this worker's; borrowed */
    unsigned n_candidates;
    uint64_t seed; /* random */
    const struct log *log;
};

/* What the shell takes away after each call. */
struct hub_out {
    struct msg_list messages;
    uint64_t n_crossings_lost; /* the shell counts here those that it had no room for */
    unsigned n_crossings;
    struct crossing *crossings; /* HUB_CROSSINGS of room */
};

MUST_CHECK enum err hub_new(const struct hub_config *cfg, struct outbox *outbox, struct hub **hub); /* ERR_NOMEM */
void hub_free(struct hub *h); /* hub_close() before, if the peers are to be told */
struct hub_out *hub_out(struct hub *h);
void hub_set_identity(struct hub *h,
                      struct dtls_identity *identity); /* for new sessions; takes a reference of its own */

/* The outbox that hub_new() was given, with all in it sealed: for the shell to send and clear. */
struct outbox *hub_outbox(struct hub *h);

/* Whatever fills the outbox says whether it still has room for the next step. True: it hasn't. Then the shell sends
 * hub_outbox() and calls hub_forward() for what is left of the work, again and again until it says false, and nothing
 * else before. So the core is never re-entered, and no datagram is refused. */
MUST_CHECK bool hub_apply(struct hub *h, usec_t now, struct msg *m); /* takes m */

/* Received datagrams are gathered; hub_forward(), which the shell calls after each batch, sends them on. Gathering
 * HUB_BATCH of them is full too. */
MUST_CHECK bool hub_recv(struct hub *h, usec_t now, uint64_t ntp, const struct addr *from, const uint8_t *data,
                         size_t len);
MUST_CHECK bool hub_cross(struct hub *h, const struct crossing *c); /* takes the packet's reference */
MUST_CHECK bool hub_forward(struct hub *h, usec_t now);

/* Due at hub_deadline(). True: there may be more that is due. */
MUST_CHECK bool hub_tick(struct hub *h, usec_t now, uint64_t ntp);
usec_t hub_deadline(const struct hub *h);

/* Says goodbye to every peer. True: not to all yet; send, and call it again. */
MUST_CHECK bool hub_close(struct hub *h, usec_t now);
