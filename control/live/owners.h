/* owners.h: whose a meeting is when its owner's company isn't its own any more: see live_member_removed(). */
#pragma once
#include "common/usec.h"
#include <stdbool.h>

struct live;

struct owners {
    usec_t look_at; /* monotonic: when orphans are looked for again */
    bool asking;
};

/* Now and then: a removal of which we didn't live to see the end, or one that overtook a meeting in the making. */
void owners_look(struct live *l);
void owners_end(struct live *l, const char *meeting, const char *reason);
