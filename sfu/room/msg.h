/* msg.h: what the control side, the workers and their hubs say to each other. A message is a heap value with one owner:
 * whoever holds it last frees it. Messages are few (people come and go); media crosses in rings (hub.h). A hub appends
 * what it has to say to its list; the worker's shell posts it to the mailbox that `to` names. */
#pragma once
#include "net/counter.h"
#include "session/session.h"

#define ROOM_NAME_CAP 65 /* with the NUL: room and participant names are 1…64 characters */
#define MSG_TO_API    0xffffu
#define MSG_VIEWS     64
#define MSG_SPEAKERS  16
#define MSG_ENTROPY   64

enum msg_type {
    MSG_NONE,
    /* requests: control -> the participant's worker; each is answered with its request number */
    MSG_JOIN,
    MSG_LEAVE,
    MSG_TRACKS,
    MSG_OFFER,
    MSG_VIEW,
    MSG_BLOCK_AUDIO,
    MSG_SESSION_STATS,
    /* … and control -> every worker: the first isn't answered */
    MSG_ROOM_CLOSE,
    MSG_STATS,
    /* between workers: to every other … */
    MSG_TRACK_ADD,
    MSG_TRACK_REMOVE,
    MSG_SPEAKERS_ARE, /* from the room's home worker */
    /* … to the track's … */
    MSG_TRACK_WANTED,
    MSG_KEY_WANTED,
    /* … to the room's home worker */
    MSG_LEVELS,
    /* replies: worker -> control */
    MSG_REPLY,
    MSG_SESSION_STATS_REPLY,
    MSG_STATS_REPLY,
    /* notes: worker -> control, unasked */
    MSG_STATE,
    MSG_SLOTS,
    MSG_SPEAKERS_NOTE,
    MSG_QUALITY,
    MSG_TYPES
};

enum msg_way { MSG_IS_NOTHING, MSG_IS_REQUEST, MSG_IS_PEER, MSG_IS_REPLY, MSG_IS_NOTE };

enum msg_way msg_way(enum msg_type type);      /* MSG_IS_NOTHING for what isn't in the list */
const char *msg_type_name(enum msg_type type); /* for the log: "join", … or "unknown" */

struct msg_view {
    char participant[ROOM_NAME_CAP];
    enum source source;
    uint16_t width, height;
    bool pinned;
};

struct msg_track {
    char mid[SDP_MID_MAX + 1];
    enum source source;
};

struct msg_slot {
    char mid[SDP_MID_MAX + 1];
    bool is_video;
    char participant[ROOM_NAME_CAP]; /* "": empty */
    enum source source;
};

struct msg_speaker {
    struct track_id track;
    char participant[ROOM_NAME_CAP]; /* only in MSG_SPEAKERS_NOTE */
    uint8_t level;                   /* 0 silent … 127 loudest */
};

struct hub_counters {
    uint64_t packets_in, bytes_in, rtcp_in, rtcp_out;
    uint64_t n_resent, n_unanswered, n_key_asked;
    uint64_t n_crossings, n_crossings_lost, n_batch_full, n_pool_empty, n_unknown_path, n_not_ours;
    uint64_t drops[SESSION_DROPS];
    uint64_t verdicts[SLOT_VERDICTS]; /* of each packet for each slot; the first is what was sent */
    uint64_t n_no_track, n_audio_blocked, n_duplicates, n_crossings_late, n_messages_lost;
    uint64_t n_rooms, n_members, n_sessions, n_open, n_tracks, n_packets_in_use; /* now */
};

/* What a worker answers: its hub's, and what the shell around it counted. */
struct worker_stats {
    struct hub_counters hub;
    struct counted_list shell;
};

void hub_counters_show(const struct hub_counters *c, struct counted_list *into);

struct msg {
    struct msg *next;
    enum msg_type type;
    unsigned from, to; /* worker numbers, or MSG_TO_API */
    uint64_t request;  /* the control side's number; echoed in the reply; 0: none */
    char room[ROOM_NAME_CAP];
    char participant[ROOM_NAME_CAP];
    union {
        struct {
            char *sdp;                    /* owned */
            uint8_t entropy[MSG_ENTROPY]; /* random bytes for credentials and numbers */
        } offer;                          /* MSG_OFFER */
        struct {
            unsigned n;
            struct msg_track list[SESSION_UPTRACKS];
        } tracks; /* MSG_TRACKS */
        struct {
            unsigned n;
            struct msg_view *list; /* owned */
            int max_video;         /* -1: as many as there are slots */
        } view;                    /* MSG_VIEW */
        struct {
            bool blocked;
        } audio; /* MSG_BLOCK_AUDIO */
        struct {
            struct track_id id;
            enum source source;
            bool is_video;
            bool wanted; /* MSG_TRACK_WANTED: or not any longer */
        } track;         /* MSG_TRACK_*, MSG_KEY_WANTED */
        struct {
            unsigned n;
            int dominant; /* index into the list, -1: nobody */
            struct msg_speaker list[MSG_SPEAKERS];
        } speakers; /* MSG_LEVELS, MSG_SPEAKERS_ARE, MSG_SPEAKERS_NOTE */
        struct {
            enum err err;
            char *text;                /* owned: the answer's SDP, or why it was refused; may be NULL */
        } reply;                       /* MSG_REPLY */
        struct session_stats *session; /* owned; NULL without memory: MSG_SESSION_STATS_REPLY */
        struct worker_stats *stats;    /* owned; NULL without memory: MSG_STATS_REPLY */
        struct {
            enum session_state state;
            char reason[16];
        } state; /* MSG_STATE */
        struct {
            unsigned n;
            struct msg_slot *list;      /* owned */
        } slots;                        /* MSG_SLOTS */
        struct session_quality quality; /* MSG_QUALITY */
    };
};

/* Statistics of one session and its tracks and slots. */
#define SESSION_STATS_TRACKS (SESSION_UPTRACKS + SESSION_SLOTS)
struct session_stats {
    enum session_state state;
    struct session_counters counters;
    struct session_quality quality;
    unsigned n_tracks;
    struct mline_stats {
        char mid[SDP_MID_MAX + 1];
        bool is_video, is_slot;
        char participant[ROOM_NAME_CAP]; /* a slot's source */
        enum source source;
        struct mline_report report;
    } tracks[SESSION_STATS_TRACKS];
};

struct msg *msg_new(enum msg_type type, const char *room, const char *participant); /* NULL without memory */
void msg_free(struct msg *m);

/* Messages in the order they came. */
struct msg_list {
    struct msg *first, **last;
};

void msg_list_init(struct msg_list *l);
void msg_list_put(struct msg_list *l, struct msg *m); /* takes m; NULL is fine */
struct msg *msg_list_take(struct msg_list *l);        /* NULL when empty */
