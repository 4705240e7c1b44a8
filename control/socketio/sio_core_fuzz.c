/* Whole sessions: the input is a list of steps by three clients, the clock and the owner. After it, time runs until
 * every session has timed out, and then each call must have been answered once and each socket disconnected once. */
#include "socketio/sio_core.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CALLS    512
#define SESSIONS 4

struct world {
    struct eio *eio;
    struct sio_core *core;
    usec_t now;
    uint64_t n_calls; /* numbers of calls and of WebSockets are one sequence */
    uint8_t waits[CALLS];
    struct eio_id sessions[SESSIONS]; /* the last that were opened */
    uint64_t ws[SESSIONS];
    char sids[SESSIONS][EIO_SID_LEN + 1];
    struct sio_id socket;
    unsigned n_opened, n_connected, n_disconnected;
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void not_random(void *p, size_t len)
{
    memset(p, 7, len);
}

static void echo(struct world *w, const struct sio_event *ev)
{
    struct sio_args args = {ev->args, ev->attachments, ev->n_attachments};
    enum err e = sio_core_emit(w->core, ev->socket, "echo", args);
    if (ev->wants_ack)
        e = sio_core_ack(w->core, ev->socket, ev->ack, args);
    if (strcmp(ev->name, "call") == 0)
        e = sio_core_call(w->core, ev->socket, "q", args, w->now + SEC, 5);
    if (strcmp(ev->name, "kick") == 0 || strcmp(ev->name, "out") == 0)
        sio_core_disconnect(w->core, w->now, ev->socket, ev->name[0] == 'k');
    (void)e;
}

static void perform(struct world *w, struct eio_out *out)
{
    if (out->type == EIO_ANSWER) {
        check(out->to < CALLS && w->waits[out->to] == 1);
        w->waits[out->to] = 0;
    } else if (out->type == EIO_OPENED) {
        unsigned i = w->n_opened++ % SESSIONS;
        w->sessions[i] = out->session;
        w->ws[i] = w->n_calls;
        eio_sid(w->eio, out->session, w->sids[i]);
    }
    if (out->type >= EIO_OPENED)
        sio_core_feed(w->core, w->now, out);
    else
        eio_frame_unref(out->frame);
}

static void pump(struct world *w)
{
    struct eio_out out;
    struct sio_event ev;
    bool more = true;
    while (more) {
        while (eio_next(w->eio, &out))
            perform(w, &out);
        more = sio_core_next(w->core, &ev);
        if (!more)
            break;
        w->n_connected += ev.type == SIO_CONNECTED;
        w->n_disconnected += ev.type == SIO_DISCONNECTED;
        w->socket = ev.socket;
        if (ev.type == SIO_RECEIVED)
            echo(w, &ev);
        sio_event_reset(&ev);
    }
}

static void http(struct world *w, struct rd *r, unsigned who, bool post, struct bytes body)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "GET"};
    uint8_t how = rd_u8(r);
    if (w->n_calls + 1 >= CALLS)
        return;
    struct eio_request rq = {
        .call = ++w->n_calls,
        .method = post ? "POST" : methods[how & 3],
        .transport = how & 64 ? "websocket" : "polling",
        .version = how & 128 ? "3" : "4",
        .sid = how & 4 || !w->sids[who][0] ? NULL : w->sids[who],
        .octets = (how & 32) != 0,
        .body = body,
    };
    w->waits[rq.call] = 1;
    check(eio_http(w->eio, w->now, &rq) == OK);
    if (how & 8 && eio_polling(w->eio, rq.sid, rq.call).generation) {
        w->waits[rq.call] = 0;
        eio_poll_gone(w->eio, w->now, eio_polling(w->eio, rq.sid, rq.call), rq.call);
    }
}

static void websocket(struct world *w, unsigned who, bool upgrade)
{
    struct eio_request rq = {
        .method = "GET",
        .transport = "websocket",
        .version = "4",
        .sid = upgrade && w->sids[who][0] ? w->sids[who] : NULL,
    };
    struct eio_id session = {0};
    unsigned status = 0;
    struct eio_frame *why = NULL;
    if (w->n_calls + 1 >= CALLS)
        return;
    if (eio_ws_check(w->eio, w->now, &rq, &session, &status, &why)) {
        eio_frame_unref(why);
        return;
    }
    w->ws[who] = ++w->n_calls;
    w->sessions[who] = eio_ws_open(w->eio, w->now, w->ws[who], session, "");
}

static void step(struct world *w, struct rd *r)
{
    uint8_t op = rd_u8(r);
    unsigned who = op >> 4 & (SESSIONS - 1);
    struct bytes in = (op & 15) >= 12 ? rd_bytes(r, rd_u8(r)) : (struct bytes){0};
    switch (op & 15) {
    case 0:
        w->now += (usec_t)rd_u8(r) * 10 * MSEC;
        eio_tick(w->eio, w->now);
        break;
    case 1:
        http(w, r, who, false, in);
        break;
    case 2:
        websocket(w, who, false);
        break;
    case 3:
        websocket(w, who, true);
        break;
    case 4:
        eio_ws_closed(w->eio, w->now, w->sessions[who], w->ws[who], true);
        break;
    case 5:
        eio_overflow(w->eio, w->now, w->sessions[who], w->ws[who]);
        break;
    case 6:
        sio_core_disconnect(w->core, w->now, w->socket, who & 1);
        break;
    case 7:
        eio_close(w->eio, w->now, w->sessions[who], EIO_END_SERVER);
        break;
    case 12:
    case 13:
        http(w, r, who, true, in);
        break;
    default:
        eio_ws_message(w->eio, w->now, w->sessions[who], w->ws[who], in, (op & 15) == 15);
        break;
    }
    if (op & 128)
        pump(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const namespaces[] = {"/", "/custom", NULL};
    const struct eio_config eio = {
        .ping_interval = 300 * MSEC,
        .ping_timeout = 200 * MSEC,
        .upgrade_timeout = 1 * SEC,
        .max_payload = 200,
        .queue_max = 300,
        .max_sessions = 3,
        .random = not_random,
    };
    const struct sio_config cfg = {
        .namespaces = namespaces,
        .connect_timeout = 2 * SEC,
        .max_payload = 200,
        .max_sessions = 3,
        .max_acks = 2,
        .limits = {4, 8, 100},
        .random = not_random,
    };
    struct world w = {.now = SEC};
    check(eio_new(&eio, &w.eio) == OK && sio_core_new(&cfg, w.eio, &w.core) == OK);
    struct rd r = rd_of(bytes_of(data, len));
    while (rd_left(&r) > 0 && !r.bad)
        step(&w, &r);
    pump(&w);
    for (unsigned i = 0; i < 100; i++, w.now += SEC) {
        eio_tick(w.eio, w.now);
        pump(&w);
    }
    check(eio_counters(w.eio)->open == 0);
    check(w.n_connected == w.n_disconnected);
    for (unsigned i = 0; i < CALLS; i++)
        check(w.waits[i] == 0);
    sio_core_free(w.core);
    eio_free(w.eio);
    return 0;
}
