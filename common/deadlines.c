/* deadlines.c: a pairing heap: each node is due no later than its children, which are a list. */
#include "common/deadlines.h"

/* The roots of two heaps: the later becomes the first child of the earlier. */
static struct deadline *meld(struct deadline *a, struct deadline *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (b->due < a->due) {
        struct deadline *later = a;
        a = b;
        b = later;
    }
    b->prev = a;
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/* Pairs of siblings from the left, then all from the right: what makes removal cheap over time. */
static struct deadline *meld_siblings(struct deadline *d)
{
    struct deadline *pairs = NULL, *heap = NULL;
    while (d) {
        struct deadline *a = d, *b = d->next, *rest = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
        d = rest;
    }
    while (pairs) {
        struct deadline *next = pairs->next;
        pairs->next = NULL;
        heap = meld(heap, pairs);
        pairs = next;
    }
    return heap;
}

void deadlines_cancel(struct deadlines *ds, struct deadline *d)
{
    if (!d->set)
        return;
    struct deadline *children = meld_siblings(d->child);
    if (ds->first == d) {
        ds->first = children;
    } else {
        if (d->prev->child == d)
            d->prev->child = d->next;
        else
            d->prev->next = d->next;
        if (d->next)
            d->next->prev = d->prev;
        ds->first = meld(ds->first, children);
    }
    d->child = d->next = d->prev = NULL;
    d->set = false;
}

/* The usual move is to a little later: who has no children stays where it is. */
void deadlines_set(struct deadlines *ds, struct deadline *d, usec_t due)
{
    if (d->set && due >= d->due && due != USEC_NEVER && (!d->child || due == d->due)) {
        d->due = due;
        return;
    }
    deadlines_cancel(ds, d);
    if (due == USEC_NEVER)
        return;
    d->due = due;
    d->set = true;
    ds->first = meld(ds->first, d);
}

struct deadline *deadlines_take_due(struct deadlines *ds, usec_t now)
{
    struct deadline *d = ds->first;
    if (!d || d->due > now)
        return NULL;
    deadlines_cancel(ds, d);
    return d;
}
