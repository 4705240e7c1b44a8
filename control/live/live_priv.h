/* live_priv.h: what the files of this folder share. */
#pragma once
#include "live/arrivals.h"
#include "live/credit.h"
#include "live/effects_run.h"
#include "live/encode.h"
#include "live/keep.h"
#include "live/live.h"
#include "live/load.h"
#include "live/owners.h"
#include "loop/loop.h"
#include "sfuclient/sfuclient.h"
#include "socketio/sio.h"
#include "store/store.h"

struct live {
    struct live_config cfg;
    struct meetings *meetings;
    struct effects fx; /* of the event in hand */
    struct loop_timer tick;
    struct effects_out out;
    struct encoded encoded[ENCODED_KEPT];
    struct arrivals arrivals;
    struct keep keep;
    struct load load;
    struct owners owners;
    struct credit credit;
    bool stopping;
    struct live_counters n;
};

struct moment live_now(const struct live *l);
/* Does what the last event caused, and what that causes. After each call that fills l->fx. */
void live_settle(struct live *l);
/* To the meetings, what a socket said: from arrivals.h. */
void live_hear(struct live *l, struct sio_id socket, const struct holder *from, const struct said *said);
void live_rearm(struct live *l); /* when there may be a nearer deadline, and nothing to do */
