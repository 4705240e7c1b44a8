/* live.c: sockets', hosts' and timers' events to meetings, and what comes of them. */
#include "common/random.h"
#include "live/live_priv.h"

#include <stdlib.h>
#include <string.h>

static void on_tick(void *arg);

enum err live_new(const struct live_config *cfg, struct live **l)
{
    struct meetings_config meetings = {
        .participants_cap = cfg->participants_cap,
        .mesh_max = cfg->mesh_max,
        .empty_grace = cfg->empty_grace,
        .rates_off = !cfg->rate_limits,
        .loading = true,
    };
    random_fill(&meetings.seed, sizeof meetings.seed);
    struct live *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    made->tick = (struct loop_timer){.fire = on_tick, .arg = made};
    effects_init(&made->fx);
    enum err e = meetings_new(&meetings, &made->meetings);
    if (e) {
        free(made);
        return e;
    }
    *l = made;
    return OK;
}

void live_free(struct live *l)
{
    if (!l)
        return;
    loop_timer_cancel(l->cfg.loop, &l->tick);
    keep_reset(l);
    credit_reset(l);
    load_reset(l);
    effects_out_reset(l);
    arrivals_reset(l);
    encode_reset(l);
    meetings_free(l->meetings);
    effects_reset(&l->fx);
    free(l);
}

struct moment live_now(const struct live *l)
{
    return (struct moment){loop_now(l->cfg.loop), usec_wall()};
}

struct meetings *live_meetings(const struct live *l)
{
    return l->meetings;
}

struct live_counters live_counters(const struct live *l)
{
    return l->n;
}

json_t *live_ice_servers(const struct live *l, const char *user)
{
    return ice_servers_json(&l->cfg.ice, usec_wall(), user);
}

static struct meeting_fresh draw_fresh(void)
{
    struct meeting_fresh fresh;
    random_text(fresh.id, 12, RANDOM_HEX);
    random_text(fresh.token, 32, RANDOM_HEX);
    return fresh;
}

void live_rearm(struct live *l)
{
    usec_t due = meetings_deadline(l->meetings);
    if (due == USEC_NEVER)
        loop_timer_cancel(l->cfg.loop, &l->tick);
    else
        loop_timer_set(l->cfg.loop, &l->tick, due);
}

static void settle_refused(struct live *l, const struct refused_offer *offer)
{
    json_t *why = json_string("The media server is not available");
    struct meeting_event ev = {
        .type = MEETING_SFU_REFUSED,
        .participant = offer->participant,
        .request = offer->request,
        .payload = why,
        .unavailable = true,
    };
    meetings_apply(l->meetings, live_now(l), offer->meeting, &ev, &l->fx);
    json_decref(why);
}

void live_settle(struct live *l)
{
    effects_run(l);
    effects_reset(&l->fx);
    while (l->out.n_refused) { /* an offer that the SFU couldn't take is one more event */
        struct refused_offer offer = l->out.refused[--l->out.n_refused];
        settle_refused(l, &offer);
        effects_run(l);
        effects_reset(&l->fx);
    }
    live_rearm(l);
}

static void on_tick(void *arg)
{
    struct live *l = arg;
    meetings_tick(l->meetings, live_now(l), &l->fx);
    live_settle(l);
}

/* ---- sockets ---- */

void live_hear(struct live *l, struct sio_id socket, const struct holder *from, const struct said *said)
{
    struct moment now = live_now(l);
    struct meeting_event ev = {
        .type = MEETING_CLIENT,
        .verb = said->verb,
        .payload = said->payload,
        .socket = sio_id_number(socket),
        .socket_id = sio_sid(l->cfg.sio, socket),
        .ack = said->ack,
        .fresh = draw_fresh(),
        .from = *from,
    };
    if (meeting_verb_wants_ice(ev.verb))
        ev.ice_servers = ice_servers_json(&l->cfg.ice, now.wall, ev.fresh.id);
    meetings_client(l->meetings, now, &ev, &l->fx);
    json_decref(ev.ice_servers);
    live_settle(l);
}

static void on_client_event(struct live *l, const struct sio_event *sent)
{
    struct said said = {
        .verb = meeting_verb_find(sent->name),
        .payload = json_array_get(sent->args, 0),
        .ack = sent->wants_ack ? sent->ack + 1 : 0,
    };
    arrivals_hear(l, sent->socket, &said);
}

bool live_has(const struct live *l, struct sio_id socket)
{
    return meetings_has_socket(l->meetings, sio_id_number(socket));
}

static enum meeting_loss loss_of(enum sio_reason reason)
{
    if (reason == SIO_CLIENT_LEFT)
        return LOSS_LEFT;
    return reason == SIO_TRANSPORT_CLOSE ? LOSS_CLOSED : LOSS_BROKEN;
}

void live_on_socket(struct live *l, const struct sio_event *ev)
{
    switch (ev->type) {
    case SIO_RECEIVED:
        on_client_event(l, ev);
        break;
    case SIO_DISCONNECTED:
        arrivals_lost(l, ev->socket);
        meetings_socket_lost(l->meetings, live_now(l), sio_id_number(ev->socket), loss_of(ev->reason), &l->fx);
        live_settle(l);
        break;
    case SIO_CONNECTED:
    case SIO_ANSWERED:
        break;
    }
}

/* ---- hosts' actions from outside the room ---- */

enum err live_create(struct live *l, const struct meeting_config *cfg, int64_t user_id, struct meeting **created)
{
    enum err e = meetings_create(l->meetings, cfg, live_now(l), created);
    if (e)
        return e;
    live_rearm(l);
    if (!meetings_credit_is_known(l->meetings, meeting_id(*created)))
        credit_look(l);
    keep_created(l, user_id, *created);
    return OK;
}

void live_command(struct live *l, const char *meeting, const char *name, json_t *payload, struct meeting_reply *reply)
{
    struct meeting_event ev = {
        .type = MEETING_COMMAND,
        .verb = meeting_verb_find(name),
        .payload = payload,
        .fresh = draw_fresh(),
    };
    meetings_apply(l->meetings, live_now(l), meeting, &ev, &l->fx);
    *reply = l->fx.reply;
    json_incref(reply->data);
    live_settle(l);
}

/* The ids of all guest meetings, in one block for free(); the table changes while they are ended. */
static size_t guests_list(const struct live *l, char (**ids)[MEETING_ID_CAP])
{
    size_t n = 0, cap = 0, at = 0;
    for (const struct meeting *m; (m = meetings_next(l->meetings, &at));)
        cap += meeting_is_guest(m);
    *ids = calloc(cap ? cap : 1, sizeof **ids);
    at = 0;
    for (const struct meeting *m; *ids && n < cap && (m = meetings_next(l->meetings, &at));)
        if (meeting_is_guest(m))
            memcpy((*ids)[n++], meeting_id(m), strlen(meeting_id(m)) + 1);
    return n;
}

void live_stop(struct live *l)
{
    char(*ids)[MEETING_ID_CAP] = NULL;
    size_t n = guests_list(l, &ids);
    json_t *payload = json_pack("{s:s}", "reason", "The server is shutting down");
    l->stopping = true;
    for (size_t i = 0; i < n; i++) {
        struct meeting_reply reply;
        live_command(l, ids[i], "admin:end", payload, &reply);
        json_decref(reply.data);
    }
    json_decref(payload);
    free(ids);
}
