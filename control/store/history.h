/* history.h: the meetings that have ended (API documentation §8): one row each, written once however often the write is
 * retried. Loop thread only. */
#pragma once
#include "common/usec.h"
#include "store/rows.h"
#include "store/store.h"

struct history_row {
    const char *meeting_id, *title;
    bool is_guest;                 /* nobody's, and free of charge */
    int64_t owner_id;              /* 0: nobody */
    int64_t company_id;            /* 0: none */
    usec_t started_at, ended_at;   /* wall */
    int64_t duration_centiminutes; /* minutes × 100 */
    unsigned peak_participants;
};

/* Queues the end of a meeting: its row, the charge, the last webhook event and the analytics event, all or none of
 * them (sql/0003_meetings.sql). One of an account is charged only if it still is in `meetings`. Everything is copied.
 * ERR_FULL, ERR_NOMEM: it will not be stored (counted and logged). */
MUST_CHECK enum err history_write(struct store *s, const struct history_row *row);

/* Rows of id, title, is_guest, started_at (µs), ended_at (µs), duration_minutes, peak_participants, cost_usd; the
 * newest first. OK: fn is called on a later turn. ERR_IO: PostgreSQL is away. ERR_FULL, ERR_NOMEM. */
MUST_CHECK enum err history_find(struct store *s, const char *meeting_id, rows_fn *fn, void *arg);
