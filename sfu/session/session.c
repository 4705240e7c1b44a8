/* session.c: the life of a connection: its states, and the way of STUN and DTLS datagrams through it. */
#include "common/map.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <stdlib.h>

const char *session_state_name(enum session_state s)
{
    static const char *const names[SESSION_STATES] = {"checking", "handshake", "open", "closed"};
    return (unsigned)s < SESSION_STATES ? names[s] : "unknown";
}

const char *session_drop_name(enum session_drop d)
{
    static const char *const names[SESSION_DROPS] = {
        [DROP_NOT_OPEN] = "not_open",
        [DROP_SRTP_AUTH] = "srtp_auth",
        [DROP_SRTP_REPLAY] = "srtp_replay",
        [DROP_RTP_SYNTAX] = "rtp_syntax",
        [DROP_UNKNOWN_SSRC] = "unknown_ssrc",
        [DROP_RTP_STATE] = "rtp_state",
        [DROP_RTX_EMPTY] = "rtx_empty",
        [DROP_RTCP_AUTH] = "rtcp_auth",
        [DROP_RTCP_SYNTAX] = "rtcp_syntax",
        [DROP_RTCP_ASKS] = "rtcp_asks",
        [DROP_STUN] = "stun",
        [DROP_DTLS] = "dtls",
    };
    return (unsigned)d < SESSION_DROPS ? names[d] : "unknown";
}

enum session_state session_next(enum session_state s, enum session_event e)
{
    /* clang-format off */
    static const uint8_t next[SESSION_STATES][SESSION_EVENTS] = {
        /*                      PATH               KEYS              LOST          */
        [SESSION_CHECKING]  = { SESSION_HANDSHAKE, SESSION_CHECKING, SESSION_CLOSED },
        [SESSION_HANDSHAKE] = { SESSION_HANDSHAKE, SESSION_OPEN,     SESSION_CLOSED },
        [SESSION_OPEN]      = { SESSION_OPEN,      SESSION_OPEN,     SESSION_CLOSED },
        [SESSION_CLOSED]    = { SESSION_CLOSED,    SESSION_CLOSED,   SESSION_CLOSED },
    };
    /* clang-format on */
    return (enum session_state)next[s][e];
}

static void step(struct session *s, enum session_event e, struct session_news *news)
{
    enum session_state to = session_next(s->state, e);
    if (to == s->state)
        return;
    s->state = to;
    s->path.open = to == SESSION_OPEN;
    news->state_changed = true;
    log_debug(s->log, "session_state", "session=%s state=%s", s->name, session_state_name(to));
}

void session_drop(struct session *s, enum session_drop d)
{
    s->counters.drops[d]++;
}

uint64_t session_random(struct session *s)
{
    s->rng ^= s->rng << 13;
    s->rng ^= s->rng >> 7;
    s->rng ^= s->rng << 17;
    return s->rng;
}

static enum err peer_of_offer(const struct sdp *offer, struct dtls_fingerprint *out, struct sdp_error *why)
{
    for (unsigned i = 0; i < offer->transport.n_fingerprints; i++) {
        const struct sdp_fingerprint *f = &offer->transport.fingerprints[i];
        if (dtls_fingerprint_set(out, f->algorithm, bytes_of(f->digest, f->len)) == OK)
            return OK;
    }
    snprintf(why->text, sizeof why->text, "no a=fingerprint with sha-256, sha-384 or sha-512");
    return ERR_UNSUPPORTED;
}

static uint64_t origin_of(const struct sdp *offer)
{
    char id[32] = {0};
    struct bytes in = offer->origin_id;
    memcpy(id, in.p, in.len < sizeof id ? in.len : sizeof id - 1);
    return map_key_of_text(id);
}

bool session_is_other(const struct session *s, const struct sdp *offer)
{
    struct dtls_fingerprint peer;
    struct sdp_error why;
    if (peer_of_offer(offer, &peer, &why))
        return false; /* refused as a renegotiation */
    bool same_ufrag = bytes_eq(offer->transport.ufrag, bytes_str(s->remote_ufrag));
    if (!same_ufrag && origin_of(offer) != s->origin_key)
        return true;
    return s->state == SESSION_CLOSED || !dtls_fingerprint_eq(&peer, &s->peer);
}

