/* sio.c: Engine.IO and Socket.IO, joined to HTTP, its WebSockets and the loop. */
#include "socketio/sio.h"
#include "common/random.h"
#include "loop/loop.h"
#include "socketio/eio_hold.h"

#include <stdio.h>
#include <stdlib.h>

struct sio {
    struct sio_setup setup;
    struct loop *loop;
    struct http *http;
    struct eio *eio;
    struct sio_core *core; /* NULL: raw */
    struct loop_timer timer;
    bool pumping;
    struct eio_frame *shared; /* the last frame that went to several, */
    struct ws_msg *shared_ws; /* and what it became */
};

struct sio_conn { /* a WebSocket's */
    struct sio *sio;
    struct eio_id session; /* before open(): the one to upgrade */
    char ip[EIO_IP_CAP];
};

struct poll { /* a call that waits */
    struct sio *sio;
    struct eio_id session;
    uint64_t call;
};

static const char *const only_root[] = {"/", NULL};

struct sio_setup sio_defaults(void)
{
    return (struct sio_setup){
        .eio = {.ping_interval = 25 * SEC,
                .ping_timeout = 20 * SEC,
                .upgrade_timeout = 10 * SEC,
                .max_payload = SIO_MAX_PAYLOAD,
                .stranger_payload = SIO_STRANGER_BODY,
                .queue_max = SIO_POLL_QUEUE,
                .max_sessions = 100000,
                .random = random_fill},
        .io = {.namespaces = only_root,
               .connect_timeout = 10 * SEC,
               .max_acks = 64,
               .limits = {.max_attachments = 10, .max_depth = 32, .max_values = 100000},
               .stranger_limits = {.max_attachments = 10, .max_depth = 32, .max_values = 1000}},
    };
}

/* Both kinds of id fit in the number by which the core knows them; generations begin at 1, so none is 0. */
static uint64_t number_of(uint32_t slot, uint32_t generation)
{
    return (uint64_t)generation << 32 | slot;
}

static struct ws *ws_of(const struct sio *s, uint64_t n)
{
    return ws_find(s->http, (struct ws_id){.slot = (uint32_t)n, .generation = (uint32_t)(n >> 32)});
}

static struct call *call_of(const struct sio *s, uint64_t n)
{
    return call_find(s->http, (struct call_id){.slot = (uint32_t)n, .generation = (uint32_t)(n >> 32)});
}

/* --- doing what the core says --- */

static void share(struct sio *s, struct eio_frame *frame)
{
    if (s->shared == frame)
        return;
    ws_msg_unref(s->shared_ws);
    eio_frame_unref(s->shared);
    s->shared = frame ? eio_frame_ref(frame) : NULL;
    s->shared_ws = frame ? ws_msg_new(eio_frame_bytes(frame), frame->binary) : NULL;
}

static enum err send_on(struct sio *s, struct ws *ws, struct eio_frame *frame)
{
    if (frame->refs == 1)
        return ws_send(ws, eio_frame_bytes(frame), frame->binary);
    share(s, frame);
    return s->shared_ws ? ws_send_msg(ws, s->shared_ws) : ERR_NOMEM;
}

static void answer(struct sio *s, const struct eio_out *out)
{
    struct call *c = call_of(s, out->to);
    if (!c)
        return;
    call_on_gone(c, NULL, NULL);
    call_no_compress(c);
    call_set_header(c, "Cache-Control", "no-store");
    call_reply(c, out->status, out->content_type, eio_frame_bytes(out->frame));
}

static void say_ended(const struct sio *s, const struct eio_out *out)
{
    if (out->end == EIO_END_SLOW)
        log_warn(s->setup.log, "socketio_slow_client", "slot=%u", out->session.slot);
    log_debug(s->setup.log, "socketio_closed", "slot=%u why=%d", out->session.slot, (int)out->end);
}

/* What goes out to the client: an answer to a call, or something on a WebSocket that may have gone. */
static void send_out(struct sio *s, struct eio_out *out)
{
    struct ws *ws = out->type == EIO_ANSWER ? NULL : ws_of(s, out->to);
    if (out->type == EIO_ANSWER)
        answer(s, out);
    else if (ws && out->type == EIO_WS_CLOSE)
        ws_close(ws, WS_CLOSE_NORMAL, "");
    else if (ws && out->type == EIO_WS_ABORT)
        ws_abort(ws);
    else if (ws && send_on(s, ws, out->frame))
        eio_overflow(s->eio, loop_now(s->loop), out->session, out->to);
    eio_frame_unref(out->frame);
}

/* What came in from the client, or became of it: for the layer above. */
static void take_in(struct sio *s, struct eio_out *out)
{
    if (out->type == EIO_CLOSED)
        say_ended(s, out);
    if (s->core) {
        sio_core_feed(s->core, loop_now(s->loop), out);
        return;
    }
    if (out->type == EIO_RECEIVED)
        s->setup.on_message(s->setup.ctx, s, out->session, out->frame);
    eio_frame_unref(out->frame);
}

