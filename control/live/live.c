#include "live/live.h"
#include "api/admin/analytics.h"
#include "app/app.h"
#include "live/ice_servers.h"
#include "app/metrics.h"
#include "common/random.h"

#include <stdlib.h>
#include <string.h>

static void on_tick(void *arg);

enum err realtime_init(struct realtime *rt, struct app *app)
{
    struct meetings_config cfg = {
        .participants_cap = (unsigned)app->cfg.participants_cap,
        .mesh_max = (unsigned)app->cfg.mesh_max,
        .empty_grace = app->cfg.empty_grace_ms * MSEC,
        .rates_off = !app->cfg.rate_limits,
        .loading = true,
    };
    *rt = (struct realtime){.app = app, .tick = {.fire = on_tick, .arg = rt}};
    effects_init(&rt->fx);
    return meetings_new(&cfg, &rt->meetings);
}

void realtime_reset(struct realtime *rt)
{
    if (!rt->app)
        return;
    loop_timer_cancel(rt->app->loop, &rt->tick);
    loop_timer_cancel(rt->app->loop, &rt->seen);
    loop_timer_cancel(rt->app->loop, &rt->load);
    closing_free_all(rt);
    meetings_free(rt->meetings);
    effects_reset(&rt->fx);
    free(rt->refused);
    *rt = (struct realtime){0};
}

struct moment realtime_moment(const struct realtime *rt)
{
    return (struct moment){loop_now(rt->app->loop), usec_wall()};
}

struct meeting_fresh realtime_fresh(void)
{
    struct meeting_fresh fresh;
    random_text(fresh.id, 12, RANDOM_HEX);
    random_text(fresh.token, 32, RANDOM_HEX);
    return fresh;
}

void realtime_rearm(struct realtime *rt)
{
    usec_t due = meetings_deadline(rt->meetings);
    if (due == USEC_NEVER)
        loop_timer_cancel(rt->app->loop, &rt->tick);
    else
        loop_timer_set(rt->app->loop, &rt->tick, due);
}

/* Does what the last event caused, and what that causes: an offer that the SFU couldn't take is one more event. */
static void settle(struct realtime *rt)
{
    effects_run(rt);
    effects_reset(&rt->fx);
    while (rt->n_refused) {
        struct refused_offer offer = rt->refused[--rt->n_refused];
        json_t *why = json_string("The media server is not available");
        struct meeting_event ev = {
            .type = MEETING_SFU_REFUSED,
            .participant = offer.participant,
            .request = offer.request,
            .payload = why,
            .unavailable = true,
        };
        meetings_apply(rt->meetings, realtime_moment(rt), offer.meeting, &ev, &rt->fx);
        json_decref(why);
        effects_run(rt);
        effects_reset(&rt->fx);
    }
    realtime_rearm(rt);
}

static void on_tick(void *arg)
{
    struct realtime *rt = arg;
    meetings_tick(rt->meetings, realtime_moment(rt), &rt->fx);
    settle(rt);
}

/* ---- sockets ---- */

static uint64_t socket_number(struct sio_id id)
{
    return (uint64_t)id.generation << 32 | id.slot;
}

static void on_client_event(struct realtime *rt, struct sio *sio, const struct sio_event *sent)
{
    struct moment now = realtime_moment(rt);
    struct meeting_event ev = {
        .type = MEETING_CLIENT,
        .name = sent->name,
        .payload = json_array_get(sent->args, 0),
        .socket = socket_number(sent->socket),
        .socket_id = sio_sid(sio, sent->socket),
        .ack = sent->wants_ack ? sent->ack + 1 : 0,
        .fresh = realtime_fresh(),
    };
    if (strcmp(sent->name, "join-meeting") == 0)
        ev.ice_servers = ice_servers_json(&rt->app->cfg, now.wall, ev.fresh.id);
    meetings_client(rt->meetings, now, &ev, &rt->fx);
    json_decref(ev.ice_servers);
    settle(rt);
}

void realtime_on_socket(void *app, struct sio *sio, const struct sio_event *ev)
{
    struct realtime *rt = &((struct app *)app)->rt;
    switch (ev->type) {
    case SIO_RECEIVED:
        if (strcmp(ev->name, "client:error") == 0)
            analytics_client_error(app, ev);
        else
            on_client_event(rt, sio, ev);
        break;
    case SIO_DISCONNECTED:
        meetings_socket_lost(rt->meetings, realtime_moment(rt), socket_number(ev->socket),
                             ev->reason == SIO_CLIENT_LEFT, &rt->fx);
        settle(rt);
        break;
    case SIO_CONNECTED:
    case SIO_ANSWERED:
        break;
    }
}

/* ---- the SFU ---- */

static void to_meeting(struct realtime *rt, const char *meeting, const struct meeting_event *ev)
{
    meetings_apply(rt->meetings, realtime_moment(rt), meeting, ev, &rt->fx);
    settle(rt);
}

static void on_offer_answer(struct realtime *rt, const struct sfuclient_event *sent)
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
    to_meeting(rt, sent->tag->room, &ev);
    json_decref(why);
}

