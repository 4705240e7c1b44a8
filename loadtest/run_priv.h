/* run_priv.h: what the files of a run share. */
#pragma once
#include "loadtest/clip.h"
#include "loadtest/control_link.h"
#include "loadtest/endpoint.h"
#include "loadtest/procstat.h"
#include "loadtest/run.h"
#include "loadtest/sfu_link.h"
#include "loadtest/wire.h"
#include "common/deadlines.h"

#define RUN_ERRORS     32
#define RUN_ROOM_CAP   64
#define RUN_NAME_CAP   48
#define RUN_REAL_CLIPS 32 /* pictures and tones that are encoded; more senders share them */

enum person_state {
    PERSON_OUTSIDE, /* hasn't joined yet, or left */
    PERSON_ASKING,  /* control: joining the meeting */
    PERSON_OFFERED,
    PERSON_CONNECTED, /* an answer came; the endpoint knows the rest */
    PERSON_FAILED,
};

/* One participant; the same place is used again by churn, with another generation. */
struct person {
    struct deadline timer;
    enum person_state state;
    unsigned room, generation;
    bool sends, receives, verify;
    bool there; /* was once open with media, in this generation */
    char name[RUN_NAME_CAP];
    struct endpoint *ep;
    int fd; /* UDP; -1 */
    struct control_link *link;
    bool link_writes; /* epoll waits for room */
    usec_t since;
};

struct run_room {
    char id[RUN_ROOM_CAP];          /* a name, or a meeting's id */
    char admin_token[RUN_ROOM_CAP]; /* "": none */
};

struct run_error {
    const char *name; /* static text */
    uint64_t n;
};

enum run_phase { RUN_RAMP, RUN_WARMUP, RUN_MEASURE, RUN_OVER };

struct run {
    const struct options *o;
    enum run_phase phase;
    bool interrupted;
    usec_t phase_until, next_join_at, next_churn_at, began, measured;
    int epoll, signals;
    uint64_t random;
    struct endpoint_env env;
    struct wire *wire;
    struct outbox *out;
    struct deadlines deadlines;
    struct sfu_link *sfu; /* NULL: through control */
    bool sfu_writes;
    struct addr control;
    struct run_room *rooms;
    unsigned n_rooms;
    struct person *people;
    unsigned n_people, n_joined; /* people[0…n_joined) have joined at least once */
    struct clip audio[RUN_REAL_CLIPS], video[RUN_REAL_CLIPS];
    unsigned n_clips;
    unsigned n_there_at_end, n_churned;
    pid_t sfu_pid;
    bool has_sfu;
    struct procstat sfu_idle, sfu_before, sfu_after;
    usec_t own_before, own_after;
    uint64_t wanted[KINDS]; /* packets that receivers should have got, by what was sent; 0: not known (churn) */
    unsigned n_errors;
    struct run_error errors[RUN_ERRORS];
    char *sdp; /* scratch */
};

enum { FD_UDP, FD_LINK, FD_SFU, FD_SIGNALS };

uint64_t run_error(struct run *r, const char *name); /* counts, and says how many; name is static text */
uint64_t run_random(struct run *r);
void run_count_wanted(struct run *r, const struct person *p);
enum err run_watch(struct run *r, int fd, unsigned kind, unsigned slot, bool first, bool writes);

/* people.c */
void person_join(struct run *r, unsigned i, usec_t now);
void person_leave(struct run *r, unsigned i); /* says goodbye */
void person_drop(struct run *r, unsigned i);  /* frees what it holds, quietly */
void person_udp(struct run *r, unsigned i);
void person_tick(struct run *r, unsigned i, usec_t now);
void person_link(struct run *r, unsigned i, usec_t now);
bool person_is_there(const struct person *p);
void people_sfu_link(struct run *r, usec_t now); /* the media server's socket has news */

/* setup.c */
enum err run_setup(struct run *r);
void run_teardown(struct run *r);

/* report.c */
json_t *run_report(const struct run *r, bool *passed);
