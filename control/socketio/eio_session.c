/* eio_session.c: the life of one session: opened, upgraded, pinged, ended. */
#include "common/vec.h"
#include "socketio/eio_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define LINGER      (30 * SEC)   /* how long the last words to a polling client wait for its next poll */
#define NOOP_DELAY  (50 * MSEC)  /* a poll that comes during an upgrade is let go after this */
#define DOOM_RETRY  (100 * MSEC) /* without memory to end a session, try again then */
#define FRAME_COST  48           /* bytes that a queued frame costs beside its own */
#define OUTS_OF_END 4            /* the most that ending a session says */
#define TEXT        "text/plain; charset=UTF-8"

/* A key that is too early is only a needless look; it is corrected when it comes up. So times that move away, the usual
 * case, cost nothing. */
void eio_session_due(struct eio *e, struct eio_session *s)
{
    usec_t due = s->ping_at;
    if (s->probe_until < due)
        due = s->probe_until;
    if (s->noop_at < due)
        due = s->noop_at;
    if (s->alarm < due)
        due = s->alarm;
    if (!s->deadline.set || due < s->deadline.due)
        deadlines_set(&e->deadlines, &s->deadline, due);
}

/* --- sending --- */

static bool send_ws(struct eio *e, struct eio_session *s, uint64_t ws, struct eio_frame *frame)
{
    if (!eio_outs_reserve(e, 1))
        return false;
    e->counters.packets_out++;
    eio_push(
        e, (struct eio_out){.type = EIO_WS_SEND, .session = eio_id_of(e, s), .to = ws, .frame = eio_frame_ref(frame)});
    return true;
}

static bool answer_poll(struct eio *e, struct eio_session *s, struct eio_frame *body)
{
    if (!eio_outs_reserve(e, 1))
        return false;
    eio_push(e, (struct eio_out){.type = EIO_ANSWER,
                                 .session = eio_id_of(e, s),
                                 .to = s->poll,
                                 .status = 200,
                                 .content_type = TEXT,
                                 .frame = eio_frame_ref(body)});
    s->poll = 0;
    s->noop_at = USEC_NEVER;
    return true;
}

/* Without memory for its end a session is dead to everyone, and tick says so when it can. */
static void doom(struct eio *e, struct eio_session *s, enum eio_end why)
{
    s->state = EIO_DOOMED;
    s->doom = (uint8_t)why;
    deadlines_set(&e->deadlines, &s->deadline, 0);
}

static void fail(struct eio *e, struct eio_session *s, enum eio_end why)
{
    if (s->state == EIO_LIVE)
        doom(e, s, why);
}

static bool enqueue(struct eio_session *s, struct eio_frame *frame)
{
    if (vec_reserve(s->queue, s->cap_queue, s->n_queue + 1, VEC_MOST))
        return false;
    s->queue[s->n_queue++] = eio_frame_ref(frame);
    s->queued += frame->len + FRAME_COST;
    return true;
}

/* It doesn't poll. */
static bool is_too_slow(const struct eio *e, const struct eio_session *s, const struct eio_frame *next)
{
    return s->n_queue > 0 && s->queued + next->len > e->cfg.queue_max;
}

static enum err send_frame(struct eio *e, struct eio_session *s, struct eio_frame *frame)
{
    if (s->ws) {
        if (send_ws(e, s, s->ws, frame))
            return OK;
        fail(e, s, EIO_END_NOMEM);
        return ERR_NOMEM;
    }
    if (is_too_slow(e, s, frame)) {
        fail(e, s, EIO_END_SLOW);
        return ERR_FULL;
    }
    if (!enqueue(s, frame)) {
        fail(e, s, EIO_END_NOMEM);
        return ERR_NOMEM;
    }
    if (!eio_hold(e, e->now, s)) { /* its address has had its share of what may wait */
        fail(e, s, EIO_END_SLOW);
        return ERR_FULL;
    }
    if (!s->dirty) {
        s->dirty = true;
        s->next_dirty = e->dirty;
        e->dirty = (uint32_t)(s - e->sessions);
    }
    return OK;
}