static enum err open_dtls(struct session *s, const struct sdp *offer, struct sdp_error *why)
{
    enum err e = peer_of_offer(offer, &s->peer, why);
    if (e)
        return e;
    struct dtls_config cfg = {.identity = s->identity, .peer = s->peer};
    cfg.role = sdp_answer_setup(offer) == SDP_ACTIVE ? DTLS_CLIENT : DTLS_SERVER;
    e = dtls_new(&cfg, &s->dtls);
    if (e)
        snprintf(why->text, sizeof why->text, "out of memory");
    return e;
}

enum err session_new(const struct session_config *cfg, usec_t now, const struct sdp *offer, struct wr *answer,
                     struct sdp_error *why, struct session **session)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why->text, sizeof why->text, "out of memory");
        return ERR_NOMEM;
    }
    snprintf(s->name, sizeof s->name, "%s", cfg->name);
    s->log = cfg->log;
    s->identity = dtls_identity_ref(cfg->identity);
    s->candidates = cfg->candidates;
    s->n_candidates = cfg->n_candidates;
    s->rng = cfg->seed | 1;
    s->sdp_session_id = session_random(s) >> 2;
    s->own_ssrc = (uint32_t)session_random(s) | 1;
    s->path.mgr = cfg->mgr;
    s->local = cfg->creds;
    s->twcc_at = s->report_at = s->nack_at = USEC_NEVER;
    s->opens_by = now + SESSION_OPENS_IN;
    ice_lite_init(&s->ice, now, &s->local, cfg->secret);
    s->origin_key = origin_of(offer);
    enum err e = open_dtls(s, offer, why);
    if (!e)
        e = session_negotiate(s, offer, NULL, answer, why);
    if (e) {
        session_free(s);
        return e;
    }
    *session = s;
    return OK;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->n_uptracks; i++)
        uptrack_reset(&s->uptracks[i]);
    for (unsigned i = 0; i < s->n_slots; i++)
        slot_reset(s->slots[i]);
    for (unsigned i = 0; i < SESSION_SLOTS; i++)
        free(s->slots[i]);
    free(s->recorder);
    srtpctx_free(s->in);
    if (s->path.key)
        srtpseal_key_free(s->path.key);
    dtls_free(s->dtls);
    dtls_identity_unref(s->identity);
    free(s);
}

enum err session_renegotiate(struct session *s, const struct sdp *offer, const struct ice_creds *fresh,
                             struct wr *answer, struct sdp_error *why)
{
    struct dtls_fingerprint peer;
    enum err e = peer_of_offer(offer, &peer, why);
    return e ? e : session_negotiate(s, offer, fresh, answer, why);
}

static void flight_send(struct session *s, const struct dtls_flight *flight, struct outbox *out)
{
    for (unsigned i = 0; i < flight->n_datagrams; i++)
        outbox_put(out, &s->path.to, flight->data[i], flight->len[i]);
}

/* The library's keys become ours: one context to open with, one key to seal with. */
static enum err take_keys(struct session *s)
{
    const struct dtls_keys *k = dtls_keys(s->dtls);
    if (!k)
        return ERR_STATE;
    enum err e = srtpctx_new(&k->remote, &s->in);
    if (!e)
        e = srtpseal_key_new(s->path.mgr, &k->local, &s->path.key);
    dtls_forget_keys(s->dtls);
    return e;
}

static void lose(struct session *s, const char *reason, struct session_news *news)
{
    if (s->state == SESSION_CLOSED)
        return;
    news->reason = reason;
    step(s, SESSION_EV_LOST, news);
}

static void on_dtls(struct session *s, usec_t now, enum dtls_event e, const struct dtls_flight *flight,
                    struct outbox *out, struct session_news *news)
{
    flight_send(s, flight, out);
    if (e == DTLS_ENDED)
        lose(s, "dtls", news);
    if (e != DTLS_KEYS)
        return;
    if (take_keys(s)) {
        lose(s, "dtls", news);
        return;
    }
    s->report_at = now + SESSION_REPORTS;
    step(s, SESSION_EV_KEYS, news);
}

static void on_path(struct session *s, usec_t now, struct outbox *out, struct session_news *news)
{
    s->path.to = s->ice.path;
    enum session_state before = s->state;
    step(s, SESSION_EV_PATH, news);
    if (before != SESSION_CHECKING)
        return;
    struct dtls_flight flight = {0};
    enum dtls_event e = dtls_start(s->dtls, now, &flight);
    on_dtls(s, now, e, &flight, out, news);
}

static void send_checks(struct session *s, usec_t now, struct outbox *out)
{
    uint8_t bytes[ICE_REQUEST_CAP];
    struct wr check = wr_of(bytes, sizeof bytes);
    struct addr to;
    while (ice_lite_ask(&s->ice, now, &to, &check)) {
        outbox_put(out, &to, bytes, wr_len(&check));
        check = wr_of(bytes, sizeof bytes);
    }
}

