/* client.c: the connection: SDP, ICE, DTLS, RTCP. */
#include "sim/client_priv.h"
#include "rtp/rtp_packet.h"

#include <stdio.h>
#include <stdlib.h>

#define RTCP_SSRC 1

uint64_t sim_random(struct sim_client *c)
{
    c->rng ^= c->rng << 13;
    c->rng ^= c->rng >> 7;
    c->rng ^= c->rng << 17;
    return c->rng;
}

static void random_chars(struct sim_client *c, char *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (char)('a' + sim_random(c) % 26);
    out[n] = '\0';
}

void sim_client_restart_ice(struct sim_client *c)
{
    random_chars(c, c->local.ufrag, 8);
    random_chars(c, c->local.pwd, 24);
}

enum err sim_client_new(const struct sim_client_config *cfg, struct sim_client **client)
{
    struct sim_client *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->cfg = *cfg;
    c->rng = cfg->seed * 2654435761u + 88172645463325252u;
    c->report_at = USEC_NEVER;
    sim_client_restart_ice(c);
    c->audio = (struct sim_source){.ssrc = cfg->plan.audio_ssrc, .index = sim_random(c) & 0x7fff};
    c->video = (struct sim_source){.is_video = true,
                                   .ssrc = cfg->plan.video_ssrc,
                                   .rtx_ssrc = cfg->plan.video_rtx_ssrc,
                                   .index = sim_random(c) & 0x7fff,
                                   .pic = sim_random(c) & 0x7fff,
                                   .tl0 = sim_random(c) & 0xff,
                                   .rtx_index = 1};
    c->audio.ts = (uint32_t)sim_random(c);
    c->video.ts = (uint32_t)sim_random(c);
    c->key_wanted = true;
    c->n_media = sdp_client_media(&cfg->plan, c->media, SDP_MEDIA_MAX);
    *client = c;
    return OK;
}

static void drop_keys(struct sim_client *c)
{
    dtls_free(c->dtls);
    srtpctx_free(c->in);
    if (c->key)
        srtpseal_key_free(c->key);
    c->dtls = NULL;
    c->in = NULL;
    c->key = NULL;
    c->open = c->connected = c->has_answer = false;
    c->srtcp_index = 0;
}

void sim_client_free(struct sim_client *c)
{
    if (!c)
        return;
    drop_keys(c);
    free(c);
}

enum err sim_client_new_dtls(struct sim_client *c, const struct dtls_identity *identity)
{
    srtpseal_flush(c->cfg.mgr);
    drop_keys(c);
    c->cfg.identity = identity;
    c->audio.stream = c->video.stream = c->video.rtx_stream = (struct srtpseal_stream){0};
    c->audio.index &= 0x7fff;
    c->video.index &= 0x7fff;
    memset(c->slots, 0, sizeof c->slots);
    c->n_slots = 0;
    c->n_media = sdp_client_media(&c->cfg.plan, c->media, SDP_MEDIA_MAX);
    c->ended = false;
    sim_client_restart_ice(c);
    return c->n_media ? OK : ERR_STATE;
}

char *sim_client_offer(struct sim_client *c)
{
    char fingerprint[DTLS_FINGERPRINT_CAP + 16];
    snprintf(fingerprint, sizeof fingerprint, "sha-256 %s", dtls_identity_fingerprint(c->cfg.identity));
    struct sdp_transport t = {
        .ufrag = c->local.ufrag,
        .pwd = c->local.pwd,
        .fingerprint = fingerprint,
        .cname = "sim",
        .session_id = 7,
        .version = 1,
        .sctp_port = 5000,
        .max_message_size = 262144,
    };
    char *text = malloc(SDP_TEXT_MAX + 1);
    if (!text)
        return NULL;
    struct wr w = wr_of(text, SDP_TEXT_MAX);
    if (sdp_offer_write(c->media, c->n_media, &t, &w)) {
        free(text);
        return NULL;
    }
    text[wr_len(&w)] = '\0';
    return text;
}

static enum err open_dtls(struct sim_client *c, const struct sdp *answer)
{
    const struct sdp_fingerprint *f = &answer->transport.fingerprints[0];
    struct dtls_config cfg = {.identity = c->cfg.identity, .role = DTLS_CLIENT, .profiles = c->cfg.profiles};
    if (answer->transport.n_fingerprints == 0)
        return ERR_SYNTAX;
    enum err e = dtls_fingerprint_set(&cfg.peer, f->algorithm, bytes_of(f->digest, f->len));
    return e ? e : dtls_new(&cfg, &c->dtls);
}