static bool tell_owner(struct sio *s)
{
    struct sio_event ev;
    if (!s->core || !sio_core_next(s->core, &ev))
        return false;
    s->setup.on_event(s->setup.ctx, s, &ev);
    sio_event_reset(&ev);
    return true;
}

/* Until nothing is left to do: doing one thing may give others. */
static void pump(struct sio *s)
{
    if (s->pumping)
        return;
    s->pumping = true;
    struct eio_out out;
    do {
        while (eio_next(s->eio, &out)) {
            if (eio_is_for_client(&out))
                send_out(s, &out);
            else
                take_in(s, &out);
        }
    } while (tell_owner(s));
    share(s, NULL);
    s->pumping = false;
    usec_t due = eio_deadline(s->eio);
    if (due == USEC_NEVER)
        loop_timer_cancel(s->loop, &s->timer);
    else
        loop_timer_set(s->loop, &s->timer, due);
}

static void tick(void *arg)
{
    struct sio *s = arg;
    eio_tick(s->eio, loop_now(s->loop));
    pump(s);
}

/* The owner sent something: it leaves when this turn is over. */
static void wake(struct sio *s)
{
    if (!s->pumping)
        loop_timer_set(s->loop, &s->timer, loop_now(s->loop));
}

/* --- giving way --- */

static bool in_use(void *ctx, struct eio_id session)
{
    const struct sio *s = ctx;
    struct sio_id socket;
    for (unsigned nsp = 0; sio_core_socket(s->core, session, nsp, &socket); nsp++)
        if (socket.generation && s->setup.in_use(s->setup.ctx, socket))
            return true;
    return false;
}

static bool displace(void *owner, enum share what, const struct holder *whose)
{
    struct sio *s = owner;
    bool displaced = eio_displace(s->eio, loop_now(s->loop), what, whose);
    if (displaced)
        wake(s);
    return displaced;
}

/* --- life --- */

enum err sio_new(const struct sio_setup *setup, struct loop *loop, struct sio **out)
{
    struct sio *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->setup = *setup;
    s->setup.io.max_payload = setup->eio.max_payload;
    s->setup.io.max_sessions = setup->eio.max_sessions;
    s->setup.io.random = setup->eio.random;
    s->loop = loop;
    s->timer.fire = tick;
    s->timer.arg = s;
    s->setup.eio.in_use = setup->in_use ? in_use : NULL;
    s->setup.eio.ctx = s;
    if (setup->eio.shares)
        shares_register(setup->eio.shares, displace, s);
    enum err e = eio_new(&s->setup.eio, &s->eio);
    if (!e && !setup->raw)
        e = sio_core_new(&s->setup.io, s->eio, &s->core);
    if (e) {
        sio_free(s);
        return e;
    }
    *out = s;
    return OK;
}

void sio_attach(struct sio *s, struct http *http)
{
    s->http = http;
}

void sio_stop(struct sio *s)
{
    eio_close_all(s->eio, loop_now(s->loop));
    wake(s);
}

void sio_free(struct sio *s)
{
    if (!s)
        return;
    loop_timer_cancel(s->loop, &s->timer);
    share(s, NULL);
    sio_core_free(s->core);
    eio_free(s->eio);
    free(s);
}

/* --- requests --- */

static void poll_gone(void *arg)
{
    const struct poll *p = arg;
    struct sio *s = p->sio;
    eio_poll_gone(s->eio, loop_now(s->loop), p->session, p->call);
    pump(s);
}

static struct eio_request request_of(const struct call *c)
{
    const char *type = call_header(c, "content-type");
    return (struct eio_request){.method = call_method(c),
                                .transport = call_query(c, "transport"),
                                .version = call_query(c, "EIO"),
                                .sid = call_query(c, "sid"),
                                .ip = call_ip(c),
                                .octets = type && strcmp(type, "application/octet-stream") == 0,
                                .body = call_body(c)};
}

/* Without memory to notice that the client gives its poll up, the heartbeat will. */
static void watch_poll(struct sio *s, struct call *c, struct eio_id session, uint64_t number)
{
    struct poll *p = malloc(sizeof *p);
    if (!p)
        return;
    *p = (struct poll){s, session, number};
    call_set_data(c, CALL_STATE, p, free);
    call_on_gone(c, poll_gone, p);
}

enum err sio_http(struct sio *s, struct call *c)
{
    struct eio_request rq = request_of(c);
    struct call_id id = call_defer(c);
    rq.call = number_of(id.slot, id.generation);
    enum err e = eio_http(s->eio, loop_now(s->loop), &rq);
    struct eio_id waits = e ? (struct eio_id){0} : eio_polling(s->eio, rq.sid, rq.call);
    if (waits.generation)
        watch_poll(s, c, waits, rq.call);
    if (e)
        call_reply_err(c, ERR_IO);
    pump(s);
    return OK;
}

