#include "sdp/sdp_neg.h"
#include "common/text.h"

#define EXT(kind) (1u << EXT_##kind)

static const enum sdp_codec video_by_default[] = {SDP_VP8, SDP_VP9, SDP_AV1, SDP_H264};

const struct sdp_policy sdp_policy_default = {
    .video = video_by_default,
    .n_video = ARRAY_LEN(video_by_default),
    .audio_exts = EXT(MID) | EXT(AUDIO_LEVEL) | EXT(TWCC) | EXT(ABS_SEND_TIME) | EXT(ABS_CAPTURE_TIME),
    .video_exts = EXT(MID) | EXT(RID) | EXT(RRID) | EXT(TWCC) | EXT(ABS_SEND_TIME) | EXT(VIDEO_ORIENTATION) |
                  EXT(PLAYOUT_DELAY) | EXT(ABS_CAPTURE_TIME) | EXT(DD) | EXT(VLA) | EXT(VIDEO_CONTENT_TYPE) |
                  EXT(COLOR_SPACE),
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

static uint32_t fmtp_number(struct bytes fmtp, const char *name, uint32_t otherwise)
{
    uint64_t v = 0;
    return text_number(sdp_fmtp_find(fmtp, name), UINT32_MAX, &v) ? (uint32_t)v : otherwise;
}

/* RFC 6184 8.1: profile-level-id is three bytes in hex; baseline, level 1, if not said. */
static bool read_h264(struct bytes fmtp, struct sdp_codec_neg *c)
{
    struct bytes hex = sdp_fmtp_find(fmtp, "profile-level-id");
    c->profile = 0x42000a;
    c->packetization_mode_1 = fmtp_number(fmtp, "packetization-mode", 0) == 1;
    if (hex.len == 0)
        return c->packetization_mode_1;
    c->profile = 0;
    for (size_t i = 0; i < hex.len; i++) {
        int digit = text_hex_digit(hex.p[i]);
        if (digit < 0)
            return false;
        c->profile = c->profile << 4 | (uint32_t)digit;
    }
    return hex.len == 6 && c->packetization_mode_1;
}

/* Fills in what the codec's own parameters say; false if it is a form of the codec that we don't carry. */
static bool read_parameters(const struct sdp_pt *f, struct sdp_codec_neg *c)
{
    switch (f->codec) {
    case SDP_OPUS:
        c->fec = fmtp_number(f->fmtp, "useinbandfec", 0) == 1;
        c->dtx = fmtp_number(f->fmtp, "usedtx", 0) == 1;
        c->stereo = fmtp_number(f->fmtp, "stereo", 0) == 1;
        return f->clock == 48000 && f->channels == 2; /* RFC 7587 7: always, whatever is in it */
    case SDP_VP8:
        return f->clock == 90000;
    case SDP_VP9:
        c->profile = fmtp_number(f->fmtp, "profile-id", 0);
        return f->clock == 90000 && (c->profile == 0 || c->profile == 2);
    case SDP_H264:
        return read_h264(f->fmtp, c) && f->clock == 90000;
    case SDP_AV1:
        c->profile = fmtp_number(f->fmtp, "profile", 0);
        c->level = (uint8_t)(fmtp_number(f->fmtp, "level-idx", 5) & 31);
        c->tier = (uint8_t)(fmtp_number(f->fmtp, "tier", 0) & 1);
        return f->clock == 90000 && c->profile <= 2;
    default:
        return false;
    }
}

static uint8_t find_rtx(const struct sdp_media *m, uint8_t pt)
{
    for (unsigned i = 0; i < m->n_pts; i++)
        if (m->pts[i].codec == SDP_RTX && m->pts[i].apt == pt && m->pts[i].clock == 90000 && pt_is_usable(m->pts[i].pt))
            return m->pts[i].pt;
    return 0;
}

static void take_codecs(const struct sdp_media *m, enum sdp_codec wanted, const struct sdp_policy *policy,
                        struct sdp_media_neg *out)
{
    for (unsigned i = 0; i < m->n_pts && out->n_codecs < SDP_CODECS_MAX; i++) {
        const struct sdp_pt *f = &m->pts[i];
        struct sdp_codec_neg c = {.codec = f->codec, .pt = f->pt, .channels = f->channels, .clock = f->clock};
        if (f->codec != wanted || !pt_is_usable(f->pt) || !read_parameters(f, &c))
            continue;
        c.fb = f->fb & policy->fb;
        if (policy->rtx && m->kind == SDP_VIDEO)
            c.rtx_pt = find_rtx(m, f->pt);
        out->codecs[out->n_codecs++] = c;
    }
}

static void take_exts(const struct sdp_media *m, uint32_t kinds, struct sdp_media_neg *out)
{
    ext_map_init(&out->exts);
    out->exts.allow_mixed = m->allow_mixed;
    for (unsigned i = 0; i < m->n_extmaps; i++) {
        enum ext_kind kind = ext_kind_of_uri(m->extmaps[i].uri);
        if (kind == EXT_KINDS || !(kinds >> kind & 1) || out->exts.id[kind] ||
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
    if (m->kind == SDP_AUDIO)
        take_codecs(m, SDP_OPUS, policy, out);
    for (unsigned i = 0; m->kind == SDP_VIDEO && i < policy->n_video; i++)
        take_codecs(m, policy->video[i], policy, out);
    out->accepted = out->n_codecs > 0;
    if (!out->accepted)
        return;
    out->dir = (enum sdp_dir)(sdp_dir_reverse(m->dir) & wish->dir);
    out->rtcp_rsize = m->rtcp_rsize;
    take_exts(m, m->kind == SDP_AUDIO ? policy->audio_exts : policy->video_exts, out);
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
