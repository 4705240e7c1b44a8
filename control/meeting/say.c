/* say.c: what people say and show of themselves, and how the others hear of it. */
#include "meeting/meeting_priv.h"

#include <string.h>

/* ---- chat, reactions, captions: chat and reactions come back to who sent them ---- */

enum meeting_code ev_chat_message(struct deed *d)
{
    struct meeting *m = d->m;
    const char *text = field_str(d->payload, "text", "");
    if (text_is_blank(text))
        return deed_fail(d, CODE_BAD_REQUEST, "The message is empty");
    json_t *message = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", d->ev->fresh.id, "from", d->who->id, "name",
                                d->who->name, "text", text, "timestamp", (json_int_t)(d->now.wall / MSEC));
    if (!message)
        return deed_fail(d, CODE_UNAVAILABLE, "The server is out of memory");
    json_array_append(m->chat, message);
    if (json_array_size(m->chat) > CHAT_HISTORY)
        json_array_remove(m->chat, 0);
    m->n_said++;
    json_decref(m->chat_told);
    m->chat_told = NULL;
    people_tell_all(m, NULL, "chat:message", message, d->fx);
    meeting_analytics(m, "feature.chat", d->who->id, json_pack("{s:i}", "length", (int)text_utf16_len(text)), d->fx);
    d->data = json_pack("{s:s}", "id", d->ev->fresh.id);
    return CODE_OK;
}

/* The newest that together are at most CHAT_TOLD bytes. NULL: none, or no memory. */
static json_t *history_json(const json_t *chat)
{
    size_t n = json_array_size(chat), first = n, bytes = 0;
    while (first > 0) {
        bytes += json_dumpb(json_array_get(chat, first - 1), NULL, 0, JSON_COMPACT) + 1;
        if (bytes > CHAT_TOLD)
            break;
        first--;
    }
    json_t *messages = first < n ? json_array() : NULL;
    for (size_t i = first; messages && i < n; i++)
        json_array_append(messages, json_array_get(chat, i));
    return messages ? json_pack("{s:o}", "messages", messages) : NULL;
}

/* Made once, and sent to all who come until somebody says something: see effect.again. */
void chat_tell_history(const struct deed *d, const struct participant *p)
{
    struct meeting *m = d->m;
    if (d->ev->heard == m->n_said || !p->socket)
        return;
    if (!m->chat_told)
        m->chat_told = history_json(m->chat);
    struct effect *e = m->chat_told ? effects_begin(d->fx, m->id, "chat:history", json_incref(m->chat_told)) : NULL;
    if (e)
        e->again = true;
    effects_target(d->fx, e, p->socket);
    effects_finish(d->fx, e);
}

static bool chat_has(const struct meeting *m, const char *id)
{
    size_t i;
    json_t *message;
    json_array_foreach(m->chat, i, message)
        if (strcmp(field_str(message, "id", ""), id) == 0)
            return true;
    return false;
}

enum meeting_code ev_chat_react(struct deed *d)
{
    const char *id = field_str(d->payload, "messageId", ""), *emoji = field_str(d->payload, "emoji", "");
    if (text_is_blank(emoji))
        return deed_fail(d, CODE_BAD_REQUEST, "The reaction is empty");
    if (!chat_has(d->m, id))
        return deed_fail(d, CODE_NOT_FOUND, "There is no such message");
    people_tell_all(d->m, NULL, "chat:react",
                    json_pack("{s:s, s:s, s:s}", "messageId", id, "participantId", d->who->id, "emoji", emoji), d->fx);
    meeting_analytics(d->m, "feature.chat_reaction", d->who->id, json_pack("{s:s}", "emoji", emoji), d->fx);
    return CODE_OK;
}

enum meeting_code ev_react(struct deed *d)
{
    const char *emoji = field_str(d->payload, "emoji", "");
    if (text_is_blank(emoji))
        return deed_fail(d, CODE_BAD_REQUEST, "The reaction is empty");
    people_tell_all(d->m, NULL, "react", json_pack("{s:s, s:s}", "participantId", d->who->id, "emoji", emoji), d->fx);
    meeting_analytics(d->m, "feature.reaction", d->who->id, json_pack("{s:s}", "emoji", emoji), d->fx);
    return CODE_OK;
}

