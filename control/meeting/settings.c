/* settings.c: the table of settings, and hosts who change them; the lock is one of them. */
#include "meeting/meeting_priv.h"

#include <string.h>

#define AT(member)     offsetof(struct meeting_settings, member)
#define WRONG_TITLE    "title must have 1 to 200 characters"
#define WRONG_TOPOLOGY "topology must be auto, mesh or sfu"

enum {
    MADE = SETTING_AT_CREATION,
    GUEST = SETTING_BY_GUEST,
    HOST = SETTING_BY_REST | SETTING_BY_SOCKET,
    SEEN = SETTING_STORED | SETTING_SHOWN,
};

/* clang-format off */
const struct field meeting_settings_fields[] = {
    {"title",           FIELD_CHARS,  OPTIONAL, 1, MEETING_TITLE_CHARS, NULL, AT(title), HOST, WRONG_TITLE},
    {"muteOnJoin",      FIELD_BOOL,   OPTIONAL, 0, 0,    NULL, AT(mute_on_join),      MADE | HOST | SEEN},
    {"videoOffOnJoin",  FIELD_BOOL,   OPTIONAL, 0, 0,    NULL, AT(video_off_on_join), MADE | HOST | SEEN},
    {"maxParticipants", FIELD_INT,    OPTIONAL, 1, 1000, NULL, AT(max_participants),  MADE | HOST | SEEN},
    {"locked",          FIELD_BOOL,   OPTIONAL, 0, 0,    NULL, AT(locked),            HOST | SEEN},
    {"waitingRoom",     FIELD_BOOL,   OPTIONAL, 0, 0,    NULL, AT(waiting_room),      HOST | SEEN},
    {"topology",        FIELD_CHOICE, OPTIONAL, 1, 8,    MEETING_TOPOLOGIES, AT(topology), MADE | GUEST | HOST | SEEN,
     WRONG_TOPOLOGY},
    {0},
};
/* clang-format on */

json_t *meeting_settings_schema(void)
{
    static const struct {
        const char *name;
        unsigned mark;
    } uses[] = {
        {"atCreation", SETTING_AT_CREATION}, {"byGuest", SETTING_BY_GUEST}, {"byRest", SETTING_BY_REST},
        {"bySocket", SETTING_BY_SOCKET},     {"stored", SETTING_STORED},    {"shown", SETTING_SHOWN},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < ARRAY_LEN(uses); i++)
        if (json_object_set_new(o, uses[i].name, fields_schema(meeting_settings_fields, uses[i].mark))) {
            json_decref(o);
            return NULL;
        }
    return o;
}

json_t *meeting_settings_json(const struct meeting *m)
{
    return fields_dump(meeting_settings_fields, SETTING_SHOWN, &m->settings);
}

static json_t *with_title(const struct meeting *m, unsigned marks)
{
    json_t *o = fields_dump(meeting_settings_fields, marks, &m->settings);
    if (json_object_set_new(o, "title", json_string(m->settings.title))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* Puts new settings in force: everybody hears of it, it is stored, and what follows from it is done. */
static void settings_apply(struct deed *d, const struct meeting_settings *now_are)
{
    struct meeting *m = d->m;
    bool opened = m->settings.waiting_room && !now_are->waiting_room;
    m->settings = *now_are;
    json_t *kept = with_title(m, SETTING_STORED);
    if (kept)
        meeting_keep(m, FX_STORE_SETTINGS, kept, d->fx);
    d->fx->n_lost += !kept;
    people_tell_all(m, NULL, "meeting:settings-updated", with_title(m, SETTING_SHOWN), d->fx);
    if (opened)
        waiting_admit_all(m, d->now, d->fx);
    topology_review(m, NULL, d->fx);
    d->data = json_pack("{s:o}", "settings", meeting_settings_json(m));
}

enum meeting_code ev_admin_settings(struct deed *d)
{
    struct meeting *m = d->m;
    struct meeting_settings s = m->settings;
    const struct field *unfit =
        fields_load(meeting_settings_fields, d->who ? SETTING_BY_SOCKET : SETTING_BY_REST, d->payload, &s);
    if (field_int(d->payload, "maxParticipants", 0) > m->participants_cap)
        return deed_fail(d, CODE_BAD_REQUEST, "maxParticipants is more than this server allows");
    if (unfit)
        return deed_fail(d, CODE_BAD_REQUEST, unfit->wrong ? unfit->wrong : "A setting doesn't fit");
    if (text_is_blank(s.title))
        return deed_fail(d, CODE_BAD_REQUEST, "title must not be empty");
    char title[MEETING_TITLE_CAP];
    text_clean(title, sizeof title, s.title, MEETING_TITLE_CHARS, MEETING_UNTITLED);
    text_copy(s.title, sizeof s.title, title);
    settings_apply(d, &s);
    return CODE_OK;
}

static enum meeting_code set_locked(struct deed *d, bool locked)
{
    struct meeting_settings s = d->m->settings;
    s.locked = locked;
    settings_apply(d, &s);
    return CODE_OK;
}

enum meeting_code ev_admin_lock(struct deed *d)
{
    return set_locked(d, true);
}

enum meeting_code ev_admin_unlock(struct deed *d)
{
    return set_locked(d, false);
}
