/* world.h: hubs, simulated clients and the network between them, in memory: what the shell does around hubs is done
 * here, and time passes only in world_run(). For tests only. A broken promise of a hub ends the program. */
#pragma once
#include "room/hub.h"
#include "sim/client.h"

#define WORLD_HUBS    4
#define WORLD_CLIENTS 16
#define WORLD_FLYING  16384
#define WORLD_NOTES   4096
#define WORLD_T0      (1000 * SEC)

struct world_client {
    struct sim_client *sim;
    char room[ROOM_NAME_CAP], name[ROOM_NAME_CAP];
    unsigned hub;
    struct addr addr;
    bool away;      /* its datagrams go nowhere, both ways */
    bool talks;     /* audio every 20 ms, … */
    uint8_t level;  /* … this loud: 0 loud … 127 silent */
    unsigned frame; /* video packets in a frame, each 33 ms; 0: no video */
    usec_t audio_at, video_at;
};

struct world_packet {
    usec_t at; /* 0: free */
    unsigned to_client, hub;
    bool up;
    struct addr from;
    uint16_t len;
    uint8_t data[OUTBOX_DATAGRAM_CAP];
};

struct world_config {
    unsigned n_hubs, max_sessions;
    usec_t delay, jitter;        /* of each datagram, each way; jitter reorders */
    unsigned loss_up, loss_down; /* percent, of SRTP only */
    const char *profiles;        /* DTLS-SRTP of the clients; NULL: all */
    unsigned max_packets;        /* of each hub's pool; 0: plenty */
};

struct world {
    struct world_config cfg;
    usec_t now;
    uint64_t rng;
    struct dtls_identity *identity, *client_identity, *other_identity;
    struct world_hub {
        struct hub *hub;
        struct outbox *outbox;
        struct pkt_pool *pool;
        struct srtpseal_mgr *mgr;
        struct sdp_local_candidate candidate;
    } hubs[WORLD_HUBS];
    struct srtpseal_mgr *mgr; /* the clients' */
    struct outbox *outbox;    /* the clients' */
    unsigned n_clients;
    struct world_client clients[WORLD_CLIENTS];
    struct world_packet *flying;
    unsigned flying_at; /* where a free place is looked for first */
    unsigned n_notes;
    struct msg *notes[WORLD_NOTES]; /* what hubs told control, owned */
    uint64_t n_up, n_down;
    uint64_t bytes_elsewhere; /* that hubs sent to addresses which are no client's */
};

struct world *world_new(const struct world_config *cfg);
void world_free(struct world *w); /* all packets must have come home */

/* A client that sends and receives as planned, connected to nothing yet. Its number. */
unsigned world_add_client(struct world *w, unsigned hub, const char *room, const char *name,
                          const struct sdp_client_plan *plan);
enum err world_join(struct world *w, unsigned client); /* the reply's err */
enum err world_offer(struct world *w, unsigned client);
enum err world_leave(struct world *w, unsigned client);
struct sim_client *world_sim(struct world *w, unsigned client);

/* A request by hand: takes m, gives the reply (the caller frees it). */
struct msg *world_ask(struct world *w, unsigned hub, struct msg *m);
void world_run(struct world *w, usec_t duration);
/* Until all clients are open, at most 5 s; false: they aren't. */
bool world_connect(struct world *w);
/* What the test made a client say goes its way. */
void world_drain_client(struct world *w, unsigned client);
/* Received, but forwarded only if it must be before the next. */
void world_receive(struct world *w, unsigned hub, const struct addr *from, const uint8_t *p, size_t len);
void world_send_to_hub(struct world *w, unsigned hub, const struct addr *from, const void *p, size_t len); /* at once */

unsigned world_in_use(struct world *w, unsigned hub); /* packets */
struct hub_counters world_counters(struct world *w, unsigned hub);

/* The last note of a type about a participant (NULL: any), or NULL. */
const struct msg *world_find_note(const struct world *w, enum msg_type type, const char *participant);
unsigned world_count_notes(const struct world *w, enum msg_type type, const char *participant);
void world_forget_notes(struct world *w);
/* Whom the control side believes in a slot, from the notes: "" if empty. */
const char *world_slot_owner(const struct world *w, unsigned client, const char *mid);

/* ---- what is usual: a client that sends and receives both ---- */

/* m-lines: 0 microphone, 1 camera, 2 and 3 audio slots, 4 and 5 video slots. */
extern const struct sdp_client_plan world_both;
unsigned world_enter(struct world *w, const char *name); /* into "room" on hub 0, with an offer */
void world_talk(struct world *w, unsigned client);       /* loudly, and with a picture */
struct world *world_two(const struct world_config *cfg); /* 0 is ann, 1 is bob; both are open, and talk */
struct sim_slot *world_slot(struct world *w, unsigned client, const char *mid);
