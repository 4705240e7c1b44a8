/* meetings.c: the registry: ids and sockets find their meeting, deadlines wait, what has ended goes. */
#include "meeting/meetings.h"
#include "meeting/dispatch.h"

#include "common/deadlines.h"
#include "common/map.h"
#include "meeting/purses.h"
#include "meeting/visitors.h"

#include <stdlib.h>
#include <string.h>

#define ENDED_REMEMBERED 256
#define HEARD_FOR        (10 * SEC) /* who comes again within this isn't told again what it was told */

struct meetings_entry {
    struct meeting *m;
    struct deadline deadline;
    struct purse_share share;
};

#define SHARE_OWNER(s) DEADLINE_OWNER(s, struct meetings_entry, share)

/* A socket that has sent something. The meeting is an id, which may have gone, or gone on without the socket. */
struct door {
    char meeting[MEETING_ID_CAP];
    struct rates rates;
    struct visitor *visitor; /* of its address in that meeting; NULL: in none, or it isn't known */
    bool closing;            /* for its rates: deaf from then on */
    struct {
        uint64_t in; /* map_key_of_text() of the meeting whose messages it was told last */
        uint64_t messages;
        usec_t until;
    } heard;
};

struct meetings {
    struct meetings_config cfg;
    bool sfu_up;
    struct map entries; /* by hash of the id */
    struct map doors;   /* by socket */
    struct deadlines deadlines;
    struct purses purses;
    struct visitors visitors;
    char ended[ENDED_REMEMBERED][MEETING_ID_CAP];
    unsigned n_ended; /* ever */
};

enum err meetings_new(const struct meetings_config *cfg, struct meetings **made)
{
    struct meetings *ms = calloc(1, sizeof *ms);
    if (!ms)
        return ERR_NOMEM;
    ms->cfg = *cfg;
    ms->visitors.seed = cfg->seed;
    if (!ms->cfg.max_meetings)
        ms->cfg.max_meetings = 100000;
    if (!ms->cfg.participants_cap)
        ms->cfg.participants_cap = MEETING_PARTICIPANTS_MOST;
    if (!ms->cfg.mesh_max)
        ms->cfg.mesh_max = 4;
    *made = ms;
    return OK;
}

void meetings_free(struct meetings *ms)
{
    if (!ms)
        return;
    size_t at = 0;
    for (void *door = map_next(&ms->doors, &at); door; door = map_next(&ms->doors, &at))
        free(door);
    at = 0;
    for (struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at)) {
        meeting_free(e->m);
        free(e);
    }
    map_reset(&ms->entries);
    map_reset(&ms->doors);
    visitors_reset(&ms->visitors);
    purses_reset(&ms->purses);
    free(ms);
}

static struct meetings_entry *entry_find(const struct meetings *ms, const char *id)
{
    struct meetings_entry *e = map_find(&ms->entries, map_key_of_text(id));
    return e && strcmp(meeting_id(e->m), id) == 0 ? e : NULL;
}

static void entry_count(struct meetings *ms, struct meetings_entry *e, struct moment now)
{
    purses_count(&ms->purses, &e->share, meeting_peak(e->m), now.mono - meeting_lasted(e->m, now.mono));
}

static enum err entry_join_purse(struct meetings *ms, struct meetings_entry *e, int64_t payer_company,
                                 struct moment now)
{
    const struct meeting *m = e->m;
    int64_t company = meeting_owner_company(m) ? meeting_owner_company(m) : payer_company;
    if (meeting_is_guest(m))
        return OK;
    enum err err = purses_join(&ms->purses, purse_key(meeting_owner_user(m), company), &e->share);
    if (!err)
        entry_count(ms, e, now);
    return err;
}

enum err meetings_create(struct meetings *ms, const struct meeting_config *cfg, struct moment now,
                         struct meeting **created)
{
    struct meeting_config full = *cfg;
    full.participants_cap = ms->cfg.participants_cap;
    full.mesh_max = ms->cfg.mesh_max;
    full.empty_grace = ms->cfg.empty_grace;
    full.sfu_up = ms->sfu_up;
    if (ms->entries.n >= ms->cfg.max_meetings)
        return ERR_FULL;
    if (cfg->id && meetings_ended_lately(ms, cfg->id))
        return ERR_STATE;
    struct meetings_entry *e = calloc(1, sizeof *e);
    if (!e)
        return ERR_NOMEM;
    enum err err = meeting_new(&full, now, &e->m);
    if (!err)
        err = entry_join_purse(ms, e, cfg->payer_company, now);
    if (!err)
        err = map_add(&ms->entries, map_key_of_text(cfg->id), e);
    if (err) {
        purses_leave(&ms->purses, &e->share, 0);
        meeting_free(e->m);
        free(e);
        return err;
    }
    deadlines_set(&ms->deadlines, &e->deadline, meeting_deadline(e->m));
    if (created)
        *created = e->m;
    return OK;
}