enum err eio_send(struct eio *e, struct eio_id session, struct eio_frame *frame)
{
    struct eio_session *s = eio_find(e, session);
    return s ? send_frame(e, s, frame) : ERR_NOT_FOUND;
}

static void queue_clear(struct eio *e, struct eio_session *s, uint32_t n_gone)
{
    for (uint32_t i = 0; i < n_gone; i++)
        eio_frame_unref(s->queue[i]);
    s->n_queue -= n_gone;
    s->queued = 0;
    for (uint32_t i = 0; i < s->n_queue; i++) {
        s->queue[i] = s->queue[i + n_gone];
        s->queued += s->queue[i]->len + FRAME_COST;
    }
    if (s->n_queue == 0) {
        free(s->queue);
        s->queue = NULL;
        s->cap_queue = 0;
    }
    (void)eio_hold(e, e->now, s);
}

/* As many frames as one answer takes: at least one, and no more than a payload's worth if there are several. */
static uint32_t frames_for_one_answer(const struct eio *e, const struct eio_session *s)
{
    uint32_t n = 0;
    for (size_t len = 0; n < s->n_queue; n++) {
        len += s->queue[n]->len;
        if (n > 0 && len > e->cfg.max_payload)
            break;
    }
    return n;
}

static bool flush_poll(struct eio *e, struct eio_session *s)
{
    uint32_t n = frames_for_one_answer(e, s);
    const struct eio_frame *const *frames = (const struct eio_frame *const *)s->queue;
    struct eio_frame *body = eio_frame_new(eio_payload_len(frames, n), false);
    if (!body)
        return false;
    struct wr w = wr_of(body->data, body->len);
    eio_payload_write(&w, frames, n);
    bool sent = answer_poll(e, s, body);
    eio_frame_unref(body);
    if (!sent)
        return false;
    e->counters.packets_out += n;
    queue_clear(e, s, n);
    return true;
}

void eio_session_flush(struct eio *e, struct eio_session *s)
{
    if (s->n_queue == 0 || s->state == EIO_FREE || s->state == EIO_DOOMED)
        return;
    if (s->ws) {
        uint32_t n = 0;
        while (n < s->n_queue && send_ws(e, s, s->ws, s->queue[n]))
            n++;
        queue_clear(e, s, n);
    } else if (s->poll) {
        if (flush_poll(e, s))
            return;
    } else {
        return;
    }
    if (s->n_queue > 0)
        fail(e, s, EIO_END_NOMEM);
}

/* --- life --- */

/* The handshake's answer goes straight out: nothing else can be in the queue yet. */
static bool send_open(struct eio *e, struct eio_session *s, uint64_t call)
{
    char sid[EIO_SID_LEN + 1], text[256];
    eio_sid(e, eio_id_of(e, s), sid);
    int n = snprintf(text, sizeof text,
                     "{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%lld,\"pingTimeout\":%lld,\"maxPayload\":%zu}",
                     sid, s->ws ? "" : "\"websocket\"", (long long)(e->cfg.ping_interval / MSEC),
                     (long long)(e->cfg.ping_timeout / MSEC), e->cfg.max_payload);
    struct eio_frame *frame = eio_frame_of('0', bytes_of(text, (size_t)n), false);
    if (!frame)
        return false;
    s->poll = call;
    bool sent = s->ws ? send_ws(e, s, s->ws, frame) : answer_poll(e, s, frame);
    eio_frame_unref(frame);
    return sent;
}

enum err eio_session_open(struct eio *e, usec_t now, uint64_t call, uint64_t ws, const char *ip,
                          struct eio_session **session)
{
    struct eio_session *s = eio_outs_reserve(e, 2) ? eio_session_take(e) : NULL;
    if (!s)
        return ERR_NOMEM;
    bool has_place = eio_take_place(e, now, s, ip);
    s->ws = ws;
    s->ping_at = now + e->cfg.ping_interval;
    snprintf(s->ip, sizeof s->ip, "%s", ip ? ip : "");
    if (!has_place || !send_open(e, s, call)) {
        eio_session_release(e, s);
        return has_place ? ERR_NOMEM : ERR_FULL;
    }
    eio_push(e, (struct eio_out){.type = EIO_OPENED, .session = eio_id_of(e, s)});
    eio_session_due(e, s);
    e->counters.opened++;
    *session = s;
    return OK;
}

