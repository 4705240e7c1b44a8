/* sio_core.c: sockets of namespaces, and the events that become of packets. */
#include "socketio/sio_priv.h"

#include <stdlib.h>

const char *sio_reason_name(enum sio_reason reason)
{
    static const char *const names[] = {
        [SIO_TRANSPORT_CLOSE] = "transport close",
        [SIO_TRANSPORT_ERROR] = "transport error",
        [SIO_PING_TIMEOUT] = "ping timeout",
        [SIO_PARSE_ERROR] = "parse error",
        [SIO_SLOW] = "slow consumer",
        [SIO_SERVER] = "server namespace disconnect",
        [SIO_NOMEM] = "out of memory",
        [SIO_CLIENT_LEFT] = "client namespace disconnect",
    };
    return (unsigned)reason < ARRAY_LEN(names) ? names[reason] : "unknown";
}

enum err sio_core_new(const struct sio_config *cfg, struct eio *eio, struct sio_core **out)
{
    struct sio_core *core = calloc(1, sizeof *core);
    if (!core)
        return ERR_NOMEM;
    core->cfg = *cfg;
    core->eio = eio;
    while (cfg->namespaces[core->n_nsps])
        core->n_nsps++;
    core->clients = calloc(cfg->max_sessions, sizeof *core->clients);
    core->sockets = calloc((size_t)cfg->max_sessions * core->n_nsps, sizeof *core->sockets);
    if (!core->clients || !core->sockets) {
        sio_core_free(core);
        return ERR_NOMEM;
    }
    *out = core;
    return OK;
}

static void forget_awaited(struct sio_socket *s)
{
    while (s->awaited) {
        struct sio_awaited *a = s->awaited;
        s->awaited = a->next;
        free(a);
    }
    s->n_awaited = 0;
}

void sio_core_free(struct sio_core *core)
{
    if (!core)
        return;
    struct sio_event ev;
    while (sio_core_next(core, &ev))
        sio_event_reset(&ev);
    for (uint32_t i = 0; core->clients && core->sockets && i < core->cfg.max_sessions; i++) {
        if (core->clients[i].generation == 0)
            continue;
        sio_partial_free(core->clients[i].partial);
        for (unsigned n = 0; n < core->n_nsps; n++)
            forget_awaited(&core->sockets[i * core->n_nsps + n]);
    }
    free(core->clients);
    free(core->sockets);
    fifo_reset(&core->events);
    free(core);
}

/* --- events --- */

bool sio_events_reserve(struct sio_core *core, uint32_t n)
{
    return !fifo_reserve(&core->events, n + core->n_connected, sizeof(struct sio_event));
}

void sio_push(struct sio_core *core, struct sio_event ev)
{
    fifo_put(&core->events, &ev, sizeof ev);
}

bool sio_core_next(struct sio_core *core, struct sio_event *ev)
{
    return fifo_take(&core->events, ev, sizeof *ev);
}

void sio_event_reset(struct sio_event *ev)
{
    json_decref(ev->name_value);
    json_decref(ev->args);
    for (unsigned i = 0; i < ev->n_attachments; i++)
        eio_frame_unref(ev->attachments[i]);
    free(ev->attachments);
    *ev = (struct sio_event){0};
}

/* --- sockets --- */

struct sio_socket *sio_find(const struct sio_core *core, struct sio_id id)
{
    if (id.generation == 0 || id.slot / core->n_nsps >= core->cfg.max_sessions)
        return NULL;
    struct sio_socket *s = &core->sockets[id.slot];
    return s->connected && s->generation == id.generation ? s : NULL;
}

struct sio_id sio_id_of(const struct sio_core *core, const struct sio_socket *s)
{
    return (struct sio_id){(uint32_t)(s - core->sockets), s->generation};
}

struct eio_id sio_session_of(const struct sio_core *core, const struct sio_socket *s)
{
    uint32_t slot = (uint32_t)(s - core->sockets) / core->n_nsps;
    return (struct eio_id){slot, core->clients[slot].generation};
}

unsigned sio_nsp_of(const struct sio_core *core, const struct sio_socket *s)
{
    return (uint32_t)(s - core->sockets) % core->n_nsps;
}

void sio_wake(struct sio_core *core, struct eio_id session, usec_t at)
{
    struct sio_client *c = &core->clients[session.slot];
    if (at >= c->alarm)
        return;
    c->alarm = at;
    eio_set_alarm(core->eio, session, at);
}

/* The place for this event was reserved when the socket connected. */
void sio_socket_gone(struct sio_core *core, struct sio_socket *s, enum sio_reason reason)
{
    sio_push(core,
             (struct sio_event){
                 .type = SIO_DISCONNECTED, .reason = reason, .socket = sio_id_of(core, s), .nsp = sio_nsp_of(core, s)});
    forget_awaited(s);
    s->connected = false;
    core->clients[sio_session_of(core, s).slot].n_connected--;
    core->n_connected--;
}

bool sio_core_socket(const struct sio_core *core, struct eio_id session, unsigned nsp, struct sio_id *socket)
{
    *socket = (struct sio_id){0};
    if (nsp >= core->n_nsps)
        return false;
    const struct sio_socket *s = &core->sockets[session.slot * core->n_nsps + nsp];
    if (s->connected && core->clients[session.slot].generation == session.generation)
        *socket = sio_id_of(core, s);
    return true;
}

const char *sio_core_ip(const struct sio_core *core, struct sio_id socket)
{
    const struct sio_socket *s = sio_find(core, socket);
    return s ? eio_ip(core->eio, sio_session_of(core, s)) : "";
}

const char *sio_core_sid(const struct sio_core *core, struct sio_id socket)
{
    const struct sio_socket *s = sio_find(core, socket);
    return s ? s->sid : "";
}
