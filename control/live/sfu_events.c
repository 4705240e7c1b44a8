/* sfu_events.c: what the SFU says: answers, what it tells of its sessions, and what it has after one of us came back.
 */
#include "live/sfu_events.h"
#include "live/live_priv.h"

#include <string.h>

/* ---- after one of us came back ---- */

void sfu_events_sync(struct live *l)
{
    if (meetings_are_loading(l->meetings))
        return; /* load.c asks when we know which are ours */
    enum err e = sfuclient_request(l->cfg.sfu, "state.dump", NULL, &(struct sfu_tag){.kind = LIVE_SFU_SYNC});
    if (e)
        log_warn(l->cfg.log, "sfu_not_asked", "op=state.dump reason=%s", err_name(e));
}

static void tell_sfu(struct live *l, const char *op, const char *room, const char *participant)
{
    json_t *fields = json_pack("{s:s,s:s*}", "room", room, "participant", participant);
    char safe[LOG_SAFE_CAP];
    enum err e =
        fields ? sfuclient_request(l->cfg.sfu, op, fields, &(struct sfu_tag){.kind = LIVE_SFU_PLAIN}) : ERR_NOMEM;
    log_info(l->cfg.log, "sfu_cleanup", "op=%s room=%s result=%s", op, log_safe(safe, room), err_name(e));
    json_decref(fields);
}

static void sync_room(struct live *l, const char *room, const json_t *participants)
{
    const struct meeting *m = meetings_find(l->meetings, room);
    if (!m) {
        tell_sfu(l, "room.close", room, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(participants); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(participants, i), "participant"));
        if (name && !meeting_has_participant(m, name))
            tell_sfu(l, "participant.leave", room, name);
    }
}

static void on_dump(struct live *l, const json_t *dump)
{
    const json_t *rooms = json_object_get(dump, "rooms");
    json_t *by_room = json_object();
    for (size_t i = 0; i < json_array_size(rooms); i++) {
        const json_t *room = json_array_get(rooms, i);
        const char *name = json_string_value(json_object_get(room, "room"));
        json_t *participants = json_object_get(room, "participants");
        if (!name)
            continue;
        sync_room(l, name, participants);
        json_object_set(by_room, name, participants);
    }
    meetings_sfu_has(l->meetings, live_now(l), by_room, &l->fx);
    live_settle(l);
    json_decref(by_room);
}

/* ---- what it says ---- */

static void to_meeting(struct live *l, const char *meeting, const struct meeting_event *ev)
{
    meetings_apply(l->meetings, live_now(l), meeting, ev, &l->fx);
    live_settle(l);
}

static void on_offer_answer(struct live *l, const struct sfuclient_event *sent)
{
    json_t *sdp = json_object_get(sent->json, "sdp");
    bool ok = sent->ok && json_is_string(sdp);
    json_t *why = ok ? NULL : json_string(sent->message && *sent->message ? sent->message : "The offer was refused");
    struct meeting_event ev = {
        .type = ok ? MEETING_SFU_ANSWER : MEETING_SFU_REFUSED,
        .participant = sent->tag->participant,
        .request = sent->tag->request,
        .payload = ok ? sdp : why,
        .unavailable = !ok && (!sent->code || strcmp(sent->code, "bad_request") != 0),
    };
    to_meeting(l, sent->tag->room, &ev);
    json_decref(why);
}

static void on_answer(struct live *l, const struct sfuclient_event *ev)
{
    char code[LOG_SAFE_CAP];
    if (ev->tag->kind == LIVE_SFU_OFFER)
        on_offer_answer(l, ev);
    else if (ev->tag->kind == LIVE_SFU_SYNC && ev->ok)
        on_dump(l, ev->json);
    else if (ev->tag->kind == LIVE_SFU_PLAIN && !ev->ok)
        log_warn(l->cfg.log, "sfu_refused", "room=%s participant=%s code=%s", ev->tag->room, ev->tag->participant,
                 log_safe(code, ev->code));
}

/* What the SFU says of itself, and the event it is for the meeting. */
static const struct notification {
    const char *name;
    enum meeting_event_type type;
    const char *payload; /* this member; NULL: the object without its address */
} notifications[] = {
    {"session.slots", MEETING_SFU_SLOTS, "slots"},
    {"session.quality", MEETING_SFU_QUALITY, NULL},
    {"room.speakers", MEETING_SFU_SPEAKERS, NULL},
};

static json_t *without_address(json_t *object)
{
    json_t *copy = json_copy(object);
    json_object_del(copy, "event");
    json_object_del(copy, "room");
    json_object_del(copy, "participant");
    return copy;
}

static void on_session_state(struct live *l, const char *room, const char *participant, const json_t *json)
{
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *reason = json_string_value(json_object_get(json, "reason"));
    bool failed = state && reason && strcmp(state, "closed") == 0 &&
                  (strcmp(reason, "silent") == 0 || strcmp(reason, "dtls") == 0);
    log_debug(l->cfg.log, "sfu_session", "room=%s participant=%s state=%s", room, participant, state ? state : "");
    if (failed)
        to_meeting(l, room,
                   &(struct meeting_event){.type = MEETING_SFU_SESSION_FAILED,
                                           .participant = participant,
                                           .payload = json_object_get(json, "reason")});
}

static void on_notification(struct live *l, const struct sfuclient_event *sent)
{
    const char *room = json_string_value(json_object_get(sent->json, "room"));
    const char *participant = json_string_value(json_object_get(sent->json, "participant"));
    if (!room)
        return;
    if (strcmp(sent->name, "session.state") == 0 && participant) {
        on_session_state(l, room, participant, sent->json);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(notifications); i++) {
        const struct notification *n = &notifications[i];
        if (strcmp(sent->name, n->name) != 0)
            continue;
        json_t *payload =
            n->payload ? json_incref(json_object_get(sent->json, n->payload)) : without_address(sent->json);
        if (payload)
            to_meeting(l, room,
                       &(struct meeting_event){.type = n->type, .participant = participant, .payload = payload});
        json_decref(payload);
        return;
    }
}

void live_on_sfu(struct live *l, const struct sfuclient_event *ev)
{
    switch (ev->type) {
    case SFUCLIENT_UP:
        sfu_events_sync(l); /* first: the answer says what it had before we asked for anything */
        meetings_sfu(l->meetings, live_now(l), true, ev->restarted, &l->fx);
        live_settle(l);
        break;
    case SFUCLIENT_DOWN:
        meetings_sfu(l->meetings, live_now(l), false, false, &l->fx);
        live_settle(l);
        break;
    case SFUCLIENT_ANSWER:
        on_answer(l, ev);
        break;
    case SFUCLIENT_NOTIFICATION:
        on_notification(l, ev);
        break;
    }
}