void meetings_loaded(struct meetings *ms)
{
    ms->cfg.loading = false;
}

bool meetings_are_loading(const struct meetings *ms)
{
    return ms->cfg.loading;
}

struct meeting *meetings_find(const struct meetings *ms, const char *id)
{
    const struct meetings_entry *e = entry_find(ms, id);
    return e ? e->m : NULL;
}

bool meetings_ended_lately(const struct meetings *ms, const char *id)
{
    for (unsigned i = 0; *id && i < ENDED_REMEMBERED && i < ms->n_ended; i++)
        if (strcmp(ms->ended[i], id) == 0)
            return true;
    return false;
}

/* One event for one meeting, and what follows here: a new deadline, or its end. */
static void entry_apply(struct meetings *ms, struct meetings_entry *e, struct moment now,
                        const struct meeting_event *ev, struct effects *fx)
{
    meeting_apply(e->m, now, ev, fx);
    if (meeting_status(e->m) != MEETING_ENDED) {
        deadlines_set(&ms->deadlines, &e->deadline, meeting_deadline(e->m));
        entry_count(ms, e, now);
        return;
    }
    purses_leave(&ms->purses, &e->share, meeting_peak(e->m) * (meeting_attended(e->m, now.mono) / MSEC));
    text_copy(ms->ended[ms->n_ended++ % ENDED_REMEMBERED], MEETING_ID_CAP, meeting_id(e->m));
    deadlines_cancel(&ms->deadlines, &e->deadline);
    map_remove(&ms->entries, map_key_of_text(meeting_id(e->m)));
    meeting_free(e->m);
    free(e);
}

static void refuse(const struct meeting_event *ev, enum meeting_code code, const char *message, struct effects *fx)
{
    fx->reply.code = code;
    fx->reply.message = message;
    /* that we are starting isn't documented as an error: who asked for an answer tries again */
    fx->reply.only_acked = code == CODE_UNAVAILABLE || !dispatch_enters(ev->verb);
    effects_answer(fx, "", ev->socket, ev->ack, &fx->reply, NULL);
}

static struct door *door_of(struct meetings *ms, uint64_t socket)
{
    struct door *door = map_find(&ms->doors, socket);
    if (door)
        return door;
    door = calloc(1, sizeof *door);
    if (door && map_add(&ms->doors, socket, door)) {
        free(door);
        return NULL;
    }
    return door;
}

/* Who goes on although it was refused is closed. */
static void excess(struct door *door, struct moment now, uint64_t socket, struct effects *fx)
{
    if (rate_take(&door->rates, RATE_EXCESS, now.mono, 1))
        return;
    door->closing = true;
    effects_close(fx, "", socket, 0);
}

void meetings_refused(struct meetings *ms, struct moment now, uint64_t socket, struct effects *fx)
{
    struct door *door = ms->cfg.rates_off ? NULL : door_of(ms, socket);
    if (door && !door->closing)
        excess(door, now, socket, fx);
}

/* False: too many. It is told so, and closed if that doesn't help. */
static bool rate_passes(const struct meetings *ms, struct door *door, struct moment now, const struct meeting_event *ev,
                        struct effects *fx)
{
    enum rate_kind kind = dispatch_rate(ev);
    if (ms->cfg.rates_off || (rate_take(&door->rates, kind, now.mono, 1) &&
                              (!door->visitor || visitor_takes(door->visitor, kind, now.mono))))
        return true;
    refuse(ev, CODE_RATE_LIMITED, "Too many events: slow down", fx);
    excess(door, now, ev->socket, fx);
    return false;
}

static void door_set(struct door *door, struct moment now, const char *meeting, struct visitor *visitor)
{
    visitors_leave(door->visitor, now.mono);
    text_copy(door->meeting, sizeof door->meeting, meeting);
    door->visitor = visitor;
}