/* Ends it for the owner. A polling client that is between two polls gets the last words with its next one, or on the
 * WebSocket that it is about to move to. */
void eio_session_end(struct eio *e, usec_t now, struct eio_session *s, enum eio_end why)
{
    if (!eio_outs_reserve(e, OUTS_OF_END)) {
        doom(e, s, why);
        return;
    }
    bool orderly = why == EIO_END_SERVER && !s->ws;
    if (orderly && s->n_queue > 0 && s->poll)
        eio_session_flush(e, s); /* may use one of the outputs, and then there is no poll to answer */
    s->state = EIO_LIVE;
    if (s->poll)
        answer_poll(e, s, why == EIO_END_CLIENT ? e->noop : e->close);
    else if (orderly)
        s->state = EIO_LINGER;
    if (s->state != EIO_LINGER)
        eio_session_drop_probe(e, s);
    if (s->ws)
        eio_push(e, (struct eio_out){.type = why == EIO_END_SLOW ? EIO_WS_ABORT : EIO_WS_CLOSE, .to = s->ws});
    eio_push(e, (struct eio_out){.type = EIO_CLOSED, .session = eio_id_of(e, s), .end = why});
    e->counters.closed[why]++;
    if (s->state != EIO_LINGER) {
        eio_session_release(e, s);
        return;
    }
    s->ping_at = now + LINGER;
    s->noop_at = s->alarm = USEC_NEVER;
    deadlines_cancel(&e->deadlines, &s->deadline);
    eio_session_due(e, s);
}

void eio_session_forget(struct eio *e, struct eio_session *s)
{
    eio_session_drop_probe(e, s);
    eio_session_release(e, s);
}

/* The next poll of a session that has ended: what is left, and the close packet with the poll after that. A client may
 * act on a close before it looks at what came with it: the official one would miss a DISCONNECT, and reconnect. */
static void linger_poll(struct eio *e, struct eio_session *s, uint64_t call)
{
    s->poll = call;
    if (s->n_queue > 0 && flush_poll(e, s))
        return;
    answer_poll(e, s, e->close);
    eio_session_forget(e, s);
}

/* The client moved on before it heard the last words: it gets them there, and then the end. */
static void linger_upgraded(struct eio *e, struct eio_session *s)
{
    uint64_t ws = s->ws;
    eio_session_flush(e, s);
    if (eio_outs_reserve(e, 1))
        eio_push(e, (struct eio_out){.type = EIO_WS_CLOSE, .to = ws});
    eio_session_release(e, s);
}

void eio_session_poll(struct eio *e, usec_t now, struct eio_session *s, uint64_t call)
{
    if (s->state == EIO_LINGER) {
        linger_poll(e, s, call);
        return;
    }
    s->poll = call;
    if (s->n_queue > 0) {
        eio_session_flush(e, s);
    } else if (s->probe_state == PROBE_ANSWERED) {
        s->noop_at = now + NOOP_DELAY;
        eio_session_due(e, s);
    }
}

/* --- packets --- */

static void receive(struct eio *e, usec_t now, struct eio_session *s, const struct eio_packet *p, bool payload)
{
    struct eio_frame *frame = NULL;
    enum err err = OK;
    if (payload || !p->binary)
        err = eio_payload_frame(p, &frame);
    else if (!(frame = eio_frame_of(0, p->data, true)))
        err = ERR_NOMEM;
    if (!err && !eio_outs_reserve(e, 1)) {
        eio_frame_unref(frame);
        err = ERR_NOMEM;
    }
    if (err)
        eio_session_end(e, now, s, err == ERR_NOMEM ? EIO_END_NOMEM : EIO_END_PARSE);
    else
        eio_push(e, (struct eio_out){.type = EIO_RECEIVED, .session = eio_id_of(e, s), .frame = frame});
}

