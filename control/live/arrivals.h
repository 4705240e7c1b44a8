/* arrivals.h: what sockets say, on its way to the meetings: what costs a lot is taken from the shares of its address
 * (shares.h), and who joins a meeting that many join at once waits for its turn, unknowing: so many a second, in order,
 * but who comes from an address of which fewer wait goes first. What it says meanwhile waits with it. Part of struct
 * live, which owns it. Loop thread only.
 *
 * Bounded: ARRIVALS_MAX sockets wait, each with ARRIVAL_SAYS events of ARRIVAL_BYTES; more is `rate_limited`. */
#pragma once
#include "common/map.h"
#include "loop/loop.h"
#include "meeting/meetings.h"
#include "socketio/sio.h"

struct live;

#define ARRIVALS_MAX  2048
#define ARRIVAL_SAYS  8
#define ARRIVAL_BYTES 4096

struct said {
    const struct meeting_verb *verb;
    json_t *payload;
    uint64_t ack; /* + 1; 0: none is wanted */
};

struct arrival {
    struct sio_id socket;
    struct holder from;
    char meeting[MEETING_ID_CAP];
    unsigned turn; /* how many of its address waited when it came */
    unsigned n_said;
    struct said said[ARRIVAL_SAYS]; /* the first: to join */
};

struct arrivals {
    struct arrival *waiting[ARRIVALS_MAX]; /* by turn */
    unsigned n;
    struct map by_socket; /* the same, by sio_id_number(): each event asks */
    struct loop_timer timer;
    struct map media; /* (meeting, participant) -> whose place in the media server it has */
};

void arrivals_hear(struct live *l, struct sio_id socket, const struct said *said); /* borrowed */
void arrivals_lost(struct live *l, struct sio_id socket);
/* The media server was told that a participant has left: its place is free. */
void arrivals_media_left(struct live *l, const char *meeting, const char *participant);
void arrivals_reset(struct live *l);
