/* What people show of themselves: microphone, camera, screen, hand; and that somebody records. */
#include "meeting/meeting_priv.h"

#include <string.h>

enum meeting_code media_audio(struct call *c)
{
    struct participant *p = c->who;
    p->muted = field_bool(c->payload, "isMuted", true);
    tell_updated(c->m, p, "isMuted", p->muted, c->fx);
    if (!p->muted && p->audio_blocked)
        sfu_block_audio(c->m, p, false, c->fx);
    return CODE_OK;
}

enum meeting_code media_video(struct call *c)
{
    c->who->video_off = field_bool(c->payload, "isVideoOff", true);
    tell_updated(c->m, c->who, "isVideoOff", c->who->video_off, c->fx);
    return CODE_OK;
}

enum meeting_code media_screen(struct call *c)
{
    bool before = c->who->sharing;
    c->who->sharing = field_bool(c->payload, "isScreenSharing", false);
    tell_updated(c->m, c->who, "isScreenSharing", c->who->sharing, c->fx);
    if (before != c->who->sharing)
        analytics(c->m, "feature.screen_share", c->who->id,
                  json_pack("{s:s}", "action", c->who->sharing ? "start" : "stop"), c->fx);
    return CODE_OK;
}

enum meeting_code raise_hand(struct call *c)
{
    bool before = c->who->hand;
    c->who->hand = field_bool(c->payload, "isHandRaised", false);
    tell_updated(c->m, c->who, "isHandRaised", c->who->hand, c->fx);
    if (before != c->who->hand)
        analytics(c->m, "feature.hand_raise", c->who->id, json_pack("{s:b}", "raised", c->who->hand), c->fx);
    return CODE_OK;
}

static json_t *host_json(const struct meeting *m)
{
    return json_pack("{s:s}", "hostName", m->recorder_host);
}

enum meeting_code recording_started(struct call *c)
{
    struct meeting *m = c->m;
    bool before = *m->recorder;
    text_clean(m->recorder_host, sizeof m->recorder_host, field_str(c->payload, "hostName", ""), 100, c->who->name);
    text_copy(m->recorder, sizeof m->recorder, c->who->id);
    broadcast(m, c->who, "recording:started", host_json(m), c->fx);
    if (!before)
        analytics(m, "feature.recording", c->who->id, json_pack("{s:s}", "action", "start"), c->fx);
    return CODE_OK;
}

void recording_stop(struct meeting *m, const struct participant *by, struct effects *fx)
{
    if (!*m->recorder)
        return;
    *m->recorder = '\0';
    broadcast(m, by, "recording:stopped", host_json(m), fx);
    analytics(m, "feature.recording", by->id, json_pack("{s:s}", "action", "stop"), fx);
}

enum meeting_code recording_stopped(struct call *c)
{
    recording_stop(c->m, c->who, c->fx);
    return CODE_OK;
}

/* Who comes later has to know as well that it is recorded. */
void recording_tell(struct meeting *m, const struct participant *p, struct effects *fx)
{
    if (*m->recorder && strcmp(m->recorder, p->id) != 0)
        tell(m, p, "recording:started", host_json(m), fx);
}
