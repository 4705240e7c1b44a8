/* meeting.c: the meeting's life: made, scheduled, active, empty, ended; what is due when; what outsiders may ask. */
#include "meeting/dispatch.h"
#include "meeting/meeting_priv.h"

#include <stdlib.h>
#include <string.h>

static bool config_fits(const struct meeting_config *cfg)
{
    return cfg->id && *cfg->id && strlen(cfg->id) < MEETING_ID_CAP && cfg->admin_token_hash &&
           strlen(cfg->admin_token_hash) == DIGEST_HEX_CAP - 1;
}

static usec_t unjoined_most(const struct meeting *m)
{
    return m->guest ? MEETING_GUEST_UNJOINED : MEETING_API_UNJOINED;
}

/* When a meeting that nobody joins goes. One that was loaded after a restart and had been joined: after the grace. */
static void await_first(struct meeting *m, struct moment now)
{
    m->empty_until = m->peak ? now.mono + m->empty_grace : m->began + unjoined_most(m);
    meeting_arm(m, m->empty_until);
}

static void await_start(struct meeting *m, struct moment now)
{
    meeting_arm(m, now.mono + (m->scheduled_at - now.wall));
}

static usec_t clamp(usec_t value, usec_t most)
{
    return value < 0 ? 0 : value < most ? value : most;
}

/* How long it lasts already. Only what lies before this process is measured by the wall clock, and of that no more than
 * a downtime can be: from when somebody was last seen, or while nobody has come yet. */
static void begin(struct meeting *m, const struct meeting_config *cfg, struct moment now)
{
    usec_t lasted = clamp(now.wall - m->started_at, unjoined_most(m)), downtime = 0;
    if (cfg->seen_at) {
        downtime = clamp(now.wall - cfg->seen_at, MEETING_DOWNTIME_MAX);
        lasted = (cfg->attended ? cfg->attended : clamp(cfg->seen_at - m->started_at, USEC_NEVER)) + downtime;
    }
    m->wall_ahead = now.wall - now.mono;
    m->began = now.mono - lasted;
    m->last_left = now.mono - downtime;
}

enum err meeting_new(const struct meeting_config *cfg, struct moment now, struct meeting **made)
{
    if (!config_fits(cfg))
        return ERR_SYNTAX;
    struct meeting *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_NOMEM;
    m->chat = json_array();
    if (!m->chat || invites_load(m, cfg->invites)) {
        meeting_free(m);
        return ERR_NOMEM;
    }
    text_copy(m->id, sizeof m->id, cfg->id);
    text_copy(m->admin_token_hash, sizeof m->admin_token_hash, cfg->admin_token_hash);
    const char *untitled = cfg->guest ? MEETING_UNTITLED_GUEST : MEETING_UNTITLED;
    m->guest = cfg->guest;
    m->owner_user = cfg->owner_user;
    m->owner_company = cfg->owner_company;
    m->settings = cfg->settings;
    text_clean(m->settings.title, sizeof m->settings.title, cfg->settings.title, MEETING_TITLE_CHARS, untitled);
    if (!m->settings.max_participants)
        m->settings.max_participants = MEETING_PARTICIPANTS;
    m->participants_cap = cfg->participants_cap ? cfg->participants_cap : MEETING_PARTICIPANTS_MOST;
    if (m->settings.max_participants > m->participants_cap)
        m->settings.max_participants = m->participants_cap;
    m->mesh_max = cfg->mesh_max;
    m->sfu_up = cfg->sfu_up;
    m->empty_grace = cfg->empty_grace ? cfg->empty_grace : MEETING_EMPTY_GRACE;
    m->created_at = cfg->created_at ? cfg->created_at : now.wall;
    m->scheduled_at = cfg->scheduled_at;
    m->started_at = cfg->started_at ? cfg->started_at : now.wall;
    m->peak = cfg->peak_participants;
    begin(m, cfg, now);
    m->sfu_on = cfg->uses_sfu;
    m->empty_until = m->deadline = USEC_NEVER;
    m->status = cfg->scheduled_at ? MEETING_SCHEDULED : MEETING_ACTIVE;
    if (m->status == MEETING_SCHEDULED)
        await_start(m, now);
    else
        await_first(m, now);
    *made = m;
    return OK;
}

void meeting_free(struct meeting *m)
{
    if (!m)
        return;
    people_free(m);
    free(m->queue);
    free(m->invites);
    json_decref(m->chat);
    json_decref(m->chat_told);
    free(m);
}

