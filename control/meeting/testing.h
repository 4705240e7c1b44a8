/* testing.h: a small world for the tests of this folder: a registry, a clock, and questions about the last effects. */
#pragma once
#include "meeting/meetings.h"

/* SHA-256 of "secret" */
#define SECRET_HASH "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Also in release builds, where assert() is nothing. */
#define MUST(x)                                                                                                        \
    do {                                                                                                               \
        if (!(x))                                                                                                      \
            abort();                                                                                                   \
    } while (0)
#define WORLD_WALL (1800000000 * SEC)
#define WORLD_ID   "abc-defg-hij"

struct world {
    struct meetings *ms;
    struct effects fx;
    struct moment now;
    unsigned drawn;
    struct holder from; /* whose address the next events come from */
    char token[33];     /* the last one handed in */
    json_t *ice;
    uint64_t next_ack; /* of the next send only; 0: none */
};

static inline void world_open_with(struct world *w, const struct meetings_config *cfg)
{
    *w = (struct world){.now = {1000 * SEC, WORLD_WALL}};
    effects_init(&w->fx);
    MUST(!meetings_new(cfg, &w->ms));
}

static inline void world_open(struct world *w)
{
    world_open_with(w, &(struct meetings_config){.mesh_max = 3});
}

static inline struct meeting *world_meeting(struct world *w, struct meeting_config cfg)
{
    struct meeting *m = NULL;
    cfg.id = cfg.id ? cfg.id : WORLD_ID;
    cfg.admin_token_hash = SECRET_HASH;
    cfg.owner_user = 42;
    MUST(!meetings_create(w->ms, &cfg, w->now, &m));
    return m;
}

static inline void world_close(struct world *w)
{
    effects_reset(&w->fx);
    meetings_free(w->ms);
    json_decref(w->ice);
}

static inline void world_pass(struct world *w, usec_t us)
{
    w->now.mono += us;
    w->now.wall += us;
}

static inline struct meeting_fresh world_fresh(struct world *w)
{
    struct meeting_fresh f;
    w->drawn++;
    snprintf(f.id, sizeof f.id, "%012x", w->drawn);
    snprintf(f.token, sizeof f.token, "%032x", 0xabc000 + w->drawn);
    memcpy(w->token, f.token, sizeof w->token);
    return f;
}

/* Takes the payload. The effects of the call before are gone. */
static inline void send_json(struct world *w, uint64_t socket, const char *name, json_t *payload)
{
    char sid[24];
    snprintf(sid, sizeof sid, "sid%llu", (unsigned long long)socket);
    struct meeting_event ev = {
        .type = MEETING_CLIENT,
        .verb = meeting_verb_find(name),
        .payload = payload,
        .socket = socket,
        .socket_id = sid,
        .ack = w->next_ack,
        .fresh = world_fresh(w),
        .ice_servers = w->ice,
        .from = w->from,
    };
    effects_reset(&w->fx);
    meetings_client(w->ms, w->now, &ev, &w->fx);
    json_decref(payload);
    w->next_ack = 0;
}

static inline json_t *json_of(const char *text)
{
    json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
    MUST(v);
    return v;
}

/* send(&w, 1, "chat:message", "{'text':'hi'}"): single quotes stand for double ones. */
static inline json_t *json_quoted(const char *text)
{
    char buf[2048];
    snprintf(buf, sizeof buf, "%s", text);
    for (char *p = buf; *p; p++)
        if (*p == '\'')
            *p = '"';
    return json_of(buf);
}

static inline void send(struct world *w, uint64_t socket, const char *name, const char *payload)
{
    send_json(w, socket, name, json_quoted(payload));
}

static inline void send_acked(struct world *w, uint64_t socket, const char *name, const char *payload)
{
    w->next_ack = 1;
    send(w, socket, name, payload);
}

static inline void lose(struct world *w, uint64_t socket, bool clean)
{
    effects_reset(&w->fx);
    meetings_socket_lost(w->ms, w->now, socket, clean ? LOSS_LEFT : LOSS_BROKEN, &w->fx);
}

static inline void tick(struct world *w)
{
    effects_reset(&w->fx);
    meetings_tick(w->ms, w->now, &w->fx);
}

