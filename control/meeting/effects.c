/* effects.c: the list of what is to be done, grown as meetings say it. */
#include "meeting/effects.h"

#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

const char *meeting_code_name(enum meeting_code code)
{
    static const char *const names[MEETING_CODES] = {
        [CODE_OK] = "",
        [CODE_NOT_FOUND] = "not_found",
        [CODE_LOCKED] = "locked",
        [CODE_FULL] = "full",
        [CODE_SCHEDULED] = "scheduled",
        [CODE_ENDED] = "ended",
        [CODE_BAD_TOKEN] = "bad_token",
        [CODE_BAD_REQUEST] = "bad_request",
        [CODE_NOT_JOINED] = "not_joined",
        [CODE_ALREADY_JOINED] = "already_joined",
        [CODE_RATE_LIMITED] = "rate_limited",
        [CODE_FORBIDDEN] = "forbidden",
        [CODE_UNAVAILABLE] = "unavailable",
        [CODE_PENDING] = "pending",
    };
    return names[code];
}

void effects_init(struct effects *fx)
{
    *fx = (struct effects){.reply = {.code = CODE_OK, .message = ""}};
}

void effects_reset(struct effects *fx)
{
    for (size_t i = 0; i < fx->n; i++) {
        json_decref(fx->list[i].payload);
        json_decref(fx->list[i].kept);
        free(fx->list[i].people);
        free(fx->list[i].ended);
    }
    json_decref(fx->reply.data);
    free(fx->list);
    free(fx->sockets);
    effects_init(fx);
}

const uint64_t *effects_sockets(const struct effects *fx, const struct effect *e)
{
    return e->n ? fx->sockets + e->first : NULL;
}

struct effect *effects_add(struct effects *fx, enum effect_type type, const char *meeting)
{
    if (vec_reserve(fx->list, fx->cap, fx->n + 1, VEC_MOST)) {
        fx->n_lost++;
        return NULL;
    }
    struct effect *e = &fx->list[fx->n++];
    *e = (struct effect){.type = type};
    strncpy(e->meeting, meeting, sizeof e->meeting - 1);
    return e;
}

struct effect *effects_begin(struct effects *fx, const char *meeting, const char *event, json_t *payload)
{
    struct effect *e = payload ? effects_add(fx, FX_EMIT, meeting) : NULL;
    if (!e) {
        fx->n_lost += !payload;
        json_decref(payload);
        return NULL;
    }
    e->event = event;
    e->payload = payload;
    e->first = fx->n_sockets;
    return e;
}

void effects_target(struct effects *fx, struct effect *e, uint64_t socket)
{
    if (!e)
        return;
    if (vec_reserve(fx->sockets, fx->sockets_cap, fx->n_sockets + 1, VEC_MOST)) {
        fx->n_lost++;
        return;
    }
    fx->sockets[fx->n_sockets++] = socket;
    e->n++;
}

void effects_finish(struct effects *fx, struct effect *e)
{
    if (!e || e->n)
        return;
    json_decref(e->payload);
    free(e->people);
    fx->n--; /* the last one: nothing is added between begin and finish */
}

void effects_emit(struct effects *fx, const char *meeting, uint64_t socket, const char *event, json_t *payload)
{
    struct effect *e = effects_begin(fx, meeting, event, payload);
    effects_target(fx, e, socket);
    effects_finish(fx, e);
}

void effects_ack(struct effects *fx, const char *meeting, uint64_t socket, uint64_t ack, json_t *payload)
{
    struct effect *e = payload ? effects_add(fx, FX_ACK, meeting) : NULL;
    if (!e) {
        fx->n_lost += !payload;
        json_decref(payload);
        return;
    }
    e->socket = socket;
    e->ack = ack;
    e->payload = payload;
}

static json_t *answer_json(const struct meeting_reply *reply, json_t *data, bool acked)
{
    const char *code = meeting_code_name(reply->code);
    if (!reply->code) {
        json_t *o = json_pack("{s:b}", "ok", 1);
        if (data && json_object_update(o, data))
            return json_decref(o), NULL;
        return o;
    }
    json_t *error = json_pack("{s:s, s:s}", "message", reply->message, "code", code);
    if (data && json_object_update(error, data))
        return json_decref(error), NULL;
    return acked ? json_pack("{s:b, s:o}", "ok", 0, "error", error) : error;
}

void effects_answer(struct effects *fx, const char *meeting, uint64_t socket, uint64_t ack,
                    const struct meeting_reply *reply, json_t *data)
{
    if (ack)
        effects_ack(fx, meeting, socket, ack, answer_json(reply, data, true));
    if (reply->code && (!ack || !reply->only_acked))
        effects_emit(fx, meeting, socket, "error", answer_json(reply, data, false));
    json_decref(data);
}

void effects_close(struct effects *fx, const char *meeting, uint64_t socket, usec_t after)
{
    struct effect *e = effects_add(fx, FX_CLOSE_SOCKET, meeting);
    if (!e)
        return;
    e->socket = socket;
    e->after = after;
}