void meeting_arm(struct meeting *m, usec_t deadline)
{
    if (deadline < m->deadline)
        m->deadline = deadline;
}

usec_t meeting_deadline(const struct meeting *m)
{
    return m->deadline;
}

struct effect *meeting_keep(struct meeting *m, enum effect_type type, json_t *payload, struct effects *fx)
{
    struct effect *e = m->guest ? NULL : effects_add(fx, type, m->id);
    if (e)
        e->payload = payload;
    else
        json_decref(payload);
    return e;
}

void meeting_analytics(struct meeting *m, const char *type, const char *participant, json_t *meta, struct effects *fx)
{
    struct effect *e = meta ? effects_add(fx, FX_ANALYTICS, m->id) : NULL;
    if (!e) {
        json_decref(meta);
        return;
    }
    e->event = type;
    text_copy(e->participant, sizeof e->participant, participant);
    e->payload = meta;
}

usec_t meeting_wall(const struct meeting *m, usec_t mono)
{
    return mono + m->wall_ahead;
}

static void store_ended(const struct meeting *m, usec_t left, bool cancelled, struct effects *fx)
{
    struct meeting_ended *row = calloc(1, sizeof *row);
    struct effect *e = row ? effects_add(fx, FX_ENDED, m->id) : NULL; /* never without its row */
    if (!e) {
        fx->n_lost += !row;
        free(row);
        return;
    }
    e->ended = row;
    row->guest = m->guest;
    row->cancelled = cancelled;
    row->owner_user = m->owner_user;
    row->owner_company = m->owner_company;
    row->started_at = m->started_at;
    usec_t lasted = clamp(left - m->began, USEC_NEVER), ended_at = meeting_wall(m, left);
    row->ended_at = ended_at > m->started_at + lasted ? ended_at : m->started_at + lasted;
    row->peak_participants = m->peak;
    if (m->peak)
        row->duration_centiminutes = (lasted + 300 * MSEC) / (600 * MSEC);
    text_copy(row->title, sizeof row->title, m->settings.title);
}

static void dismiss(struct meeting *m, const char *reason, struct effects *fx)
{
    struct effect *e = effects_begin(fx, m->id, "meeting:ended", json_pack("{s:s}", "reason", reason));
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->socket)
            effects_target(fx, e, m->people[i]->socket);
    for (unsigned i = 0; i < m->n_queue; i++)
        effects_target(fx, e, m->queue[i].socket);
    effects_finish(fx, e);
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->socket)
            effects_close(fx, m->id, m->people[i]->socket, MEETING_CLOSE_AFTER);
    for (unsigned i = 0; i < m->n_queue; i++)
        effects_close(fx, m->id, m->queue[i].socket, MEETING_CLOSE_AFTER);
    m->n_queue = 0;
}

/* Until when it is charged: until somebody was last in it. */
static usec_t last_attended(const struct meeting *m, usec_t now)
{
    usec_t at = m->peak ? m->last_left : now;
    for (unsigned i = 0; i < m->n_people; i++) {
        usec_t until = m->people[i]->socket ? now : m->people[i]->lost_at;
        at = until > at ? until : at;
    }
    return at;
}

void meeting_finish(struct meeting *m, struct moment now, const char *reason, struct effects *fx)
{
    bool cancelled = m->status == MEETING_SCHEDULED;
    usec_t left = last_attended(m, now.mono);
    m->status = MEETING_ENDED;
    dismiss(m, reason, fx);
    for (unsigned i = 0; i < m->n_people; i++)
        if (m->people[i]->socket) { /* they have been told: nothing more is sent to them */
            m->people[i]->socket = 0;
            m->people[i]->lost_at = now.mono;
        }
    while (m->n_people)
        people_leave(m, now, m->people[m->n_people - 1], fx);
    m->deadline = USEC_NEVER;
    store_ended(m, left, cancelled, fx);
}

static void socket_lost(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct waiting *w = waiting_by_socket(m, ev->socket);
    struct participant *p = people_by_socket(m, ev->socket);
    if (w)
        waiting_remove(m, w, true, fx);
    if (!p)
        return;
    if (ev->loss == LOSS_LEFT || p->dialect == DIALECT_DOCUMENTED) {
        p->socket = 0;
        people_leave(m, now, p, fx);
        return;
    }
    p->socket = 0;
    p->lost_at = now.mono;
    p->away_until = now.mono + (ev->loss == LOSS_CLOSED ? MEETING_CLOSED_WINDOW : MEETING_RESUME_WINDOW);
    meeting_arm(m, p->away_until);
}