enum err sim_client_answer(struct sim_client *c, const char *text)
{
    struct sdp *answer = malloc(sizeof *answer);
    struct sdp_error why;
    if (!answer)
        return ERR_NOMEM;
    enum err e = sdp_parse(bytes_str(text), SDP_ANSWER, answer, &why);
    if (!e)
        e = sdp_client_agree(answer, c->media, c->n_media, &why);
    if (!e)
        e = ice_creds_set(&c->remote, answer->transport.ufrag, answer->transport.pwd);
    if (!e && !c->dtls)
        e = open_dtls(c, answer);
    free(answer);
    if (e)
        return e;
    c->has_answer = true;
    c->check_at = 0;
    c->check = (struct ice_check){.local = &c->local, .remote = &c->remote, .priority = 1, .use_candidate = true};
    sim_media_setup(c);
    return OK;
}

static void send_flight(struct sim_client *c, const struct dtls_flight *f, struct outbox *out)
{
    for (unsigned i = 0; i < f->n_datagrams; i++)
        outbox_put(out, &c->server, f->data[i], f->len[i]);
}

static void take_keys(struct sim_client *c, usec_t now)
{
    const struct dtls_keys *k = dtls_keys(c->dtls);
    c->open = srtpctx_new(&k->remote, &c->in) == OK && srtpseal_key_new(c->cfg.mgr, &k->local, &c->key) == OK;
    c->report_at = now + SEC;
}

static void on_dtls(struct sim_client *c, usec_t now, enum dtls_event e, const struct dtls_flight *f,
                    struct outbox *out)
{
    send_flight(c, f, out);
    if (e == DTLS_KEYS)
        take_keys(c, now);
    if (e == DTLS_ENDED)
        c->ended = true;
}

/* The server's own checks. */
static bool answer_check(struct sim_client *c, struct bytes in, struct outbox *out)
{
    uint8_t bytes[ICE_REPLY_CAP];
    struct wr w = wr_of(bytes, sizeof bytes);
    if (ice_check_answer(c->check.local, &c->server, in, &w))
        return false;
    c->n_checks_heard++;
    if (!c->cfg.is_deaf)
        outbox_put(out, &c->server, bytes, wr_len(&w));
    return true;
}

static void recv_stun(struct sim_client *c, usec_t now, struct bytes in, struct outbox *out)
{
    struct addr mapped;
    int code = 0;
    if (answer_check(c, in, out))
        return;
    if (ice_check_read(&c->check, in, &mapped, &code)) {
        c->n_checks_refused++;
        return;
    }
    c->n_checks_answered++;
    if (c->connected)
        return;
    c->connected = true;
    c->check_at = now + SIM_CHECK_EVERY;
    struct dtls_flight f = {0};
    enum dtls_event e = dtls_start(c->dtls, now, &f);
    on_dtls(c, now, e, &f, out);
}

static void send_check(struct sim_client *c, usec_t now, struct outbox *out)
{
    uint8_t bytes[ICE_REQUEST_CAP];
    struct wr w = wr_of(bytes, sizeof bytes);
    for (unsigned i = 0; i < ICE_TXID_LEN; i++)
        c->check.txid[i] = (uint8_t)(sim_random(c) >> 24);
    c->check.tie_breaker = 1;
    if (ice_check_write(&c->check, &w) == OK)
        outbox_put(out, &c->server, bytes, wr_len(&w));
    c->check_at = now + (c->connected ? SIM_CHECK_EVERY : 100 * MSEC);
}

void sim_client_send_rtcp(struct sim_client *c, const uint8_t *p, size_t len, struct outbox *out)
{
    uint8_t *at = c->open && len <= 1000 ? outbox_take(out, len + SRTPKEY_RTCP_MAX) : NULL;
    if (!at)
        return;
    memcpy(at, p, len);
    size_t sealed = srtpseal_rtcp(c->cfg.mgr, c->key, &c->srtcp_index, at, len, len + SRTPKEY_RTCP_MAX);
    if (sealed)
        outbox_commit(out, &c->server, sealed);
}

void sim_client_nack(struct sim_client *c, const struct sim_slot *s, const uint16_t *seqs, unsigned n,
                     struct outbox *out)
{
    uint8_t bytes[1000];
    struct wr w = wr_of(bytes, sizeof bytes);
    rtcp_write_nack(&w, RTCP_SSRC, s->ssrc, seqs, n);
    sim_client_send_rtcp(c, bytes, wr_len(&w), out);
}

void sim_client_pli(struct sim_client *c, const struct sim_slot *s, struct outbox *out)
{
    uint8_t bytes[100];
    struct wr w = wr_of(bytes, sizeof bytes);
    rtcp_write_pli(&w, RTCP_SSRC, s->ssrc);
    sim_client_send_rtcp(c, bytes, wr_len(&w), out);
}

