/* hosts.c: what hosts do from outside the meeting (API documentation §3, 6, 7). The answer waits until what was changed
 * is stored: who was told so may rely on it, whatever crashes next. */
#include "access/access.h"
#include "access/db.h"
#include "api/meetings/meetings_api.h"
#include "live/live.h"

#include <stdlib.h>

/* ---- doing it, and answering ---- */

static unsigned status_of(enum meeting_code code)
{
    static const unsigned status[MEETING_CODES] = {
        [CODE_NOT_FOUND] = 404,
        [CODE_ENDED] = 404,
        [CODE_BAD_REQUEST] = 400,
        [CODE_UNAVAILABLE] = 503,
    };
    return status[code] ? status[code] : 500; /* the others are told to sockets alone: ours is the mistake */
}

struct action {
    bool kept;    /* the meeting is stored */
    json_t *data; /* of the reply: a new reference, or NULL */
};

/* False: it was refused, and that is answered. Takes the payload. */
static bool act(struct call *c, const char *name, json_t *payload, struct action *a)
{
    const struct meetings_api *api = call_part(c);
    struct meeting_reply reply = {.code = CODE_NOT_FOUND, .message = "Meeting not found"};
    const struct meeting *m = access_meeting(c);
    a->kept = m && !meeting_is_guest(m);
    if (m)
        live_command(api->live, meeting_id(m), name, payload, &reply);
    json_decref(payload);
    a->data = reply.data;
    if (!reply.code)
        return true;
    json_decref(reply.data);
    call_error(c, status_of(reply.code), "%s", reply.message);
    return false;
}

struct answer {
    unsigned status;
    json_t *json;
};

static void answer_free(void *arg)
{
    struct answer *a = arg;
    json_decref(a->json);
    free(a);
}

static void answer_now(struct call *c, const struct rows *rows)
{
    const struct answer *a = call_data(c, CALL_STATE);
    (void)rows;
    call_reply_json(c, a->status, json_incref(a->json));
}

/* Takes the JSON. */
static enum err answer_when_stored(struct call *c, unsigned status, json_t *json)
{
    struct answer *a = json ? malloc(sizeof *a) : NULL;
    if (!a) {
        json_decref(json);
        return ERR_NOMEM;
    }
    *a = (struct answer){status, json};
    call_set_data(c, CALL_STATE, a, answer_free);
    return db_when_written(c, answer_now);
}

static enum err answer(struct call *c, const struct action *a, unsigned status, json_t *json)
{
    if (a->kept)
        return answer_when_stored(c, status, json);
    call_reply_json(c, status, json);
    return OK;
}

/* Does `name` (an admin: command of meeting.h) to the call's meeting and answers 200 {message}, or as the meeting
 * refuses. Takes the payload, which may be NULL. */
static enum err host_action(struct call *c, const char *name, json_t *payload, const char *message)
{
    struct action a;
    if (!act(c, name, payload, &a))
        return OK;
    json_decref(a.data);
    return answer(c, &a, 200, json_pack("{s:s}", "message", message));
}

/* ---- settings ---- */

static const struct field settings_body[] = {
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_BY_REST},
    {0},
};

static enum err settings_patch(struct call *c)
{
    struct action a;
    json_t *wished = json_deep_copy(call_json(c));
    if (!wished)
        return ERR_NOMEM;
    if (!act(c, "admin:settings", wished, &a))
        return OK;
    const struct meeting *m = access_meeting(c);
    json_t *settings = json_object_get(a.data, "settings");
    json_t *json = json_pack("{s:s, s:s, s:O}", "message", "Settings updated", "title", m ? meeting_title(m) : "",
                             "settings", settings);
    json_decref(a.data);
    return answer(c, &a, 200, json);
}

static enum err lock(struct call *c)
{
    return host_action(c, "admin:lock", NULL, "Meeting locked");
}

static enum err unlock(struct call *c)
{
    return host_action(c, "admin:unlock", NULL, "Meeting unlocked");
}

/* ---- invitations ---- */

static const struct field invite_body[] = {
    {"name", FIELD_CHARS, NULLABLE, 0, 100, NULL},
    {0},
};

static enum err invite(struct call *c)
{
    struct action a;
    if (!act(c, "admin:invite", json_pack("{s:s*}", "name", call_str(c, "name")), &a))
        return OK;
    return answer(c, &a, 201, a.data);
}

/* ---- participants ---- */

static const struct field kick_body[] = {
    {"reason", FIELD_CHARS, NULLABLE, 0, 500, NULL},
    {0},
};

static json_t *target(const struct call *c)
{
    return json_pack("{s:s, s:s*}", "participantId", call_param(c, "participantId"), "reason", call_str(c, "reason"));
}

static enum err mute(struct call *c)
{
    return host_action(c, "admin:mute", target(c), "Participant muted");
}

static enum err unmute(struct call *c)
{
    return host_action(c, "admin:unmute", target(c), "Participant asked to unmute");
}

static enum err kick(struct call *c)
{
    return host_action(c, "admin:kick", target(c), "Participant removed");
}

static enum err mute_all(struct call *c)
{
    return host_action(c, "admin:mute-all", NULL, "All participants muted");
}

/* ---- the end ---- */

static enum err end(struct call *c)
{
    bool waits = meeting_status(access_meeting(c)) == MEETING_SCHEDULED;
    return host_action(c, "admin:end", NULL, waits ? "Meeting cancelled" : "Meeting ended");
}

/* clang-format off */
#define MEETING     "/api/meetings/:meetingId"
#define PARTICIPANT MEETING "/participants/:participantId"
const struct route host_routes[] = {
    /* method    path                   who may           body           does */
    { "PATCH",  MEETING "/settings",   ACCESS_TOKEN,     settings_body, settings_patch },
    { "POST",   MEETING "/lock",       ACCESS_TOKEN,     no_body,       lock           },
    { "POST",   MEETING "/unlock",     ACCESS_TOKEN,     no_body,       unlock         },
    { "POST",   MEETING "/invite",     ACCESS_TOKEN,     invite_body,   invite         },
    { "POST",   PARTICIPANT "/mute",   ACCESS_KEY_TOKEN, no_body,       mute           },
    { "POST",   PARTICIPANT "/unmute", ACCESS_KEY_TOKEN, no_body,       unmute         },
    { "POST",   PARTICIPANT "/kick",   ACCESS_KEY_TOKEN, kick_body,     kick           },
    { "POST",   MEETING "/mute-all",   ACCESS_KEY_TOKEN, no_body,       mute_all       },
    { "DELETE", MEETING,               ACCESS_KEY_TOKEN, no_body,       end            },
    { 0 },
};
/* clang-format on */