static void on_sfu_answer(struct app *app, const struct sfuclient_event *ev)
{
    char code[LOG_SAFE_CAP];
    switch ((enum sfu_kind)ev->tag->kind) {
    case SFU_KIND_OFFER:
        on_offer_answer(&app->rt, ev);
        break;
    case SFU_KIND_SYNC:
        if (ev->ok)
            sfu_sync_answer(app, ev->json);
        break;
    case SFU_KIND_METRICS:
        metrics_answer(app, ev->tag->request, ev->ok ? ev->json : NULL);
        break;
    case SFU_KIND_PLAIN:
        if (!ev->ok)
            log_warn(&app->log, "sfu_refused", "room=%s participant=%s code=%s", ev->tag->room, ev->tag->participant,
                     log_safe(code, ev->code));
        break;
    }
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

static void on_session_state(struct realtime *rt, const char *room, const char *participant, const json_t *json)
{
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *reason = json_string_value(json_object_get(json, "reason"));
    bool failed = state && reason && strcmp(state, "closed") == 0 &&
                  (strcmp(reason, "silent") == 0 || strcmp(reason, "dtls") == 0);
    log_debug(&rt->app->log, "sfu_session", "room=%s participant=%s state=%s", room, participant, state ? state : "");
    if (failed)
        to_meeting(rt, room,
                   &(struct meeting_event){.type = MEETING_SFU_SESSION_FAILED,
                                           .participant = participant,
                                           .payload = json_object_get(json, "reason")});
}

static void on_notification(struct realtime *rt, const struct sfuclient_event *sent)
{
    const char *room = json_string_value(json_object_get(sent->json, "room"));
    const char *participant = json_string_value(json_object_get(sent->json, "participant"));
    if (!room)
        return;
    if (strcmp(sent->name, "session.state") == 0 && participant) {
        on_session_state(rt, room, participant, sent->json);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(notifications); i++) {
        const struct notification *n = &notifications[i];
        if (strcmp(sent->name, n->name) != 0)
            continue;
        json_t *payload =
            n->payload ? json_incref(json_object_get(sent->json, n->payload)) : without_address(sent->json);
        if (payload)
            to_meeting(rt, room,
                       &(struct meeting_event){.type = n->type, .participant = participant, .payload = payload});
        json_decref(payload);
        return;
    }
}

void realtime_on_sfu(void *arg, const struct sfuclient_event *ev)
{
    struct app *app = arg;
    struct realtime *rt = &app->rt;
    switch (ev->type) {
    case SFUCLIENT_UP:
        sfu_sync_ask(app); /* first: the answer says what it had before we asked for anything */
        meetings_sfu(rt->meetings, realtime_moment(rt), true, ev->restarted, &rt->fx);
        settle(rt);
        break;
    case SFUCLIENT_DOWN:
        meetings_sfu(rt->meetings, realtime_moment(rt), false, false, &rt->fx);
        settle(rt);
        break;
    case SFUCLIENT_ANSWER:
        on_sfu_answer(app, ev);
        break;
    case SFUCLIENT_NOTIFICATION:
        on_notification(rt, ev);
        break;
    }
}

void realtime_sfu_has(struct realtime *rt, const json_t *by_room)
{
    meetings_sfu_has(rt->meetings, realtime_moment(rt), by_room, &rt->fx);
    settle(rt);
}

/* ---- hosts' actions from outside the room ---- */

void realtime_command(struct realtime *rt, const char *meeting, const char *name, json_t *payload,
                      struct meeting_reply *reply)
{
    struct meeting_event ev = {.type = MEETING_COMMAND, .name = name, .payload = payload, .fresh = realtime_fresh()};
    meetings_apply(rt->meetings, realtime_moment(rt), meeting, &ev, &rt->fx);
    *reply = rt->fx.reply;
    json_incref(reply->data);
    settle(rt);
}

/* The ids of all guest meetings, in one block for free(); the table changes while they are ended. */
static size_t guests_list(struct realtime *rt, char (**ids)[MEETING_ID_CAP])
{
    size_t n = 0, cap = 0, at = 0;
    for (const struct meeting *m; (m = meetings_next(rt->meetings, &at));)
        cap += meeting_is_guest(m);
    *ids = calloc(cap ? cap : 1, sizeof **ids);
    at = 0;
    for (const struct meeting *m; *ids && n < cap && (m = meetings_next(rt->meetings, &at));)
        if (meeting_is_guest(m))
            memcpy((*ids)[n++], meeting_id(m), strlen(meeting_id(m)) + 1);
    return n;
}

void realtime_end_guests(struct realtime *rt)
{
    char(*ids)[MEETING_ID_CAP] = NULL;
    size_t n = guests_list(rt, &ids);
    json_t *payload = json_pack("{s:s}", "reason", "The server is shutting down");
    for (size_t i = 0; i < n; i++) {
        struct meeting_reply reply;
        realtime_command(rt, ids[i], "admin:end", payload, &reply);
        json_decref(reply.data);
    }
    json_decref(payload);
    free(ids);
}
