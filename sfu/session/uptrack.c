/* uptrack.c: the way up: what one m-line of a client has sent, and which m-line a packet belongs to. RFC 8843 9.2. */
#include "session/session_priv.h"
#include "rtp/rtp_packet.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_RTT (100 * MSEC)

static const char *const source_names[SOURCES] = {
    [SOURCE_MICROPHONE] = "microphone",
    [SOURCE_CAMERA] = "camera",
    [SOURCE_SCREEN] = "screen",
    [SOURCE_SCREEN_AUDIO] = "screen-audio",
};

const char *source_name(enum source s)
{
    return (unsigned)s < SOURCES ? source_names[s] : "unknown";
}

enum err source_of_name(const char *name, enum source *s)
{
    for (unsigned i = 0; i < SOURCES; i++)
        if (strcmp(name, source_names[i]) == 0) {
            *s = (enum source)i;
            return OK;
        }
    return ERR_NOT_FOUND;
}

unsigned pt_codecs_of_neg(const struct sdp_media_neg *neg, struct pt_codec *out, unsigned cap)
{
    unsigned n = neg->n_codecs < cap ? neg->n_codecs : cap;
    for (unsigned i = 0; i < n; i++) {
        const struct sdp_codec_neg *c = &neg->codecs[i];
        out[i] = (struct pt_codec){.codec = c->codec, .pt = c->pt, .rtx_pt = c->rtx_pt, .profile = c->params.profile};
    }
    return n;
}

const struct pt_codec *pt_codec_find(const struct pt_codec *codecs, unsigned n, uint8_t pt)
{
    for (unsigned i = 0; i < n; i++)
        if (codecs[i].pt == pt)
            return &codecs[i];
    return NULL;
}

void uptrack_take_ssrc(struct uptrack *t, uint32_t ssrc)
{
    t->ssrc = ssrc;
    t->anew = t->seq.highest != 0;
    nack_gen_reset(&t->nack_gen);
    recv_stats_init(&t->stats, t->stats.clock_hz);
}

static void take_ssrcs(struct uptrack *t, const struct sdp_media_neg *neg)
{
    if (neg->remote_ssrc && t->ssrc != neg->remote_ssrc)
        uptrack_take_ssrc(t, neg->remote_ssrc);
    if (neg->remote_rtx_ssrc)
        t->rtx_ssrc = neg->remote_rtx_ssrc;
}

void uptrack_renegotiate(struct uptrack *t, const struct sdp_media_neg *neg)
{
    memcpy(t->mid, neg->mid, sizeof t->mid); /* an m-line may be used again under another */
    t->active = neg->accepted && (neg->dir & SDP_RECV);
    t->n_codecs = pt_codecs_of_neg(neg, t->codecs, UPTRACK_CODECS);
    t->exts = neg->exts;
    uint8_t fb = neg->n_codecs ? neg->codecs[0].fb : 0;
    t->nack = fb & SDP_FB_NACK;
    t->pli = fb & SDP_FB_PLI;
    t->fir = fb & SDP_FB_FIR;
    take_ssrcs(t, neg);
}

void uptrack_init(struct uptrack *t, const struct sdp_media_neg *neg)
{
    *t = (struct uptrack){.is_video = neg->kind == SDP_VIDEO};
    t->source = t->is_video ? SOURCE_CAMERA : SOURCE_MICROPHONE;
    recv_stats_init(&t->stats, codec_clock_hz(t->is_video));
    nack_gen_init(&t->nack_gen, DEFAULT_RTT);
    uptrack_renegotiate(t, neg);
}

void uptrack_reset(struct uptrack *t)
{
    nack_gen_reset(&t->nack_gen);
    free(t->dds);
    t->dds = NULL;
}