/* Captions come many a second: they are counted once for each participant. */
enum meeting_code ev_caption(struct deed *d)
{
    struct participant *p = d->who;
    people_tell_all(d->m, p, "caption",
                    json_pack("{s:s, s:s, s:s, s:b}", "from", p->id, "name", p->name, "text",
                              field_str(d->payload, "text", ""), "final", field_bool(d->payload, "final", true)),
                    d->fx);
    if (!p->captioned)
        meeting_analytics(d->m, "feature.captions", p->id, json_object(), d->fx);
    p->captioned = true;
    return CODE_OK;
}

/* ---- microphone, camera, screen, hand; and that somebody records ---- */

enum meeting_code ev_media_toggle_audio(struct deed *d)
{
    struct participant *p = d->who;
    p->muted = field_bool(d->payload, "isMuted", true);
    people_tell_updated(d->m, p, "isMuted", p->muted, d->fx);
    if (!p->muted && p->audio_blocked)
        sfu_block_audio(d->m, p, false, d->fx);
    return CODE_OK;
}

enum meeting_code ev_media_toggle_video(struct deed *d)
{
    d->who->video_off = field_bool(d->payload, "isVideoOff", true);
    people_tell_updated(d->m, d->who, "isVideoOff", d->who->video_off, d->fx);
    return CODE_OK;
}

enum meeting_code ev_media_screen_share(struct deed *d)
{
    bool before = d->who->sharing;
    d->who->sharing = field_bool(d->payload, "isScreenSharing", false);
    people_tell_updated(d->m, d->who, "isScreenSharing", d->who->sharing, d->fx);
    if (before != d->who->sharing)
        meeting_analytics(d->m, "feature.screen_share", d->who->id,
                          json_pack("{s:s}", "action", d->who->sharing ? "start" : "stop"), d->fx);
    return CODE_OK;
}

enum meeting_code ev_raise_hand(struct deed *d)
{
    bool before = d->who->hand;
    d->who->hand = field_bool(d->payload, "isHandRaised", false);
    people_tell_updated(d->m, d->who, "isHandRaised", d->who->hand, d->fx);
    if (before != d->who->hand)
        meeting_analytics(d->m, "feature.hand_raise", d->who->id, json_pack("{s:b}", "raised", d->who->hand), d->fx);
    return CODE_OK;
}

static json_t *host_json(const struct meeting *m)
{
    return json_pack("{s:s}", "hostName", m->recorder_host);
}

enum meeting_code ev_recording_broadcast_started(struct deed *d)
{
    struct meeting *m = d->m;
    bool before = *m->recorder;
    text_clean(m->recorder_host, sizeof m->recorder_host, field_str(d->payload, "hostName", ""), 100, d->who->name);
    text_copy(m->recorder, sizeof m->recorder, d->who->id);
    people_tell_all(m, d->who, "recording:started", host_json(m), d->fx);
    if (!before)
        meeting_analytics(m, "feature.recording", d->who->id, json_pack("{s:s}", "action", "start"), d->fx);
    return CODE_OK;
}

void recording_stop(struct meeting *m, const struct participant *by, struct effects *fx)
{
    if (!*m->recorder)
        return;
    *m->recorder = '\0';
    people_tell_all(m, by, "recording:stopped", host_json(m), fx);
    meeting_analytics(m, "feature.recording", by->id, json_pack("{s:s}", "action", "stop"), fx);
}

enum meeting_code ev_recording_broadcast_stopped(struct deed *d)
{
    recording_stop(d->m, d->who, d->fx);
    return CODE_OK;
}

/* Who comes later has to know as well that it is recorded. */
void recording_tell(struct meeting *m, const struct participant *p, struct effects *fx)
{
    if (*m->recorder && strcmp(m->recorder, p->id) != 0)
        people_tell(m, p, "recording:started", host_json(m), fx);
}
