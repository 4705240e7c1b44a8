/* The life of an endpoint: checks, handshake, keys, the end. */
#include "loadtest/endpoint_priv.h"

#include <stdlib.h>

#define CHECK_FIRST   (50 * MSEC)
#define CHECK_SLOWEST (1600 * MSEC)
#define CONSENT_EVERY (5 * SEC) /* RFC 7675 5.1 */
#define CONSENT       (30 * SEC)
#define ICE_TIMEOUT   (20 * SEC)
#define PRIORITY      0x6effffff /* of a peer-reflexive candidate: RFC 8445 7.1.1 */

uint32_t ep_random(struct endpoint *ep) /* splitmix64 */
{
    uint64_t z = ep->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32 ^ z);
}

enum err endpoint_new(const struct endpoint_config *cfg, struct endpoint **out)
{
    struct endpoint *ep = calloc(1, sizeof *ep);
    if (!ep)
        return ERR_NOMEM;
    ep->cfg = *cfg;
    ep->env = cfg->env;
    ep->random = cfg->seed;
    ep->deadline = USEC_NEVER;
    do {
        ep->own_ssrc = ep_random(ep);
    } while (ep->own_ssrc == 0);
    *out = ep;
    return OK;
}

void endpoint_free(struct endpoint *ep)
{
    if (!ep)
        return;
    for (unsigned i = 0; i < KINDS; i++)
        free(ep->tracks[i].history);
    for (unsigned i = 0; i < ep->n_slots; i++)
        nack_gen_reset(&ep->slots[i].nacks);
    free(ep->slots);
    free(ep->twcc);
    free(ep->media);
    dtls_free(ep->dtls);
    srtpseal_key_free(ep->key);
    srtpctx_free(ep->in);
    free(ep);
}

void endpoint_end(struct endpoint *ep, const char *why)
{
    if (ep->state == ENDPOINT_ENDED)
        return;
    ep->state = ENDPOINT_ENDED;
    ep->why = why;
    ep->deadline = USEC_NEVER;
}

static void put_flight(struct endpoint *ep, const struct dtls_flight *f, struct outbox *out)
{
    for (unsigned i = 0; i < f->n_datagrams; i++)
        outbox_put(out, &ep->peer, f->data[i], f->len[i]);
}

void endpoint_close(struct endpoint *ep, struct outbox *out)
{
    struct dtls_flight flight = {.n_datagrams = 0};
    if (ep->dtls && ep->state != ENDPOINT_ENDED) {
        dtls_close(ep->dtls, &flight);
        put_flight(ep, &flight, out);
    }
    endpoint_end(ep, NULL);
}

/* --- ICE --- */

static void send_check(struct endpoint *ep, usec_t now, struct outbox *out)
{
    if (!ep->check_open) {
        for (unsigned i = 0; i < ICE_TXID_LEN; i += 4) {
            uint32_t word = ep_random(ep);
            memcpy(ep->check.txid + i, &word, sizeof word);
        }
        ep->check_open = true;
        ep->check_tries = 0;
    }
    uint8_t buffer[ICE_REQUEST_CAP];
    struct wr w = wr_of(buffer, sizeof buffer);
    if (ice_check_write(&ep->check, &w) == OK)
        outbox_put(out, &ep->peer, buffer, wr_len(&w));
    usec_t wait = CHECK_FIRST << (ep->check_tries < 5 ? ep->check_tries : 5);
    ep->check_tries++;
    ep->check_at = now + (wait < CHECK_SLOWEST ? wait : CHECK_SLOWEST);
}

static void on_dtls_event(struct endpoint *ep, usec_t now, enum dtls_event event);

static void start_handshake(struct endpoint *ep, usec_t now, struct outbox *out)
{
    struct dtls_config cfg = {.identity = ep->env->identity, .role = DTLS_CLIENT, .peer = ep->fingerprint};
    if (dtls_new(&cfg, &ep->dtls)) {
        endpoint_end(ep, "dtls_setup");
        return;
    }
    ep->state = ENDPOINT_HANDSHAKE;
    struct dtls_flight flight = {.n_datagrams = 0};
    enum dtls_event event = dtls_start(ep->dtls, now, &flight);
    put_flight(ep, &flight, out);
    on_dtls_event(ep, now, event);
}

