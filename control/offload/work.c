/* work.c: threads, their queue, and an eventfd to come back by. */
#include "offload/work.h"
#include "loop/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct jobs { /* first in, first out */
    struct work_job *first, *last;
    size_t n;
};

struct work {
    struct work_config cfg;
    int finished_fd; /* eventfd: something is in `finished` */
    struct loop_watch *watch;
    uint64_t done, refused;
    unsigned n_threads;
    pthread_t threads[WORK_MAX_THREADS];
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t wake;
    struct jobs waiting, finished;
    size_t running;
    bool ending;
};

static void jobs_put(struct jobs *j, struct work_job *job)
{
    job->next = NULL;
    if (j->last)
        j->last->next = job;
    else
        j->first = job;
    j->last = job;
    j->n++;
}

static struct work_job *jobs_take(struct jobs *j)
{
    struct work_job *job = j->first;
    if (!job)
        return NULL;
    j->first = job->next;
    if (!j->first)
        j->last = NULL;
    j->n--;
    return job;
}

/* ---- on the threads ---- */

/* The next job, or NULL when the pool ends. */
static struct work_job *job_wait(struct work *w)
{
    pthread_mutex_lock(&w->mutex);
    while (!w->waiting.first && !w->ending)
        pthread_cond_wait(&w->wake, &w->mutex);
    struct work_job *job = w->ending ? NULL : jobs_take(&w->waiting);
    w->running += job != NULL;
    pthread_mutex_unlock(&w->mutex);
    return job;
}

static void job_finished(struct work *w, struct work_job *job)
{
    static const uint64_t one = 1;
    pthread_mutex_lock(&w->mutex);
    jobs_put(&w->finished, job);
    w->running--;
    pthread_mutex_unlock(&w->mutex);
    (void)!write(w->finished_fd, &one, sizeof one); /* fails only when it is readable anyway */
}

static void *thread_main(void *arg)
{
    struct work *w = arg;
    struct work_job *job;
    while ((job = job_wait(w))) {
        job->run(job->arg);
        job_finished(w, job);
    }
    return NULL;
}

/* ---- on the loop ---- */

static struct work_job *take_finished(struct work *w)
{
    pthread_mutex_lock(&w->mutex);
    struct work_job *job = jobs_take(&w->finished);
    pthread_mutex_unlock(&w->mutex);
    return job;
}

static void on_finished(void *arg, unsigned events)
{
    struct work *w = arg;
    uint64_t count;
    struct work_job *job;
    (void)events;
    (void)!read(w->finished_fd, &count, sizeof count);
    while ((job = take_finished(w))) {
        w->done++;
        job->done(job->arg, OK);
    }
}

/* Signals are the loop's: the threads are born with all of them blocked. */
static enum err threads_start(struct work *w)
{
    sigset_t all, before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (w->n_threads < w->cfg.n_threads && !failed) {
        failed = pthread_create(&w->threads[w->n_threads], NULL, thread_main, w);
        w->n_threads += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? ERR_NOMEM : OK;
}

enum err work_new(const struct work_config *cfg, struct work **out)
{
    if (cfg->n_threads == 0 || cfg->n_threads > WORK_MAX_THREADS)
        return ERR_SYNTAX;
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    w->cfg = *cfg;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    enum err e = w->finished_fd < 0 ? ERR_IO : OK;
    if (!e)
        e = loop_watch_new(cfg->loop, w->finished_fd, LOOP_READ, on_finished, w, &w->watch);
    if (!e)
        e = threads_start(w);
    if (e) {
        work_free(w);
        return e;
    }
    *out = w;
    return OK;
}

static void threads_join(struct work *w)
{
    pthread_mutex_lock(&w->mutex);
    w->ending = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    for (unsigned i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i], NULL);
}

static void jobs_drop(struct jobs *j)
{
    struct work_job *job;
    while ((job = jobs_take(j)))
        job->done(job->arg, ERR_STATE);
}

void work_free(struct work *w)
{
    if (!w)
        return;
    threads_join(w);
    jobs_drop(&w->finished); /* no thread is left: no lock */
    jobs_drop(&w->waiting);
    loop_watch_free(w->watch);
    if (w->finished_fd >= 0)
        close(w->finished_fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

enum err work_put(struct work *w, struct work_job *job)
{
    pthread_mutex_lock(&w->mutex);
    size_t idle = w->n_threads - w->running;
    bool is_full = w->ending || w->waiting.n >= w->cfg.max_waiting + idle;
    if (!is_full) {
        jobs_put(&w->waiting, job);
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->mutex);
    w->refused += is_full;
    return is_full ? ERR_FULL : OK;
}

void work_counters(struct work *w, struct work_counters *out)
{
    pthread_mutex_lock(&w->mutex);
    *out = (struct work_counters){w->waiting.n, w->running, w->done, w->refused};
    pthread_mutex_unlock(&w->mutex);
}
