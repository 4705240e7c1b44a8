/* ws.h: one WebSocket connection, server side (RFC 6455). Messages arrive whole and bounded; what is sent waits in a
 * bounded queue. A ws lives until closed() has returned; across turns hold its id. Loop thread only. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include <stdbool.h>
#include <stdint.h>

struct http;
struct call;
struct ws;
struct ws_id {
    uint32_t slot, generation; /* generation 0: none */
};

#define WS_CLOSE_NORMAL     1000
#define WS_CLOSE_GOING_AWAY 1001
#define WS_CLOSE_PROTOCOL   1002
#define WS_CLOSE_POLICY     1008
#define WS_CLOSE_TOO_BIG    1009
#define WS_CLOSE_ERROR      1011

struct ws_ops {
    /* Before the upgrade. OK: *data goes with the ws. Otherwise answer c (status and body); an unanswered one gets
     * call_reply_err(). May not defer. If the client goes before open(), refused(data) gives *data back (may be NULL).
     */
    enum err (*upgrade)(struct call *c, void **data);
    void (*refused)(void *data);
    void (*open)(struct ws *ws);
    void (*message)(struct ws *ws, struct bytes in, bool binary); /* text is checked to be UTF-8 */
    void (*drained)(struct ws *ws);                               /* the queue is empty again; may be NULL */
    /* Settled: no stranger any more. Longer messages are taken, its input is worked off before strangers', and it isn't
     * closed when others need a place. NULL: all are. */
    bool (*is_settled)(const struct ws *ws);
    void (*closed)(struct ws *ws); /* always comes, once, after open(); sending is over */
    size_t message_max;            /* bytes; a longer message closes the connection with 1009 */
    size_t stranger_max;           /* the same while it isn't settled */
    size_t queue_max;              /* bytes waiting to be sent */
};

/* A message that goes to many is made once; counted. */
struct ws_msg;
struct ws_msg *ws_msg_new(struct bytes payload, bool binary); /* one reference; NULL without memory */
struct ws_msg *ws_msg_ref(struct ws_msg *m);
void ws_msg_unref(struct ws_msg *m); /* NULL is fine */

/* ERR_FULL: over queue_max, nothing was queued (the caller decides: drop or close). ERR_STATE: closing. ERR_NOMEM. */
MUST_CHECK enum err ws_send(struct ws *ws, struct bytes payload, bool binary); /* copied */
MUST_CHECK enum err ws_send_msg(struct ws *ws, struct ws_msg *m);              /* takes a reference of its own */
size_t ws_queued(const struct ws *ws);                                         /* bytes waiting */
void ws_close(struct ws *ws, unsigned code, const char *reason); /* after what is queued; closed() comes later */
bool ws_said_goodbye(const struct ws *ws); /* the client closed it: 1000, 1001 or without a code */
void ws_abort(struct ws *ws);              /* at once, the queue is dropped; closed() comes later */

struct ws_id ws_id(const struct ws *ws);
struct ws *ws_find(struct http *h, struct ws_id id);
void *ws_data(const struct ws *ws); /* what upgrade() gave, or the last ws_set_data() */
void ws_set_data(struct ws *ws, void *data);
