#include "socketio/deadlines.h"

#include <stdlib.h>

struct place {
    usec_t due;
    uint32_t at; /* 1 + index in heap; 0: not in it */
};

struct deadlines {
    uint32_t n;
    uint32_t *heap; /* of slots */
    struct place *places;
};

enum err deadlines_new(uint32_t cap, struct deadlines **d)
{
    struct deadlines *new = calloc(1, sizeof *new);
    if (!new)
        return ERR_NOMEM;
    new->heap = calloc(cap, sizeof *new->heap);
    new->places = calloc(cap, sizeof *new->places);
    if (!new->heap || !new->places) {
        deadlines_free(new);
        return ERR_NOMEM;
    }
    *d = new;
    return OK;
}

void deadlines_free(struct deadlines *d)
{
    if (!d)
        return;
    free(d->heap);
    free(d->places);
    free(d);
}

static void put(struct deadlines *d, uint32_t i, uint32_t slot)
{
    d->heap[i] = slot;
    d->places[slot].at = i + 1;
}

static usec_t due_at(const struct deadlines *d, uint32_t i)
{
    return d->places[d->heap[i]].due;
}

static void sift_up(struct deadlines *d, uint32_t i)
{
    uint32_t slot = d->heap[i];
    while (i > 0 && due_at(d, (i - 1) / 2) > d->places[slot].due) {
        put(d, i, d->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(d, i, slot);
}

static void sift_down(struct deadlines *d, uint32_t i)
{
    uint32_t slot = d->heap[i];
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < d->n && due_at(d, child + 1) < due_at(d, child))
            child++;
        if (child >= d->n || due_at(d, child) >= d->places[slot].due)
            break;
        put(d, i, d->heap[child]);
        i = child;
    }
    put(d, i, slot);
}

static void take_out(struct deadlines *d, uint32_t slot)
{
    uint32_t i = d->places[slot].at - 1;
    d->places[slot].at = 0;
    if (i == --d->n)
        return;
    uint32_t last = d->heap[d->n];
    put(d, i, last);
    sift_up(d, i);
    sift_down(d, d->places[last].at - 1);
}

void deadlines_set(struct deadlines *d, uint32_t slot, usec_t due)
{
    struct place *p = &d->places[slot];
    if (due == USEC_NEVER) {
        if (p->at)
            take_out(d, slot);
        return;
    }
    p->due = due;
    if (!p->at)
        put(d, d->n++, slot);
    sift_up(d, p->at - 1);
    sift_down(d, p->at - 1);
}

usec_t deadlines_at(const struct deadlines *d, uint32_t slot)
{
    return d->places[slot].at ? d->places[slot].due : USEC_NEVER;
}

usec_t deadlines_first(const struct deadlines *d, uint32_t *slot)
{
    if (d->n == 0)
        return USEC_NEVER;
    if (slot)
        *slot = d->heap[0];
    return due_at(d, 0);
}