void eio_session_packet(struct eio *e, usec_t now, struct eio_session *s, const struct eio_packet *p, bool payload)
{
    e->counters.packets_in++;
    switch (p->type) {
    case EIO_MESSAGE:
        receive(e, now, s, p, payload);
        break;
    case EIO_PONG:
        if (s->pong_due)
            s->ping_at = now + e->cfg.ping_interval;
        s->pong_due = false;
        break;
    case EIO_CLOSE:
        eio_session_end(e, now, s, EIO_END_CLIENT);
        break;
    case EIO_UPGRADE: /* only a probe means anything by it */
    case EIO_NOOP:
        break;
    case EIO_OPEN:
    case EIO_PING: /* heartbeats go the other way since protocol 4 */
        eio_session_end(e, now, s, EIO_END_PARSE);
        break;
    }
}

/* --- the upgrade: 2probe, 3probe, the pending poll let go, 5 --- */

void eio_session_drop_probe(struct eio *e, struct eio_session *s)
{
    if (s->probe && eio_outs_reserve(e, 1))
        eio_push(e, (struct eio_out){.type = EIO_WS_CLOSE, .to = s->probe});
    s->probe = 0;
    s->probe_state = PROBE_NONE;
    s->probe_until = s->noop_at = USEC_NEVER;
}

static void release_poll(struct eio *e, struct eio_session *s)
{
    if (s->poll && s->n_queue == 0 && !answer_poll(e, s, e->noop))
        fail(e, s, EIO_END_NOMEM);
}

void eio_session_probe(struct eio *e, usec_t now, struct eio_session *s, const struct eio_packet *p)
{
    (void)now;
    if (p->type == EIO_PING && bytes_eq(p->data, BYTES_LIT("probe"))) {
        s->probe_state = PROBE_ANSWERED;
        if (!send_ws(e, s, s->probe, e->probe))
            fail(e, s, EIO_END_NOMEM);
        release_poll(e, s);
        return;
    }
    if (p->type != EIO_UPGRADE || s->probe_state != PROBE_ANSWERED) {
        eio_session_drop_probe(e, s);
        return;
    }
    if (s->poll)
        eio_session_flush(e, s);
    release_poll(e, s);
    s->ws = s->probe;
    s->probe = 0;
    eio_session_drop_probe(e, s);
    e->counters.upgrades++;
    if (s->state == EIO_LINGER)
        linger_upgraded(e, s);
    else
        eio_session_flush(e, s);
}

/* --- time --- */

static void heartbeat(struct eio *e, usec_t now, struct eio_session *s)
{
    if (s->pong_due) {
        eio_session_end(e, now, s, EIO_END_PING);
        return;
    }
    s->pong_due = true;
    usec_t least = now + e->cfg.ping_timeout / 2; /* when we are late, that's not all at the client's expense */
    s->ping_at += e->cfg.ping_timeout;            /* clients, too, count from the interval's end */
    if (s->ping_at < least)
        s->ping_at = least;
    if (send_frame(e, s, e->ping))
        eio_session_end(e, now, s, s->doom ? (enum eio_end)s->doom : EIO_END_NOMEM);
}

static void ring(struct eio *e, struct eio_session *s)
{
    s->alarm = USEC_NEVER;
    if (eio_outs_reserve(e, 1))
        eio_push(e, (struct eio_out){.type = EIO_ALARM, .session = eio_id_of(e, s)});
    else
        fail(e, s, EIO_END_NOMEM);
}

void eio_session_tick(struct eio *e, usec_t now, struct eio_session *s)
{
    uint32_t generation = s->generation;
    if (s->state == EIO_DOOMED) {
        eio_session_end(e, now, s, (enum eio_end)s->doom);
        if (s->generation == generation && s->state == EIO_DOOMED)
            deadlines_set(&e->deadlines, &s->deadline, now + DOOM_RETRY);
        return;
    }
    if (s->probe_until <= now)
        eio_session_drop_probe(e, s);
    if (s->state == EIO_LINGER) {
        if (s->ping_at <= now)
            eio_session_forget(e, s);
        else
            eio_session_due(e, s);
        return;
    }
    if (s->noop_at <= now) {
        s->noop_at = USEC_NEVER;
        release_poll(e, s);
    }
    if (s->alarm <= now)
        ring(e, s);
    if (s->ping_at <= now)
        heartbeat(e, now, s);
    if (s->generation == generation && s->state == EIO_LIVE)
        eio_session_due(e, s);
}
