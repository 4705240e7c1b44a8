/* What comes in from HTTP requests and WebSockets: checked here, then given to the session. */
#include "common/text.h"
#include "socketio/eio_priv.h"

#include <stdio.h>

#define PACKETS_MAX 1000 /* of one POST: however small they are, each costs time */

enum eio_refusal {
    REFUSE_TRANSPORT,
    REFUSE_SID,
    REFUSE_METHOD,
    REFUSE_REQUEST,
    REFUSE_FULL,
    REFUSE_SHARE,
    REFUSE_VERSION,
    REFUSE_TOO_BIG
};

static const struct {
    unsigned status;
    const char *body;
} refusals[] = {
    [REFUSE_TRANSPORT] = {400, "{\"code\":0,\"message\":\"Transport unknown\"}"},
    [REFUSE_SID] = {400, "{\"code\":1,\"message\":\"Session ID unknown\"}"},
    [REFUSE_METHOD] = {400, "{\"code\":2,\"message\":\"Bad handshake method\"}"},
    [REFUSE_REQUEST] = {400, "{\"code\":3,\"message\":\"Bad request\"}"},
    [REFUSE_FULL] = {503, "{\"code\":4,\"message\":\"Forbidden\"}"},  /* max_sessions is reached */
    [REFUSE_SHARE] = {429, "{\"code\":4,\"message\":\"Forbidden\"}"}, /* the address has had its share */
    [REFUSE_VERSION] = {400, "{\"code\":5,\"message\":\"Unsupported protocol version\"}"},
    [REFUSE_TOO_BIG] = {413, ""},
};

static struct eio_frame *refusal_body(enum eio_refusal why)
{
    const char *body = refusals[why].body;
    struct eio_frame *f = eio_frame_new(strlen(body), false);
    if (f)
        memcpy(f->data, body, f->len);
    return f;
}

static enum err answer(struct eio *e, uint64_t call, unsigned status, const char *type, struct eio_frame *take)
{
    if (!take || !eio_outs_reserve(e, 1)) {
        eio_frame_unref(take);
        return ERR_NOMEM;
    }
    eio_push(e,
             (struct eio_out){.type = EIO_ANSWER, .to = call, .status = status, .content_type = type, .frame = take});
    return OK;
}

static enum err refuse(struct eio *e, uint64_t call, enum eio_refusal why)
{
    return answer(e, call, refusals[why].status, "application/json", refusal_body(why));
}

static bool is(const char *text, const char *what)
{
    return text && strcmp(text, what) == 0;
}

/* OK, or ERR_DENIED and why. */
static enum err check_handshake(struct eio *e, usec_t now, const struct eio_request *rq, enum eio_refusal *why)
{
    if (!is(rq->method, "GET"))
        *why = REFUSE_METHOD;
    else if (!is(rq->version, "4"))
        *why = REFUSE_VERSION;
    else if (e->counters.open >= e->cfg.max_sessions)
        *why = REFUSE_FULL;
    else if (!eio_may_open(e, now, rq->ip))
        *why = REFUSE_SHARE;
    else
        return OK;
    return ERR_DENIED;
}

static enum err handshake(struct eio *e, usec_t now, const struct eio_request *rq)
{
    enum eio_refusal why = REFUSE_REQUEST;
    if (is(rq->method, "GET") && is(rq->transport, "websocket"))
        return refuse(e, rq->call, REFUSE_REQUEST); /* a WebSocket begins with an upgrade */
    if (check_handshake(e, now, rq, &why)) {
        e->counters.refused += why == REFUSE_FULL || why == REFUSE_SHARE;
        return refuse(e, rq->call, why);
    }
    struct eio_session *s;
    enum err err = eio_session_open(e, now, rq->call, 0, rq->ip, &s);
    if (err != ERR_FULL)
        return err;
    e->counters.refused++;
    return refuse(e, rq->call, REFUSE_SHARE);
}

/* All packets of one POST. False: the session ended because of what they are. */
static bool take_payload(struct eio *e, usec_t now, struct eio_session *s, struct bytes body)
{
    uint32_t generation = s->generation;
    struct rd payload = rd_of(body);
    for (unsigned n = 0;; n++) {
        struct eio_packet p;
        enum err err = n < PACKETS_MAX ? eio_payload_next(&payload, &p) : ERR_FULL;
        if (err == ERR_NOT_FOUND)
            return true;
        if (err) {
            eio_session_end(e, now, s, EIO_END_PARSE);
            return false;
        }
        eio_session_packet(e, now, s, &p, true);
        if (s->generation != generation || s->state != EIO_LIVE)
            return p.type == EIO_CLOSE; /* it said goodbye; or it broke the rules */
    }
}

static enum err post(struct eio *e, usec_t now, struct eio_session *s, const struct eio_request *rq)
{
    if (s->state == EIO_LINGER)
        return answer(e, rq->call, 200, "text/html", eio_frame_ref(e->ok));
    if (rq->body.len > e->cfg.max_payload) {
        eio_session_end(e, now, s, EIO_END_PARSE);
        return refuse(e, rq->call, REFUSE_TOO_BIG);
    }
    if (rq->octets || !text_is_utf8(rq->body)) { /* binary comes in base64 since protocol 4 */
        eio_session_end(e, now, s, EIO_END_PARSE);
        return refuse(e, rq->call, REFUSE_REQUEST);
    }
    if (!take_payload(e, now, s, rq->body))
        return refuse(e, rq->call, REFUSE_REQUEST);
    return answer(e, rq->call, 200, "text/html", eio_frame_ref(e->ok));
}

