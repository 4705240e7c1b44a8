/* dispatch.c: the table of client events and host actions: who may, what the payload looks like, what is done. */
#include "meeting/dispatch.h"

#include <string.h>

enum {
    MAY_NEWCOMER = 1, /* a socket that is not in the meeting, or waits */
    MAY_MEMBER = 2,   /* a participant */
    MAY_HOST = 4,     /* a participant that is admin */
    MAY_REST = 8,     /* a command */
    MAY_SOCKET = MAY_NEWCOMER | MAY_MEMBER | MAY_HOST,
    WANTS_ICE = 16, /* not a right: it is answered with the ICE servers of who sends it */
};

#define OPAQUE_MAX    (3L * MEETING_SDP_MAX) /* an SDP of the longest kind with its line ends escaped */
#define CANDIDATE_MAX 8192

static const struct field no_fields[] = {
    {0},
};
static const struct field join_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64, .is_word = true},
    {"name", FIELD_UNITS, OPTIONAL, 0, 65536},
    {"isAdmin", FIELD_BOOL, OPTIONAL, 0, 0},
    {"adminToken", FIELD_UNITS, OPTIONAL, 0, 256, .is_word = true},
    {"topology", FIELD_UNITS, OPTIONAL, 0, 16},
    {"inviteToken", FIELD_UNITS, OPTIONAL, 0, 256, .is_word = true},
    {"invite", FIELD_UNITS, OPTIONAL, 0, 256, .is_word = true},
    {"resumeToken", FIELD_UNITS, OPTIONAL, 0, 256, .is_word = true},
    {0},
};
static const struct field waiting_join_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64, .is_word = true},
    {"name", FIELD_UNITS, OPTIONAL, 0, 65536},
    {0},
};
static const struct field waiting_host_fields[] = {
    {"meetingId", FIELD_UNITS, OPTIONAL, 0, 64, .is_word = true},
    {"socketId", FIELD_UNITS, REQUIRED, 1, 128, .is_word = true},
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

struct meeting_verb {
    const char *name;
    unsigned may;
    enum rate_kind rate;
    const struct field *fields;
    enum meeting_code (*handler)(struct deed *);
};

static const struct meeting_verb rows[] = {
    {"join-meeting", MAY_NEWCOMER | WANTS_ICE, RATE_JOIN, join_fields, ev_join_meeting},
    {"waiting-room:join", MAY_NEWCOMER, RATE_JOIN, waiting_join_fields, ev_waiting_room_join},
    {"leave-meeting", MAY_MEMBER, RATE_STATE, no_fields, ev_leave_meeting},
    {"waiting-room:admit", MAY_HOST, RATE_HOST, waiting_host_fields, ev_waiting_room_admit},
    {"waiting-room:deny", MAY_HOST, RATE_HOST, waiting_host_fields, ev_waiting_room_deny},
    {"signal:offer", MAY_MEMBER, RATE_SIGNAL, offer_fields, ev_signal_offer},
    {"signal:answer", MAY_MEMBER, RATE_SIGNAL, answer_fields, ev_signal_answer},
    {"signal:ice-candidate", MAY_MEMBER, RATE_SIGNAL, candidate_fields, ev_signal_ice_candidate},
    {"sfu:tracks", MAY_MEMBER, RATE_STATE, tracks_fields, ev_sfu_tracks},
    {"sfu:view", MAY_MEMBER, RATE_STATE, view_fields, ev_sfu_view},
    {"media:toggle-audio", MAY_MEMBER, RATE_STATE, audio_fields, ev_media_toggle_audio},
    {"media:toggle-video", MAY_MEMBER, RATE_STATE, video_fields, ev_media_toggle_video},
    {"media:screen-share", MAY_MEMBER, RATE_STATE, screen_fields, ev_media_screen_share},
    {"raise-hand", MAY_MEMBER, RATE_STATE, hand_fields, ev_raise_hand},
    {"caption", MAY_MEMBER, RATE_STATE, caption_fields, ev_caption},
    {"react", MAY_MEMBER, RATE_TALK, react_fields, ev_react},
    {"chat:message", MAY_MEMBER, RATE_TALK, chat_fields, ev_chat_message},
    {"chat:react", MAY_MEMBER, RATE_TALK, chat_react_fields, ev_chat_react},
    {"recording:broadcast-started", MAY_HOST, RATE_HOST, recording_fields, ev_recording_broadcast_started},
    {"recording:broadcast-stopped", MAY_HOST, RATE_HOST, recording_fields, ev_recording_broadcast_stopped},
    {"admin:mute", MAY_HOST | MAY_REST, RATE_HOST, target_fields, ev_admin_mute},
    {"admin:unmute", MAY_HOST | MAY_REST, RATE_HOST, target_fields, ev_admin_unmute},
    {"admin:kick", MAY_HOST | MAY_REST, RATE_HOST, kick_fields, ev_admin_kick},
    {"admin:mute-all", MAY_HOST | MAY_REST, RATE_HOST, no_fields, ev_admin_mute_all},
    {"admin:lock", MAY_HOST | MAY_REST, RATE_HOST, no_fields, ev_admin_lock},
    {"admin:unlock", MAY_HOST | MAY_REST, RATE_HOST, no_fields, ev_admin_unlock},
    {"admin:settings", MAY_HOST | MAY_REST, RATE_HOST, settings_fields, ev_admin_settings},
    {"admin:end", MAY_HOST | MAY_REST, RATE_HOST, end_fields, ev_admin_end},
    {"admin:invite", MAY_REST, RATE_HOST, invite_fields, ev_admin_invite},
};

const struct meeting_verb *meeting_verb_find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool meeting_verb_wants_ice(const struct meeting_verb *verb)
{
    return verb && verb->may & WANTS_ICE;
}

bool meeting_event_spends(const struct meeting_event *ev, enum share *what)
{
    bool offers = ev->verb && ev->verb->handler == ev_signal_offer && signal_is_to_sfu(ev->payload);
    *what = offers ? SHARE_OFFERS : SHARE_JOINS;
    return offers || dispatch_enters(ev->verb);
}

const char *dispatch_name(size_t i)
{
    return i < ARRAY_LEN(rows) ? rows[i].name : NULL;
}

void dispatch_trim(const struct meeting_verb *verb, json_t *payload)
{
    if (verb)
        fields_trim(verb->fields, payload);
}

enum rate_kind dispatch_rate(const struct meeting_event *ev)
{
    if (ev->verb && ev->verb->handler == ev_signal_offer && signal_is_to_sfu(ev->payload))
        return RATE_OFFER;
    return ev->verb ? ev->verb->rate : RATE_STATE;
}

bool dispatch_enters(const struct meeting_verb *verb)
{
    return verb && verb->may & MAY_NEWCOMER;
}

static const struct meeting_verb *row_of(const struct meeting_event *ev, unsigned may)
{
    return ev->verb && ev->verb->may & may ? ev->verb : NULL;
}

enum meeting_code deed_fail(struct deed *d, enum meeting_code code, const char *message)
{
    d->message = message;
    return code;
}

/* May whoever sent this do that? A socket that waits is a newcomer. */
static enum meeting_code right_check(struct deed *d, const struct meeting_verb *row)
{
    if (row->may & MAY_NEWCOMER)
        return d->who ? deed_fail(d, CODE_ALREADY_JOINED, "Already in a meeting") : CODE_OK;
    if (!d->who)
        return deed_fail(d, CODE_NOT_JOINED, "Join a meeting first");
    if (!(row->may & MAY_MEMBER) && !d->who->admin)
        return deed_fail(d, CODE_FORBIDDEN, "Only a host may do this");
    return CODE_OK;
}

static enum meeting_code row_run(struct deed *d, const struct meeting_verb *row, enum fields_mode mode)
{
    struct field_fault fault;
    if (d->payload && !json_is_object(d->payload))
        return deed_fail(d, CODE_BAD_REQUEST, "The payload must be an object");
    if (fields_check(row->fields, d->payload, mode, &fault)) {
        d->data = json_pack("{s:s}", "field", fault.name);
        return deed_fail(d, CODE_BAD_REQUEST, "A field is missing or invalid");
    }
    return row->handler(d);
}

void dispatch_client(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct deed d = {m, now, ev, fx, people_by_socket(m, ev->socket), ev->payload, NULL, ""};
    const struct meeting_verb *row = row_of(ev, MAY_SOCKET);
    if (json_is_null(d.payload))
        d.payload = NULL;
    enum meeting_code code = row ? right_check(&d, row) : deed_fail(&d, CODE_BAD_REQUEST, "Unknown event");
    if (!code)
        code = row_run(&d, row, FIELDS_PAYLOAD);
    fx->reply.code = code;
    fx->reply.message = d.message;
    fx->reply.only_acked = !dispatch_enters(row);
    /* A signal to somebody who has just left is nobody's mistake: only an acknowledgement says so. */
    bool silent = code == CODE_PENDING || (code == CODE_NOT_FOUND && row && row->rate == RATE_SIGNAL && !ev->ack);
    if (silent)
        json_decref(d.data);
    else
        effects_answer(fx, m->id, ev->socket, ev->ack, &fx->reply, d.data);
}

void dispatch_command(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct deed d = {m, now, ev, fx, NULL, ev->payload, NULL, ""};
    const struct meeting_verb *row = row_of(ev, MAY_REST);
    if (json_is_null(d.payload))
        d.payload = NULL;
    fx->reply.code = row ? row_run(&d, row, FIELDS_BODY) : deed_fail(&d, CODE_BAD_REQUEST, "Unknown command");
    fx->reply.message = d.message;
    fx->reply.data = d.data;
}

/* ---- how many ---- */

bool rate_take(struct rates *r, enum rate_kind kind, usec_t now, unsigned people)
{
    static const struct {
        unsigned burst;
        usec_t each; /* one more every … */
    } limits[RATE_KINDS] = {
        /* clang-format off */
        [RATE_JOIN]   = { 10,  1   * SEC  },
        [RATE_SIGNAL] = { 600, 5   * MSEC },
        [RATE_OFFER]  = { 20,  200 * MSEC },
        [RATE_STATE]  = { 60,  50  * MSEC },
        [RATE_TALK]   = { 20,  200 * MSEC },
        [RATE_HOST]   = { 30,  200 * MSEC },
        [RATE_EXCESS] = { 100, 500 * MSEC },
        /* clang-format on */
    };
    usec_t each = limits[kind].each / people, full_at = r->full_at[kind] > now ? r->full_at[kind] : now;
    if (full_at - now > (usec_t)(limits[kind].burst * people - 1) * each)
        return false;
    r->full_at[kind] = full_at + each;
    return true;
}
