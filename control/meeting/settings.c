/* Settings, the lock, and invitations that let one person pass the lock and the waiting room. */
#include "meeting/meeting_priv.h"

#include "common/vec.h"

#include <stdlib.h>
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
static void settings_apply(struct call *c, const struct meeting_settings *now_are)
{
    struct meeting *m = c->m;
    bool opened = m->settings.waiting_room && !now_are->waiting_room;
    m->settings = *now_are;
    json_t *kept = with_title(m, SETTING_STORED);
    if (kept)
        keep(m, FX_STORE_SETTINGS, kept, c->fx);
    c->fx->n_lost += !kept;
    broadcast(m, NULL, "meeting:settings-updated", with_title(m, SETTING_SHOWN), c->fx);
    if (opened)
        waiting_admit_all(m, c->now, c->fx);
    topology_review(m, NULL, c->fx);
    c->data = json_pack("{s:o}", "settings", meeting_settings_json(m));
}

enum meeting_code admin_settings(struct call *c)
{
    struct meeting *m = c->m;
    struct meeting_settings s = m->settings;
    const struct field *unfit =
        fields_load(meeting_settings_fields, c->who ? SETTING_BY_SOCKET : SETTING_BY_REST, c->payload, &s);
    if (field_int(c->payload, "maxParticipants", 0) > m->participants_cap)
        return call_fail(c, CODE_BAD_REQUEST, "maxParticipants is more than this server allows");
    if (unfit)
        return call_fail(c, CODE_BAD_REQUEST, unfit->wrong ? unfit->wrong : "A setting doesn't fit");
    if (text_is_blank(s.title))
        return call_fail(c, CODE_BAD_REQUEST, "title must not be empty");
    char title[MEETING_TITLE_CAP];
    text_clean(title, sizeof title, s.title, MEETING_TITLE_CHARS, "Untitled Meeting");
    text_copy(s.title, sizeof s.title, title);
    settings_apply(c, &s);
    return CODE_OK;
}

static enum meeting_code set_locked(struct call *c, bool locked)
{
    struct meeting_settings s = c->m->settings;
    s.locked = locked;
    settings_apply(c, &s);
    return CODE_OK;
}

enum meeting_code admin_lock(struct call *c)
{
    return set_locked(c, true);
}

enum meeting_code admin_unlock(struct call *c)
{
    return set_locked(c, false);
}

/* All are looked at, whichever matches: the time says nothing about which. */
static unsigned invite_at(const struct meeting *m, const char *token)
{
    char hash[DIGEST_HEX_CAP];
    unsigned at = m->n_invites;
    sha256_hex_of(hash, token);
    for (unsigned i = 0; i < m->n_invites; i++)
        if (same_secret(m->invites[i], hash, sizeof hash))
            at = i;
    return at;
}

bool invite_find(const struct meeting *m, const char *token)
{
    return invite_at(m, token) < m->n_invites;
}

static void invite_remove(struct meeting *m, unsigned at)
{
    m->n_invites--;
    memmove(m->invites + at, m->invites + at + 1, (m->n_invites - at) * sizeof *m->invites);
}

void invite_spend(struct meeting *m, const char *token, struct effects *fx)
{
    unsigned at = invite_at(m, token);
    if (at == m->n_invites)
        return;
    keep(m, FX_STORE_INVITE_SPENT, json_string(m->invites[at]), fx);
    invite_remove(m, at);
}

static enum err invite_add(struct meeting *m, const char *hash)
{
    if (m->n_invites == INVITES_MAX)
        invite_remove(m, 0);
    enum err e = vec_reserve(m->invites, m->invites_cap, m->n_invites + 1, INVITES_MAX);
    if (!e)
        text_copy(m->invites[m->n_invites++], sizeof *m->invites, hash);
    return e;
}

enum err invites_load(struct meeting *m, const json_t *hashes)
{
    enum err e = OK;
    for (size_t i = 0; i < json_array_size(hashes) && !e; i++) {
        const json_t *hash = json_array_get(hashes, i);
        if (json_is_string(hash) && json_string_length(hash) == DIGEST_HEX_CAP - 1)
            e = invite_add(m, json_string_value(hash));
    }
    return e;
}

/* RFC 3986 2.3: everything but the unreserved characters is escaped. */
static void url_escape(char *out, size_t cap, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t len = 0;
    for (; *text && len + 4 <= cap; text++) {
        if (strchr(plain, *text))
            out[len++] = *text;
        else
            len += (size_t)snprintf(out + len, cap - len, "%%%02X", (unsigned char)*text);
    }
    out[len] = '\0';
}

enum meeting_code admin_invite(struct call *c)
{
    const char *token = c->ev->fresh.token;
    char name[NAME_CAP], escaped[3 * NAME_CAP + 1], hash[DIGEST_HEX_CAP];
    sha256_hex_of(hash, token);
    if (!*token || invite_add(c->m, hash))
        return call_fail(c, CODE_UNAVAILABLE, "Please try again");
    keep(c->m, FX_STORE_INVITE, json_string(hash), c->fx);
    text_clean(name, sizeof name, field_str(c->payload, "name", ""), 100, "");
    url_escape(escaped, sizeof escaped, name);
    c->data = json_pack("{s:o, s:s}", "joinUrl",
                        json_sprintf("/join/%s?invite=%s%s%s", c->m->id, token, *name ? "&name=" : "", escaped),
                        "inviteToken", token);
    return CODE_OK;
}
