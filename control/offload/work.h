/* work.h: a few threads for what would hold the loop up (hashing passwords). A job runs on one of them and comes back
 * to the loop. Owns its threads; jobs belong to their callers, and live inside what they are part of. Bounded: when
 * max_waiting jobs wait for a thread, one more is refused. Loop thread only, but for run(). */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

#define WORK_MAX_THREADS 16

struct loop;

struct work_config {
    struct loop *loop;
    unsigned n_threads; /* 1…WORK_MAX_THREADS */
    size_t max_waiting; /* beyond those that run */
};

/* Zero it but for run, done and arg; must stay where it is until done(). */
struct work_job {
    void (*run)(void *arg); /* on a thread: touches what arg owns, nothing of the loop's */
    /* Once, on the loop, never from inside work_put(). ERR_STATE: the pool ends, and run() may not have been called:
     * free arg and touch nothing else. May put other jobs, may not free the pool. */
    void (*done)(void *arg, enum err e);
    void *arg;
    struct work_job *next; /* the pool's own */
};

struct work_counters {
    size_t waiting, running; /* now */
    uint64_t done, refused;
};

struct work;
MUST_CHECK enum err work_new(const struct work_config *cfg, struct work **w); /* ERR_SYNTAX, ERR_NOMEM, ERR_IO */
/* Waits for the jobs that run, drops those that wait; done(ERR_STATE) for each. */
void work_free(struct work *w);
MUST_CHECK enum err work_put(struct work *w, struct work_job *job); /* ERR_FULL: done() won't come */
void work_counters(struct work *w, struct work_counters *out);
