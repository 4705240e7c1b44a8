/* What clients send: packets, put together from their attachments, become events. */
#include "socketio/base64.h"
#include "socketio/sio_priv.h"

#include <stdlib.h>

#define NSP_MAX 255 /* bytes of a namespace's name that we would repeat in a refusal */

void sio_partial_free(struct sio_partial *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->n_have; i++)
        eio_frame_unref(p->attachments[i]);
    sio_packet_reset(&p->packet);
    free(p);
}

static struct sio_socket *socket_at(const struct sio_core *core, struct eio_id session, unsigned nsp)
{
    return &core->sockets[session.slot * core->n_nsps + nsp];
}

static unsigned nsp_find(const struct sio_core *core, struct bytes nsp)
{
    unsigned n = 0;
    while (n < core->n_nsps && !bytes_eq(nsp, bytes_str(core->cfg.namespaces[n])))
        n++;
    return n;
}

/* --- CONNECT --- */

static enum err send_data(struct sio_core *core, struct eio_id session, enum sio_type type, struct bytes nsp,
                          json_t *take)
{
    struct sio_packet p = {.type = type, .nsp = nsp, .data = take};
    struct eio_frame *frame = NULL;
    enum err e = take ? sio_packet_write(&p, &frame) : ERR_NOMEM;
    if (!e)
        e = eio_send(core->eio, session, frame);
    eio_frame_unref(frame);
    json_decref(take);
    return e;
}

static void new_sid(const struct sio_core *core, char sid[EIO_SID_LEN + 1])
{
    uint8_t raw[15];
    core->cfg.random(raw, sizeof raw);
    struct wr w = wr_of(sid, EIO_SID_LEN);
    base64url_write(&w, bytes_of(raw, sizeof raw));
    sid[EIO_SID_LEN] = '\0';
}

static enum err connect_socket(struct sio_core *core, struct eio_id session, unsigned nsp, struct sio_packet *p)
{
    struct sio_client *c = &core->clients[session.slot];
    struct sio_socket *s = socket_at(core, session, nsp);
    if (s->connected)
        return OK; /* the official client asks twice if its user does; the first answer stands */
    if (!sio_events_reserve(core, 2))
        return ERR_NOMEM;
    if (!p->data && !(p->data = json_object()))
        return ERR_NOMEM;
    uint32_t generation = s->generation + 1 + (s->generation == UINT32_MAX);
    *s = (struct sio_socket){.generation = generation};
    new_sid(core, s->sid);
    enum err e = send_data(core, session, SIO_CONNECT, p->nsp, json_pack("{s:s}", "sid", s->sid));
    if (e)
        return e;
    s->connected = true;
    c->n_connected++;
    c->connect_by = USEC_NEVER;
    core->n_connected++;
    sio_push(core, (struct sio_event){
                       .type = SIO_CONNECTED, .socket = sio_id_of(core, s), .nsp = nsp, .args = json_incref(p->data)});
    return OK;
}

/* --- EVENT and ACK, with and without attachments --- */

/* As a string: a number may be a name. NULL without memory. */
static json_t *name_of(json_t *value)
{
    if (json_is_string(value))
        return json_incref(value);
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    json_t *name = text ? json_string(text) : NULL;
    free(text);
    return name;
}

static enum err received(struct sio_core *core, struct sio_socket *s, struct sio_packet *p,
                         struct eio_frame **attachments)
{
    json_t *name = name_of(json_array_get(p->data, 0));
    if (!name)
        return ERR_NOMEM;
    json_array_remove(p->data, 0);
    sio_push(core, (struct sio_event){.type = SIO_RECEIVED,
                                      .socket = sio_id_of(core, s),
                                      .nsp = sio_nsp_of(core, s),
                                      .name = json_string_value(name),
                                      .name_value = name,
                                      .args = json_incref(p->data),
                                      .attachments = attachments,
                                      .n_attachments = p->n_attachments,
                                      .wants_ack = p->has_id,
                                      .ack = p->id});
    return OK;
}

static struct sio_awaited *awaited_take(struct sio_socket *s, uint64_t id)
{
    struct sio_awaited **at = &s->awaited;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    struct sio_awaited *a = *at;
    if (a) {
        *at = a->next;
        s->n_awaited--;
    }
    return a;
}