void session_recv_stun(struct session *s, usec_t now, const struct addr *from, struct bytes in, struct outbox *out,
                       struct session_news *news)
{
    uint8_t reply_bytes[ICE_REPLY_CAP];
    struct wr reply = wr_of(reply_bytes, sizeof reply_bytes);
    *news = (struct session_news){0};
    if (s->state == SESSION_CLOSED)
        return;
    if (ice_lite_recv(&s->ice, now, from, in, &reply, &news->ice))
        session_drop(s, DROP_STUN);
    send_checks(s, now, out); /* first, so that the client answers before it begins its handshake */
    if (wr_len(&reply))
        outbox_put(out, from, reply_bytes, wr_len(&reply));
    if (news->ice.event == ICE_PATH_CHANGED)
        on_path(s, now, out, news);
}

void session_recv_dtls(struct session *s, usec_t now, struct bytes in, struct outbox *out, struct session_news *news)
{
    *news = (struct session_news){0};
    if (s->state != SESSION_HANDSHAKE && s->state != SESSION_OPEN) {
        session_drop(s, DROP_DTLS);
        return;
    }
    struct dtls_flight flight = {0};
    uint64_t ignored = dtls_n_ignored(s->dtls);
    enum dtls_event e = dtls_recv(s->dtls, now, in, &flight);
    if (dtls_n_ignored(s->dtls) != ignored)
        session_drop(s, DROP_DTLS);
    on_dtls(s, now, e, &flight, out, news);
    for (unsigned i = 0; e != DTLS_NOTHING && s->state != SESSION_CLOSED && i < 16; i++) {
        flight.n_datagrams = 0;
        e = dtls_next_event(s->dtls, now, &flight);
        on_dtls(s, now, e, &flight, out, news);
    }
}

void session_tick(struct session *s, usec_t now, uint64_t ntp, struct outbox *out, struct session_news *news)
{
    *news = (struct session_news){0};
    if (s->state == SESSION_CLOSED)
        return;
    if (now >= ice_lite_deadline(&s->ice)) {
        news->ice.event = ice_lite_tick(&s->ice, now);
        if (news->ice.event == ICE_CONSENT_LOST) {
            lose(s, "silent", news);
            return;
        }
        send_checks(s, now, out);
    }
    if (s->state != SESSION_OPEN && now >= s->opens_by) {
        lose(s, s->state == SESSION_CHECKING ? "silent" : "dtls", news);
        return;
    }
    if (now >= dtls_deadline(s->dtls)) {
        struct dtls_flight flight = {0};
        enum dtls_event e = dtls_tick(s->dtls, now, &flight);
        on_dtls(s, now, e, &flight, out, news);
    }
    if (s->state == SESSION_OPEN)
        session_rtcp_tick(s, now, ntp, out);
}

usec_t session_deadline(const struct session *s)
{
    if (s->state == SESSION_CLOSED)
        return USEC_NEVER;
    usec_t due = ice_lite_deadline(&s->ice), dtls = dtls_deadline(s->dtls), rtcp = session_feedback_deadline(s);
    due = dtls < due ? dtls : due;
    due = s->state != SESSION_OPEN && s->opens_by < due ? s->opens_by : due;
    return rtcp < due ? rtcp : due;
}

void session_close(struct session *s, struct outbox *out)
{
    struct session_news news = {0};
    if (s->state == SESSION_HANDSHAKE || s->state == SESSION_OPEN) {
        struct dtls_flight flight = {0};
        dtls_close(s->dtls, &flight);
        flight_send(s, &flight, out);
    }
    lose(s, "left", &news);
}

enum session_state session_state(const struct session *s)
{
    return s->state;
}

const char *session_name(const struct session *s)
{
    return s->name;
}

usec_t session_heard(const struct session *s)
{
    return s->ice.heard;
}

bool session_is_ufrag(const struct session *s, struct bytes ufrag)
{
    return ice_lite_is_ufrag(&s->ice, ufrag);
}

struct uptrack *session_uptrack_at(struct session *s, unsigned i)
{
    return i < s->n_uptracks ? &s->uptracks[i] : NULL;
}

struct slot *session_slot_at(struct session *s, unsigned i)
{
    return i < s->n_slots ? s->slots[i] : NULL;
}

const struct session_counters *session_counters(const struct session *s)
{
    return &s->counters;
}
