/* The table of client events and host actions: who may, what the payload looks like, what is done. */
#include "meeting/dispatch.h"

#include <string.h>

enum {
    MAY_NEWCOMER = 1, /* a socket that is not in the meeting, or waits */
    MAY_MEMBER = 2,   /* a participant */
    MAY_HOST = 4,     /* a participant that is admin */
    MAY_REST = 8,     /* a command */
};

#define OPAQUE_MAX    (3L * MEETING_SDP_MAX) /* an SDP of the longest kind with its line ends escaped */
#define CANDIDATE_MAX 8192

static const struct field no_fields[] = {
    {0},
};
static const struct field join_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64},
    {"name", FIELD_UNITS, OPTIONAL, 0, 65536},
    {"isAdmin", FIELD_BOOL, OPTIONAL, 0, 0},
    {"adminToken", FIELD_UNITS, OPTIONAL, 0, 256},
    {"topology", FIELD_UNITS, OPTIONAL, 0, 16},
    {"inviteToken", FIELD_UNITS, OPTIONAL, 0, 256},
    {"invite", FIELD_UNITS, OPTIONAL, 0, 256},
    {"resumeToken", FIELD_UNITS, OPTIONAL, 0, 256},
    {0},
};
static const struct field waiting_join_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64},
    {"name", FIELD_UNITS, OPTIONAL, 0, 65536},
    {0},
};
static const struct field waiting_host_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64},
    {"socketId", FIELD_UNITS, REQUIRED, 1, 128},
    {0},
};
static const struct field offer_fields[] = {
    {"to", FIELD_UNITS, REQUIRED, 1, 64},
    {"offer", FIELD_ANY, REQUIRED, 0, OPAQUE_MAX},
    {0},
};
static const struct field answer_fields[] = {
    {"to", FIELD_UNITS, REQUIRED, 1, 64},
    {"answer", FIELD_ANY, REQUIRED, 0, OPAQUE_MAX},
    {0},
};
static const struct field candidate_fields[] = {
    {"to", FIELD_UNITS, REQUIRED, 1, 64},
    {"candidate", FIELD_ANY, REQUIRED, 0, CANDIDATE_MAX},
    {0},
};
static const struct field audio_fields[] = {
    {"isMuted", FIELD_BOOL, REQUIRED, 0, 0},
    {0},
};
static const struct field video_fields[] = {
    {"isVideoOff", FIELD_BOOL, REQUIRED, 0, 0},
    {0},
};
static const struct field screen_fields[] = {
    {"isScreenSharing", FIELD_BOOL, REQUIRED, 0, 0},
    {0},
};
static const struct field hand_fields[] = {
    {"isHandRaised", FIELD_BOOL, REQUIRED, 0, 0},
    {0},
};
static const struct field react_fields[] = {
    {"emoji", FIELD_UNITS, REQUIRED, 1, 32},
    {0},
};
static const struct field chat_fields[] = {
    {"text", FIELD_UNITS, REQUIRED, 1, 2000},
    {0},
};
static const struct field chat_react_fields[] = {
    {"messageId", FIELD_UNITS, REQUIRED, 1, 32},
    {"emoji", FIELD_UNITS, REQUIRED, 1, 32},
    {0},
};
static const struct field caption_fields[] = {
    {"text", FIELD_UNITS, REQUIRED, 1, 2000},
    {"final", FIELD_BOOL, OPTIONAL, 0, 0},
    {0},
};
static const struct field recording_fields[] = {
    {"hostName", FIELD_UNITS, OPTIONAL, 0, 65536},
    {0},
};
static const struct field tracks_fields[] = {
    {"tracks", FIELD_ARRAY, REQUIRED, 0, 8},
    {0},
};
static const struct field view_fields[] = {
    {"views", FIELD_ARRAY, REQUIRED, 0, 1000},
    {"maxVideo", FIELD_INT, OPTIONAL, 0, 1000},
    {0},
};
static const struct field target_fields[] = {
    {"participantId", FIELD_UNITS, REQUIRED, 1, 128},
    {0},
};
static const struct field kick_fields[] = {
    {"participantId", FIELD_UNITS, REQUIRED, 1, 128},
    {"reason", FIELD_UNITS, OPTIONAL, 0, 1000}, /* 500 characters */
    {0},
};
static const struct field end_fields[] = {
    {"reason", FIELD_UNITS, OPTIONAL, 0, 1000}, /* 500 characters */
    {0},
};
static const struct field invite_fields[] = {
    {"name", FIELD_UNITS, OPTIONAL, 0, 65536},
    {0},
};
static const struct field settings_fields[] = {
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_BY_SOCKET},
    {0},
};

struct row {
    const char *name;
    unsigned may;
    enum rate_kind rate;
    const struct field *fields;
    enum meeting_code (*handler)(struct call *);
};

