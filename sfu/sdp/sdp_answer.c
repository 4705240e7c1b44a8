/* sdp_answer.c: negotiated values as text. */
#include "sdp/sdp_answer.h"
#include "common/text.h"

#include <inttypes.h>

/* One m-line as it is written. */
struct line {
    const struct sdp_media_neg *neg;
    const struct sdp_transport *t;
    struct bytes name, proto, formats; /* of the m= line if it isn't accepted; proto always */
    enum sdp_setup setup;
    bool candidates; /* it is the one that has the transport's */
    bool mixed;      /* a=extmap-allow-mixed was offered for this m-line, not for the session (Firefox) */
};

static const char *setup_name(enum sdp_setup s)
{
    static const char *const names[] = {"actpass", "actpass", "active", "passive"};
    return names[(unsigned)s & 3];
}

static void write_candidate(struct wr *w, const struct sdp_local_candidate *c, unsigned index, unsigned rank)
{
    char ip[ADDR_TEXT_CAP];
    wr_text(w, "a=candidate:%u 1 %s %" PRIu32 " %s %u typ host%s\r\n", index + 1, c->tcp ? "tcp" : "udp",
            sdp_candidate_priority(c->tcp, rank), addr_ip_text(&c->addr, ip), addr_port(&c->addr),
            c->tcp ? " tcptype passive" : "");
}

/* A lite agent has host candidates only, and has them all at once (RFC 8445 2.5). */
static void write_candidates(struct wr *w, const struct sdp_transport *t)
{
    unsigned n_of[2] = {0, 0};
    for (unsigned i = 0; i < t->n_candidates; i++)
        write_candidate(w, &t->candidates[i], i, n_of[t->candidates[i].tcp]++);
    if (t->n_candidates)
        wr_text(w, "a=end-of-candidates\r\n");
}

