/* The loop, and the phases of a test: ramp, warm-up, measuring. */
#include "loadtest/run_priv.h"

#include "common/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS        256
#define KIND_SHIFT    32
#define SLEEP_AT_MOST (20 * MSEC)
#define GOODBYE       (500 * MSEC)

uint64_t run_error(struct run *r, const char *name)
{
    for (unsigned i = 0; i < r->n_errors; i++)
        if (strcmp(r->errors[i].name, name) == 0)
            return ++r->errors[i].n;
    if (r->n_errors < RUN_ERRORS)
        r->errors[r->n_errors++] = (struct run_error){name, 1};
    return 1;
}

uint64_t run_random(struct run *r)
{
    uint64_t z = r->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

enum err run_watch(struct run *r, int fd, unsigned kind, unsigned slot, bool first, bool writes)
{
    struct epoll_event e = {.events = EPOLLIN | (writes ? EPOLLOUT : 0u)};
    e.data.u64 = (uint64_t)kind << KIND_SHIFT | slot;
    return epoll_ctl(r->epoll, first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e) ? ERR_IO : OK;
}

static void on_signals(struct run *r)
{
    struct signalfd_siginfo info;
    while (read(r->signals, &info, sizeof info) > 0)
        r->interrupted = true;
}

static void on_event(struct run *r, uint64_t data, usec_t now)
{
    unsigned slot = (unsigned)data;
    switch (data >> KIND_SHIFT) {
    case FD_UDP:
        person_udp(r, slot);
        break;
    case FD_LINK:
        person_link(r, slot, now);
        break;
    case FD_SFU:
        people_sfu_link(r, now);
        break;
    default:
        on_signals(r);
        break;
    }
}

/* --- phases --- */

/* How far somebody came who isn't there at the end. */
static const char *stuck_at(const struct person *p)
{
    static const char *const names[] = {
        [ENDPOINT_NEW] = "stuck_before_answer",
        [ENDPOINT_CHECKING] = "stuck_in_ice",
        [ENDPOINT_HANDSHAKE] = "stuck_in_dtls",
        [ENDPOINT_OPEN] = "stuck_without_media",
        [ENDPOINT_ENDED] = "ended",
    };
    if (p->state == PERSON_ASKING)
        return "stuck_before_joined";
    return p->ep ? names[endpoint_state(p->ep)] : "not_joined";
}

/* What this sender's receivers should have got by now. */
void run_count_wanted(struct run *r, const struct person *p)
{
    unsigned senders = r->o->rooms ? r->o->size : r->o->publishers;
    if (r->o->churn > 0 || r->o->meeting || senders > r->o->max_video || !p->sends)
        return; /* who comes and goes, strangers who send too, or more senders than slots: nobody can tell */
    uint64_t receivers = r->o->rooms ? r->o->size - 1 : r->o->subscribers;
    for (unsigned k = 0; k < KINDS; k++)
        r->wanted[k] += receivers * endpoint_sent(p->ep, (enum endpoint_kind)k);
}

static void measure_begin(struct run *r, usec_t now)
{
    for (unsigned i = 0; i < r->n_people; i++)
        if (r->people[i].ep)
            endpoint_mark(r->people[i].ep);
    r->measured = now;
    r->env.measuring = true;
    r->own_before = usec_of_clock(CLOCK_PROCESS_CPUTIME_ID);
    r->has_sfu = r->has_sfu && procstat_read(r->sfu_pid, &r->sfu_before) == OK;
}

static void measure_end(struct run *r, usec_t now)
{
    r->own_after = usec_of_clock(CLOCK_PROCESS_CPUTIME_ID);
    r->has_sfu = r->has_sfu && procstat_read(r->sfu_pid, &r->sfu_after) == OK;
    r->env.measuring = false;
    r->measured = now - r->measured;
    for (unsigned i = 0; i < r->n_people; i++) {
        if (r->people[i].ep) {
            run_count_wanted(r, &r->people[i]);
            endpoint_collect(r->people[i].ep);
        }
        bool there = person_is_there(&r->people[i]) || (r->o->churn > 0 && r->people[i].ep);
        r->n_there_at_end += there;
        if (!there && r->people[i].state != PERSON_FAILED) /* a failure was counted when it happened */
            run_error(r, stuck_at(&r->people[i]));
    }
}

static void enter(struct run *r, usec_t now, enum run_phase phase)
{
    if (phase == RUN_MEASURE)
        measure_begin(r, now);
    if (r->phase == RUN_MEASURE)
        measure_end(r, now);
    r->phase = phase;
    unsigned seconds = phase == RUN_WARMUP ? r->o->warmup : phase == RUN_MEASURE ? r->o->duration : 0;
    r->phase_until = now + seconds * SEC;
    r->next_churn_at = now;
}

/* Has everyone come, or failed to? */
static bool all_settled(const struct run *r)
{
    if (r->n_joined < r->n_people)
        return false;
    for (unsigned i = 0; i < r->n_people; i++)
        if (r->people[i].state != PERSON_FAILED && !person_is_there(&r->people[i]))
            return false;
    return true;
}

static void phase_tick(struct run *r, usec_t now)
{
    if (r->phase == RUN_RAMP) {
        if (now >= r->phase_until || all_settled(r))
            enter(r, now, RUN_WARMUP);
        return;
    }
    if (now >= r->phase_until)
        enter(r, now, r->phase + 1);
}

static void join_tick(struct run *r, usec_t now)
{
    while (r->n_joined < r->n_people && now >= r->next_join_at) {
        person_join(r, r->n_joined++, now);
        r->next_join_at += (usec_t)((double)SEC / r->o->ramp);
    }
}

/* One receiver, anywhere, that has been there for a moment. */
static void churn_one(struct run *r, usec_t now)
{
    for (unsigned tries = 0; tries < 16; tries++) {
        unsigned i = (unsigned)(run_random(r) % r->n_people);
        struct person *p = &r->people[i];
        if (!p->receives || p->state == PERSON_OUTSIDE || (p->state != PERSON_FAILED && now - p->since < SEC))
            continue;
        if (p->state != PERSON_FAILED && !p->there)
            run_error(r, "churn_before_media");
        person_leave(r, i);
        person_join(r, i, now);
        r->n_churned++;
        return;
    }
}

static void churn_tick(struct run *r, usec_t now)
{
    if (r->o->churn <= 0 || (r->phase != RUN_WARMUP && r->phase != RUN_MEASURE))
        return;
    while (now >= r->next_churn_at) {
        churn_one(r, now);
        r->next_churn_at += (usec_t)((double)SEC / r->o->churn);
    }
}

static void people_tick(struct run *r, usec_t now)
{
    struct deadline *d;
    while ((d = deadlines_take_due(&r->deadlines, now)))
        person_tick(r, (unsigned)(DEADLINE_OWNER(d, struct person, timer) - r->people), now);
}

/* --- the loop --- */

static usec_t next_wake(const struct run *r, usec_t now)
{
    usec_t due = deadlines_next(&r->deadlines);
    due = due < now + SLEEP_AT_MOST ? due : now + SLEEP_AT_MOST;
    if (r->n_joined < r->n_people && r->next_join_at < due)
        due = r->next_join_at;
    if (r->phase != RUN_RAMP && r->phase_until < due)
        due = r->phase_until;
    return due;
}

static void turn(struct run *r)
{
    struct epoll_event events[EVENTS];
    usec_t now = usec_monotonic(), wait = next_wake(r, now) - now;
    wait = wait < 0 ? 0 : wait;
    struct timespec t = {.tv_sec = wait / SEC, .tv_nsec = wait % SEC * 1000};
    int n = epoll_pwait2(r->epoll, events, EVENTS, &t, NULL);
    now = usec_monotonic();
    people_tick(r, now); /* who sends first: its times matter */
    for (int i = 0; i < n; i++)
        on_event(r, events[i].data.u64, now);
    now = usec_monotonic();
    phase_tick(r, now);
    join_tick(r, now);
    churn_tick(r, now);
    if (!r->sfu)
        return;
    sfu_link_io(r->sfu);
    bool writes = sfu_link_wants_write(r->sfu);
    if (writes != r->sfu_writes && run_watch(r, sfu_link_fd(r->sfu), FD_SFU, 0, false, writes) == OK)
        r->sfu_writes = writes;
    people_sfu_link(r, now); /* the flush above may have read an answer */
}

static bool going_on(const struct run *r)
{
    if (r->phase == RUN_OVER || r->interrupted)
        return false;
    return !r->sfu || !sfu_link_failed(r->sfu);
}

static void say_goodbye(struct run *r)
{
    usec_t until = usec_monotonic() + GOODBYE;
    for (unsigned i = 0; i < r->n_people; i++)
        person_leave(r, i);
    if (!r->sfu)
        return;
    for (unsigned i = 0; i < r->n_rooms; i++)
        sfu_link_close_room(r->sfu, r->rooms[i].id);
    struct signal s;
    while (usec_monotonic() < until && !sfu_link_failed(r->sfu) && sfu_link_n_waiting(r->sfu)) {
        sfu_link_io(r->sfu);
        while (sfu_link_next(r->sfu, &s))
            signal_reset(&s);
        usleep(1000);
    }
}

enum err run_load(const struct options *o, json_t **report, bool *passed)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->o = o;
    r->epoll = r->signals = -1;
    random_fill(&r->random, sizeof r->random);
    enum err e = run_setup(r);
    if (e)
        goto out;
    r->began = r->next_join_at = usec_monotonic();
    r->phase_until = r->began + (usec_t)((double)r->n_people / o->ramp * (double)SEC) + o->connect_timeout * SEC;
    r->has_sfu = procstat_read(r->sfu_pid, &r->sfu_idle) == OK;
    while (going_on(r))
        turn(r);
    if (r->sfu && sfu_link_failed(r->sfu))
        run_error(r, "sfu_socket_closed");
    if (r->interrupted)
        run_error(r, "interrupted");
    if (r->phase == RUN_MEASURE)
        enter(r, usec_monotonic(), RUN_OVER);
    *report = run_report(r, passed);
    say_goodbye(r);
out:
    run_teardown(r);
    free(r);
    return e;
}