/* The meeting the socket is in; else, if this event enters one, that one; else NULL and refused. */
static struct meetings_entry *entry_for(const struct meetings *ms, struct door *door, struct moment now,
                                        const struct meeting_event *ev, struct effects *fx)
{
    struct meetings_entry *e = *door->meeting ? entry_find(ms, door->meeting) : NULL;
    if (e && meeting_has_socket(e->m, ev->socket))
        return e;
    door_set(door, now, "", NULL); /* it was kicked, denied, or the meeting ended */
    if (!dispatch_enters(ev->verb)) {
        refuse(ev, CODE_NOT_JOINED, "Join a meeting first", fx);
        return NULL;
    }
    const char *id = field_str(ev->payload, "meetingId", "");
    e = entry_find(ms, id);
    if (!e && meetings_ended_lately(ms, id))
        refuse(ev, CODE_ENDED, "The meeting has ended", fx);
    else if (!e && ms->cfg.loading)
        refuse(ev, CODE_UNAVAILABLE, "The server is starting, please try again", fx);
    else if (!e)
        refuse(ev, CODE_NOT_FOUND, "Meeting not found", fx);
    return e;
}

static uint64_t heard_lately(const struct door *door, struct moment now, const struct meeting *m)
{
    bool lately = now.mono < door->heard.until && door->heard.in == map_key_of_text(meeting_id(m));
    return lately ? door->heard.messages : 0;
}

static void note_heard(const struct meetings *ms, struct door *door, struct moment now, uint64_t socket)
{
    const struct meetings_entry *e = entry_find(ms, door->meeting);
    if (!e || !people_by_socket(e->m, socket))
        return;
    door->heard.in = map_key_of_text(door->meeting);
    door->heard.messages = e->m->n_said;
    door->heard.until = now.mono + HEARD_FOR;
}

void meetings_client(struct meetings *ms, struct moment now, const struct meeting_event *ev, struct effects *fx)
{
    struct door *door = door_of(ms, ev->socket);
    if (!door) {
        refuse(ev, CODE_UNAVAILABLE, "The server is out of memory", fx);
        return;
    }
    if (door->closing || !rate_passes(ms, door, now, ev, fx))
        return;
    dispatch_trim(ev->verb, ev->payload);
    struct meetings_entry *e = entry_for(ms, door, now, ev, fx);
    if (!e)
        return;
    if (!*door->meeting)
        door_set(door, now, meeting_id(e->m), visitors_enter(&ms->visitors, now.mono, &ev->from, meeting_id(e->m)));
    struct meeting_event paid = *ev;
    paid.peak_stays = !purses_has_room(&e->share, now.mono, meeting_lasted(e->m, now.mono));
    paid.heard = heard_lately(door, now, e->m);
    entry_apply(ms, e, now, &paid, fx);
    if (dispatch_enters(ev->verb))
        note_heard(ms, door, now, ev->socket);
}

const char *meetings_of_socket(const struct meetings *ms, uint64_t socket)
{
    const struct door *door = map_find(&ms->doors, socket);
    return door ? door->meeting : "";
}

const char *meetings_in_sfu(const struct meetings *ms, uint64_t socket)
{
    const struct meetings_entry *e = entry_find(ms, meetings_of_socket(ms, socket));
    const struct participant *p = e ? people_by_socket(e->m, socket) : NULL;
    return p && p->in_sfu ? p->id : "";
}

bool meetings_has_socket(const struct meetings *ms, uint64_t socket)
{
    const struct door *door = map_find(&ms->doors, socket);
    const struct meetings_entry *e = door && *door->meeting ? entry_find(ms, door->meeting) : NULL;
    return e && meeting_has_socket(e->m, socket);
}

void meetings_socket_lost(struct meetings *ms, struct moment now, uint64_t socket, enum meeting_loss loss,
                          struct effects *fx)
{
    struct door *door = map_find(&ms->doors, socket);
    if (!door)
        return;
    struct meetings_entry *e = entry_find(ms, door->meeting);
    struct meeting_event ev = {.type = MEETING_SOCKET_LOST, .socket = socket, .loss = loss};
    if (e)
        entry_apply(ms, e, now, &ev, fx);
    map_remove(&ms->doors, socket);
    visitors_leave(door->visitor, now.mono);
    free(door);
}

void meetings_apply(struct meetings *ms, struct moment now, const char *id, const struct meeting_event *ev,
                    struct effects *fx)
{
    struct meetings_entry *e = entry_find(ms, id);
    if (e) {
        entry_apply(ms, e, now, ev, fx);
        return;
    }
    fx->reply.code = CODE_NOT_FOUND;
    fx->reply.message = "Meeting not found";
}

