/* What an endpoint offers, and what its tracks and slots become with the answer. */
#include "loadtest/endpoint_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define AUDIO_CLOCK 48000
#define VIDEO_CLOCK 90000

static uint32_t fresh_ssrc(struct endpoint *ep)
{
    uint32_t ssrc;
    do {
        ssrc = ep_random(ep);
    } while (ssrc == 0 || ssrc == ep->own_ssrc);
    return ssrc;
}

static void plan(struct endpoint *ep, struct sdp_client_plan *out)
{
    const struct endpoint_config *cfg = &ep->cfg;
    *out = (struct sdp_client_plan){.send_audio = cfg->send_audio,
                                    .send_video = cfg->send_video,
                                    .n_audio_slots = cfg->n_audio_slots,
                                    .n_video_slots = cfg->n_video_slots};
    out->audio_ssrc = cfg->send_audio ? fresh_ssrc(ep) : 0;
    out->video_ssrc = cfg->send_video ? fresh_ssrc(ep) : 0;
    out->video_rtx_ssrc = cfg->send_video ? fresh_ssrc(ep) : 0;
}

enum err endpoint_offer(struct endpoint *ep, usec_t now, struct wr *sdp)
{
    struct sdp_client_plan p;
    free(ep->media);
    ep->media = calloc(SDP_MEDIA_MAX, sizeof *ep->media);
    if (!ep->media)
        return ERR_NOMEM;
    plan(ep, &p);
    ep->n_media = sdp_client_media(&p, ep->media, SDP_MEDIA_MAX);
    if (ep->n_media == 0)
        return ERR_FULL;
    char fingerprint[DTLS_FINGERPRINT_CAP + 16];
    snprintf(fingerprint, sizeof fingerprint, "sha-256 %s", dtls_identity_fingerprint(ep->env->identity));
    struct sdp_transport t = {
        .ufrag = ep->cfg.creds.ufrag,
        .pwd = ep->cfg.creds.pwd,
        .fingerprint = fingerprint,
        .cname = "load",
        .session_id = 1u + ep->cfg.number,
        .version = 1,
    };
    ep->joined_at = now;
    return sdp_offer_write(ep->media, ep->n_media, &t, sdp);
}

static void track_init(struct endpoint *ep, const struct sdp_media_neg *m)
{
    bool video = m->kind == SDP_VIDEO;
    struct ep_track *t = &ep->tracks[video ? KIND_VIDEO : KIND_AUDIO];
    const struct clip *clip = video ? ep->cfg.video : ep->cfg.audio;
    if (!clip || clip->n_frames == 0 || m->n_codecs == 0)
        return;
    if (video) {
        t->history = calloc(EP_HISTORY, sizeof *t->history);
        if (!t->history) {
            endpoint_end(ep, "no_memory");
            return;
        }
    }
    t->on = true;
    t->kind = video ? KIND_VIDEO : KIND_AUDIO;
    t->pt = m->codecs[0].pt;
    t->rtx_pt = m->codecs[0].rtx_pt;
    t->ssrc = m->ssrc;
    t->rtx_ssrc = m->rtx_ssrc;
    t->clock = video ? VIDEO_CLOCK : AUDIO_CLOCK;
    t->frame_us = (usec_t)clip->ms * MSEC;
    t->ts_step = t->clock / 1000 * clip->ms;
    t->ts = ep_random(ep);
    t->index = 1 + ep_random(ep) % 32767;
    t->rtx_index = 1 + ep_random(ep) % 32767;
    player_init(&t->player, clip, video, (uint16_t)ep_random(ep));
    send_stats_init(&t->stats, t->clock);
    static const uint8_t level = 0x80 | 20; /* RFC 6464: voice, -20 dBov */
    struct ext_values values = {0};
    if (!video)
        ext_values_set(&values, EXT_AUDIO_LEVEL, bytes_of(&level, 1));
    ext_serialise(&values, &m->exts, bytes_str(m->mid), &t->block);
}

static void slot_init(struct endpoint *ep, const struct sdp_media_neg *m)
{
    struct ep_slot *s = &ep->slots[ep->n_slots++];
    bool video = m->kind == SDP_VIDEO;
    s->kind = video ? KIND_VIDEO : KIND_AUDIO;
    s->pt = m->codecs[0].pt;
    s->rtx_pt = m->codecs[0].rtx_pt;
    s->ssrc = m->remote_ssrc;
    s->rtx_ssrc = m->remote_rtx_ssrc;
    recv_stats_init(&s->stats, video ? VIDEO_CLOCK : AUDIO_CLOCK);
    nack_gen_init(&s->nacks, 0);
    bool twcc = (m->codecs[0].fb & SDP_FB_TWCC) && m->exts.id[EXT_TWCC];
    s->twcc_id = twcc ? m->exts.id[EXT_TWCC] : 0;
    if (!twcc || ep->twcc)
        return;
    ep->twcc = calloc(1, sizeof *ep->twcc);
    if (ep->twcc)
        twcc_recorder_init(ep->twcc);
}

void ep_agree(struct endpoint *ep)
{
    ep->slots = calloc(ep->n_media, sizeof *ep->slots);
    if (!ep->slots) {
        endpoint_end(ep, "no_memory");
        return;
    }
    for (unsigned i = 0; i < ep->n_media && ep->state != ENDPOINT_ENDED; i++) {
        const struct sdp_media_neg *m = &ep->media[i];
        if (!m->accepted || m->n_codecs == 0)
            continue;
        if (m->dir & SDP_SEND)
            track_init(ep, m);
        else if (m->dir & SDP_RECV)
            slot_init(ep, m);
    }
    free(ep->media);
    ep->media = NULL;
}