static void recv_stun(struct endpoint *ep, usec_t now, struct bytes in, struct outbox *out)
{
    struct addr mapped;
    int code = 0;
    uint8_t buffer[ICE_REPLY_CAP];
    struct wr reply = wr_of(buffer, sizeof buffer);
    if (ice_check_answer(ep->check.local, &ep->peer, in, &reply) == OK)
        outbox_put(out, &ep->peer, buffer, wr_len(&reply));
    if (!ep->check_open)
        return;
    enum err e = ice_check_read(&ep->check, in, &mapped, &code);
    if (e == ERR_NOT_FOUND)
        return;
    if (e == ERR_DENIED && ep->state == ENDPOINT_CHECKING) {
        endpoint_end(ep, "ice_refused");
        return;
    }
    if (e)
        return;
    ep->check_open = false;
    ep->consent_until = now + CONSENT;
    ep->check_at = now + CONSENT_EVERY - (usec_t)(ep_random(ep) % (uint32_t)SEC);
    if (ep->state == ENDPOINT_CHECKING)
        start_handshake(ep, now, out);
}

static void ice_tick(struct endpoint *ep, usec_t now, struct outbox *out)
{
    if (now >= ep->consent_until) {
        endpoint_end(ep, ep->state == ENDPOINT_CHECKING ? "ice_timeout" : "consent_lost");
        return;
    }
    if (now >= ep->check_at)
        send_check(ep, now, out);
}

/* --- DTLS --- */

static void take_keys(struct endpoint *ep, usec_t now)
{
    const struct dtls_keys *k = dtls_keys(ep->dtls);
    if (srtpseal_key_new(ep->env->mgr, &k->local, &ep->key) || srtpctx_new(&k->remote, &ep->in)) {
        endpoint_end(ep, "srtp_setup");
        return;
    }
    dtls_forget_keys(ep->dtls);
    ep->state = ENDPOINT_OPEN;
    hist_add(&ep->env->join_dtls, now - ep->joined_at);
    ep_send_start(ep, now);
    ep_rtcp_start(ep, now);
}

static void on_dtls_event(struct endpoint *ep, usec_t now, enum dtls_event event)
{
    if (event == DTLS_KEYS && ep->state == ENDPOINT_HANDSHAKE)
        take_keys(ep, now);
    else if (event == DTLS_ENDED)
        endpoint_end(ep, dtls_state(ep->dtls) == DTLS_CLOSED ? "closed_by_peer" : "dtls_failed");
}

static void recv_dtls(struct endpoint *ep, usec_t now, struct bytes in, struct outbox *out)
{
    if (!ep->dtls)
        return;
    struct dtls_flight flight = {.n_datagrams = 0};
    enum dtls_event event = dtls_recv(ep->dtls, now, in, &flight);
    while (event != DTLS_NOTHING && ep->state != ENDPOINT_ENDED) {
        on_dtls_event(ep, now, event);
        event = ep->state == ENDPOINT_ENDED ? DTLS_NOTHING : dtls_next_event(ep->dtls, now, &flight);
    }
    put_flight(ep, &flight, out);
}

static void dtls_due(struct endpoint *ep, usec_t now, struct outbox *out)
{
    if (!ep->dtls || now < dtls_deadline(ep->dtls))
        return;
    struct dtls_flight flight = {.n_datagrams = 0};
    enum dtls_event event = dtls_tick(ep->dtls, now, &flight);
    put_flight(ep, &flight, out);
    on_dtls_event(ep, now, event);
}

/* --- all together --- */

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

static void set_deadline(struct endpoint *ep)
{
    ep->deadline = USEC_NEVER;
    if (ep->state == ENDPOINT_NEW || ep->state == ENDPOINT_ENDED)
        return;
    ep->deadline = earlier(ep->check_at, ep->consent_until);
    if (ep->dtls)
        ep->deadline = earlier(ep->deadline, dtls_deadline(ep->dtls));
    if (ep->state == ENDPOINT_OPEN)
        ep->deadline = earlier(ep->deadline, earlier(ep_send_deadline(ep), ep_rtcp_deadline(ep)));
}