static void send_report(struct sim_client *c, usec_t now, uint64_t ntp, struct outbox *out)
{
    uint8_t bytes[1000];
    struct wr w = wr_of(bytes, sizeof bytes);
    struct rtcp_block blocks[16];
    unsigned n = 0;
    for (unsigned i = 0; i < c->n_slots && n < ARRAY_LEN(blocks); i++) {
        blocks[n].ssrc = c->slots[i].ssrc;
        n += recv_stats_report(&c->slots[i].stats, now, &blocks[n].report);
    }
    const struct sim_source *s = c->video.on ? &c->video : &c->audio;
    struct rtcp_sr sr = {.ntp = ntp, .rtp_ts = s->ts, .n_packets = s->n_sent, .n_octets = 0};
    if (s->on && s->n_sent)
        rtcp_write_sr(&w, s->ssrc, &sr, blocks, n);
    else
        rtcp_write_rr(&w, RTCP_SSRC, blocks, n);
    rtcp_write_cname(&w, s->ssrc, BYTES_LIT("sim"));
    sim_client_send_rtcp(c, bytes, wr_len(&w), out);
    c->report_at = now + SEC;
}

void sim_client_tick(struct sim_client *c, usec_t now, uint64_t ntp, struct outbox *out)
{
    if (!c->has_answer || c->ended)
        return;
    if (now >= c->check_at)
        send_check(c, now, out);
    if (c->connected && now >= dtls_deadline(c->dtls)) {
        struct dtls_flight f = {0};
        enum dtls_event e = dtls_tick(c->dtls, now, &f);
        on_dtls(c, now, e, &f, out);
    }
    if (c->open && now >= c->report_at)
        send_report(c, now, ntp, out);
}

static void on_nack(struct sim_client *c, uint32_t ssrc, struct rtcp_nack nack, struct outbox *out)
{
    struct sim_source *s = ssrc == c->video.ssrc ? &c->video : &c->audio;
    uint16_t seqs[17];
    unsigned n = rtcp_nack_seqs(nack, seqs);
    s->n_nacked += n;
    for (unsigned i = 0; c->cfg.repairs && s->rtx_pt && i < n; i++)
        sim_client_repeat(c, seqs[i], out);
}

static void on_item(struct sim_client *c, usec_t now, const struct rtcp_item *item, struct outbox *out)
{
    switch (item->type) {
    case RTCP_SR:
        c->n_sr++;
        for (unsigned i = 0; i < c->n_slots; i++)
            if (c->slots[i].ssrc == item->ssrc)
                recv_stats_sr(&c->slots[i].stats, now, &item->sr);
        break;
    case RTCP_RR:
        c->n_rr++;
        break;
    case RTCP_TWCC:
        c->n_twcc++;
        break;
    case RTCP_PLI:
        c->video.n_pli += item->media_ssrc == c->video.ssrc;
        c->key_wanted = true;
        break;
    case RTCP_FIR:
        c->video.n_fir += item->media_ssrc == c->video.ssrc;
        c->key_wanted = true;
        break;
    case RTCP_NACK:
        on_nack(c, item->media_ssrc, item->nack, out);
        break;
    default:
        break;
    }
}

static void recv_rtcp(struct sim_client *c, usec_t now, uint8_t *p, size_t len, struct outbox *out)
{
    struct rtcp_iter it;
    struct rtcp_item item;
    if (srtpctx_open_rtcp(c->in, p, &len)) {
        c->n_undecryptable++;
        return;
    }
    rtcp_iter_init(&it, bytes_of(p, len));
    while (rtcp_next(&it, &item))
        on_item(c, now, &item, out);
}

void sim_client_recv(struct sim_client *c, usec_t now, uint64_t ntp, const uint8_t *data, size_t len,
                     struct outbox *out)
{
    (void)ntp;
    uint8_t copy[OUTBOX_DATAGRAM_CAP];
    if (len == 0 || len > sizeof copy || !c->dtls)
        return;
    memcpy(copy, data, len);
    if (data[0] < 4) {
        recv_stun(c, now, bytes_of(data, len), out);
    } else if (data[0] >= 20 && data[0] < 64) {
        struct dtls_flight f = {0};
        enum dtls_event e = dtls_recv(c->dtls, now, bytes_of(data, len), &f);
        on_dtls(c, now, e, &f, out);
    } else if (!c->open) {
        c->n_undecryptable++;
    } else if (rtp_is_rtcp(bytes_of(data, len))) {
        recv_rtcp(c, now, copy, len, out);
    } else {
        sim_media_recv(c, now, copy, len);
    }
}
