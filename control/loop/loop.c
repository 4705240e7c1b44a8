/* loop.c: the loop on libuv (an epoll set), because libwebsockets 4.1 can be a guest there. libuv holds one timer: for
 * the earliest of ours. */
#include "loop/loop.h"
#include "loop/loop_uv.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct loop {
    uv_loop_t uv;
    uv_timer_t alarm;
    uv_prepare_t before_sleep;
    uv_async_t stop;
    struct deadlines timers;
    void (*on_turn_end)(void *arg);
    void *on_turn_end_arg;
    usec_t firing; /* timers due until then are being fired; 0 otherwise */
    int signal_fd;
    struct loop_watch *signal_watch;
    void (*on_signal)(void *arg);
    void *on_signal_arg;
    bool stopping;
};

struct loop_watch {
    uv_poll_t poll;
    loop_ready_fn *ready;
    void *arg;
    bool freed;
};

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

/* --- timers --- */
void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
    deadlines_cancel(&loop->timers, &t->deadline);
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, usec_t due)
{
    /* one that fires can't be due again in the same round */
    deadlines_set(&loop->timers, &t->deadline, due > loop->firing ? due : loop->firing + 1);
}

static void run_timers(struct loop *loop)
{
    struct deadline *d;
    loop->firing = usec_monotonic();
    while (!loop->stopping && (d = deadlines_take_due(&loop->timers, loop->firing))) {
        struct loop_timer *t = DEADLINE_OWNER(d, struct loop_timer, deadline);
        t->fire(t->arg);
    }
    loop->firing = 0;
}

static void on_alarm(uv_timer_t *alarm)
{
    run_timers(alarm->data);
}

static void on_before_sleep(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    if (loop->on_turn_end)
        loop->on_turn_end(loop->on_turn_end_arg);
    if (!loop->timers.first) {
        uv_timer_stop(&loop->alarm);
        return;
    }
    uv_update_time(&loop->uv);
    usec_t left = deadlines_next(&loop->timers) - usec_monotonic();
    uv_timer_start(&loop->alarm, on_alarm, left > 0 ? (uint64_t)((left + MSEC - 1) / MSEC) : 0, 0);
}

void loop_on_turn_end(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    loop->on_turn_end = fn;
    loop->on_turn_end_arg = arg;
}

/* --- running --- */
static void on_stop(uv_async_t *stop)
{
    struct loop *loop = stop->data;
    loop->stopping = true;
    uv_stop(&loop->uv);
}

enum err loop_new(struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return ERR_NOMEM;
    if (uv_loop_init(&loop->uv)) {
        free(loop);
        return ERR_IO;
    }
    loop->signal_fd = -1;
    (void)uv_timer_init(&loop->uv, &loop->alarm);
    (void)uv_prepare_init(&loop->uv, &loop->before_sleep);
    if (uv_async_init(&loop->uv, &loop->stop, on_stop)) {
        free(loop);
        return ERR_IO;
    }
    loop->alarm.data = loop->before_sleep.data = loop->stop.data = loop;
    (void)uv_prepare_start(&loop->before_sleep, on_before_sleep);
    *out = loop;
    return OK;
}

void loop_run(struct loop *loop)
{
    loop->stopping = false;
    while (!loop->stopping) {
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
}

void loop_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_stop(struct loop *loop)
{
    uv_async_send(&loop->stop);
}

usec_t loop_now(const struct loop *loop)
{
    (void)loop; /* read afresh: IO callbacks run after a sleep of unknown length */
    return usec_monotonic();
}

usec_t loop_wall(const struct loop *loop)
{
    (void)loop;
    return usec_wall();
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    loop_watch_free(loop->signal_watch);
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->stop, NULL);
    for (unsigned turns = 0; turns < 1000 && uv_loop_close(&loop->uv) == UV_EBUSY; turns++)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    free(loop);
}

/* --- watches --- */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop_watch *w = poll->data;
    unsigned seen = status < 0 ? LOOP_ERROR | LOOP_READ | LOOP_WRITE : 0;
    if (events & UV_READABLE)
        seen |= LOOP_READ;
    if (events & UV_WRITABLE)
        seen |= LOOP_WRITE;
    if (events & UV_DISCONNECT)
        seen |= LOOP_ERROR;
    if (!w->freed)
        w->ready(w->arg, seen);
}

enum err loop_watch_new(struct loop *loop, int fd, unsigned events, loop_ready_fn *ready, void *arg,
                        struct loop_watch **watch)
{
    struct loop_watch *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    if (uv_poll_init(&loop->uv, &w->poll, fd)) {
        free(w);
        return ERR_IO;
    }
    w->poll.data = w;
    w->ready = ready;
    w->arg = arg;
    loop_watch_set(w, events);
    *watch = w;
    return OK;
}

void loop_watch_set(struct loop_watch *w, unsigned events)
{
    int wanted = UV_DISCONNECT;
    if (events & LOOP_READ)
        wanted |= UV_READABLE;
    if (events & LOOP_WRITE)
        wanted |= UV_WRITABLE;
    (void)uv_poll_start(&w->poll, wanted, on_poll);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_watch_free(struct loop_watch *w)
{
    if (!w || w->freed)
        return;
    w->freed = true;
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

/* --- signals --- */
static void on_signal_fd(void *arg, unsigned events)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;
    (void)events;
    if (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        loop->on_signal(loop->on_signal_arg);
}

enum err loop_on_signal(struct loop *loop, void (*on_signal)(void *arg), void *arg)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL))
        return ERR_IO;
    loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (loop->signal_fd < 0)
        return ERR_IO;
    loop->on_signal = on_signal;
    loop->on_signal_arg = arg;
    return loop_watch_new(loop, loop->signal_fd, LOOP_READ, on_signal_fd, loop, &loop->signal_watch);
}
