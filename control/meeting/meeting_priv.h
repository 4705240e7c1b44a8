/* meeting_priv.h: what the files of this folder share: the meeting's inside, and the call a handler gets. */
#pragma once
#include "common/digest.h"
#include "meeting/meeting.h"
#include "common/fields.h"
#include "common/text.h"

#define NAME_CAP       401 /* 100 characters in UTF-8 */
#define OFFERS_PENDING 4   /* of one participant to the SFU; more are refused */
#define CHAT_HISTORY   100
#define INVITES_MAX    1000 /* unspent; then the oldest is forgotten */
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
    usec_t lost_at;                   /* wall, while away: when it is charged to have left */
    usec_t joined_at;                 /* wall */
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
};

struct waiting {
    uint64_t socket;
    char socket_id[SOCKET_ID_CAP];
    char name[NAME_CAP];
    bool admitted;
    usec_t until; /* monotonic; of an admission */
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
    usec_t last_left;                            /* wall; the latest leaving; before that, when it was made */
    usec_t empty_until;                          /* monotonic; USEC_NEVER while somebody is in it */
    usec_t deadline;                             /* monotonic; not later than the first thing due */
    unsigned peak;

    struct participant **people; /* in the order they joined */
    unsigned n_people, people_cap;
    struct waiting *queue; /* waiting and admitted, oldest first */
    unsigned n_queue, queue_cap;
    char (*invites)[DIGEST_HEX_CAP]; /* unspent ones, hashed; the oldest first */
    unsigned n_invites, invites_cap;

    json_t *chat;                      /* array, the last CHAT_HISTORY messages */
    char recorder[PARTICIPANT_ID_CAP]; /* who records; "" nobody */
    char recorder_host[NAME_CAP];      /* its hostName, for who joins later */

    bool sfu_up, sfu_on;
    uint64_t last_request;
};

/* One client event or command on its way through its handler. */
struct call {
    struct meeting *m;
    struct moment now;
    const struct meeting_event *ev;
    struct effects *fx;
    struct participant *who; /* NULL: a newcomer, or REST */
    json_t *payload;         /* an object; its fields were checked against the row's */
    json_t *data;            /* what the answer holds besides ok or the error; a handler may set it */
    const char *message;     /* of the error; a handler may set it */
};

/* Sets c->message and returns the code: `return call_fail(c, CODE_FULL, "The meeting is full");` */
enum meeting_code call_fail(struct call *c, enum meeting_code code, const char *message);

/* meeting.c */
void meeting_arm(struct meeting *m, usec_t deadline);
void meeting_finish(struct meeting *m, struct moment now, const char *reason, struct effects *fx); /* ends it */
/* An FX_STORE_*, FX_PARTICIPANT_*. Takes the payload. NULL: a guest meeting, which isn't kept, or no memory. */
struct effect *keep(struct meeting *m, enum effect_type type, json_t *payload, struct effects *fx);
void analytics(struct meeting *m, const char *type, const char *participant, json_t *meta, struct effects *fx);

/* people.c: who is in the meeting. */
struct participant *people_by_id(const struct meeting *m, const char *id);
struct participant *people_by_socket(const struct meeting *m, uint64_t socket); /* never for 0 */
struct participant *people_by_resume(const struct meeting *m, const char *token);
struct participant *people_add(struct meeting *m, const char *id); /* NULL: no memory */
void people_drop(struct meeting *m, struct participant *p);        /* frees it; tells nobody */
void people_free(struct meeting *m);
void participant_changed(struct participant *p); /* after any field of its view changed */
json_t *participant_view(const struct participant *p);
/* To everybody present but `except` (may be NULL). Takes the payload. */
void broadcast(struct meeting *m, const struct participant *except, const char *event, json_t *payload,
               struct effects *fx);
void tell_hosts(struct meeting *m, const char *event, json_t *payload, struct effects *fx);
void tell(struct meeting *m, const struct participant *p, const char *event, json_t *payload, struct effects *fx);
/* participant:updated {participantId, field: value} to the others. */
void tell_updated(struct meeting *m, struct participant *p, const char *field, bool value, struct effects *fx);
/* The participant is gone: the others hear of it, the SFU too; p is freed. */
void people_leave(struct meeting *m, struct moment now, struct participant *p, struct effects *fx);

/* waiting.c */
struct waiting *waiting_by_socket(const struct meeting *m, uint64_t socket);
void waiting_remove(struct meeting *m, struct waiting *w, bool tell, struct effects *fx);
enum meeting_code waiting_enter(struct call *c);
void waiting_admit_all(struct meeting *m, struct moment now, struct effects *fx);
void waiting_tell_host(struct meeting *m, const struct participant *host, struct effects *fx);
void waiting_tick(struct meeting *m, struct moment now);
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
enum meeting_code sfu_offer(struct call *c, const char *sdp);
enum meeting_code sfu_candidate(struct call *c, json_t *candidate);

/* join.c */
enum meeting_code join_not_yet(struct call *c); /* refuses: the meeting is still scheduled */

/* restore.c: participants that outlive a restart of control. */
json_t *restore_json(const struct participant *p);
void restore_apply(struct meeting *m, struct moment now, const struct meeting_event *ev);

/* settings.c */
bool invite_find(const struct meeting *m, const char *token);
void invite_spend(struct meeting *m, const char *token, struct effects *fx);
MUST_CHECK enum err invites_load(struct meeting *m, const json_t *hashes);

/* chat.c, media.c: what a newcomer has to hear of what was before. */
void chat_tell_history(struct meeting *m, const struct participant *p, struct effects *fx);
void recording_tell(struct meeting *m, const struct participant *p, struct effects *fx);
void recording_stop(struct meeting *m, const struct participant *by, struct effects *fx);

/* The handlers of the tables in dispatch.c. */
enum meeting_code join(struct call *c);
enum meeting_code leave(struct call *c);
enum meeting_code waiting_join(struct call *c);
enum meeting_code waiting_admit(struct call *c);
enum meeting_code waiting_deny(struct call *c);
enum meeting_code signal_offer(struct call *c);
enum meeting_code signal_answer(struct call *c);
enum meeting_code signal_candidate(struct call *c);
enum meeting_code sfu_tracks(struct call *c);
enum meeting_code sfu_view(struct call *c);
enum meeting_code media_audio(struct call *c);
enum meeting_code media_video(struct call *c);
enum meeting_code media_screen(struct call *c);
enum meeting_code raise_hand(struct call *c);
enum meeting_code react(struct call *c);
enum meeting_code caption(struct call *c);
enum meeting_code recording_started(struct call *c);
enum meeting_code recording_stopped(struct call *c);
enum meeting_code chat_message(struct call *c);
enum meeting_code chat_react(struct call *c);
enum meeting_code admin_mute(struct call *c);
enum meeting_code admin_unmute(struct call *c);
enum meeting_code admin_kick(struct call *c);
enum meeting_code admin_mute_all(struct call *c);
enum meeting_code admin_lock(struct call *c);
enum meeting_code admin_unlock(struct call *c);
enum meeting_code admin_settings(struct call *c);
enum meeting_code admin_end(struct call *c);
enum meeting_code admin_invite(struct call *c);
