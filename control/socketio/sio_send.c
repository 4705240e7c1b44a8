/* What the owner sends: events, calls that want an answer, answers, disconnects. */
#include "socketio/sio_priv.h"

#include <stdlib.h>

struct sio_msg {
    uint32_t refs;
    unsigned nsp, n_frames;
    struct eio_frame *frames[]; /* the text, then its attachments */
};

/* The packet with these args; name NULL: an answer. */
static enum err msg_of(const struct sio_core *core, struct sio_packet head, unsigned nsp, const char *name,
                       struct sio_args args, struct sio_msg **out)
{
    struct sio_msg *m = calloc(1, sizeof *m + (1 + args.n_attachments) * sizeof(struct eio_frame *));
    json_t *list = json_array();
    enum err e = ERR_NOMEM;
    if (!m || !list)
        goto out;
    m->refs = 1;
    m->nsp = nsp;
    if (name && json_array_append_new(list, json_string(name))) {
        e = ERR_SYNTAX; /* no UTF-8 */
        goto out;
    }
    if (args.list && json_array_extend(list, (json_t *)args.list)) /* only its elements' counts change */
        goto out;
    head.n_attachments = args.n_attachments;
    head.nsp = bytes_str(core->cfg.namespaces[nsp]);
    head.data = list;
    if (args.n_attachments > 0)
        head.type = head.type == SIO_EVENT ? SIO_BINARY_EVENT : SIO_BINARY_ACK;
    e = sio_packet_write(&head, &m->frames[0]);
    if (e)
        goto out;
    m->n_frames = 1 + args.n_attachments;
    for (unsigned i = 0; i < args.n_attachments; i++)
        m->frames[1 + i] = eio_frame_ref(args.attachments[i]);
    *out = m;
    m = NULL;
out:
    json_decref(list);
    free(m);
    return e;
}

enum err sio_msg_new(const struct sio_core *core, unsigned nsp, const char *name, struct sio_args args,
                     struct sio_msg **msg)
{
    return msg_of(core, (struct sio_packet){.type = SIO_EVENT}, nsp, name, args, msg);
}

enum err sio_msg_of_json(const struct sio_core *core, unsigned nsp, const char *name, struct bytes json,
                         struct sio_msg **msg)
{
    struct sio_packet head = {.type = SIO_EVENT, .nsp = bytes_str(core->cfg.namespaces[nsp])};
    struct sio_msg *m = calloc(1, sizeof *m + sizeof(struct eio_frame *));
    if (!m)
        return ERR_NOMEM;
    m->refs = 1;
    m->nsp = nsp;
    enum err e = sio_packet_write_json(&head, bytes_str(name), json, &m->frames[0]);
    if (e) {
        free(m);
        return e;
    }
    m->n_frames = 1;
    *msg = m;
    return OK;
}

struct sio_msg *sio_msg_ref(struct sio_msg *msg)
{
    msg->refs++;
    return msg;
}

void sio_msg_unref(struct sio_msg *msg)
{
    if (!msg || --msg->refs > 0)
        return;
    for (unsigned i = 0; i < msg->n_frames; i++)
        eio_frame_unref(msg->frames[i]);
    free(msg);
}

enum err sio_core_send(struct sio_core *core, struct sio_id socket, const struct sio_msg *msg)
{
    const struct sio_socket *s = sio_find(core, socket);
    if (!s || sio_nsp_of(core, s) != msg->nsp)
        return ERR_NOT_FOUND;
    enum err e = OK;
    for (unsigned i = 0; i < msg->n_frames && !e; i++)
        e = eio_send(core->eio, sio_session_of(core, s), msg->frames[i]);
    return e;
}

static enum err send_packet(struct sio_core *core, const struct sio_socket *s, struct sio_packet head, const char *name,
                            struct sio_args args)
{
    struct sio_msg *msg = NULL;
    enum err e = msg_of(core, head, sio_nsp_of(core, s), name, args, &msg);
    if (!e)
        e = sio_core_send(core, sio_id_of(core, s), msg);
    sio_msg_unref(msg);
    return e;
}

enum err sio_core_emit(struct sio_core *core, struct sio_id socket, const char *name, struct sio_args args)
{
    const struct sio_socket *s = sio_find(core, socket);
    return s ? send_packet(core, s, (struct sio_packet){.type = SIO_EVENT}, name, args) : ERR_NOT_FOUND;
}

enum err sio_core_call(struct sio_core *core, struct sio_id socket, const char *name, struct sio_args args,
                       usec_t deadline, uint64_t tag)
{
    struct sio_socket *s = sio_find(core, socket);
    if (!s)
        return ERR_NOT_FOUND;
    if (s->n_awaited >= core->cfg.max_acks)
        return ERR_FULL;
    struct sio_awaited *a = malloc(sizeof *a);
    if (!a)
        return ERR_NOMEM;
    *a = (struct sio_awaited){s->awaited, s->next_ack, tag, deadline};
    enum err e = send_packet(core, s, (struct sio_packet){.type = SIO_EVENT, .has_id = true, .id = a->id}, name, args);
    if (e) {
        free(a);
        return e;
    }
    s->next_ack++;
    s->awaited = a;
    s->n_awaited++;
    sio_wake(core, sio_session_of(core, s), deadline);
    return OK;
}

enum err sio_core_ack(struct sio_core *core, struct sio_id socket, uint64_t ack, struct sio_args args)
{
    const struct sio_socket *s = sio_find(core, socket);
    return s ? send_packet(core, s, (struct sio_packet){.type = SIO_ACK, .has_id = true, .id = ack}, NULL, args)
             : ERR_NOT_FOUND;
}

/* Without memory for the words the client isn't told; its socket is gone all the same. */
static void say_disconnect(struct sio_core *core, const struct sio_socket *s)
{
    struct sio_packet p = {.type = SIO_DISCONNECT, .nsp = bytes_str(core->cfg.namespaces[sio_nsp_of(core, s)])};
    struct eio_frame *frame = NULL;
    if (!sio_packet_write(&p, &frame) && eio_send(core->eio, sio_session_of(core, s), frame))
        eio_close(core->eio, 0, sio_session_of(core, s), EIO_END_NOMEM);
    eio_frame_unref(frame);
}

void sio_core_disconnect(struct sio_core *core, usec_t now, struct sio_id socket, bool whole)
{
    struct sio_socket *s = sio_find(core, socket);
    if (!s)
        return;
    struct eio_id session = sio_session_of(core, s);
    if (!whole) {
        say_disconnect(core, s);
        sio_socket_gone(core, s, SIO_SERVER);
        struct sio_client *c = &core->clients[session.slot];
        c->connect_by = c->n_connected ? USEC_NEVER : now + core->cfg.connect_timeout;
        sio_wake(core, session, c->connect_by);
        return;
    }
    core->clients[session.slot].ended = true;
    for (unsigned n = 0; n < core->n_nsps; n++) {
        const struct sio_socket *each = &core->sockets[session.slot * core->n_nsps + n];
        if (each->connected)
            say_disconnect(core, each);
    }
    eio_close(core->eio, now, session, EIO_END_SERVER);
}