/* ERR_NOT_FOUND: nobody waits for it, or no more. */
static enum err answered(struct sio_core *core, struct sio_socket *s, struct sio_packet *p,
                         struct eio_frame **attachments)
{
    struct sio_awaited *a = awaited_take(s, p->id);
    if (!a)
        return ERR_NOT_FOUND;
    sio_push(core, (struct sio_event){.type = SIO_ANSWERED,
                                      .socket = sio_id_of(core, s),
                                      .nsp = sio_nsp_of(core, s),
                                      .args = json_incref(p->data),
                                      .attachments = attachments,
                                      .n_attachments = p->n_attachments,
                                      .ack = a->tag});
    free(a);
    return OK;
}

/* A whole packet. Takes `attachments` if it returns OK. */
static enum err deliver(struct sio_core *core, struct sio_socket *s, struct sio_packet *p,
                        struct eio_frame **attachments)
{
    if (!sio_events_reserve(core, 1))
        return ERR_NOMEM;
    bool event = p->type == SIO_EVENT || p->type == SIO_BINARY_EVENT;
    return event ? received(core, s, p, attachments) : answered(core, s, p, attachments);
}

static enum err partial_begin(struct sio_core *core, usec_t now, struct eio_id session, unsigned nsp,
                              struct sio_packet *p)
{
    struct sio_partial *partial = calloc(1, sizeof *partial + p->n_attachments * sizeof(struct eio_frame *));
    if (!partial)
        return ERR_NOMEM;
    partial->packet = *p;
    p->data = NULL;
    partial->packet.nsp = (struct bytes){0}; /* was borrowed from the text */
    partial->nsp = nsp;
    partial->until = now + core->cfg.connect_timeout;
    core->clients[session.slot].partial = partial;
    sio_wake(core, session, partial->until);
    return OK;
}

