#include "loop/loop.h"
#include "offload/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* A door that jobs wait at until the test opens it. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
    atomic_uint at_it;
};

#define GATE_CLOSED                                                                                                    \
    {                                                                                                                  \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER                                         \
    }

static void gate_pass(struct gate *g)
{
    atomic_fetch_add(&g->at_it, 1);
    pthread_mutex_lock(&g->mutex);
    while (!g->open)
        pthread_cond_wait(&g->opened, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
}

static void gate_open(struct gate *g)
{
    pthread_mutex_lock(&g->mutex);
    g->open = true;
    pthread_cond_broadcast(&g->opened);
    pthread_mutex_unlock(&g->mutex);
}

struct world {
    struct loop *loop;
    struct work *work;
    struct gate gate;
    pthread_t loop_thread;
    unsigned n_jobs, n_done, n_ended;
};

struct task {
    struct work_job job;
    struct world *world;
    pthread_t ran_on;
    unsigned runs;
};

static void task_run(void *arg)
{
    struct task *t = arg;
    gate_pass(&t->world->gate);
    t->ran_on = pthread_self();
    t->runs++;
}

static void task_done(void *arg, enum err e)
{
    struct task *t = arg;
    struct world *world = t->world;
    assert_true(pthread_equal(pthread_self(), world->loop_thread));
    world->n_done += e == OK;
    world->n_ended += e == ERR_STATE;
    if (world->n_done == world->n_jobs)
        loop_stop(world->loop);
}

static struct task task_of(struct world *world)
{
    return (struct task){.job = {.run = task_run, .done = task_done}, .world = world};
}

static enum err put(struct world *world, struct task *t)
{
    t->job.arg = t;
    return work_put(world->work, &t->job);
}

static struct world open_world(unsigned n_threads, size_t max_waiting)
{
    struct world world = {.gate = GATE_CLOSED, .loop_thread = pthread_self()};
    assert_int_equal(loop_new(&world.loop), OK);
    struct work_config cfg = {world.loop, n_threads, max_waiting};
    assert_int_equal(work_new(&cfg, &world.work), OK);
    return world;
}

static void close_world(struct world *world)
{
    work_free(world->work);
    loop_free(world->loop);
}

static void jobs_run_on_other_threads_and_come_back_to_the_loop(void **state)
{
    (void)state;
    struct world world = open_world(4, 100);
    struct task tasks[100];
    world.n_jobs = ARRAY_LEN(tasks);
    gate_open(&world.gate);
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        tasks[i] = task_of(&world);
        assert_int_equal(put(&world, &tasks[i]), OK);
    }
    assert_int_equal(world.n_done, 0); /* never from inside work_put() */
    loop_run(world.loop);
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        assert_int_equal(tasks[i].runs, 1);
        assert_false(pthread_equal(tasks[i].ran_on, pthread_self()));
    }
    struct work_counters n;
    work_counters(world.work, &n);
    assert_int_equal(n.done, 100);
    assert_int_equal(n.waiting + n.running, 0);
    close_world(&world);
}

static void wait_until_running(struct world *world, unsigned n)
{
    while (atomic_load(&world->gate.at_it) < n)
        sched_yield();
}

static void as_many_run_at_once_as_there_are_threads_and_as_many_wait_as_may(void **state)
{
    (void)state;
    struct world world = open_world(2, 3);
    struct task tasks[6];
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        tasks[i] = task_of(&world);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(put(&world, &tasks[i]), OK);
    assert_int_equal(put(&world, &tasks[5]), ERR_FULL);
    wait_until_running(&world, 2);
    struct work_counters n;
    work_counters(world.work, &n);
    assert_int_equal(n.running, 2);
    assert_int_equal(n.waiting, 3);
    assert_int_equal(n.refused, 1);
    assert_int_equal(put(&world, &tasks[5]), ERR_FULL);
    world.n_jobs = 5;
    gate_open(&world.gate);
    loop_run(world.loop);
    assert_int_equal(tasks[5].runs, 0);
    world.n_jobs = 6;
    assert_int_equal(put(&world, &tasks[5]), OK); /* there is room again */
    loop_run(world.loop);
    assert_int_equal(tasks[5].runs, 1);
    close_world(&world);
}

static void *open_soon(void *arg)
{
    struct world *world = arg;
    wait_until_running(world, 1);
    gate_open(&world->gate);
    return NULL;
}

static void freeing_waits_for_what_runs_and_drops_what_waits(void **state)
{
    (void)state;
    struct world world = open_world(1, 10);
    struct task tasks[4];
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        tasks[i] = task_of(&world);
        assert_int_equal(put(&world, &tasks[i]), OK);
    }
    wait_until_running(&world, 1);
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_soon, &world), 0);
    close_world(&world);
    pthread_join(opener, NULL);
    assert_int_equal(world.n_done, 0);
    assert_int_equal(world.n_ended, 4);
    assert_int_equal(tasks[0].runs, 1);
}

static void again_done(void *arg, enum err e)
{
    struct task *t = arg;
    assert_int_equal(e, OK);
    if (t->runs < 20)
        assert_int_equal(work_put(t->world->work, &t->job), OK);
    else
        loop_stop(t->world->loop);
}

static void a_job_that_is_done_may_be_put_again(void **state)
{
    (void)state;
    struct world world = open_world(2, 1);
    struct task t = task_of(&world);
    t.job.done = again_done;
    gate_open(&world.gate);
    assert_int_equal(put(&world, &t), OK);
    loop_run(world.loop);
    assert_int_equal(t.runs, 20);
    close_world(&world);
}

static void a_pool_has_one_to_sixteen_threads(void **state)
{
    (void)state;
    struct loop *loop;
    struct work *work = NULL;
    assert_int_equal(loop_new(&loop), OK);
    assert_int_equal(work_new(&(struct work_config){loop, 0, 1}, &work), ERR_SYNTAX);
    assert_int_equal(work_new(&(struct work_config){loop, WORK_MAX_THREADS + 1, 1}, &work), ERR_SYNTAX);
    assert_null(work);
    work_free(NULL);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_on_other_threads_and_come_back_to_the_loop),
        cmocka_unit_test(as_many_run_at_once_as_there_are_threads_and_as_many_wait_as_may),
        cmocka_unit_test(freeing_waits_for_what_runs_and_drops_what_waits),
        cmocka_unit_test(a_job_that_is_done_may_be_put_again),
        cmocka_unit_test(a_pool_has_one_to_sixteen_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
