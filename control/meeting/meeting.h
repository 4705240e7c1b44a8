/* meeting.h: one meeting, as an actor: events in, effects out. No IO, no clock, no randomness, no database; one JSON
 * library. Owned by the registry (meetings.h). Event loop thread only. The events on the wire are those of the API
 * document (§10-12); everything else is additive.
 *
 * Choices made here:
 * - A client that joined with `topology` "auto" or "sfu" (our dialect) is kept `away` for 30 s when its socket is lost,
 *   5 s if it closed it, and resumes with its token; others neither hear of it nor see it leave. It misses what is said
 * meanwhile: the `joined`, `chat:history` and `sfu:slots` it gets when it resumes carry the present state. Any other
 * client leaves when its socket does. A client's own disconnect packet, or `leave-meeting`, leaves at once whatever the
 * dialect.
 * - A meeting becomes SFU (and stays so until it is empty) only if a client that speaks the dialect is in it. Signals
 *   between two participants are relayed always, so documented clients stay in a mesh with one another and with
 *   `auto` clients, which answer them; a meeting of documented clients alone never switches.
 * - If the SFU is down, an `auto` meeting stays a mesh until it is back.
 * - Who was admitted by a host passes the lock: the host's last word counts. */
#pragma once
#include "meeting/effects.h"
#include "meeting/settings.h"
#include "shares/shares.h"

#define MEETING_RESUME_WINDOW  (30 * SEC)
#define MEETING_EMPTY_GRACE    (30 * SEC)
#define MEETING_GUEST_UNJOINED (3600 * SEC)
#define MEETING_API_UNJOINED   (24 * MEETING_GUEST_UNJOINED)
#define MEETING_ADMISSION      (300 * SEC)
#define MEETING_WAITING        (600 * SEC) /* in the waiting room, unless a host says something */
#define MEETING_CLOSED_WINDOW  (5 * SEC)   /* to resume, after the client closed its connection */
#define MEETING_CLOSE_AFTER    (500 * MSEC)
#define MEETING_DOWNTIME_MAX   (600 * SEC) /* of a restart, charged if somebody comes back */
#define MEETING_SDP_MAX        262144      /* a browser with 49 video slots and all its codecs offers 252 KB */

enum meeting_status { MEETING_SCHEDULED, MEETING_ACTIVE, MEETING_ENDED };

/* The moment an event is applied: mono measures and waits, wall is what people see (both in µs). The wall clock may be
 * set at any time: nothing that is charged or waited for within one process is a difference of it. */
struct moment {
    usec_t mono, wall;
};

/* Everything is copied. */
struct meeting_config {
    const char *id;
    const char *admin_token_hash; /* SHA-256 in hex: the token itself is known to the host alone */
    bool guest;
    int64_t owner_user, owner_company; /* for whoever creates meetings; 0: none */
    int64_t payer_company; /* the company that its owner has joined since, which pays; 0: none. meetings.h */
    struct meeting_settings settings;
    unsigned participants_cap; /* what maxParticipants may be set to; 0: MEETING_PARTICIPANTS_MOST */
    unsigned mesh_max;         /* MESH_MAX_PARTICIPANTS */
    bool sfu_up;
    usec_t scheduled_at; /* wall; 0: instant, or has started. In the past: starts with the next tick */
    usec_t created_at;   /* wall; 0: now */
    usec_t started_at;   /* wall; 0: now. Other values, and those below, when a meeting is loaded after a restart */
    unsigned peak_participants;
    usec_t seen_at;        /* wall; when somebody was last known to be in it; 0: nobody ever was */
    usec_t attended;       /* from its start until then, as it was measured; 0: as the wall clock says */
    bool uses_sfu;         /* as FX_STORE_SFU had it */
    const json_t *invites; /* array of the hashes of the unspent ones; NULL: none */
    usec_t empty_grace;    /* 0: MEETING_EMPTY_GRACE */
};

struct meeting;
/* ERR_NOMEM; ERR_SYNTAX for an id or a token that is too long or missing. */
MUST_CHECK enum err meeting_new(const struct meeting_config *cfg, struct moment now, struct meeting **m);
void meeting_free(struct meeting *m);

enum meeting_event_type {
    MEETING_CLIENT,  /* a socket sent `verb` with `payload` */
    MEETING_COMMAND, /* REST: `verb` and `payload` of a host action, by nobody in the room; fx->reply has the answer:
                        admin:settings {…}, admin:lock, admin:unlock, admin:mute, admin:unmute, admin:kick,
                        admin:mute-all, admin:end, admin:invite {name?} -> {inviteToken, joinUrl} */
    MEETING_SOCKET_LOST, /* `socket`; `loss`: how */
    MEETING_RESTORE,     /* after control was restarted: participant, payload as FX_PARTICIPANT_JOINED kept it. It is
                            away, and may resume; one that can't leaves with the next tick. No effects */
    MEETING_TICK,        /* due at meeting_deadline(), or when the wall clock was set */
    MEETING_SFU_UP,      /* restarted: the SFU knows nothing any more. Otherwise only we lost it for a while; each SFU
                            participant is joined again, and whom the SFU has besides, the SFU client removes */
    MEETING_SFU_DOWN,
    MEETING_SFU_HAS,     /* after control was restarted: payload is the array of {participant} that the SFU had of this
                            meeting before it was asked for anything, NULL for none. Who isn't in it connects anew */
    MEETING_SFU_ANSWER,  /* participant, request, payload = SDP (a string) */
    MEETING_SFU_REFUSED, /* participant, request, payload = the reason (a string); unavailable: not the offer's fault */
    MEETING_SFU_CANDIDATE,      /* participant, payload = candidate */
    MEETING_SFU_SLOTS,          /* participant, payload = the array of slots that changed */
    MEETING_SFU_SPEAKERS,       /* payload = {speakers, dominant}: to all that use the SFU */
    MEETING_SFU_QUALITY,        /* participant, payload = an object, forwarded as it is */
    MEETING_SFU_SESSION_FAILED, /* participant, payload = the reason (a string) or NULL */
};

