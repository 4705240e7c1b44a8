/* analytics.h: what people use (API documentation §18): one row an event. Statistics: lost, and counted, when the queue
 * is three quarters full. Loop thread only. */
#pragma once
#include "common/usec.h"
#include "store/rows.h"
#include "store/store.h"

struct analytics_event {
    const char *type;  /* "feature.chat" */
    const char *meta;  /* a JSON object; NULL: {} */
    int64_t user_id;   /* the account; 0: nobody */
    const char *actor; /* who did it: the account or a participantId; NULL: nobody */
    usec_t at;         /* wall */
};

/* Queues the row; everything is copied. ERR_FULL, ERR_NOMEM: it will not be stored. */
MUST_CHECK enum err analytics_write(struct store *s, const struct analytics_event *e);

/* One row of one number: events of the type since then. OK: fn is called on a later turn. ERR_IO, ERR_FULL, ERR_NOMEM.
 */
MUST_CHECK enum err analytics_count(struct store *s, const char *type, usec_t since, rows_fn *fn, void *arg);
