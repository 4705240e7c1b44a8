/* Participants that outlive a restart of control: their clients come back with the resume token they have, and their
 * media, which the SFU went on forwarding, never stops. */
#include "meeting_priv.h"

#include <string.h>

void restore_store(struct meeting *m, const struct participant *p, bool gone, struct effects *fx)
{
    if (m->guest || p->dialect == DIALECT_DOCUMENTED)
        return;
    struct effect *e = effects_add(fx, FX_STORE_PARTICIPANT, m->id);
    if (!e)
        return;
    text_copy(e->participant, sizeof e->participant, p->id);
    if (!gone)
        e->payload = json_pack("{s:s, s:b, s:s, s:s, s:I}", "name", p->name, "isAdmin", p->admin, "topology",
                               p->dialect == DIALECT_SFU ? "sfu" : "auto", "resumeToken", p->resume_token, "joinedAt",
                               (json_int_t)(p->joined_at / MSEC));
}

void restore_apply(struct meeting *m, struct moment now, const struct meeting_event *ev)
{
    const char *token = field_str(ev->payload, "resumeToken", "");
    bool usable = m->status == MEETING_ACTIVE && ev->participant && *token && !people_by_id(m, ev->participant);
    struct participant *p = usable ? people_add(m, ev->participant) : NULL;
    if (!p)
        return;
    text_clean(p->name, sizeof p->name, field_str(ev->payload, "name", ""), 100, "Guest");
    snprintf(p->resume_token, sizeof p->resume_token, "%s", token);
    p->admin = field_bool(ev->payload, "isAdmin", false);
    p->dialect = strcmp(field_str(ev->payload, "topology", ""), "sfu") == 0 ? DIALECT_SFU : DIALECT_AUTO;
    p->joined_at = (usec_t)json_integer_value(json_object_get(ev->payload, "joinedAt")) * MSEC;
    p->lost_at = now.wall;
    p->away_until = now.mono + MEETING_RESUME_WINDOW;
    p->in_sfu = field_bool(ev->payload, "inSfu", false);
    m->sfu_on = m->sfu_on || p->in_sfu;
    participant_changed(p);
    m->empty_until = USEC_NEVER;
    meeting_arm(m, p->away_until);
}
