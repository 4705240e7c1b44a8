/* sdp_neg.c: what an m-line comes to: codecs by the table of codec/codec.c, extensions by that of rtp/ext.c. */
#include "sdp/sdp_neg.h"
#include "common/text.h"

const struct sdp_policy sdp_policy_client = {
    .exts = EXT_CLIENT,
    .fb = SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_TWCC,
    .rtx = true,
    .sctp = true,
    .max_rids = 3,
};

/* RFC 5761 4: with RTP and RTCP on one port these look like RTCP. */
static bool pt_is_usable(uint8_t pt)
{
    return pt < 64 || pt > 95;
}

static uint8_t find_rtx(const struct sdp_media *m, uint8_t pt)
{
    for (unsigned i = 0; i < m->n_pts; i++)
        if (m->pts[i].is_rtx && m->pts[i].apt == pt && m->pts[i].clock == CODEC_VIDEO_HZ && pt_is_usable(m->pts[i].pt))
            return m->pts[i].pt;
    return 0;
}

/* Is it the codec that a=rtpmap names, at its clock and with its channels? */
static bool is_form_of(const struct sdp_pt *f, enum codec_kind codec)
{
    uint8_t channels = codec_channels(codec);
    return f->codec == codec && f->clock == codec_clock_hz(codec_is_video(codec)) &&
           (channels == 0 || f->channels == channels);
}

static void take_codec(const struct sdp_media *m, enum codec_kind codec, const struct sdp_policy *policy,
                       struct sdp_media_neg *out)
{
    for (unsigned i = 0; i < m->n_pts && out->n_codecs < SDP_CODECS_MAX; i++) {
        const struct sdp_pt *f = &m->pts[i];
        struct sdp_codec_neg c = {.codec = codec, .pt = f->pt, .fb = f->fb & policy->fb};
        if (!is_form_of(f, codec) || !pt_is_usable(f->pt) || !codec_read_fmtp(codec, f->fmtp, &c.params))
            continue;
        if (policy->rtx && m->kind == SDP_VIDEO)
            c.rtx_pt = find_rtx(m, f->pt);
        out->codecs[out->n_codecs++] = c;
    }
}

static void take_codecs(const struct sdp_media *m, const struct sdp_policy *policy, struct sdp_media_neg *out)
{
    for (unsigned k = CODEC_OTHER + 1; k < CODEC_KINDS; k++)
        if (codec_is_video((enum codec_kind)k) == (m->kind == SDP_VIDEO))
            take_codec(m, (enum codec_kind)k, policy, out);
}

static void take_exts(const struct sdp_media *m, enum ext_way way, struct sdp_media_neg *out)
{
    ext_map_init(&out->exts);
    out->exts.allow_mixed = m->allow_mixed;
    for (unsigned i = 0; i < m->n_extmaps; i++) {
        enum ext_kind kind = ext_kind_of_uri(m->extmaps[i].uri);
        if (kind == EXT_KINDS || !ext_is_negotiated(kind, way, m->kind == SDP_VIDEO) || out->exts.id[kind] ||
            (m->extmaps[i].id > RTP_ONE_BYTE_IDS && !m->allow_mixed))
            continue;
        enum sdp_dir dir = sdp_dir_reverse(m->extmaps[i].dir);
        if (dir != SDP_SENDRECV && !(dir & out->dir)) /* never used the way that this m-line goes */
            continue;
        if (ext_map_set(&out->exts, kind, (uint8_t)m->extmaps[i].id))
            continue; /* an id that can't be used: as if it weren't offered */
        out->ext_dirs[kind] = dir == SDP_SENDRECV ? 0 : (uint8_t)dir;
    }
}

static void copy_text(char *to, size_t cap, struct bytes from)
{
    size_t len = from.len < cap - 1 ? from.len : cap - 1;
    if (len)
        memcpy(to, from.p, len);
    to[len] = '\0';
}

static void take_rids(const struct sdp_media *m, unsigned max, struct sdp_media_neg *out)
{
    if (!(out->dir & SDP_RECV) || m->rids_dir != SDP_SEND)
        return;
    for (unsigned i = 0; i < m->n_rids && i < max && i < SDP_NEG_RIDS_MAX; i++)
        copy_text(out->rids[out->n_rids++], sizeof out->rids[0], m->rids[i]);
}

static void take_sources(const struct sdp_media *m, const struct sdp_wish *wish, struct sdp_media_neg *out)
{
    for (unsigned i = 0; out->dir & SDP_RECV && !out->n_rids && i < m->n_ssrcs; i++) {
        if (m->ssrcs[i].is_rtx)
            continue;
        out->remote_ssrc = m->ssrcs[i].ssrc;
        out->remote_rtx_ssrc = m->ssrcs[i].rtx;
        break;
    }
    if (!(out->dir & SDP_SEND))
        return;
    out->ssrc = wish->ssrc;
    out->rtx_ssrc = out->n_codecs && out->codecs[0].rtx_pt ? wish->rtx_ssrc : 0;
    copy_text(out->stream, sizeof out->stream, bytes_str(wish->stream ? wish->stream : "-"));
    copy_text(out->track, sizeof out->track, wish->track ? bytes_str(wish->track) : m->mid);
}

static void decide_rtp(const struct sdp_media *m, const struct sdp_wish *wish, const struct sdp_policy *policy,
                       struct sdp_media_neg *out)
{
    take_codecs(m, policy, out);
    out->accepted = out->n_codecs > 0;
    if (!out->accepted)
        return;
    out->dir = (enum sdp_dir)(sdp_dir_reverse(m->dir) & wish->dir);
    out->rtcp_rsize = m->rtcp_rsize;
    take_exts(m, policy->exts, out);
    take_rids(m, policy->max_rids, out);
    take_sources(m, wish, out);
}

void sdp_decide(const struct sdp_media *media, const struct sdp_wish *wish, const struct sdp_policy *policy,
                struct sdp_media_neg *out)
{
    struct sdp_media_neg neg = {.kind = media->kind};
    copy_text(neg.mid, sizeof neg.mid, media->mid);
    if (wish->accept && media->bundled && media->kind == SDP_DATA && policy->sctp) {
        neg.accepted = true;
        neg.dir = SDP_SENDRECV;
        neg.sctp_port = media->sctp_port ? media->sctp_port : 5000;
        neg.max_message_size = media->max_message_size;
    } else if (wish->accept && media->bundled && media->kind != SDP_DATA && media->kind != SDP_OTHER) {
        decide_rtp(media, wish, policy, &neg);
    }
    *out = neg;
}
