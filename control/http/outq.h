/* outq.h: what a connection has yet to send. Bounded by its users: conn.c stops reading requests, websocket.c refuses
 * messages. Messages that go to many connections are counted and not copied. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "http/wsframe.h"

struct ws_msg;
struct outq {
    struct out *first, *last;
    size_t bytes, own; /* own: what is freed with it, and isn't shared with other connections */
};

/* body is free()d when sent if owned. ERR_NOMEM: owned isn't taken. */
MUST_CHECK enum err outq_put(struct outq *q, struct bytes body, void *owned);
/* head, at most WSFRAME_HEADER_MAX bytes, is copied; takes a reference of m. */
MUST_CHECK enum err outq_put_msg(struct outq *q, struct bytes head, struct ws_msg *m);
size_t outq_bytes(const struct outq *q);                   /* yet to send */
size_t outq_own_bytes(const struct outq *q);               /* kept in memory for this connection alone */
size_t outq_take(struct outq *q, uint8_t *to, size_t cap); /* moves up to cap bytes out */
void outq_reset(struct outq *q);

struct bytes ws_msg_payload(const struct ws_msg *m);
bool ws_msg_binary(const struct ws_msg *m);
