#include "net/timers.h"

#include <stdlib.h>

void timers_init(struct timers *ts)
{
    *ts = (struct timers){0};
}

void timers_reset(struct timers *ts)
{
    free(ts->heap);
    timers_init(ts);
}

static void place(struct timers *ts, unsigned i, struct timer *t)
{
    ts->heap[i] = t;
    t->index = i + 1;
}

static void sift_up(struct timers *ts, unsigned i, struct timer *t)
{
    while (i > 0 && ts->heap[(i - 1) / 2]->due > t->due) {
        place(ts, i, ts->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(ts, i, t);
}

static void sift_down(struct timers *ts, unsigned i, struct timer *t)
{
    for (;;) {
        unsigned child = 2 * i + 1;
        if (child >= ts->n)
            break;
        if (child + 1 < ts->n && ts->heap[child + 1]->due < ts->heap[child]->due)
            child++;
        if (ts->heap[child]->due >= t->due)
            break;
        place(ts, i, ts->heap[child]);
        i = child;
    }
    place(ts, i, t);
}

static void settle(struct timers *ts, unsigned i, struct timer *t)
{
    if (i > 0 && ts->heap[(i - 1) / 2]->due > t->due)
        sift_up(ts, i, t);
    else
        sift_down(ts, i, t);
}

enum err timers_set(struct timers *ts, struct timer *t, usec_t due)
{
    if (due == USEC_NEVER) {
        timers_cancel(ts, t);
        return OK;
    }
    if (t->index) {
        t->due = due;
        settle(ts, t->index - 1, t);
        return OK;
    }
    if (ts->n == ts->cap) {
        unsigned cap = ts->cap ? 2 * ts->cap : 64;
        struct timer **heap = realloc(ts->heap, cap * sizeof(struct timer *));
        if (!heap)
            return ERR_NOMEM;
        ts->heap = heap;
        ts->cap = cap;
    }
    t->due = due;
    sift_up(ts, ts->n++, t);
    return OK;
}

void timers_cancel(struct timers *ts, struct timer *t)
{
    if (!t->index)
        return;
    unsigned i = t->index - 1;
    t->index = 0;
    struct timer *last = ts->heap[--ts->n];
    if (last != t)
        settle(ts, i, last);
}

usec_t timers_next(const struct timers *ts)
{
    return ts->n ? ts->heap[0]->due : USEC_NEVER;
}

struct timer *timers_take_due(struct timers *ts, usec_t now)
{
    if (ts->n == 0 || ts->heap[0]->due > now)
        return NULL;
    struct timer *t = ts->heap[0];
    timers_cancel(ts, t);
    return t;
}
