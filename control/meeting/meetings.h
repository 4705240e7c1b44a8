/* meetings.h: all live meetings, by id, and the sockets that are in them. The one door through which events come:
 * it finds the meeting, keeps the rates of each socket, keeps the deadlines in a heap and frees what has ended.
 * Owns its meetings. Event loop thread only. Ids, tokens and times are handed in, as everywhere here.
 *
 * Rates: each socket has a token bucket for each kind of event (dispatch.h), and so have all sockets of an address in a
 * meeting together (visitors.h); excess is answered `rate_limited`, and a
 * socket that goes on regardless is closed. An effect that no meeting asked for (a refusal here) has the meeting "". */
#pragma once
#include "meeting/meeting.h"

struct meetings;
struct meetings_config {
    unsigned max_meetings;     /* ERR_FULL beyond; 0: 100,000 */
    unsigned participants_cap; /* the server's cap of maxParticipants; 0: 1000 */
    unsigned mesh_max;         /* MESH_MAX_PARTICIPANTS; 0: 4 */
    usec_t empty_grace;        /* EMPTY_GRACE_MS; 0: 30 s */
    bool rates_off;            /* RATE_LIMITS=off */
    uint64_t seed;             /* of hashes of addresses */
    bool loading;              /* there may be more, which will be created: what isn't known is `unavailable` */
};
MUST_CHECK enum err meetings_new(const struct meetings_config *cfg, struct meetings **ms);
void meetings_free(struct meetings *ms);

/* participants_cap, mesh_max, empty_grace and sfu_up are filled in here. ERR_STATE: the id is taken (draw another);
 * ERR_FULL, ERR_NOMEM, ERR_SYNTAX. *created (may be NULL) is borrowed. */
MUST_CHECK enum err meetings_create(struct meetings *ms, const struct meeting_config *cfg, struct moment now,
                                    struct meeting **created);
/* Good until the next call that takes effects; NULL: none. Never one that has ended. */
struct meeting *meetings_find(const struct meetings *ms, const char *id);
void meetings_loaded(struct meetings *ms); /* all are here: what isn't known doesn't exist */
bool meetings_are_loading(const struct meetings *ms);
bool meetings_ended_lately(const struct meetings *ms, const char *id); /* of the last 256 that ended */

/* ev.type MEETING_CLIENT: to the meeting the socket is in, or for join-meeting and waiting-room:join to
 * payload.meetingId. */
void meetings_client(struct meetings *ms, struct moment now, const struct meeting_event *ev, struct effects *fx);
const char *meetings_of_socket(const struct meetings *ms, uint64_t socket); /* the meeting it is in; "": none */
const char *meetings_in_sfu(const struct meetings *ms, uint64_t socket);    /* its participant that uses the SFU; "" */
bool meetings_has_socket(const struct meetings *ms, uint64_t socket);       /* it is in a meeting, or waits for one */
/* Something that the socket asked for was refused before it came here: who goes on regardless is closed. */
void meetings_refused(struct meetings *ms, struct moment now, uint64_t socket, struct effects *fx);
/* The socket is gone: its rates are forgotten, its meeting is told. */
void meetings_socket_lost(struct meetings *ms, struct moment now, uint64_t socket, enum meeting_loss loss,
                          struct effects *fx);
/* Any other event for the meeting `id`: MEETING_COMMAND, MEETING_SFU_*. fx->reply.code CODE_NOT_FOUND: no such meeting.
 */
void meetings_apply(struct meetings *ms, struct moment now, const char *id, const struct meeting_event *ev,
                    struct effects *fx);
/* MEETING_SFU_UP or MEETING_SFU_DOWN to every meeting, and to those that come. */
void meetings_sfu(struct meetings *ms, struct moment now, bool up, bool restarted, struct effects *fx);
/* MEETING_SFU_HAS to every meeting that uses the SFU; by_room: the arrays by meeting id. */
void meetings_sfu_has(struct meetings *ms, struct moment now, const json_t *by_room, struct effects *fx);
/* What the meetings of an account (the company's if it isn't 0) may cost in all, those that are on: participants ×
 * milliseconds; PURSE_UNLIMITED (purses.h) before it is told. When that is reached they end ("The credit is used up"),
 * and until then nobody raises the most people at once of a meeting if that alone would reach it: `full`. */
void meetings_set_credit(struct meetings *ms, int64_t user, int64_t company, int64_t most);
bool meetings_credit_is_known(const struct meetings *ms, const char *id); /* of who pays for the meeting `id` */
/* The user's own meetings (no company's) are paid by this company; 0: by itself. */
void meetings_set_payer(struct meetings *ms, struct moment now, int64_t user, int64_t company);
void meetings_tick(struct meetings *ms, struct moment now, struct effects *fx);
/* The wall clock was set: scheduled meetings wait for another moment than was thought. */
void meetings_clock_set(struct meetings *ms, struct moment now, struct effects *fx);
usec_t meetings_deadline(const struct meetings *ms); /* monotonic; USEC_NEVER when idle */

struct meetings_counts {
    unsigned active, scheduled, participants, recordings, screen_shares, sfu, sockets;
};
struct meetings_counts meetings_count(const struct meetings *ms); /* walks all meetings: for metrics and dashboards */

/* To walk all meetings in no special order: *at starts at 0; NULL at the end. Nothing may be applied meanwhile. */
struct meeting *meetings_next(const struct meetings *ms, size_t *at);
