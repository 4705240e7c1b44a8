/* outq.c: messages and answers that wait to be written. */
#include "http/outq.h"
#include "http/ws.h"
#include <stdlib.h>

struct ws_msg {
    unsigned refs;
    bool binary;
    size_t len;
    uint8_t payload[];
};

struct out {
    struct out *next;
    struct bytes body;
    void *owned;
    struct ws_msg *msg;
    size_t sent; /* of head and body together */
    size_t own;  /* bytes of memory, as counted in the queue */
    uint8_t head_len, head[WSFRAME_HEADER_MAX];
};

struct ws_msg *ws_msg_new(struct bytes payload, bool binary)
{
    struct ws_msg *m = malloc(sizeof *m + payload.len);
    if (!m)
        return NULL;
    *m = (struct ws_msg){.refs = 1, .binary = binary, .len = payload.len};
    if (payload.len)
        memcpy(m->payload, payload.p, payload.len);
    return m;
}

struct ws_msg *ws_msg_ref(struct ws_msg *m)
{
    m->refs++;
    return m;
}

void ws_msg_unref(struct ws_msg *m)
{
    if (m && --m->refs == 0)
        free(m);
}

struct bytes ws_msg_payload(const struct ws_msg *m)
{
    return bytes_of(m->payload, m->len);
}

bool ws_msg_binary(const struct ws_msg *m)
{
    return m->binary;
}

static struct out *append(struct outq *q, struct bytes head, struct bytes body)
{
    struct out *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    if (head.len)
        memcpy(o->head, head.p, head.len);
    o->head_len = (uint8_t)head.len;
    o->body = body;
    if (q->last)
        q->last->next = o;
    else
        q->first = o;
    q->last = o;
    q->bytes += head.len + body.len;
    q->own += o->own = sizeof *o;
    return o;
}

enum err outq_put(struct outq *q, struct bytes body, void *owned)
{
    struct out *o = append(q, bytes_of(NULL, 0), body);
    if (!o)
        return ERR_NOMEM;
    o->owned = owned;
    o->own += owned ? body.len : 0;
    q->own += owned ? body.len : 0;
    return OK;
}

enum err outq_put_msg(struct outq *q, struct bytes head, struct ws_msg *m)
{
    struct out *o = append(q, head, ws_msg_payload(m));
    if (!o)
        return ERR_NOMEM;
    if (m->refs == 1) { /* the caller's: it is in no other queue; the first in which it is pays for it */
        o->own += m->len;
        q->own += m->len;
    }
    o->msg = ws_msg_ref(m);
    return OK;
}

size_t outq_bytes(const struct outq *q)
{
    return q->bytes;
}

size_t outq_own_bytes(const struct outq *q)
{
    return q->own;
}

static void pop(struct outq *q)
{
    struct out *o = q->first;
    q->first = o->next;
    if (!q->first)
        q->last = NULL;
    q->own -= o->own;
    ws_msg_unref(o->msg);
    free(o->owned);
    free(o);
}

size_t outq_take(struct outq *q, uint8_t *to, size_t cap)
{
    size_t n = 0;
    while (q->first) {
        struct out *o = q->first;
        size_t total = o->head_len + o->body.len;
        while (n < cap && o->sent < total) {
            bool in_head = o->sent < o->head_len;
            const uint8_t *from = in_head ? o->head + o->sent : o->body.p + (o->sent - o->head_len);
            size_t left = (in_head ? o->head_len : total) - o->sent;
            size_t len = left < cap - n ? left : cap - n;
            memcpy(to + n, from, len);
            n += len;
            o->sent += len;
        }
        if (o->sent < total)
            break;
        pop(q);
    }
    q->bytes -= n;
    return n;
}

void outq_reset(struct outq *q)
{
    while (q->first)
        pop(q);
    q->bytes = 0;
}