static void away_tick(struct meeting *m, struct moment now, struct effects *fx)
{
    for (unsigned i = m->n_people; i-- > 0;) {
        struct participant *p = m->people[i];
        if (p->socket)
            continue;
        if (p->away_until <= now.mono)
            people_leave(m, now, p, fx);
        else
            meeting_arm(m, p->away_until);
    }
}

static void start(struct meeting *m, struct moment now, struct effects *fx)
{
    m->status = MEETING_ACTIVE;
    m->started_at = now.wall;
    m->began = m->last_left = now.mono;
    m->wall_ahead = now.wall - now.mono;
    struct effect *e = meeting_keep(m, FX_STORE_ACTIVATED, NULL, fx);
    if (e)
        e->at = now.wall;
    await_first(m, now);
}

void meeting_start_if_due(struct meeting *m, struct moment now, struct effects *fx)
{
    if (m->status == MEETING_SCHEDULED && now.wall >= m->scheduled_at)
        start(m, now, fx);
}

static void tick(struct meeting *m, struct moment now, struct effects *fx)
{
    m->deadline = USEC_NEVER;
    meeting_start_if_due(m, now, fx);
    if (m->status == MEETING_SCHEDULED)
        await_start(m, now); /* again: the wall clock may have been set meanwhile */
    away_tick(m, now, fx);
    waiting_tick(m, now, fx);
    if (m->empty_until <= now.mono)
        meeting_finish(m, now, m->peak ? "Everybody left" : "Nobody joined", fx);
    else
        meeting_arm(m, m->empty_until);
}

void meeting_apply(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    json_decref(fx->reply.data);
    fx->reply = (struct meeting_reply){.code = CODE_OK, .message = ""};
    switch (ev->type) {
    case MEETING_CLIENT:
        dispatch_client(m, now, ev, fx);
        break;
    case MEETING_COMMAND:
        dispatch_command(m, now, ev, fx);
        break;
    case MEETING_SOCKET_LOST:
        socket_lost(m, now, ev, fx);
        break;
    case MEETING_RESTORE:
        restore_apply(m, now, ev);
        break;
    case MEETING_TICK:
        tick(m, now, fx);
        break;
    case MEETING_SFU_UP:
    case MEETING_SFU_DOWN:
    case MEETING_SFU_HAS:
    case MEETING_SFU_ANSWER:
    case MEETING_SFU_REFUSED:
    case MEETING_SFU_CANDIDATE:
    case MEETING_SFU_SLOTS:
    case MEETING_SFU_SPEAKERS:
    case MEETING_SFU_QUALITY:
    case MEETING_SFU_SESSION_FAILED:
        sfu_event(m, ev, fx);
        break;
    }
}

void meeting_leave_company(struct meeting *m)
{
    m->owner_company = 0;
}

/* ---- what outsiders may ask without changing it ---- */

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

bool meeting_id_is_guests(const char *id)
{
    return strlen(id) == strlen("qwerty-abc") && id[strlen("qwerty")] == '-';
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

usec_t meeting_lasted(const struct meeting *m, usec_t mono)
{
    return m->status == MEETING_SCHEDULED ? 0 : clamp(mono - m->began, USEC_NEVER);
}

usec_t meeting_attended(const struct meeting *m, usec_t mono)
{
    return m->peak ? clamp(last_attended(m, mono) - m->began, USEC_NEVER) : 0;
}

unsigned meeting_peak(const struct meeting *m)
{
    return m->peak;
}

unsigned meeting_n_participants(const struct meeting *m)
{
    return m->n_people;
}

static unsigned people_who(const struct meeting *m, bool (*are)(const struct participant *p))
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->n_people; i++)
        n += are(m->people[i]);
    return n;
}

static bool are_present(const struct participant *p)
{
    return p->socket;
}

static bool are_sharing(const struct participant *p)
{
    return p->sharing;
}

bool meeting_is_attended(const struct meeting *m)
{
    return people_who(m, are_present) > 0;
}

unsigned meeting_n_screen_shares(const struct meeting *m)
{
    return people_who(m, are_sharing);
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
    return people_views(m, NULL);
}
