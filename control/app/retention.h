/* retention.h: what has had its time is thrown away: each hour, in pieces, so that no statement takes long. What goes
 * when is said by sql/migrations/ (rows_forget()) and docs/operations.md. Loop thread only. */
#pragma once
#include "common/log.h"
#include "loop/loop.h"
#include "store/store.h"

struct retention {
    struct loop *loop;
    struct store *store;
    const struct log *log;
    int analytics_days; /* 0: analytics are kept */
    struct loop_timer timer;
};

/* From here on; its first three members and the days are set. retention_stop() before the loop or the store goes. */
void retention_start(struct retention *r);
void retention_stop(struct retention *r);

/* When to go on after n rows went from a table: soon while there may be more. */
usec_t retention_pause(int64_t n);
