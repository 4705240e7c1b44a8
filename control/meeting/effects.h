/* effects.h: what a meeting wants done, as an ordered list of values. The meeting itself does no IO: whoever called
 * meeting_apply() reads the list from the first to the last and does it, after the call has returned.
 * The list owns its memory and one reference to each payload; a payload is never changed after it was listed, so it
 * may be encoded later, and once for all sockets of an FX_EMIT. Event loop thread only.
 * Without memory an effect is left out and counted in n_lost; the meeting's state stays consistent. */
#pragma once
#include "common/err.h"
#include "meeting/settings.h"
#include "common/usec.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEETING_ID_CAP     24 /* "abc-defg-hij", "qwerty-abc" and a NUL, with room */
#define PARTICIPANT_ID_CAP 17

/* What was wrong with a client event or a command. meeting_code_name() is the `code` on the wire. */
enum meeting_code {
    CODE_OK,
    CODE_NOT_FOUND,
    CODE_LOCKED,
    CODE_FULL,
    CODE_SCHEDULED,
    CODE_ENDED,
    CODE_BAD_TOKEN,
    CODE_BAD_REQUEST,
    CODE_NOT_JOINED,
    CODE_ALREADY_JOINED,
    CODE_RATE_LIMITED,
    CODE_FORBIDDEN,
    CODE_UNAVAILABLE,
    CODE_PENDING, /* inside only: the answer comes with a later event */
    MEETING_CODES,
};
const char *meeting_code_name(enum meeting_code code); /* "not_found", …; "" for CODE_OK */

enum effect_type {
    FX_EMIT, /* to each of the sockets: event, payload (an object) */
    FX_ACK,  /* to socket: the acknowledgement `ack`, payload {ok:true,…} or {ok:false,error:{code,message}} */
    FX_CLOSE_SOCKET, /* socket, `after` from now, so that what was emitted before still arrives */
    FX_SFU,          /* op, participant, payload, request: see enum sfu_op */
    FX_ANALYTICS,    /* event = type ("feature.chat"), payload = meta, participant = who ("" nobody) */
    FX_ENDED,        /* ended: the row for history and billing. The last effect of its meeting */
    /* --- never of a guest meeting, which lives in memory only --- */
    FX_STORE_SETTINGS,     /* payload {title, muteOnJoin, …, topology}: the whole of it, as it is now */
    FX_STORE_ACTIVATED,    /* a scheduled meeting became active at `at` */
    FX_STORE_SFU,          /* payload true: it turned to the SFU; false: it has become empty */
    FX_STORE_INVITE,       /* payload: the SHA-256 of a new invitation, in hex */
    FX_STORE_INVITE_SPENT, /* likewise */
    /* participant, at; payload is what webhooks are told: {participantId, name, participantCount} */
    FX_PARTICIPANT_JOINED, /* kept: what MEETING_RESTORE takes; peak: of the meeting until now */
    FX_PARTICIPANT_LEFT,
};

enum sfu_op {
    SFU_JOIN,      /* participant; idempotent */
    SFU_LEAVE,     /* participant */
    SFU_OFFER,     /* participant, payload = the SDP (a string), request: comes back in MEETING_SFU_ANSWER/_REFUSED */
    SFU_CANDIDATE, /* participant, payload = the candidate as the client sent it (object, string or null) */
    SFU_TRACKS,    /* participant, payload = the array of {mid, source} */
    SFU_VIEW,      /* participant, payload = {views:[…], maxVideo?} */
    SFU_AUDIO_BLOCKED, /* participant, payload = true or false */
    SFU_END_ROOM,      /* nobody uses the SFU any more */
};

