/* What a run needs before the first participant joins. */
#include "loadtest/run_priv.h"

#include "loadtest/guest.h"
#include "srtp/srtpctx.h"

#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SYNTHETIC_WIDTH  1280
#define SYNTHETIC_HEIGHT 720
#define KEY_FACTOR       8

static enum err say(const char *what, enum err e)
{
    if (e)
        fprintf(stderr, "onepizza-load: %s: %s\n", what, err_name(e));
    return e;
}

static void raise_limits(int pin)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (pin < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)pin, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        fprintf(stderr, "onepizza-load: --pin %d: no such CPU\n", pin);
}

static enum err open_signals(struct run *r)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return ERR_IO;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (r->epoll < 0 || r->signals < 0)
        return ERR_IO;
    return run_watch(r, r->signals, FD_SIGNALS, 0, true, false);
}

static enum err make_env(struct run *r)
{
    struct dtls_identity *identity = NULL;
    r->env.burst = r->o->burst;
    r->env.drop = (uint32_t)(r->o->drop * (double)UINT32_MAX);
    r->env.sdp = malloc(sizeof *r->env.sdp);
    r->sdp = malloc(SDP_TEXT_MAX);
    r->out = malloc(sizeof *r->out);
    if (!r->env.sdp || !r->sdp || !r->out)
        return ERR_NOMEM;
    outbox_init(r->out);
    enum err e = wire_new(&r->wire);
    if (!e)
        e = srtpctx_library_init();
    if (!e)
        e = srtpseal_mgr_new(SRTPSEAL_FASTEST, &r->env.mgr);
    if (!e)
        e = dtls_identity_new(usec_wall(), &identity);
    r->env.identity = identity;
    return e;
}

static enum err make_clips(struct run *r)
{
    const struct options *o = r->o;
    struct clip_video_size size = {
        .bps = o->video_bps,
        .fps = o->fps,
        .width = SYNTHETIC_WIDTH,
        .height = SYNTHETIC_HEIGHT,
        .key_factor = KEY_FACTOR,
        .key_interval = o->fps * o->key_seconds,
    };
    r->n_clips = !o->real ? 1 : r->n_people < RUN_REAL_CLIPS ? r->n_people : RUN_REAL_CLIPS;
    enum err e = OK;
    for (unsigned i = 0; i < r->n_clips && !e; i++) {
        e = o->real ? clip_real_video(i, &r->video[i]) : clip_synthetic_video(&size, &r->video[i]);
        if (!e)
            e = o->real ? clip_real_audio(i, &r->audio[i]) : clip_synthetic_audio(o->audio_bytes, &r->audio[i]);
    }
    return e;
}

static enum err make_people(struct run *r)
{
    const struct options *o = r->o;
    r->n_rooms = o->rooms ? o->rooms : 1;
    r->n_people = o->rooms ? o->rooms * o->size : o->publishers + o->subscribers;
    r->people = calloc(r->n_people, sizeof *r->people);
    r->rooms = calloc(r->n_rooms, sizeof *r->rooms);
    if (!r->people || !r->rooms)
        return ERR_NOMEM;
    uint64_t receivers = o->rooms ? r->n_people : o->subscribers;
    uint64_t verify = o->verify < receivers ? o->verify : receivers, k = 0;
    for (unsigned i = 0; i < r->n_people; i++) {
        struct person *p = &r->people[i];
        p->fd = -1;
        p->room = o->rooms ? i / o->size : 0;
        p->sends = o->rooms || i < o->publishers;
        p->receives = o->rooms || i >= o->publishers;
        if (!p->receives)
            continue;
        p->verify = (k + 1) * verify / receivers != k * verify / receivers; /* evenly among them */
        k++;
    }
    return OK;
}

static enum err find_control(struct run *r)
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    snprintf(port, sizeof port, "%u", r->o->port);
    if (getaddrinfo(r->o->host, port, &hints, &list))
        return ERR_NOT_FOUND;
    enum err e = addr_of_sockaddr(list->ai_addr, list->ai_addrlen, &r->control);
    freeaddrinfo(list);
    return e;
}

static enum err name_rooms(struct run *r)
{
    for (unsigned i = 0; i < r->n_rooms; i++) {
        enum err e = OK;
        if (r->o->sfu_socket)
            snprintf(r->rooms[i].id, RUN_ROOM_CAP, "load-%d-%u", (int)getpid(), i);
        else if (r->o->meeting)
            snprintf(r->rooms[i].id, RUN_ROOM_CAP, "%s", r->o->meeting);
        else
            e = guest_meeting(&r->control, r->o->host, r->rooms[i].id, r->rooms[i].admin_token, RUN_ROOM_CAP);
        if (e)
            return e;
    }
    return OK;
}

static enum err connect_signalling(struct run *r)
{
    r->sfu_pid = r->o->sfu_pid;
    if (!r->o->sfu_socket)
        return say(r->o->host, find_control(r));
    enum err e = sfu_link_open(r->o->sfu_socket, &r->sfu);
    if (e)
        return say(r->o->sfu_socket, e);
    if (!r->sfu_pid)
        r->sfu_pid = sfu_link_pid(r->sfu);
    return run_watch(r, sfu_link_fd(r->sfu), FD_SFU, 0, true, false);
}

enum err run_setup(struct run *r)
{
    raise_limits(r->o->pin);
    enum err e = say("signals", open_signals(r));
    if (!e)
        e = say("setup", make_env(r));
    if (!e)
        e = say("people", make_people(r));
    if (!e)
        e = say("media", make_clips(r));
    if (!e)
        e = connect_signalling(r);
    if (!e)
        e = say("making meetings", name_rooms(r));
    return e;
}

void run_teardown(struct run *r)
{
    for (unsigned i = 0; r->people && i < r->n_people; i++)
        person_drop(r, i);
    for (unsigned i = 0; i < r->n_clips; i++) {
        clip_reset(&r->audio[i]);
        clip_reset(&r->video[i]);
    }
    sfu_link_close(r->sfu);
    wire_free(r->wire);
    srtpseal_mgr_free(r->env.mgr);
    dtls_identity_unref((struct dtls_identity *)r->env.identity);
    free(r->env.sdp);
    free(r->sdp);
    free(r->out);
    free(r->people);
    free(r->rooms);
    if (r->signals >= 0)
        close(r->signals);
    if (r->epoll >= 0)
        close(r->epoll);
}