enum meeting_loss {
    LOSS_BROKEN, /* nobody said anything */
    LOSS_LEFT,   /* the client said that it leaves: Socket.IO's disconnect packet */
    LOSS_CLOSED, /* the client closed the connection, as a page does that is closed or loaded again */
};

/* Random text, new for each event, drawn by the IO shell: random_text(id, 12, RANDOM_HEX) and
 * random_text(token, 32, RANDOM_HEX). What of it is used becomes a participantId, a message id, a token. */
struct meeting_fresh {
    char id[PARTICIPANT_ID_CAP];
    char token[33];
};

/* What may be sent or asked by its name, and all that is known of it; lives for ever. Looked up once, then passed on.
 */
struct meeting_verb;
const struct meeting_verb *meeting_verb_find(const char *name); /* NULL: there is none */
/* What it costs of its address's and its meeting's shares; false: nothing. An SDP for another participant is relayed.
 */
struct meeting_event;
bool meeting_event_spends(const struct meeting_event *ev, enum share *what);
bool meeting_verb_wants_ice(const struct meeting_verb *verb); /* meeting_event.ice_servers; of NULL: false */

/* All borrowed for the call. */
struct meeting_event {
    enum meeting_event_type type;
    const struct meeting_verb *verb; /* CLIENT, COMMAND; NULL: an unknown one */
    json_t *payload;            /* NULL or any JSON; strings must not hold U+0000 (jansson refuses them by default) */
    uint64_t socket;            /* CLIENT, SOCKET_LOST: never 0, never reused */
    const char *socket_id;      /* CLIENT: the Socket.IO id the client itself knows; hosts admit waiting people by it */
    uint64_t ack;               /* CLIENT: 0 if no acknowledgement was asked for (ids are handed in + 1) */
    struct meeting_fresh fresh; /* CLIENT, COMMAND */
    json_t *ice_servers;        /* CLIENT: for `joined`, e.g. with credentials made for this client; NULL: left out */
    struct holder from;         /* CLIENT: the address it comes from */
    uint64_t heard;  /* CLIENT: how many messages the meeting had when this socket was told them a moment ago; 0: it
                        wasn't. Filled in by meetings.h */
    bool peak_stays; /* CLIENT: nobody pays for more people at once than there were. Filled in by meetings.h */
    enum meeting_loss loss;  /* SOCKET_LOST */
    bool restarted;          /* SFU_UP */
    bool unavailable;        /* SFU_REFUSED */
    const char *participant; /* SFU_*: the SFU's participant name is our participantId */
    uint64_t request;        /* SFU_ANSWER, SFU_REFUSED */
};

/* Its owner has left the company: the meeting is the owner's own. */
void meeting_leave_company(struct meeting *m);

/* After FX_ENDED nothing may be applied but meeting_free(). */
void meeting_apply(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx);
usec_t meeting_deadline(const struct meeting *m); /* monotonic; O(1); may be early, never late; USEC_NEVER */

const char *meeting_id(const struct meeting *m);
const char *meeting_title(const struct meeting *m);
enum meeting_status meeting_status(const struct meeting *m);
bool meeting_is_guest(const struct meeting *m);
bool meeting_id_is_guests(const char *id); /* of the form "qwerty-abc", which guests' ids have and no others */
int64_t meeting_owner_user(const struct meeting *m);
int64_t meeting_owner_company(const struct meeting *m);
usec_t meeting_created_at(const struct meeting *m);
usec_t meeting_scheduled_at(const struct meeting *m); /* 0: was never scheduled */
usec_t meeting_started_at(const struct meeting *m);
usec_t meeting_lasted(const struct meeting *m, usec_t mono);   /* since it started, by now */
usec_t meeting_attended(const struct meeting *m, usec_t mono); /* likewise, until somebody was last in it */
unsigned meeting_n_participants(const struct meeting *m);
unsigned meeting_peak(const struct meeting *m);    /* the most people at once that it has had */
bool meeting_is_attended(const struct meeting *m); /* somebody is in it whose socket isn't lost */
unsigned meeting_n_screen_shares(const struct meeting *m);
bool meeting_is_recording(const struct meeting *m);
bool meeting_uses_sfu(const struct meeting *m);
bool meeting_has_socket(const struct meeting *m, uint64_t socket); /* as participant, waiting or admitted */
bool meeting_has_participant(const struct meeting *m, const char *participant);
bool meeting_admin_token_ok(const struct meeting *m, const char *token); /* constant time; NULL: false */
json_t *meeting_settings_json(const struct meeting *m);                  /* new reference; NULL without memory */
json_t *meeting_participants_json(const struct meeting *m);              /* likewise: the array of `participants` */
