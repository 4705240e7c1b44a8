/* One open session under whatever its client may send, past the cipher: a row of
 *   | kind 1 | length 2 | bytes … |
 * STUN, DTLS, RTP (sealed here, so that it is opened), RTCP (the same), raw media, an offer, time. What comes of RTP
 * goes to every slot; the bounds of what leaves are checked. */
#include "rtp/history.h"
#include "sdp/sdp_client.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define T0        (1000 * SEC)
#define MAX_STEPS 64

static const struct srtpkey key = {.suite = SRTPKEY_GCM_128, .key = {1}, .salt = {2}};

/* What all inputs share. */
struct bench {
    struct dtls_identity *identity;
    struct srtpseal_mgr *mgr;
    struct srtpseal_key *seal;
    struct srtpctx
        *held; /* libsrtp2's NSS would be loaded and initialised anew for each context if there were no other */
    struct pkt_pool *pool;
    struct outbox *out;
    struct sdp *sdp;
    char *text, *answer;
    size_t text_len;
};

static void must(bool b)
{
    if (!b)
        abort();
}

static unsigned plan_media(struct sdp_media_neg *media)
{
    const struct sdp_client_plan plan = {
        .send_audio = true,
        .send_video = true,
        .n_audio_slots = 1,
        .n_video_slots = 2,
        .audio_ssrc = 1,
        .video_ssrc = 2,
        .video_rtx_ssrc = 3,
    };
    static const enum codec_kind more[] = {CODEC_VP9, CODEC_H264, CODEC_AV1};
    unsigned n = sdp_client_media(&plan, media, SDP_MEDIA_MAX);
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; media[i].kind == SDP_VIDEO && k < ARRAY_LEN(more); k++) {
            struct sdp_codec_neg *c = &media[i].codecs[media[i].n_codecs++];
            *c = media[i].codecs[0];
            c->codec = more[k];
            c->pt = (uint8_t)(98 + 2 * k);
            c->rtx_pt = (uint8_t)(99 + 2 * k);
            c->params.profile = more[k] == CODEC_H264 ? 0x42e01f : 0;
        }
    return n;
}

static void bench_open(struct bench *b)
{
    static struct sdp_media_neg media[SDP_MEDIA_MAX];
    char fingerprint[DTLS_FINGERPRINT_CAP + 16];
    must(srtpctx_library_init() == OK && dtls_identity_new(usec_wall(), &b->identity) == OK);
    must(srtpseal_mgr_new(SRTPSEAL_FASTEST, &b->mgr) == OK && srtpseal_key_new(b->mgr, &key, &b->seal) == OK);
    must(srtpctx_new(&key, &b->held) == OK);
    must(pkt_pool_new(2048, &b->pool) == OK);
    b->out = malloc(sizeof *b->out);
    b->sdp = malloc(sizeof *b->sdp);
    b->text = malloc(SDP_TEXT_MAX);
    b->answer = malloc(SDP_TEXT_MAX);
    must(b->out && b->sdp && b->text && b->answer);
    snprintf(fingerprint, sizeof fingerprint, "sha-256 %s", dtls_identity_fingerprint(b->identity));
    struct sdp_transport t = {
        .ufrag = "abcdefgh", .pwd = "0123456789abcdef01234567", .fingerprint = fingerprint, .cname = "c"};
    struct wr w = wr_of(b->text, SDP_TEXT_MAX);
    must(sdp_offer_write(media, plan_media(media), &t, &w) == OK);
    b->text_len = wr_len(&w);
}

struct run {
    struct bench *b;
    struct session *s;
    struct history *history;
    struct ext_map exts;
    struct addr from;
    usec_t now;
    bool closed;
};

static void open_session(struct run *r)
{
    struct bench *b = r->b;
    struct sdp_error why;
    struct wr answer = wr_of(b->answer, SDP_TEXT_MAX);
    struct session_config cfg = {.name = "r/p", .identity = b->identity, .mgr = b->mgr, .seed = 4};
    cfg.creds = (struct ice_creds){"0000abcd", "0123456789abcdef01234567"};
    must(sdp_parse(bytes_of(b->text, b->text_len), SDP_OFFER, b->sdp, &why) == OK);
    must(session_new(&cfg, r->now, b->sdp, &answer, &why, &r->s) == OK);
    must(srtpseal_key_new(b->mgr, &key, &r->s->path.key) == OK && srtpctx_new(&key, &r->s->in) == OK);
    must(addr_parse("192.0.2.1", 5, &r->from) == OK && history_new(256, &r->history) == OK);
    r->s->path.to = r->from;
    r->s->path.open = true;
    r->s->state = SESSION_OPEN;
}

static void check_outbox(struct run *r)
{
    srtpseal_flush(r->b->mgr);
    for (unsigned i = 0; i < r->b->out->n_datagrams; i++)
        must(r->b->out->datagrams[i].len > 0 && r->b->out->datagrams[i].len <= OUTBOX_DATAGRAM_CAP);
    outbox_clear(r->b->out);
}

static void to_slots(struct run *r, const struct uptrack *t, struct media *m)
{
    struct slot *slot;
    struct history_meta meta = {.ts = m->ts, .payload_at = m->payload_at, .payload_len = m->payload_len};
    must((size_t)m->payload_at + m->payload_len <= m->pkt->len);
    if (!history_put(r->history, m->seq, m->pkt, &meta))
        return;
    r->exts = t->exts;
    for (unsigned i = 0; (slot = session_slot_at(r->s, i)); i++) {
        struct slot_ext_cache cache = {0};
        if (slot->is_video != t->is_video)
            continue;
        if ((slot->state == SLOT_IDLE || slot->codec != m->codec) && !slot_start(slot, m->codec, m->profile))
            continue;
        if (slot_send(slot, r->now, m, &cache, r->b->out) == SLOT_SENT)
            slot_resend(slot, r->now + SEC, (uint16_t)squeeze_last(&slot->rewrite.seqs), r->history, &r->exts,
                        r->b->out);
    }
}