static inline void apply(struct world *w, struct meeting_event ev, const char *payload)
{
    json_t *json = payload ? json_quoted(payload) : NULL;
    ev.payload = json;
    ev.fresh = world_fresh(w);
    effects_reset(&w->fx);
    meetings_apply(w->ms, w->now, WORLD_ID, &ev, &w->fx);
    json_decref(json);
}

static inline void command(struct world *w, const char *name, const char *payload)
{
    apply(w, (struct meeting_event){.type = MEETING_COMMAND, .verb = meeting_verb_find(name)}, payload);
}

static inline unsigned n_got(const struct world *w, uint64_t socket, const char *event, json_t **payload)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->fx.n; i++) {
        const struct effect *e = &w->fx.list[i];
        for (size_t s = 0; e->type == FX_EMIT && s < e->n; s++)
            if (effects_sockets(&w->fx, e)[s] == socket && (!event || strcmp(e->event, event) == 0)) {
                n++;
                *payload = e->payload;
            }
    }
    return n;
}

/* What the socket was sent by the last call; NULL if not, or more than once. event NULL: anything. */
static inline json_t *got(const struct world *w, uint64_t socket, const char *event)
{
    json_t *payload = NULL;
    return n_got(w, socket, event, &payload) == 1 ? payload : NULL;
}

static inline bool heard_nothing(const struct world *w, uint64_t socket)
{
    json_t *payload = NULL;
    return n_got(w, socket, NULL, &payload) == 0;
}

static inline const struct effect *effect_of(const struct world *w, enum effect_type type)
{
    for (size_t i = 0; i < w->fx.n; i++)
        if (w->fx.list[i].type == type)
            return &w->fx.list[i];
    return NULL;
}

static inline json_t *acked(const struct world *w, uint64_t socket)
{
    const struct effect *e = effect_of(w, FX_ACK);
    return e && e->socket == socket ? e->payload : NULL;
}

static inline bool acked_ok(const struct world *w, uint64_t socket)
{
    return json_is_true(json_object_get(acked(w, socket), "ok"));
}

static inline const char *text_of(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}

static inline bool flag_of(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

/* The code by which the socket was refused: in its acknowledgement, else in an `error` event; "" if it wasn't. */
static inline const char *refusal(const struct world *w, uint64_t socket)
{
    const json_t *error = json_object_get(acked(w, socket), "error");
    return text_of(error ? error : got(w, socket, "error"), "code");
}

static inline bool closes(const struct world *w, uint64_t socket)
{
    for (size_t i = 0; i < w->fx.n; i++)
        if (w->fx.list[i].type == FX_CLOSE_SOCKET && w->fx.list[i].socket == socket)
            return true;
    return false;
}

static inline const struct effect *sfu_was_told(const struct world *w, enum sfu_op op, const char *participant)
{
    for (size_t i = 0; i < w->fx.n; i++) {
        const struct effect *e = &w->fx.list[i];
        if (e->type == FX_SFU && e->op == op && strcmp(e->participant, participant) == 0)
            return e;
    }
    return NULL;
}

static inline bool counted(const struct world *w, const char *type, const char *meta)
{
    json_t *want = json_quoted(meta);
    bool found = false;
    for (size_t i = 0; i < w->fx.n; i++) {
        const struct effect *e = &w->fx.list[i];
        found |= e->type == FX_ANALYTICS && strcmp(e->event, type) == 0 && json_equal(e->payload, want);
    }
    json_decref(want);
    return found;
}

static inline bool json_is(const json_t *value, const char *text)
{
    json_t *want = json_quoted(text);
    bool same = value && json_equal(value, want);
    json_decref(want);
    return same;
}

/* joins as {meetingId, name: "N<socket>", …more}; the participantId is put in id (may be NULL). */
static inline bool enter(struct world *w, uint64_t socket, const char *more, char *id)
{
    char payload[1024];
    snprintf(payload, sizeof payload, "{'meetingId':'" WORLD_ID "','name':'N%llu'%s%s}", (unsigned long long)socket,
             *more ? "," : "", more);
    send(w, socket, "join-meeting", payload);
    const json_t *joined = got(w, socket, "joined");
    if (joined && id)
        snprintf(id, PARTICIPANT_ID_CAP, "%s", text_of(joined, "participantId"));
    return joined != NULL;
}

#define HOST "'isAdmin':true,'adminToken':'secret'"
#define AUTO "'topology':'auto'"
#define BOT  "'topology':'sfu'"
