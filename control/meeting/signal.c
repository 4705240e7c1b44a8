/* signal.c: WebRTC signals: to the peer "sfu", or from one participant to another, relayed as they are. */
#include "meeting/meeting_priv.h"

#include <string.h>

#define SFU_PEER    "sfu"
#define RELAY_BURST (2L << 20)   /* bytes; half of what may wait for a socket that doesn't read */
#define RELAY_RATE  (256L << 10) /* a second */

bool signal_is_to_sfu(const json_t *payload)
{
    return strcmp(field_str(payload, "to", ""), SFU_PEER) == 0;
}

static bool to_sfu(const struct deed *d)
{
    return signal_is_to_sfu(d->payload);
}

/* RTCSessionDescription; browsers' only, but what a peer understands is not ours to judge: just its size is. */
static bool sdp_too_long(const json_t *description)
{
    const json_t *sdp = json_is_string(description) ? description : json_object_get(description, "sdp");
    return json_is_string(sdp) && json_string_length(sdp) > MEETING_SDP_MAX;
}

/* Without this a few long signals would throw out whoever they are sent to: what waits for a socket is bounded. */
static bool relay_fits(struct participant *from, usec_t now, const json_t *value)
{
    usec_t each = (usec_t)field_size(value) * SEC / RELAY_RATE;
    usec_t full_at = from->relay_full_at > now ? from->relay_full_at : now;
    if (full_at + each - now > RELAY_BURST / RELAY_RATE * SEC)
        return false;
    from->relay_full_at = full_at + each;
    return true;
}

/* What Socket.IO writes for an attachment (protocol 5): it would leave without what it stands for. */
static bool has_placeholder(const json_t *value) // NOLINT(misc-no-recursion): parsed, so at most 32 deep
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_true(json_object_get(value, "_placeholder")))
        return true;
    json_object_foreach((json_t *)value, name, member)
        if (has_placeholder(member))
            return true;
    json_array_foreach(value, i, member)
        if (has_placeholder(member))
            return true;
    return false;
}

static enum meeting_code relay(struct deed *d, const char *event, const char *field)
{
    const struct participant *to = people_by_id(d->m, field_str(d->payload, "to", ""));
    json_t *value = json_object_get(d->payload, field);
    if (sdp_too_long(value))
        return deed_fail(d, CODE_BAD_REQUEST, "The SDP is longer than 256 KiB");
    if (has_placeholder(value))
        return deed_fail(d, CODE_BAD_REQUEST, "Binary data is not taken");
    if (!to || to == d->who)
        return deed_fail(d, CODE_NOT_FOUND, "Participant not found");
    if (!to->socket)
        return deed_fail(d, CODE_NOT_FOUND, "The participant is reconnecting");
    if (!relay_fits(d->who, d->now.mono, value))
        return deed_fail(d, CODE_RATE_LIMITED, "Too many bytes of signals: slow down");
    people_tell(d->m, to, event, json_pack("{s:s, s:O}", "from", d->who->id, field, value), d->fx);
    return CODE_OK;
}

enum meeting_code ev_signal_offer(struct deed *d)
{
    const json_t *offer = json_object_get(d->payload, "offer");
    if (!to_sfu(d))
        return relay(d, "signal:offer", "offer");
    const char *sdp = field_str(offer, "sdp", NULL);
    if (!sdp || strcmp(field_str(offer, "type", ""), "offer") != 0)
        return deed_fail(d, CODE_BAD_REQUEST, "The offer must be {type:\"offer\", sdp}");
    if (sdp_too_long(offer))
        return deed_fail(d, CODE_BAD_REQUEST, "The SDP is longer than 256 KiB");
    return sfu_offer(d, sdp);
}

enum meeting_code ev_signal_answer(struct deed *d)
{
    if (to_sfu(d))
        return deed_fail(d, CODE_BAD_REQUEST, "Only the client offers: there is nothing to answer");
    return relay(d, "signal:answer", "answer");
}

enum meeting_code ev_signal_ice_candidate(struct deed *d)
{
    if (to_sfu(d))
        return sfu_candidate(d, json_object_get(d->payload, "candidate"));
    return relay(d, "signal:ice-candidate", "candidate");
}