/* The session's inbound streams begin anew for each packet, so that any sequence number will be opened. */
static void renew_keys(struct run *r)
{
    srtpctx_free(r->s->in);
    r->s->in = NULL;
    must(srtpctx_new(&key, &r->s->in) == OK);
}

static void step_rtp(struct run *r, struct bytes in)
{
    struct rtp_view v;
    struct srtpseal_stream stream = {0};
    struct pkt *pkt = pkt_new(r->b->pool);
    uint8_t plain[1400];
    must(pkt);
    memcpy(plain, in.p, in.len < sizeof plain ? in.len : sizeof plain);
    in = bytes_of(plain, in.len < sizeof plain ? in.len : sizeof plain);
    if (in.len)
        plain[0] = (uint8_t)(0x80 | (plain[0] & 0x3f));
    if (rtp_parse(in, &v) == OK) {
        size_t header = in.len - v.payload.len - v.padding_len;
        struct srtpseal_packet p = {
            .index = v.seq,
            .dst = pkt->data,
            .dst_cap = PKT_CAP,
            .header_len = header,
            .payload = bytes_of(in.p + header, in.len - header),
        };
        memcpy(pkt->data, in.p, header);
        pkt->len = (uint16_t)srtpseal_put(r->b->mgr, r->b->seal, &stream, &p);
        srtpseal_flush(r->b->mgr);
        renew_keys(r);
        struct media m;
        struct uptrack *t = NULL;
        if (pkt->len && session_recv_rtp(r->s, r->now, pkt, &m, &t) == OK)
            to_slots(r, t, &m);
    }
    pkt_unref(pkt);
}

static void step_rtcp(struct run *r, struct bytes in)
{
    struct pkt *pkt = pkt_new(r->b->pool);
    struct session_asks asks;
    uint32_t index = 0;
    must(pkt);
    size_t len = in.len < 1400 ? in.len : 1400;
    memcpy(pkt->data, in.p, len);
    pkt->len = (uint16_t)srtpseal_rtcp(r->b->mgr, r->b->seal, &index, pkt->data, len, PKT_CAP);
    renew_keys(r);
    session_recv_rtcp(r->s, r->now, 7ull << 32, pkt, &asks);
    must(asks.n <= SESSION_ASKS);
    pkt_unref(pkt);
}

static void step_raw(struct run *r, struct bytes in)
{
    struct pkt *pkt = pkt_new(r->b->pool);
    struct media m;
    struct uptrack *t = NULL;
    struct session_asks asks;
    must(pkt);
    pkt->len = (uint16_t)(in.len < PKT_CAP ? in.len : PKT_CAP);
    memcpy(pkt->data, in.p, pkt->len);
    must(session_recv_rtp(r->s, r->now, pkt, &m, &t) != OK); /* it can't know the key */
    session_recv_rtcp(r->s, r->now, 7ull << 32, pkt, &asks);
    must(asks.n == 0);
    pkt_unref(pkt);
}

static void step_offer(struct run *r, struct bytes in)
{
    struct ice_creds fresh = {"freshufrag", "fedcba987654321001234567"};
    struct sdp_error why = {""};
    struct wr answer = wr_of(r->b->answer, SDP_TEXT_MAX);
    if (sdp_parse(in, SDP_OFFER, r->b->sdp, &why))
        return;
    unsigned n_uptracks = r->s->n_uptracks, n_slots = r->s->n_slots;
    enum err e = session_renegotiate(r->s, r->b->sdp, &fresh, &answer, &why);
    must(!e || (why.text[0] && r->s->n_uptracks == n_uptracks && r->s->n_slots == n_slots));
    must(r->s->n_uptracks <= SESSION_UPTRACKS && r->s->n_slots <= SESSION_SLOTS);
}

static void step(struct run *r, uint8_t kind, struct bytes in)
{
    struct session_news news = {0};
    switch (kind % 7) {
    case 0:
        session_recv_stun(r->s, r->now, &r->from, in, r->b->out, &news);
        break;
    case 1:
        session_recv_dtls(r->s, r->now, in, r->b->out, &news);
        break;
    case 2:
        step_rtp(r, in);
        break;
    case 3:
        step_rtcp(r, in);
        break;
    case 4:
        step_raw(r, in);
        break;
    case 5:
        step_offer(r, in);
        break;
    default:
        r->now += (usec_t)in.len * MSEC;
        session_tick(r->s, r->now, 7ull << 32, r->b->out, &news);
        break;
    }
    r->closed = session_state(r->s) == SESSION_CLOSED;
    must(!r->closed || session_deadline(r->s) == USEC_NEVER);
    check_outbox(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct bench b;
    if (!b.identity)
        bench_open(&b);
    outbox_init(b.out);
    struct run r = {.b = &b, .now = T0};
    open_session(&r);
    struct rd rd = rd_of(bytes_of(data, len));
    for (unsigned i = 0; i < MAX_STEPS && rd_left(&rd) >= 3 && !r.closed; i++) {
        uint8_t kind = rd_u8(&rd);
        size_t n = rd_u16(&rd);
        step(&r, kind, rd_bytes(&rd, n < rd_left(&rd) ? n : rd_left(&rd)));
        r.now += MSEC;
    }
    history_free(r.history);
    session_free(r.s);
    must(pkt_pool_in_use(b.pool) == 0);
    return 0;
}
