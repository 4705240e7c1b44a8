/* host.c: host actions on people, the same over REST (nobody asks: d->who is NULL) and over a host's socket; and
 * invitations, which let one person pass the lock and the waiting room. */
#include "common/vec.h"
#include "meeting/meeting_priv.h"

#include <stdio.h>
#include <string.h>

static struct participant *target(struct deed *d, enum meeting_code *code)
{
    struct participant *p = people_by_id(d->m, field_str(d->payload, "participantId", ""));
    *code = p ? CODE_OK : deed_fail(d, CODE_NOT_FOUND, "Participant not found");
    return p;
}

static void force_mute(struct deed *d, struct participant *p)
{
    p->muted = true;
    people_tell_updated(d->m, p, "isMuted", true, d->fx);
    sfu_block_audio(d->m, p, true, d->fx);
}

enum meeting_code ev_admin_mute(struct deed *d)
{
    enum meeting_code code;
    struct participant *p = target(d, &code);
    if (!p)
        return code;
    people_tell(d->m, p, "admin:mute", json_object(), d->fx);
    force_mute(d, p);
    return CODE_OK;
}

/* A request only: nobody's microphone is opened from outside. */
enum meeting_code ev_admin_unmute(struct deed *d)
{
    enum meeting_code code;
    struct participant *p = target(d, &code);
    if (!p)
        return code;
    people_tell(d->m, p, "admin:unmute", json_object(), d->fx);
    return CODE_OK;
}

enum meeting_code ev_admin_kick(struct deed *d)
{
    enum meeting_code code;
    struct participant *p = target(d, &code);
    if (!p)
        return code;
    char reason[2048];
    text_clean(reason, sizeof reason, field_str(d->payload, "reason", ""), 500, "Removed by the host");
    people_tell(d->m, p, "admin:kick", json_pack("{s:s}", "reason", reason), d->fx);
    if (p->socket)
        effects_close(d->fx, d->m->id, p->socket, MEETING_CLOSE_AFTER);
    people_leave(d->m, d->now, p, d->fx);
    return CODE_OK;
}

/* Everybody but who asked. */
enum meeting_code ev_admin_mute_all(struct deed *d)
{
    struct meeting *m = d->m;
    people_tell_all(m, d->who, "meeting:all-muted", json_object(), d->fx);
    for (unsigned i = 0; i < m->n_people; i++) {
        struct participant *p = m->people[i];
        if (p == d->who)
            continue;
        if (p->muted)
            sfu_block_audio(m, p, true, d->fx);
        else
            force_mute(d, p);
    }
    return CODE_OK;
}

enum meeting_code ev_admin_end(struct deed *d)
{
    char reason[2048];
    text_clean(reason, sizeof reason, field_str(d->payload, "reason", ""), 500, "The host ended the meeting");
    meeting_finish(d->m, d->now, reason, d->fx);
    return CODE_OK;
}

/* ---- invitations ---- */

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
    meeting_keep(m, FX_STORE_INVITE_SPENT, json_string(m->invites[at]), fx);
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

enum meeting_code ev_admin_invite(struct deed *d)
{
    const char *token = d->ev->fresh.token;
    char name[NAME_CAP], escaped[3 * NAME_CAP + 1], hash[DIGEST_HEX_CAP];
    sha256_hex_of(hash, token);
    if (!*token || invite_add(d->m, hash))
        return deed_fail(d, CODE_UNAVAILABLE, "Please try again");
    meeting_keep(d->m, FX_STORE_INVITE, json_string(hash), d->fx);
    text_clean(name, sizeof name, field_str(d->payload, "name", ""), 100, "");
    url_escape(escaped, sizeof escaped, name);
    d->data = json_pack("{s:o, s:s}", "joinUrl",
                        json_sprintf("/join/%s?invite=%s%s%s", d->m->id, token, *name ? "&name=" : "", escaped),
                        "inviteToken", token);
    return CODE_OK;
}
