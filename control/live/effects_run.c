/* effects_run.c: a table of what is done for each kind of effect. */
#include "live/effects_run.h"
#include "common/vec.h"
#include "live/live_priv.h"

#include <stdlib.h>
#include <string.h>

#define EMIT_CHUNK 256

/* ---- to the clients ---- */

static void run_emit(struct live *l, const struct effect *e)
{
    struct sio_msg *msg = NULL;
    struct sio_id to[EMIT_CHUNK];
    const uint64_t *sockets = effects_sockets(&l->fx, e);
    if (encode_emit(l, e, &msg)) {
        l->n.effects_lost++;
        return;
    }
    for (size_t done = 0; done < e->n;) {
        unsigned n = 0;
        while (n < EMIT_CHUNK && done < e->n)
            to[n++] = sio_id_of_number(sockets[done++]);
        l->n.emits += sio_send(l->cfg.sio, to, n, msg);
    }
    sio_msg_unref(msg);
}

static void run_ack(struct live *l, const struct effect *e)
{
    json_t *args = json_pack("[O]", e->payload);
    enum err err = args ? sio_ack(l->cfg.sio, sio_id_of_number(e->socket), e->ack - 1, (struct sio_args){.list = args})
                        : ERR_NOMEM;
    l->n.acks += err == OK;
    l->n.effects_lost += err == ERR_NOMEM;
    json_decref(args);
}

struct closing {
    struct closing *next, **link;
    struct live *live;
    struct sio_id socket;
    struct loop_timer timer;
};

static void closing_free(struct closing *c)
{
    loop_timer_cancel(c->live->cfg.loop, &c->timer);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    free(c);
}

void effects_out_reset(struct live *l)
{
    for (struct closing *c = l->out.closing, *next; c; c = next) {
        next = c->next;
        loop_timer_cancel(l->cfg.loop, &c->timer);
        free(c);
    }
    free(l->out.refused);
    l->out = (struct effects_out){0};
}

static void close_now(void *arg)
{
    struct closing *c = arg;
    sio_disconnect(c->live->cfg.sio, c->socket, true);
    closing_free(c);
}

static void run_close(struct live *l, const struct effect *e)
{
    struct closing *c = calloc(1, sizeof *c);
    if (!c) {
        sio_disconnect(l->cfg.sio, sio_id_of_number(e->socket), true);
        return;
    }
    *c = (struct closing){.next = l->out.closing,
                          .link = &l->out.closing,
                          .live = l,
                          .socket = sio_id_of_number(e->socket),
                          .timer = {.fire = close_now, .arg = c}};
    if (c->next)
        c->next->link = &c->next;
    l->out.closing = c;
    loop_timer_set(l->cfg.loop, &c->timer, loop_now(l->cfg.loop) + e->after);
}

/* ---- to the SFU ---- */

static const struct sfu_request {
    const char *op;
    const char *field; /* what the payload is called; NULL: its members are the request's, or there is none */
} sfu_requests[] = {
    [SFU_JOIN] = {"participant.join", NULL},
    [SFU_LEAVE] = {"participant.leave", NULL},
    [SFU_OFFER] = {"session.offer", "sdp"},
    [SFU_CANDIDATE] = {"session.candidate", "candidate"},
    [SFU_TRACKS] = {"session.tracks", "tracks"},
    [SFU_VIEW] = {"session.view", NULL},
    [SFU_AUDIO_BLOCKED] = {"participant.audio", "blocked"},
    [SFU_END_ROOM] = {"room.close", NULL},
};

static json_t *sfu_fields(const struct effect *e, const struct sfu_request *r)
{
    json_t *fields = r->field || !e->payload ? json_object() : json_copy(e->payload);
    int failed = json_object_set_new(fields, "room", json_string(e->meeting));
    if (*e->participant)
        failed |= json_object_set_new(fields, "participant", json_string(e->participant));
    if (r->field)
        failed |= json_object_set(fields, r->field, e->payload);
    if (!failed)
        return fields;
    json_decref(fields);
    return NULL;
}

static void refuse_offer(struct live *l, const struct effect *e)
{
    if (vec_reserve(l->out.refused, l->out.refused_cap, l->out.n_refused + 1, VEC_MOST)) {
        l->n.effects_lost++;
        return;
    }
    struct refused_offer *offer = &l->out.refused[l->out.n_refused++];
    memcpy(offer->meeting, e->meeting, sizeof offer->meeting);
    memcpy(offer->participant, e->participant, sizeof offer->participant);
    offer->request = e->request;
}

static void run_sfu(struct live *l, const struct effect *e)
{
    const struct sfu_request *r = &sfu_requests[e->op];
    struct sfu_tag tag = {.kind = e->op == SFU_OFFER ? LIVE_SFU_OFFER : LIVE_SFU_PLAIN, .request = e->request};
    if (e->op == SFU_LEAVE)
        arrivals_media_left(l, e->meeting, e->participant);
    _Static_assert(sizeof tag.room >= sizeof e->meeting && sizeof tag.participant >= sizeof e->participant,
                   "a tag holds a meeting's and a participant's name");
    memcpy(tag.room, e->meeting, sizeof e->meeting);
    memcpy(tag.participant, e->participant, sizeof e->participant);
    json_t *fields = sfu_fields(e, r);
    enum err err = fields ? sfuclient_request(l->cfg.sfu, r->op, fields, &tag) : ERR_NOMEM;
    if (err && e->op == SFU_OFFER)
        refuse_offer(l, e);
    else if (err) /* whatever the SFU now lacks or has too much is put right when it comes up: sfu_events.c */
        log_debug(l->cfg.log, "sfu_not_asked", "op=%s room=%s reason=%s", r->op, e->meeting, err_name(err));
    json_decref(fields);
}

void effects_run(struct live *l)
{
    static void (*const run[])(struct live * l, const struct effect *e) = {
        [FX_EMIT] = run_emit,
        [FX_ACK] = run_ack,
        [FX_CLOSE_SOCKET] = run_close,
        [FX_SFU] = run_sfu,
        [FX_ANALYTICS] = keep_analytics,
        [FX_ENDED] = keep_ended,
        [FX_STORE_SETTINGS] = keep_settings,
        [FX_STORE_ACTIVATED] = keep_activated,
        [FX_STORE_SFU] = keep_sfu,
        [FX_STORE_INVITE] = keep_invite,
        [FX_STORE_INVITE_SPENT] = keep_invite,
        [FX_PARTICIPANT_JOINED] = keep_joined,
        [FX_PARTICIPANT_LEFT] = keep_left,
    };
    for (size_t i = 0; i < l->fx.n; i++)
        run[l->fx.list[i].type](l, &l->fx.list[i]);
    l->n.effects_lost += l->fx.n_lost;
}