enum err endpoint_answer(struct endpoint *ep, usec_t now, struct bytes sdp, struct addr *peer, struct sdp_error *why)
{
    if (ep->state != ENDPOINT_NEW || !ep->media)
        return ERR_STATE;
    struct sdp *answer = ep->env->sdp;
    enum err e = sdp_parse(sdp, SDP_ANSWER, answer, why);
    if (!e)
        e = sdp_client_agree(answer, ep->media, ep->n_media, why);
    if (!e)
        e = ice_creds_set(&ep->remote, answer->transport.ufrag, answer->transport.pwd);
    unsigned c = 0;
    while (c < answer->n_candidates && (answer->candidates[c].hidden || answer->candidates[c].tcptype))
        c++;
    if (!e && (c == answer->n_candidates || answer->transport.n_fingerprints == 0))
        e = ERR_NOT_FOUND;
    const struct sdp_fingerprint *fp = &answer->transport.fingerprints[0];
    if (!e)
        e = dtls_fingerprint_set(&ep->fingerprint, fp->algorithm, bytes_of(fp->digest, fp->len));
    if (e) {
        endpoint_end(ep, "answer_refused");
        return e;
    }
    ep->peer = *peer = answer->candidates[c].addr;
    ep_agree(ep);
    if (ep->state == ENDPOINT_ENDED)
        return ERR_NOMEM;
    hist_add(&ep->env->join_answer, now - ep->joined_at);
    ep->check = (struct ice_check){.local = &ep->cfg.creds,
                                   .remote = &ep->remote,
                                   .tie_breaker = (uint64_t)ep_random(ep) << 32 | ep_random(ep),
                                   .priority = PRIORITY,
                                   .use_candidate = true};
    ep->state = ENDPOINT_CHECKING;
    ep->check_at = now;
    ep->consent_until = now + ICE_TIMEOUT;
    set_deadline(ep);
    return OK;
}

void endpoint_recv(struct endpoint *ep, usec_t now, uint8_t *p, size_t len, struct outbox *out)
{
    if (len < 2 || ep->state == ENDPOINT_NEW || ep->state == ENDPOINT_ENDED)
        return;
    uint8_t first = p[0]; /* RFC 7983 */
    if (first >= 128 && first < 192) {
        if (ep->state != ENDPOINT_OPEN)
            return;
        if (!rtp_is_rtcp(bytes_of(p, len))) {
            ep_recv_rtp(ep, now, p, len); /* moves no deadline but of NACKs and feedback */
            ep->deadline = earlier(ep->deadline, ep_rtcp_deadline(ep));
            return;
        }
        ep_recv_rtcp(ep, now, p, len, out);
    } else if (first < 4) {
        recv_stun(ep, now, bytes_of(p, len), out);
    } else if (first >= 20 && first < 64) {
        recv_dtls(ep, now, bytes_of(p, len), out);
    }
    set_deadline(ep);
}

void endpoint_tick(struct endpoint *ep, usec_t now, uint64_t ntp, struct outbox *out)
{
    if (ep->state == ENDPOINT_NEW || ep->state == ENDPOINT_ENDED)
        return;
    ice_tick(ep, now, out);
    if (ep->state != ENDPOINT_ENDED)
        dtls_due(ep, now, out);
    if (ep->state == ENDPOINT_OPEN) {
        ep_send_tick(ep, now, out);
        ep_rtcp_tick(ep, now, ntp, out);
    }
    set_deadline(ep);
}

usec_t endpoint_deadline(const struct endpoint *ep)
{
    return ep->deadline;
}

enum endpoint_state endpoint_state(const struct endpoint *ep)
{
    return ep->state;
}

const char *endpoint_why(const struct endpoint *ep)
{
    return ep->why;
}

bool endpoint_has_media(const struct endpoint *ep)
{
    return ep->got_media || ep->n_slots == 0;
}
