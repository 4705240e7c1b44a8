/* What outsiders may ask of a meeting without changing it. */
#include "meeting/meeting_priv.h"

const char *meeting_id(const struct meeting *m)
{
    return m->id;
}

const char *meeting_title(const struct meeting *m)
{
    return m->settings.title;
}

enum meeting_status meeting_status(const struct meeting *m)
{
    return m->status;
}

bool meeting_is_guest(const struct meeting *m)
{
    return m->guest;
}

int64_t meeting_owner_user(const struct meeting *m)
{
    return m->owner_user;
}

int64_t meeting_owner_company(const struct meeting *m)
{
    return m->owner_company;
}

usec_t meeting_created_at(const struct meeting *m)
{
    return m->created_at;
}

usec_t meeting_scheduled_at(const struct meeting *m)
{
    return m->scheduled_at;
}

usec_t meeting_started_at(const struct meeting *m)
{
    return m->started_at;
}

unsigned meeting_n_participants(const struct meeting *m)
{
    return m->n_people;
}

bool meeting_is_attended(const struct meeting *m)
{
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->socket)
            return true;
    return false;
}

unsigned meeting_n_screen_shares(const struct meeting *m)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->n_people; i++)
        n += m->people[i]->sharing;
    return n;
}

bool meeting_is_recording(const struct meeting *m)
{
    return *m->recorder;
}

bool meeting_uses_sfu(const struct meeting *m)
{
    return m->sfu_on;
}

bool meeting_has_socket(const struct meeting *m, uint64_t socket)
{
    return people_by_socket(m, socket) || waiting_by_socket(m, socket);
}

bool meeting_has_participant(const struct meeting *m, const char *participant)
{
    return people_by_id(m, participant) != NULL;
}

bool meeting_admin_token_ok(const struct meeting *m, const char *token)
{
    char hash[DIGEST_HEX_CAP];
    if (!token)
        return false;
    sha256_hex_of(hash, token);
    return same_secret(hash, m->admin_token_hash, sizeof hash);
}

json_t *meeting_participants_json(const struct meeting *m)
{
    json_t *all = json_array();
    for (unsigned i = 0; i < m->n_people; i++)
        json_array_append_new(all, participant_view(m->people[i]));
    return all;
}
