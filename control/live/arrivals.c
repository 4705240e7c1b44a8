/* arrivals.c: shares are spent here, and joins wait here. */
#include "live/arrivals.h"
#include "common/fields.h"
#include "common/text.h"
#include "live/live_priv.h"
#include "shares/shares.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY    (5 * MSEC)
#define ADMITTED_MOST 8 /* at a time, so that others have their turns */

static void hear(struct live *l, struct sio_id socket, const struct holder *from, const struct said *said);

static void refuse(struct live *l, struct sio_id socket, const struct said *said)
{
    struct meeting_reply reply = {.code = CODE_RATE_LIMITED, .message = "Too many at once: please try again"};
    effects_answer(&l->fx, "", sio_id_number(socket), said->ack, &reply, NULL);
    meetings_refused(l->meetings, live_now(l), sio_id_number(socket), &l->fx);
    live_settle(l);
}

/* ---- places in the media server ---- */

static uint64_t media_key(const char *meeting, const char *participant)
{
    uint64_t m = map_key_of_text(meeting), p = map_key_of_text(participant);
    return (m ^ (p << 1 | p >> 63)) | 1;
}

static bool media_takes(struct live *l, struct sio_id socket, const struct holder *from, usec_t now)
{
    uint64_t number = sio_id_number(socket);
    const char *meeting = meetings_of_socket(l->meetings, number);
    const char *participant = meetings_in_sfu(l->meetings, number);
    if (!*participant)
        return true; /* it is refused there */
    uint64_t key = media_key(meeting, participant);
    if (map_find(&l->arrivals.media, key))
        return true;
    struct holder *whose = malloc(sizeof *whose);
    if (!whose || shares_take(l->cfg.shares, now, SHARE_MEDIA, from, 1)) {
        free(whose);
        return false;
    }
    *whose = *from;
    if (map_add(&l->arrivals.media, key, whose)) {
        shares_give(l->cfg.shares, SHARE_MEDIA, whose, 1);
        free(whose);
        return false;
    }
    return true;
}

void arrivals_media_left(struct live *l, const char *meeting, const char *participant)
{
    uint64_t key = media_key(meeting, participant);
    struct holder *whose = map_find(&l->arrivals.media, key);
    if (!whose)
        return;
    shares_give(l->cfg.shares, SHARE_MEDIA, whose, 1);
    map_remove(&l->arrivals.media, key);
    free(whose);
}

/* ---- joins that wait ---- */

static void arrival_free(struct arrival *a)
{
    for (unsigned i = 0; i < a->n_said; i++)
        json_decref(a->said[i].payload);
    free(a);
}

static struct arrival *find(const struct arrivals *all, struct sio_id socket)
{
    return map_find(&all->by_socket, sio_id_number(socket));
}

static struct arrival *take_out(struct arrivals *all, unsigned at)
{
    struct arrival *a = all->waiting[at];
    all->n--;
    memmove(&all->waiting[at], &all->waiting[at + 1], (all->n - at) * sizeof all->waiting[0]);
    map_remove(&all->by_socket, sio_id_number(a->socket));
    return a;
}

static bool keep(struct arrival *a, const struct said *said)
{
    if (a->n_said == ARRIVAL_SAYS || (said->payload && field_size(said->payload) > ARRIVAL_BYTES))
        return false;
    a->said[a->n_said] = *said;
    json_incref(a->said[a->n_said++].payload);
    return true;
}

static bool is_awaited(const struct arrivals *all, const char *meeting)
{
    for (unsigned i = 0; i < all->n; i++)
        if (strcmp(all->waiting[i]->meeting, meeting) == 0)
            return true;
    return false;
}

static bool may_join_now(struct live *l, usec_t now, const char *meeting)
{
    struct holder whose = shares_meeting(l->cfg.shares, meeting);
    if (shares_wait(l->cfg.shares, now, SHARE_JOINS, &whose))
        return false;
    shares_charge(l->cfg.shares, now, SHARE_JOINS, &whose, 1);
    return true;
}

static void admit_some(void *arg)
{
    struct live *l = arg;
    struct arrivals *all = &l->arrivals;
    unsigned admitted = 0;
    char full[MEETING_ID_CAP] = ""; /* the last that may admit nobody now: mostly all wait for one meeting */
    for (unsigned i = 0; i < all->n && admitted < ADMITTED_MOST;) {
        const char *meeting = all->waiting[i]->meeting;
        if (strcmp(meeting, full) == 0 || !may_join_now(l, loop_now(l->cfg.loop), meeting)) {
            text_copy(full, sizeof full, meeting);
            i++;
            continue;
        }
        struct arrival *a = take_out(all, i);
        live_hear(l, a->socket, &a->from, &a->said[0]);
        for (unsigned s = 1; s < a->n_said; s++)
            hear(l, a->socket, &a->from, &a->said[s]);
        arrival_free(a);
        admitted++;
    }
    if (all->n)
        loop_timer_set(l->cfg.loop, &all->timer, loop_now(l->cfg.loop) + LOOK_EVERY);
}

