/* load.h: after a start, the meetings that PostgreSQL kept are made again: with their settings, invitations and the
 * people who were in them, who may resume. Page by page, so that nothing else waits long. See live_load() in
 * live.h. Part of struct live, which owns it. Loop thread only. */
#pragma once
#include "loop/loop.h"
#include "meeting/meeting.h"

struct live;

struct load {
    struct loop_timer retry;
    bool asking; /* a question is under way */
    char upto[MEETING_ID_CAP];
};

void load_reset(struct live *l);
