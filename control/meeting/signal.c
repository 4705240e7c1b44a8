/* WebRTC signals: to the peer "sfu", or from one participant to another, relayed as they are. */
#include "meeting/meeting_priv.h"

#include <string.h>

#define SFU_PEER    "sfu"
#define RELAY_BURST (2L << 20)   /* bytes; half of what may wait for a socket that doesn't read */
#define RELAY_RATE  (256L << 10) /* a second */

static bool to_sfu(const struct call *c)
{
    return strcmp(field_str(c->payload, "to", ""), SFU_PEER) == 0;
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
    usec_t each = (usec_t)json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) * SEC / RELAY_RATE;
    usec_t full_at = from->relay_full_at > now ? from->relay_full_at : now;
    if (full_at + each - now > RELAY_BURST / RELAY_RATE * SEC)
        return false;
    from->relay_full_at = full_at + each;
    return true;
}

static enum meeting_code relay(struct call *c, const char *event, const char *field)
{
    const struct participant *to = people_by_id(c->m, field_str(c->payload, "to", ""));
    json_t *value = json_object_get(c->payload, field);
    if (sdp_too_long(value))
        return call_fail(c, CODE_BAD_REQUEST, "The SDP is longer than 256 KiB");
    if (!to || to == c->who)
        return call_fail(c, CODE_NOT_FOUND, "Participant not found");
    if (!to->socket)
        return call_fail(c, CODE_NOT_FOUND, "The participant is reconnecting");
    if (!relay_fits(c->who, c->now.mono, value))
        return call_fail(c, CODE_RATE_LIMITED, "Too many bytes of signals: slow down");
    tell(c->m, to, event, json_pack("{s:s, s:O}", "from", c->who->id, field, value), c->fx);
    return CODE_OK;
}

enum meeting_code signal_offer(struct call *c)
{
    const json_t *offer = json_object_get(c->payload, "offer");
    if (!to_sfu(c))
        return relay(c, "signal:offer", "offer");
    const char *sdp = field_str(offer, "sdp", NULL);
    if (!sdp || strcmp(field_str(offer, "type", ""), "offer") != 0)
        return call_fail(c, CODE_BAD_REQUEST, "The offer must be {type:\"offer\", sdp}");
    if (sdp_too_long(offer))
        return call_fail(c, CODE_BAD_REQUEST, "The SDP is longer than 256 KiB");
    return sfu_offer(c, sdp);
}

enum meeting_code signal_answer(struct call *c)
{
    if (to_sfu(c))
        return call_fail(c, CODE_BAD_REQUEST, "Only the client offers: there is nothing to answer");
    return relay(c, "signal:answer", "answer");
}

enum meeting_code signal_candidate(struct call *c)
{
    if (to_sfu(c))
        return sfu_candidate(c, json_object_get(c->payload, "candidate"));
    return relay(c, "signal:ice-candidate", "candidate");
}