/* False: too many wait already. */
static bool arrive(struct live *l, struct sio_id socket, const struct holder *from, const struct said *said,
                   const char *meeting)
{
    struct arrivals *all = &l->arrivals;
    struct arrival *a = all->n < ARRIVALS_MAX ? calloc(1, sizeof *a) : NULL;
    if (!a || map_add(&all->by_socket, sio_id_number(socket), a)) {
        free(a);
        return false;
    }
    if (!keep(a, said)) {
        map_remove(&all->by_socket, sio_id_number(socket));
        free(a);
        return false;
    }
    a->socket = socket;
    a->from = *from;
    text_copy(a->meeting, sizeof a->meeting, meeting);
    for (unsigned i = 0; i < all->n; i++)
        a->turn += holder_eq(&all->waiting[i]->from, from);
    unsigned at = all->n;
    while (at > 0 && all->waiting[at - 1]->turn > a->turn)
        at--;
    memmove(&all->waiting[at + 1], &all->waiting[at], (all->n - at) * sizeof all->waiting[0]);
    all->waiting[at] = a;
    all->n++;
    if (!all->timer.deadline.set) { /* it may still be set for somebody who has gone since */
        all->timer.fire = admit_some;
        all->timer.arg = l;
        loop_timer_set(l->cfg.loop, &all->timer, loop_now(l->cfg.loop) + LOOK_EVERY);
    }
    return true;
}

void arrivals_lost(struct live *l, struct sio_id socket)
{
    struct arrivals *all = &l->arrivals;
    const struct arrival *a = find(all, socket);
    for (unsigned at = 0; a && at < all->n; at++) {
        if (all->waiting[at] != a)
            continue;
        arrival_free(take_out(all, at));
        return;
    }
}

void arrivals_reset(struct live *l)
{
    struct arrivals *all = &l->arrivals;
    loop_timer_cancel(l->cfg.loop, &all->timer);
    while (all->n)
        arrival_free(all->waiting[--all->n]);
    map_reset(&all->by_socket);
    size_t at = 0;
    for (void *whose = map_next(&all->media, &at); whose; whose = map_next(&all->media, &at))
        free(whose);
    map_reset(&all->media);
}

/* ---- what is said ---- */

static bool can_pay(struct live *l, struct sio_id socket, const struct holder *from, enum share what)
{
    usec_t now = loop_now(l->cfg.loop);
    if (shares_spend(l->cfg.shares, now, what, from, 1))
        return false;
    if (what != SHARE_OFFERS)
        return true;
    const char *id = meetings_of_socket(l->meetings, sio_id_number(socket));
    struct holder meeting = shares_meeting(l->cfg.shares, id);
    return (!*id || !shares_spend(l->cfg.shares, now, what, &meeting, 1)) && media_takes(l, socket, from, now);
}

static void hear(struct live *l, struct sio_id socket, const struct holder *from, const struct said *said)
{
    struct meeting_event ev = {.verb = said->verb, .payload = said->payload};
    struct arrival *waits_already = find(&l->arrivals, socket);
    enum share what;
    if (waits_already) {
        if (!keep(waits_already, said))
            refuse(l, socket, said);
        return;
    }
    bool costs = l->cfg.shares && meeting_event_spends(&ev, &what);
    if (costs && !can_pay(l, socket, from, what)) {
        refuse(l, socket, said);
        return;
    }
    const char *meeting = costs && what == SHARE_JOINS ? field_str(said->payload, "meetingId", "") : "";
    bool waits = meetings_find(l->meetings, meeting) &&
                 (is_awaited(&l->arrivals, meeting) || !may_join_now(l, loop_now(l->cfg.loop), meeting));
    if (!waits)
        live_hear(l, socket, from, said);
    else if (!arrive(l, socket, from, said, meeting))
        refuse(l, socket, said);
}

void arrivals_hear(struct live *l, struct sio_id socket, const struct said *said)
{
    struct holder from = holder_of_address(sio_ip(l->cfg.sio, socket));
    hear(l, socket, &from, said);
}
