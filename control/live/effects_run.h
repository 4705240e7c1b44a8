/* effects_run.h: does what meetings want done: emits, acknowledges, closes, asks the SFU; what is kept of it in
 * PostgreSQL is keep.h's. Part of struct live, which owns it. Loop thread only. */
#pragma once
#include "meeting/meeting.h"
#include <stddef.h>
#include <stdint.h>

struct live;
struct closing; /* a socket that will be closed shortly */

/* An SDP offer that couldn't be handed to the SFU: its meeting hears of it after the effects in hand are done. */
struct refused_offer {
    char meeting[MEETING_ID_CAP], participant[PARTICIPANT_ID_CAP];
    uint64_t request;
};

struct effects_out {
    struct closing *closing; /* a list; owned */
    struct refused_offer *refused;
    unsigned n_refused, refused_cap;
};

void effects_run(struct live *l); /* l->fx in order, once */
void effects_out_reset(struct live *l);