struct meeting_ended {
    bool guest;                    /* in memory only: no history, no billing, no webhook */
    bool cancelled;                /* it was still scheduled: no history, no meeting.ended */
    int64_t owner_user;            /* as handed in at creation */
    int64_t owner_company;         /* likewise */
    usec_t started_at, ended_at;   /* wall clock; ended_at is when the last participant left, or the end */
    int64_t duration_centiminutes; /* measured; minutes × 100, rounded; 0 if nobody joined */
    unsigned peak_participants;
    char title[MEETING_TITLE_CAP];
};

struct effect {
    enum effect_type type;
    char meeting[MEETING_ID_CAP];
    uint64_t socket;   /* FX_ACK, FX_CLOSE_SOCKET */
    uint64_t ack;      /* FX_ACK */
    size_t first, n;   /* FX_EMIT: see effects_sockets() */
    const char *event; /* FX_EMIT, FX_ANALYTICS: a string that lives for ever */
    bool again;        /* FX_EMIT: the same payload will be emitted again: worth keeping encoded */
    char *people;      /* FX_EMIT: the array payload.participants as JSON; NULL: it isn't known. Owned by the list */
    usec_t after;      /* FX_CLOSE_SOCKET */
    enum sfu_op op;    /* FX_SFU */
    uint64_t request;  /* FX_SFU: SFU_OFFER */
    char participant[PARTICIPANT_ID_CAP];
    usec_t at;                   /* wall; FX_STORE_ACTIVATED, FX_PARTICIPANT_* */
    usec_t attended;             /* FX_PARTICIPANT_*: how long the meeting is attended by now, from its start */
    unsigned peak;               /* FX_PARTICIPANT_JOINED */
    json_t *kept;                /* FX_PARTICIPANT_JOINED: owned by the list */
    json_t *payload;             /* owned by the list; NULL where there is none */
    struct meeting_ended *ended; /* FX_ENDED: owned by the list */
};

/* How the last MEETING_COMMAND (or client event) went: what a REST handler answers from. */
struct meeting_reply {
    enum meeting_code code;
    const char *message; /* for people; lives for ever; "" if code is CODE_OK */
    json_t *data;        /* owned by the list; may be NULL */
    bool only_acked;     /* who asked for an acknowledgement hears of a failure by it alone */
};

struct effects {
    struct effect *list;
    size_t n;
    unsigned cap;
    uint64_t *sockets; /* of all FX_EMIT */
    size_t n_sockets;
    unsigned sockets_cap;
    struct meeting_reply reply;
    unsigned n_lost;
};

void effects_init(struct effects *fx);
void effects_reset(struct effects *fx); /* releases everything; usable again */

/* The sockets of one FX_EMIT: e->n of them, borrowed until the list changes. */
const uint64_t *effects_sockets(const struct effects *fx, const struct effect *e);

/* For meetings, which make effects. Each takes the payload, even if it fails. A NULL payload where one is needed is
 * memory that ran out: the effect is left out and counted. */
struct effect *effects_add(struct effects *fx, enum effect_type type, const char *meeting); /* NULL: no memory */
void effects_emit(struct effects *fx, const char *meeting, uint64_t socket, const char *event, json_t *payload);
/* An FX_EMIT to whom effects_target() is then called for; it is dropped again if that is nobody. */
struct effect *effects_begin(struct effects *fx, const char *meeting, const char *event, json_t *payload);
void effects_target(struct effects *fx, struct effect *e, uint64_t socket); /* e: from effects_begin, may be NULL */
void effects_finish(struct effects *fx, struct effect *e);
void effects_ack(struct effects *fx, const char *meeting, uint64_t socket, uint64_t ack, json_t *payload);
/* The answer to one client event: an acknowledgement if one was asked for (ack not 0), and `error` if it failed, but
 * for reply->only_acked. data (taken, may be NULL) is merged into the answer. */
void effects_answer(struct effects *fx, const char *meeting, uint64_t socket, uint64_t ack,
                    const struct meeting_reply *reply, json_t *data);
void effects_close(struct effects *fx, const char *meeting, uint64_t socket, usec_t after);
