/* deadlines.h: what is due when, for many objects: O(1) to see the next and to add one, O(log n) (amortised) to take
 * one out, nothing at all for those that wait. An object embeds a struct deadline, zeroed, and keeps it where it is
 * while it is set; the heap (a pairing heap, Fredman et al. 1986) is linked through them and borrows them, so setting
 * one needs no memory and can't fail. Among equals any order. No lock: one thread's. */
#pragma once
#include "common/usec.h"
#include <stdbool.h>
#include <stddef.h>

struct deadline {
    usec_t due;
    struct deadline *child, *next, *prev; /* the heap's own; a first child's prev is its parent */
    unsigned kind;                        /* the owner's: what it is embedded in */
    bool set;
};

struct deadlines {
    struct deadline *first; /* the heap's root; NULL: none is set */
};

void deadlines_set(struct deadlines *ds, struct deadline *d, usec_t due); /* sets or moves it; USEC_NEVER: cancels */
void deadlines_cancel(struct deadlines *ds, struct deadline *d);          /* fine when it isn't set */

static inline usec_t deadlines_next(const struct deadlines *ds)
{
    return ds->first ? ds->first->due : USEC_NEVER;
}

/* The earliest that is due, taken out; NULL if none is. */
struct deadline *deadlines_take_due(struct deadlines *ds, usec_t now);

/* What the deadline is embedded in. */
#define DEADLINE_OWNER(d, type, member) ((type *)(void *)((char *)(d)-offsetof(type, member)))
