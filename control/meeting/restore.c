/* Participants that outlive a restart of control: their clients come back with the resume token they have, and their
 * media, which the SFU went on forwarding, never stops. Documented clients can't come back as themselves: they leave.
 */
#include "meeting/meeting_priv.h"

#include <string.h>

static const char *const dialect_names[] = {
    [DIALECT_DOCUMENTED] = "mesh",
    [DIALECT_AUTO] = "auto",
    [DIALECT_SFU] = "sfu",
};

json_t *restore_json(const struct participant *p)
{
    return json_pack("{s:s, s:b, s:s, s:s, s:I}", "name", p->name, "isAdmin", p->admin, "topology",
                     dialect_names[p->dialect], "resumeHash", p->resume_hash, "joinedAt",
                     (json_int_t)(p->joined_at / MSEC));
}

static enum dialect dialect_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(dialect_names); i++)
        if (strcmp(dialect_names[i], name) == 0)
            return (enum dialect)i;
    return DIALECT_DOCUMENTED;
}

void restore_apply(struct meeting *m, struct moment now, const struct meeting_event *ev)
{
    bool usable = m->status == MEETING_ACTIVE && ev->participant && *ev->participant &&
                  strlen(ev->participant) < PARTICIPANT_ID_CAP && !people_by_id(m, ev->participant);
    struct participant *p = usable ? people_add(m, ev->participant) : NULL;
    if (!p)
        return;
    text_clean(p->name, sizeof p->name, field_str(ev->payload, "name", ""), 100, "Guest");
    text_copy(p->resume_hash, sizeof p->resume_hash, field_str(ev->payload, "resumeHash", ""));
    p->admin = field_bool(ev->payload, "isAdmin", false);
    p->dialect = dialect_of(field_str(ev->payload, "topology", ""));
    p->joined_at = (usec_t)json_integer_value(json_object_get(ev->payload, "joinedAt")) * MSEC;
    p->lost_at = m->last_left;
    p->away_until = p->dialect == DIALECT_DOCUMENTED ? now.mono : now.mono + MEETING_RESUME_WINDOW;
    p->in_sfu = p->sfu_unsure = m->sfu_on && p->dialect != DIALECT_DOCUMENTED;
    participant_changed(p);
    m->empty_until = USEC_NEVER;
    meeting_arm(m, p->away_until);
}
