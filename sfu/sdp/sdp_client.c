/* sdp_client.c: a simulated participant's offer; it speaks Opus and VP8. */
#include "sdp/sdp_client.h"

#include <stdio.h>

/* The extension ids of the simulated participant, the same in all m-lines. */
static void set_exts(struct sdp_media_neg *m)
{
    static const enum ext_kind audio[] = {EXT_MID, EXT_AUDIO_LEVEL, EXT_TWCC};
    ext_map_init(&m->exts);
    m->exts.allow_mixed = true;
    for (unsigned i = 0; i < ARRAY_LEN(audio); i++)
        if (m->kind == SDP_AUDIO || audio[i] != EXT_AUDIO_LEVEL)
            (void)!ext_map_set(&m->exts, audio[i], (uint8_t)(i + 1)); /* ids 1 to 3, each set once: it can't fail */
}

static struct sdp_media_neg *add(struct sdp_media_neg *media, unsigned *n, enum sdp_kind kind, enum sdp_dir dir)
{
    struct sdp_media_neg *m = &media[(*n)++];
    *m = (struct sdp_media_neg){.kind = kind, .accepted = true, .dir = dir, .rtcp_rsize = true};
    snprintf(m->mid, sizeof m->mid, "%u", *n - 1);
    if (kind == SDP_DATA)
        return m;
    set_exts(m);
    m->n_codecs = 1;
    m->codecs[0].codec = kind == SDP_AUDIO ? CODEC_OPUS : CODEC_VP8;
    m->codecs[0].pt = kind == SDP_AUDIO ? SDP_CLIENT_PT_OPUS : SDP_CLIENT_PT_VP8;
    m->codecs[0].params.fec = kind == SDP_AUDIO;
    m->codecs[0].fb = kind == SDP_AUDIO ? SDP_FB_TWCC : SDP_FB_TWCC | SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR;
    m->codecs[0].rtx_pt = kind == SDP_VIDEO ? SDP_CLIENT_PT_RTX : 0;
    return m;
}

static void name_source(struct sdp_media_neg *m, uint32_t ssrc, uint32_t rtx_ssrc, const char *track)
{
    m->ssrc = ssrc;
    m->rtx_ssrc = rtx_ssrc;
    snprintf(m->stream, sizeof m->stream, "camera");
    snprintf(m->track, sizeof m->track, "%s", track);
}

unsigned sdp_client_media(const struct sdp_client_plan *plan, struct sdp_media_neg *media, unsigned cap)
{
    unsigned n = 0, max = cap < SDP_MEDIA_MAX ? cap : SDP_MEDIA_MAX;
    unsigned own = (unsigned)plan->send_audio + plan->send_video + plan->data;
    if (plan->n_audio_slots > max || plan->n_video_slots > max || own + plan->n_audio_slots + plan->n_video_slots > max)
        return 0;
    if (plan->send_audio)
        name_source(add(media, &n, SDP_AUDIO, SDP_SEND), plan->audio_ssrc, 0, "audio");
    if (plan->send_video)
        name_source(add(media, &n, SDP_VIDEO, SDP_SEND), plan->video_ssrc, plan->video_rtx_ssrc, "video");
    for (unsigned i = 0; i < plan->n_audio_slots; i++)
        add(media, &n, SDP_AUDIO, SDP_RECV);
    for (unsigned i = 0; i < plan->n_video_slots; i++)
        add(media, &n, SDP_VIDEO, SDP_RECV);
    if (plan->data)
        add(media, &n, SDP_DATA, SDP_SENDRECV);
    return n;
}

static enum err check_shape(const struct sdp *answer, const struct sdp_media_neg *media, unsigned n_media,
                            struct sdp_error *why)
{
    if (answer->n_media != n_media) {
        snprintf(why->text, sizeof why->text, "the answer has %u m-lines, the offer %u", answer->n_media, n_media);
        return ERR_STATE;
    }
    for (unsigned i = 0; i < n_media; i++) {
        const struct sdp_media *m = &answer->media[i];
        bool refused = m->rejected && m->mid.len == 0;
        if (!refused && !bytes_eq(m->mid, bytes_str(media[i].mid))) {
            snprintf(why->text, sizeof why->text, "m-line %u: the answer has another mid", i);
            return ERR_STATE;
        }
    }
    return OK;
}

enum err sdp_client_agree(const struct sdp *answer, struct sdp_media_neg *media, unsigned n_media,
                          struct sdp_error *why)
{
    enum err e = check_shape(answer, media, n_media, why);
    if (e)
        return e;
    for (unsigned i = 0; i < n_media; i++) {
        const struct sdp_media_neg mine = media[i];
        struct sdp_wish wish = {.accept = mine.accepted, .dir = mine.dir, .ssrc = mine.ssrc, .rtx_ssrc = mine.rtx_ssrc};
        wish.stream = mine.stream;
        wish.track = mine.track;
        sdp_decide(&answer->media[i], &wish, &sdp_policy_client, &media[i]);
        memcpy(media[i].mid, mine.mid, sizeof media[i].mid);
    }
    return OK;
}