/* An RTX packet always finds a number that is missing; anything else it brings is a copy of what we have. */
static enum err place(struct uptrack *t, uint16_t wire, bool recovered, uint64_t *ext, bool *restarted)
{
    if (recovered) {
        if (t->seq.highest == 0 || t->anew)
            return ERR_STATE;
        *ext = seq_extend(t->seq.highest, wire);
        if (*ext > t->seq.highest)
            return ERR_STATE;
        if (nack_gen_is_missing(&t->nack_gen, *ext))
            return OK;
        t->n_duplicates++;
        return ERR_REPLAY;
    }
    if (t->anew) { /* further on than any gap, so that all who follow it begin anew too */
        t->anew = false;
        *ext = (t->seq.highest | 0xffff) + 0x10001 + wire;
        t->seq = (struct seq){.highest = *ext};
        *restarted = true;
        return OK;
    }
    switch (seq_update(&t->seq, wire, ext)) {
    case SEQ_SUSPECT:
        return ERR_STATE;
    case SEQ_RESTART:
        *restarted = true;
        recv_stats_restart(&t->stats);
        nack_gen_reset(&t->nack_gen);
        return OK;
    case SEQ_NEXT:
    case SEQ_LATE:
        break;
    }
    return OK;
}

static void inspect(struct uptrack *t, struct media *m)
{
    struct bytes dd = {0};
    if (ext_has(&m->exts, EXT_DD)) {
        dd = m->exts.value[EXT_DD];
        if (!t->dds)
            t->dds = calloc(1, sizeof *t->dds);
    }
    if (codec_inspect(m->codec, media_payload(m), m->marker, dd, t->dds, &m->frame))
        m->frame.key = false; /* unreadable: forwarded as it is, never taken for a place to start */
}

enum err uptrack_recv(struct uptrack *t, usec_t now, struct pkt *pkt, const struct rtp_view *view, bool recovered,
                      struct media *m)
{
    if (!t->active)
        return ERR_STATE;
    const struct pt_codec *codec = pt_codec_find(t->codecs, t->n_codecs, view->pt);
    if (!codec)
        return ERR_UNSUPPORTED;
    uint64_t ext = 0, before = t->seq.highest;
    bool restarted = false;
    enum err e = place(t, view->seq, recovered, &ext, &restarted);
    if (e)
        return e;
    *m = (struct media){
        .pkt = pkt,
        .seq = ext,
        .ts = view->ts,
        .profile = codec->profile,
        .payload_at = (uint16_t)(view->payload.p - pkt->data),
        .payload_len = (uint16_t)view->payload.len,
        .marker = view->marker,
        .late = before && ext <= before && !restarted,
        .codec = codec->codec,
    };
    ext_parse(view, &t->exts, &m->exts);
    inspect(t, m);
    recv_stats_saw(&t->stats, now, ext, view->ts, m->payload_len, recovered);
    if (t->nack)
        nack_gen_saw(&t->nack_gen, now, ext);
    if (t->nack && m->frame.key && m->frame.start)
        nack_gen_key_frame(&t->nack_gen, ext);
    return OK;
}

const char *uptrack_mid(const struct uptrack *t)
{
    return t->mid;
}

bool uptrack_is_video(const struct uptrack *t)
{
    return t->is_video;
}

bool uptrack_is_active(const struct uptrack *t)
{
    return t->active;
}

const struct ext_map *uptrack_exts(const struct uptrack *t)
{
    return &t->exts;
}

usec_t uptrack_rtt(const struct uptrack *t)
{
    return t->nack_gen.rtt;
}

void uptrack_report(const struct uptrack *t, struct mline_report *out)
{
    *out = (struct mline_report){
        .ssrc = t->ssrc,
        .packets = t->stats.n_packets,
        .bytes = t->stats.n_bytes,
        .lost = t->nack_gen.n_given_up,
        .recovered = t->nack_gen.n_recovered,
    };
}

enum source uptrack_source(const struct uptrack *t)
{
    return t->source;
}

void uptrack_set_source(struct uptrack *t, enum source source)
{
    t->source = source;
}

struct track_id uptrack_track(const struct uptrack *t)
{
    return t->room_track;
}

void uptrack_set_track(struct uptrack *t, struct track_id id)
{
    t->room_track = id;
}

/* ---- from a packet to its track ---- */

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
