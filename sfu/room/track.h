/* track.h: one source in a room as one worker knows it: the publisher's own, or the mirror of one that lives on another
 * worker. Holds the recent packets for NACKs and the slots that get it. */
#pragma once
#include "common/deadlines.h"
#include "room/msg.h"
#include "rtp/history.h"
#include "rtp/keyframe_req.h"

struct room;
struct member;

struct track {
    struct track_id id;
    struct room *room;
    char participant[ROOM_NAME_CAP];
    enum source source;
    bool is_video;
    uint64_t order; /* grows: who came first */

    struct history *history;
    struct slot **subs; /* who gets it here; slot_place() is its place */
    unsigned n_subs, subs_cap;
    struct ext_map exts; /* of the packets in the history */

    /* of a track that lives here */
    struct member *owner; /* NULL: a mirror */
    struct uptrack *up;
    struct keyframe_req key;
    struct deadline key_timer;
    uint64_t wanted_by; /* bit per worker */
    bool held_back;     /* the last packet was: its owner's audio is blocked */
    double energy;      /* audio: smoothed loudness 0…127 */
    usec_t heard_at;

    /* of a mirror */
    bool wanted; /* we told its worker that we want it */

    bool speaks;     /* scratch for room_take_speakers() */
    bool speaking;   /* among the speakers, as the home worker last said */
    usec_t spoke_at; /* last time it was among them; 0: never */
};

MUST_CHECK enum err track_subscribe(struct track *t, struct slot *s);
void track_unsubscribe(struct track *t, struct slot *s);

/* One loudness report: level 0 (loud) … 127 (silent), RFC 6464. */
void track_heard(struct track *t, usec_t now, uint8_t level);
double track_energy(const struct track *t, usec_t now); /* 0 when nothing came for a while */

/* A batch of the track's packets, in the order they came, on its way to every slot here: all of them for one slot
 * before the next, so that its keys stay in cache and its datagrams leave as one burst. */
struct track_batch {
    struct track *of;  /* NULL: nothing is under way */
    unsigned next_sub; /* the first slot that hasn't got it yet */
    size_t n_bytes;    /* what one slot's datagrams take at most */
    bool needs_key;    /* a slot waits for a key frame */
    struct slot_batch media;
};

/* The batch begins: it is kept for NACKs, and what came twice leaves it. */
void track_begin(struct track *t, usec_t now, struct track_batch *batch, struct hub_counters *count);
/* True: the outbox has no room for the next slot's; call again when it has been sent. */
bool track_forward(struct track *t, usec_t now, struct track_batch *batch, struct outbox *out,
                   struct hub_counters *count);