/* In every m-line: RFC 8843 asks for the first only, but there are clients that look in each. */
static void write_transport(struct wr *w, const struct line *l)
{
    wr_text(w, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", l->t->ufrag, l->t->pwd);
    wr_text(w, "a=fingerprint:%s\r\na=setup:%s\r\n", l->t->fingerprint, setup_name(l->setup));
    if (l->candidates)
        write_candidates(w, l->t);
}

static void write_fmtp(struct wr *w, const struct sdp_codec_neg *c)
{
    uint8_t text[128];
    struct wr params = wr_of(text, sizeof text);
    codec_write_fmtp(c->codec, &params, &c->params);
    if (wr_len(&params))
        wr_text(w, "a=fmtp:%u %.*s\r\n", c->pt, (int)wr_len(&params), (const char *)text);
}

static void write_codec(struct wr *w, const struct sdp_codec_neg *c)
{
    static const struct {
        enum sdp_fb fb;
        const char *text;
    } fbs[] = {
        /* clang-format off */
        {SDP_FB_REMB, "goog-remb"},
        {SDP_FB_TWCC, "transport-cc"},
        {SDP_FB_FIR, "ccm fir"},
        {SDP_FB_NACK, "nack"},
        {SDP_FB_PLI, "nack pli"},
        /* clang-format on */
    };
    uint32_t clock = codec_clock_hz(codec_is_video(c->codec));
    uint8_t channels = codec_channels(c->codec);
    wr_text(w, channels > 1 ? "a=rtpmap:%u %s/%" PRIu32 "/%u\r\n" : "a=rtpmap:%u %s/%" PRIu32 "\r\n", c->pt,
            codec_name(c->codec), clock, channels);
    for (unsigned i = 0; i < ARRAY_LEN(fbs); i++)
        if (c->fb & fbs[i].fb)
            wr_text(w, "a=rtcp-fb:%u %s\r\n", c->pt, fbs[i].text);
    write_fmtp(w, c);
    if (c->rtx_pt)
        wr_text(w, "a=rtpmap:%u rtx/%" PRIu32 "\r\na=fmtp:%u apt=%u\r\n", c->rtx_pt, clock, c->rtx_pt, c->pt);
}

static void write_sources(struct wr *w, const struct line *l)
{
    const struct sdp_media_neg *n = l->neg;
    if (!(n->dir & SDP_SEND))
        return;
    wr_text(w, "a=msid:%s %s\r\n", n->stream, n->track);
    if (!n->ssrc)
        return;
    if (n->rtx_ssrc)
        wr_text(w, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", n->ssrc, n->rtx_ssrc);
    wr_text(w, "a=ssrc:%" PRIu32 " cname:%s\r\n", n->ssrc, l->t->cname);
    if (n->rtx_ssrc)
        wr_text(w, "a=ssrc:%" PRIu32 " cname:%s\r\n", n->rtx_ssrc, l->t->cname);
}

static void write_rids(struct wr *w, const struct sdp_media_neg *n)
{
    for (unsigned i = 0; i < n->n_rids; i++)
        wr_text(w, "a=rid:%s recv\r\n", n->rids[i]);
    for (unsigned i = 0; i < n->n_rids; i++)
        wr_text(w, "%s%s", i ? ";" : "a=simulcast:recv ", n->rids[i]);
    if (n->n_rids)
        wr_text(w, "\r\n");
}

static void write_rtp(struct wr *w, const struct line *l)
{
    const struct sdp_media_neg *n = l->neg;
    wr_text(w, "m=%s 9 %.*s", sdp_kind_name(n->kind), (int)l->proto.len, (const char *)l->proto.p);
    for (unsigned i = 0; i < n->n_codecs; i++) {
        wr_text(w, " %u", n->codecs[i].pt);
        if (n->codecs[i].rtx_pt)
            wr_text(w, " %u", n->codecs[i].rtx_pt);
    }
    wr_text(w, "\r\nc=IN IP4 0.0.0.0\r\n");
    write_transport(w, l);
    wr_text(w, "a=mid:%s\r\n%s", n->mid, l->mixed ? "a=extmap-allow-mixed\r\n" : "");
    for (unsigned kind = 0; kind < EXT_KINDS; kind++)
        if (n->exts.id[kind])
            wr_text(w, "a=extmap:%u%s%s %s\r\n", n->exts.id[kind], n->ext_dirs[kind] ? "/" : "",
                    n->ext_dirs[kind] ? sdp_dir_name((enum sdp_dir)n->ext_dirs[kind]) : "",
                    ext_uri((enum ext_kind)kind));
    wr_text(w, "a=%s\r\na=rtcp-mux\r\n%s", sdp_dir_name(n->dir), n->rtcp_rsize ? "a=rtcp-rsize\r\n" : "");
    for (unsigned i = 0; i < n->n_codecs; i++)
        write_codec(w, &n->codecs[i]);
    write_sources(w, l);
    write_rids(w, n);
}

static void write_data(struct wr *w, const struct line *l)
{
    wr_text(w, "m=application 9 %.*s webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n", (int)l->proto.len,
            (const char *)l->proto.p);
    write_transport(w, l);
    wr_text(w, "a=mid:%s\r\na=sctp-port:%u\r\na=max-message-size:%" PRIu32 "\r\n", l->neg->mid, l->t->sctp_port,
            l->t->max_message_size);
}

static void write_refusal(struct wr *w, const struct line *l)
{
    wr_text(w, "m=%.*s 0 %.*s ", (int)l->name.len, (const char *)l->name.p, (int)l->proto.len,
            (const char *)l->proto.p);
    wr_bytes(w, l->formats);
    wr_text(w, "\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n");
    if (l->neg->mid[0])
        wr_text(w, "a=mid:%s\r\n", l->neg->mid);
}

static void write_line(struct wr *w, const struct line *l)
{
    if (!l->neg->accepted)
        write_refusal(w, l);
    else if (l->neg->kind == SDP_DATA)
        write_data(w, l);
    else
        write_rtp(w, l);
}

static void write_session(struct wr *w, const struct sdp_media_neg *media, unsigned n_media,
                          const struct sdp_transport *t, bool bundle)
{
    wr_text(w, "v=0\r\no=- %" PRIu64 " %" PRIu32 " IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", t->session_id, t->version);
    if (t->ice_lite)
        wr_text(w, "a=ice-lite\r\n");
    if (!bundle)
        return;
    wr_text(w, "a=group:BUNDLE");
    for (unsigned i = 0; i < n_media; i++)
        if (media[i].accepted)
            wr_text(w, " %s", media[i].mid);
    wr_text(w, "\r\n");
}

enum sdp_setup sdp_answer_setup(const struct sdp *offer)
{
    return offer->transport.setup == SDP_PASSIVE ? SDP_ACTIVE : SDP_PASSIVE;
}

enum err sdp_answer_write(const struct sdp *offer, const struct sdp_media_neg *neg, const struct sdp_transport *t,
                          struct wr *w)
{
    bool candidates = true;
    write_session(w, neg, offer->n_media, t, offer->bundle);
    wr_text(w, "%sa=msid-semantic: WMS *\r\n", offer->allow_mixed ? "a=extmap-allow-mixed\r\n" : "");
    for (unsigned i = 0; i < offer->n_media && !w->bad; i++) {
        const struct sdp_media *m = &offer->media[i];
        struct line l = {.neg = &neg[i], .t = t, .name = m->name, .proto = m->proto, .formats = m->formats};
        l.setup = sdp_answer_setup(offer);
        l.mixed = neg[i].exts.allow_mixed && !offer->allow_mixed;
        l.candidates = candidates && neg[i].accepted;
        candidates = candidates && !neg[i].accepted;
        write_line(w, &l);
    }
    return w->bad ? ERR_FULL : OK;
}

enum err sdp_offer_write(const struct sdp_media_neg *media, unsigned n_media, const struct sdp_transport *t,
                         struct wr *w)
{
    bool candidates = true;
    write_session(w, media, n_media, t, true);
    wr_text(w, "a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n");
    for (unsigned i = 0; i < n_media && !w->bad; i++) {
        bool data = media[i].kind == SDP_DATA;
        struct line l = {.neg = &media[i], .t = t, .setup = SDP_ACTPASS};
        l.name = bytes_str(sdp_kind_name(media[i].kind));
        l.proto = data ? BYTES_LIT("UDP/DTLS/SCTP") : BYTES_LIT("UDP/TLS/RTP/SAVPF");
        l.formats = data ? BYTES_LIT("webrtc-datachannel") : BYTES_LIT("0");
        l.candidates = candidates && media[i].accepted;
        candidates = candidates && !media[i].accepted;
        write_line(w, &l);
    }
    return w->bad ? ERR_FULL : OK;
}