void meetings_sfu(struct meetings *ms, struct moment now, bool up, bool restarted, struct effects *fx)
{
    struct meeting_event ev = {.type = up ? MEETING_SFU_UP : MEETING_SFU_DOWN, .restarted = restarted};
    size_t at = 0;
    ms->sfu_up = up;
    for (struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at))
        entry_apply(ms, e, now, &ev, fx); /* the SFU ends no meeting: the walk is safe */
}

void meetings_sfu_has(struct meetings *ms, struct moment now, const json_t *by_room, struct effects *fx)
{
    size_t at = 0;
    for (struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at)) {
        struct meeting_event ev = {.type = MEETING_SFU_HAS, .payload = json_object_get(by_room, meeting_id(e->m))};
        if (meeting_uses_sfu(e->m))
            entry_apply(ms, e, now, &ev, fx);
    }
}

/* Whoever pays for them has no more: those that cost something end. */
static void end_all_of(struct meetings *ms, uint64_t payer, struct moment now, struct effects *fx)
{
    json_t *payload = json_pack("{s:s}", "reason", "The credit is used up");
    struct meeting_event ev = {.type = MEETING_COMMAND, .verb = meeting_verb_find("admin:end"), .payload = payload};
    for (struct purse_share *s; (s = purses_running(&ms->purses, payer));)
        entry_apply(ms, SHARE_OWNER(s), now, &ev, fx);
    json_decref(payload);
}

bool meetings_credit_is_known(const struct meetings *ms, const char *id)
{
    const struct meetings_entry *e = entry_find(ms, id);
    return !e || purses_is_known(&e->share);
}

void meetings_set_credit(struct meetings *ms, int64_t user, int64_t company, int64_t most)
{
    purses_limit(&ms->purses, purse_key(user, company), most);
}

void meetings_set_payer(struct meetings *ms, struct moment now, int64_t user, int64_t company)
{
    size_t at = 0;
    for (struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at)) {
        if (meeting_is_guest(e->m) || meeting_owner_user(e->m) != user || meeting_owner_company(e->m))
            continue;
        purses_leave(&ms->purses, &e->share, 0);
        if (entry_join_purse(ms, e, company, now))
            return; /* no memory: it isn't counted, and is charged when it ends */
    }
}

void meetings_tick(struct meetings *ms, struct moment now, struct effects *fx)
{
    struct meeting_event ev = {.type = MEETING_TICK};
    struct deadline *d;
    while ((d = deadlines_take_due(&ms->deadlines, now.mono)))
        entry_apply(ms, DEADLINE_OWNER(d, struct meetings_entry, deadline), now, &ev, fx);
    for (uint64_t payer; (payer = purses_take_due(&ms->purses, now.mono));)
        end_all_of(ms, payer, now, fx);
}

void meetings_clock_set(struct meetings *ms, struct moment now, struct effects *fx)
{
    struct meeting_event ev = {.type = MEETING_TICK};
    size_t at = 0;
    for (struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at))
        if (meeting_status(e->m) == MEETING_SCHEDULED) /* which no tick ends: the walk is safe */
            entry_apply(ms, e, now, &ev, fx);
}

usec_t meetings_deadline(const struct meetings *ms)
{
    usec_t ends = deadlines_next(&ms->deadlines), runs_out = purses_deadline(&ms->purses);
    return ends < runs_out ? ends : runs_out;
}

struct meetings_counts meetings_count(const struct meetings *ms)
{
    struct meetings_counts n = {.sockets = (unsigned)ms->doors.n};
    size_t at = 0;
    for (const struct meetings_entry *e = map_next(&ms->entries, &at); e; e = map_next(&ms->entries, &at)) {
        const struct meeting *m = e->m;
        n.active += meeting_status(m) == MEETING_ACTIVE;
        n.scheduled += meeting_status(m) == MEETING_SCHEDULED;
        n.participants += meeting_n_participants(m);
        n.recordings += meeting_is_recording(m);
        n.screen_shares += meeting_n_screen_shares(m);
        n.sfu += meeting_uses_sfu(m);
    }
    return n;
}

struct meeting *meetings_next(const struct meetings *ms, size_t *at)
{
    const struct meetings_entry *e = map_next(&ms->entries, at);
    return e ? e->m : NULL;
}
