/* session_rtp.c: the way up: which track does a packet belong to, and what is in it. RFC 8843 9.2. */
#include "session/session_priv.h"
#include "rtp/rtp_packet.h"

#include <stdlib.h>

struct ssrc_entry *session_find_ssrc(struct session *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->n_ssrcs; i++)
        if (s->ssrcs[i].ssrc == ssrc)
            return &s->ssrcs[i];
    return NULL;
}

/* Full: a client that changes its SSRCs without end overwrites its own oldest. */
void session_learn_ssrc(struct session *s, uint32_t ssrc, unsigned track, bool is_rtx)
{
    struct ssrc_entry *e = session_find_ssrc(s, ssrc);
    if (!e) {
        unsigned i = s->n_ssrcs < SESSION_SSRCS ? s->n_ssrcs++ : (unsigned)(session_random(s) % SESSION_SSRCS);
        e = &s->ssrcs[i];
    }
    *e = (struct ssrc_entry){ssrc, is_rtx, (uint8_t)track};
}

static bool pt_is_rtx(const struct uptrack *t, uint8_t pt, uint8_t *original)
{
    for (unsigned i = 0; i < t->n_codecs; i++)
        if (t->codecs[i].rtx_pt == pt && pt) {
            *original = t->codecs[i].pt;
            return true;
        }
    return false;
}

static struct uptrack *track_by_mid(struct session *s, const struct rtp_view *v)
{
    struct bytes mid;
    if (!s->mid_id || !rtp_ext_find(v, s->mid_id, &mid))
        return NULL;
    for (unsigned i = 0; i < s->n_uptracks; i++)
        if (bytes_eq(mid, bytes_str(s->uptracks[i].mid)))
            return &s->uptracks[i];
    return NULL;
}

/* A payload type that only one active track has. */
static struct uptrack *track_by_pt(struct session *s, uint8_t pt)
{
    struct uptrack *found = NULL;
    uint8_t original;
    for (unsigned i = 0; i < s->n_uptracks; i++) {
        struct uptrack *t = &s->uptracks[i];
        if (!t->active || !(pt_codec_find(t->codecs, t->n_codecs, pt) || pt_is_rtx(t, pt, &original)))
            continue;
        if (found)
            return NULL;
        found = t;
    }
    return found;
}

static void adopt(struct session *s, struct uptrack *t, const struct rtp_view *v)
{
    uint8_t original;
    bool is_rtx = pt_is_rtx(t, v->pt, &original);
    session_learn_ssrc(s, v->ssrc, (unsigned)(t - s->uptracks), is_rtx);
    if (is_rtx) {
        t->rtx_ssrc = v->ssrc;
    } else if (t->ssrc != v->ssrc) {
        uptrack_take_ssrc(t, v->ssrc); /* RFC 8843: a known MID with another SSRC */
    }
}

static struct uptrack *find_track(struct session *s, const struct rtp_view *v)
{
    struct ssrc_entry *e = session_find_ssrc(s, v->ssrc);
    if (e)
        return &s->uptracks[e->track];
    struct uptrack *t = track_by_mid(s, v);
    if (!t)
        t = track_by_pt(s, v->pt);
    if (t)
        adopt(s, t, v);
    return t;
}

static struct twcc_recorder *new_recorder(void)
{
    struct twcc_recorder *r = malloc(sizeof *r);
    if (r)
        twcc_recorder_init(r);
    return r;
}

static void saw_twcc(struct session *s, usec_t now, const struct rtp_view *v)
{
    struct bytes value;
    if (!s->recorder)
        s->recorder = new_recorder();
    if (!s->recorder || !rtp_ext_find(v, s->twcc_id, &value) || value.len != 2)
        return;
    twcc_recorder_saw(s->recorder, now, (uint16_t)(value.p[0] << 8 | value.p[1]));
    s->twcc_media_ssrc = v->ssrc;
    if (s->twcc_at == USEC_NEVER)
        s->twcc_at = now + TWCC_INTERVAL;
}

/* An RTX packet becomes the original again. */
static enum err restore(struct session *s, struct uptrack *t, struct pkt *pkt, struct rtp_view *v, uint8_t original_pt)
{
    size_t len = pkt->len;
    enum err e = t->ssrc ? rtx_restore(pkt->data, &len, v, original_pt, t->ssrc) : ERR_SHORT;
    if (e) {
        session_drop(s, DROP_RTX_EMPTY);
        return e;
    }
    t->n_rtx++;
    pkt->len = (uint16_t)len;
    return rtp_parse(bytes_of(pkt->data, len), v);
}

static enum err open_packet(struct session *s, struct pkt *pkt, struct rtp_view *v)
{
    size_t len = pkt->len;
    enum err e = srtpctx_open_rtp(s->in, pkt->data, &len);
    if (e) {
        session_drop(s, e == ERR_REPLAY ? DROP_SRTP_REPLAY : DROP_SRTP_AUTH);
        return e;
    }
    pkt->len = (uint16_t)len;
    e = rtp_parse(bytes_of(pkt->data, len), v);
    if (e)
        session_drop(s, DROP_RTP_SYNTAX);
    return e;
}

enum err session_recv_rtp(struct session *s, usec_t now, struct pkt *pkt, struct media *m, struct uptrack **track)
{
    struct rtp_view v;
    if (s->state != SESSION_OPEN) {
        session_drop(s, DROP_NOT_OPEN);
        return ERR_STATE;
    }
    s->counters.packets_in++;
    s->counters.bytes_in += pkt->len;
    enum err e = open_packet(s, pkt, &v);
    if (e)
        return e;
    if (s->twcc)
        saw_twcc(s, now, &v);
    struct uptrack *t = find_track(s, &v);
    if (!t) {
        session_drop(s, DROP_UNKNOWN_SSRC);
        return ERR_NOT_FOUND;
    }
    uint8_t original_pt = 0;
    bool recovered = pt_is_rtx(t, v.pt, &original_pt);
    if (recovered) {
        e = restore(s, t, pkt, &v, original_pt);
        if (e)
            return e;
    }
    e = uptrack_recv(t, now, pkt, &v, recovered, m);
    if (e) {
        session_drop(s, e == ERR_REPLAY ? DROP_RTX_EMPTY : DROP_RTP_STATE);
        return e;
    }
    if (t->nack && nack_gen_deadline(&t->nack_gen) < s->nack_at)
        s->nack_at = nack_gen_deadline(&t->nack_gen);
    *track = t;
    return OK;
}