static enum err partial_end(struct sio_core *core, struct eio_id session)
{
    struct sio_partial *p = core->clients[session.slot].partial;
    core->clients[session.slot].partial = NULL;
    struct sio_socket *s = socket_at(core, session, p->nsp);
    size_t size = p->n_have * sizeof(struct eio_frame *);
    struct eio_frame **attachments = malloc(size);
    enum err e = attachments ? OK : ERR_NOMEM;
    if (!e && !s->connected)
        e = ERR_NOT_FOUND; /* the owner closed the socket meanwhile */
    if (!e) {
        memcpy(attachments, p->attachments, size);
        e = deliver(core, s, &p->packet, attachments);
    }
    if (e)
        free(attachments);
    else
        p->n_have = 0; /* the event has them now */
    sio_partial_free(p);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err take_binary(struct sio_core *core, struct eio_id session, struct eio_frame *frame)
{
    struct sio_partial *p = core->clients[session.slot].partial;
    if (!p)
        return ERR_SYNTAX;
    p->bytes += frame->len;
    if (p->bytes > core->cfg.max_payload)
        return ERR_FULL;
    p->attachments[p->n_have++] = eio_frame_ref(frame);
    return p->n_have == p->packet.n_attachments ? partial_end(core, session) : OK;
}

/* --- packets --- */

static enum err leave_namespace(struct sio_core *core, usec_t now, struct eio_id session, struct sio_socket *s)
{
    struct sio_client *c = &core->clients[session.slot];
    sio_socket_gone(core, s, SIO_CLIENT_LEFT);
    if (c->n_connected == 0) {
        c->connect_by = now + core->cfg.connect_timeout;
        sio_wake(core, session, c->connect_by);
    }
    return OK;
}

static enum err dispatch(struct sio_core *core, usec_t now, struct eio_id session, struct sio_packet *p)
{
    unsigned nsp = nsp_find(core, p->nsp);
    if (p->type == SIO_CONNECT && nsp == core->n_nsps)
        return p->nsp.len > NSP_MAX ? ERR_FULL
                                    : send_data(core, session, SIO_CONNECT_ERROR, p->nsp,
                                                json_pack("{s:s}", "message", "Invalid namespace"));
    if (p->type == SIO_CONNECT)
        return connect_socket(core, session, nsp, p);
    if (nsp == core->n_nsps || p->type == SIO_CONNECT_ERROR)
        return ERR_SYNTAX;
    struct sio_socket *s = socket_at(core, session, nsp);
    if (!s->connected)
        return ERR_SYNTAX;
    if (p->type == SIO_DISCONNECT)
        return leave_namespace(core, now, session, s);
    if (p->n_attachments > 0)
        return partial_begin(core, now, session, nsp, p);
    enum err e = deliver(core, s, p, NULL);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err take_text(struct sio_core *core, usec_t now, struct eio_id session, struct eio_frame *frame)
{
    struct sio_packet p;
    if (core->clients[session.slot].partial)
        return ERR_SYNTAX;
    const struct sio_limits *limits = eio_in_use(core->eio, session) ? &core->cfg.limits : &core->cfg.stranger_limits;
    enum err e = sio_packet_read(bytes_of(frame->data + 1, frame->len - 1), limits, &p);
    if (e)
        return e;
    e = dispatch(core, now, session, &p);
    sio_packet_reset(&p);
    return e;
}

/* --- time and ends --- */

static usec_t sooner(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

/* Tells of those whose time is over; the earliest deadline of the rest. */
static usec_t expire_awaited(struct sio_core *core, usec_t now, struct sio_socket *s)
{
    usec_t next = USEC_NEVER;
    for (struct sio_awaited **at = &s->awaited; *at;) {
        struct sio_awaited *a = *at;
        if (a->deadline > now || !sio_events_reserve(core, 1)) {
            next = sooner(next, a->deadline > now ? a->deadline : now + SEC);
            at = &a->next;
            continue;
        }
        *at = a->next;
        s->n_awaited--;
        sio_push(core,
                 (struct sio_event){
                     .type = SIO_ANSWERED, .socket = sio_id_of(core, s), .nsp = sio_nsp_of(core, s), .ack = a->tag});
        free(a);
    }
    return next;
}

static void alarm_rang(struct sio_core *core, usec_t now, struct eio_id session)
{
    struct sio_client *c = &core->clients[session.slot];
    if (c->connect_by <= now || (c->partial && c->partial->until <= now)) {
        eio_close(core->eio, now, session, EIO_END_PARSE);
        return;
    }
    usec_t next = c->connect_by;
    if (c->partial)
        next = sooner(next, c->partial->until);
    for (unsigned n = 0; n < core->n_nsps; n++)
        next = sooner(next, expire_awaited(core, now, socket_at(core, session, n)));
    c->alarm = USEC_NEVER;
    sio_wake(core, session, next);
}

static void opened(struct sio_core *core, usec_t now, struct eio_id session)
{
    core->clients[session.slot] = (struct sio_client){
        .generation = session.generation, .connect_by = now + core->cfg.connect_timeout, .alarm = USEC_NEVER};
    sio_wake(core, session, now + core->cfg.connect_timeout);
}

static void closed(struct sio_core *core, struct eio_id session, enum eio_end why)
{
    struct sio_client *c = &core->clients[session.slot];
    for (unsigned n = 0; n < core->n_nsps; n++) {
        struct sio_socket *s = socket_at(core, session, n);
        if (s->connected)
            sio_socket_gone(core, s, (enum sio_reason)why);
    }
    sio_partial_free(c->partial);
    *c = (struct sio_client){0};
}

void sio_core_feed(struct sio_core *core, usec_t now, const struct eio_out *out)
{
    enum err e = OK;
    struct eio_id session = out->session;
    bool known = core->clients[session.slot].generation == session.generation;
    if (out->type == EIO_OPENED)
        opened(core, now, session);
    else if (out->type == EIO_ALARM && known)
        alarm_rang(core, now, session);
    else if (out->type == EIO_CLOSED && known)
        closed(core, session, out->end);
    else if (out->type == EIO_RECEIVED && known && !core->clients[session.slot].ended)
        e = out->frame->binary ? take_binary(core, session, out->frame) : take_text(core, now, session, out->frame);
    if (e) {
        core->clients[session.slot].ended = true;
        eio_close(core->eio, now, session, e == ERR_NOMEM ? EIO_END_NOMEM : EIO_END_PARSE);
    }
    eio_frame_unref(out->frame);
}
