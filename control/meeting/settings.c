/* Settings, the lock, and invitations that let one person pass the lock and the waiting room. */
#include "meeting/meeting_priv.h"

#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

static const char *const topology_names[] = {
    [TOPOLOGY_AUTO] = "auto",
    [TOPOLOGY_MESH] = "mesh",
    [TOPOLOGY_SFU] = "sfu",
};

const char *topology_name(enum topology t)
{
    return topology_names[t];
}

enum err topology_of_name(const char *name, enum topology *t)
{
    for (size_t i = 0; i < ARRAY_LEN(topology_names); i++)
        if (strcmp(topology_names[i], name) == 0) {
            *t = (enum topology)i;
            return OK;
        }
    return ERR_SYNTAX;
}

json_t *meeting_settings_json(const struct meeting *m)
{
    const struct meeting_settings *s = &m->settings;
    return json_pack("{s:b, s:b, s:i, s:b, s:b, s:s}", "muteOnJoin", s->mute_on_join, "videoOffOnJoin",
                     s->video_off_on_join, "maxParticipants", (int)s->max_participants, "locked", s->locked,
                     "waitingRoom", s->waiting_room, "topology", topology_name(s->topology));
}

static json_t *settings_and_title(const struct meeting *m)
{
    json_t *o = meeting_settings_json(m);
    if (json_object_set_new(o, "title", json_string(m->title))) {
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
    json_t *told = settings_and_title(m);
    keep(m, FX_STORE_SETTINGS, json_incref(told), c->fx);
    broadcast(m, NULL, "meeting:settings-updated", told, c->fx);
    if (opened)
        waiting_admit_all(m, c->now, c->fx);
    topology_review(m, NULL, c->fx);
    c->data = json_pack("{s:o}", "settings", meeting_settings_json(m));
}

enum meeting_code admin_settings(struct call *c)
{
    struct meeting *m = c->m;
    struct meeting_settings s = m->settings;
    const char *title = field_str(c->payload, "title", m->title);
    json_t *max = json_object_get(c->payload, "maxParticipants");
    s.mute_on_join = field_bool(c->payload, "muteOnJoin", s.mute_on_join);
    s.video_off_on_join = field_bool(c->payload, "videoOffOnJoin", s.video_off_on_join);
    s.locked = field_bool(c->payload, "locked", s.locked);
    s.waiting_room = field_bool(c->payload, "waitingRoom", s.waiting_room);
    if (json_is_integer(max))
        s.max_participants = (unsigned)json_integer_value(max);
    if (s.max_participants > m->participants_cap)
        return call_fail(c, CODE_BAD_REQUEST, "maxParticipants is more than this server allows");
    if (topology_of_name(field_str(c->payload, "topology", topology_name(s.topology)), &s.topology))
        return call_fail(c, CODE_BAD_REQUEST, "topology must be auto, mesh or sfu");
    if (text_is_blank(title))
        return call_fail(c, CODE_BAD_REQUEST, "title must not be empty");
    if (text_chars(title) > 200)
        return call_fail(c, CODE_BAD_REQUEST, "title must have 1 to 200 characters");
    if (title != m->title)
        text_clean(m->title, sizeof m->title, title, 200, "Untitled Meeting");
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
