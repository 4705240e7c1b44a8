/* errors.c: what goes wrong, as events: our own 5xx answers, and what clients tell of theirs. */
#include "app/errors.h"
#include "http/call.h"
#include "live/live.h"
#include "loop/loop.h"
#include "socketio/sio.h"

#include <stdlib.h>
#include <string.h>

/* Takes meta. */
static void store_error(struct errors *errors, const char *type, json_t *meta)
{
    char *text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
    if (text && live_analytics(errors->store, type, text, 0, NULL)) /* the store has counted and logged it */
        log_debug(errors->log, "error_not_stored", "type=%s", type);
    free(text);
    json_decref(meta);
}

/* ---- our own answers ---- */

void errors_answer(void *arg, struct call *c, unsigned status)
{
    struct errors *errors = arg;
    if (!error_gate_second(&errors->gate, ERRORS_OF_API, loop_now(errors->loop)))
        return;
    char message[ERROR_MESSAGE_CAP];
    struct bytes body = call_answer_body(c);
    json_t *json = json_loadb((const char *)body.p, body.len, 0, NULL);
    const char *said = json_string_value(json_object_get(json, "error"));
    error_text(message, said ? said : "", ERROR_MESSAGE_CHARS);
    store_error(errors, "error.api",
                json_pack("{s:s,s:s,s:i,s:s}", "route", call_route_path(c), "method", call_method(c), "status",
                          (int)status, "message", message));
    json_decref(json);
}

/* ---- what clients tell ---- */

static const char *type_of_client(const char *name)
{
    static const char *const types[] = {"error.webrtc", "error.media", "error.signaling", "error.app"};
    for (size_t i = 0; name && i < ARRAY_LEN(types); i++)
        if (strcmp(types[i] + strlen("error."), name) == 0)
            return types[i];
    return NULL;
}

/* NULL: stored. Otherwise the code of the refusal. */
static const char *take_client_error(struct errors *errors, uint64_t socket, const json_t *payload)
{
    char route[ERROR_ROUTE_CAP], message[ERROR_MESSAGE_CAP];
    usec_t now = loop_now(errors->loop);
    const char *type = type_of_client(json_string_value(json_object_get(payload, "type")));
    const json_t *place = json_object_get(payload, "route");
    const char *said = json_string_value(json_object_get(payload, "message"));
    const char *where = !place || json_is_null(place) ? "" : json_string_value(place);
    if (!type || !said || !where)
        return "bad_request";
    if (!error_gate_socket(&errors->gate, socket, now) || !error_gate_second(&errors->gate, ERRORS_OF_CLIENTS, now))
        return "rate_limited";
    error_text(route, where, ERROR_ROUTE_CHARS);
    error_text(message, said, ERROR_MESSAGE_CHARS);
    if (error_gate_text(&errors->gate, type, route, message, now))
        store_error(errors, type, json_pack("{s:s,s:s}", "route", route, "message", message));
    else
        store_error(errors, type, json_pack("{s:s,s:s}", "route", "", "message", "(another)"));
    return NULL;
}

static json_t *answer_of(const char *code)
{
    if (!code)
        return json_pack("[{s:b}]", "ok", 1);
    const char *message = strcmp(code, "bad_request") == 0
                              ? "type must be webrtc, media, signaling or app, and message a text"
                              : "Too many errors are being reported";
    return json_pack("[{s:b,s:{s:s,s:s}}]", "ok", 0, "error", "code", code, "message", message);
}

bool errors_of_client(struct errors *errors, struct sio *sio, const struct sio_event *ev)
{
    if (ev->type != SIO_RECEIVED || strcmp(ev->name, "client:error") != 0)
        return false;
    json_t *answer = answer_of(take_client_error(errors, sio_id_number(ev->socket), json_array_get(ev->args, 0)));
    if (ev->wants_ack && answer && sio_ack(sio, ev->socket, ev->ack, (struct sio_args){.list = answer}))
        log_debug(errors->log, "ack_lost", "event=client:error");
    json_decref(answer);
    return true;
}
