/* Host actions on people: the same over REST (nobody asks: c->who is NULL) and over a host's socket. */
#include "meeting/meeting_priv.h"

#include <string.h>

static struct participant *target(struct call *c, enum meeting_code *code)
{
    struct participant *p = people_by_id(c->m, field_str(c->payload, "participantId", ""));
    *code = p ? CODE_OK : call_fail(c, CODE_NOT_FOUND, "Participant not found");
    return p;
}

static void force_mute(struct call *c, struct participant *p)
{
    p->muted = true;
    tell_updated(c->m, p, "isMuted", true, c->fx);
    sfu_block_audio(c->m, p, true, c->fx);
}

enum meeting_code admin_mute(struct call *c)
{
    enum meeting_code code;
    struct participant *p = target(c, &code);
    if (!p)
        return code;
    tell(c->m, p, "admin:mute", json_object(), c->fx);
    force_mute(c, p);
    return CODE_OK;
}

/* A request only: nobody's microphone is opened from outside. */
enum meeting_code admin_unmute(struct call *c)
{
    enum meeting_code code;
    struct participant *p = target(c, &code);
    if (!p)
        return code;
    tell(c->m, p, "admin:unmute", json_object(), c->fx);
    return CODE_OK;
}

enum meeting_code admin_kick(struct call *c)
{
    enum meeting_code code;
    struct participant *p = target(c, &code);
    if (!p)
        return code;
    char reason[2048];
    text_clean(reason, sizeof reason, field_str(c->payload, "reason", ""), 500, "Removed by the host");
    tell(c->m, p, "admin:kick", json_pack("{s:s}", "reason", reason), c->fx);
    if (p->socket)
        effects_close(c->fx, c->m->id, p->socket, MEETING_CLOSE_AFTER);
    people_leave(c->m, c->now, p, c->fx);
    return CODE_OK;
}

/* Everybody but who asked. */
enum meeting_code admin_mute_all(struct call *c)
{
    struct meeting *m = c->m;
    broadcast(m, c->who, "meeting:all-muted", json_object(), c->fx);
    for (unsigned i = 0; i < m->n_people; i++) {
        struct participant *p = m->people[i];
        if (p == c->who)
            continue;
        if (p->muted)
            sfu_block_audio(m, p, true, c->fx);
        else
            force_mute(c, p);
    }
    return CODE_OK;
}

enum meeting_code admin_end(struct call *c)
{
    char reason[2048];
    text_clean(reason, sizeof reason, field_str(c->payload, "reason", ""), 500, "The host ended the meeting");
    meeting_finish(c->m, c->now, reason, c->fx);
    return CODE_OK;
}