static const struct row rows[] = {
    {"join-meeting", MAY_NEWCOMER, RATE_JOIN, join_fields, join},
    {"waiting-room:join", MAY_NEWCOMER, RATE_JOIN, waiting_join_fields, waiting_join},
    {"leave-meeting", MAY_MEMBER, RATE_STATE, no_fields, leave},
    {"waiting-room:admit", MAY_HOST, RATE_HOST, waiting_host_fields, waiting_admit},
    {"waiting-room:deny", MAY_HOST, RATE_HOST, waiting_host_fields, waiting_deny},
    {"signal:offer", MAY_MEMBER, RATE_SIGNAL, offer_fields, signal_offer},
    {"signal:answer", MAY_MEMBER, RATE_SIGNAL, answer_fields, signal_answer},
    {"signal:ice-candidate", MAY_MEMBER, RATE_SIGNAL, candidate_fields, signal_candidate},
    {"sfu:tracks", MAY_MEMBER, RATE_STATE, tracks_fields, sfu_tracks},
    {"sfu:view", MAY_MEMBER, RATE_STATE, view_fields, sfu_view},
    {"media:toggle-audio", MAY_MEMBER, RATE_STATE, audio_fields, media_audio},
    {"media:toggle-video", MAY_MEMBER, RATE_STATE, video_fields, media_video},
    {"media:screen-share", MAY_MEMBER, RATE_STATE, screen_fields, media_screen},
    {"raise-hand", MAY_MEMBER, RATE_STATE, hand_fields, raise_hand},
    {"caption", MAY_MEMBER, RATE_STATE, caption_fields, caption},
    {"react", MAY_MEMBER, RATE_TALK, react_fields, react},
    {"chat:message", MAY_MEMBER, RATE_TALK, chat_fields, chat_message},
    {"chat:react", MAY_MEMBER, RATE_TALK, chat_react_fields, chat_react},
    {"recording:broadcast-started", MAY_HOST, RATE_HOST, recording_fields, recording_started},
    {"recording:broadcast-stopped", MAY_HOST, RATE_HOST, recording_fields, recording_stopped},
    {"admin:mute", MAY_HOST | MAY_REST, RATE_HOST, target_fields, admin_mute},
    {"admin:unmute", MAY_HOST | MAY_REST, RATE_HOST, target_fields, admin_unmute},
    {"admin:kick", MAY_HOST | MAY_REST, RATE_HOST, kick_fields, admin_kick},
    {"admin:mute-all", MAY_HOST | MAY_REST, RATE_HOST, no_fields, admin_mute_all},
    {"admin:lock", MAY_HOST | MAY_REST, RATE_HOST, no_fields, admin_lock},
    {"admin:unlock", MAY_HOST | MAY_REST, RATE_HOST, no_fields, admin_unlock},
    {"admin:settings", MAY_HOST | MAY_REST, RATE_HOST, settings_fields, admin_settings},
    {"admin:end", MAY_HOST | MAY_REST, RATE_HOST, end_fields, admin_end},
    {"admin:invite", MAY_REST, RATE_HOST, invite_fields, admin_invite},
};

static const struct row *row_find(const char *name, unsigned may)
{
    for (size_t i = 0; name && i < ARRAY_LEN(rows); i++)
        if (rows[i].may & may && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const char *dispatch_name(size_t i)
{
    return i < ARRAY_LEN(rows) ? rows[i].name : NULL;
}

enum rate_kind dispatch_rate(const char *name)
{
    const struct row *row = row_find(name, ~0U);
    return row ? row->rate : RATE_STATE;
}

bool dispatch_enters(const char *name)
{
    return row_find(name, MAY_NEWCOMER) != NULL;
}

enum meeting_code call_fail(struct call *c, enum meeting_code code, const char *message)
{
    c->message = message;
    return code;
}

/* May whoever sent this do that? A socket that waits is a newcomer. */
static enum meeting_code right_check(struct call *c, const struct row *row)
{
    if (row->may & MAY_NEWCOMER)
        return c->who ? call_fail(c, CODE_ALREADY_JOINED, "Already in a meeting") : CODE_OK;
    if (!c->who)
        return call_fail(c, CODE_NOT_JOINED, "Join a meeting first");
    if (!(row->may & MAY_MEMBER) && !c->who->admin)
        return call_fail(c, CODE_FORBIDDEN, "Only a host may do this");
    return CODE_OK;
}

static enum meeting_code row_run(struct call *c, const struct row *row, enum fields_mode mode)
{
    struct field_fault fault;
    if (c->payload && !json_is_object(c->payload))
        return call_fail(c, CODE_BAD_REQUEST, "The payload must be an object");
    if (fields_check(row->fields, c->payload, mode, &fault)) {
        c->data = json_pack("{s:s}", "field", fault.name);
        return call_fail(c, CODE_BAD_REQUEST, "A field is missing or invalid");
    }
    return row->handler(c);
}

void dispatch_client(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct call c = {m, now, ev, fx, people_by_socket(m, ev->socket), ev->payload, NULL, ""};
    const struct row *row = row_find(ev->name, MAY_NEWCOMER | MAY_MEMBER | MAY_HOST);
    if (json_is_null(c.payload))
        c.payload = NULL;
    enum meeting_code code = row ? right_check(&c, row) : call_fail(&c, CODE_BAD_REQUEST, "Unknown event");
    if (!code)
        code = row_run(&c, row, FIELDS_PAYLOAD);
    fx->reply.code = code;
    fx->reply.message = c.message;
    /* A signal to somebody who has just left is nobody's mistake: only an acknowledgement says so. */
    bool silent = code == CODE_PENDING || (code == CODE_NOT_FOUND && row && row->rate == RATE_SIGNAL && !ev->ack);
    if (silent)
        json_decref(c.data);
    else
        effects_answer(fx, m->id, ev->socket, ev->ack, &fx->reply, c.data);
}

void dispatch_command(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct call c = {m, now, ev, fx, NULL, ev->payload, NULL, ""};
    const struct row *row = row_find(ev->name, MAY_REST);
    if (json_is_null(c.payload))
        c.payload = NULL;
    fx->reply.code = row ? row_run(&c, row, FIELDS_BODY) : call_fail(&c, CODE_BAD_REQUEST, "Unknown command");
    fx->reply.message = c.message;
    fx->reply.data = c.data;
}