size_t sio_body_max(struct sio *s, struct call *c)
{
    size_t most = eio_body_max(s->eio, call_query(c, "sid"));
    return most == s->setup.eio.max_payload ? most + SIO_BODY_SLACK : most;
}

/* --- WebSockets --- */

enum err sio_ws_upgrade(struct sio *s, struct call *c, void **data)
{
    struct eio_request rq = request_of(c);
    unsigned status = 0;
    struct eio_frame *why = NULL;
    struct eio_id session;
    enum err e = eio_ws_check(s->eio, loop_now(s->loop), &rq, &session, &status, &why);
    if (e) {
        if (why)
            call_reply(c, status, "application/json", eio_frame_bytes(why));
        eio_frame_unref(why);
        return e;
    }
    struct sio_conn *conn = malloc(sizeof *conn);
    if (!conn)
        return ERR_NOMEM;
    *conn = (struct sio_conn){.sio = s, .session = session};
    snprintf(conn->ip, sizeof conn->ip, "%s", rq.ip ? rq.ip : "");
    *data = conn;
    return OK;
}

void sio_ws_refused(void *data)
{
    free(data);
}

static uint64_t number_of_ws(const struct ws *ws)
{
    struct ws_id id = ws_id(ws);
    return number_of(id.slot, id.generation);
}

void sio_ws_open(struct ws *ws)
{
    struct sio_conn *conn = ws_data(ws);
    struct sio *s = conn->sio;
    conn->session = eio_ws_open(s->eio, loop_now(s->loop), number_of_ws(ws), conn->session, conn->ip);
    pump(s);
}

void sio_ws_message(struct ws *ws, struct bytes in, bool binary)
{
    struct sio_conn *conn = ws_data(ws);
    struct sio *s = conn->sio;
    eio_ws_message(s->eio, loop_now(s->loop), conn->session, number_of_ws(ws), in, binary);
    pump(s);
}

bool sio_ws_is_settled(const struct ws *ws)
{
    const struct sio_conn *conn = ws_data(ws);
    return conn && eio_in_use(conn->sio->eio, conn->session);
}

void sio_ws_closed(struct ws *ws)
{
    struct sio_conn *conn = ws_data(ws);
    struct sio *s = conn->sio;
    eio_ws_closed(s->eio, loop_now(s->loop), conn->session, number_of_ws(ws), ws_said_goodbye(ws));
    ws_set_data(ws, NULL);
    free(conn);
    pump(s);
}

/* --- for the owner --- */

enum err sio_emit(struct sio *s, struct sio_id to, const char *name, struct sio_args args)
{
    enum err e = sio_core_emit(s->core, to, name, args);
    wake(s);
    return e;
}

enum err sio_call(struct sio *s, struct sio_id to, const char *name, struct sio_args args, usec_t timeout, uint64_t tag)
{
    enum err e = sio_core_call(s->core, to, name, args, loop_now(s->loop) + timeout, tag);
    wake(s);
    return e;
}

enum err sio_ack(struct sio *s, struct sio_id to, uint64_t ack, struct sio_args args)
{
    enum err e = sio_core_ack(s->core, to, ack, args);
    wake(s);
    return e;
}

void sio_disconnect(struct sio *s, struct sio_id socket, bool whole)
{
    sio_core_disconnect(s->core, loop_now(s->loop), socket, whole);
    wake(s);
}

const char *sio_ip(const struct sio *s, struct sio_id socket)
{
    return sio_core_ip(s->core, socket);
}

const char *sio_sid(const struct sio *s, struct sio_id socket)
{
    return sio_core_sid(s->core, socket);
}

enum err sio_encode(const struct sio *s, unsigned nsp, const char *name, struct sio_args args, struct sio_msg **msg)
{
    return sio_msg_new(s->core, nsp, name, args, msg);
}

enum err sio_encode_json(const struct sio *s, unsigned nsp, const char *name, struct bytes json, struct sio_msg **msg)
{
    return sio_msg_of_json(s->core, nsp, name, json, msg);
}

unsigned sio_send(struct sio *s, const struct sio_id *to, unsigned n_to, const struct sio_msg *msg)
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_to; i++)
        n += sio_core_send(s->core, to[i], msg) == OK;
    wake(s);
    return n;
}

enum err sio_send_raw(struct sio *s, struct eio_id to, struct eio_frame *message)
{
    enum err e = eio_send(s->eio, to, message);
    wake(s);
    return e;
}

const struct eio_counters *sio_counters(const struct sio *s)
{
    return eio_counters(s->eio);
}
