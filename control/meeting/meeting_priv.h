/* meeting_priv.h: what the files of this folder share: the meeting's inside, and the call a handler gets. */
#pragma once
#include "common/digest.h"
#include "meeting/meeting.h"
#include "common/fields.h"
#include "common/text.h"

#define NAME_CAP       401 /* 100 characters in UTF-8 */
#define OFFERS_PENDING 4   /* of one participant to the SFU; more are refused */
#define CHAT_HISTORY   100
#define CHAT_TOLD      ((size_t)64 * 1024) /* bytes of it, as JSON, that a newcomer is told: the newest */
#define INVITES_MAX    1000                /* unspent; then the oldest is forgotten */
#define WAITING_MAX    500
#define SOCKET_ID_CAP  41

enum dialect { DIALECT_DOCUMENTED, DIALECT_AUTO, DIALECT_SFU };

struct pending_offer {
    uint64_t request, socket, ack;
};

struct participant {
    char id[PARTICIPANT_ID_CAP];
    char name[NAME_CAP];
    char resume_hash[DIGEST_HEX_CAP]; /* of the token that it alone has */
    uint64_t socket;                  /* 0: away */
    usec_t away_until;                /* monotonic, while away */
    usec_t lost_at;                   /* monotonic, while away: when it is charged to have left */
    usec_t joined_at;                 /* meeting_wall() */
    enum dialect dialect;
    bool admin, muted, video_off, sharing, hand;
    bool audio_blocked; /* muted by a host, until it unmutes itself */
    bool captioned;     /* counted in analytics once */
    bool in_sfu;
    bool sfu_unsure;  /* restored: MEETING_SFU_HAS says whether the SFU still has it */
    bool restart_due; /* the SFU lost it while it was away: it is told when it resumes */
    struct pending_offer offers[OFFERS_PENDING];
    unsigned n_offers;
    usec_t relay_full_at; /* monotonic: its bucket of relayed bytes, signal.c */
    json_t *slots;        /* mid -> slot as last told by the SFU, for who resumes; NULL before the first */
    json_t *view;         /* its entry in participants[]; replaced, never changed; NULL if memory ran out */
    char *view_text;      /* the same as JSON, encoded once for all who join while it is so; likewise */
};

struct waiting {
    uint64_t socket;
    char socket_id[SOCKET_ID_CAP];
    char name[NAME_CAP];
    struct holder from;
    bool admitted;
    usec_t until; /* monotonic; of waiting, or of an admission */
};

struct meeting {
    char id[MEETING_ID_CAP];
    char admin_token_hash[DIGEST_HEX_CAP];
    bool guest;
    int64_t owner_user, owner_company;
    enum meeting_status status;
    struct meeting_settings settings;
    unsigned participants_cap, mesh_max;
    usec_t empty_grace;
    usec_t created_at, scheduled_at, started_at; /* wall */
    /* Monotonic: when it started, maybe before this process did. All that is charged is counted from it. */
    usec_t began;
    usec_t wall_ahead;  /* wall - monotonic when it was made, loaded or started; however the clock is set later */
    usec_t last_left;   /* monotonic; the latest leaving; before that, when it was made */
    usec_t empty_until; /* monotonic; USEC_NEVER while somebody is in it */
    usec_t deadline;    /* monotonic; not later than the first thing due */
    unsigned peak;

    struct participant **people; /* in the order they joined */
    unsigned n_people, people_cap;
    struct waiting *queue; /* waiting and admitted, oldest first */
    unsigned n_queue, queue_cap;
    char (*invites)[DIGEST_HEX_CAP]; /* unspent ones, hashed; the oldest first */
    unsigned n_invites, invites_cap;

    json_t *chat;                      /* array, the last CHAT_HISTORY messages */
    json_t *chat_told;                 /* what newcomers are told of it, until the next message; NULL: not made yet */
    uint64_t n_said;                   /* messages, ever */
    char recorder[PARTICIPANT_ID_CAP]; /* who records; "" nobody */
    char recorder_host[NAME_CAP];      /* its hostName, for who joins later */

    bool sfu_up, sfu_on;
    uint64_t last_request;
};

/* One client event or command on its way through its handler. */
struct deed {
    struct meeting *m;
    struct moment now;
    const struct meeting_event *ev;
    struct effects *fx;
    struct participant *who; /* NULL: a newcomer, or REST */
    json_t *payload;         /* an object; its fields were checked against the row's */
    json_t *data;            /* what the answer holds besides ok or the error; a handler may set it */
    const char *message;     /* of the error; a handler may set it */
};

/* Sets d->message and returns the code: `return deed_fail(d, CODE_FULL, "The meeting is full");` */
enum meeting_code deed_fail(struct deed *d, enum meeting_code code, const char *message);

/* meeting.c */
void meeting_arm(struct meeting *m, usec_t deadline);
/* A moment by the clock that was on the wall when the meeting started: what people and webhooks are told of times in
 * it, so that their differences are what was measured. */
usec_t meeting_wall(const struct meeting *m, usec_t mono);
void meeting_start_if_due(struct meeting *m, struct moment now, struct effects *fx); /* a scheduled one, by the wall */
void meeting_finish(struct meeting *m, struct moment now, const char *reason, struct effects *fx); /* ends it */
/* An FX_STORE_*, FX_PARTICIPANT_*. Takes the payload. NULL: a guest meeting, which isn't kept, or no memory. */
struct effect *meeting_keep(struct meeting *m, enum effect_type type, json_t *payload, struct effects *fx);
void meeting_analytics(struct meeting *m, const char *type, const char *participant, json_t *meta, struct effects *fx);

