#include "loop/loop_uv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

#define N_TIMERS 500

struct shot {
    struct loop_timer timer;
    struct loop *loop;
    unsigned *order, at;
};

static void on_shot(void *arg)
{
    struct shot *s = arg;
    s->at = ++*s->order;
    assert_false(s->timer.deadline.set);
}

static void on_last(void *arg)
{
    loop_stop(arg);
}

static void timers_fire_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    static struct shot shots[N_TIMERS];
    struct loop *loop;
    unsigned order = 0, wanted = 0;
    assert_int_equal(loop_new(&loop), OK);
    usec_t start = loop_now(loop);
    srand(7);
    for (unsigned i = 0; i < N_TIMERS; i++) {
        shots[i] = (struct shot){.timer = {.fire = on_shot, .arg = &shots[i]}, .loop = loop, .order = &order};
        loop_timer_set(loop, &shots[i].timer, start + rand() % 20000);
    }
    for (unsigned i = 0; i < N_TIMERS; i += 3) /* move some, cancel some: the heap must stay one */
        loop_timer_set(loop, &shots[i].timer, start + rand() % 20000);
    for (unsigned i = 0; i < N_TIMERS; i += 5)
        loop_timer_cancel(loop, &shots[i].timer);
    struct loop_timer last = {.fire = on_last, .arg = loop};
    loop_timer_set(loop, &last, start + 20 * MSEC);
    loop_run(loop);
    for (unsigned i = 0; i < N_TIMERS; i++) {
        assert_int_equal(shots[i].at != 0, i % 5 != 0);
        wanted += i % 5 != 0;
        for (unsigned j = 0; j < N_TIMERS && i % 5; j++)
            if (j % 5 && shots[i].timer.deadline.due < shots[j].timer.deadline.due)
                assert_true(shots[i].at < shots[j].at);
    }
    assert_int_equal(order, wanted);
    loop_free(loop);
}

static void on_again(void *arg)
{
    struct shot *s = arg;
    s->at++;
    loop_timer_set(s->loop, &s->timer, loop_now(s->loop));
}

static void a_timer_that_sets_itself_for_now_starves_nobody(void **state)
{
    (void)state;
    struct shot again = {.timer = {.fire = on_again, .arg = &again}};
    assert_int_equal(loop_new(&again.loop), OK);
    struct loop_timer last = {.fire = on_last, .arg = again.loop};
    loop_timer_set(again.loop, &again.timer, loop_now(again.loop));
    loop_timer_set(again.loop, &last, loop_now(again.loop) + 5 * MSEC);
    loop_run(again.loop);
    assert_true(again.at > 1);
    loop_timer_cancel(again.loop, &again.timer);
    loop_free(again.loop);
}

static void on_turn_end(void *arg)
{
    struct shot *s = arg;
    if (s->at)
        loop_stop(s->loop);
}

static void on_fired(void *arg)
{
    struct shot *s = arg;
    s->at++;
}

/* Nothing else would end the run. */
static void what_a_turn_leaves_is_done_before_the_loop_sleeps(void **state)
{
    (void)state;
    struct shot s = {.timer = {.fire = on_fired, .arg = &s}};
    assert_int_equal(loop_new(&s.loop), OK);
    loop_on_turn_end(s.loop, on_turn_end, &s);
    loop_timer_set(s.loop, &s.timer, loop_now(s.loop));
    loop_run(s.loop);
    assert_int_equal(s.at, 1);
    loop_free(s.loop);
}

struct pipe_end {
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    unsigned got;
};

static void on_pipe(void *arg, unsigned events)
{
    struct pipe_end *end = arg;
    char c;
    assert_true(events & LOOP_READ);
    assert_int_equal(read(end->fd, &c, 1), 1);
    end->got++;
    loop_watch_free(end->watch); /* inside its own call */
    loop_stop(end->loop);
}

static void a_watch_may_free_itself(void **state)
{
    (void)state;
    struct pipe_end end = {0};
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(loop_new(&end.loop), OK);
    end.fd = fds[0];
    assert_int_equal(loop_watch_new(end.loop, fds[0], LOOP_READ, on_pipe, &end, &end.watch), OK);
    assert_int_equal(write(fds[1], "ab", 2), 2);
    loop_run(end.loop);
    loop_turn(end.loop);
    assert_int_equal(end.got, 1);
    loop_free(end.loop);
    close(fds[0]);
    close(fds[1]);
}

static void a_termination_signal_comes_as_an_event(void **state)
{
    (void)state;
    struct loop *loop;
    assert_int_equal(loop_new(&loop), OK);
    assert_int_equal(loop_on_signal(loop, on_last, loop), OK);
    assert_int_equal(raise(SIGTERM), 0);
    loop_run(loop);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_the_order_of_their_deadlines),
        cmocka_unit_test(a_timer_that_sets_itself_for_now_starves_nobody),
        cmocka_unit_test(what_a_turn_leaves_is_done_before_the_loop_sleeps),
        cmocka_unit_test(a_watch_may_free_itself),
        cmocka_unit_test(a_termination_signal_comes_as_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
