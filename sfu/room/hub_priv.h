/* hub_priv.h: a hub's inside, for the files of this folder. */
#pragma once
#include "common/map.h"
#include "common/slots.h"
#include "room/hub.h"
#include "room/paths.h"
#include "room/track.h"

#define LINK_ADDRS       (ICE_REMOTES + 1)
#define LEVELS_INTERVAL  (100 * MSEC)
#define ASSIGN_DELAY     (10 * MSEC) /* arrivals and departures are gathered this long */
#define QUALITY_INTERVAL (2 * SEC)
#define SPEAKING         62.0 /* energy from which somebody speaks: louder than -65 dBov, smoothed */

/* What a struct deadline is embedded in: its kind. */
enum hub_timer { TIMER_LINK, TIMER_ASSIGN, TIMER_LEVELS, TIMER_KEY };

/* A session's place in the hub: what its ufrag and its paths point to. */
struct link {
    struct deadline timer;
    unsigned index;
    struct session *session;
    struct member *member;
    unsigned n_addrs;
    struct addr addrs[LINK_ADDRS];
};

/* A participant whose session lives (or will live) on this worker. */
struct member {
    struct member *next;
    struct room *room;
    char name[ROOM_NAME_CAP];
    struct link *link; /* NULL: no session yet */
    bool audio_blocked;
    unsigned n_announced;
    struct msg_track announced[SESSION_UPTRACKS]; /* which m-line is what: for the next offer */
    unsigned n_views;
    struct msg_view *views; /* owned; NULL: shows whoever spoke last */
    int max_video;
    usec_t quality_at;
    struct track_id noted[SESSION_SLOTS]; /* what control was last told of each slot; generation 0: empty */
};

struct room {
    struct hub *hub;
    char name[ROOM_NAME_CAP];
    unsigned home; /* the worker that ranks the speakers */
    struct member *members;
    unsigned n_members;
    struct track **tracks; /* all of the room, ours and mirrors */
    unsigned n_tracks, tracks_cap;
    struct deadline assign_timer, levels_timer;
    struct track *dominant;
    unsigned levels_left; /* reports of silence still to be sent */
    usec_t noted_at;
    unsigned n_noted; /* the speakers last told to control, to tell changes only */
    struct track_id noted[MSG_SPEAKERS];
    struct track_id noted_dominant;
};

/* A received packet that waits for its batch. */
struct waiting {
    struct track *track;
    struct media media;
};

struct hub {
    struct hub_config cfg;
    struct outbox *outbox;
    struct hub_out out;
    struct paths *paths;
    struct deadlines deadlines;
    struct link **links; /* by index; NULL: free */
    unsigned n_links, links_cap;
    struct map rooms; /* by map_key_of_text() of the name; control chooses the names, so nobody aims at a place */
    struct slots own_tracks; /* ids name a slot and its generation */
    uint64_t track_order;
    struct map mirrors;             /* by the whole id */
    unsigned n_waiting, waiting_at; /* those before waiting_at have left the row */
    struct waiting *waiting;        /* HUB_BATCH */
    struct track_batch *batch;      /* what is being forwarded */
    struct session_asks asks;       /* what the last RTCP packet asked for … */
    unsigned asks_at, ask_seq_at;   /* … and how far it has been answered */
    struct room *closing;           /* a room that had more to say goodbye to than the outbox had room for */
    struct sdp *sdp;                /* scratch for offers */
    char *answer;                   /* scratch, SDP_TEXT_MAX and a NUL */
    struct hub_counters counters;
};

/* hub.c */
void hub_forget_waiting(struct hub *h, const struct track *t); /* its packets leave; NULL: all */
bool hub_is_full(const struct hub *h);                         /* the outbox has no room for another step */
void hub_seal(struct hub *h); /* what waits for the cipher is written into the outbox */
struct msg *hub_msg(struct hub *h, enum msg_type type, const char *room,
                    const char *participant);             /* NULL without memory: counted as a message lost */
void hub_say(struct hub *h, struct msg *m, unsigned to);  /* takes m; NULL is fine: hub_msg() has counted it */
void hub_tell_others(struct hub *h, const struct msg *m); /* a copy for each other worker; m owns no heap parts */

/* rooms.c */
struct room *hub_find_room(struct hub *h, const char *name);
struct room *hub_room(struct hub *h, const char *name); /* made if missing; NULL without memory */
void room_gc(struct room *r);                           /* frees a room with nobody and nothing in it */
struct member *room_find_member(struct room *r, const char *name);
struct member *room_member(struct room *r, const char *name); /* made if missing */
void member_free(struct member *m, usec_t now, const char *reason);
bool room_close(struct room *r, usec_t now); /* true: the outbox is full; call again */
void hub_reply(struct hub *h, const struct msg *request, enum err e, const char *text);

/* track.c */
struct track *hub_find_track(struct hub *h, struct track_id id);
void room_add_own_track(struct room *r, usec_t now, struct member *owner, struct uptrack *up);
void room_add_mirror(struct room *r, const struct msg *m);
void room_remove_track(struct room *r, struct track *t);
/* Asked in this turn or when the gap allows; a mirror asks its worker. */
void track_want_key(struct track *t, usec_t now);
void track_key_tick(struct track *t, usec_t now);
void track_set_wanted(struct track *t); /* a mirror tells its worker whether it is wanted here */

/* links.c */
void member_offer(struct member *m, usec_t now, const struct msg *request);
void link_free(struct link *l, usec_t now, const char *reason);
void link_take_news(struct link *l, usec_t now, const struct addr *from, const struct session_news *news);
void link_schedule(struct link *l, usec_t now);
struct link *hub_find_ufrag(struct hub *h, struct bytes ufrag);
struct link *hub_link_at(struct hub *h, struct bytes index); /* as its ufrag and the ids of its checks begin; or NULL */

/* assign.c */
void room_assign_soon(struct room *r, usec_t now);
void room_assign(struct room *r, usec_t now);
void room_assign_first(struct member *m, usec_t now); /* that one's slots now, the others' soon */
void member_note_slots(struct member *m, bool all);   /* what changed since the last note, or all */

/* speakers.c */
void room_levels_tick(struct room *r, usec_t now);
void room_take_levels(struct room *r, usec_t now, struct msg *m);
void room_take_speakers(struct room *r, usec_t now, struct msg *m);

/* stats.c */
void member_note_quality(struct member *m, usec_t now);
void member_reply_stats(struct member *m, const struct msg *request);
void hub_reply_stats(struct hub *h, const struct msg *request);
void hub_count_session(struct hub_counters *into, struct session *s);