static enum err get(struct eio *e, usec_t now, struct eio_session *s, const struct eio_request *rq)
{
    if (s->poll) { /* a client has one poll at a time: two are a mistake or two clients */
        eio_session_end(e, now, s, EIO_END_TRANSPORT);
        return refuse(e, rq->call, REFUSE_REQUEST);
    }
    eio_session_poll(e, now, s, rq->call);
    return OK;
}

enum err eio_http(struct eio *e, usec_t now, const struct eio_request *rq)
{
    eio_tick(e, now); /* a session whose time was up before the request is no longer there for it */
    if (!is(rq->transport, "polling") && !is(rq->transport, "websocket"))
        return refuse(e, rq->call, REFUSE_TRANSPORT);
    if (!rq->sid || !*rq->sid)
        return handshake(e, now, rq);
    struct eio_session *s = eio_find_sid(e, rq->sid);
    if (!s || s->state == EIO_DOOMED)
        return refuse(e, rq->call, REFUSE_SID);
    if (s->ws || !is(rq->transport, "polling"))
        return refuse(e, rq->call, REFUSE_REQUEST);
    if (is(rq->method, "GET"))
        return get(e, now, s, rq);
    if (is(rq->method, "POST"))
        return post(e, now, s, rq);
    return refuse(e, rq->call, REFUSE_REQUEST);
}

void eio_poll_gone(struct eio *e, usec_t now, struct eio_id session, uint64_t call)
{
    struct eio_session *s = eio_find(e, session);
    if (!s || s->poll != call)
        return;
    s->poll = 0;
    eio_session_end(e, now, s, EIO_END_TRANSPORT);
}

struct eio_id eio_polling(const struct eio *e, const char *sid, uint64_t call)
{
    const struct eio_session *s = eio_find_sid(e, sid);
    return s && s->state == EIO_LIVE && s->poll == call ? eio_id_of(e, s) : (struct eio_id){0};
}

/* --- WebSockets --- */

static enum err check_ws(struct eio *e, usec_t now, const struct eio_request *rq, struct eio_id *session,
                         enum eio_refusal *why)
{
    *session = (struct eio_id){0};
    *why = REFUSE_TRANSPORT;
    if (!is(rq->transport, "websocket"))
        return ERR_DENIED;
    if (!rq->sid || !*rq->sid)
        return check_handshake(e, now, rq, why);
    const struct eio_session *s = eio_find_sid(e, rq->sid);
    *why = REFUSE_SID;
    if (!s || s->state == EIO_DOOMED)
        return ERR_DENIED;
    *session = eio_id_of(e, s);
    return OK;
}

enum err eio_ws_check(struct eio *e, usec_t now, const struct eio_request *rq, struct eio_id *session, unsigned *status,
                      struct eio_frame **why)
{
    enum eio_refusal refusal;
    enum err err = check_ws(e, now, rq, session, &refusal);
    if (err) {
        *status = refusals[refusal].status;
        *why = refusal_body(refusal);
    }
    return err;
}

static void close_ws(struct eio *e, uint64_t ws)
{
    if (eio_outs_reserve(e, 1))
        eio_push(e, (struct eio_out){.type = EIO_WS_CLOSE, .to = ws});
}

struct eio_id eio_ws_open(struct eio *e, usec_t now, uint64_t ws, struct eio_id session, const char *ip)
{
    struct eio_session *s = NULL;
    e->now = now;
    if (session.generation == 0) {
        e->counters.refused += eio_session_open(e, now, 0, ws, ip, &s) != OK;
    } else {
        s = eio_find(e, session);
        if (s && (s->ws || s->probe))
            s = NULL; /* upgraded already, or about to be */
        if (s) {
            s->probe = ws;
            s->probe_state = PROBE_OPEN;
            s->probe_until = now + e->cfg.upgrade_timeout;
            eio_session_due(e, s);
        }
    }
    if (s)
        return eio_id_of(e, s);
    close_ws(e, ws);
    return (struct eio_id){0};
}

void eio_ws_message(struct eio *e, usec_t now, struct eio_id session, uint64_t ws, struct bytes in, bool binary)
{
    struct eio_session *s = eio_find(e, session);
    if (!s)
        s = eio_find_lingering(e, session); /* its probe may still fetch the last words */
    if (!s || (s->ws != ws && s->probe != ws))
        return; /* it is being closed */
    struct eio_packet p;
    bool bad = in.len > e->cfg.max_payload || eio_packet_read(in, binary, &p);
    if (s->probe == ws) {
        if (bad)
            eio_session_drop_probe(e, s);
        else
            eio_session_probe(e, now, s, &p);
    } else if (bad) {
        eio_session_end(e, now, s, EIO_END_PARSE);
    } else {
        eio_session_packet(e, now, s, &p, false);
    }
}

void eio_ws_closed(struct eio *e, usec_t now, struct eio_id session, uint64_t ws, bool said)
{
    struct eio_session *s = eio_find(e, session);
    if (!s)
        s = eio_find_lingering(e, session);
    if (!s)
        return;
    if (s->probe == ws) {
        s->probe = 0;
        eio_session_drop_probe(e, s);
    } else if (s->ws == ws) {
        s->ws = 0;
        eio_session_end(e, now, s, said ? EIO_END_CLIENT : EIO_END_TRANSPORT);
    }
}

void eio_overflow(struct eio *e, usec_t now, struct eio_id session, uint64_t ws)
{
    struct eio_session *s = eio_find(e, session);
    if (s && s->ws == ws)
        eio_session_end(e, now, s, EIO_END_SLOW);
}