/* people.c: who is in the meeting. */
struct participant *people_by_id(const struct meeting *m, const char *id);
struct participant *people_by_socket(const struct meeting *m, uint64_t socket); /* never for 0 */
struct participant *people_by_resume(const struct meeting *m, const char *token);
struct participant *people_add(struct meeting *m, const char *id); /* NULL: no memory */
void people_drop(struct meeting *m, struct participant *p);        /* frees it; tells nobody */
void people_free(struct meeting *m);
void people_changed(struct participant *p); /* after any field of its view changed */
json_t *people_view(const struct participant *p);
json_t *people_views(const struct meeting *m, const struct participant *except); /* of all but one, who may be NULL */
char *people_views_text(const struct meeting *m, const struct participant *except); /* as JSON, for free(); or NULL */
/* To everybody present but `except` (may be NULL). Takes the payload. */
void people_tell_all(struct meeting *m, const struct participant *except, const char *event, json_t *payload,
                     struct effects *fx);
void people_tell_hosts(struct meeting *m, const char *event, json_t *payload, struct effects *fx);
void people_tell(struct meeting *m, const struct participant *p, const char *event, json_t *payload,
                 struct effects *fx);
/* participant:updated {participantId, field: value} to the others. */
void people_tell_updated(struct meeting *m, struct participant *p, const char *field, bool value, struct effects *fx);
/* The participant is gone: the others hear of it, the SFU too; p is freed. */
void people_leave(struct meeting *m, struct moment now, struct participant *p, struct effects *fx);

/* waiting.c */
struct waiting *waiting_by_socket(const struct meeting *m, uint64_t socket);
void waiting_remove(struct meeting *m, struct waiting *w, bool tell, struct effects *fx);
enum meeting_code waiting_enter(struct deed *d);
void waiting_admit_all(struct meeting *m, struct moment now, struct effects *fx);
void waiting_tell_host(struct meeting *m, const struct participant *host, struct effects *fx);
void waiting_tick(struct meeting *m, struct moment now, struct effects *fx);
unsigned waiting_count(const struct meeting *m);

/* sfu.c: topology, and the participants' side of the SFU. */
const char *topology_for(const struct meeting *m, const struct participant *p); /* what it is to do now */
/* After somebody came (newcomer, who will be told in `joined`) or a setting changed (NULL). */
void topology_review(struct meeting *m, const struct participant *newcomer, struct effects *fx);
void sfu_enter(struct meeting *m, struct participant *p, struct effects *fx);
void sfu_leave(struct meeting *m, struct participant *p, struct effects *fx);
void sfu_resumed(struct meeting *m, struct participant *p, struct effects *fx);
void sfu_block_audio(struct meeting *m, struct participant *p, bool blocked, struct effects *fx);
void sfu_event(struct meeting *m, const struct meeting_event *ev, struct effects *fx);
enum meeting_code sfu_offer(struct deed *d, const char *sdp);
enum meeting_code sfu_candidate(struct deed *d, json_t *candidate);

/* signal.c */
bool signal_is_to_sfu(const json_t *payload);

/* join.c */
enum meeting_code join_check_start(struct deed *d); /* starts a scheduled meeting whose time has come, else refuses */

/* participants that outlive a restart of control. */
json_t *restore_json(const struct participant *p);
void restore_apply(struct meeting *m, struct moment now, const struct meeting_event *ev);

/* host.c */
bool invite_find(const struct meeting *m, const char *token);
void invite_spend(struct meeting *m, const char *token, struct effects *fx);
MUST_CHECK enum err invites_load(struct meeting *m, const json_t *hashes);

/* say.c: what a newcomer has to hear of what was before. */
void chat_tell_history(const struct deed *d, const struct participant *p);
void recording_tell(struct meeting *m, const struct participant *p, struct effects *fx);
void recording_stop(struct meeting *m, const struct participant *by, struct effects *fx);

/* The handlers of the tables in dispatch.c. */
enum meeting_code ev_join_meeting(struct deed *d);
enum meeting_code ev_leave_meeting(struct deed *d);
enum meeting_code ev_waiting_room_join(struct deed *d);
enum meeting_code ev_waiting_room_admit(struct deed *d);
enum meeting_code ev_waiting_room_deny(struct deed *d);
enum meeting_code ev_signal_offer(struct deed *d);
enum meeting_code ev_signal_answer(struct deed *d);
enum meeting_code ev_signal_ice_candidate(struct deed *d);
enum meeting_code ev_sfu_tracks(struct deed *d);
enum meeting_code ev_sfu_view(struct deed *d);
enum meeting_code ev_media_toggle_audio(struct deed *d);
enum meeting_code ev_media_toggle_video(struct deed *d);
enum meeting_code ev_media_screen_share(struct deed *d);
enum meeting_code ev_raise_hand(struct deed *d);
enum meeting_code ev_react(struct deed *d);
enum meeting_code ev_caption(struct deed *d);
enum meeting_code ev_recording_broadcast_started(struct deed *d);
enum meeting_code ev_recording_broadcast_stopped(struct deed *d);
enum meeting_code ev_chat_message(struct deed *d);
enum meeting_code ev_chat_react(struct deed *d);
enum meeting_code ev_admin_mute(struct deed *d);
enum meeting_code ev_admin_unmute(struct deed *d);
enum meeting_code ev_admin_kick(struct deed *d);
enum meeting_code ev_admin_mute_all(struct deed *d);
enum meeting_code ev_admin_lock(struct deed *d);
enum meeting_code ev_admin_unlock(struct deed *d);
enum meeting_code ev_admin_settings(struct deed *d);
enum meeting_code ev_admin_end(struct deed *d);
enum meeting_code ev_admin_invite(struct deed *d);
