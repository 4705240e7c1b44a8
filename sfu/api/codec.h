/* codec.h: the conversation of docs/sfu-socket.md as text: requests in, responses and notifications out. Pure: no
 * socket, no state. */
#pragma once
#include "room/msg.h"

#include <jansson.h>

#define API_LINE_MAX ((size_t)1024 * 1024)

enum api_op {
    OP_HELLO,
    OP_ROOM_CREATE,
    OP_ROOM_CLOSE,
    OP_PARTICIPANT_JOIN,
    OP_PARTICIPANT_LEAVE,
    OP_SESSION_TRACKS,
    OP_SESSION_OFFER,
    OP_SESSION_CANDIDATE,
    OP_SESSION_VIEW,
    OP_PARTICIPANT_AUDIO,
    OP_SESSION_STATS,
    OP_STATS,
    OP_STATE_DUMP,
    API_OPS
};

/* What a request about a participant needs of the server. */
enum {
    API_REGISTERS = 1, /* the participant is there afterwards */
    API_UNREGISTERS = 2,
    API_ABSENT_IS_FINE = 4,
    API_WANTS_ENTROPY = 8,
};

struct api_request {
    json_int_t id;
    bool has_id;
    enum api_op op;
    unsigned needs;     /* API_… */
    json_int_t version; /* OP_HELLO */
    const char *room;   /* borrowed from json */
    const char *participant;
    json_t *json; /* owned */
};

/* Why a line was refused: a code of the document and words. */
struct api_error {
    const char *code;
    char text[160];
};

/* ERR_SYNTAX (not JSON, no id), ERR_NOT_FOUND (unknown op), ERR_DENIED (a field is missing or wrong). out->has_id says
 * whether an answer can be addressed; out must be reset in any case. */
MUST_CHECK enum err api_request_read(const char *line, size_t len, struct api_request *out, struct api_error *why);
void api_request_reset(struct api_request *r);

/* The message for the worker that a request stands for. ERR_DENIED with why; ERR_NOMEM. Only for the ops that go to a
 * participant's worker. */
MUST_CHECK enum err api_request_msg(const struct api_request *r, struct msg **m, struct api_error *why);

const char *api_error_code(enum err e);

/* Lines, each with its newline; malloc'd, NULL without memory. extra is taken (may be NULL). */
char *api_response_ok(json_int_t id, json_t *extra);
char *api_response_error(json_int_t id, const char *code, const char *text);
char *api_response_of(json_int_t id, const struct msg *reply); /* MSG_REPLY, MSG_SESSION_STATS_REPLY */
char *api_notification_of(const struct msg *note);             /* MSG_IS_NOTE; NULL too for what has no notification */
bool api_notification_may_be_lost(const struct msg *note);
char *api_notification_lost(unsigned long n);
/* All that is counted, by name; reasons for dropping under "drops". */
json_t *api_stats_json(const struct worker_stats *st);
