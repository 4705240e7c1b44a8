/* loop.h: the one event loop of control: an epoll set, timers, and nothing else. Everything in control runs on its
 * thread; no call blocks, and none but loop_stop() may come from another thread. libwebsockets is a guest on it. Times
 * are of usec_monotonic(). */
#pragma once
#include "common/deadlines.h"
#include "common/err.h"

struct loop;

MUST_CHECK enum err loop_new(struct loop **loop); /* ERR_NOMEM, ERR_IO */
void loop_free(struct loop *loop);                /* its watches must have been freed */
void loop_run(struct loop *loop);                 /* until loop_stop() */
void loop_stop(struct loop *loop);                /* from any thread and from signal handlers */
usec_t loop_now(const struct loop *loop);         /* monotonic; cheap */
usec_t loop_wall(const struct loop *loop);        /* since 1970: for what people, databases and others see */

/* One-shot timers live inside what they belong to and never fail to be set. Zero the struct, give it fire and arg.
 * loop_timer_set() of a set timer moves it; fire() runs with the timer unset and may set or free anything. */
struct loop_timer {
    void (*fire)(void *arg);
    void *arg;
    struct deadline deadline; /* deadline.set: it is set */
};
void loop_timer_set(struct loop *loop, struct loop_timer *t, usec_t due); /* a past due fires on the next turn */
void loop_timer_cancel(struct loop *loop, struct loop_timer *t);          /* fine when it isn't set */

/* Calls fn(arg) when the events of a turn have been handled, before the loop sleeps: where what they left to be sent is
 * sent, once for all of them. One for a loop; NULL takes it away. */
void loop_on_turn_end(struct loop *loop, void (*fn)(void *arg), void *arg);

/* A watched file descriptor (libpq, the SFU's socket, an eventfd of the thread pool). Level-triggered. The descriptor
 * stays the caller's; free the watch before closing it. Freeing is fine anywhere, also inside ready(), which isn't
 * called again. */
#define LOOP_READ  1u
#define LOOP_WRITE 2u
#define LOOP_ERROR 4u /* hang-up or error: always reported, never asked for */
struct loop_watch;
typedef void loop_ready_fn(void *arg, unsigned events);
MUST_CHECK enum err loop_watch_new(struct loop *loop, int fd, unsigned events, loop_ready_fn *ready, void *arg,
                                   struct loop_watch **watch); /* ERR_NOMEM, ERR_IO */
void loop_watch_set(struct loop_watch *watch, unsigned events);
void loop_watch_free(struct loop_watch *watch);

/* Calls on_signal(arg) on the loop when the process gets SIGTERM or SIGINT. Blocks both in the calling thread: call it
 * in main() before any thread starts. Once per loop. */
MUST_CHECK enum err loop_on_signal(struct loop *loop, void (*on_signal)(void *arg), void *arg);
